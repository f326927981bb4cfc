package dev.warmpath.config;

import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import dev.warmpath.config.v1.Api;
import dev.warmpath.config.v1.Config;
import dev.warmpath.config.v1.ControlPlane;
import dev.warmpath.config.v1.Endpoint;
import dev.warmpath.config.v1.Envoy;
import dev.warmpath.config.v1.ExtProc;
import dev.warmpath.config.v1.Mode;
import dev.warmpath.config.v1.Pool;
import dev.warmpath.config.v1.Provider;
import dev.warmpath.config.v1.Repair;
import dev.warmpath.config.v1.Route;
import dev.warmpath.config.v1.Secrets;
import dev.warmpath.config.v1.Tenant;
import dev.warmpath.config.v1.Tls;
import dev.warmpath.wire.Names;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * The rules between fields, which no single field's constraint can state: names that must be unique
 * or exist, addresses, who may listen where, and what contradicts each other. Works on a complete
 * configuration; used once, by one thread.
 */
final class Rules {

  /** Names of Envoy clusters that the control plane makes itself. */
  private static final String RESERVED_CLUSTER_PREFIX = "warmpath";

  private static final int MAX_NAMES_SHOWN = 10;

  private static final String LOOPBACK = "127.0.0.1:port, [::1]:port";

  private final Config config;
  private final FaultLog log;

  Rules(Config config, FaultLog log) {
    this.config = config;
    this.log = log;
  }

  void check() {
    if (config.hasExtProc()) {
      extProc(config.getExtProc());
    }
    if (config.hasControlPlane()) {
      controlPlane(config.getControlPlane());
    }
    if (config.hasEnvoy()) {
      envoy(config.getEnvoy());
    }
    if (config.hasTenant()) {
      tenant(config.getTenant());
    }
    clusterNames();
    for (int i = 0; i < config.getPoolsCount(); i++) {
      pool(config.getPools(i), "pools[%d]".formatted(i));
    }
    for (int i = 0; i < config.getProvidersCount(); i++) {
      provider(config.getProviders(i), "providers[%d]".formatted(i));
    }
    routes();
    new CatalogueRules(log).models(config.getModelsList());
  }

  private void extProc(ExtProc extProc) {
    listener("ext_proc", extProc.getAddress(), extProc.hasTls(), true);
    if (extProc.hasTls()) {
      serverTls("ext_proc.tls", extProc.getTls(), extProc.getAddress());
    }
    adminListener("ext_proc.admin_address", extProc.getAdminAddress());
    if (!extProc.getControlPlaneAddress().isEmpty()) {
      peer(
          "ext_proc.control_plane_address",
          extProc.getControlPlaneAddress(),
          Reach.NAMED,
          extProc.hasControlPlaneTls() ? "" : "control_plane_tls");
    }
    if (extProc.hasControlPlaneTls()) {
      clientTls("ext_proc.control_plane_tls", extProc.getControlPlaneTls());
    }
    if (extProc.getMaxBytesInFlight() < Integer.toUnsignedLong(extProc.getMaxBodyBytes())) {
      log.addFormatted(
          "ext_proc.max_bytes_in_flight",
          "at least ext_proc.max_body_bytes, %s",
          bytes(extProc.getMaxBodyBytes()));
    }
  }

  private void controlPlane(ControlPlane controlPlane) {
    listener("control_plane", controlPlane.getAddress(), controlPlane.hasTls(), false);
    if (controlPlane.hasTls()) {
      serverTls("control_plane.tls", controlPlane.getTls(), controlPlane.getAddress());
    }
    adminListener("control_plane.admin_address", controlPlane.getAdminAddress());
  }

  private void envoy(Envoy envoy) {
    Optional<Address> listener = Address.tryParse(envoy.getListenerAddress());
    if (!(listener.orElse(null) instanceof Address.Ip)) {
      log.add("envoy.listener_address", "ip:port");
    } else if (!listener.get().isLocal() && !envoy.hasListenerTls()) {
      log.warn("envoy.listener_address", "clients send their prompts without TLS");
    }
    if (envoy.hasListenerTls()) {
      pair("envoy.listener_tls", envoy.getListenerTls(), true);
    }
    for (int i = 0; i < envoy.getExtProcAddressesCount(); i++) {
      peer(
          "envoy.ext_proc_addresses[%d]".formatted(i),
          envoy.getExtProcAddresses(i),
          Reach.LITERAL_OR_SOCKET,
          envoy.hasExtProcTls() ? "" : "envoy.ext_proc_tls");
    }
    if (envoy.hasExtProcTls()) {
      clientTls("envoy.ext_proc_tls", envoy.getExtProcTls());
    }
    if (config.hasExtProc()
        && Integer.compareUnsigned(envoy.getMaxBodyBytes(), config.getExtProc().getMaxBodyBytes())
            > 0
        && !log.isUnread("ext_proc.max_body_bytes")) {
      log.addFormatted(
          "envoy.max_body_bytes",
          "at most ext_proc.max_body_bytes, %s",
          bytes(config.getExtProc().getMaxBodyBytes()));
    }
    if (envoy.getExtProcAddressesCount() > 1) {
      Secrets secrets = config.getSecrets();
      String expected = "a file, since the replicas must share the secret";
      if (secrets.getIndexSecretFile().isEmpty()) {
        log.add("secrets.index_secret_file", expected);
      }
      if (secrets.getExportSecretFile().isEmpty()) {
        log.add("secrets.export_secret_file", expected);
      }
    }
    if (config.getSecrets().getNextExportPercent() > 0
        && config.getSecrets().getNextExportSecretFile().isEmpty()) {
      log.add(
          "secrets.next_export_secret_file", "a file, since secrets.next_export_percent is set");
    }
    if (envoy.getOversize() == Envoy.Oversize.REFUSE) {
      log.warn("envoy.oversize", "a body over envoy.max_body_bytes is answered with 413");
    }
  }

  private void tenant(Tenant tenant) {
    switch (tenant.getFromCase()) {
      case AUTHENTICATED_HEADER ->
          header("tenant.authenticated_header", tenant.getAuthenticatedHeader());
      case API_KEY_HEADER -> header("tenant.api_key_header", tenant.getApiKeyHeader());
      case FROM_NOT_SET -> {}
    }
  }

  /** Pools and providers share the namespace of Envoy's clusters. */
  private void clusterNames() {
    Map<String, String> paths = new HashMap<>();
    for (int i = 0; i < config.getPoolsCount(); i++) {
      clusterName("pools[%d].name".formatted(i), config.getPools(i).getName(), paths);
    }
    for (int i = 0; i < config.getProvidersCount(); i++) {
      clusterName("providers[%d].name".formatted(i), config.getProviders(i).getName(), paths);
    }
  }

  private void clusterName(String path, String name, Map<String, String> paths) {
    unique(path, name, paths);
    if (name.startsWith(RESERVED_CLUSTER_PREFIX)) {
      log.addFormatted(path, "a name that does not begin with %s", RESERVED_CLUSTER_PREFIX);
    }
  }

  private void pool(Pool pool, String path) {
    Map<String, String> addresses = new HashMap<>();
    Map<String, String> ids = new HashMap<>();
    for (int i = 0; i < pool.getEndpointsCount(); i++) {
      Endpoint endpoint = pool.getEndpoints(i);
      String endpointPath = "%s.endpoints[%d]".formatted(path, i);
      peer(endpointPath + ".address", endpoint.getAddress(), Reach.LITERAL, "");
      unique(endpointPath + ".address", endpoint.getAddress(), addresses);
      if (!endpoint.getId().equals(endpoint.getAddress())) {
        unique(endpointPath + ".id", endpoint.getId(), ids);
      }
    }
    if (pool.getIsolation() == Pool.Isolation.TENANT) {
      if (!config.hasTenant()) {
        log.add(path + ".isolation", "shared, since the file names no tenant");
      } else if (config.hasEnvoy() && config.getTenant().hasAuthenticatedHeader()) {
        log.add(
            path + ".isolation",
            "shared, or tenant.api_key_header: the listener of the envoy section strips"
                + " tenant.authenticated_header");
      } else {
        log.warn(path + ".isolation", "request bodies are edited: cache_salt is added");
      }
    }
  }

  private void provider(Provider provider, String path) {
    boolean local = peer(path + ".address", provider.getAddress(), Reach.NAMED, "");
    if (provider.getPlaintext() && !local) {
      log.add(path + ".plaintext", "false, unless the address is on loopback");
    }
    header(path + ".credential_header", provider.getCredentialHeader());
    if (provider.hasAwsSigning()) {
      if (!provider.getCredentialFile().isEmpty()) {
        log.add(path + ".aws_signing", "one way to prove who asks: credential_file is set, too");
      }
      if (provider.getAwsSigning().getCredentialsFile().isEmpty()
          && !provider.getAwsSigning().getProfile().isEmpty()) {
        log.add(path + ".aws_signing.profile", "no profile without a credentials_file");
      }
    }
  }

  private void routes() {
    Set<String> pools = new HashSet<>();
    Map<String, Provider> providers = new HashMap<>();
    config.getPoolsList().forEach(pool -> pools.add(pool.getName()));
    config.getProvidersList().forEach(provider -> providers.put(provider.getName(), provider));
    Map<String, String> ids = new HashMap<>();
    for (int i = 0; i < config.getRoutesCount(); i++) {
      Route route = config.getRoutes(i);
      String path = "routes[%d]".formatted(i);
      unique(path + ".id", route.getId(), ids);
      for (String name : route.getHeadersMap().keySet()) {
        header("%s.headers[%s]".formatted(path, name), name);
      }
      header(path + ".session_header", route.getSessionHeader());
      switch (route.getToCase()) {
        case POOL -> poolRoute(route, path, pools);
        case PROVIDER -> providerRoute(route, path, providers);
        case TO_NOT_SET -> {}
      }
      reachable(i, route, path);
      repair(route.getRepair(), path + ".repair");
      streamUsage(route, path);
      padding(route, path + ".padding");
    }
  }

  private void streamUsage(Route route, String path) {
    boolean isOff =
        switch (route.getToCase()) {
          case POOL -> route.getPick() == Mode.OFF;
          case PROVIDER -> route.getAnnotate() == Mode.OFF;
          case TO_NOT_SET -> false;
        };
    if (isOff
        && (route.getStreamUsage() == Mode.FORECAST || route.getStreamUsage() == Mode.ACTIVE)) {
      log.add(path + ".stream_usage", "off, since nothing of the route's requests is read");
    }
    if (route.getStreamUsage() == Mode.ACTIVE) {
      log.warn(
          path + ".stream_usage",
          "responses of %s pass through the ext_proc service, which takes a chunk out of streams"
              .formatted(route.getId()));
    }
  }

  private void padding(Route route, String path) {
    boolean isOn =
        route.getPadding().getMode() == Mode.FORECAST
            || route.getPadding().getMode() == Mode.ACTIVE;
    if (isOn && route.getAnnotate() == Mode.OFF) {
      log.add(path + ".mode", "off, since nothing is marked on the route");
    } else if (route.getPadding().getMode() == Mode.ACTIVE) {
      log.warn(path, "request bodies are edited: words are added to system prompts");
    }
  }

  private void repair(Repair repair, String path) {
    for (int i = 0; i < repair.getMoveSystemLinesCount(); i++) {
      try {
        Pattern.compile(repair.getMoveSystemLines(i));
      } catch (PatternSyntaxException e) {
        log.add(
            "%s.move_system_lines[%d]".formatted(path, i),
            "a pattern in RE2 syntax: " + e.getDescription());
      }
    }
    boolean any =
        repair.getSortTools() || repair.getSortSchemaKeys() || repair.getMoveSystemLinesCount() > 0;
    if (any && repair.getMode() == Mode.ACTIVE) {
      log.warn(path, "request bodies are edited: parts of prompts change their places");
    }
  }

  private void poolRoute(Route route, String path, Set<String> pools) {
    exists(path + ".pool", route.getPool(), "pools", pools);
    if (route.getAnnotate() != Mode.OFF) {
      log.add(path + ".annotate", "off, since the route goes to a pool");
    }
  }

  private void providerRoute(Route route, String path, Map<String, Provider> providers) {
    exists(path + ".provider", route.getProvider(), "providers", providers.keySet());
    if (route.getPick() != Mode.OFF) {
      log.add(path + ".pick", "off, since the route goes to a provider");
    }
    Provider provider = providers.get(route.getProvider());
    if (provider != null
        && isDefined(route.getApi())
        && isDefined(provider.getApi())
        && route.getApi() != provider.getApi()) {
      log.addFormatted(
          path + ".api",
          "%s, as the provider speaks",
          Scalars.enumName(provider.getApi().getValueDescriptor()));
    }
    if (route.getAnnotate() == Mode.ACTIVE) {
      log.warn(path + ".annotate", "request bodies are edited: cache markers are added");
    }
  }

  private static boolean isDefined(Api api) {
    return api != Api.API_UNSPECIFIED && api != Api.UNRECOGNIZED;
  }

  /** The first match wins, so an earlier route may leave nothing for this one. */
  private void reachable(int index, Route route, String path) {
    for (Route earlier : config.getRoutesList().subList(0, index)) {
      if (route.getPathPrefix().startsWith(earlier.getPathPrefix())
          && route.getHeadersMap().entrySet().containsAll(earlier.getHeadersMap().entrySet())) {
        log.warn(path, "no request reaches it: %s takes them all".formatted(earlier.getId()));
        return;
      }
    }
  }

  /** What a service of ours listens on. */
  private void listener(String section, String text, boolean hasTls, boolean mayBeSocket) {
    String path = section + ".address";
    Optional<Address> address = Address.tryParse(text);
    switch (address.orElse(null)) {
      case Address.Ip ip -> {
        if (!ip.isLocal() && !hasTls) {
          log.addFormatted(
              path,
              "%s, or %s.tls: beyond loopback a listener needs TLS",
              mayBeSocket ? LOOPBACK + ", unix:/path" : LOOPBACK,
              section);
        }
      }
      case Address.Unix _ -> {
        if (!mayBeSocket) {
          log.add(path, "ip:port");
        }
      }
      case Address.Host _ -> log.add(path, mayBeSocket ? "ip:port or unix:/path" : "ip:port");
      case null -> log.add(path, mayBeSocket ? "ip:port or unix:/path" : "ip:port");
    }
  }

  private void adminListener(String path, String text) {
    boolean onLoopback =
        Address.tryParse(text)
            .filter(address -> address instanceof Address.Ip && address.isLocal())
            .isPresent();
    if (!onLoopback) {
      log.addFormatted(path, "%s: what it serves is for this machine only", LOOPBACK);
    }
  }

  /** How something that listens elsewhere may be named. */
  private enum Reach {
    LITERAL("ip:port"),
    LITERAL_OR_SOCKET("ip:port or unix:/path"),
    NAMED("host:port");

    private final String expected;

    Reach(String expected) {
      this.expected = expected;
    }

    boolean allows(Address address) {
      return switch (address) {
        case Address.Ip ip -> ip.port() > 0 && !ip.inet().isAnyLocalAddress();
        case Address.Host host -> this == NAMED && host.port() > 0;
        case Address.Unix _ -> this == LITERAL_OR_SOCKET;
      };
    }
  }

  /**
   * What is connected to.
   *
   * @param missingTls name of the TLS section that it needs beyond loopback and that is not there
   * @return whether it is on this machine
   */
  private boolean peer(String path, String text, Reach reach, String missingTls) {
    Optional<Address> address = Address.tryParse(text).filter(reach::allows);
    if (address.isEmpty()) {
      log.add(path, reach.expected);
      return false;
    }
    boolean local = address.get().isLocal();
    if (!local && !missingTls.isEmpty()) {
      log.addFormatted(path, "an address on loopback, or %s: prompts need TLS", missingTls);
    }
    return local;
  }

  private void serverTls(String path, Tls tls, String address) {
    pair(path, tls, true);
    boolean isLocal = Address.tryParse(address).filter(Address::isLocal).isPresent();
    if (!isLocal && tls.getTrustedCaFile().isEmpty()) {
      log.warn(path, "no trusted_ca_file: whoever reaches the address may connect");
    }
  }

  private void clientTls(String path, Tls tls) {
    pair(path, tls, false);
  }

  private void pair(String path, Tls tls, boolean needed) {
    boolean hasCertificate = !tls.getCertificateFile().isEmpty();
    boolean hasKey = !tls.getPrivateKeyFile().isEmpty();
    if (!hasCertificate && (needed || hasKey)) {
      log.add(path + ".certificate_file", "a file" + (hasKey ? ", since there is a key" : ""));
    }
    if (!hasKey && (needed || hasCertificate)) {
      log.add(
          path + ".private_key_file",
          "a file" + (hasCertificate ? ", since there is a certificate" : ""));
    }
  }

  private void header(String path, String name) {
    if (name.startsWith(Names.HEADER_PREFIX) || name.equals(Names.DESTINATION)) {
      log.addFormatted(
          path,
          "a header other than %s* and %s, which are reserved",
          Names.HEADER_PREFIX,
          Names.DESTINATION);
    }
  }

  private void unique(String path, String name, Map<String, String> paths) {
    if (name.isEmpty()) {
      return;
    }
    String earlier = paths.putIfAbsent(name, path);
    if (earlier != null) {
      log.addFormatted(path, "a name of its own: %s has this one", earlier);
    }
  }

  private void exists(String path, String name, String collection, Set<String> names) {
    if (names.contains(name) || name.isEmpty() || isAnyNameUnread(collection)) {
      return;
    }
    List<String> sorted = names.stream().filter(n -> !n.isEmpty()).sorted().toList();
    if (sorted.isEmpty()) {
      log.addFormatted(path, "a name from %s, of which there are none", collection);
    } else {
      String hint = NearMiss.of(name, sorted).map("; did you mean %s?"::formatted).orElse("");
      String more = sorted.size() > MAX_NAMES_SHOWN ? ", …" : "";
      log.addFormatted(
          path,
          "one of %s%s%s",
          String.join(", ", sorted.subList(0, Math.min(sorted.size(), MAX_NAMES_SHOWN))),
          more,
          hint);
    }
  }

  /** A name that could not be read may be the one that is looked for. */
  private boolean isAnyNameUnread(String collection) {
    int count = collection.equals("pools") ? config.getPoolsCount() : config.getProvidersCount();
    return IntStream.range(0, Math.max(1, count))
        .anyMatch(i -> log.isUnread("%s[%d].name".formatted(collection, i)));
  }

  private static String bytes(int unsigned) {
    return Scalars.formatBytes(Integer.toUnsignedLong(unsigned));
  }
}

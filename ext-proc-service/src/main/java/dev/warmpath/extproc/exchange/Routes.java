package dev.warmpath.extproc.exchange;

import com.google.re2j.Pattern;
import dev.warmpath.config.v1.Api;
import dev.warmpath.config.v1.Config;
import dev.warmpath.config.v1.Pool;
import dev.warmpath.config.v1.Provider;
import dev.warmpath.config.v1.Repair;
import dev.warmpath.config.v1.Route;
import dev.warmpath.extproc.exchange.RouteEntry.Credential;
import dev.warmpath.extproc.exchange.RouteEntry.PoolTarget;
import dev.warmpath.extproc.exchange.RouteEntry.ProviderTarget;
import dev.warmpath.extproc.provider.Catalogue;
import dev.warmpath.extproc.repair.Repairs;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The configured routes in their order; the first that matches wins. Immutable. */
final class Routes {

  private static final Logger log = LoggerFactory.getLogger(Routes.class);
  private static final double ALL_PERCENT = 100;

  private final List<RouteEntry> entries;
  private final List<String> wantedHeaders;

  private Routes(List<RouteEntry> entries) {
    this.entries = List.copyOf(entries);
    TreeSet<String> names = new TreeSet<>();
    for (RouteEntry entry : entries) {
      names.addAll(entry.headers().keySet());
      names.add(entry.sessionHeader());
    }
    this.wantedHeaders = List.copyOf(names);
  }

  /** Reads the routes of a valid configuration. */
  static Routes of(Config config, Catalogue catalogue) {
    Map<String, Pool> pools = new HashMap<>();
    config.getPoolsList().forEach(pool -> pools.put(pool.getName(), pool));
    Map<String, Provider> providers = new HashMap<>();
    config.getProvidersList().forEach(provider -> providers.put(provider.getName(), provider));
    List<RouteEntry> entries = new ArrayList<>();
    for (Route route : config.getRoutesList()) {
      Map<String, String> headers = new LinkedHashMap<>();
      route.getHeadersMap().entrySet().stream()
          .sorted(Comparator.comparing(Map.Entry::getKey))
          .forEach(e -> headers.put(e.getKey().toLowerCase(Locale.ROOT), e.getValue()));
      entries.add(
          switch (route.getToCase()) {
            case POOL -> {
              Pool pool = known(pools.get(route.getPool()), route.getPool());
              yield new RouteEntry(
                  route.getId(),
                  route.getPathPrefix(),
                  headers,
                  new PoolTarget(pool.getName(), pool.getIsolation() == Pool.Isolation.TENANT),
                  Apis.dialect(route.getApi()),
                  route.getSessionHeader(),
                  route.getPick(),
                  ALL_PERCENT,
                  repair(route),
                  route.getStreamUsage());
            }
            case PROVIDER -> {
              Provider provider = known(providers.get(route.getProvider()), route.getProvider());
              String scope = provider.getCacheScope();
              String rows =
                  provider.getCatalogue().isEmpty()
                      ? catalogue.provider(provider.getName(), provider.getAddress())
                      : provider.getCatalogue();
              if (!catalogue.knows(rows)) {
                log.warn(
                    "route {}: the catalogue has no row of {}, so nothing is added to its requests"
                        + " (expected: providers[].catalogue names one of its providers)",
                    route.getId(),
                    rows);
              }
              yield new RouteEntry(
                  route.getId(),
                  route.getPathPrefix(),
                  headers,
                  new ProviderTarget(
                      provider.getName(),
                      rows,
                      scope.isEmpty() ? provider.getName() : scope,
                      credential(provider),
                      padding(route)),
                  Apis.dialect(
                      route.getApi() == Api.API_UNSPECIFIED ? provider.getApi() : route.getApi()),
                  route.getSessionHeader(),
                  route.getAnnotate(),
                  route.getAnnotatePercent(),
                  repair(route),
                  route.getStreamUsage());
            }
            case TO_NOT_SET ->
                throw new IllegalArgumentException(
                    "route %s has no target (expected: pool or provider)".formatted(route.getId()));
          });
    }
    return new Routes(entries);
  }

  private static Credential credential(Provider provider) {
    if (provider.hasAwsSigning()) {
      return Credential.AWS_SIGNATURE;
    }
    return provider.getCredentialFile().isEmpty() ? Credential.OF_CLIENT : Credential.CONFIGURED;
  }

  /** The first route that takes a request; null: none. */
  @Nullable RouteEntry match(RequestHead head) {
    for (int i = 0; i < entries.size(); i++) {
      RouteEntry entry = entries.get(i);
      if (head.path().startsWith(entry.pathPrefix()) && headersMatch(entry, head)) {
        return entry;
      }
    }
    return null;
  }

  /** Names of headers, lower case, that a match or a session depends on. */
  List<String> wantedHeaders() {
    return wantedHeaders;
  }

  List<RouteEntry> entries() {
    return entries;
  }

  private static boolean headersMatch(RouteEntry entry, RequestHead head) {
    if (entry.headers().isEmpty()) {
      return true;
    }
    for (Map.Entry<String, String> wanted : entry.headers().entrySet()) {
      if (!wanted.getValue().equals(head.header(wanted.getKey()))) {
        return false;
      }
    }
    return true;
  }

  private static RouteEntry.Repair repair(Route route) {
    if (!route.hasRepair()) {
      return RouteEntry.Repair.NONE;
    }
    Repair repair = route.getRepair();
    return new RouteEntry.Repair(
        repair.getMode(),
        new Repairs(
            repair.getSortTools(),
            repair.getSortSchemaKeys(),
            repair.getMoveSystemLinesList().stream().map(Pattern::compile).toList()));
  }

  private static RouteEntry.Padding padding(Route route) {
    return route.hasPadding()
        ? new RouteEntry.Padding(route.getPadding().getMode(), route.getPadding().getMaxTokens())
        : RouteEntry.Padding.NONE;
  }

  private static <T> T known(@Nullable T value, String name) {
    if (value == null) {
      throw new IllegalArgumentException(name + " (expected: a configured pool or provider)");
    }
    return value;
  }
}

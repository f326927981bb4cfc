package dev.warmpath.envoyconfig;

import dev.warmpath.envoyconfig.Blocks.Insertion;
import dev.warmpath.envoyconfig.PatchOptions.Extra;
import dev.warmpath.envoyconfig.YamlNode.Entry;
import dev.warmpath.envoyconfig.YamlNode.Mapping;
import dev.warmpath.envoyconfig.YamlNode.Scalar;
import dev.warmpath.envoyconfig.YamlNode.Sequence;
import dev.warmpath.envoyconfig.YamlNode.Span;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Decides which lines a bootstrap needs and where. One use, one thread.
 *
 * <p>The operator's routes stay as they are. Before each one that may lead a prompt somewhere come
 * two copies of it that differ in what they match (a POST to a path of an LLM API whose body is not
 * too long, or of unknown length) and in that the filters, off otherwise, are on. Whatever matches
 * neither, other traffic and bodies over the limit alike, takes the same way as before and never
 * meets the processor.
 */
final class Planner {
  private static final String CONNECTION_MANAGER =
      "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager";
  private static final String HTTP_OPTIONS =
      "envoy.extensions.upstreams.http.v3.HttpProtocolOptions";
  private static final String DECIDE = "warmpath.decide";
  private static final String WATCH = "warmpath.watch";

  /** How a body is read whose length is told and within the limit. */
  private static final String WHOLE = "whole";

  private static final Set<String> CLUSTERS = Set.of("warmpath_decide", "warmpath_watch");

  /** Credentials: the service has no use for them unless a tenant is told by one. */
  private static final List<String> CREDENTIALS =
      List.of(
          "api-key",
          "authorization",
          "cookie",
          "proxy-authorization",
          "set-cookie",
          "x-amz-security-token",
          "x-api-key",
          "x-goog-api-key");

  /** Where HTTP options stood before they became typed; the typed ones would void them. */
  private static final List<String> OLD_HTTP_OPTIONS =
      List.of(
          "http_protocol_options",
          "http2_protocol_options",
          "common_http_protocol_options",
          "upstream_http_protocol_options",
          "protocol_selection");

  /**
   * A table of at least 6,500 times the endpoints moves 1.5 times as many keys as it must, a
   * smaller one more. This is Envoy's default size; both bounds are primes, as Envoy demands.
   */
  private static final int LEAST_TABLE_SIZE = 65_537;

  private static final int LARGEST_TABLE_SIZE = 655_373;

  /** What an edit may add to a body. Envoy refuses an edited body that its buffer can't hold. */
  private static final long EDIT_ROOM_BYTES = 65_536;

  private final SourceText source;
  private final Cursor root;
  private final PatchOptions options;
  private final YamlWriter writer;
  private final List<Insertion> insertions = new ArrayList<>();
  private final List<Fault> faults = new ArrayList<>();
  private final List<String> notes = new ArrayList<>();

  /** Clusters that handled routes lead to, with the place that names each first. */
  private final Map<String, Cursor> used = new LinkedHashMap<>();

  private boolean usesAnyCluster;

  /**
   * What to do.
   *
   * @param notes for the operator, one a line
   */
  record Plan(List<Insertion> insertions, List<String> notes) {}

  private Planner(SourceText source, Mapping root, PatchOptions options) {
    this.source = source;
    this.root = Cursor.root(root);
    this.options = options;
    writer = YamlWriter.inTheMannerOf(root);
  }

  /**
   * Plans the insertions into a text that has none of ours.
   *
   * @throws PatchException with everything that is in the way
   */
  static Plan plan(SourceText source, PatchOptions options) throws PatchException {
    return new Planner(source, YamlReader.read(source), options).plan();
  }

  private Plan plan() throws PatchException {
    Cursor resources = root.field("static_resources");
    if (resources == null) {
      throw new PatchException(
          new Fault(1, "static_resources", "", "a bootstrap with listeners and clusters in it"));
    }
    int handled = 0;
    Set<String> found = new LinkedHashSet<>();
    for (Cursor listener : resources.items("listeners")) {
      String name = listener.text("name");
      found.add(name);
      if (options.listeners().isEmpty() || options.listeners().contains(name)) {
        handled += listener(listener);
      }
    }
    for (String name : options.listeners()) {
      if (!found.contains(name)) {
        faults.add(resources.fault(name, "a listener of " + found));
      }
    }
    if (handled == 0 && faults.isEmpty()) {
      faults.add(
          resources.fault(
              "",
              options.clusters().isEmpty()
                  ? "a route to a cluster"
                  : "a route to a cluster of " + options.clusters()));
    }
    clusters(resources);
    if (!faults.isEmpty()) {
      throw new PatchException(faults);
    }
    return new Plan(insertions, notes);
  }

  // Listeners

  private int listener(Cursor listener) {
    List<Cursor> chains = new ArrayList<>(listener.items("filter_chains"));
    Cursor last = listener.field("default_filter_chain");
    if (last != null) {
      chains.add(last);
    }
    int handled = 0;
    for (Cursor chain : chains) {
      for (Cursor filter : chain.items("filters")) {
        Cursor config = filter.field("typed_config");
        if (config != null && config.text("@type").endsWith("/" + CONNECTION_MANAGER)) {
          handled += connectionManager(config);
        }
      }
    }
    return handled;
  }

  private int connectionManager(Cursor manager) {
    Cursor routes = manager.field("route_config");
    if (routes == null) {
      Cursor elsewhere = manager.field("rds");
      if (elsewhere == null) {
        elsewhere = manager.field("scoped_routes");
      }
      faults.add(
          (elsewhere == null ? manager : elsewhere)
              .fault("", "route_config in this file; or name the listeners that have it"));
      return 0;
    }
    int handled = 0;
    for (Cursor host : routes.items("virtual_hosts")) {
      handled += virtualHost(host);
      if (handled > 0) {
        mirrors(routes);
      }
    }
    if (handled > 0) {
      filters(manager);
      if (options.extras().contains(Extra.ACCESS_LOG)) {
        accessLog(manager);
      }
    }
    return handled;
  }

  private void filters(Cursor manager) {
    Cursor filters = manager.field("http_filters");
    List<Cursor> items = filters == null ? List.of() : filters.items();
    if (filters == null
        || items.isEmpty()
        || FilterKind.of(items.getLast().mapping()) != FilterKind.ROUTER) {
      faults.add(
          (filters == null ? manager : filters).fault("", "http_filters with the router last"));
      return;
    }
    if (!isEditable(filters)) {
      return;
    }
    int router = items.size() - 1;
    int decide = 0;
    for (int i = 0; i < router; i++) {
      Cursor item = items.get(i);
      if (item.text("name").startsWith("warmpath.")) {
        faults.add(item.fault(item.text("name"), "no filter of ours outside of our comments"));
      }
      if (FilterKind.of(item.mapping()) == FilterKind.AUTHENTICATION) {
        decide = i + 1;
      }
    }
    while (decide < router
        && FilterKind.of(items.get(decide).mapping()) != FilterKind.AUTHORIZATION) {
      decide++;
    }
    insertItem(filters, 0, "strip", stripFilter());
    insertItem(
        filters,
        decide,
        "decide",
        Templates.read("decide-filter", Map.of("HIDDEN", hiddenHeaders())));
    insertItem(filters, router, "watch", Templates.read("watch-filter", Map.of()));
  }

  private Mapping stripFilter() {
    Mapping filter = Templates.read("strip-filter", Map.of());
    if (options.stripHeaders().isEmpty()) {
      return filter;
    }
    Mapping config = YamlNode.mapping(filter.get("typed_config"));
    Mapping mutations = YamlNode.mapping(config.get("mutations"));
    List<YamlNode> removed = new ArrayList<>(YamlNode.items(mutations.get("request_mutations")));
    for (String header : options.stripHeaders()) {
      removed.add(mappingOf("remove", Scalar.plain(header)));
    }
    return filter.with(
        "typed_config",
        config.with("mutations", mutations.with("request_mutations", sequenceOf(removed))));
  }

  private String hiddenHeaders() {
    List<String> patterns =
        CREDENTIALS.stream()
            .filter(header -> !options.forwardHeaders().contains(header))
            .map(header -> "{exact: " + header + "}")
            .toList();
    return "[" + String.join(", ", patterns) + "]";
  }

  private void accessLog(Cursor manager) {
    Mapping log = Templates.read("access-log", Map.of());
    Cursor logs = manager.field("access_log");
    if (logs == null) {
      addField(manager, "access-log", "access_log", sequenceOf(List.of(log)));
    } else if (isEditable(logs)) {
      addItem(logs, "access-log", log);
    }
  }

  // Routes

  private int virtualHost(Cursor host) {
    for (String other : List.of("matcher", "vhds")) {
      Cursor elsewhere = host.field(other);
      if (elsewhere != null) {
        faults.add(elsewhere.fault("", "routes instead"));
      }
    }
    Cursor routes = host.field("routes");
    if (routes == null) {
      return 0;
    }
    int handled = 0;
    List<Cursor> items = routes.items();
    for (int i = 0; i < items.size(); i++) {
      if (isHandled(items.get(i))) {
        if (handled++ == 0 && !isEditable(routes)) {
          return handled;
        }
        copies(host, routes, i);
      }
    }
    if (handled > 0) {
      mirrors(host);
    }
    return handled;
  }

  private boolean isHandled(Cursor route) {
    Cursor action = route.field("route");
    Cursor match = route.field("match");
    if (action == null || match == null || !mayBePrompt(match)) {
      return false;
    }
    Map<String, Cursor> targets = targets(action);
    boolean isListed =
        options.clusters().isEmpty()
            || targets.keySet().stream().anyMatch(options.clusters()::contains);
    if (!isListed) {
      return false;
    }
    usesAnyCluster |= targets.isEmpty();
    targets.forEach(used::putIfAbsent);
    mirrors(action);
    return true;
  }

  /** The clusters that a route names; none where it takes one from the request. */
  private static Map<String, Cursor> targets(Cursor action) {
    Map<String, Cursor> targets = new LinkedHashMap<>();
    target(action, "cluster", targets);
    Cursor weighted = action.field("weighted_clusters");
    if (weighted != null) {
      weighted.items("clusters").forEach(item -> target(item, "name", targets));
    }
    return targets;
  }

  /** Not when the match is one that no prompt can meet. */
  private boolean mayBePrompt(Cursor match) {
    String path = match.text("path");
    boolean isOtherPath =
        !path.isEmpty()
            && options.paths().equals(PatchOptions.DEFAULT_PATHS)
            && !path.endsWith("/chat/completions")
            && !path.endsWith("/v1/messages");
    return !isOtherPath && match.field("grpc") == null && match.field("connect_matcher") == null;
  }

  private static void target(Cursor at, String field, Map<String, Cursor> targets) {
    Cursor cluster = at.field(field);
    if (cluster != null) {
      targets.putIfAbsent(YamlNode.text(cluster.node()), cluster);
    }
  }

  /** What is mirrored carries the same headers. */
  private void mirrors(Cursor at) {
    for (Cursor policy : at.items("request_mirror_policies")) {
      target(policy, "cluster", used);
      usesAnyCluster |= policy.field("cluster") == null;
    }
  }

  private void copies(Cursor host, Cursor routes, int index) {
    Cursor route = routes.items().get(index);
    long limit = options.routeLimitBytes();
    for (Cursor at : List.of(host, route)) {
      for (String field : List.of("request_body_buffer_limit", "per_request_buffer_limit_bytes")) {
        Cursor own = at.field(field);
        if (own != null) {
          limit = Math.min(limit, bytes(own));
        }
      }
    }
    Mapping template =
        Templates.read(
            "route",
            Map.of(
                "PATHS", YamlReader.quoted(options.paths()),
                "LIMIT", Long.toString(limit + EDIT_ROOM_BYTES),
                "ABOVE_LIMIT", Long.toString(limit + 1)));
    List<String> lines = new ArrayList<>();
    int column = routes.node().span().column();
    YamlWriter manner = mannerOf(routes);
    lines.addAll(manner.item(copy(route, template, WHOLE), column));
    lines.addAll(manner.item(copy(route, template, "chunked"), column));
    insertions.add(new Insertion(lineBefore(routes, index), 0, column, "route", lines));

    for (Entry entry : YamlNode.mapping(route.mapping().get("typed_per_filter_config")).entries()) {
      if (YamlNode.text(YamlNode.mapping(entry.value()).get("@type")).contains("ratelimit")) {
        notes.add(
            "line %d: %s: rate limits of a route count for each of its copies apart"
                .formatted(entry.key().span().line() + 1, route.path()));
      }
    }
  }

  /** The template of how a body is read; a whole one may be edited, and so its response, too. */
  private String decide(String body) {
    return body.equals(WHOLE) && options.extras().contains(Extra.STREAM_USAGE)
        ? "decide_whole_streamed"
        : "decide_" + body;
  }

  private Mapping copy(Cursor route, Mapping template, String body) {
    Mapping match = YamlNode.mapping(route.mapping().get("match"));
    List<YamlNode> headers = new ArrayList<>(YamlNode.items(match.get("headers")));
    headers.addAll(YamlNode.items(template.get("conditions")));
    headers.add(required(template, body));

    Mapping filters =
        YamlNode.mapping(route.mapping().get("typed_per_filter_config"))
            .with(DECIDE, required(template, decide(body)))
            .with(WATCH, required(template, "watch"));
    Mapping action = YamlNode.mapping(route.mapping().get("route"));
    Cursor target = route.field("route");
    if (options.extras().contains(Extra.HASH)
        || (target != null
            && targets(target).keySet().stream().anyMatch(options.overrideHost()::contains))) {
      List<YamlNode> policies = new ArrayList<>(YamlNode.items(template.get("hash_policy")));
      policies.addAll(YamlNode.items(action.get("hash_policy")));
      action = action.with("hash_policy", sequenceOf(policies));
    }
    List<YamlNode> removed =
        new ArrayList<>(YamlNode.items(route.mapping().get("request_headers_to_remove")));
    removed.addAll(YamlNode.items(template.get("headers_to_remove")));
    return route
        .mapping()
        .without("per_request_buffer_limit_bytes")
        .with("route", action)
        .with("match", match.with("headers", sequenceOf(headers)))
        .with("request_headers_to_remove", sequenceOf(removed))
        .with("request_body_buffer_limit", required(template, "limit"))
        .with("typed_per_filter_config", filters);
  }

  private long bytes(Cursor number) {
    String text = YamlNode.text(number.node());
    try {
      return Long.parseLong(text);
    } catch (NumberFormatException e) {
      faults.add(number.fault(text, "a number of bytes"));
      return Long.MAX_VALUE;
    }
  }

  // Clusters

  private void clusters(Cursor resources) {
    Cursor clusters = resources.field("clusters");
    Map<String, Cursor> known = new LinkedHashMap<>();
    if (clusters != null) {
      clusters.items().forEach(cluster -> known.putIfAbsent(cluster.text("name"), cluster));
    }
    for (Map.Entry<String, Cursor> name : used.entrySet()) {
      if (!known.containsKey(name.getKey())) {
        faults.add(
            name.getValue()
                .fault(
                    name.getKey(),
                    "a cluster of static_resources: from others nothing can keep our headers"));
      }
    }
    for (String name : options.overrideHost()) {
      if (!known.containsKey(name)) {
        faults.add(resources.fault(name, "a cluster of " + known.keySet()));
      }
    }
    known.forEach(
        (name, cluster) -> {
          if (CLUSTERS.contains(name)) {
            faults.add(cluster.fault(name, "no cluster of ours outside of our comments"));
          }
          if (usesAnyCluster || used.containsKey(name)) {
            stripUpstream(cluster);
          }
          if (options.overrideHost().contains(name)) {
            overrideHost(cluster);
          }
        });
    if (clusters != null && isEditable(clusters)) {
      addItem(clusters, "clusters", processor("warmpath_decide"), processor("warmpath_watch"));
    }
  }

  private Mapping processor(String name) {
    List<ExtProcAddress> addresses = options.extProc();
    boolean isResolved =
        addresses.stream().anyMatch(a -> a instanceof ExtProcAddress.HostPort host && !host.isIp());
    List<String> endpoints =
        addresses.stream().map(a -> "{endpoint: {address: " + a.toYaml() + "}}").toList();
    Mapping cluster =
        Templates.read(
            "ext-proc-cluster",
            Map.of(
                "NAME",
                name,
                "TYPE",
                isResolved ? "STRICT_DNS" : "STATIC",
                "ENDPOINTS",
                "[" + String.join(", ", endpoints) + "]"));
    PatchOptions.Tls tls = options.tls();
    return tls == null ? cluster : cluster.with("transport_socket", transportSocket(tls));
  }

  private static Mapping transportSocket(PatchOptions.Tls tls) {
    String subject = YamlReader.quoted(tls.subject());
    String certificates =
        tls.certificate() == null || tls.key() == null
            ? "[]"
            : "[{certificate_chain: {filename: %s}, private_key: {filename: %s}}]"
                .formatted(YamlReader.quoted(tls.certificate()), YamlReader.quoted(tls.key()));
    return Templates.read(
        "ext-proc-tls",
        Map.of(
            "NAME",
            subject,
            "CERTIFICATES",
            certificates,
            "CA",
            YamlReader.quoted(tls.ca()),
            "SUBJECTS",
            "[{san_type: DNS, matcher: {exact: " + subject + "}}]"));
  }

  private void stripUpstream(Cursor cluster) {
    for (String old : OLD_HTTP_OPTIONS) {
      Cursor field = cluster.field(old);
      if (field != null) {
        faults.add(field.fault(old, "typed_extension_protocol_options instead, " + HTTP_OPTIONS));
        return;
      }
    }
    Mapping strip = Templates.read("strip-filter", Map.of());
    Mapping codec = Templates.read("upstream-codec", Map.of());
    Sequence both = sequenceOf(List.of(strip, codec));
    Mapping options = Templates.read("upstream-options", Map.of());
    Mapping http = YamlNode.mapping(required(options, HTTP_OPTIONS)).with("http_filters", both);

    Cursor extensions = cluster.field("typed_extension_protocol_options");
    if (extensions == null) {
      addField(
          cluster,
          "upstream",
          "typed_extension_protocol_options",
          options.with(HTTP_OPTIONS, http));
      return;
    }
    Cursor own = extensions.field(HTTP_OPTIONS);
    if (own == null) {
      addField(extensions, "upstream", HTTP_OPTIONS, http);
      return;
    }
    Cursor filters = own.field("http_filters");
    if (filters == null) {
      addField(own, "upstream", "http_filters", both);
    } else if (filters.items().isEmpty()) {
      faults.add(filters.fault("", "upstream HTTP filters that end in upstream_codec"));
    } else if (isEditable(filters)) {
      insertItem(filters, filters.items().size() - 1, "upstream", strip);
    }
  }

  private void overrideHost(Cursor cluster) {
    String type = cluster.text("type");
    if (cluster.field("cluster_type") != null || !Set.of("", "STATIC", "EDS").contains(type)) {
      faults.add(cluster.fault(type, "type STATIC or EDS: endpoints that are known by address"));
    }
    Cursor subsets = cluster.field("lb_subset_config");
    if (subsets != null) {
      faults.add(subsets.fault("", "no lb_subset_config: override_host knows no subsets"));
    }
    int endpoints = 0;
    Cursor assignment = cluster.field("load_assignment");
    if (assignment != null) {
      for (Cursor locality : assignment.items("endpoints")) {
        endpoints += locality.items("lb_endpoints").size();
      }
    }
    Mapping policy =
        Templates.read(
            "override-host", Map.of("TABLE_SIZE", Integer.toString(tableSize(endpoints))));
    Cursor present = cluster.field("load_balancing_policy");
    if (present == null) {
      addField(cluster, "override-host", "load_balancing_policy", policy);
    } else if (isEditable(cluster)) {
      replaceField(cluster, "override-host", "load_balancing_policy", policy);
    }
  }

  static int tableSize(int endpoints) {
    long wanted = Math.max(LEAST_TABLE_SIZE, 6_500L * endpoints);
    for (int size = (int) Math.min(wanted, LARGEST_TABLE_SIZE); size < LARGEST_TABLE_SIZE; size++) {
      if (isPrime(size)) {
        return size;
      }
    }
    return LARGEST_TABLE_SIZE;
  }

  private static boolean isPrime(int n) {
    for (int divisor = 2; (long) divisor * divisor <= n; divisor++) {
      if (n % divisor == 0) {
        return false;
      }
    }
    return n > 1;
  }

  // Insertions

  /** Whether lines may come in here; if not, says why. */
  private boolean isEditable(Cursor at) {
    Fault obstacle = at.obstacle();
    if (obstacle != null && !faults.contains(obstacle)) {
      faults.add(obstacle);
    }
    return obstacle == null;
  }

  private void insertItem(Cursor sequence, int index, String name, Mapping item) {
    int column = sequence.node().span().column();
    insertions.add(
        new Insertion(
            lineBefore(sequence, index), 0, column, name, mannerOf(sequence).item(item, column)));
  }

  private void addItem(Cursor sequence, String name, Mapping... items) {
    int column = sequence.node().span().column();
    List<String> lines = new ArrayList<>();
    for (Mapping item : items) {
      lines.addAll(mannerOf(sequence).item(item, column));
    }
    insertions.add(new Insertion(sequence.node().span().lastLine() + 1, 0, column, name, lines));
  }

  private void addField(Cursor mapping, String name, String key, YamlNode value) {
    if (!isEditable(mapping)) {
      return;
    }
    if (mapping.mapping().entries().isEmpty()) {
      faults.add(mapping.fault("", "a mapping with at least one field"));
      return;
    }
    Span span = mapping.node().span();
    insertions.add(
        new Insertion(
            span.lastLine() + 1, 0, span.column(), name, writer.field(key, value, span.column())));
  }

  private void replaceField(Cursor mapping, String name, String key, YamlNode value) {
    Entry entry = mapping.mapping().entry(key);
    if (entry == null) {
      throw new IllegalArgumentException("no " + key + " in " + mapping.path());
    }
    int column = mapping.node().span().column();
    Span first = entry.key().span();
    if (source.lines().get(first.line()).indent() != first.column()) {
      faults.add(
          new Fault(
              first.line() + 1, mapping.path() + "." + key, "", "not the first field of an item"));
      return;
    }
    int lastLine = Math.max(first.lastLine(), entry.value().span().lastLine());
    insertions.add(
        new Insertion(
            first.line(),
            lastLine + 1 - first.line(),
            column,
            name,
            writer.field(key, value, column)));
  }

  /** The writer, with the distance between dash and item that this sequence has. */
  private YamlWriter mannerOf(Cursor sequence) {
    for (YamlNode item : YamlNode.items(sequence.node())) {
      int dashStep = item.span().column() - sequence.node().span().column();
      int dashLine = dashLine(sequence, item);
      if (item instanceof Mapping && item.span().line() == dashLine && dashStep >= 2) {
        return new YamlWriter(writer.mappingStep(), writer.sequenceStep(), dashStep);
      }
    }
    return writer;
  }

  /** The line of the dash before an item of a block sequence: the item may begin below it. */
  private int dashLine(Cursor sequence, YamlNode item) {
    int column = sequence.node().span().column();
    int line = item.span().line();
    while (source.lines().get(line).indent() != column
        || source.lines().get(line).text().charAt(column) != '-') {
      line--;
    }
    return line;
  }

  /** Where to insert before an item: also before the comment that stands right above its dash. */
  private int lineBefore(Cursor sequence, int index) {
    List<YamlNode> items = YamlNode.items(sequence.node());
    int column = sequence.node().span().column();
    int line = dashLine(sequence, items.get(index));
    int lowest = index == 0 ? 0 : items.get(index - 1).span().lastLine() + 1;
    while (line > lowest
        && source.lines().get(line - 1).isComment()
        && source.lines().get(line - 1).indent() == column) {
      line--;
    }
    return line;
  }

  private static YamlNode required(Mapping mapping, String key) {
    YamlNode value = mapping.get(key);
    if (value == null) {
      throw new IllegalStateException("template without " + key);
    }
    return value;
  }

  private static Sequence sequenceOf(List<? extends YamlNode> items) {
    return new Sequence(List.copyOf(items), false, false, Span.NOWHERE);
  }

  private static Mapping mappingOf(String key, YamlNode value) {
    return new Mapping(List.of(new Entry(Scalar.plain(key), value)), false, false, Span.NOWHERE);
  }
}

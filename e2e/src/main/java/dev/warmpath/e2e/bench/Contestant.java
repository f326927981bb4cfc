package dev.warmpath.e2e.bench;

import dev.warmpath.e2e.envoy.ChildProcess;
import dev.warmpath.e2e.envoy.EnvoyProcess;
import dev.warmpath.e2e.load.LoadGenerator;
import dev.warmpath.e2e.load.LoadSettings;
import dev.warmpath.e2e.stack.Stack;
import dev.warmpath.e2e.stack.StackSettings;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One filter with its Envoy, its processor and a generator. No-op and Warmpath have the same
 * configuration from the same control plane; no filter is a plain Envoy. Not thread-safe.
 */
final class Contestant implements AutoCloseable {
  private static final String ALLOWED = "http.warmpath.ext_proc.decide.failure_mode_allowed";

  private static final String CONNECTION_MANAGER =
      "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager";
  private static final String ROUTER = "envoy.extensions.filters.http.router.v3.Router";

  private final Filter filter;
  private final EnvoyProcess envoy;
  private final @Nullable Stack stack;
  private final LoadGenerator load;

  private Contestant(Filter filter, EnvoyProcess envoy, @Nullable Stack stack, String address) {
    this.filter = filter;
    this.envoy = envoy;
    this.stack = stack;
    load = new LoadGenerator(LoadSettings.to(address));
  }

  static Contestant start(Filter filter, List<String> engines) {
    return switch (filter) {
      case NONE -> {
        EnvoyProcess envoy = EnvoyProcess.start(plain(engines));
        yield new Contestant(
            filter, envoy, null, "127.0.0.1:" + envoy.admin().listenerPort("plain"));
      }
      case NOOP -> of(filter, settings(engines).withProcessor(NoopMain.class.getName()));
      case WARMPATH -> of(filter, settings(engines));
    };
  }

  private static Contestant of(Filter filter, StackSettings settings) {
    Stack stack = Stack.start(settings);
    return new Contestant(filter, stack.envoy(), stack, stack.address());
  }

  /** A request that Envoy gave up on is not measured as what it is, so it waits for long. */
  private static StackSettings settings(List<String> engines) {
    return StackSettings.of(StackSettings.pool("engines", engines))
        .withReplicas(1)
        .withEnvoy("message_timeout: 5s");
  }

  Filter filter() {
    return filter;
  }

  EnvoyProcess envoy() {
    return envoy;
  }

  LoadGenerator load() {
    return load;
  }

  /** None where there is no filter. */
  @Nullable ChildProcess processor() {
    return stack == null ? null : stack.replicas().getFirst().process();
  }

  /** Requests so far that went on without an answer of the processor, or that it didn't plan. */
  long unprocessed() {
    long allowed = envoy.admin().stats().getOrDefault(ALLOWED, 0L);
    return switch (filter) {
      case NONE -> 0;
      case NOOP -> allowed;
      case WARMPATH ->
          allowed
              + (stack == null
                  ? 0
                  : Math.round(stack.extProcMetric("warmpath_requests_passed_total")));
    };
  }

  @Override
  public void close() {
    load.close();
    if (stack == null) {
      envoy.close();
    } else {
      stack.close();
    }
  }

  private static String plain(List<String> engines) {
    var endpoints = new StringBuilder();
    for (String engine : engines) {
      int colon = engine.lastIndexOf(':');
      endpoints.append(
          "- endpoint: {address: {socket_address: {address: %s, port_value: %s}}}\n"
              .formatted(engine.substring(0, colon), engine.substring(colon + 1)));
    }
    return """
    admin: {address: {socket_address: {address: 127.0.0.1, port_value: 0}}}
    static_resources:
      listeners:
      - name: plain
        address: {socket_address: {address: 127.0.0.1, port_value: 0}}
        filter_chains:
        - filters:
          - name: envoy.filters.network.http_connection_manager
            typed_config:
              '@type': type.googleapis.com/%s
              stat_prefix: plain
              route_config:
                virtual_hosts:
                - name: all
                  domains: ['*']
                  routes: [{match: {prefix: /}, route: {cluster: engines, timeout: 0s}}]
              http_filters:
              - name: envoy.filters.http.router
                typed_config: {'@type': type.googleapis.com/%s, suppress_envoy_headers: true}
      clusters:
      - name: engines
        type: STATIC
        lb_policy: ROUND_ROBIN
        load_assignment:
          cluster_name: engines
          endpoints:
          - lb_endpoints:
    %s\
    """
        .formatted(CONNECTION_MANAGER, ROUTER, endpoints.toString().indent(8));
  }
}

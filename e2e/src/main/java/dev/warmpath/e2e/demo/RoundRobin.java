package dev.warmpath.e2e.demo;

import java.util.List;

/**
 * The bootstrap of the Envoy that Warmpath is compared with: round robin over the engines, a plain
 * route to the provider, no filter but the router.
 */
final class RoundRobin {
  static final String LISTENER = "naive";

  private RoundRobin() {}

  static String bootstrap(List<String> engines, String provider, String providerKey) {
    return """
    admin: {address: {socket_address: {address: 127.0.0.1, port_value: 0}}}
    static_resources:
      listeners:
      - name: %s
        address: {socket_address: {address: 127.0.0.1, port_value: 0}}
        filter_chains:
        - filters:
          - name: hcm
            typed_config:
              '@type': type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
              stat_prefix: naive
              route_config:
                virtual_hosts:
                - name: all
                  domains: ['*']
                  routes:
                  - match: {prefix: /v1/messages}
                    route: {cluster: provider, timeout: 0s}
                    request_headers_to_add:
                    - {header: {key: x-api-key, value: %s}}
                  - match: {prefix: /}
                    route: {cluster: engines, timeout: 0s}
              http_filters:
              - name: envoy.filters.http.router
                typed_config:
                  '@type': type.googleapis.com/envoy.extensions.filters.http.router.v3.Router
      clusters:
      - name: engines
        lb_policy: ROUND_ROBIN
        circuit_breakers: %s
        load_assignment:
          cluster_name: engines
          endpoints:
          - lb_endpoints:
    %s\
      - name: provider
        circuit_breakers: %s
        load_assignment:
          cluster_name: provider
          endpoints:
          - lb_endpoints:
    %s\
    overload_manager:
      resource_monitors:
      - name: envoy.resource_monitors.global_downstream_max_connections
        typed_config:
          '@type': type.googleapis.com/envoy.extensions.resource_monitors.downstream_connections.v3.DownstreamConnectionsConfig
          max_active_downstream_connections: 50000
    """
        .formatted(
            LISTENER,
            providerKey,
            BREAKERS,
            endpoints(engines),
            BREAKERS,
            endpoints(List.of(provider)));
  }

  /** As wide as Warmpath's: Envoy's default of 1024 would make the comparison unfair. */
  private static final String BREAKERS =
      "{thresholds: [{max_connections: 20000, max_pending_requests: 20000, max_requests: 20000}]}";

  private static String endpoints(List<String> addresses) {
    var yaml = new StringBuilder();
    for (String address : addresses) {
      int colon = address.lastIndexOf(':');
      yaml.append(
          "        - endpoint: {address: {socket_address: {address: %s, port_value: %s}}}\n"
              .formatted(address.substring(0, colon), address.substring(colon + 1)));
    }
    return yaml.toString();
  }
}

package dev.warmpath.controlplane.snapshot;

import dev.warmpath.config.Address;
import dev.warmpath.config.v1.Tls;

/**
 * The bootstrap of an Envoy that takes everything from the control plane over ADS, as YAML.
 *
 * <p>It holds what can't come over ADS: who the node is, where the control plane is, and bounds of
 * the process. Listeners and clusters come later, and an Envoy that was once told goes on without
 * the control plane.
 */
public final class EnvoyBootstrap {
  private EnvoyBootstrap() {}

  /**
   * An Envoy.
   *
   * @param id its node id, which {@code envoy.node_ids} has to admit
   * @param cluster the group of Envoys that it belongs to, for statistics
   * @param adminAddress {@code ip:port} of its admin interface; loopback, since who reaches it can
   *     end the process
   * @param controlPlaneAddress {@code host:port}
   * @param tls towards the control plane, its files on Envoy's machine; without a field set:
   *     plaintext, for loopback only
   */
  public record Node(
      String id, String cluster, String adminAddress, String controlPlaneAddress, Tls tls) {
    public Node {
      if (id.isEmpty()) {
        throw new IllegalArgumentException("id: empty (expected: a node id)");
      }
      if (!(Address.parse(adminAddress) instanceof Address.Ip ip && ip.isLocal())) {
        throw new IllegalArgumentException(
            "adminAddress: " + adminAddress + " (expected: ip:port on loopback)");
      }
      boolean plaintext = tls.equals(Tls.getDefaultInstance());
      if (plaintext && !Address.parse(controlPlaneAddress).isLocal()) {
        throw new IllegalArgumentException(
            "tls: none, to " + controlPlaneAddress + " (expected: TLS, or a loopback address)");
      }
    }
  }

  /** The text. */
  public static String yaml(Node node) {
    Address controlPlane = Address.parse(node.controlPlaneAddress());
    String type =
        switch (controlPlane) {
          case Address.Host _ -> "STRICT_DNS";
          case Address.Ip _, Address.Unix _ -> "STATIC";
        };
    return """
    # Takes everything from Warmpath's control plane over ADS.
    node:
      id: %s
      cluster: %s
    admin:
      address:
    %s
    dynamic_resources:
      ads_config:
        api_type: GRPC
        transport_api_version: V3
        # The node is 70 KB; our control plane reads it once per stream.
        set_node_on_first_message_only: true
        grpc_services:
        - envoy_grpc:
            cluster_name: %s
      cds_config:
        resource_api_version: V3
        ads: {}
      lds_config:
        resource_api_version: V3
        ads: {}
    static_resources:
      clusters:
      - name: %s
        type: %s
        connect_timeout: 1s
        typed_extension_protocol_options:
          envoy.extensions.upstreams.http.v3.HttpProtocolOptions:
            '@type': type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions
            explicit_http_config:
              http2_protocol_options:
                # Finds a control plane that is gone without a word.
                connection_keepalive:
                  interval: 30s
                  timeout: 5s
        load_assignment:
          cluster_name: %s
          endpoints:
          - lb_endpoints:
            - endpoint:
                address:
    %s
    %s\
    overload_manager:
      resource_monitors:
      - name: envoy.resource_monitors.global_downstream_max_connections
        typed_config:
          '@type': type.googleapis.com/envoy.extensions.resource_monitors.downstream_connections.v3.DownstreamConnectionsConfig
          max_active_downstream_connections: 50000
    """
        .formatted(
            quoted(node.id()),
            quoted(node.cluster()),
            address(Address.parse(node.adminAddress()), 4),
            ClusterNames.CONTROL_PLANE,
            ClusterNames.CONTROL_PLANE,
            type,
            ClusterNames.CONTROL_PLANE,
            address(controlPlane, 16),
            tls(node.tls(), controlPlane));
  }

  private static String address(Address address, int indent) {
    String yaml =
        switch (address) {
          case Address.Ip(String ip, int port) -> socket(ip, port);
          case Address.Host(String name, int port) -> socket(name, port);
          case Address.Unix unix ->
              "pipe:\n  path: %s".formatted(quoted(unix.toString().substring("unix:".length())));
        };
    return yaml.indent(indent).stripTrailing();
  }

  private static String socket(String host, int port) {
    return "socket_address:\n  address: %s\n  port_value: %d".formatted(quoted(host), port);
  }

  private static String tls(Tls tls, Address controlPlane) {
    if (tls.equals(Tls.getDefaultInstance())) {
      return "";
    }
    var yaml = new StringBuilder();
    yaml.append(
        """
        transport_socket:
          name: envoy.transport_sockets.tls
          typed_config:
            '@type': type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext
        """);
    if (controlPlane instanceof Address.Host(String name, int _)) {
      yaml.append("    sni: %s\n    auto_sni_san_validation: true\n".formatted(quoted(name)));
    }
    yaml.append("    common_tls_context:\n      alpn_protocols: [h2]\n");
    if (!tls.getTrustedCaFile().isEmpty()) {
      yaml.append(
          "      validation_context:\n        trusted_ca:\n          filename: %s\n"
              .formatted(quoted(tls.getTrustedCaFile())));
    }
    if (!tls.getCertificateFile().isEmpty()) {
      yaml.append(
          """
                tls_certificates:
                - certificate_chain:
                    filename: %s
                  private_key:
                    filename: %s
          """
              .formatted(quoted(tls.getCertificateFile()), quoted(tls.getPrivateKeyFile())));
    }
    return yaml.toString().indent(4);
  }

  private static String quoted(String text) {
    if (text.chars().anyMatch(Character::isISOControl)) {
      throw new IllegalArgumentException("text: control characters (expected: none)");
    }
    return "'" + text.replace("'", "''") + "'";
  }
}

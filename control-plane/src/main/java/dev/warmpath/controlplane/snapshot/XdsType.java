package dev.warmpath.controlplane.snapshot;

import java.util.Optional;

/**
 * The resource types that are served, in the order in which a change of several is pushed: what is
 * referred to comes before what refers to it.
 */
public enum XdsType {
  /** CDS. */
  CLUSTER("envoy.config.cluster.v3.Cluster"),
  /** SDS. */
  SECRET("envoy.extensions.transport_sockets.tls.v3.Secret"),
  /** EDS. */
  ENDPOINT("envoy.config.endpoint.v3.ClusterLoadAssignment"),
  /** LDS. */
  LISTENER("envoy.config.listener.v3.Listener"),
  /** RDS. */
  ROUTE("envoy.config.route.v3.RouteConfiguration");

  private final String typeUrl;

  XdsType(String message) {
    typeUrl = "type.googleapis.com/" + message;
  }

  /** What discovery requests call it. */
  public String typeUrl() {
    return typeUrl;
  }

  /** The type of that URL; empty for one that is not served. */
  public static Optional<XdsType> ofTypeUrl(String typeUrl) {
    for (XdsType type : values()) {
      if (type.typeUrl.equals(typeUrl)) {
        return Optional.of(type);
      }
    }
    return Optional.empty();
  }
}

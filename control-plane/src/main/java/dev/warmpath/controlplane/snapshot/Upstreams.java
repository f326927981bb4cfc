package dev.warmpath.controlplane.snapshot;

import static dev.warmpath.controlplane.snapshot.Messages.any;
import static dev.warmpath.controlplane.snapshot.Messages.seconds;
import static dev.warmpath.controlplane.snapshot.Messages.uint32;

import io.envoyproxy.envoy.config.cluster.v3.CircuitBreakers;
import io.envoyproxy.envoy.config.cluster.v3.UpstreamConnectionOptions;
import io.envoyproxy.envoy.config.core.v3.HttpProtocolOptions;
import io.envoyproxy.envoy.config.core.v3.TcpKeepalive;
import io.envoyproxy.envoy.extensions.filters.http.upstream_codec.v3.UpstreamCodec;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpFilter;

/** What clusters have in common. */
final class Upstreams {
  /** Key of the HTTP options in a cluster's map of protocol options. */
  static final String HTTP_OPTIONS = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions";

  /**
   * Requests under way per cluster. Envoy's default of 1024 fails what is over it: of 1,500
   * requests held at once, 476 (measured). Streams of tokens are long, so they are many at once.
   */
  private static final int MAX_UNDER_WAY = 20_000;

  private Upstreams() {}

  static CircuitBreakers circuitBreakers() {
    return CircuitBreakers.newBuilder()
        .addThresholds(
            CircuitBreakers.Thresholds.newBuilder()
                .setMaxConnections(uint32(MAX_UNDER_WAY))
                .setMaxPendingRequests(uint32(MAX_UNDER_WAY))
                .setMaxRequests(uint32(MAX_UNDER_WAY))
                .setMaxRetries(uint32(MAX_UNDER_WAY)))
        .build();
  }

  /** Finds the other end gone after a minute, where nothing is sent that would find it sooner. */
  static UpstreamConnectionOptions keepalive() {
    return UpstreamConnectionOptions.newBuilder()
        .setTcpKeepalive(
            TcpKeepalive.newBuilder()
                .setKeepaliveTime(uint32(30))
                .setKeepaliveInterval(uint32(10))
                .setKeepaliveProbes(uint32(3)))
        .build();
  }

  /**
   * HTTP options of connections that are closed when idle for {@code idleSeconds}, which has to be
   * before the other end closes them: a request sent into a closing connection is lost.
   */
  static HttpProtocolOptions idleAfter(int idleSeconds) {
    return HttpProtocolOptions.newBuilder().setIdleTimeout(seconds(idleSeconds)).build();
  }

  /** The last of a cluster's HTTP filters. */
  static HttpFilter codec() {
    return HttpFilter.newBuilder()
        .setName("envoy.filters.http.upstream_codec")
        .setTypedConfig(any(UpstreamCodec.getDefaultInstance()))
        .build();
  }
}

package dev.warmpath.controlplane.snapshot;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.UInt64Value;
import dev.warmpath.config.ConfigException;
import dev.warmpath.config.ConfigFile;
import dev.warmpath.config.v1.Config;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.core.v3.TransportSocket;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;
import io.envoyproxy.envoy.config.listener.v3.Listener;
import io.envoyproxy.envoy.config.route.v3.Route;
import io.envoyproxy.envoy.config.route.v3.RouteConfiguration;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpFilter;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.Secret;
import io.envoyproxy.envoy.extensions.upstreams.http.v3.HttpProtocolOptions;
import java.util.List;

/** Configurations, and the resources that are made of them. */
final class Fixtures {
  /** One pool of two engines, one provider, a route to each. */
  static final String SMALL =
      """
      envoy:
        listener_address: 127.0.0.1:10000
        ext_proc_addresses: ["127.0.0.1:9000"]
      pools:
      - name: llama
        endpoints:
        - address: 10.0.0.2:8000
          id: b
        - address: 10.0.0.1:8000
          id: a
          weight: 2000
      providers:
      - name: claude
        address: api.anthropic.example:443
        api: anthropic_messages
        credential_file: /secrets/claude
      routes:
      - id: claude
        path_prefix: /v1/messages
        provider: claude
      - id: chat
        pool: llama
      """;

  private Fixtures() {}

  static Config config(String yaml) {
    try {
      return ConfigFile.parse(yaml, "test.yaml");
    } catch (ConfigException e) {
      throw new IllegalArgumentException(e);
    }
  }

  static Config small() {
    return config(SMALL);
  }

  static Snapshot snapshot(Config config) {
    return SnapshotBuilder.build(config, Decisions.of(config));
  }

  static Cluster cluster(Snapshot snapshot, String name) {
    return unpack(resource(snapshot, XdsType.CLUSTER, name), Cluster.class);
  }

  static ClusterLoadAssignment assignment(Snapshot snapshot, String name) {
    return unpack(resource(snapshot, XdsType.ENDPOINT, name), ClusterLoadAssignment.class);
  }

  static Secret secret(Snapshot snapshot, String name) {
    return unpack(resource(snapshot, XdsType.SECRET, name), Secret.class);
  }

  static Listener listener(Snapshot snapshot) {
    return unpack(resource(snapshot, XdsType.LISTENER, Listeners.NAME), Listener.class);
  }

  static HttpConnectionManager manager(Snapshot snapshot) {
    return unpack(
        listener(snapshot).getFilterChains(0).getFilters(0).getTypedConfig(),
        HttpConnectionManager.class);
  }

  static List<Route> routes(Snapshot snapshot) {
    RouteConfiguration routes =
        unpack(resource(snapshot, XdsType.ROUTE, Routes.NAME), RouteConfiguration.class);
    return routes.getVirtualHosts(0).getRoutesList();
  }

  static Route route(Snapshot snapshot, String name) {
    return routes(snapshot).stream()
        .filter(route -> route.getName().equals(name))
        .findFirst()
        .orElseThrow();
  }

  static <M extends Message> M filter(List<HttpFilter> filters, String name, Class<M> type) {
    return filters.stream()
        .filter(filter -> filter.getName().equals(name))
        .map(filter -> unpack(filter.getTypedConfig(), type))
        .findFirst()
        .orElseThrow();
  }

  static HttpProtocolOptions http(Cluster cluster) {
    return unpack(
        cluster.getTypedExtensionProtocolOptionsOrThrow(Upstreams.HTTP_OPTIONS),
        HttpProtocolOptions.class);
  }

  static <M extends Message> M tls(TransportSocket socket, Class<M> type) {
    return unpack(socket.getTypedConfig(), type);
  }

  /** {@code request_body_buffer_limit}. */
  static long bufferLimit(Route route) {
    try {
      return UInt64Value.parseFrom(
              route.getUnknownFields().getField(20).getLengthDelimitedList().getFirst())
          .getValue();
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalArgumentException(e);
    }
  }

  static <M extends Message> M unpack(Any any, Class<M> type) {
    try {
      return any.unpack(type);
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalArgumentException(e);
    }
  }

  private static Any resource(Snapshot snapshot, XdsType type, String name) {
    Any any = snapshot.of(type).byName().get(name);
    if (any == null) {
      throw new IllegalArgumentException(name + " is none of " + snapshot.of(type));
    }
    return any;
  }
}

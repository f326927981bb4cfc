package dev.warmpath.controlplane.snapshot;

import dev.warmpath.config.Address;
import io.envoyproxy.envoy.config.core.v3.Pipe;
import io.envoyproxy.envoy.config.core.v3.SocketAddress;

/** The configuration's addresses as Envoy's. */
final class Addresses {
  private Addresses() {}

  /** The address that a text of the configuration means. */
  static io.envoyproxy.envoy.config.core.v3.Address of(String address) {
    return of(Address.parse(address));
  }

  static io.envoyproxy.envoy.config.core.v3.Address of(Address address) {
    return switch (address) {
      case Address.Ip(String ip, int port) -> socket(ip, port);
      case Address.Host(String name, int port) -> socket(name, port);
      case Address.Unix unix ->
          io.envoyproxy.envoy.config.core.v3.Address.newBuilder()
              .setPipe(Pipe.newBuilder().setPath(unix.toString().substring("unix:".length())))
              .build();
    };
  }

  private static io.envoyproxy.envoy.config.core.v3.Address socket(String host, int port) {
    return io.envoyproxy.envoy.config.core.v3.Address.newBuilder()
        .setSocketAddress(SocketAddress.newBuilder().setAddress(host).setPortValue(port))
        .build();
  }
}

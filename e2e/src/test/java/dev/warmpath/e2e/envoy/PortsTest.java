package dev.warmpath.e2e.envoy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.HashSet;
import org.junit.jupiter.api.Test;

class PortsTest {
  @Test
  void free_manyTimes_neverRepeatsAPort() {
    var ports = new HashSet<Integer>();
    for (int i = 0; i < 200; i++) {
      assertThat(ports.add(Ports.free())).isTrue();
    }
  }

  @Test
  void isFree_aListenerIsThere_says() throws IOException {
    try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      assertThat(Ports.isFree(socket.getLocalPort())).isFalse();
    }
  }
}

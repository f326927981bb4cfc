package dev.warmpath.controlplane;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Attributes;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import org.junit.jupiter.api.Test;

class RefusedClientsTest {
  private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
  private final RefusedClients clients = new RefusedClients(() -> 0, meters);

  @Test
  void connection_thatNeverWasReady_isCountedAndNoOther() {
    clients.transportTerminated(null);
    clients.transportTerminated(Attributes.EMPTY);
    clients.transportTerminated(null);
    assertThat(meters.get("warmpath.tls.refused").counter().count()).isEqualTo(2);
  }

  @Test
  void quotation_ofWhatAClientSent_isBoundedAndOfOneLine() {
    assertThat(RefusedClients.quoted("CN=a\nWARN forged\u001b[31m"))
        .isEqualTo("CN=a?WARN forged?[31m");
    assertThat(RefusedClients.quoted("x".repeat(100_000)))
        .hasSize(RefusedClients.MAX_QUOTED_CHARS + 1);
  }
}

package dev.warmpath.extproc.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmpath.extproc.exchange.Outcome;
import dev.warmpath.extproc.exchange.PlanId;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class OutcomeRelayTest {
  private static final Outcome OUTCOME =
      new Outcome(
          new PlanId(1, 2), Outcome.Source.OBSERVER, "", "", 200, 1, null, null, "", false, true);

  private final OutcomeRelay relay = new OutcomeRelay(() -> 0);
  private final List<Outcome> sent = new ArrayList<>();

  @Test
  void accept_withoutPort_isLostQuietly() {
    relay.accept(OUTCOME);

    assertThat(relay.connected()).isFalse();
  }

  @Test
  void accept_portButNoStream_isQueuedThereAllTheSame() {
    relay.to(sent::add);
    relay.accept(OUTCOME);
    relay.connected(true);
    relay.accept(OUTCOME);

    assertThat(sent).hasSize(2);
    assertThat(relay.connected()).isTrue();
  }
}

package dev.warmpath.extproc.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmpath.extproc.exchange.Outcome;
import dev.warmpath.extproc.exchange.PlanId;
import dev.warmpath.extproc.pick.EndpointState;
import dev.warmpath.extproc.pick.Pick;
import dev.warmpath.extproc.pick.PickSettings;
import dev.warmpath.extproc.pick.PoolPicker;
import dev.warmpath.extproc.pick.PrefixBlocks;
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
  void accept_noStream_pickersAreToldThatOutcomesGoAstray() {
    PoolPicker picker = awaitingPicker();
    relay.tells(List.of(picker));
    relay.accept(OUTCOME);

    assertThat(picker.overdue(OutcomeRelay.ASTRAY_NANOS - 1)).isZero();
  }

  @Test
  void accept_whileThereIsAStream_pickersGoOnCounting() {
    PoolPicker picker = awaitingPicker();
    relay.tells(List.of(picker));
    relay.accept(OUTCOME);
    relay.connected(true);
    relay.accept(OUTCOME);

    assertThat(picker.overdue(OutcomeRelay.ASTRAY_NANOS - 1)).isEqualTo(1);
  }

  /** One request waits for its first byte, overdue after 10 s. */
  private static PoolPicker awaitingPicker() {
    var picker =
        new PoolPicker(new PickSettings(8_000, 100_000, 1_024, 2, PickSettings.Ejection.DEFAULTS));
    picker.endpoints(List.of(EndpointState.of("10.0.0.1:8000")), 0);
    var prefix = new PrefixBlocks();
    prefix.add(1, 100);
    assertThat(picker.dispatch(prefix.promptTokens(100).tieKey(1), 0, new Pick())).isNotNull();
    return picker;
  }

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

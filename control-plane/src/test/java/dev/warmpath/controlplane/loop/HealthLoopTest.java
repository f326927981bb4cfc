package dev.warmpath.controlplane.loop;

import static dev.warmpath.controlplane.loop.Fixtures.POOL;
import static dev.warmpath.controlplane.loop.Fixtures.SECOND;
import static dev.warmpath.controlplane.loop.Fixtures.SETTINGS;
import static dev.warmpath.controlplane.loop.Fixtures.applied;
import static dev.warmpath.controlplane.loop.Fixtures.erring;
import static dev.warmpath.controlplane.loop.Fixtures.healthy;
import static dev.warmpath.controlplane.loop.Fixtures.probed;
import static dev.warmpath.controlplane.loop.Fixtures.state;
import static org.assertj.core.api.Assertions.assertThat;

import dev.warmpath.controlplane.loop.FleetState.EndpointSignals;
import dev.warmpath.controlplane.snapshot.Decisions;
import dev.warmpath.controlplane.snapshot.Health;
import java.util.List;
import org.junit.jupiter.api.Test;

class HealthLoopTest {
  private static final EndpointSignals GOOD_B = probed("b", 0, 5, true);
  private static final EndpointSignals GOOD_C = probed("c", 0, 5, true);

  private final HealthLoop loop = new HealthLoop(SETTINGS);
  private Decisions inForce = healthy("a", "b", "c");
  private long now;
  private Loop.Outcome last = Loop.Outcome.NOTHING;

  HealthLoopTest() {
    look(probed("a", 0, 1, true), GOOD_B, GOOD_C);
    now = 10 * SECOND;
  }

  @Test
  void probes_failingBelowTheThreshold_changeNothing() {
    look(probed("a", 2, 0, true), GOOD_B, GOOD_C);
    assertThat(health("a")).isEqualTo(Health.HEALTHY);
  }

  @Test
  void probes_failingAtTheThreshold_takeOut() {
    look(probed("a", 3, 0, true), GOOD_B, GOOD_C);
    assertThat(health("a")).isEqualTo(Health.UNHEALTHY);
    assertThat(last.proposals().getFirst().reason())
        .isEqualTo("3 bad probes in a row, the last: connection refused");
  }

  @Test
  void probes_silentAfterFailures_changeNothing() {
    look(probed("a", 9, 0, false), GOOD_B, GOOD_C);
    assertThat(health("a")).isEqualTo(Health.HEALTHY);
  }

  @Test
  void probes_goodAgain_bringBackAtTheirThreshold() {
    look(probed("a", 3, 0, true), GOOD_B, GOOD_C);
    look(probed("a", 0, 1, true), GOOD_B, GOOD_C);
    assertThat(health("a")).isEqualTo(Health.UNHEALTHY);
    look(probed("a", 0, 2, true), GOOD_B, GOOD_C);
    assertThat(health("a")).isEqualTo(Health.HEALTHY);
  }

  @Test
  void probes_goodButSilentNow_leaveOut() {
    look(probed("a", 3, 0, true), GOOD_B, GOOD_C);
    look(probed("a", 0, 9, false), GOOD_B, GOOD_C);
    assertThat(health("a")).isEqualTo(Health.UNHEALTHY);
  }

  @Test
  void errors_ofMostExchanges_ejectForATime() {
    look(erring("a", 8, 6), GOOD_B, GOOD_C);
    assertThat(health("a")).isEqualTo(Health.UNHEALTHY);
    now += 29 * SECOND;
    look(erring("a", 1, 0), GOOD_B, GOOD_C);
    assertThat(health("a")).isEqualTo(Health.UNHEALTHY);
    now += SECOND;
    look(erring("a", 1, 0), GOOD_B, GOOD_C);
    assertThat(health("a")).isEqualTo(Health.HEALTHY);
  }

  @Test
  void errors_again_ejectForLonger() {
    look(erring("a", 8, 6), GOOD_B, GOOD_C);
    now += 30 * SECOND;
    look(erring("a", 1, 0), GOOD_B, GOOD_C);
    look(erring("a", 8, 6), GOOD_B, GOOD_C);
    now += 59 * SECOND;
    look(erring("a", 1, 0), GOOD_B, GOOD_C);
    assertThat(health("a")).isEqualTo(Health.UNHEALTHY);
    now += SECOND;
    look(erring("a", 1, 0), GOOD_B, GOOD_C);
    assertThat(health("a")).isEqualTo(Health.HEALTHY);
  }

  @Test
  void errors_proposedAgainSinceItCouldNotBePersisted_countOnce() {
    for (int i = 0; i < 9; i++) {
      loop.look(state(now, List.of(erring("a", 8, 6), GOOD_B, GOOD_C)), inForce);
      now += SECOND;
    }
    look(erring("a", 8, 6), GOOD_B, GOOD_C);
    now += 21 * SECOND;
    look(erring("a", 1, 0), GOOD_B, GOOD_C);
    assertThat(health("a")).isEqualTo(Health.HEALTHY);
  }

  @Test
  void start_endpointIsOut_staysOutAsAtAFirstEjection() {
    var fresh = new HealthLoop(SETTINGS);
    Decisions out = inForce.withHealth(POOL, "a", Health.UNHEALTHY);
    var good = List.of(probed("a", 0, 9, true), GOOD_B, GOOD_C);
    assertThat(fresh.look(state(now, good), out).proposals()).isEmpty();
    assertThat(fresh.look(state(now + 29 * SECOND, good), out).proposals()).isEmpty();
    assertThat(fresh.look(state(now + 30 * SECOND, good), out).proposals()).hasSize(1);
  }

  @Test
  void errors_fewOrAmongManySuccesses_changeNothing() {
    look(erring("a", 4, 4), GOOD_B, GOOD_C);
    look(erring("a", 1000, 20), GOOD_B, GOOD_C);
    assertThat(health("a")).isEqualTo(Health.HEALTHY);
  }

  @Test
  void failures_beyondTheShare_takeTheWorstOnly() {
    look(probed("a", 3, 0, true), probed("b", 7, 0, true), GOOD_C);
    assertThat(health("a")).isEqualTo(Health.HEALTHY);
    assertThat(health("b")).isEqualTo(Health.UNHEALTHY);
    assertThat(last.held()).singleElement().asString().contains("chat/a", "out already");
  }

  @Test
  void failures_ofAll_takeOutNone() {
    look(probed("a", 3, 0, true), probed("b", 3, 0, true), probed("c", 3, 0, true));
    assertThat(inForce).isEqualTo(healthy("a", "b", "c"));
    assertThat(last.held()).containsExactly("chat: every endpoint fails; none is taken out");
  }

  @Test
  void endpoint_theOnlyOne_isNeverTakenOut() {
    inForce = healthy("a");
    look(probed("a", 9, 0, true));
    assertThat(health("a")).isEqualTo(Health.HEALTHY);
  }

  @Test
  void endpoint_drained_isLeftAlone() {
    inForce = inForce.withHealth(POOL, "a", Health.DRAINING);
    look(probed("a", 9, 0, true), GOOD_B, GOOD_C);
    look(probed("a", 0, 9, true), GOOD_B, GOOD_C);
    assertThat(health("a")).isEqualTo(Health.DRAINING);
  }

  @Test
  void start_anyOne_isFollowedByABlackout() {
    var fresh = new HealthLoop(SETTINGS);
    var failing = List.of(probed("a", 9, 0, true), GOOD_B, GOOD_C);
    assertThat(fresh.look(state(now, failing), inForce).proposals()).isEmpty();
    assertThat(fresh.look(state(now + 9 * SECOND, failing), inForce).proposals()).isEmpty();
    assertThat(fresh.look(state(now + 10 * SECOND, failing), inForce).proposals()).hasSize(1);
  }

  private void look(EndpointSignals... endpoints) {
    last = loop.look(state(now, List.of(endpoints)), inForce);
    inForce = applied(inForce, last);
  }

  private Health health(String id) {
    return inForce.endpoint(POOL, id).health();
  }
}

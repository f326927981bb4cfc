package dev.warmpath.controlplane.loop;

import static dev.warmpath.controlplane.loop.Fixtures.POOL;
import static dev.warmpath.controlplane.loop.Fixtures.SECOND;
import static dev.warmpath.controlplane.loop.Fixtures.SETTINGS;
import static dev.warmpath.controlplane.loop.Fixtures.applied;
import static dev.warmpath.controlplane.loop.Fixtures.healthy;
import static dev.warmpath.controlplane.loop.Fixtures.rated;
import static dev.warmpath.controlplane.loop.Fixtures.state;
import static org.assertj.core.api.Assertions.assertThat;

import dev.warmpath.controlplane.loop.FleetState.EndpointSignals;
import dev.warmpath.controlplane.loop.FleetState.Rate;
import dev.warmpath.controlplane.snapshot.Decisions;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class WeightLoopTest {
  private static final List<EndpointSignals> TWICE = List.of(rated("a", 8000), rated("b", 4000));

  private final WeightLoop loop = new WeightLoop(SETTINGS, new Random(1));
  private Decisions inForce = healthy("a", "b");

  @Test
  void rates_thatDiffer_moveWeightsTowardsTheirProportion() {
    run(0, 1000, TWICE);
    assertThat(weight("a")).isEqualTo(1333);
    // Rounded to where it came from: up from below, down from above.
    assertThat(weight("b")).isEqualTo(667);
  }

  @Test
  void push_anyOne_changesNoWeightByMoreThanTheStep() {
    run(0, 70, TWICE);
    assertThat(weight("a")).isEqualTo(1200);
    assertThat(weight("b")).isEqualTo(800);
  }

  @Test
  void push_afterAnother_waitsForTheIntervalWithItsJitter() {
    run(0, 70, TWICE);
    Decisions first = inForce;
    run(71, 118, TWICE);
    assertThat(inForce).isEqualTo(first);
    run(119, 140, TWICE);
    assertThat(inForce).isNotEqualTo(first);
  }

  @Test
  void start_anyOne_isFollowedByABlackoutAndAnInterval() {
    run(0, 59, TWICE);
    assertThat(inForce).isEqualTo(healthy("a", "b"));
    assertThat(loop.look(state(5 * SECOND, TWICE), inForce).proposals()).isEmpty();
  }

  @Test
  void difference_belowTheDeadband_isHeldAndSaid() {
    var close = List.of(rated("a", 8000), rated("b", 7000));
    run(0, 500, close);
    assertThat(inForce).isEqualTo(healthy("a", "b"));
    assertThat(loop.look(state(501 * SECOND, close), inForce).held())
        .singleElement()
        .asString()
        .contains("the deadband is 15 %");
  }

  @Test
  void oneReporter_alone_changesNothing() {
    run(0, 500, List.of(rated("a", 8000), rated("b", 1000, Rate.NEVER_MEASURED)));
    assertThat(inForce).isEqualTo(healthy("a", "b"));
  }

  @Test
  void rates_gone_freezeThenDecayToTheConfiguredWeights() {
    run(0, 1000, TWICE);
    Decisions learned = inForce;
    // Silent for a second only: where it was.
    var justSilent =
        List.of(rated("a", 1000, new Rate(8000, SECOND)), rated("b", 1000, new Rate(4000, SECOND)));
    assertThat(loop.look(state(1100 * SECOND, justSilent), inForce).proposals()).isEmpty();
    assertThat(inForce).isEqualTo(learned);
    for (int second = 1101; second < 2000; second++) {
      long silent = (second - 1100) * SECOND;
      run(
          second,
          second,
          List.of(
              rated("a", 1000, new Rate(8000, silent)), rated("b", 1000, new Rate(4000, silent))));
    }
    assertThat(inForce).isEqualTo(healthy("a", "b"));
  }

  @Test
  void learnedWeights_afterARestartWithoutSignals_areServedBeforeTheyDecay() {
    var learned = new TreeMap<String, Integer>();
    learned.put("a", 1400);
    learned.put("b", 600);
    inForce = Fixtures.weights(learned);
    var unknown =
        List.of(rated("a", 1000, Rate.NEVER_MEASURED), rated("b", 1000, Rate.NEVER_MEASURED));
    run(0, 59, unknown);
    assertThat(weight("a")).isEqualTo(1400);
    run(60, 1000, unknown);
    assertThat(inForce).isEqualTo(healthy("a", "b"));
  }

  @Test
  void extremes_anyTwo_areKeptWithinTheBoundsOfTheMean() {
    inForce = healthy("a", "b", "c", "d", "e", "f", "g", "h");
    run(
        0,
        20_000,
        List.of(
            rated("a", 1e6),
            rated("b", 1),
            rated("c", 1),
            rated("d", 1),
            rated("e", 1),
            rated("f", 1),
            rated("g", 1),
            rated("h", 1)));
    // Within the deadband of the bound.
    assertThat(weight("a")).isBetween(3400, 4000);
    double mean =
        Fixtures.endpoints(inForce).values().stream()
            .mapToInt(Decisions.EndpointDecision::weight)
            .average()
            .orElseThrow();
    assertThat(weight("a") / mean).isLessThanOrEqualTo(4.01);
    assertThat(weight("b") / mean).isGreaterThanOrEqualTo(0.25);
  }

  @Test
  void reason_ofAProposal_namesTheRates() {
    Loop.Outcome outcome = Loop.Outcome.NOTHING;
    for (int second = 0; second < 100 && outcome.proposals().isEmpty(); second++) {
      outcome = loop.look(state(second * SECOND, TWICE), inForce);
    }
    assertThat(outcome.proposals().getFirst().reason()).contains("a=8000", "b=4000", "2 of 2");
  }

  private void run(int fromSecond, int toSecond, List<EndpointSignals> endpoints) {
    for (int second = fromSecond; second <= toSecond; second++) {
      inForce = applied(inForce, loop.look(state(second * SECOND, endpoints), inForce));
    }
  }

  private int weight(String id) {
    return inForce.endpoint(POOL, id).weight();
  }
}

package dev.warmpath.controlplane.loop;

import static dev.warmpath.controlplane.loop.Fixtures.POOL;
import static dev.warmpath.controlplane.loop.Fixtures.SECOND;
import static dev.warmpath.controlplane.loop.Fixtures.SETTINGS;
import static dev.warmpath.controlplane.loop.Fixtures.applied;
import static org.assertj.core.api.Assertions.assertThat;

import dev.warmpath.controlplane.loop.FleetState.EndpointSignals;
import dev.warmpath.controlplane.loop.FleetState.Rate;
import dev.warmpath.controlplane.snapshot.Decisions;
import java.util.ArrayList;
import java.util.Random;
import java.util.TreeMap;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

class WeightLoopPropertyTest {

  /** Whatever is measured, in whatever order: each push keeps every bound. */
  @Property(tries = 200)
  void pushes_underAnySignals_keepStepBoundsAndPace(
      @ForAll @IntRange(min = 1, max = 12) int endpoints, @ForAll long seed) {
    var random = new Random(seed);
    var loop = new WeightLoop(SETTINGS, random);
    var configured = new int[endpoints];
    var start = new TreeMap<String, Integer>();
    for (int i = 0; i < endpoints; i++) {
      configured[i] = 700 + random.nextInt(600);
      start.put("e" + i, configured[i]);
    }
    Decisions inForce = Fixtures.weights(start);
    long lastPush = 0;
    for (int look = 0; look < 60; look++) {
      long now = look * 15L * SECOND;
      var signals = new ArrayList<EndpointSignals>();
      for (int i = 0; i < endpoints; i++) {
        Rate rate =
            switch (random.nextInt(4)) {
              case 0 -> Rate.NEVER_MEASURED;
              case 1 ->
                  new Rate(Math.exp(random.nextGaussian() * 5), random.nextLong(400 * SECOND));
              default -> new Rate(Math.exp(random.nextGaussian() * 5), 0);
            };
        signals.add(Fixtures.rated("e" + i, configured[i], rate));
      }
      Loop.Outcome outcome = loop.look(Fixtures.state(now, signals), inForce);
      Decisions next = applied(inForce, outcome);
      if (!outcome.proposals().isEmpty()) {
        assertThat(now - lastPush).isGreaterThanOrEqualTo(60 * SECOND);
        lastPush = now;
        assertBounds(inForce, next);
      } else {
        assertThat(next).isEqualTo(inForce);
      }
      inForce = next;
    }
  }

  private static void assertBounds(Decisions before, Decisions after) {
    double mean =
        Fixtures.endpoints(after).values().stream()
            .mapToInt(Decisions.EndpointDecision::weight)
            .average()
            .orElseThrow();
    Fixtures.endpoints(after)
        .forEach(
            (id, decision) -> {
              double old = before.endpoint(POOL, id).weight();
              assertThat(Math.abs(decision.weight() - old)).isLessThanOrEqualTo(0.2 * old);
              // Whole weights: one off.
              assertThat((double) decision.weight())
                  .isGreaterThanOrEqualTo(0.25 * mean - 1)
                  .isLessThanOrEqualTo(4 * mean + 1);
            });
  }
}

package dev.warmpath.controlplane.loop;

import static dev.warmpath.controlplane.loop.Fixtures.SECOND;
import static dev.warmpath.controlplane.loop.Fixtures.SETTINGS;
import static dev.warmpath.controlplane.loop.Fixtures.applied;
import static org.assertj.core.api.Assertions.assertThat;

import dev.warmpath.controlplane.loop.FleetState.EndpointSignals;
import dev.warmpath.controlplane.loop.FleetState.Failures;
import dev.warmpath.controlplane.loop.FleetState.Probes;
import dev.warmpath.controlplane.loop.FleetState.Rate;
import dev.warmpath.controlplane.snapshot.Decisions;
import dev.warmpath.controlplane.snapshot.Health;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

class HealthLoopPropertyTest {

  @Property(tries = 200)
  void endpointsOut_underAnySignals_areNeverMoreThanTheShare(
      @ForAll @IntRange(min = 1, max = 12) int endpoints, @ForAll long seed) {
    var random = new Random(seed);
    var loop = new HealthLoop(SETTINGS);
    var ids = new String[endpoints];
    for (int i = 0; i < endpoints; i++) {
      ids[i] = "e" + i;
    }
    Decisions inForce = Fixtures.healthy(ids);
    for (int look = 0; look < 50; look++) {
      var signals = new ArrayList<EndpointSignals>();
      for (String id : ids) {
        boolean good = random.nextBoolean();
        signals.add(
            new EndpointSignals(
                Fixtures.name(id),
                id,
                1000,
                new Probes(
                    good ? 0 : random.nextInt(10),
                    good ? random.nextInt(10) : 0,
                    random.nextInt(4) > 0,
                    ""),
                null,
                Rate.NEVER_MEASURED,
                new Failures(random.nextInt(40), random.nextInt(20))));
      }
      inForce = applied(inForce, loop.look(Fixtures.state(look * 10L * SECOND, signals), inForce));
      long out =
          Fixtures.endpoints(inForce).values().stream()
              .filter(endpoint -> endpoint.health() == Health.UNHEALTHY)
              .count();
      assertThat(out).isLessThanOrEqualTo(endpoints / 2);
    }
  }

  @Property(tries = 50)
  void silence_afterAnything_neverTakesOut(@ForAll @IntRange(max = 100) int failures) {
    var loop = new HealthLoop(SETTINGS);
    Decisions inForce = Fixtures.healthy("a", "b", "c");
    for (int look = 0; look < 50; look++) {
      var silent =
          List.of(
              Fixtures.probed("a", failures, 0, false),
              Fixtures.probed("b", 0, 5, true),
              Fixtures.probed("c", 0, 5, true));
      assertThat(loop.look(Fixtures.state(look * 10L * SECOND, silent), inForce).proposals())
          .isEmpty();
    }
  }
}

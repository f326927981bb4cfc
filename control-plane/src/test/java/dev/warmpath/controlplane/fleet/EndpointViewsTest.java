package dev.warmpath.controlplane.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmpath.controlplane.loop.EndpointName;
import dev.warmpath.controlplane.loop.FleetState;
import dev.warmpath.controlplane.loop.FleetState.EndpointSignals;
import dev.warmpath.controlplane.loop.FleetState.EngineReading;
import dev.warmpath.controlplane.loop.FleetState.Failures;
import dev.warmpath.controlplane.loop.FleetState.PoolSignals;
import dev.warmpath.controlplane.loop.FleetState.Probes;
import dev.warmpath.controlplane.loop.FleetState.Rate;
import dev.warmpath.controlplane.snapshot.Decisions;
import dev.warmpath.controlplane.snapshot.Decisions.EndpointDecision;
import dev.warmpath.controlplane.snapshot.Health;
import dev.warmpath.fleet.v1.EndpointState;
import dev.warmpath.fleet.v1.EndpointView;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class EndpointViewsTest {
  private static final long SECOND = 1_000_000_000L;
  private static final EngineReading FRESH = new EngineReading(true, 3, 4, 0.5, 16_000, 2);

  private final EndpointViews views = new EndpointViews();

  @Test
  void endpoint_known_isDescribedWhole() {
    EndpointView view = views.next(state(0, FRESH), decisions(Health.UNHEALTHY)).orElseThrow();
    assertThat(view.getVersion()).isEqualTo(1);
    assertThat(view.getClusters(0).getEndpoints(0))
        .isEqualTo(
            EndpointState.newBuilder()
                .setAddress("1.2.3.4:80")
                .setId("a")
                .setHealth(EndpointState.Health.UNHEALTHY)
                .setWeight(1200)
                .setPrefillTokensPerSecond(8000)
                .setCacheTokens(16_000)
                .setRequestsRunning(3)
                .setRequestsWaiting(4)
                .setEngineEpoch(2)
                .build());
  }

  @Test
  void engine_unknown_leavesItsNumbersOut() {
    EndpointState endpoint = endpoint(null);
    assertThat(endpoint.hasRequestsRunning()).isFalse();
    assertThat(endpoint.getEngineEpoch()).isZero();
    assertThat(endpoint.getCacheTokens()).isZero();
  }

  @Test
  void engine_silent_keepsWhatDoesNotAge() {
    EndpointState endpoint = endpoint(new EngineReading(false, 3, 4, 0.5, 16_000, 2));
    assertThat(endpoint.hasRequestsRunning()).isFalse();
    assertThat(endpoint.getEngineEpoch()).isEqualTo(2);
    assertThat(endpoint.getCacheTokens()).isEqualTo(16_000);
  }

  @Test
  void view_unchanged_isRepeatedEverySecondUnderItsVersion() {
    Decisions decisions = decisions(Health.HEALTHY);
    assertThat(views.next(state(0, FRESH), decisions)).isPresent();
    assertThat(views.next(state(SECOND - 1, FRESH), decisions)).isEmpty();
    assertThat(views.next(state(SECOND, FRESH), decisions))
        .hasValueSatisfying(view -> assertThat(view.getVersion()).isEqualTo(1));
  }

  @Test
  void view_changed_comesAtOnceUnderTheNextVersion() {
    assertThat(views.next(state(0, FRESH), decisions(Health.HEALTHY))).isPresent();
    assertThat(views.next(state(1, FRESH), decisions(Health.DRAINING)))
        .hasValueSatisfying(
            view -> {
              assertThat(view.getVersion()).isEqualTo(2);
              assertThat(view.getClusters(0).getEndpoints(0).getHealth())
                  .isEqualTo(EndpointState.Health.DRAINING);
            });
  }

  private EndpointState endpoint(@Nullable EngineReading engine) {
    return views
        .next(state(0, engine), decisions(Health.HEALTHY))
        .orElseThrow()
        .getClusters(0)
        .getEndpoints(0);
  }

  private static FleetState state(long nowNanos, @Nullable EngineReading engine) {
    var endpoint =
        new EndpointSignals(
            new EndpointName("chat", "a"),
            "1.2.3.4:80",
            1000,
            Probes.NONE,
            engine,
            new Rate(8000, 0),
            Failures.NONE);
    return new FleetState(
        nowNanos,
        true,
        List.of(new PoolSignals("chat", List.of(endpoint))),
        Collections.emptySortedMap());
  }

  private static Decisions decisions(Health health) {
    return new Decisions(
        new TreeMap<>(
            Map.of("chat", new TreeMap<>(Map.of("a", new EndpointDecision(1200, health))))),
        Collections.emptySortedMap());
  }
}

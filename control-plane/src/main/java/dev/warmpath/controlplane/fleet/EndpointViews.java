package dev.warmpath.controlplane.fleet;

import dev.warmpath.controlplane.loop.EndpointName;
import dev.warmpath.controlplane.loop.FleetState;
import dev.warmpath.controlplane.loop.FleetState.EndpointSignals;
import dev.warmpath.controlplane.loop.FleetState.EngineReading;
import dev.warmpath.controlplane.loop.FleetState.PoolSignals;
import dev.warmpath.controlplane.snapshot.Decisions;
import dev.warmpath.controlplane.snapshot.Decisions.EndpointDecision;
import dev.warmpath.controlplane.snapshot.Health;
import dev.warmpath.fleet.v1.ClusterView;
import dev.warmpath.fleet.v1.EndpointState;
import dev.warmpath.fleet.v1.EndpointView;
import java.util.Optional;

/**
 * Makes what replicas are told about endpoints out of what is served and what was observed, and
 * says when it is time to send it: when it changed, and at least every {@link #REPEAT_NANOS}, so
 * that a replica can tell a quiet control plane from a dead one. Confined to its owner.
 */
public final class EndpointViews {
  static final long REPEAT_NANOS = 1_000_000_000L;

  private EndpointView last = EndpointView.getDefaultInstance();
  private long lastNanos;

  /**
   * The view that is to be sent now.
   *
   * @param served what Envoy is told
   */
  public Optional<EndpointView> next(FleetState state, Decisions served) {
    var view = EndpointView.newBuilder().setVersion(last.getVersion());
    for (PoolSignals pool : state.pools()) {
      var cluster = ClusterView.newBuilder().setCluster(pool.name());
      for (EndpointSignals endpoint : pool.endpoints()) {
        EndpointName name = endpoint.name();
        cluster.addEndpoints(endpoint(endpoint, served.endpoint(name.pool(), name.id())));
      }
      view.addClusters(cluster);
    }
    boolean changed = last.getVersion() == 0 || !view.build().equals(last);
    if (!changed && state.nowNanos() - lastNanos < REPEAT_NANOS) {
      return Optional.empty();
    }
    if (changed) {
      view.setVersion(last.getVersion() + 1);
    }
    last = view.build();
    lastNanos = state.nowNanos();
    return Optional.of(last);
  }

  private static EndpointState endpoint(EndpointSignals signals, EndpointDecision decision) {
    var state =
        EndpointState.newBuilder()
            .setAddress(signals.address())
            .setId(signals.name().id())
            .setHealth(health(decision.health()))
            .setWeight(decision.weight())
            .setPrefillTokensPerSecond(signals.rate().tokensPerSecond());
    EngineReading engine = signals.engine();
    if (engine != null) {
      state.setEngineEpoch(engine.epoch());
      state.setCacheTokens(Math.max(0, engine.cacheTokens()));
      if (engine.fresh() && engine.running() >= 0) {
        state.setRequestsRunning(engine.running());
      }
      if (engine.fresh() && engine.waiting() >= 0) {
        state.setRequestsWaiting(engine.waiting());
      }
    }
    return state.build();
  }

  private static EndpointState.Health health(Health health) {
    return switch (health) {
      case HEALTHY -> EndpointState.Health.HEALTHY;
      case UNHEALTHY -> EndpointState.Health.UNHEALTHY;
      case DRAINING -> EndpointState.Health.DRAINING;
    };
  }
}

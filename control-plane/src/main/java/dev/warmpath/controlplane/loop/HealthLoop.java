package dev.warmpath.controlplane.loop;

import static java.util.Locale.ROOT;

import dev.warmpath.controlplane.loop.Change.EndpointHealth;
import dev.warmpath.controlplane.loop.FleetState.EndpointSignals;
import dev.warmpath.controlplane.loop.FleetState.PoolSignals;
import dev.warmpath.controlplane.snapshot.Decisions;
import dev.warmpath.controlplane.snapshot.Health;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;

/**
 * Takes endpoints out that fail, and brings them back. An endpoint fails by a run of bad probes, or
 * by errors: at least {@link #MIN_FAILURES} failed exchanges lately, and at least {@value
 * #FAILING_SHARE} of all. It is back after a run of good probes; one that errors took out stays out
 * for {@link #EJECTION_NANOS} times the number of its ejections (at most {@link
 * #MAX_EJECTION_NANOS}), since without traffic its errors can't show whether they are over.
 *
 * <p>What nobody has seen is no failure: while probes are silent nothing changes in either
 * direction. No more than the configured share of a pool is out, the worst first; and when every
 * endpoint of a pool of several fails at once, none is taken out: either the fault is on our side
 * or it makes no difference. Endpoints that configuration or operator drain are left alone.
 */
public final class HealthLoop implements Loop {

  /** As Envoy's outlier detection: 5 in a row; 30 s times the ejections, 300 s at most. */
  static final double MIN_FAILURES = 5;

  static final double FAILING_SHARE = 0.5;
  static final long EJECTION_NANOS = 30_000_000_000L;
  static final long MAX_EJECTION_NANOS = 300_000_000_000L;

  /** Ejections are forgotten when the last one has been over for this long. */
  static final long FORGIVE_NANOS = 600_000_000_000L;

  private final LoopSettings settings;
  private final Blackout blackout;
  private final Map<EndpointName, Ejection> ejections = new HashMap<>();
  private boolean looked;

  /** Ejections by errors of one endpoint. */
  private record Ejection(long untilNanos, int count) {
    boolean lasts(long nowNanos) {
      return untilNanos - nowNanos > 0;
    }
  }

  /** A healthy endpoint that fails. */
  private record Failing(EndpointSignals endpoint, boolean byErrors, String reason) {}

  public HealthLoop(LoopSettings settings) {
    this.settings = settings;
    this.blackout = new Blackout(settings.blackoutNanos());
  }

  @Override
  public LoopName name() {
    return LoopName.HEALTH;
  }

  @Override
  public Outcome look(FleetState state, Decisions inForce) {
    if (!looked) {
      looked = true;
      takeUp(state, inForce);
    }
    if (blackout.lasts(state.nowNanos())) {
      return Outcome.NOTHING;
    }
    var proposals = new ArrayList<Proposal>();
    var held = new ArrayList<String>();
    var present = new HashSet<EndpointName>();
    for (PoolSignals pool : state.pools()) {
      pool.endpoints().forEach(endpoint -> present.add(endpoint.name()));
      pool(pool, inForce, state.nowNanos(), proposals, held);
    }
    ejections.keySet().retainAll(present);
    ejections.values().removeIf(ejection -> state.nowNanos() - ejection.untilNanos > FORGIVE_NANOS);
    return new Outcome(proposals, held);
  }

  /**
   * Whoever is out at the start may have been ejected by errors, which no probe sees, so it stays
   * out for as long as at a first ejection.
   */
  private void takeUp(FleetState state, Decisions inForce) {
    for (PoolSignals pool : state.pools()) {
      for (EndpointSignals endpoint : pool.endpoints()) {
        EndpointName name = endpoint.name();
        if (inForce.endpoint(pool.name(), name.id()).health() == Health.UNHEALTHY) {
          eject(name, state.nowNanos());
        }
      }
    }
  }

  private void pool(
      PoolSignals pool,
      Decisions inForce,
      long nowNanos,
      List<Proposal> proposals,
      List<String> held) {
    int considered = 0;
    int out = 0;
    var failing = new ArrayList<Failing>();
    for (EndpointSignals endpoint : pool.endpoints()) {
      switch (inForce.endpoint(pool.name(), endpoint.name().id()).health()) {
        case DRAINING -> {}
        case HEALTHY -> {
          considered++;
          if (fails(endpoint)) {
            failing.add(new Failing(endpoint, false, probeReason(endpoint)));
          } else if (errs(endpoint)) {
            failing.add(new Failing(endpoint, true, errorReason(endpoint)));
          }
        }
        case UNHEALTHY -> {
          considered++;
          if (recovered(endpoint, nowNanos)) {
            proposals.add(
                change(
                    endpoint,
                    Health.UNHEALTHY,
                    Health.HEALTHY,
                    endpoint.probes().consecutiveSuccesses() + " good probes in a row"));
          } else {
            out++;
          }
        }
      }
    }
    if (failing.size() == considered && considered > 1) {
      held.add(pool.name() + ": every endpoint fails; none is taken out");
      return;
    }
    // Epsilon: a share of 0.3 of ten endpoints is three of them.
    int most = (int) Math.floor(settings.maxUnhealthyShare() * considered + 1e-9);
    failing.sort(
        Comparator.<Failing>comparingInt(one -> one.endpoint.probes().consecutiveFailures())
            .thenComparingDouble(one -> one.endpoint.failures().failures())
            .reversed()
            .thenComparing(one -> one.endpoint.name()));
    for (Failing one : failing) {
      if (out >= most) {
        held.add(
            "%s: %s, but %d of %d endpoints are out already"
                .formatted(one.endpoint.name(), one.reason, out, considered));
        continue;
      }
      out++;
      if (one.byErrors) {
        eject(one.endpoint.name(), nowNanos);
      }
      proposals.add(change(one.endpoint, Health.HEALTHY, Health.UNHEALTHY, one.reason));
    }
  }

  private boolean fails(EndpointSignals endpoint) {
    return endpoint.probes().fresh()
        && endpoint.probes().consecutiveFailures() >= settings.unhealthyThreshold();
  }

  private static boolean errs(EndpointSignals endpoint) {
    double failures = endpoint.failures().failures();
    return failures >= MIN_FAILURES && failures >= FAILING_SHARE * endpoint.failures().exchanges();
  }

  private boolean recovered(EndpointSignals endpoint, long nowNanos) {
    Ejection ejection = ejections.get(endpoint.name());
    return endpoint.probes().fresh()
        && endpoint.probes().consecutiveSuccesses() >= settings.healthyThreshold()
        && (ejection == null || !ejection.lasts(nowNanos));
  }

  /** Counts once, however often it is proposed before it is in force. */
  private void eject(EndpointName endpoint, long nowNanos) {
    Ejection last = ejections.get(endpoint);
    if (last != null && last.lasts(nowNanos)) {
      return;
    }
    int count = last == null ? 1 : last.count + 1;
    long length = Math.min(MAX_EJECTION_NANOS, EJECTION_NANOS * Math.min(count, 100));
    ejections.put(endpoint, new Ejection(nowNanos + length, count));
  }

  private static String probeReason(EndpointSignals endpoint) {
    return "%d bad probes in a row, the last: %s"
        .formatted(endpoint.probes().consecutiveFailures(), endpoint.probes().detail());
  }

  private static String errorReason(EndpointSignals endpoint) {
    return String.format(
        ROOT,
        "%.0f of about %.0f exchanges failed lately",
        endpoint.failures().failures(),
        endpoint.failures().exchanges());
  }

  private Proposal change(EndpointSignals endpoint, Health from, Health to, String reason) {
    return new Proposal(name(), new EndpointHealth(endpoint.name(), from, to), reason);
  }
}

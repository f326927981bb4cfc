package dev.warmpath.controlplane.loop;

import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Everything that was observed, as of one moment: what the loops read. Immutable; made anew for
 * each tick by package {@code signals}. Ages are relative to {@code nowNanos}; whatever is older
 * than its source's patience says so itself ({@code fresh}), so that no reader has to know
 * intervals.
 *
 * @param nowNanos the moment, on the monotonic clock
 * @param settled this process has been in time for a while. Else it was paused or starved: what
 *     came meanwhile may be half read, and nothing is to be decided
 * @param routes key statistics by route
 */
public record FleetState(
    long nowNanos,
    boolean settled,
    List<PoolSignals> pools,
    SortedMap<String, RouteSignals> routes) {

  /** An age that says: never seen. */
  public static final long NEVER = Long.MAX_VALUE;

  /** Half-life of an endpoint's failures: about the 10 s of Envoy's outlier detection. */
  public static final long FAILURE_HALF_LIFE_NANOS = 10_000_000_000L;

  public FleetState {
    pools = List.copyOf(pools);
    routes = Collections.unmodifiableSortedMap(new TreeMap<>(routes));
  }

  /** One pool with all of its endpoints, drained ones too. */
  public record PoolSignals(String name, List<EndpointSignals> endpoints) {
    public PoolSignals {
      endpoints = List.copyOf(endpoints);
    }
  }

  /**
   * One endpoint.
   *
   * @param engine what its metrics said last; null: never read
   */
  public record EndpointSignals(
      EndpointName name,
      String address,
      int configuredWeight,
      Probes probes,
      @Nullable EngineReading engine,
      Rate rate,
      Failures failures) {}

  /**
   * Results of probing, as a run: either count is zero.
   *
   * @param fresh a result came within the last few intervals
   * @param detail of the last result, for reasons: {@code connection refused}, {@code status 503}
   */
  public record Probes(
      int consecutiveFailures, int consecutiveSuccesses, boolean fresh, String detail) {
    public static final Probes NONE = new Probes(0, 0, false, "never probed");
  }

  /**
   * An engine's own metrics. Unknown numbers are -1.
   *
   * @param fresh read within the last few intervals
   * @param kvUsage share of the cache in use, 0 to 1
   * @param cacheTokens that the prefix cache holds
   * @param epoch greater after each restart that was seen; when the engine says when it started,
   *     that in Unix seconds, which is the same for every control plane
   */
  public record EngineReading(
      boolean fresh, int running, int waiting, double kvUsage, long cacheTokens, long epoch) {}

  /**
   * How fast an endpoint prefills, as replicas measured it.
   *
   * @param tokensPerSecond 0: never measured
   * @param silentNanos how long it has been missing, after the patience that every signal has; 0:
   *     fresh; {@link #NEVER}: never measured. An idle engine isn't silent: nothing contradicts
   *     what was measured last
   */
  public record Rate(double tokensPerSecond, long silentNanos) {
    public static final Rate NEVER_MEASURED = new Rate(0, NEVER);

    public Rate {
      if (!(tokensPerSecond >= 0) || Double.isInfinite(tokensPerSecond)) {
        throw new IllegalArgumentException(
            "tokensPerSecond: " + tokensPerSecond + " (expected: a finite number from 0)");
      }
    }

    public boolean fresh() {
      return silentNanos == 0;
    }

    public boolean measured() {
      return silentNanos != NEVER;
    }
  }

  /**
   * Exchanges and the endpoint's failures among them, as replicas saw them, each exponentially
   * forgotten with a half-life of {@link FleetState#FAILURE_HALF_LIFE_NANOS}.
   */
  public record Failures(double exchanges, double failures) {
    public static final Failures NONE = new Failures(0, 0);
  }

  /**
   * Shadow evaluation of one route's keys, summed over the replicas and exponentially forgotten.
   *
   * @param keys by the number of {@code warmpath.config.v1.Route.HashKey}
   */
  public record RouteSignals(SortedMap<Integer, KeySignals> keys) {
    public RouteSignals {
      keys = Collections.unmodifiableSortedMap(new TreeMap<>(keys));
    }
  }

  /**
   * One key.
   *
   * @param tokens prompt tokens seen
   * @param hitTokens of those, what a cache behind this key would have held
   * @param imbalance tokens at the busiest shadow endpoint over the mean, from 1; 1 when nothing
   *     was seen
   */
  public record KeySignals(double tokens, double hitTokens, double imbalance) {}
}

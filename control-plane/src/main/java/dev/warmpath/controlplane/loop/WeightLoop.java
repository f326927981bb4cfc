package dev.warmpath.controlplane.loop;

import static java.util.Locale.ROOT;

import dev.warmpath.controlplane.loop.Change.Weights;
import dev.warmpath.controlplane.loop.FleetState.EndpointSignals;
import dev.warmpath.controlplane.loop.FleetState.PoolSignals;
import dev.warmpath.controlplane.snapshot.Decisions;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.random.RandomGenerator;

/**
 * Weights in proportion to measured prefill rates, so that the fallback sends each engine what it
 * can do. A pool's target is computed for all endpoints together:
 *
 * <ul>
 *   <li>measured: proportional to the rate, scaled so that the mean stays the configured mean;
 *   <li>silent: its weight in force, moving to the configured one over {@link #DECAY_NANOS} since
 *       the rate was last known, or since the loop's start;
 *   <li>fewer than {@link #MIN_REPORTERS} measured freshly say nothing about each other: all follow
 *       the last rule. Equal, where the configuration makes no difference.
 * </ul>
 *
 * The target is held within [{@value #MIN_SHARE}, {@value #MAX_SHARE}] × mean. Each push moves all
 * weights by the same fraction of their way to the target: the largest at which none changes by
 * more than the step. So a push stays on the line between two sets that keep the bounds, which are
 * convex, and keeps them too, as long as the weights in force and the configured ones do. Since
 * each push moves keys, and with them cold prefills, it comes only when some weight is off by the
 * deadband, and not before the push interval, lengthened at random by up to {@value #JITTER}, has
 * passed.
 *
 * <p>Configured weights are the operator's: they are what silence leads back to, whatever their
 * range. Weights below a hundred leave the steps little room: they are whole numbers.
 */
public final class WeightLoop implements Loop {

  /** The other bounds are settings. These two and the decay: facts of the field, unmeasured. */
  static final double MIN_SHARE = 0.25;

  static final double MAX_SHARE = 4;

  static final long DECAY_NANOS = 180_000_000_000L;
  static final int MIN_REPORTERS = 2;
  static final double JITTER = 0.1;

  private final LoopSettings settings;
  private final RandomGenerator random;
  private final Blackout blackout;

  /** By pool: the earliest moment of the next push. */
  private final Map<String, Long> nextPushNanos = new HashMap<>();

  /** By pool and endpoint: the weight that was in force when its rate fell silent. */
  private final Map<String, Map<String, Integer>> frozen = new HashMap<>();

  private boolean looked;
  private long firstLookNanos;

  public WeightLoop(LoopSettings settings, RandomGenerator random) {
    this.settings = settings;
    this.random = random;
    this.blackout = new Blackout(settings.blackoutNanos());
  }

  @Override
  public LoopName name() {
    return LoopName.WEIGHT;
  }

  @Override
  public Outcome look(FleetState state, Decisions inForce) {
    if (!looked) {
      looked = true;
      firstLookNanos = state.nowNanos();
    }
    boolean watching = blackout.lasts(state.nowNanos());
    var proposals = new ArrayList<Proposal>();
    var held = new ArrayList<String>();
    var present = new HashSet<String>();
    for (PoolSignals pool : state.pools()) {
      present.add(pool.name());
      nextPushNanos.computeIfAbsent(pool.name(), _ -> pushAfter(state.nowNanos()));
      if (!pool.endpoints().isEmpty()) {
        pool(pool, inForce, state.nowNanos(), watching, proposals, held);
      }
    }
    nextPushNanos.keySet().retainAll(present);
    frozen.keySet().retainAll(present);
    return new Outcome(proposals, held);
  }

  private void pool(
      PoolSignals pool,
      Decisions inForce,
      long nowNanos,
      boolean watching,
      List<Proposal> proposals,
      List<String> held) {
    List<EndpointSignals> endpoints = pool.endpoints();
    int count = endpoints.size();
    var current = new double[count];
    var configured = new double[count];
    for (int i = 0; i < count; i++) {
      EndpointSignals endpoint = endpoints.get(i);
      current[i] = inForce.endpoint(pool.name(), endpoint.name().id()).weight();
      configured[i] = endpoint.configuredWeight();
    }
    Target target = target(pool, current, configured, nowNanos);
    double off = largestChange(current, target.weights);
    if (off == 0) {
      return;
    }
    if (watching) {
      held.add(pool.name() + ": watching since the start");
      return;
    }
    if (off < settings.weightDeadband() && !target.configured) {
      held.add(
          "%s: weights are off by %.0f %% at most, the deadband is %.0f %%"
              .formatted(pool.name(), off * 100, settings.weightDeadband() * 100));
      return;
    }
    long wait = nextPushNanos.getOrDefault(pool.name(), nowNanos) - nowNanos;
    if (wait > 0) {
      held.add(
          String.format(
              ROOT,
              "%s: weights are off by %.0f %%, the next push may come in %.1f s",
              pool.name(),
              off * 100,
              wait / 1e9));
      return;
    }
    double fraction = Math.min(1, settings.weightStep() / off);
    var before = new TreeMap<String, Integer>();
    var after = new TreeMap<String, Integer>();
    for (int i = 0; i < count; i++) {
      String id = endpoints.get(i).name().id();
      before.put(id, (int) current[i]);
      after.put(id, towards(current[i], target.weights[i], fraction));
    }
    if (before.equals(after)) {
      held.add(pool.name() + ": the weights are too small for a step (expected: about 1000)");
      return;
    }
    nextPushNanos.put(pool.name(), pushAfter(nowNanos));
    proposals.add(
        new Proposal(
            name(),
            new Weights(pool.name(), before, after),
            String.format(
                ROOT,
                "%s; the farthest weight was off by %.0f %%, moved %.0f %% of the way",
                target.reason,
                off * 100,
                fraction * 100)));
  }

  /** Where the weights should be, and whether that is exactly what the configuration says. */
  private static final class Target {
    final double[] weights;
    final boolean configured;
    final String reason;

    Target(double[] weights, boolean configured, String reason) {
      this.weights = weights;
      this.configured = configured;
      this.reason = reason;
    }
  }

  private Target target(PoolSignals pool, double[] current, double[] configured, long nowNanos) {
    List<EndpointSignals> endpoints = pool.endpoints();
    int count = endpoints.size();
    int reporters = 0;
    double sum = 0;
    var rates = new StringBuilder();
    for (EndpointSignals endpoint : endpoints) {
      if (endpoint.rate().fresh()) {
        reporters++;
        sum += endpoint.rate().tokensPerSecond();
        rates.append(
            String.format(
                ROOT, " %s=%.0f", endpoint.name().id(), endpoint.rate().tokensPerSecond()));
      }
    }
    boolean enough = reporters >= MIN_REPORTERS;
    double meanRate = enough ? sum / reporters : 1;
    double mean = mean(configured);
    Map<String, Integer> memory = frozen.computeIfAbsent(pool.name(), _ -> new HashMap<>());
    var raw = new double[count];
    boolean allConfigured = true;
    for (int i = 0; i < count; i++) {
      EndpointSignals endpoint = endpoints.get(i);
      String id = endpoint.name().id();
      if (enough && endpoint.rate().fresh()) {
        memory.remove(id);
        raw[i] = mean * endpoint.rate().tokensPerSecond() / meanRate;
        allConfigured = false;
      } else {
        double from = memory.computeIfAbsent(id, frozenAt(current[i]));
        long silent =
            endpoint.rate().measured() ? endpoint.rate().silentNanos() : nowNanos - firstLookNanos;
        double decayed = Math.min(1, (double) silent / DECAY_NANOS);
        raw[i] = from + (configured[i] - from) * decayed;
        allConfigured &= decayed == 1;
      }
    }
    if (allConfigured) {
      return new Target(configured, true, "no measured rates: back to the configured weights");
    }
    return new Target(
        bounded(raw, mean),
        false,
        enough
            ? "prefill tokens per second" + rates + ", " + reporters + " of " + count + " reported"
            : reporters + " of " + count + " endpoints reported a rate: decaying to configured");
  }

  private static Function<String, Integer> frozenAt(double weight) {
    return _ -> (int) weight;
  }

  /** The weights scaled and clamped so that their mean is this and all are within its bounds. */
  private static double[] bounded(double[] raw, double mean) {
    double min = MIN_SHARE * mean;
    double max = MAX_SHARE * mean;
    // The clamped mean grows with the scale; 80 halvings are beyond double precision.
    double low = 0;
    double high = 1;
    while (clampedMean(raw, high, min, max) < mean && high < 1e18) {
      high *= 2;
    }
    for (int i = 0; i < 80; i++) {
      double middle = (low + high) / 2;
      if (clampedMean(raw, middle, min, max) < mean) {
        low = middle;
      } else {
        high = middle;
      }
    }
    var weights = new double[raw.length];
    for (int i = 0; i < raw.length; i++) {
      weights[i] = Math.clamp(raw[i] * high, min, max);
    }
    return weights;
  }

  private static double clampedMean(double[] raw, double scale, double min, double max) {
    double sum = 0;
    for (double weight : raw) {
      sum += Math.clamp(weight * scale, min, max);
    }
    return sum / raw.length;
  }

  private static double mean(double[] weights) {
    double sum = 0;
    for (double weight : weights) {
      sum += weight;
    }
    return sum / weights.length;
  }

  /** The largest relative change that the target asks of a weight. */
  private static double largestChange(double[] current, double[] target) {
    double largest = 0;
    for (int i = 0; i < current.length; i++) {
      // Less than a whole weight is no change.
      if (towards(current[i], target[i], 1) != current[i]) {
        largest = Math.max(largest, Math.abs(target[i] - current[i]) / current[i]);
      }
    }
    return largest;
  }

  /** A whole weight on the way, rounded to where it came from, so that no step is too long. */
  private static int towards(double current, double target, double fraction) {
    double weight = current + (target - current) * fraction;
    // What lacks a billionth to a whole number is that number.
    double whole =
        target > current ? Math.floor(weight + 1e-9 * weight) : Math.ceil(weight - 1e-9 * weight);
    return (int) Math.clamp(whole, 1, Decisions.MAX_WEIGHT);
  }

  private long pushAfter(long nowNanos) {
    double jitter = 1 + JITTER * random.nextDouble();
    return nowNanos + (long) (settings.weightPushIntervalNanos() * jitter);
  }
}

package dev.warmpath.extproc.pick;

import dev.warmpath.extproc.pick.SimulatedPool.Engines;
import dev.warmpath.extproc.pick.SimulatedPool.Request;
import dev.warmpath.extproc.pick.SimulatedPool.Router;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.IntToDoubleFunction;
import org.jspecify.annotations.Nullable;

/** Rules to compare: naive ones, ones that see the exact truth, and ours as production runs it. */
final class Routers {

  private Routers() {}

  static Router random(long seed) {
    Random random = new Random(seed);
    return (_, pool, _) -> random.nextInt(pool.engines.count());
  }

  static Router roundRobin() {
    int[] next = new int[1];
    return (_, pool, _) -> next[0]++ % pool.engines.count();
  }

  static Router leastInFlight(long seed) {
    Random random = new Random(seed);
    return (_, pool, _) -> least(pool.engines.count(), pool::inFlight, _ -> random.nextDouble());
  }

  /** Wait and prefill as they truly will be, no price for load. */
  static Router leastOwnTtft(long seed) {
    Random random = new Random(seed);
    return (request, pool, now) ->
        least(
            pool.engines.count(),
            e -> pool.waitSeconds(e, now) + prefill(request, pool, e),
            _ -> random.nextDouble());
  }

  /**
   * The rule of this package on the exact truth: what belief and estimates are measured against.
   */
  static Router exactRule(long seed) {
    Random random = new Random(seed);
    return new Router() {
      private double sent;
      private double sentAt;

      @Override
      public int route(Request request, SimulatedPool pool, double now) {
        int count = pool.engines.count();
        double window = PoolPicker.UTILISATION_WINDOW_SECONDS;
        sent *= Math.exp(-(now - sentAt) / window);
        sentAt = now;
        double utilisation = Math.min(PoolPicker.MAX_UTILISATION, sent / window / count);
        int engine =
            least(
                count,
                e -> pool.waitSeconds(e, now) + prefill(request, pool, e) / (1 - utilisation),
                e -> pool.inFlight(e) + random.nextDouble());
        sent += prefill(request, pool, engine);
        return engine;
      }
    };
  }

  private static double prefill(Request request, SimulatedPool pool, int engine) {
    return (request.promptTokens() - pool.heldTokens(request, engine))
        / pool.engines.tokensPerSecond();
  }

  private static int least(int count, IntToDoubleFunction cost, IntToDoubleFunction tie) {
    int best = 0;
    double bestCost = Double.POSITIVE_INFINITY;
    double bestTie = 0;
    for (int i = 0; i < count; i++) {
      double itsCost = cost.applyAsDouble(i);
      double itsTie = tie.applyAsDouble(i);
      if (itsCost < bestCost || (itsCost == bestCost && itsTie < bestTie)) {
        best = i;
        bestCost = itsCost;
        bestTie = itsTie;
      }
    }
    return best;
  }

  /** A {@link PoolPicker}, told only what a data path sees. */
  static final class Ours implements Router {

    final PoolPicker picker;
    private final Engines engines;
    private final long seed;
    private final PrefixBlocks prefix = new PrefixBlocks();
    private final Pick pick = new Pick();
    private final List<@Nullable Plan> plans = new ArrayList<>();
    private final List<Request> requests = new ArrayList<>();

    Ours(Engines engines, long seed) {
      this(
          engines,
          seed,
          new PickSettings(
              engines.tokensPerSecond(),
              (long) engines.cacheBlocks() * engines.blockTokens(),
              65_536,
              2,
              PickSettings.Ejection.DEFAULTS));
    }

    Ours(Engines engines, long seed, PickSettings settings) {
      this.engines = engines;
      this.seed = seed;
      picker = new PoolPicker(settings);
      List<EndpointState> view = new ArrayList<>();
      for (int i = 0; i < engines.count(); i++) {
        view.add(EndpointState.of(address(i)));
      }
      picker.endpoints(view, 0);
    }

    static String address(int engine) {
      return "10.0.0." + (engine + 1) + ":8000";
    }

    @Override
    public int route(Request request, SimulatedPool pool, double now) {
      fill(prefix, request, engines, seed);
      Plan plan = picker.dispatch(prefix, nanos(now), pick);
      plans.add(plan);
      requests.add(request);
      String first = pick.address(0);
      return Integer.parseInt(first.substring(7, first.indexOf(':'))) - 1;
    }

    static void fill(PrefixBlocks prefix, Request request, Engines engines, long seed) {
      prefix.clear();
      for (int b = 0; b < request.blocks().length; b++) {
        prefix.add(request.blocks()[b], engines.tokensUpTo(request, b + 1));
      }
      // All conversations of the trace share block 0.
      long key = request.blocks()[Math.min(1, request.blocks().length - 1)];
      prefix.promptTokens(request.promptTokens()).tieKey(key * 31 + seed);
    }

    @Override
    public void firstByte(int index, int engine, double ttft, int readTokens, double now) {
      Plan plan = plans.get(index);
      if (plan != null) {
        picker.firstByte(plan, address(engine), nanos(ttft), nanos(now));
        picker.usage(plan, readTokens, requests.get(index).promptTokens());
      }
    }

    @Override
    public void end(int index, double now) {
      Plan plan = plans.set(index, null);
      if (plan != null) {
        picker.end(plan, Outcome.SERVED, nanos(now));
      }
    }

    static long nanos(double seconds) {
      return (long) (seconds * 1e9);
    }
  }
}

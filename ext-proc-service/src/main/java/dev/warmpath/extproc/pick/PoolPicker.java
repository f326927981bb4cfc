package dev.warmpath.extproc.pick;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Chooses the endpoints of one pool for each request, and keeps what that takes: per endpoint a
 * {@link Belief}, the load, a prefill rate and failures.
 *
 * <p>The rule: {@code cost = wait + prefill / (1 - utilisation)}, least first. {@code wait} is the
 * seconds until the endpoint begins with this prompt, {@code prefill} the seconds for the tokens
 * that it is not believed to hold. A second of work delays those who come after by {@code
 * utilisation / (1 - utilisation)} seconds in all (M/G/1), so affinity grows with load and an idle
 * pool optimises latency; nothing is to be tuned. Costs within {@value Rule#TIE_SECONDS} s or
 * {@value #TIE_SHARE} of the least count as equal: then the fewest requests in flight, then the
 * rendezvous order of the prompt's tie key, on which replicas that don't know each other agree.
 *
 * <p>Listed are healthy endpoints of the view that are not ejected; if all healthy ones are
 * ejected, those; never another. An endpoint whose ejection is over gets one trial request.
 *
 * <p>A plan's life: {@link #dispatch} takes (in flight, pending tokens, belief at the first
 * listed), {@link #firstByte}, {@link #usage}, {@link #attemptFailed} and {@link #end} correct and
 * give back. Each may come late, twice, in any order or never; what a plan took is given back
 * exactly once, at its end at the latest. Whoever dispatches must end.
 *
 * <p>Thread-safe: every method takes this object's monitor, none calls out or blocks under it, so
 * it is a leaf in any lock order. No clock: time comes in as {@code nowNanos}, from {@code
 * System.nanoTime} or any other source with its meaning, and may differ a little between threads.
 * Memory: endpoints × {@link PickSettings#maxBelievedBlocks} × {@value Belief#MAX_BYTES_PER_BLOCK}
 * bytes, 12 bytes per block of open plans, and {@value PlacementQueue#MAX_BLOCKS} blocks of
 * placements.
 */
public final class PoolPicker {

  /** Window of the utilisation; routing.md's evidence has 60 s. */
  static final double UTILISATION_WINDOW_SECONDS = 60;

  /** The utilisation is never taken to be more: bounds the price of a prefill second at 20. */
  static final double MAX_UTILISATION = 0.95;

  private static final double NANOS = 1e9;

  /** No plan is given more than a day. */
  private static final double MAX_DEADLINE_NANOS = 86_400e9;

  /** Utilisation below this is not worth telling. */
  private static final double NO_UTILISATION = 1e-4;

  /** The utilisation's mean is over at least this share of its window. Guess, unmeasured. */
  private static final double SHORTEST_WINDOW = 1.0 / 6;

  /** Of what a first byte is later than usual, this share becomes usual. Guess, unmeasured. */
  private static final double USUAL_SHARE = 0.001;

  private static final double MAX_USUALLY_LATE_SECONDS = 1;

  /** Weight of the newest request in the mean of uncached tokens. Guess, unmeasured. */
  private static final double MEAN_SHARE = 0.02;

  /**
   * What the engine read may differ from the belief by this much without telling anything: engines
   * count whole blocks of their own size, tokens are estimated. Guess, unmeasured.
   */
  private static final int USAGE_SLACK_TOKENS = 256;

  private static final double USAGE_SLACK_SHARE = 0.1;

  private final PickSettings settings;

  // All guarded by this.
  private final Map<String, PoolEndpoint> byAddress = new HashMap<>();
  private PoolEndpoint[] endpoints = new PoolEndpoint[0];
  private final PeerLoads peers = new PeerLoads();
  private final PlacementQueue placements = new PlacementQueue();
  private final Rule rule;
  private double meanUncachedTokens;
  private double usuallyLateSeconds;
  private boolean everSent;
  private long firstSentNanos;
  private boolean everAstray;
  private long astrayUntilNanos;

  private long ejections;
  private long overdue;
  private long servedElsewhere;

  /** A picker without endpoints. */
  public PoolPicker(PickSettings settings) {
    this.settings = settings;
    this.rule = new Rule(settings.listedEndpoints());
  }

  // What there is to choose from.

  /**
   * Takes the pool's endpoints, all of them. One that was not there before begins empty; one that
   * is no longer named is forgotten, and plans that are there end without effect. A changed engine
   * epoch empties its belief.
   *
   * @throws IllegalArgumentException two have the same address
   */
  public synchronized void endpoints(List<EndpointState> view, long nowNanos) {
    Map<String, PoolEndpoint> kept = new HashMap<>();
    PoolEndpoint[] next = new PoolEndpoint[view.size()];
    for (int i = 0; i < next.length; i++) {
      EndpointState state = view.get(i);
      PoolEndpoint known = byAddress.get(state.address());
      next[i] =
          known != null && known.view.id().equals(state.id())
              ? known
              : new PoolEndpoint(state, settings, nowNanos);
      if (kept.put(state.address(), next[i]) != null) {
        throw new IllegalArgumentException(
            "endpoint " + state.address() + " (expected: one of this address)");
      }
    }
    for (int i = 0; i < next.length; i++) {
      next[i].view(view.get(i), nowNanos);
      if (everAstray) {
        next[i].outcomesAstrayUntil(astrayUntilNanos);
      }
    }
    byAddress.clear();
    byAddress.putAll(kept);
    endpoints = next;
    rule.among(next);
    peers.sumInto(byAddress);
  }

  // Choosing.

  /** Decides, and changes nothing: for explanations and for measuring. */
  public synchronized Pick.Result pick(PrefixBlocks prefix, long nowNanos, Pick out) {
    choose(prefix, nowNanos, out);
    return out.result;
  }

  /**
   * Decides, and takes for the first listed what the request will cost it.
   *
   * @param out the endpoints to list, or why there are none
   * @return the plan, which its owner must {@link #end}; null if there is no endpoint
   */
  public synchronized @Nullable Plan dispatch(PrefixBlocks prefix, long nowNanos, Pick out) {
    int first = choose(prefix, nowNanos, out);
    if (first < 0) {
      return null;
    }
    PoolEndpoint endpoint = endpoints[first];
    Plan plan = plan(prefix, nowNanos);
    plan.heldBlocks = rule.heldBlocks(first);
    plan.heldTokens = out.heldTokens;
    plan.heldInHope = endpoint.restsOnHope(plan);
    double toldSeconds = rule.queueSeconds(first) + out.prefillSeconds + usuallyLateSeconds;
    plan.expectedNanos = nowNanos + (long) (toldSeconds * NANOS);
    plan.deadlineNanos = nowNanos + deadlineNanos(out.waitSeconds + out.prefillSeconds);
    if (endpoint.onTrial() && endpoint.trial == null) {
      endpoint.trial = plan;
    }
    endpoint.send(plan, out.prefillSeconds, UTILISATION_WINDOW_SECONDS, nowNanos);
    endpoint.belief.place(plan.blocks, plan.tokensUpTo, plan.blocks.length);
    int uncached = plan.uncachedTokens();
    if (!everSent) {
      everSent = true;
      firstSentNanos = nowNanos;
      meanUncachedTokens = uncached;
    }
    meanUncachedTokens += MEAN_SHARE * (uncached - meanUncachedTokens);
    return plan;
  }

  /**
   * A plan for a request that somebody else places, as in forecast mode: it takes nothing until
   * {@link #firstByte} tells where it went. Its owner must {@link #end} it.
   */
  public synchronized Plan observe(PrefixBlocks prefix, long nowNanos) {
    return plan(prefix, nowNanos);
  }

  // The life of a plan.

  /**
   * A plan's first byte has come. To be told at once: an endpoint whose first bytes don't come
   * counts as late, and attracts less.
   *
   * @param servedAddress {@code ip:port} that served; empty: unknown, taken to be as planned
   * @param nanosSincePlan from the plan to the first byte; 0: unknown, taken to be now
   */
  public synchronized void firstByte(
      Plan plan, String servedAddress, long nanosSincePlan, long nowNanos) {
    if (plan.firstByteSeen) {
      return;
    }
    plan.firstByteSeen = true;
    PoolEndpoint planned = plan.endpoint;
    PoolEndpoint served = servedAddress.isEmpty() ? planned : byAddress.get(servedAddress);
    if (planned != null && served != planned && !planned.address.equals(servedAddress)) {
      servedElsewhere++;
      takeBack(plan, planned, nowNanos);
    } else if (planned != null) {
      served = planned;
      long at =
          nanosSincePlan <= 0
              ? nowNanos
              : Math.min(nowNanos, plan.dispatchedNanos + nanosSincePlan);
      learnLateness(plan, planned, at);
      planned.prefilled(plan, at);
      if (!plan.overdue) {
        planned.answered(plan, nowNanos);
      }
    }
    if (served == null) {
      return;
    }
    if (served != planned) {
      plan.heldBlocks = served.heldBlocks(plan.blocks);
      plan.heldTokens = plan.heldBlocks == 0 ? 0 : plan.tokensUpTo[plan.heldBlocks - 1];
      plan.heldInHope = served.restsOnHope(plan);
      plan.endpoint = served;
      if (!plan.ended) {
        served.adopt(plan);
      }
      served.belief.place(plan.blocks, plan.tokensUpTo, plan.blocks.length);
    }
    if (plan.blocks.length > 0) {
      placements.add(
          new Placement(served.address, plan.blocks, plan.tokensUpTo[plan.blocks.length - 1]));
    }
    applyUsage(plan, served);
  }

  /**
   * What the engine says that it read from its cache, of all of the prompt's tokens. -1: unknown,
   * which corrects nothing.
   */
  public synchronized void usage(Plan plan, long readTokens, long inputTokens) {
    if (plan.readTokens >= 0 || readTokens < 0 || inputTokens <= 0 || readTokens > inputTokens) {
      return;
    }
    plan.readTokens = readTokens;
    plan.inputTokens = inputTokens;
    PoolEndpoint served = plan.endpoint;
    if (served != null && (plan.firstByteSeen || plan.ended)) {
      applyUsage(plan, served);
    }
  }

  /**
   * An attempt at an endpoint failed before its first byte, and the request may go on elsewhere.
   *
   * @param address {@code ip:port} of that endpoint
   */
  public synchronized void attemptFailed(Plan plan, String address, long nowNanos) {
    PoolEndpoint planned = plan.endpoint;
    if (planned == null || !planned.address.equals(address)) {
      PoolEndpoint other = byAddress.get(address);
      if (other != null) {
        countFailure(other, plan, nowNanos);
      }
      return;
    }
    countFailure(planned, plan, nowNanos);
    if (!plan.firstByteSeen) {
      takeBack(plan, planned, nowNanos);
    }
  }

  /**
   * Nobody will see a plan's first byte any more, as when the connection to Envoy was lost: it
   * stays in flight until its end, but no longer pending, and can't be overdue.
   */
  public synchronized void unobserved(Plan plan, long nowNanos) {
    PoolEndpoint endpoint = plan.endpoint;
    if (endpoint != null) {
      endpoint.abandoned(plan, nowNanos);
      endpoint.trialOver(plan);
    }
  }

  /**
   * Outcomes go astray: other replicas see a part of them and can't pass them on. Until then a
   * first byte that doesn't come makes no endpoint late, overdue or failed, and a plan that ends
   * without outcome may have been served.
   */
  public synchronized void outcomesAstray(long untilNanos) {
    everAstray = true;
    astrayUntilNanos = untilNanos;
    for (PoolEndpoint endpoint : endpoints) {
      endpoint.outcomesAstrayUntil(untilNanos);
    }
  }

  /** A plan is over: gives back what it still has. */
  public synchronized void end(Plan plan, Outcome outcome, long nowNanos) {
    if (plan.ended) {
      return;
    }
    plan.ended = true;
    PoolEndpoint endpoint = plan.endpoint;
    if (endpoint == null) {
      return;
    }
    switch (outcome) {
      case SERVED -> {
        if (!plan.overdue && !plan.failedAt(endpoint)) {
          endpoint.served();
        }
        applyUsage(plan, endpoint);
      }
      case ENDPOINT_FAILED -> {
        countFailure(endpoint, plan, nowNanos);
        if (!plan.firstByteSeen) {
          endpoint.forget(plan);
        }
      }
      case UNKNOWN -> {
        if (!plan.firstByteSeen && !endpoint.outcomesAstray(nowNanos)) {
          endpoint.forget(plan);
        }
      }
    }
    endpoint.abandoned(plan, nowNanos);
    endpoint.left(plan);
    endpoint.trialOver(plan);
  }

  /**
   * Looks for plans whose first byte is overdue and counts each as one failure of its endpoint. To
   * be called about once a second; takes time proportional to the plans that wait.
   *
   * @return how many became overdue
   */
  public synchronized int overdue(long nowNanos) {
    int found = 0;
    for (PoolEndpoint endpoint : endpoints) {
      Plan next;
      for (Plan plan = endpoint.oldestAwaiting; plan != null; plan = next) {
        next = plan.nextAwaiting;
        if (nowNanos - plan.deadlineNanos > 0) {
          if (endpoint.outcomesAstray(nowNanos)) {
            unobserved(plan, nowNanos);
            continue;
          }
          plan.overdue = true;
          found++;
          countFailure(endpoint, plan, nowNanos);
          endpoint.abandoned(plan, nowNanos);
        }
      }
    }
    overdue += found;
    return found;
  }

  // Peers.

  /**
   * Takes a peer's load, all of it, in place of what it said before. Void when not renewed for five
   * seconds.
   */
  public synchronized void peerLoad(long incarnation, List<EndpointLoad> load, long nowNanos) {
    peers.put(incarnation, load, nowNanos);
    peers.sumInto(byAddress);
  }

  /** A peer is gone, and its load with it. */
  public synchronized void peerGone(long incarnation) {
    if (peers.remove(incarnation)) {
      peers.sumInto(byAddress);
    }
  }

  /**
   * A peer's request was served at an endpoint, which now holds its prefix.
   *
   * @param blocks chain hashes, first to last; the caller bounds them
   * @param tokens tokens up to the last one's end, taken to be spread evenly
   */
  public synchronized void peerPlacement(String address, long[] blocks, long tokens) {
    PoolEndpoint endpoint = byAddress.get(address);
    if (endpoint == null || blocks.length == 0) {
      return;
    }
    long bounded = Math.clamp(tokens, 0, Integer.MAX_VALUE);
    int[] tokensUpTo = new int[blocks.length];
    for (int i = 0; i < blocks.length; i++) {
      tokensUpTo[i] = (int) (bounded * (i + 1) / blocks.length);
    }
    endpoint.belief.place(blocks, tokensUpTo, blocks.length);
  }

  /** This replica's own load, all of it; endpoints without any are left out. */
  public synchronized List<EndpointLoad> localLoad(long nowNanos) {
    List<EndpointLoad> load = new ArrayList<>(endpoints.length);
    double factor = PoolEndpoint.rateFactor(endpoints);
    for (PoolEndpoint endpoint : endpoints) {
      double pending = endpoint.ownPendingTokens(endpoint.rate(factor), nowNanos);
      double utilisation = endpoint.ownUtilisation(UTILISATION_WINDOW_SECONDS, nowNanos);
      if (endpoint.inFlight > 0 || utilisation > NO_UTILISATION) {
        load.add(
            new EndpointLoad(
                endpoint.address, endpoint.inFlight, Math.round(pending), utilisation));
      }
    }
    return load;
  }

  /**
   * Prompts that endpoints have served since the last call, oldest first. More than {@value
   * PlacementQueue#MAX_PLACEMENTS}, or {@value PlacementQueue#MAX_BLOCKS} blocks, are not kept: the
   * oldest go.
   *
   * @param maxBlocks of together so many blocks at most, unless one placement alone has more; the
   *     others wait for the next call
   */
  public synchronized List<Placement> drainPlacements(int maxBlocks) {
    return placements.drain(maxBlocks);
  }

  /** What endpoints prefilled since the last call; those that did not are left out. */
  public synchronized List<Prefill> drainPrefills() {
    List<Prefill> prefills = new ArrayList<>(endpoints.length);
    for (PoolEndpoint endpoint : endpoints) {
      Prefill prefill = endpoint.drainPrefill();
      if (prefill != null) {
        prefills.add(prefill);
      }
    }
    return prefills;
  }

  /** Counts, and what is known of each endpoint. */
  public synchronized PoolStats stats(long nowNanos) {
    List<EndpointStats> each = new ArrayList<>(endpoints.length);
    double factor = PoolEndpoint.rateFactor(endpoints);
    for (PoolEndpoint endpoint : endpoints) {
      each.add(endpoint.stats(factor));
    }
    return new PoolStats(
        List.copyOf(each),
        utilisation(nowNanos),
        ejections,
        overdue,
        servedElsewhere,
        placements.dropped());
  }

  // Inside.

  private int choose(PrefixBlocks prefix, long nowNanos, Pick out) {
    if (peers.expire(nowNanos)) {
      peers.sumInto(byAddress);
    }
    return rule.choose(prefix, utilisation(nowNanos), meanUncachedTokens, nowNanos, out);
  }

  /**
   * The pool's utilisation: prefill seconds sent per second and healthy endpoint. Until a window
   * has passed since the first request, the mean is over that time, not over an empty window.
   */
  private double utilisation(long nowNanos) {
    double sum = 0;
    int healthy = 0;
    for (PoolEndpoint endpoint : endpoints) {
      if (endpoint.isHealthy()) {
        sum += endpoint.utilisation(UTILISATION_WINDOW_SECONDS, nowNanos);
        healthy++;
      }
    }
    if (healthy == 0 || !everSent) {
      return 0;
    }
    double windows =
        Math.max((nowNanos - firstSentNanos) / NANOS / UTILISATION_WINDOW_SECONDS, SHORTEST_WINDOW);
    return Math.clamp(sum / healthy / -Math.expm1(-windows), 0, MAX_UTILISATION);
  }

  /**
   * How late a first byte is, against what is usual: the least that is seen, which rises slowly so
   * that a network that has become slower is no engine's fault for long.
   */
  private void learnLateness(Plan plan, PoolEndpoint planned, long firstByteNanos) {
    if (!plan.awaiting) {
      return;
    }
    double usual = usuallyLateSeconds;
    // What was usual at its dispatch is still in its expectation, but for what has changed since.
    double late = (firstByteNanos - plan.expectedNanos) / NANOS + usual;
    usuallyLateSeconds =
        late < usual
            ? Math.max(0, late)
            : usual + Math.min(late - usual, MAX_USUALLY_LATE_SECONDS) * USUAL_SHARE;
    planned.late(late, usual, firstByteNanos);
  }

  private static Plan plan(PrefixBlocks prefix, long nowNanos) {
    int count = prefix.count();
    return new Plan(
        Arrays.copyOf(prefix.blockArray(), count),
        Arrays.copyOf(prefix.tokensUpToArray(), count),
        prefix.promptTokens(),
        nowNanos);
  }

  private long deadlineNanos(double expectedSeconds) {
    PickSettings.Ejection ejection = settings.ejection();
    double late = ejection.overdueFactor() * expectedSeconds * NANOS;
    return Math.max(ejection.overdueFloorNanos(), (long) Math.min(late, MAX_DEADLINE_NANOS));
  }

  /**
   * The planned endpoint did not serve it after all: gives back, and forgets what it would hold.
   */
  private static void takeBack(Plan plan, PoolEndpoint planned, long nowNanos) {
    planned.forget(plan);
    planned.abandoned(plan, nowNanos);
    planned.left(plan);
    planned.trialOver(plan);
    plan.endpoint = null;
  }

  /** Counts a plan's failure at an endpoint, once. */
  private void countFailure(PoolEndpoint endpoint, Plan plan, long nowNanos) {
    if (plan.noteFailure(endpoint) && endpoint.fail(plan, nowNanos)) {
      ejections++;
    }
  }

  /** Corrects belief and rate by what the engine said, once. */
  private static void applyUsage(Plan plan, PoolEndpoint served) {
    if (plan.usageApplied || plan.readTokens < 0) {
      return;
    }
    plan.usageApplied = true;
    double read = plan.promptTokens * (double) plan.readTokens / plan.inputTokens;
    double difference = read - plan.heldTokens;
    double slack = USAGE_SLACK_TOKENS + USAGE_SLACK_SHARE * plan.promptTokens;
    if (plan.learnedRate) {
      served.correctSeen(-difference);
    }
    boolean rootRead = plan.tokensUpTo.length > 0 && read >= plan.tokensUpTo[0];
    if (rootRead) {
      served.rootFound();
    }
    if (difference > slack) {
      served.surprised();
    } else if (difference < -slack && !plan.heldInHope) {
      if (rootRead) {
        served.disappointed();
      } else if (served.rootMissing()) {
        // The root is the youngest of all that a cache holds: where it is gone, all is.
        served.rootFound();
        served.belief.clear();
        served.belief.place(plan.blocks, plan.tokensUpTo, plan.blocks.length);
      }
    }
  }
}

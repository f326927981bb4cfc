package dev.warmpath.extproc.pick;

import org.jspecify.annotations.Nullable;

/**
 * What a picker knows of one endpoint: its view, belief, load and failures. Owned by a {@link
 * PoolPicker}, touched only under its lock.
 *
 * <p>The engine is taken to prefill in order of arrival. Its wait is what is pending, less what it
 * must have done of the oldest since that one's turn came, plus what first bytes are late.
 */
final class PoolEndpoint {

  /** Weight of the rate expected against the one seen, in seconds of prefill. Guess, unmeasured. */
  private static final double PRIOR_SECONDS = 5;

  /** Seconds of prefill over which what was seen loses its weight. Guess, unmeasured. */
  private static final double SEEN_SECONDS = 30;

  /**
   * Fewer tokens teach nothing about the rate: the network and the first output token take as long
   * as their prefill.
   */
  private static final int LEAST_SEEN_TOKENS = 1024;

  /** Seconds of prefill from which a rate seen is worth telling others. Guess, unmeasured. */
  private static final double LEAST_TOLD_SECONDS = 0.5;

  /** A rate seen is believed within this factor of the one told. Guess, unmeasured. */
  private static final double MAX_RATE_FACTOR = 8;

  /**
   * Capacity learned from usage: falls by 3 % when an engine read less than believed, rises by 1 %
   * when more, so that it settles where one disappointment meets three surprises. Guess,
   * unmeasured.
   */
  private static final double CAPACITY_FALL = 0.97;

  /** Prompts in a row that find no root, after which a cache is taken for empty. Guess. */
  private static final int ROOTS_MISSING = 3;

  private static final double CAPACITY_RISE = 1.01;
  private static final double MIN_CAPACITY_FACTOR = 1.0 / 16;
  private static final double MAX_CAPACITY_FACTOR_UNTOLD = 4;

  /** Weight of the newest first byte in the mean of lateness. Guess, unmeasured. */
  private static final double LATE_SHARE = 0.2;

  /** Lateness this small is noise. Guess, unmeasured. */
  private static final double LATE_FLOOR_SECONDS = 0.05;

  /** Seconds in which lateness that isn't seen again is forgotten, to 1/e. Guess, unmeasured. */
  private static final double LATE_MEMORY_SECONDS = 5;

  /** Ejections in a row that still lengthen the next. */
  private static final int MAX_EJECTION_MULTIPLE = 10;

  private static final double NANOS = 1e9;

  final String address;
  final long idHash;
  final Belief belief;
  EndpointState view;
  private final PickSettings settings;

  /** Until then first bytes that don't come are no sign of anything. */
  private long astrayUntilNanos;

  private double capacityFactor = 1;
  private int rootsMissing;

  // Own load.
  int inFlight;
  long pendingTokens;
  int awaitingCount;
  @Nullable Plan oldestAwaiting;
  @Nullable Plan youngestAwaiting;
  private long turnBeganNanos;

  /** From when on the oldest's time counts as prefill, for the rate. */
  private long seenFromNanos;

  /** Most that awaited since the view before last: what a scrape in between may have counted. */
  private int peakAwaiting;

  private int peakAwaitingBefore;

  // Prefill seconds sent, decaying over the utilisation's window.
  private double sentSeconds;
  private long sentNanos;

  // What peers have here.
  int peerInFlight;
  long peerPendingTokens;
  double peerUtilisation;

  // Requests that the endpoint reports to wait and nobody of us sent.
  private int strangersWaiting;
  private long strangersNanos;

  // Prefill seen: tokens, and the seconds that they took, decaying together.
  private double seenTokens;
  private double seenSeconds;

  /** Tokens prefilled since peers were last told; below 0 while usage has taken back more. */
  private double untoldTokens;

  // How much later than expected first bytes come, beyond what is usual in the pool.
  private double lateSeconds;
  private long lateNanos;

  // Failures.
  int failuresInRow;
  private int ejectionsInRow;
  private boolean ejected;
  private long ejectedUntilNanos;
  private long returnedNanos;
  private long lastEjectionNanos;
  @Nullable Plan trial;

  PoolEndpoint(EndpointState view, PickSettings settings, long nowNanos) {
    this.address = view.address();
    this.idHash = hash(view.id());
    this.view = view;
    this.settings = settings;
    this.belief = new Belief(capacityTokens(), settings.maxBelievedBlocks());
    this.sentNanos = nowNanos;
    this.astrayUntilNanos = nowNanos;
    this.turnBeganNanos = nowNanos;
    this.seenFromNanos = nowNanos;
    this.lateNanos = nowNanos;
    view(view, nowNanos);
  }

  /** See {@link PoolPicker#outcomesAstray}. */
  void outcomesAstrayUntil(long untilNanos) {
    astrayUntilNanos = untilNanos;
  }

  boolean outcomesAstray(long nowNanos) {
    return nowNanos - astrayUntilNanos < 0;
  }

  /** Takes a newer view of the same endpoint. */
  void view(EndpointState newer, long nowNanos) {
    if (newer.engineEpoch() != view.engineEpoch()
        && newer.engineEpoch() != 0
        && view.engineEpoch() != 0) {
      belief.clear();
    }
    view = newer;
    applyCapacity();
    int known = Math.max(peakAwaiting, peakAwaitingBefore) + peerInFlight;
    strangersWaiting = Math.max(0, newer.requestsWaiting() - known);
    strangersNanos = nowNanos;
    peakAwaitingBefore = peakAwaiting;
    peakAwaiting = awaitingCount;
  }

  // Rate and wait.

  /** Tokens that it is told to prefill in a second. */
  private double toldRate() {
    return view.prefillTokensPerSecond() > 0
        ? view.prefillTokensPerSecond()
        : settings.prefillTokensPerSecond();
  }

  /**
   * How much faster than told a pool's endpoints are, all together. What one of them has not shown
   * yet is expected of it as of the others: an endpoint known to be slower than told must not lose
   * to one that only has not been tried.
   */
  static double rateFactor(PoolEndpoint[] endpoints) {
    double seen = 0;
    double told = 0;
    for (PoolEndpoint endpoint : endpoints) {
      seen += endpoint.seenTokens;
      told += endpoint.seenSeconds * endpoint.toldRate();
    }
    double prior = PRIOR_SECONDS * (endpoints.length == 0 ? 1 : endpoints[0].toldRate());
    return Math.clamp((seen + prior) / (told + prior), 1 / MAX_RATE_FACTOR, MAX_RATE_FACTOR);
  }

  /**
   * Tokens that it prefills in a second.
   *
   * @param factor the pool's {@link #rateFactor}
   */
  double rate(double factor) {
    double told = toldRate();
    double rate = (seenTokens + PRIOR_SECONDS * told * factor) / (seenSeconds + PRIOR_SECONDS);
    return Math.clamp(rate, told / MAX_RATE_FACTOR, told * MAX_RATE_FACTOR);
  }

  /**
   * Seconds until it begins with a request sent now, if it works as told.
   *
   * @param strangerTokens tokens that a request which nobody of us sent is taken to have
   */
  double queueSeconds(double rate, double strangerTokens, long nowNanos) {
    double tokens = ownPendingTokens(rate, nowNanos) + peerPendingTokens;
    if (strangersWaiting > 0) {
      double doneSince = rate * (nowNanos - strangersNanos) / NANOS;
      tokens += Math.max(0, strangersWaiting * strangerTokens - doneSince);
    }
    return tokens / rate;
  }

  /**
   * Seconds that first bytes are late here, whatever the reason: too many answers being written at
   * once, a prefill that is slower than thought, an engine that hangs. Pending tokens don't tell
   * any of these. It is what the last ones were late, or what the oldest that waits is late by now.
   */
  double latenessSeconds(long nowNanos) {
    double mean = 0;
    if (lateSeconds > LATE_FLOOR_SECONDS) {
      mean = lateSeconds * Math.exp(-(nowNanos - lateNanos) / NANOS / LATE_MEMORY_SECONDS);
    }
    Plan oldest = oldestAwaiting;
    double now =
        oldest == null || outcomesAstray(nowNanos) ? 0 : (nowNanos - oldest.expectedNanos) / NANOS;
    return Math.max(mean, now > LATE_FLOOR_SECONDS ? now : 0);
  }

  /**
   * A first byte has come.
   *
   * @param seconds later than the queue and its own prefill explain; below 0: earlier
   * @param usualSeconds what is usual in the pool: the network, the first output token
   */
  void late(double seconds, double usualSeconds, long nowNanos) {
    double kept = lateSeconds * Math.exp(-(nowNanos - lateNanos) / NANOS / LATE_MEMORY_SECONDS);
    lateSeconds = kept + LATE_SHARE * (seconds - usualSeconds - kept);
    lateNanos = nowNanos;
  }

  /** Own pending tokens, less what must have been done of the oldest. */
  double ownPendingTokens(double rate, long nowNanos) {
    Plan oldest = oldestAwaiting;
    if (oldest == null) {
      return pendingTokens;
    }
    double done = rate * Math.max(0, nowNanos - turnBeganNanos) / NANOS;
    return pendingTokens - Math.min(done, oldest.pendingTokens);
  }

  int requestsInFlight() {
    return inFlight + peerInFlight;
  }

  /** Seconds of prefill sent per second, own and peers'. */
  double utilisation(double windowSeconds, long nowNanos) {
    return ownUtilisation(windowSeconds, nowNanos) + peerUtilisation;
  }

  double ownUtilisation(double windowSeconds, long nowNanos) {
    double elapsed = Math.max(0, nowNanos - sentNanos) / NANOS;
    return sentSeconds * Math.exp(-elapsed / windowSeconds) / windowSeconds;
  }

  // Load: what a plan takes and gives back.

  /** Takes a plan on: in flight, and awaited. */
  void send(Plan plan, double prefillSeconds, double windowSeconds, long nowNanos) {
    plan.endpoint = this;
    plan.inFlight = true;
    inFlight++;
    plan.pendingTokens = plan.uncachedTokens();
    pendingTokens += plan.pendingTokens;
    plan.awaiting = true;
    plan.previousAwaiting = youngestAwaiting;
    if (youngestAwaiting == null) {
      oldestAwaiting = plan;
      turnBeganNanos = nowNanos;
      seenFromNanos = nowNanos;
    } else {
      youngestAwaiting.nextAwaiting = plan;
    }
    youngestAwaiting = plan;
    awaitingCount++;
    peakAwaiting = Math.max(peakAwaiting, awaitingCount);
    sentSeconds =
        ownUtilisation(windowSeconds, nowNanos) * windowSeconds + Math.max(0, prefillSeconds);
    sentNanos = nowNanos;
  }

  /** Takes a plan on that was served here unplanned: in flight only. */
  void adopt(Plan plan) {
    plan.endpoint = this;
    plan.inFlight = true;
    inFlight++;
  }

  /** Gives back a plan's pending tokens as prefilled, and learns the rate from it. */
  void prefilled(Plan plan, long firstByteNanos) {
    if (!plan.awaiting) {
      return;
    }
    boolean oldest = plan == oldestAwaiting;
    if (plan.pendingTokens >= LEAST_SEEN_TOKENS) {
      double share = pendingTokens / (double) (pendingTokens + peerPendingTokens);
      see(plan.pendingTokens, Math.max(0, firstByteNanos - seenFromNanos) / NANOS * share);
      plan.learnedRate = true;
      seenFromNanos = Math.max(seenFromNanos, firstByteNanos);
    } else if (oldest) {
      seenFromNanos = Math.max(seenFromNanos, firstByteNanos);
    }
    leave(plan, Math.max(turnBeganNanos, firstByteNanos));
  }

  /** Gives back a plan's pending tokens; whether they were prefilled is not known. */
  void abandoned(Plan plan, long nowNanos) {
    if (!plan.awaiting) {
      return;
    }
    boolean oldest = plan == oldestAwaiting;
    if (oldest) {
      seenFromNanos = nowNanos;
    }
    leave(plan, oldest ? nowNanos : turnBeganNanos);
  }

  /** Gives back a plan's place in flight. */
  void left(Plan plan) {
    if (plan.inFlight) {
      plan.inFlight = false;
      inFlight--;
    }
  }

  private void leave(Plan plan, long turnBegins) {
    Plan previous = plan.previousAwaiting;
    Plan next = plan.nextAwaiting;
    if (previous == null) {
      oldestAwaiting = next;
    } else {
      previous.nextAwaiting = next;
    }
    if (next == null) {
      youngestAwaiting = previous;
    } else {
      next.previousAwaiting = previous;
    }
    plan.previousAwaiting = null;
    plan.nextAwaiting = null;
    plan.awaiting = false;
    awaitingCount--;
    pendingTokens -= plan.pendingTokens;
    turnBeganNanos = turnBegins;
  }

  private void see(double tokens, double seconds) {
    double keep = Math.exp(-seconds / SEEN_SECONDS);
    untoldTokens += tokens;
    seenTokens = seenTokens * keep + tokens;
    seenSeconds = seenSeconds * keep + seconds;
  }

  /** Corrects what was seen, once usage has told what the engine really prefilled. */
  void correctSeen(double tokens) {
    if (seenSeconds > 0) {
      untoldTokens += tokens;
      seenTokens = Math.max(0, seenTokens + tokens);
    }
  }

  /** What was prefilled since the last call; null: nothing, or too little to tell a rate. */
  @Nullable Prefill drainPrefill() {
    if (untoldTokens < 1 || seenSeconds < LEAST_TOLD_SECONDS || seenTokens < 1) {
      return null;
    }
    Prefill prefill = new Prefill(address, Math.round(untoldTokens), seenTokens / seenSeconds);
    untoldTokens = 0;
    return prefill;
  }

  // Belief.

  int heldBlocks(long[] chain) {
    return belief.verifiedPrefix(chain, belief.longestPrefix(chain, chain.length));
  }

  /** Forgets what only a plan that did not come to pass would have put here. */
  void forget(Plan plan) {
    belief.truncate(plan.blocks, plan.heldBlocks, plan.blocks.length);
  }

  /**
   * Whether what a plan finds held here is there only because of another that still waits for its
   * first byte. An engine that prefills both at once reads nothing, and isn't to be blamed.
   */
  boolean restsOnHope(Plan plan) {
    int last = plan.heldBlocks - 1;
    if (last < 0) {
      return false;
    }
    for (Plan other = oldestAwaiting; other != null; other = other.nextAwaiting) {
      if (other != plan
          && other.heldBlocks <= last
          && other.blocks.length > last
          && other.blocks[last] == plan.blocks[last]) {
        return true;
      }
    }
    return false;
  }

  private long capacityTokens() {
    long told = view.cacheTokens() > 0 ? view.cacheTokens() : settings.cacheTokens();
    double most = view.cacheTokens() > 0 ? 1 : MAX_CAPACITY_FACTOR_UNTOLD;
    capacityFactor = Math.clamp(capacityFactor, MIN_CAPACITY_FACTOR, most);
    return Math.max(1, (long) (told * capacityFactor));
  }

  private void applyCapacity() {
    long capacity = capacityTokens();
    if (capacity != belief.capacityTokens()) {
      belief.capacityTokens(capacity);
    }
  }

  /**
   * The engine read nothing of a prompt whose root it was believed to hold.
   *
   * @return whether so many in a row found nothing that all is gone: not only what one client's
   *     requests are kept apart by, unknown to us
   */
  boolean rootMissing() {
    rootsMissing++;
    return rootsMissing >= ROOTS_MISSING;
  }

  /** The engine read of a prompt at least its root, or began anew. */
  void rootFound() {
    rootsMissing = 0;
  }

  /** The engine read less than it was believed to hold. */
  void disappointed() {
    capacityFactor *= CAPACITY_FALL;
    applyCapacity();
  }

  /** The engine read more than it was believed to hold. */
  void surprised() {
    capacityFactor *= CAPACITY_RISE;
    applyCapacity();
  }

  // Failures and health.

  boolean isHealthy() {
    return view.health() == EndpointState.Health.HEALTHY;
  }

  /** Whether it is left out, or has its one trial under way. */
  boolean leftOut(long nowNanos) {
    return ejected && (trial != null || nowNanos - ejectedUntilNanos < 0);
  }

  /** Whether the next request here is its trial. */
  boolean onTrial() {
    return ejected;
  }

  /** Counts a failure, and leaves it out if that was one too many. True: it was. */
  boolean fail(Plan plan, long nowNanos) {
    if (plan == trial) {
      trial = null;
      eject(nowNanos);
      return true;
    }
    if (ejected) {
      return false;
    }
    failuresInRow++;
    if (failuresInRow < settings.ejection().afterFailures()) {
      return false;
    }
    eject(nowNanos);
    return true;
  }

  /** A first byte came in time: a trial has passed. */
  void answered(Plan plan, long nowNanos) {
    if (plan == trial) {
      trial = null;
      ejected = false;
      returnedNanos = nowNanos;
    }
  }

  /** A request was served whole. */
  void served() {
    if (!ejected) {
      failuresInRow = 0;
    }
  }

  /** A plan is over; a trial that told nothing leaves the next one to be it. */
  void trialOver(Plan plan) {
    if (plan == trial) {
      trial = null;
    }
  }

  private void eject(long nowNanos) {
    boolean again = ejected || (ejectionsInRow > 0 && nowNanos - returnedNanos < lastEjectionNanos);
    ejectionsInRow = again ? Math.min(ejectionsInRow + 1, MAX_EJECTION_MULTIPLE) : 1;
    lastEjectionNanos = ejectionsInRow * settings.ejection().baseNanos();
    ejectedUntilNanos = nowNanos + lastEjectionNanos;
    ejected = true;
    // One more failure after its return is enough, until it has served a request whole.
    failuresInRow = settings.ejection().afterFailures() - 1;
  }

  EndpointStats stats(double factor) {
    return new EndpointStats(
        address,
        inFlight,
        pendingTokens,
        peerInFlight,
        peerPendingTokens,
        rate(factor),
        belief.blocks(),
        belief.tokens(),
        belief.capacityTokens(),
        belief.evictedBlocks(),
        belief.bytes(),
        failuresInRow,
        ejected);
  }

  /** Where this endpoint stands in the rendezvous order of a key; the highest is first. */
  long rendezvous(long tieKey) {
    return mix(tieKey ^ idHash);
  }

  /** FNV-1a over UTF-16 units, then mixed: equal in every replica, unlike an identity. */
  private static long hash(String id) {
    long hash = 0xCBF29CE484222325L;
    for (int i = 0; i < id.length(); i++) {
      hash = (hash ^ id.charAt(i)) * 0x100000001B3L;
    }
    return mix(hash);
  }

  /** The finalizer of SplitMix64. */
  private static long mix(long value) {
    long mixed = (value ^ (value >>> 30)) * 0xBF58476D1CE4E5B9L;
    mixed = (mixed ^ (mixed >>> 27)) * 0x94D049BB133111EBL;
    return mixed ^ (mixed >>> 31);
  }
}

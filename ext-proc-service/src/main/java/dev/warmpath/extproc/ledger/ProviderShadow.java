package dev.warmpath.extproc.ledger;

import dev.warmpath.extproc.pick.Belief;
import dev.warmpath.extproc.pick.PrefixBlocks;

/**
 * The three caches that a provider's cache scope is compared with. Naive: nothing is annotated by
 * us, so that only what the client itself marked is written and read. Possible: every prefix is
 * there as long as it is used within the lifetime. Lifetimes slide, as at the providers.
 * Thread-safe: a leaf lock.
 */
public final class ProviderShadow {

  private static final long NANOS_PER_SECOND = 1_000_000_000L;

  private final long lifetimeSeconds;

  // All guarded by this.
  private final Belief naive;
  private final Belief planned;
  private final Belief possible;
  private boolean begun;
  private long beganNanos;

  /**
   * Shadows of a cache scope.
   *
   * @param lifetimeSeconds how long the provider keeps what is not used, 300 for the shortest
   * @param maxBlocks blocks that each of the three may hold
   */
  public ProviderShadow(long lifetimeSeconds, int maxBlocks) {
    if (lifetimeSeconds < 1) {
      throw new IllegalArgumentException(
          "lifetimeSeconds: " + lifetimeSeconds + " (expected: >= 1)");
    }
    this.lifetimeSeconds = lifetimeSeconds;
    this.naive = Belief.withLifetime(Long.MAX_VALUE, maxBlocks);
    this.planned = Belief.withLifetime(Long.MAX_VALUE, maxBlocks);
    this.possible = Belief.withLifetime(Long.MAX_VALUE, maxBlocks);
  }

  /**
   * A prompt has come.
   *
   * @param clientMarkedBlocks blocks up to the end of the last one that the client marked; 0: none
   * @param plannedMarkedBlocks the same of the last one that the client or we marked
   */
  public synchronized Shadow arrive(
      PrefixBlocks prefix, int clientMarkedBlocks, int plannedMarkedBlocks, long nowNanos) {
    if (clientMarkedBlocks < 0
        || clientMarkedBlocks > plannedMarkedBlocks
        || plannedMarkedBlocks > prefix.count()) {
      throw new IllegalArgumentException(
          "blocks marked by the client %d, with us %d (expected: 0 to %d, the client's not more)"
              .formatted(clientMarkedBlocks, plannedMarkedBlocks, prefix.count()));
    }
    if (!begun) {
      begun = true;
      beganNanos = nowNanos;
    }
    long seconds = Math.max(0, nowNanos - beganNanos) / NANOS_PER_SECOND;
    naive.expire(seconds, lifetimeSeconds);
    planned.expire(seconds, lifetimeSeconds);
    possible.expire(seconds, lifetimeSeconds);
    int naiveRead = read(naive, prefix, clientMarkedBlocks);
    int plannedRead = read(planned, prefix, plannedMarkedBlocks);
    int possibleRead = read(possible, prefix, prefix.count());
    return new Shadow(
        prefix.promptTokens(),
        naiveRead,
        prefix.tokensUpTo(clientMarkedBlocks) - naiveRead,
        plannedRead,
        prefix.tokensUpTo(plannedMarkedBlocks) - plannedRead,
        possibleRead);
  }

  /** As above, for a prompt in which we would mark nothing. */
  public Shadow arrive(PrefixBlocks prefix, int clientMarkedBlocks, long nowNanos) {
    return arrive(prefix, clientMarkedBlocks, clientMarkedBlocks, nowNanos);
  }

  /** What is read up to a marked block, which is then written. */
  private static int read(Belief cache, PrefixBlocks prefix, int markedBlocks) {
    int read = prefix.tokensUpTo(Math.min(cache.longestPrefix(prefix), markedBlocks));
    cache.place(prefix, markedBlocks);
    return read;
  }
}

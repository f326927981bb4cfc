package dev.warmpath.extproc.ledger;

import dev.warmpath.extproc.pick.Belief;
import dev.warmpath.extproc.pick.PrefixBlocks;

/**
 * The two caches that a provider's cache scope is compared with. Naive: nothing is annotated by us,
 * so that only what the client itself marked is written and read. Possible: every prefix is there
 * as long as it is used within the lifetime. Lifetimes slide, as at the providers. Thread-safe: a
 * leaf lock.
 */
public final class ProviderShadow {

  private static final long NANOS_PER_SECOND = 1_000_000_000L;

  private final long lifetimeSeconds;

  // All guarded by this.
  private final Belief naive;
  private final Belief possible;
  private boolean begun;
  private long beganNanos;

  /**
   * Shadows of a cache scope.
   *
   * @param lifetimeSeconds how long the provider keeps what is not used, 300 for the shortest
   * @param maxBlocks blocks that each of the two may hold
   */
  public ProviderShadow(long lifetimeSeconds, int maxBlocks) {
    if (lifetimeSeconds < 1) {
      throw new IllegalArgumentException(
          "lifetimeSeconds: " + lifetimeSeconds + " (expected: >= 1)");
    }
    this.lifetimeSeconds = lifetimeSeconds;
    this.naive = Belief.withLifetime(Long.MAX_VALUE, maxBlocks);
    this.possible = Belief.withLifetime(Long.MAX_VALUE, maxBlocks);
  }

  /**
   * A prompt has come.
   *
   * @param clientMarkedBlocks blocks up to the end of the last one that the client marked; 0: none
   */
  public synchronized Shadow arrive(PrefixBlocks prefix, int clientMarkedBlocks, long nowNanos) {
    if (clientMarkedBlocks < 0 || clientMarkedBlocks > prefix.count()) {
      throw new IllegalArgumentException(
          "clientMarkedBlocks: %d (expected: 0 to %d)"
              .formatted(clientMarkedBlocks, prefix.count()));
    }
    if (!begun) {
      begun = true;
      beganNanos = nowNanos;
    }
    long seconds = Math.max(0, nowNanos - beganNanos) / NANOS_PER_SECOND;
    naive.expire(seconds, lifetimeSeconds);
    possible.expire(seconds, lifetimeSeconds);
    int read = prefix.tokensUpTo(Math.min(naive.longestPrefix(prefix), clientMarkedBlocks));
    int written = prefix.tokensUpTo(clientMarkedBlocks) - read;
    naive.place(prefix, clientMarkedBlocks);
    int possibleRead = prefix.tokensUpTo(possible.longestPrefix(prefix));
    possible.place(prefix, prefix.count());
    return new Shadow(prefix.promptTokens(), read, written, possibleRead);
  }
}

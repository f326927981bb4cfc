package dev.warmpath.extproc.pick;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One request on its way to an endpoint: what it took from its pool's picker, so that exactly that
 * is given back, whatever is observed of it and in which order. Opaque; made and changed only by
 * the {@link PoolPicker} that made it, under that picker's lock. It keeps a copy of the prompt's
 * blocks, 12 bytes each, until its owner drops it.
 */
public final class Plan {

  final long[] blocks;
  final int[] tokensUpTo;
  final int promptTokens;
  final long dispatchedNanos;

  /** Where it is: planned, then observed. Null: somewhere unknown. */
  @Nullable PoolEndpoint endpoint;

  /** Blocks and tokens that {@link #endpoint} was believed to hold before this plan. */
  int heldBlocks;

  int heldTokens;

  /** Whether the belief rested on another request that had not been served yet. */
  boolean heldInHope;

  /** When its first byte comes if its endpoint works as told, and when it is overdue. */
  long expectedNanos;

  long deadlineNanos;

  /** In {@link PoolEndpoint}'s list of those that await their first byte. */
  boolean awaiting;

  @Nullable Plan nextAwaiting;
  @Nullable Plan previousAwaiting;

  /** Pending tokens that it took there. */
  int pendingTokens;

  /** Whether it counts as in flight at {@link #endpoint}. */
  boolean inFlight;

  boolean firstByteSeen;
  boolean ended;
  boolean overdue;
  boolean usageApplied;

  /** Whether its pending tokens count in its endpoint's rate. */
  boolean learnedRate;

  /** Usage that came before its endpoint was known; -1: none. */
  long readTokens = -1;

  long inputTokens = -1;

  Plan(long[] blocks, int[] tokensUpTo, int promptTokens, long dispatchedNanos) {
    this.blocks = blocks;
    this.tokensUpTo = tokensUpTo;
    this.promptTokens = promptTokens;
    this.dispatchedNanos = dispatchedNanos;
  }

  /** Endpoints where it failed, each counted once; null: nowhere, which is the rule. */
  private @Nullable List<PoolEndpoint> failedAt;

  int uncachedTokens() {
    return promptTokens - heldTokens;
  }

  boolean failedAt(PoolEndpoint there) {
    return failedAt != null && failedAt.contains(there);
  }

  /** Notes a failure. False: it was known, or is one too many to note. */
  boolean noteFailure(PoolEndpoint there) {
    if (failedAt == null) {
      failedAt = new ArrayList<>(1);
    }
    if (failedAt.contains(there) || failedAt.size() == PickSettings.MAX_LISTED_ENDPOINTS) {
      return false;
    }
    return failedAt.add(there);
  }
}

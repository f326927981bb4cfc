package dev.warmpath.e2e.engine;

import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * One server that prefills prompts in the order of arrival. Times are ideal: the next prefill
 * begins when the last one was due to end, not when a timer got round to it, so that late timers
 * don't add up to a slower engine. Not thread-safe; knows no clock.
 */
final class PrefillQueue {
  /** One prompt on its way to its first token. */
  static final class Job {
    final long[] chain;
    final int promptTokens;
    final long arrivedNanos;
    final Runnable firstToken;
    private int cachedTokens;
    private long startedNanos;
    private long dueNanos;

    /**
     * A new one.
     *
     * @param firstToken to be run by the engine when the prefill has ended
     */
    Job(long[] chain, int promptTokens, long arrivedNanos, Runnable firstToken) {
      this.firstToken = firstToken;
      this.chain = chain;
      this.promptTokens = promptTokens;
      this.arrivedNanos = arrivedNanos;
    }

    /** Known from the start of the prefill. */
    int cachedTokens() {
      return cachedTokens;
    }

    /** When the first token is due. Known from the start of the prefill. */
    long dueNanos() {
      return dueNanos;
    }

    /** How long the prefill takes. Known from its start. */
    long prefillNanos() {
      return dueNanos - startedNanos;
    }
  }

  private final BlockCache cache;
  private final int blockTokens;
  private final ArrayDeque<Job> waiting = new ArrayDeque<>();
  private @Nullable Job current;
  private long freeNanos = Long.MIN_VALUE;

  PrefillQueue(BlockCache cache, int blockTokens) {
    this.cache = cache;
    this.blockTokens = blockTokens;
  }

  void add(Job job) {
    waiting.addLast(job);
  }

  /**
   * Begins the next prefill if nothing is being prefilled: looks up what is cached and says when
   * its first token is due. Null when there is nothing to begin.
   */
  @Nullable Job begin(double nanosPerToken) {
    if (current != null || waiting.isEmpty()) {
      return null;
    }
    Job job = waiting.removeFirst();
    // The last token is always computed: its output is what is asked for.
    int cachable = (job.promptTokens - 1) / blockTokens;
    job.cachedTokens = Math.min(cache.match(job.chain), cachable) * blockTokens;
    job.startedNanos = Math.max(job.arrivedNanos, freeNanos);
    job.dueNanos =
        job.startedNanos + Math.round((job.promptTokens - job.cachedTokens) * nanosPerToken);
    current = job;
    return job;
  }

  /** The prefill that {@link #begin} returned is over: its blocks are cached. */
  void finish(Job job) {
    if (current != job) {
      throw new IllegalStateException("finished another prefill than the one that runs");
    }
    current = null;
    freeNanos = Math.max(freeNanos, job.dueNanos);
    cache.insert(job.chain);
  }

  /** Forgets a job that still waits; one whose prefill runs is prefilled to its end. */
  boolean cancel(Job job) {
    return waiting.remove(job);
  }

  int waiting() {
    return waiting.size();
  }

  /** Work may not begin before this: nothing was done while the engine stood still. */
  void standstillUntil(long nowNanos) {
    freeNanos = Math.max(freeNanos, nowNanos);
  }

  /** Forgets everything, the cache too. */
  void clear() {
    waiting.clear();
    current = null;
    freeNanos = Long.MIN_VALUE;
    cache.clear();
  }
}

package dev.warmpath.controlplane.signals;

import com.google.errorprone.annotations.concurrent.GuardedBy;

/**
 * Whether this process keeps its own time. A beat is due every {@link #BEAT_NANOS}, on the threads
 * that take engines' answers. One that comes more than {@link #BOUND_NANOS} late, or is missing for
 * so long, says that the process was paused, stopped or starved since the beat was due: what it
 * missed meanwhile was missed by itself, and is no word about anybody else.
 *
 * <p>Knows no clock. Thread-safe by one lock. Before the first beat nothing is late.
 */
public final class Punctuality {
  static final long BEAT_NANOS = 100_000_000L;

  /**
   * Half of the shortest time that an engine has for its answer: a shorter pause doesn't make an
   * answer late by itself, and collections of garbage stay far below.
   */
  static final long BOUND_NANOS = 500_000_000L;

  @GuardedBy("this")
  private boolean begun;

  @GuardedBy("this")
  private long dueNanos;

  @GuardedBy("this")
  private boolean everLate;

  /** The end of the last lateness. */
  @GuardedBy("this")
  private long caughtUpNanos;

  /** A beat came; says how late when that is too late, else 0. */
  synchronized long beat(long nowNanos) {
    long lateNanos = overdue(nowNanos) ? nowNanos - dueNanos : 0;
    if (lateNanos > 0) {
      everLate = true;
      caughtUpNanos = nowNanos;
    }
    begun = true;
    dueNanos = nowNanos + BEAT_NANOS;
    return lateNanos;
  }

  /** Whether this process was in time from one moment to another, as far as beats can tell. */
  synchronized boolean keptTime(long fromNanos, long toNanos) {
    return !overdue(toNanos) && !(everLate && caughtUpNanos - fromNanos > 0);
  }

  /** Since when something last seen at a moment has been missing by no fault of this process. */
  synchronized long missingSince(long seenNanos, long nowNanos) {
    if (overdue(nowNanos)) {
      return nowNanos;
    }
    return everLate && caughtUpNanos - seenNanos > 0 ? caughtUpNanos : seenNanos;
  }

  @GuardedBy("this")
  private boolean overdue(long nowNanos) {
    return begun && nowNanos - dueNanos > BOUND_NANOS;
  }
}

package dev.warmpath.extproc.server;

import static java.util.concurrent.TimeUnit.NANOSECONDS;

import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.EventExecutorGroup;
import java.io.Closeable;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/**
 * Notices event loops that no longer run: each loop notes the time in a task of its own, and a
 * thread apart looks whether any of the notes is older than the threshold. Envoy sees a service
 * whose health is off and passes requests on without waiting (a processor that hangs inside while
 * its health still answers would cost each request the whole message timeout).
 *
 * <p>Owns one daemon thread. The listener is called on it, once per change.
 */
final class Watchdog implements Closeable {

  /** Told when the verdict changes. */
  interface Listener {
    void stalled(boolean stalled, long stallNanos);
  }

  private final long thresholdNanos;
  private final LongSupplier clock;
  private final Listener listener;
  private final List<AtomicLong> lastRunNanos = new ArrayList<>();
  private final Thread thread;
  private volatile boolean closed;

  Watchdog(EventExecutorGroup loops, long thresholdNanos, LongSupplier clock, Listener listener) {
    this.thresholdNanos = thresholdNanos;
    this.clock = clock;
    this.listener = listener;
    long periodNanos = thresholdNanos / 4;
    for (EventExecutor loop : loops) {
      AtomicLong lastRun = new AtomicLong(clock.getAsLong());
      lastRunNanos.add(lastRun);
      var _ =
          loop.scheduleAtFixedRate(
              () -> lastRun.set(clock.getAsLong()), 0, periodNanos, NANOSECONDS);
    }
    thread =
        Thread.ofPlatform().name("warmpath-watchdog").daemon().unstarted(() -> run(periodNanos));
  }

  void start() {
    thread.start();
  }

  private void run(long periodNanos) {
    boolean stalled = false;
    while (!closed) {
      long stallNanos = longestStallNanos();
      boolean now = stallNanos > thresholdNanos;
      if (now != stalled) {
        stalled = now;
        listener.stalled(stalled, stallNanos);
      }
      try {
        NANOSECONDS.sleep(periodNanos);
      } catch (InterruptedException _) {
        return;
      }
    }
  }

  /** How long the loop that has been away longest has not run. */
  long longestStallNanos() {
    long now = clock.getAsLong();
    long longest = 0;
    for (AtomicLong lastRun : lastRunNanos) {
      longest = Math.max(longest, now - lastRun.get());
    }
    return longest;
  }

  @Override
  public void close() {
    closed = true;
    thread.interrupt();
  }
}

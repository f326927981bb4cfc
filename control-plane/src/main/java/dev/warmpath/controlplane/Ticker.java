package dev.warmpath.controlplane;

import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Runs a task again and again on an executor, with a period that may change meanwhile. Confined to
 * that executor once the first period is set.
 */
final class Ticker {
  private final ScheduledExecutorService executor;
  private final Runnable task;
  private long periodNanos;
  private @Nullable Future<?> schedule;

  Ticker(ScheduledExecutorService executor, Runnable task) {
    this.executor = executor;
    this.task = task;
  }

  /** Begins at once with this period; goes on as before when it has it already. */
  void every(long nanos) {
    if (schedule != null) {
      if (nanos == periodNanos) {
        return;
      }
      schedule.cancel(false);
    }
    periodNanos = nanos;
    schedule = executor.scheduleAtFixedRate(task, 0, nanos, TimeUnit.NANOSECONDS);
  }
}

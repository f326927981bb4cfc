package dev.warmpath.extproc.fleet;

import static java.util.Objects.requireNonNull;
import static java.util.concurrent.TimeUnit.MILLISECONDS;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.concurrent.AbstractExecutorService;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.Delayed;
import java.util.concurrent.FutureTask;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One thread's worth of work that runs when a test says so, on the test's thread: time passes only
 * by its word. What is handed over by other threads waits in a queue.
 */
final class ManualScheduler extends AbstractExecutorService implements ScheduledExecutorService {
  private static final int PATIENCE_SECONDS = 5;

  private final BlockingQueue<Runnable> tasks = new LinkedBlockingQueue<>();
  private final BlockingQueue<Later> later = new LinkedBlockingQueue<>();
  private @Nullable Runnable periodic;

  /** A task for later. */
  private static final class Later extends FutureTask<Void> implements ScheduledFuture<Void> {
    private final long delayMillis;

    Later(Runnable task, long delayMillis) {
      super(task, null);
      this.delayMillis = delayMillis;
    }

    @Override
    public long getDelay(TimeUnit unit) {
      return unit.convert(delayMillis, MILLISECONDS);
    }

    @Override
    public int compareTo(Delayed other) {
      return Long.compare(delayMillis, other.getDelay(MILLISECONDS));
    }
  }

  /** Runs what was handed over next, waiting for it. */
  void runNext() throws InterruptedException {
    Runnable task = tasks.poll(PATIENCE_SECONDS, SECONDS);
    assertThat(task).as("a task within %d s", PATIENCE_SECONDS).isNotNull();
    task.run();
  }

  /** Lets one period pass. */
  void tick() {
    requireNonNull(periodic, "no periodic task").run();
  }

  /** Lets the one delay pass that is under way; how long it was. */
  long passDelay() {
    assertThat(later).hasSize(1);
    Later task = later.remove();
    task.run();
    return task.delayMillis;
  }

  boolean waitsForNothing() {
    return later.isEmpty();
  }

  @Override
  public void execute(Runnable task) {
    tasks.add(task);
  }

  @Override
  public ScheduledFuture<?> schedule(Runnable task, long delay, TimeUnit unit) {
    var scheduled = new Later(task, unit.toMillis(delay));
    later.add(scheduled);
    return scheduled;
  }

  @Override
  public ScheduledFuture<?> scheduleAtFixedRate(
      Runnable task, long initialDelay, long period, TimeUnit unit) {
    periodic = task;
    return new Later(task, unit.toMillis(period));
  }

  @Override
  public <V> ScheduledFuture<V> schedule(Callable<V> task, long delay, TimeUnit unit) {
    throw new UnsupportedOperationException();
  }

  @Override
  public ScheduledFuture<?> scheduleWithFixedDelay(
      Runnable task, long initialDelay, long delay, TimeUnit unit) {
    throw new UnsupportedOperationException();
  }

  /** What was handed over can still be run, as by a thread that finishes its queue. */
  @Override
  public void shutdown() {}

  @Override
  public List<Runnable> shutdownNow() {
    throw new UnsupportedOperationException();
  }

  @Override
  public boolean isShutdown() {
    return false;
  }

  @Override
  public boolean isTerminated() {
    return false;
  }

  @Override
  public boolean awaitTermination(long timeout, TimeUnit unit) {
    return false;
  }
}

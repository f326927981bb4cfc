package dev.warmpath.controlplane;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class TickerTest {
  private static final long HOUR_NANOS = TimeUnit.HOURS.toNanos(1);

  private final ScheduledThreadPoolExecutor executor = new ScheduledThreadPoolExecutor(1);
  private final Semaphore ticks = new Semaphore(0);
  private final Ticker ticker = new Ticker(executor, ticks::release);

  TickerTest() {
    executor.setRemoveOnCancelPolicy(true);
  }

  @AfterEach
  void stop() {
    executor.shutdownNow();
  }

  /** The interval of the first configuration stayed the period for good. */
  @Test
  void period_madeShorter_actsWhileItRuns() throws InterruptedException {
    ticker.every(HOUR_NANOS);
    assertThat(ticks.tryAcquire(1, 10, TimeUnit.SECONDS)).isTrue();
    ticker.every(1_000_000);
    assertThat(ticks.tryAcquire(3, 10, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void period_changed_leavesOneSchedule() throws Exception {
    ticker.every(HOUR_NANOS - 1);
    assertThat(ticks.tryAcquire(1, 10, TimeUnit.SECONDS)).isTrue();
    ticker.every(HOUR_NANOS);
    assertThat(ticks.tryAcquire(1, 10, TimeUnit.SECONDS)).isTrue();
    // Behind the task that has just run, and is put back only after it.
    executor.submit(() -> {}).get();
    assertThat(executor.getQueue()).hasSize(1);
  }

  @Test
  void period_asItWas_isNotBegunAnew() throws Exception {
    ticker.every(HOUR_NANOS);
    ticker.every(HOUR_NANOS);
    executor.submit(() -> {}).get();
    assertThat(ticks.availablePermits()).isOne();
  }
}

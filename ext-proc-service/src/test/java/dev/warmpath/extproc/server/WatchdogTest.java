package dev.warmpath.extproc.server;

import static java.util.concurrent.TimeUnit.MILLISECONDS;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.util.concurrent.DefaultEventExecutorGroup;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.EventExecutorGroup;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Real loops and the real thread, but a clock that stands still until it is told. */
class WatchdogTest {
  private static final long THRESHOLD_NANOS = MILLISECONDS.toNanos(40);

  private record Verdict(boolean stalled, long stallNanos) {}

  private final AtomicLong nanos = new AtomicLong();

  /** One for each time that the watchdog has begun to look. */
  private final Semaphore looks = new Semaphore(0);

  private final BlockingQueue<Verdict> verdicts = new LinkedBlockingQueue<>();
  private final EventExecutorGroup loops = new DefaultEventExecutorGroup(2);
  private final Watchdog watchdog =
      new Watchdog(
          loops,
          THRESHOLD_NANOS,
          this::now,
          (stalled, stallNanos) -> verdicts.add(new Verdict(stalled, stallNanos)));

  @AfterEach
  void stop() {
    watchdog.close();
    var _ = loops.shutdownGracefully(0, 0, SECONDS);
  }

  private long now() {
    if (Thread.currentThread().getName().equals("warmpath-watchdog")) {
      looks.release();
    }
    return nanos.get();
  }

  @Test
  void loop_awayBeyondTheThreshold_isToldOnceAndOnceWhenItIsBack() throws Exception {
    var blocked = new CountDownLatch(1);
    var release = new CountDownLatch(1);
    EventExecutor loop = loops.iterator().next();
    var _ =
        loop.submit(
            () -> {
              blocked.countDown();
              return release.await(10, SECONDS);
            });
    assertThat(blocked.await(5, SECONDS)).isTrue();
    watchdog.start();

    nanos.set(THRESHOLD_NANOS);
    assertThat(verdictsOfOneLook()).isEmpty();
    nanos.set(THRESHOLD_NANOS + 1);
    assertThat(verdicts.poll(5, SECONDS)).isEqualTo(new Verdict(true, THRESHOLD_NANOS + 1));
    assertThat(verdictsOfOneLook()).isEmpty();

    release.countDown();
    assertThat(verdicts.poll(5, SECONDS)).isEqualTo(new Verdict(false, 0));
    assertThat(verdictsOfOneLook()).isEmpty();
  }

  /** What was told by a look that began and ended after this was called. */
  private BlockingQueue<Verdict> verdictsOfOneLook() throws InterruptedException {
    looks.drainPermits();
    assertThat(looks.tryAcquire(2, 5, SECONDS)).isTrue();
    return verdicts;
  }
}

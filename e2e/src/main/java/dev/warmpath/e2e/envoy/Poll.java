package dev.warmpath.e2e.envoy;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/**
 * Waits for something that another process does and that nobody announces, up to a deadline. Only
 * for real processes; what runs on injected time needs no waiting. Stateless.
 */
public final class Poll {
  private static final long INTERVAL_NANOS = Duration.ofMillis(5).toNanos();

  private Poll() {}

  /**
   * Returns as soon as {@code condition} holds.
   *
   * @param detail says more about the failure; asked only when the deadline has passed
   * @throws IllegalStateException when {@code timeout} has passed or the thread is interrupted
   */
  public static void until(
      String what, Duration timeout, BooleanSupplier condition, Supplier<String> detail) {
    long deadlineNanos = System.nanoTime() + timeout.toNanos();
    while (!condition.getAsBoolean()) {
      if (Thread.currentThread().isInterrupted()) {
        throw new IllegalStateException("interrupted while waiting until " + what);
      }
      if (System.nanoTime() - deadlineNanos >= 0) {
        throw new IllegalStateException(
            "not within %d ms: %s%n%s".formatted(timeout.toMillis(), what, detail.get()));
      }
      LockSupport.parkNanos(INTERVAL_NANOS);
    }
  }

  /** As above, with nothing more to say. */
  public static void until(String what, Duration timeout, BooleanSupplier condition) {
    until(what, timeout, condition, () -> "");
  }
}

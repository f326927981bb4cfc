package dev.warmpath.extproc.server;

import static java.util.concurrent.TimeUnit.SECONDS;

import dev.warmpath.extproc.exchange.Outcome;
import dev.warmpath.extproc.pick.PoolPicker;
import java.util.Collection;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/**
 * Takes outcomes of other replicas' plans to the fleet stream. Without a stream they are lost,
 * there as here: Envoy spreads requests and observations over replicas independently. Pickers are
 * told that, lest a first byte that another replica saw counts as one that never came. Thread-safe.
 */
final class OutcomeRelay implements Consumer<Outcome> {
  /** How long an outcome that could not be passed on tells that others go astray, too. */
  static final long ASTRAY_NANOS = SECONDS.toNanos(30);

  /** Pickers are told again after so long. */
  private static final long TELL_AGAIN_NANOS = SECONDS.toNanos(1);

  private final LongSupplier clock;
  private volatile Consumer<Outcome> target = _ -> {};
  private volatile Collection<PoolPicker> pickers = List.of();
  private volatile boolean connected;
  private volatile boolean told;
  private volatile long toldNanos;

  OutcomeRelay(LongSupplier clock) {
    this.clock = clock;
  }

  /** Where outcomes go while there is a stream. */
  void to(Consumer<Outcome> port) {
    target = port;
  }

  /** Who has to know when outcomes go astray. */
  void tells(Collection<PoolPicker> all) {
    pickers = List.copyOf(all);
  }

  /** The stream was established or lost. */
  void connected(boolean now) {
    connected = now;
    if (now) {
      told = false;
      long nowNanos = clock.getAsLong();
      pickers.forEach(picker -> picker.outcomesAstray(nowNanos));
    }
  }

  boolean connected() {
    return connected;
  }

  @Override
  public void accept(Outcome outcome) {
    target.accept(outcome);
    if (connected) {
      return;
    }
    long nowNanos = clock.getAsLong();
    if (!told || nowNanos - toldNanos > TELL_AGAIN_NANOS) {
      told = true;
      toldNanos = nowNanos;
      pickers.forEach(picker -> picker.outcomesAstray(nowNanos + ASTRAY_NANOS));
    }
  }
}

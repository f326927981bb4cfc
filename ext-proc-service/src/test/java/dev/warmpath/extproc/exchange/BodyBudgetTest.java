package dev.warmpath.extproc.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class BodyBudgetTest {
  private static final long MAX_BYTES = 1_000;
  private static final int MAX_EXCHANGES = 2;

  private final BodyBudget budget = new BodyBudget(MAX_BYTES, MAX_EXCHANGES);

  @Test
  void reserve_upToTheBound_fitsAndNotAByteMore() {
    assertThat(budget.reserve(MAX_BYTES - 1)).isTrue();
    assertThat(budget.reserve(1)).isTrue();
    assertThat(budget.reserve(1)).isFalse();
    assertThat(budget.bytesInFlight()).as("what does not fit leaves no trace").isEqualTo(MAX_BYTES);

    budget.release(1);
    assertThat(budget.reserve(2)).isFalse();
    assertThat(budget.reserve(1)).isTrue();
  }

  @Test
  void openExchange_upToTheBound_opensAndNotOneMore() {
    assertThat(budget.openExchange()).isTrue();
    assertThat(budget.openExchange()).isTrue();
    assertThat(budget.openExchange()).isFalse();
    assertThat(budget.openExchanges()).isEqualTo(MAX_EXCHANGES);

    budget.closeExchange();
    assertThat(budget.openExchange()).isTrue();
    assertThat(budget.openExchange()).isFalse();
  }

  @Test
  void reserve_byManyAtOnce_heldNeverPassesTheBoundAndAllComesBack() {
    var held = new AtomicLong();
    var most = new AtomicLong();
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < 200; i++) {
        long bytes = 1L + i % 300;
        threads.execute(
            () -> {
              for (int round = 0; round < 200; round++) {
                if (budget.reserve(bytes)) {
                  most.accumulateAndGet(held.addAndGet(bytes), Math::max);
                  Thread.onSpinWait();
                  held.addAndGet(-bytes);
                  budget.release(bytes);
                }
              }
            });
      }
    }
    assertThat(most.get()).isBetween(1L, MAX_BYTES);
    assertThat(budget.bytesInFlight()).isZero();
  }
}

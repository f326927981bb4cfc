package dev.warmpath.controlplane.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class RateBoundTest {

  private static final long SECOND = 1_000_000_000L;

  /** A clock's zero may lie anywhere: a second from here it overflows. */
  private static final long START = Long.parseLong("9223372035854775807");

  private final RateBound bound = new RateBound(100, START);

  @Test
  void take_moreThanASecondsWorth_isRefusedWhole() {
    assertThat(bound.take(60, START)).isTrue();
    assertThat(bound.take(60, START)).isFalse();
    assertThat(bound.take(40, START)).isTrue();
    assertThat(bound.take(1, START)).isFalse();
  }

  @Test
  void take_afterAWhile_hasWhatCameInMeanwhileAndNoMoreThanASecondsWorth() {
    assertThat(bound.take(100, START)).isTrue();
    assertThat(bound.take(50, START + SECOND / 2)).isTrue();
    assertThat(bound.take(1, START + SECOND / 2)).isFalse();
    assertThat(bound.take(101, START + 10 * SECOND)).isFalse();
    assertThat(bound.take(100, START + 10 * SECOND)).isTrue();
  }
}

package dev.warmpath.controlplane.signals;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class PunctualityTest {
  private static final long SECOND = 1_000_000_000L;
  private static final long LAST_IN_TIME = Punctuality.BEAT_NANOS + Punctuality.BOUND_NANOS;

  private final Punctuality punctuality = new Punctuality();

  @Test
  void time_beforeTheFirstBeat_isKept() {
    assertThat(punctuality.keptTime(0, 100 * SECOND)).isTrue();
    assertThat(punctuality.beat(100 * SECOND)).isZero();
  }

  @Test
  void beat_withinTheBound_isInTime() {
    punctuality.beat(0);
    assertThat(punctuality.keptTime(0, LAST_IN_TIME)).isTrue();
    assertThat(punctuality.beat(LAST_IN_TIME)).isZero();
    assertThat(punctuality.keptTime(0, LAST_IN_TIME)).isTrue();
  }

  @Test
  void beat_missing_isLateBeforeItComes() {
    punctuality.beat(0);
    assertThat(punctuality.keptTime(0, LAST_IN_TIME + 1)).isFalse();
    assertThat(punctuality.keptTime(LAST_IN_TIME + 1, LAST_IN_TIME + 1)).isFalse();
  }

  @Test
  void beat_late_spoilsWhatBeganBeforeItAndNothingLater() {
    punctuality.beat(0);
    assertThat(punctuality.beat(30 * SECOND)).isEqualTo(30 * SECOND - Punctuality.BEAT_NANOS);
    assertThat(punctuality.keptTime(30 * SECOND - 1, 30 * SECOND + 1)).isFalse();
    assertThat(punctuality.keptTime(30 * SECOND, 30 * SECOND + 1)).isTrue();
    assertThat(punctuality.beat(30 * SECOND + Punctuality.BEAT_NANOS)).isZero();
  }

  @Test
  void silence_duringALateness_isCountedFromItsEnd() {
    punctuality.beat(0);
    assertThat(punctuality.missingSince(7, LAST_IN_TIME)).isEqualTo(7);
    assertThat(punctuality.missingSince(7, 20 * SECOND)).isEqualTo(20 * SECOND);
    punctuality.beat(30 * SECOND);
    assertThat(punctuality.missingSince(7, 30 * SECOND)).isEqualTo(30 * SECOND);
    assertThat(punctuality.missingSince(30 * SECOND + 5, 30 * SECOND + 9))
        .isEqualTo(30 * SECOND + 5);
  }

  /** {@code System.nanoTime} may begin anywhere and overflow. */
  @Test
  void time_acrossTheEndOfTheClocksRange_isComparedByDifferences() {
    long start = Long.MAX_VALUE - Punctuality.BEAT_NANOS / 2;
    punctuality.beat(start);
    assertThat(punctuality.keptTime(start, start + Punctuality.BEAT_NANOS)).isTrue();
    assertThat(punctuality.beat(start + Punctuality.BEAT_NANOS)).isZero();
    assertThat(punctuality.beat(start + 5 * SECOND)).isPositive();
    assertThat(punctuality.keptTime(start, start + 5 * SECOND)).isFalse();
  }
}

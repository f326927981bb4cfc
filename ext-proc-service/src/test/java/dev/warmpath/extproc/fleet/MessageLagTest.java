package dev.warmpath.extproc.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class MessageLagTest {

  private static final long SECOND = 1_000_000_000L;

  /** The zeros of clocks mean nothing, and either may overflow. */
  private static final long HERE = Long.MAX_VALUE - 3 * SECOND;

  private static final long THERE = -7_777;

  private final MessageLag lags = new MessageLag();

  private long lag(long peer, long sequence, long sent, long arrived) {
    return lags.heard(peer, sequence, THERE + sent, HERE + arrived).orElse(-1);
  }

  @Test
  void heard_messages_areAsLateAsTheyTookLongerThanTheQuickest() {
    assertThat(lag(1, 1, 0, 100)).isZero();
    assertThat(lag(1, 2, SECOND, SECOND + 500)).isEqualTo(400);
    assertThat(lag(1, 3, 2 * SECOND, 2 * SECOND + 20)).isZero();
    assertThat(lag(1, 4, 3 * SECOND, 9 * SECOND)).isEqualTo(6 * SECOND - 20);
  }

  @Test
  void heard_twiceOrAfterANewerOne_isNoNews() {
    assertThat(lag(1, 5, 0, 0)).isZero();

    assertThat(lag(1, 5, 0, 10)).isEqualTo(-1);
    assertThat(lag(1, 4, 0, 10)).isEqualTo(-1);
    assertThat(lag(2, 4, 0, 10)).as("another peer").isZero();
    assertThat(lag(1, 6, 10, 10)).isZero();
  }

  /** As when the control plane was stopped for minutes: what waited meanwhile comes at once. */
  @Test
  void heard_afterALongPause_isLateAllTheSame() {
    assertThat(lag(1, 1, 0, 0)).isZero();

    assertThat(lag(1, 2, SECOND, 600 * SECOND)).isEqualTo(599 * SECOND);
    assertThat(lag(1, 3, 590 * SECOND, 601 * SECOND)).isEqualTo(11 * SECOND);
    assertThat(lag(1, 4, 602 * SECOND, 602 * SECOND)).isZero();
  }

  @Test
  void heard_clocksThatRunApart_areComparedAnewEachMinute() {
    long drift = 0;
    for (long minute = 0; minute < 1000; minute++) {
      drift += SECOND / 100;
      assertThat(lag(1, minute + 1, minute * 60 * SECOND, minute * 60 * SECOND + drift))
          .isLessThan(SECOND / 10);
    }
  }

  @Test
  void heard_morePeersThanTheBound_forgetsTheOneNotHeardForLongest() {
    for (int peer = 0; peer <= MessageLag.MAX_PEERS; peer++) {
      assertThat(lag(peer, 9, 0, 0)).isZero();
    }

    assertThat(lag(1, 9, 0, 0)).as("still known").isEqualTo(-1);
    assertThat(lag(0, 9, 0, 0)).as("forgotten").isZero();
  }
}

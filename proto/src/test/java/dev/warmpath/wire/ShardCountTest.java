package dev.warmpath.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class ShardCountTest {
  private static final long SECOND = 1_000_000_000L;
  private static final int PER_MINUTE = 15;

  private final ShardCount count = new ShardCount(0);

  @Test
  void follow_pastTheRate_growsAtOnceToWhatHoldsIt() {
    assertThat(count.follow(15, PER_MINUTE, 1)).isEqualTo(1);
    assertThat(count.follow(16, PER_MINUTE, 2)).isEqualTo(2);
    assertThat(count.follow(100, PER_MINUTE, 3)).isEqualTo(8);
    assertThat(count.follow(Long.MAX_VALUE / 8, PER_MINUTE, 4)).isEqualTo(ShardCount.MAX);
  }

  @Test
  void follow_quarterWouldDo_halvesOnceAMinute() {
    count.follow(100, PER_MINUTE, 0);

    assertThat(count.follow(30, PER_MINUTE, 59 * SECOND)).isEqualTo(8);
    assertThat(count.follow(30, PER_MINUTE, 60 * SECOND)).as("30 of 120").isEqualTo(4);
    assertThat(count.follow(0, PER_MINUTE, 119 * SECOND)).isEqualTo(4);
    assertThat(count.follow(0, PER_MINUTE, 120 * SECOND)).isEqualTo(2);
    assertThat(count.follow(0, PER_MINUTE, 180 * SECOND)).isEqualTo(1);
    assertThat(count.follow(0, PER_MINUTE, 240 * SECOND)).isEqualTo(1);
  }

  @Test
  void follow_moreThanAQuarterOnceInAMinute_beginsTheMinuteAnew() {
    count.follow(100, PER_MINUTE, 0);

    assertThat(count.follow(31, PER_MINUTE, 50 * SECOND)).isEqualTo(8);
    assertThat(count.follow(0, PER_MINUTE, 109 * SECOND)).isEqualTo(8);
    assertThat(count.follow(0, PER_MINUTE, 110 * SECOND)).isEqualTo(4);
  }

  @Test
  void count_thatIsNoPowerOfTwo_isRefused() {
    assertThat(new ShardCount(ShardCount.MAX, 0).shards()).isEqualTo(ShardCount.MAX);
    for (int shards : new int[] {Integer.MIN_VALUE, -1, 0, 3, 2 * ShardCount.MAX}) {
      assertThatThrownBy(() -> new ShardCount(shards, 0))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("shards: " + shards);
    }
  }
}

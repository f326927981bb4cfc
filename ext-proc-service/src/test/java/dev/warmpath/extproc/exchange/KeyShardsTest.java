package dev.warmpath.extproc.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class KeyShardsTest {

  private static final long SECOND = 1_000_000_000L;
  private static final int PER_MINUTE = 15;

  private final KeyShards shards = new KeyShards(16);

  private int minuteOf(int requests, long startNanos) {
    int last = 0;
    for (int i = 0; i < requests; i++) {
      last = shards.arrive(7, PER_MINUTE, startNanos + i * (60 * SECOND / requests));
    }
    return last;
  }

  @Test
  void arrive_upToTheRate_staysInOneShard() {
    assertThat(minuteOf(15, 0)).isEqualTo(1);
    assertThat(minuteOf(15, 60 * SECOND)).isEqualTo(1);
  }

  @Test
  void arrive_pastTheRate_doublesAtOnce() {
    assertThat(minuteOf(16, 0)).isEqualTo(2);
    assertThat(minuteOf(100, 60 * SECOND)).isEqualTo(8);
  }

  @Test
  void arrive_quietMinutes_halveOneAfterTheOther() {
    assertThat(minuteOf(100, 0)).isEqualTo(8);
    assertThat(minuteOf(40, 60 * SECOND)).as("more than a quarter would hold").isEqualTo(8);
    assertThat(minuteOf(30, 120 * SECOND)).isEqualTo(8);
    assertThat(minuteOf(30, 180 * SECOND)).as("30 of 120").isEqualTo(4);
  }

  @Test
  void arrive_afterAPause_beginsAnew() {
    minuteOf(100, 0);

    assertThat(shards.arrive(7, PER_MINUTE, 3_600 * SECOND)).isEqualTo(1);
  }

  @Test
  void arrive_unknownRate_isNotSplit() {
    for (int i = 0; i < 1_000; i++) {
      assertThat(shards.arrive(7, 0, i)).isEqualTo(1);
    }
    assertThat(shards.size()).isZero();
  }

  @Test
  void arrive_flood_staysWithinBounds() {
    int most = 0;
    for (int i = 0; i < 100_000; i++) {
      most = Math.max(most, shards.arrive(7, 1, i));
    }
    assertThat(most).isEqualTo(KeyShards.MAX_SHARDS);
    for (int key = 0; key < 1_000; key++) {
      shards.arrive(key, PER_MINUTE, 100_000);
    }
    assertThat(shards.size()).isEqualTo(shards.max());
    assertThat(shards.arrive(7, PER_MINUTE, 100_001)).as("forgotten").isEqualTo(1);
  }
}

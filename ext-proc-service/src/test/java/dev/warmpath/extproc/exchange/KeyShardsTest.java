package dev.warmpath.extproc.exchange;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.warmpath.wire.ShardCount;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class KeyShardsTest {

  private static final long SECOND = 1_000_000_000L;
  private static final int PER_MINUTE = 15;
  private static final long KEY = 7;

  private final KeyShards shards = new KeyShards(16);

  private int minuteOf(int requests, long startNanos) {
    int last = 0;
    for (int i = 0; i < requests; i++) {
      last = shards.arrive(KEY, PER_MINUTE, startNanos + i * (60 * SECOND / requests));
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

  /** A window that began anew every minute saw 15 and 15. */
  @Test
  void arrive_burstThatSpansTwoMinutes_isCountedTogether() {
    shards.arrive(KEY, PER_MINUTE, 0);
    for (int i = 0; i < 14; i++) {
      assertThat(shards.arrive(KEY, PER_MINUTE, 50 * SECOND)).isEqualTo(1);
    }
    for (int i = 0; i < 14; i++) {
      shards.arrive(KEY, PER_MINUTE, 70 * SECOND);
    }
    assertThat(shards.arrive(KEY, PER_MINUTE, 70 * SECOND)).isEqualTo(2);
  }

  @Test
  void arrive_afterASilence_hasWhatItWouldHaveIfSomebodyHadAsked() {
    KeyShards asked = new KeyShards(16);
    minuteOf(100, 0);
    for (int i = 0; i < 100; i++) {
      asked.arrive(KEY, PER_MINUTE, i * (60 * SECOND / 100));
    }
    for (int second = 60; second < 214; second++) {
      asked.lastMinute(second * SECOND);
    }
    // More than a quarter of 120 until 95 s; halved at 155 s, and next at 215 s.
    for (KeyShards each : new KeyShards[] {asked, shards}) {
      assertThat(each.arrive(KEY, PER_MINUTE, 214 * SECOND)).isEqualTo(4);
      assertThat(each.arrive(KEY, PER_MINUTE, 216 * SECOND)).isEqualTo(2);
      assertThat(each.arrive(KEY, PER_MINUTE, 400 * SECOND)).isEqualTo(1);
    }
  }

  @Test
  void arrive_afterAPause_beginsAnew() {
    minuteOf(100, 0);

    assertThat(shards.arrive(7, PER_MINUTE, 3_600 * SECOND)).isEqualTo(1);
  }

  @Test
  void told_fresh_goesBeforeWhatIsSeenHere() {
    assertThat(minuteOf(16, 0)).isEqualTo(2);

    shards.told(KEY, 8, 60 * SECOND);
    assertThat(shards.arrive(KEY, PER_MINUTE, 60 * SECOND)).isEqualTo(8);
    shards.told(KEY, 1, 61 * SECOND);
    assertThat(shards.arrive(KEY, PER_MINUTE, 61 * SECOND)).as("less than seen here").isEqualTo(1);
  }

  @Test
  void told_notAgain_endsAfterThreeTellings() {
    assertThat(minuteOf(16, 0)).isEqualTo(2);
    shards.told(KEY, 8, 60 * SECOND);

    long end = 60 * SECOND + 3 * ShardCount.TELL_NANOS;
    assertThat(shards.arrive(KEY, PER_MINUTE, end - 1)).isEqualTo(8);
    assertThat(shards.arrive(KEY, PER_MINUTE, end)).isEqualTo(2);
  }

  @Test
  void told_beforeTheFirstRequest_goes() {
    shards.told(KEY, 4, 0);

    assertThat(shards.lastMinute(0)).isEmpty();
    assertThat(shards.arrive(KEY, PER_MINUTE, 1)).isEqualTo(4);
    assertThat(shards.arrive(8, PER_MINUTE, 1)).isEqualTo(1);
  }

  @Test
  void told_nonsense_isLeftOut() {
    for (int count : new int[] {-4, 0, 3, 2 * ShardCount.MAX}) {
      shards.told(KEY, count, 0);
    }
    assertThat(shards.size()).isZero();
  }

  @Test
  void told_ofMoreThanThereIsRoomFor_pushesOutNothingThatHasRequests() {
    for (int key = 0; key < 8; key++) {
      shards.arrive(key, PER_MINUTE, 0);
    }
    for (int key = 100; key < 200; key++) {
      shards.told(key, 2, 1);
    }
    assertThat(shards.size()).isEqualTo(shards.max());
    for (int key = 8; key < 16; key++) {
      shards.arrive(key, PER_MINUTE, 2);
    }
    assertThat(shards.size()).isEqualTo(shards.max());
    assertThat(shards.lastMinute(3)).hasSize(16);
  }

  @Test
  void lastMinute_keysWithRequests_busiestFirst() {
    shards.arrive(1, PER_MINUTE, 0);
    for (int i = 0; i < 16; i++) {
      shards.arrive(2, PER_MINUTE, 0);
    }
    shards.arrive(3, 30, 0);
    shards.arrive(3, 30, 10 * SECOND);

    assertThat(shards.lastMinute(10 * SECOND))
        .containsExactly(
            new KeyShards.Use(2, 16, PER_MINUTE, 2),
            new KeyShards.Use(3, 2, 30, 1),
            new KeyShards.Use(1, 1, PER_MINUTE, 1));
    assertThat(shards.lastMinute(60 * SECOND)).containsExactly(new KeyShards.Use(3, 1, 30, 1));
    assertThat(shards.lastMinute(70 * SECOND)).isEmpty();
  }

  @Test
  void lastMinute_moreThanAreTold_leavesOutTheLeastBusy() {
    KeyShards many = new KeyShards(KeyShards.MAX_TOLD + 10);
    many.arrive(-1, PER_MINUTE, 0);
    many.arrive(-1, PER_MINUTE, 0);
    for (int key = 0; key < KeyShards.MAX_TOLD + 5; key++) {
      many.arrive(key, PER_MINUTE, 0);
    }
    assertThat(many.lastMinute(0))
        .hasSize(KeyShards.MAX_TOLD)
        .first()
        .isEqualTo(new KeyShards.Use(-1, 2, PER_MINUTE, 1));
  }

  /** A hundred thousand keys under one hold stopped event loops for up to 67 ms. */
  @Test
  void lastMinute_manyKeys_looksAtFewWhileOthersWait() {
    int count = 5 * KeyShards.MAX_AT_ONCE + 7;
    List<Integer> looks = new ArrayList<>();
    KeyShards many = new KeyShards(count, looks::add);
    for (int key = 0; key < count; key++) {
      many.arrive(key, PER_MINUTE, 0);
    }

    assertThat(many.lastMinute(0)).extracting(KeyShards.Use::key).hasSize(count);
    assertThat(looks).allMatch(each -> each <= KeyShards.MAX_AT_ONCE);
    assertThat(looks.stream().mapToInt(each -> each).sum()).isGreaterThanOrEqualTo(count);
  }

  /** Those that it hasn't met go to where it has been, and others are forgotten under it. */
  @Test
  void lastMinute_requestsComeBetweenTheLooks_eachKeyIsToldOnce() {
    int count = 4 * KeyShards.MAX_AT_ONCE;
    for (int room : new int[] {count, 2 * count}) {
      var random = new Random(room);
      var shards = new AtomicReference<@Nullable KeyShards>();
      var pauses = new AtomicInteger();
      var many =
          new KeyShards(
              room,
              _ -> {
                KeyShards own = requireNonNull(shards.get());
                assertThat(Thread.holdsLock(own)).isFalse();
                // As long as it is on its first way; its second is short.
                for (int i = 0; i < 600 && pauses.get() < 4; i++) {
                  own.arrive(random.nextInt(count), PER_MINUTE, 2);
                  if (random.nextInt(8) == 0) {
                    own.arrive(count + random.nextInt(count / 4), PER_MINUTE, 2);
                  }
                }
                pauses.incrementAndGet();
              });
      shards.set(many);
      for (int key = 0; key < count; key++) {
        many.arrive(key, PER_MINUTE, 1);
      }

      List<Long> told = many.lastMinute(2).stream().map(KeyShards.Use::key).toList();

      assertThat(told).doesNotHaveDuplicates();
      if (room > count) {
        assertThat(told).containsAll(LongStream.range(0, count).boxed().toList());
      }
      assertThat(many.size()).isLessThanOrEqualTo(room);
      assertThat(many.lastMinute(3)).hasSizeGreaterThanOrEqualTo(count);
    }
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
    assertThat(most).isEqualTo(ShardCount.MAX);
    for (int key = 0; key < 1_000; key++) {
      shards.arrive(key, PER_MINUTE, 100_000);
    }
    assertThat(shards.size()).isEqualTo(shards.max());
    assertThat(shards.arrive(7, PER_MINUTE, 100_001)).as("forgotten").isEqualTo(1);
  }
}

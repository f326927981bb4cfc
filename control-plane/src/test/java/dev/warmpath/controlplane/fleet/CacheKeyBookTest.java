package dev.warmpath.controlplane.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmpath.fleet.v1.CacheKeyRate;
import dev.warmpath.fleet.v1.CacheKeyRates;
import dev.warmpath.fleet.v1.CacheKeyShardCount;
import dev.warmpath.wire.ShardCount;
import java.util.List;
import org.junit.jupiter.api.Test;

class CacheKeyBookTest {
  private static final long SECOND = 1_000_000_000L;
  private static final int PER_MINUTE = 15;
  private static final long KEY = 7;

  private final CacheKeyBook book = new CacheKeyBook(16);
  private long now;

  @Test
  void told_replicasTogetherPastTheRate_splitsAtOnce() {
    assertThat(tell(1, 15)).isEmpty();
    assertThat(tell(2, 15)).containsExactly(count(KEY, 2));
    assertThat(tell(3, 15)).containsExactly(count(KEY, 4));
    assertThat(book.counts(now)).containsExactly(count(KEY, 4));
  }

  @Test
  void told_again_replacesWhatTheReplicaSaidBefore() {
    for (int i = 0; i < 100; i++) {
      assertThat(tell(1, 15)).isEmpty();
    }
    assertThat(book.counts(now)).as("one shard is what nobody needs to be told of").isEmpty();
  }

  @Test
  void told_quarterWouldDoForAMinute_halvesAndIsToldDownToOne() {
    tell(1, 45);
    tell(2, 15);
    assertThat(counted()).isEqualTo(4);

    for (int second = 0; second < 60; second += 5) {
      now = second * SECOND;
      tell(2, 15); // With 45 of the other, which it doesn't say again.
      assertThat(counted()).as("%d s", second).isEqualTo(4);
    }
    for (int second = 60; second < 115; second += 5) {
      now = second * SECOND;
      assertThat(tell(2, 15)).as("%d s, 15 of 60", second).isEmpty();
    }
    now = 115 * SECOND;
    assertThat(tell(2, 15)).containsExactly(count(KEY, 2));
    now = 120 * SECOND;
    tell(2, 7);
    assertThat(counted()).isEqualTo(2);
    now = 180 * SECOND;
    assertThat(tell(2, 7)).as("7 of 30").containsExactly(count(KEY, 1));
    assertThat(counted()).as("nobody shall go by an older word").isEqualTo(1);
  }

  @Test
  void told_late_takesNothingAwayForTwoMinutes() {
    tell(1, 22);
    tell(2, 22);

    for (int second = 0; second < 115; second++) {
      now = second * SECOND;
      assertThat(counted()).as("%d s", second).isEqualTo(4);
    }
    now = 119 * SECOND;
    tell(1, 22);
    assertThat(counted()).isEqualTo(4);
  }

  @Test
  void replica_gone_takesItsShareWithItButNoCountFallsAtOnce() {
    tell(1, 22);
    tell(2, 22);
    book.gone(1);

    assertThat(tell(3, 22)).as("who takes over what it had").isEmpty();
    assertThat(counted()).isEqualTo(4);
    book.gone(2);
    book.gone(3);
    assertThat(counted()).isEqualTo(4);
    now = 60 * SECOND;
    assertThat(counted()).isEqualTo(2);
  }

  /** Otherwise all that is split is merged when a control plane restarts, and split again. */
  @Test
  void told_unknownKey_beginsWithTheShardsInUse() {
    assertThat(tell(1, rate(KEY, 22).setShards(4))).containsExactly(count(KEY, 4));
    assertThat(tell(2, rate(KEY, 22).setShards(16))).as("by now it is known").isEmpty();
    assertThat(counted()).isEqualTo(4);
  }

  @Test
  void told_ratesThatDiffer_theLowerHolds() {
    tell(1, rate(KEY, 10).setPerMinute(100));
    assertThat(tell(2, rate(KEY, 10))).containsExactly(count(KEY, 2));
    tell(1, rate(8, 10));
    assertThat(tell(2, rate(8, 10).setPerMinute(100))).containsExactly(count(8, 2));
  }

  @Test
  void told_nonsense_isLeftOut() {
    assertThat(tell(1, rate(KEY, 1_000).setPerMinute(0))).isEmpty();
    assertThat(tell(1, rate(KEY, 1_000).setPerMinute(-1))).isEmpty();
    assertThat(book.size()).isZero();
    assertThat(tell(1, rate(KEY, 1).setShards(3))).isEmpty();
    assertThat(tell(1, rate(8, 1).setShards(2 * ShardCount.MAX))).isEmpty();
    assertThat(book.counts(now)).isEmpty();
    assertThat(tell(1, rate(KEY, -1))).containsExactly(count(KEY, ShardCount.MAX));
  }

  @Test
  void keys_moreThanThereIsRoomFor_theOneNotToldOfForTheLongestTimeGoes() {
    tell(1, rate(0, 100));
    for (int key = 1; key < 16; key++) {
      tell(1, rate(key, 1));
    }
    tell(1, rate(0, 100));
    tell(1, rate(16, 1));
    assertThat(book.size()).isEqualTo(book.max());
    assertThat(tell(1, rate(0, 100))).as("still known").isEmpty();
    for (int key = 1; key <= 16; key++) {
      tell(1, rate(key, 1));
    }
    assertThat(book.size()).isEqualTo(book.max());
    assertThat(book.counts(now)).as("forgotten").isEmpty();
  }

  @Test
  void keys_nobodySpeaksOf_areForgotten() {
    tell(1, rate(1, 15));
    tell(1, rate(2, 16));
    now = 30 * SECOND;
    assertThat(book.counts(now)).containsExactly(count(2, 2));
    assertThat(book.size()).isEqualTo(2);
    now = 60 * SECOND;
    assertThat(book.counts(now)).containsExactly(count(2, 2));
    assertThat(book.size()).isEqualTo(1);
    now = 90 * SECOND;
    assertThat(book.counts(now)).as("for the last time").containsExactly(count(2, 1));
    assertThat(book.size()).isZero();
  }

  private int counted() {
    List<CacheKeyShardCount> counts = book.counts(now);
    assertThat(counts).hasSize(1);
    return counts.getFirst().getShards();
  }

  private List<CacheKeyShardCount> tell(long incarnation, int requests) {
    return tell(incarnation, rate(KEY, requests));
  }

  private List<CacheKeyShardCount> tell(long incarnation, CacheKeyRate.Builder rate) {
    return book.told(incarnation, CacheKeyRates.newBuilder().addKeys(rate).build(), now);
  }

  private static CacheKeyRate.Builder rate(long key, int requests) {
    return CacheKeyRate.newBuilder()
        .setKey(key)
        .setRequests(requests)
        .setPerMinute(PER_MINUTE)
        .setShards(1);
  }

  private static CacheKeyShardCount count(long key, int shards) {
    return CacheKeyShardCount.newBuilder().setKey(key).setShards(shards).build();
  }
}

package dev.warmpath.e2e.engine;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class BlockCacheTest {
  @Test
  void match_prefixInCache_countsBlocksUpToTheFirstDifference() {
    var cache = new BlockCache(10);
    cache.insert(new long[] {1, 2, 3});
    assertThat(cache.match(new long[] {1, 2, 9, 3})).isEqualTo(2);
    assertThat(cache.match(new long[] {9, 2, 3})).isZero();
  }

  @Test
  void insert_overCapacity_evictsTheOldestChainFromItsLeaf() {
    var cache = new BlockCache(5);
    cache.insert(new long[] {1, 2, 3});
    cache.insert(new long[] {1, 4, 5});
    cache.insert(new long[] {1, 6});
    assertThat(cache.size()).isEqualTo(5);
    assertThat(cache.match(new long[] {1, 2, 3})).isEqualTo(2);
    assertThat(cache.match(new long[] {1, 4, 5})).isEqualTo(3);
  }

  @Test
  void insert_chainLongerThanTheCache_keepsItsStart() {
    var cache = new BlockCache(2);
    cache.insert(new long[] {1, 2, 3, 4});
    assertThat(cache.match(new long[] {1, 2, 3, 4})).isEqualTo(2);
  }

  @Test
  void match_refreshesNothing() {
    var cache = new BlockCache(2);
    cache.insert(new long[] {1});
    cache.insert(new long[] {2});
    assertThat(cache.match(new long[] {1})).isEqualTo(1);
    cache.insert(new long[] {3});
    assertThat(cache.match(new long[] {1})).isZero();
  }
}

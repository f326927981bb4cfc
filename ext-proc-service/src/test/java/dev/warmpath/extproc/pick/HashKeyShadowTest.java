package dev.warmpath.extproc.pick;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class HashKeyShadowTest {

  private static final int TURNS = 6;

  /** No multiple of the endpoints: round robin would otherwise keep each conversation at one. */
  private static final int CONVERSATIONS = 201;

  private static final int TOKENS_PER_BLOCK = 100;

  /** Conversations under one shared root, each a block longer at every turn. */
  private static Map<HashKeyShadow.Key, HashKeyShadow.Sums> play(int endpoints) {
    HashKeyShadow shadow = new HashKeyShadow(endpoints, 10_000_000, 1 << 16);
    for (int turn = 1; turn <= TURNS; turn++) {
      for (int conversation = 1; conversation <= CONVERSATIONS; conversation++) {
        long key = 0x9E3779B97F4A7C15L * conversation & -HashKeyShadow.SAMPLE;
        PrefixBlocks prompt = new PrefixBlocks();
        prompt.add(7, TOKENS_PER_BLOCK);
        for (int block = 1; block <= turn; block++) {
          prompt.add(1_000_003L * conversation + block, TOKENS_PER_BLOCK * (block + 1));
        }
        shadow.arrive(prompt, 7, key, 0);
      }
    }
    return shadow.drain();
  }

  private static HashKeyShadow.Sums known(HashKeyShadow.@Nullable Sums sums) {
    return Objects.requireNonNull(sums);
  }

  private static double hitRate(HashKeyShadow.Sums sums) {
    return (double) sums.hitTokens() / sums.tokens();
  }

  private static double imbalance(HashKeyShadow.Sums sums) {
    long[] loads = sums.endpointTokens();
    return Arrays.stream(loads).max().orElseThrow() / Arrays.stream(loads).average().orElseThrow();
  }

  @Test
  void arrive_oneSharedRoot_rootKeyHitsButHerdsAndConversationKeyBalances() {
    Map<HashKeyShadow.Key, HashKeyShadow.Sums> sums = play(4);

    HashKeyShadow.Sums root = known(sums.get(HashKeyShadow.Key.ROOT));
    HashKeyShadow.Sums conversation = known(sums.get(HashKeyShadow.Key.CONVERSATION));
    HashKeyShadow.Sums none = known(sums.get(HashKeyShadow.Key.NONE));
    assertThat(imbalance(root)).isEqualTo(4);
    assertThat(imbalance(conversation)).isLessThan(1.3);
    assertThat(hitRate(conversation)).isGreaterThan(hitRate(none) + 0.1);
    assertThat(hitRate(root)).isGreaterThanOrEqualTo(hitRate(conversation));
  }

  @Test
  void drain_twice_secondIsEmpty() {
    HashKeyShadow shadow = new HashKeyShadow(2, 1000, 100);
    shadow.arrive(new PrefixBlocks().add(1, 10), 1, 8, 0);

    assertThat(known(shadow.drain().get(HashKeyShadow.Key.ROOT)).tokens()).isEqualTo(10);
    assertThat(known(shadow.drain().get(HashKeyShadow.Key.ROOT)).tokens()).isZero();
  }

  @Test
  void isSampled_hashes_oneInEight() {
    long sampled = 0;
    for (long i = 0; i < 80_000; i++) {
      long key = (i * 0x9E3779B97F4A7C15L) >>> 16;
      sampled += HashKeyShadow.isSampled(key) ? 1 : 0;
    }

    assertThat(sampled).isBetween(9_000L, 11_000L);
  }
}

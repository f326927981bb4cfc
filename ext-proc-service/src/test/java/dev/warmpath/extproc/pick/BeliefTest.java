package dev.warmpath.extproc.pick;

import static dev.warmpath.extproc.pick.Chains.distinct;
import static dev.warmpath.extproc.pick.Chains.prompt;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class BeliefTest {

  private final Belief belief = new Belief(1_000, 100);

  @Test
  void longestPrefix_nothingPlaced_isZero() {
    assertThat(belief.longestPrefix(prompt(1, 2, 3))).isZero();
    assertThat(belief.longestPrefix(new PrefixBlocks())).isZero();
  }

  @Test
  void longestPrefix_sharedBeginning_endsWherePromptsPart() {
    belief.place(prompt(1, 2, 3, 4));

    assertThat(belief.longestPrefix(prompt(1, 2, 3, 4))).isEqualTo(4);
    assertThat(belief.longestPrefix(prompt(1, 2, 9, 4))).isEqualTo(2);
    assertThat(belief.longestPrefix(prompt(1, 2, 3, 4, 5))).isEqualTo(4);
    assertThat(belief.longestPrefix(prompt(2, 2, 3, 4))).isZero();
    assertThat(belief.tokens()).isEqualTo(400);
  }

  @Test
  void place_overCapacity_evictsLeavesOfTheOldestFirst() {
    belief.place(prompt(1, 2, 3, 4, 5, 6));
    belief.place(prompt(7, 7, 7, 7, 7, 7));

    assertThat(belief.tokens()).isEqualTo(1_000);
    assertThat(belief.longestPrefix(prompt(1, 2, 3, 4, 5, 6))).isEqualTo(4);
    assertThat(belief.longestPrefix(prompt(7, 7, 7, 7, 7, 7))).isEqualTo(6);
    assertThat(belief.evictedBlocks()).isEqualTo(2);
  }

  @Test
  void place_sharedRootUsedAgain_outlivesWhatWasUsedBetween() {
    belief.place(prompt(1, 2, 3));
    belief.place(prompt(7, 7, 7, 7));
    belief.place(prompt(1, 2, 4));
    belief.place(prompt(8, 8, 8, 8, 8));

    assertThat(belief.longestPrefix(prompt(1, 2, 4))).isEqualTo(3);
    assertThat(belief.longestPrefix(prompt(1, 2, 3))).isEqualTo(2);
    assertThat(belief.longestPrefix(prompt(7, 7, 7, 7))).isEqualTo(2);
  }

  @Test
  void place_longerThanCapacity_keepsTheBeginning() {
    belief.place(prompt(7, 7, 7));
    belief.place(prompt(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12));

    assertThat(belief.longestPrefix(prompt(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12))).isEqualTo(10);
    assertThat(belief.longestPrefix(prompt(7, 7, 7))).isZero();
  }

  @Test
  void place_moreBlocksThanAllowed_staysWithinTheirNumber() {
    Belief small = new Belief(1_000_000, 5);
    small.place(prompt(1, 2, 3));
    small.place(prompt(1, 2, 4, 5));

    assertThat(small.blocks()).isEqualTo(5);
    small.place(prompt(6, 6, 6, 6, 6, 6, 6));
    assertThat(small.blocks()).isEqualTo(5);
    assertThat(small.longestPrefix(prompt(6, 6, 6, 6, 6, 6, 6))).isEqualTo(5);
    assertThat(small.longestPrefix(prompt(1))).isZero();
  }

  @Test
  void place_blockOfAnotherLength_countsTheNewOne() {
    belief.place(prompt(100, new int[] {1, 2}));
    belief.place(prompt(150, new int[] {1, 2}));

    assertThat(belief.tokens()).isEqualTo(300);
  }

  @Test
  void capacityTokens_smaller_forgetsTheOldest() {
    belief.place(prompt(1, 1, 1));
    belief.place(prompt(2, 2, 2));
    belief.capacityTokens(400);

    assertThat(belief.longestPrefix(prompt(1, 1, 1))).isEqualTo(1);
    assertThat(belief.longestPrefix(prompt(2, 2, 2))).isEqualTo(3);
  }

  @Test
  void truncate_behindABranch_leavesNoPrefixThatIsNotThere() {
    belief.place(prompt(1, 2, 3, 4));
    belief.place(prompt(1, 2, 3, 5));
    belief.truncate(prompt(1, 2, 3, 4), 1);

    PrefixBlocks other = prompt(1, 2, 3, 5);
    int upperBound = belief.longestPrefix(other);
    assertThat(upperBound).isGreaterThanOrEqualTo(1);
    assertThat(belief.verifiedPrefix(other.blockArray(), upperBound)).isEqualTo(1);
    assertThat(belief.tokens()).isEqualTo(200);
  }

  @Test
  void clear_afterUse_isEmptyAndUsable() {
    belief.place(prompt(1, 2, 3));
    belief.clear();

    assertThat(belief.blocks()).isZero();
    assertThat(belief.tokens()).isZero();
    assertThat(belief.longestPrefix(prompt(1, 2, 3))).isZero();
    belief.place(prompt(1, 2, 3));
    assertThat(belief.longestPrefix(prompt(1, 2, 3))).isEqualTo(3);
  }

  @Test
  void find_hashZero_isABlockLikeAnyOther() {
    PrefixBlocks zero = new PrefixBlocks().add(0, 10).add(5, 20);

    assertThat(belief.longestPrefix(zero)).isZero();
    belief.place(zero);
    assertThat(belief.longestPrefix(zero)).isEqualTo(2);
  }

  @Test
  void expire_notUsedForALifetime_isGone() {
    Belief provider = Belief.withLifetime(Long.MAX_VALUE, 100_000);
    provider.expire(0, 300);
    provider.place(prompt(1, 2, 3));
    provider.expire(200, 300);
    provider.place(prompt(1, 2));
    provider.place(distinct(7, 5_000, 1));
    provider.expire(301, 300);

    assertThat(provider.longestPrefix(prompt(1, 2, 3))).isEqualTo(2);
    provider.expire(500, 300);
    assertThat(provider.longestPrefix(prompt(1, 2, 3))).isEqualTo(2);
    provider.expire(501, 300);
    assertThat(provider.blocks()).isZero();
  }

  @Test
  void belief_badBounds_areRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Belief(0, 10))
        .withMessage("capacityTokens: 0 (expected: >= 1)");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Belief(10, 0))
        .withMessage("maxBlocks: 0 (expected: 1 to 16777216)");
  }

  @Test
  void bytes_anySize_atMostFortyForEachBlock() {
    Belief growing = new Belief(Long.MAX_VALUE, 65_536);
    double most = 0;
    for (int i = 0; i < 70_000; i++) {
      growing.place(prompt(i));
      if (growing.blocks() >= 32) {
        most = Math.max(most, (double) growing.bytes() / growing.blocks());
      }
    }
    assertThat(growing.blocks()).isEqualTo(65_536);
    assertThat(most).isLessThanOrEqualTo(Belief.MAX_BYTES_PER_BLOCK);
  }

  @Test
  void heap_manyFullBeliefs_isWhatBytesSays() {
    // Small enough that no array is one of G1's humongous objects, which take whole regions.
    int count = 96;
    long before = usedAfterCollection();
    List<Belief> beliefs = new ArrayList<>();
    long blocks = 0;
    long bytes = 0;
    for (int b = 0; b < count; b++) {
      Belief full = new Belief(Long.MAX_VALUE, 8_000 + 100 * b);
      full.place(distinct(b, 20_000, 1));
      beliefs.add(full);
      blocks += full.blocks();
      bytes += full.bytes();
    }
    long measured = usedAfterCollection() - before;

    assertThat(beliefs).hasSize(count);
    assertThat((double) measured / bytes).isBetween(0.9, 1.1);
    assertThat((double) measured / blocks).isLessThanOrEqualTo(Belief.MAX_BYTES_PER_BLOCK);
  }

  @SuppressWarnings("SystemGc") // Measures what is retained.
  private static long usedAfterCollection() {
    System.gc();
    Runtime runtime = Runtime.getRuntime();
    return runtime.totalMemory() - runtime.freeMemory();
  }
}

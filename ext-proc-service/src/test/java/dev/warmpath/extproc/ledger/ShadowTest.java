package dev.warmpath.extproc.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import dev.warmpath.extproc.pick.PrefixBlocks;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ShadowTest {

  private static final long SECOND = 1_000_000_000L;

  /** A prompt of blocks of 1,000 tokens. */
  private static PrefixBlocks prompt(long... blocks) {
    PrefixBlocks prefix = new PrefixBlocks();
    for (int i = 0; i < blocks.length; i++) {
      prefix.add(blocks[i], 1_000 * (i + 1));
    }
    return prefix;
  }

  // hit rate of one prefix, round robin, nothing else running: max(0, 1 - N / k)
  @ParameterizedTest
  @CsvSource({"1, 10, .9", "2, 10, .8", "8, 10, .2", "16, 10, 0", "4, 40, .9"})
  void poolShadow_onePrefixRoundRobin_eachEndpointComputesItOnce(int endpoints, int k, double hit) {
    PoolShadow shadow = new PoolShadow(endpoints, 1_000_000, 1_000);
    long naive = 0;
    long possible = 0;
    for (int i = 0; i < k; i++) {
      Shadow each = shadow.arrive(prompt(1, 2, 3));
      naive += each.naiveReadTokens();
      possible += each.possibleReadTokens();
    }
    assertThat((double) naive / (3_000 * k)).isCloseTo(hit, within(1e-9));
    assertThat((double) possible / (3_000 * k)).isCloseTo(1 - 1.0 / k, within(1e-9));
  }

  @Test
  void poolShadow_promptBehindTheLastBlock_countsAsNotRead() {
    PoolShadow shadow = new PoolShadow(1, 1_000_000, 1_000);
    shadow.arrive(prompt(1, 2).promptTokens(2_700));
    Shadow again = shadow.arrive(prompt(1, 2).promptTokens(2_700));

    assertThat(again).isEqualTo(new Shadow(2_700, 2_000, 0, 2_000));
  }

  @Test
  void poolShadow_moreThanOneEndpointHolds_onlyThePooledCacheKeepsIt() {
    PoolShadow shadow = new PoolShadow(2, 3_000, 1_000);
    long possible = 0;
    long naive = 0;
    for (int round = 0; round < 10; round++) {
      for (int p = 0; p < 6; p++) {
        Shadow each = shadow.arrive(prompt(100 + p));
        possible += each.possibleReadTokens();
        naive += each.naiveReadTokens();
      }
      // Shifts the order, so that prompts change endpoints.
      shadow.arrive(prompt());
    }
    assertThat(possible).isEqualTo(54_000);
    assertThat(naive).isLessThan(possible / 2);
  }

  @Test
  void poolShadow_withoutEndpointsOrRoom_isRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new PoolShadow(0, 1, 1_000))
        .withMessage("0 endpoints of 1 tokens (expected: >= 1 each)");
  }

  // sliding lifetime, Poisson arrivals: 1 - e^(-lambda T); lambda = 1 a minute, T = 5 minutes
  @Test
  void providerShadow_slidingLifetime_readsWhatCameWithinIt() {
    ProviderShadow shadow = new ProviderShadow(300, 1_000);
    Random random = new Random(1);
    double minutes = 0;
    long read = 0;
    int requests = 20_000;
    for (int i = 0; i < requests; i++) {
      minutes -= Math.log(1 - random.nextDouble());
      long now = Math.round(minutes * 60 * SECOND);
      read += shadow.arrive(prompt(1, 2, 3, 4, 5), 0, now).possibleReadTokens();
    }
    assertThat((double) read / (5_000.0 * requests)).isCloseTo(0.993, within(0.003));
  }

  @Test
  void providerShadow_clientMarksNothing_naiveReadsAndWritesNothing() {
    ProviderShadow shadow = new ProviderShadow(300, 1_000);
    shadow.arrive(prompt(1, 2, 3), 0, 0);

    assertThat(shadow.arrive(prompt(1, 2, 3), 0, SECOND)).isEqualTo(new Shadow(3_000, 0, 0, 3_000));
  }

  @Test
  void providerShadow_clientMarksItsSystemPrompt_naiveIsThatMuch() {
    ProviderShadow shadow = new ProviderShadow(300, 1_000);

    assertThat(shadow.arrive(prompt(1, 2, 3), 2, 0)).isEqualTo(new Shadow(3_000, 0, 2_000, 0));
    assertThat(shadow.arrive(prompt(1, 2, 4), 2, SECOND))
        .isEqualTo(new Shadow(3_000, 2_000, 0, 2_000));
    assertThat(shadow.arrive(prompt(1, 2, 3), 2, 400 * SECOND))
        .isEqualTo(new Shadow(3_000, 0, 2_000, 0));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> shadow.arrive(prompt(1), 2, 0))
        .withMessage(
            "blocks marked by the client 2, with us 2 (expected: 0 to 1, the client's not more)");
  }

  @Test
  void providerShadow_weMarkMoreThanTheClient_plannedReadsAndWritesThatMuch() {
    ProviderShadow shadow = new ProviderShadow(300, 1_000);

    assertThat(shadow.arrive(prompt(1, 2, 3), 0, 2, 0))
        .isEqualTo(new Shadow(3_000, 0, 0, 0, 2_000, 0));
    assertThat(shadow.arrive(prompt(1, 2, 4), 1, 3, SECOND))
        .isEqualTo(new Shadow(3_000, 0, 1_000, 2_000, 1_000, 2_000));
  }

  @Test
  void poolShadow_picked_plannedIsWhatThePickReads() {
    PoolShadow shadow = new PoolShadow(2, 1_000_000, 1_000);

    assertThat(shadow.arrive(prompt(1, 2, 3), 2_000))
        .isEqualTo(new Shadow(3_000, 0, 0, 2_000, 0, 0));
  }

  @Test
  void shadow_moreThanThePrompt_isRefused() {
    assertThatIllegalArgumentException().isThrownBy(() -> new Shadow(100, 60, 50, 0));
    assertThatIllegalArgumentException().isThrownBy(() -> new Shadow(100, 0, 0, 101));
  }
}

package dev.warmpath.extproc.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import dev.warmpath.extproc.ledger.Tariff.EndpointHours;
import dev.warmpath.extproc.ledger.Tariff.TokenPrices;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Worked numbers, each of which follows from a formula that stands beside it. */
class TariffTest {

  private static final long USD = 1_000_000_000L;

  /** Input 2 $/M, write 1.25 times, for an hour twice, read 0.05 times. */
  private static final TokenPrices PRICES = new TokenPrices(2, 10, 0.1, 2.5, 4);

  private static Tokens input(long read, long written, long uncached) {
    return new Tokens(read, written, 0, uncached, 0);
  }

  @ParameterizedTest
  @CsvSource({"0.8, 2.90", "0.2, 10.10", "0, 12.50"})
  void tokenPrices_thousandRequestsOfAMarkedPrefix_costReadsAndWrites(double hitRate, double usd) {
    long tokens = 1_000 * 5_000;
    long read = Math.round(hitRate * tokens);

    assertThat(PRICES.nanoUsd(input(read, tokens - read, 0))).isEqualTo(Math.round(usd * USD));
  }

  @Test
  void tokenPrices_thousandRequestsUnmarked_costInput() {
    assertThat(PRICES.nanoUsd(input(0, 0, 1_000 * 5_000))).isEqualTo(10 * USD);
  }

  @Test
  void tokenPrices_oneConversationOfElevenTurns_costsAFifth() {
    // 5,000 shared and 200 fresh tokens a turn, nothing else cached.
    Tokens marked = new Tokens(50_000, 5_000, 0, 2_200, 0);

    assertThat(PRICES.nanoUsd(marked)).isEqualTo(21_900_000);
    assertThat(PRICES.nanoUsd(input(0, 0, 57_200))).isEqualTo(114_400_000);
    assertThat(marked.hitRate()).isCloseTo(0.874, within(0.0005));
  }

  @ParameterizedTest
  @CsvSource({"0.8, 0.28", "0.2, 0.82"})
  void tokenPrices_readsOnlyAtATenth_costOneLessNineTenthsOfTheHitRate(double hit, double cost) {
    TokenPrices tenth = new TokenPrices(1, 0, 0.1, 1, 1);
    long read = Math.round(hit * 1_000_000);

    assertThat(tenth.nanoUsd(input(read, 0, 1_000_000 - read))).isEqualTo(Math.round(cost * USD));
  }

  @ParameterizedTest
  @CsvSource({
    "1, .91, 81.9", "1, .75, 67.5", "1, .51, 45.9",
    "1.25, .91, 79.7", "1.25, .75, 61.3", "1.25, .51, 33.6"
  })
  void tokenPrices_savingOnAPrefix_isThatOfReadsLessWrites(
      double write, double hit, double percent) {
    TokenPrices prices = new TokenPrices(1, 0, 0.1, write, 2);
    long read = Math.round(hit * 1_000_000);
    double saving = 1 - prices.nanoUsd(input(read, 1_000_000 - read, 0)) / (double) USD;

    assertThat(100 * saving).isCloseTo(percent, within(0.06));
  }

  @ParameterizedTest
  @CsvSource({"1.25, 0.1, 21.7", "2, 0.1, 52.6", "1.25, 0.05, 20.8", "2, 0.05, 51.3"})
  void tokenPrices_breakEvenHitRate_costsWhatUnmarkedInputDoes(
      double write, double read, double percent) {
    TokenPrices prices = new TokenPrices(1, 0, read, write, write);
    long hits = Math.round(percent / 100 * 1_000_000);

    assertThat(prices.nanoUsd(input(hits, 1_000_000 - hits, 0)) / (double) USD)
        .isCloseTo(1, within(0.001));
  }

  @Test
  void tokenPrices_eachKindOfToken_hasItsPrice() {
    assertThat(PRICES.nanoUsd(new Tokens(1, 0, 0, 0, 0))).isEqualTo(100);
    assertThat(PRICES.nanoUsd(new Tokens(0, 1, 0, 0, 0))).isEqualTo(2_500);
    assertThat(PRICES.nanoUsd(new Tokens(0, 0, 1, 0, 0))).isEqualTo(4_000);
    assertThat(PRICES.nanoUsd(new Tokens(0, 0, 0, 1, 0))).isEqualTo(2_000);
    assertThat(PRICES.nanoUsd(new Tokens(0, 0, 0, 0, 1))).isEqualTo(10_000);
  }

  @Test
  void canPrice_unknown_isNotZero() {
    assertThat(PRICES.canPrice(new Tokens(-1, 0, 0, 5, 5))).isFalse();
    assertThat(PRICES.canPrice(new Tokens(5, 0, 0, -1, 5))).isFalse();
    assertThat(PRICES.canPrice(new Tokens(5, 0, 0, 5, -1))).isFalse();
    assertThat(PRICES.canPrice(new Tokens(5, -1, -1, 5, 5))).isTrue();
    assertThat(new EndpointHours(1, 1).canPrice(new Tokens(5, -1, -1, 5, -1))).isTrue();
    assertThat(new EndpointHours(1, 1).canPrice(new Tokens(-1, 0, 0, 5, 5))).isFalse();
  }

  @Test
  void endpointHours_uncachedTokens_costTheirShareOfTheHour() {
    EndpointHours gpu = new EndpointHours(2_500, 3);
    // A full hour of prefill, whatever was read beside it.
    Tokens hour = new Tokens(5_000_000, 0, 0, 2_500 * 3_600, 77);

    assertThat(gpu.busySeconds(hour)).isEqualTo(3_600);
    assertThat(gpu.nanoUsd(hour)).isEqualTo(3 * USD);
  }

  @Test
  void hitRate_nothingWritten_isOfAllInputNotOfWhatWasMarked() {
    assertThat(new Tokens(4_000, 0, 0, 1_000, 9).hitRate()).isEqualTo(0.8);
    assertThat(Tokens.ZERO.hitRate()).isZero();
  }

  @Test
  void tariffs_outOfRange_areRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new EndpointHours(0, 1))
        .withMessage("0.0 tokens/s, 1.0 USD/h (expected: > 0, >= 0)");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new TokenPrices(1, 1, -1, 1, 1))
        .withMessageContaining("read -1.0");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Tokens(0, 0, 0, -2, 0))
        .withMessageContaining("uncached -2");
  }
}

package dev.warmpath.e2e.economics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.warmpath.e2e.provider.MessageUsage;
import dev.warmpath.extproc.ledger.Tariff.EndpointHours;
import dev.warmpath.extproc.ledger.Tariff.TokenPrices;
import dev.warmpath.extproc.ledger.Tokens;
import dev.warmpath.extproc.prompt.Dialect;
import dev.warmpath.extproc.provider.ModelEntry;
import dev.warmpath.extproc.provider.Prices;
import java.util.List;
import java.util.Random;
import java.util.function.IntUnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The arithmetic of caching: each number by its formula and, where there is one, by the code that
 * prices or bills. What only {@link BillTest} and the ledger's tests have is not repeated.
 */
class WorkedNumbersTest {

  private static final long SECOND = Traffic.SECOND;
  private static final int[] FIVE_MINUTES = {0, 300, 0, 0};
  private static final double USD = 1e9;
  private static final int MILLION = 1_000_000;

  private static Bill bill() {
    return new Bill(
        new ModelEntry("m", Dialect.ANTHROPIC_MESSAGES, 1_024, 4, 20, List.of(), "", ""),
        new Prices(2, 10, 0.1, 2.5, 4));
  }

  /** A prefix and a question, answered at once. */
  private static Arrival request(long nanos, long prefix, int tokens, int questionTokens) {
    return new Prompt().system(prefix, tokens, 1).ask(nanos, questionTokens, 1, 2, 3).at(nanos, 0);
  }

  /** Input at a price of 1, of which so much is read, and the rest written. */
  private static double cost(double hits, double read, double write) {
    long readTokens = Math.round(hits * MILLION);
    return new TokenPrices(1, 0, read, write, write)
            .nanoUsd(new Tokens(readTokens, MILLION - readTokens, 0, 0, 0))
        / USD;
  }

  private static double formula(double hits, double read, double write) {
    return hits * read + (1 - hits) * write;
  }

  @Test
  void hitRate_plannedAtFourFifthsAndAFifthComes_isThreeTimesDearerThanThePlan() {
    double planned = cost(0.8, 0.1, 1);
    double got = cost(0.2, 0.1, 1);

    assertThat(planned).isCloseTo(1 - 0.9 * 0.8, within(1e-9)).isCloseTo(0.28, within(1e-9));
    assertThat(got).isCloseTo(1 - 0.9 * 0.2, within(1e-9)).isCloseTo(0.82, within(1e-9));
    assertThat(got / planned).isCloseTo(2.93, within(0.005));
    assertThat((1 - got) / (1 - planned)).isCloseTo(0.25, within(1e-9));
  }

  @ParameterizedTest
  @CsvSource({"1.25, 0.1, 21.7", "2, 0.1, 52.6", "1.25, 0.05, 20.8", "2, 0.05, 51.3"})
  void breakEven_ofWritesAndReads_costsWhatUnmarkedInputDoes(
      double write, double read, double percent) {
    double hits = (write - 1) / (write - read);

    assertThat(100 * hits).isCloseTo(percent, within(0.05));
    assertThat(cost(hits, read, write)).isCloseTo(1, within(2e-6));
    assertThat(cost(hits + 0.01, read, write)).isLessThan(1);
    assertThat(cost(hits - 0.01, read, write)).isGreaterThan(1);
  }

  @ParameterizedTest
  @CsvSource({"0.8, 2.90", "0.2, 10.10", "0, 12.50"})
  void thousandPrefixes_ofFiveThousandTokens_costTheFormulaTimesTenDollars(
      double hits, double usd) {
    assertThat(10 * formula(hits, 0.05, 1.25)).isCloseTo(usd, within(1e-9));
    assertThat(10 * cost(hits, 0.05, 1.25)).isCloseTo(usd, within(1e-9));
  }

  /** Ten requests of one prefix, each at one of some caches. */
  private static double hitRate(int requests, IntUnaryOperator cache) {
    Bill bill = bill();
    long read = 0;
    long all = 0;
    for (int i = 0; i < requests; i++) {
      MessageUsage usage =
          bill.add(request(i * SECOND, cache.applyAsInt(i), 5_000, 0), FIVE_MINUTES);
      read += usage.read();
      all += usage.allInput();
    }
    return (double) read / all;
  }

  @ParameterizedTest
  @CsvSource({"1, .900", "2, .800", "4, .623", "8, .410", "16, .239"})
  void onePrefix_atRandomOverCaches_hitsByTheFormula(int caches, double expected) {
    int requests = 10;
    double formula = 1 - caches * (1 - Math.pow(1 - 1.0 / caches, requests)) / requests;
    assertThat(formula).isCloseTo(expected, within(0.0005));

    Random random = new Random(caches);
    int trials = 4_000;
    double sum = 0;
    for (int i = 0; i < trials; i++) {
      sum += hitRate(requests, _ -> random.nextInt(caches));
    }
    assertThat(sum / trials).isCloseTo(formula, within(0.006));
    // With affinity all go to one.
    assertThat(hitRate(requests, _ -> caches)).isCloseTo(0.9, within(1e-9));
  }

  @ParameterizedTest
  @CsvSource({"8, .200", "16, 0"})
  void onePrefix_roundRobinOverCaches_hitsByTheFormula(int caches, double expected) {
    assertThat(Math.max(0, 1 - caches / 10.0)).isCloseTo(expected, within(1e-9));
    assertThat(hitRate(10, i -> i % caches)).isCloseTo(expected, within(1e-9));
  }

  /** {@link BillTest} has the same numbers from the bill's cache. */
  @ParameterizedTest
  @CsvSource({"1, .993", "4, .713", "8, .465"})
  void slidingLifetime_ofPoissonArrivals_hitsByTheFormula(int caches, double expected) {
    double perMinute = 1;
    double minutes = 5;

    assertThat(1 - Math.exp(-perMinute * minutes / caches)).isCloseTo(expected, within(0.0005));
  }

  @Test
  void conversation_ofElevenTurns_readsTenTimesAndTheFlatteringRateIsHigher() {
    Bill bill = bill();
    long read = 0;
    long written = 0;
    long uncached = 0;
    for (int turn = 0; turn < 11; turn++) {
      MessageUsage usage = bill.add(request(turn * SECOND, 7, 5_000, 200), FIVE_MINUTES);
      read += usage.read();
      written += usage.written5m();
      uncached += usage.uncached();
    }

    assertThat(read).isEqualTo(10 * 5_000);
    assertThat(written).isEqualTo(5_000);
    assertThat(uncached).isEqualTo(11 * 200);
    assertThat(100.0 * read / (read + written)).isCloseTo(90.9, within(0.05));
    assertThat(100 * new Tokens(read, written, 0, uncached, 0).hitRate())
        .isCloseTo(100.0 * read / (read + written + uncached), within(1e-9))
        .isCloseTo(87.4, within(0.05));
    assertThat(bill.usd())
        .isCloseTo(2e-6 * (0.05 * read + 1.25 * written + uncached), within(1e-12))
        .isCloseTo(0.0219, within(1e-9));
  }

  @Test
  void hitRate_nothingWritten_isFourFifthsAndNotAll() {
    Tokens tokens = new Tokens(4_000, 0, 0, 1_000, 0);

    assertThat((double) tokens.read() / (tokens.read() + tokens.written5m())).isEqualTo(1);
    assertThat(tokens.hitRate()).isEqualTo(4_000.0 / (4_000 + 1_000)).isEqualTo(0.8);
  }

  @ParameterizedTest
  @CsvSource({
    "1, .91, 81.9", "1, .75, 67.5", "1, .51, 45.9",
    "1.25, .91, 79.7", "1.25, .75, 61.3", "1.25, .51, 33.6"
  })
  void saving_onAPrefix_isOneLessReadsAndWrites(double write, double hits, double percent) {
    assertThat(100 * (1 - formula(hits, 0.1, write))).isCloseTo(percent, within(0.06));
    assertThat(cost(hits, 0.1, write)).isCloseTo(formula(hits, 0.1, write), within(1e-9));
  }

  @ParameterizedTest
  @CsvSource({"4092, 1023, false", "4093, 1024, true"})
  void tokens_ofCharacters_areRoundedUp(int characters, int tokens, boolean isWritable) {
    assertThat(Math.ceilDiv(characters, 4)).isEqualTo(tokens);
    assertThat(bill().isWritable(Math.ceilDiv(characters, 4))).isEqualTo(isWritable);
  }

  @ParameterizedTest
  @CsvSource({"0.5, .335", "1.5, .405"})
  void modelMix_threeTenthsPremium_costsTheWeightedPrice(double otherUsd, double expected) {
    Tokens premiumTokens = new Tokens(0, 0, 0, 300_000, 0);
    Tokens otherTokens = new Tokens(0, 0, 0, 700_000, 0);
    TokenPrices premium = new TokenPrices(10, 0, 0, 0, 0);
    TokenPrices other = new TokenPrices(otherUsd, 0, 0, 0, 0);
    double mixed = (premium.nanoUsd(premiumTokens) + other.nanoUsd(otherTokens)) / USD;

    assertThat(mixed / 10)
        .isCloseTo(0.3 + 0.7 * otherUsd / 10, within(1e-9))
        .isCloseTo(expected, within(1e-9));
  }

  @Test
  void levers_ofHalfAndTwoFifths_multiplyAndDoNotAddUp() {
    double half = 0.5;
    double twoFifths = 0.4;
    // Half the price, for what is left of the tokens.
    TokenPrices prices = new TokenPrices(1 - half, 0, 0, 0, 0);
    double cost =
        prices.nanoUsd(new Tokens(0, 0, 0, Math.round((1 - twoFifths) * MILLION), 0)) / USD;

    assertThat(1 - cost)
        .isCloseTo(1 - (1 - half) * (1 - twoFifths), within(1e-9))
        .isCloseTo(0.7, within(1e-9));
  }

  @Test
  void unequalEndpoints_withEqualShares_overloadTheSlowOne() {
    EndpointHours fast = new EndpointHours(1_700, 1);
    EndpointHours slow = new EndpointHours(1_000, 1);
    double all = fast.prefillTokensPerSecond() + slow.prefillTokensPerSecond();
    long comePerSecond = Math.round(0.8 * all);

    assertThat(fast.prefillTokensPerSecond() / all).isCloseTo(0.630, within(0.0005));
    assertThat(slow.prefillTokensPerSecond() / all).isCloseTo(0.370, within(0.0005));
    // Busy seconds of each second.
    assertThat(slow.busySeconds(new Tokens(0, 0, 0, comePerSecond / 2, 0)))
        .isCloseTo(1.08, within(1e-9));
  }

  @ParameterizedTest
  @CsvSource({".60, .556", ".70, .476", ".95, .351"})
  void endpointHour_partlyUsed_costsMoreForAMillion(double used, double usd) {
    EndpointHours gpu = new EndpointHours(2_500, 3);
    double busy = gpu.nanoUsd(new Tokens(0, 0, 0, MILLION, 0)) / USD;

    assertThat(busy / used)
        .isCloseTo(3 / (2_500 * 3_600 * used) * MILLION, within(1e-8))
        .isCloseTo(usd, within(0.0005));
  }

  /** Arithmetic alone: nothing here batches. */
  @ParameterizedTest
  @CsvSource({"5, 550, 3.18", "10, 800, 4.375"})
  void batching_ofSome_takesOneStartForAll(int count, int millis, double times) {
    int batched = 300 + 50 * count;
    int oneByOne = count * (300 + 50);

    assertThat(batched).isEqualTo(millis);
    assertThat((double) oneByOne / batched).isCloseTo(times, within(0.005));
  }
}

package dev.warmpath.e2e.economics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import dev.warmpath.extproc.prompt.Dialect;
import dev.warmpath.extproc.provider.ModelEntry;
import dev.warmpath.extproc.provider.Prices;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The bill, against numbers that were worked out by hand. */
class BillTest {

  private static final long SECOND = Traffic.SECOND;
  private static final int[] NO_MARKERS = new int[4];
  private static final int[] FIVE_MINUTES = {0, 300, 0, 0};
  private static final int[] ONE_HOUR = {0, 3600, 0, 0};

  /** Two dollars a million, written at 1.25 and 2 times, read at 0.05 times. */
  private static final Prices PRICES = new Prices(2, 10, 0.1, 2.5, 4);

  private long nanos;

  private static Bill bill() {
    return new Bill(
        new ModelEntry("m", Dialect.ANTHROPIC_MESSAGES, 1_024, 4, 20, List.of(), "", ""), PRICES);
  }

  /** A system prompt and a question of so many tokens, answered at once. */
  private Arrival request(long system, int systemTokens, int questionTokens) {
    return new Arrival(
        nanos,
        0,
        new long[] {system, 1_000_000 + nanos},
        new long[] {systemTokens, systemTokens + questionTokens},
        new int[] {1, 2},
        new int[] {-1, 0, -1, 1},
        new int[4]);
  }

  @Test
  void conversation_ofElevenTurns_costsAFifth() {
    Bill marked = bill();
    Bill unmarked = bill();
    for (int turn = 0; turn < 11; turn++) {
      nanos += SECOND;
      marked.add(request(7, 5_000, 200), FIVE_MINUTES);
      unmarked.add(request(7, 5_000, 200), NO_MARKERS);
    }

    assertThat(marked.usd()).isCloseTo(0.0219, within(1e-9));
    assertThat(unmarked.usd()).isCloseTo(0.1144, within(1e-9));
  }

  @ParameterizedTest
  @CsvSource({"800, 2.90", "200, 10.10", "0, 12.50", "208, 10.004", "209, 9.992"})
  void thousandRequests_byHowManyAreRead_costWhatTheFormulaSays(int read, double usd) {
    Bill bill = bill();
    bill.add(request(0, 5_000, 0), FIVE_MINUTES);
    double written = bill.usd();
    int misses = 1_000 - read;
    for (int i = 1; i <= 1_000; i++) {
      nanos += SECOND;
      bill.add(request(i <= misses ? i : misses, 5_000, 0), FIVE_MINUTES);
    }

    assertThat(bill.usd() - written).isCloseTo(usd, within(1e-9));
  }

  @ParameterizedTest
  @CsvSource({"512, 10.016", "513, 9.9965"})
  void thousandRequests_writtenForAnHour_breakEvenAtFiftyOnePercent(int read, double usd) {
    Bill bill = bill();
    bill.add(request(0, 5_000, 0), ONE_HOUR);
    double written = bill.usd();
    int misses = 1_000 - read;
    for (int i = 1; i <= 1_000; i++) {
      nanos += SECOND;
      bill.add(request(i <= misses ? i : misses, 5_000, 0), ONE_HOUR);
    }

    assertThat(bill.usd() - written).isCloseTo(usd, within(1e-9));
  }

  /** With a lifetime that each hit begins anew, 1 − e^(−λT/N) of the requests read. */
  @ParameterizedTest
  @CsvSource({"1, 0.993", "4, 0.713", "8, 0.465"})
  void poissonArrivals_spreadOverCaches_readTheShareOfTheFormula(int caches, double share) {
    Random random = new Random(caches);
    Bill bill = bill();
    int count = 20_000;
    for (int i = 0; i < count; i++) {
      nanos += (long) (-Math.log(1 - random.nextDouble()) * 60 * SECOND);
      bill.add(request(random.nextInt(caches), 5_000, 0), FIVE_MINUTES);
    }

    // Each costs 0.0005 read and 0.0125 written.
    double read = (0.0125 - bill.usd() / count) / 0.012;
    assertThat(read).isCloseTo(share, within(0.01));
  }

  @Test
  void write_beforeItsResponseBegan_isReadByNobody() {
    Bill bill = bill();
    Arrival cold = request(7, 5_000, 0).at(0, 2 * SECOND);
    bill.add(cold, FIVE_MINUTES);
    double written = bill.usd();

    bill.add(cold.at(SECOND, SECOND), FIVE_MINUTES);
    assertThat(bill.usd()).isCloseTo(2 * written, within(1e-12));
    assertThat(bill.isWritten(7, SECOND)).isTrue();

    bill.add(cold.at(3 * SECOND, SECOND), FIVE_MINUTES);
    assertThat(bill.usd()).isCloseTo(2 * written + 0.0005, within(1e-12));
  }

  @Test
  void marker_belowTheMinimum_writesNothing() {
    Bill bill = bill();
    bill.add(request(7, 1_023, 0), FIVE_MINUTES);
    nanos += SECOND;

    assertThat(bill.isReadable(7, nanos)).isFalse();
    assertThat(bill.usd()).isCloseTo(1_023 * 2e-6, within(1e-12));
  }

  @Test
  void marker_thatTheProviderRefuses_isNoBill() {
    int[] hourBehindMinutes = {0, 300, 0, 3600};

    assertThatIllegalArgumentException()
        .isThrownBy(() -> bill().add(request(7, 5_000, 10), hourBehindMinutes));
  }
}

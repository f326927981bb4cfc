package dev.warmpath.extproc.annotate;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.warmpath.extproc.provider.PriceFactors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PaddingTest {

  private static final long SECOND = 1_000_000_000L;
  private static final PriceFactors PRICES = new PriceFactors(0.1, 1.25, 2, null);
  private static final int SYSTEM = Boundary.SYSTEM.index;

  /** Of a minimum of 512 that 420 tokens miss: to 589, in steps of 32, and its frame. */
  private static final int MISSING = 240;

  private final PayingMarkers markers = new PayingMarkers(4096);
  private final PayingMarkers.Offer offer = new PayingMarkers.Offer();
  private final PayingMarkers.Chosen chosen = new PayingMarkers.Chosen();
  private int maxTokens = 512;
  private boolean isNeeded = true;
  private boolean isForecast;
  private long nowNanos;

  /** A system prompt of 420 tokens, and a question of 100 that never comes back. */
  private void ask(long system, int freeMarkers) {
    ask(markers, system, MISSING, freeMarkers);
  }

  private void ask(PayingMarkers of, long system, int missing, int freeMarkers) {
    offer.clear(300);
    offer.end(system);
    offer.boundary(Boundary.SYSTEM, 420, 1);
    offer.mayMark(Boundary.SYSTEM, 300, 3600);
    offer.padding(missing, maxTokens, isNeeded, isForecast);
    offer.end(nowNanos);
    offer.boundary(Boundary.CONVERSATION, 520, 2);
    of.choose("route", "scope", offer, freeMarkers, 20, PRICES, nowNanos, chosen);
    of.answered(chosen.keys, chosen.marked(), nowNanos + SECOND);
  }

  private void askEach(int seconds, int times) {
    for (int i = 0; i < times; i++) {
      nowNanos += seconds * SECOND;
      ask(7, 4);
    }
  }

  @ParameterizedTest
  @CsvSource({"512, 420, 240", "512, 300, 368", "1024, 900, 336", "512, 588, 80", "512, 460, 208"})
  void missing_isSoMuchBeyondTheMinimumAsEstimatesAreWrong(int minimum, int tokens, int missing) {
    assertThat(Padding.missing(tokens, minimum)).isEqualTo(missing);
    int words = words(Padding.text(missing));
    assertThat(tokens + words).isGreaterThanOrEqualTo((int) Padding.enough(minimum));
    assertThat(words).isLessThan(missing);
  }

  private static int words(byte[] text) {
    String all = new String(text, US_ASCII);
    return all.substring(all.indexOf("over them.")).split(" ").length - 3;
  }

  @Test
  void text_ofANumberOfTokens_isAlwaysTheSameAndNoEndOfAString() {
    byte[] text = Padding.text(MISSING);

    assertThat(text).isEqualTo(Padding.text(MISSING)).doesNotContain('"');
    assertThat(new String(text, UTF_8))
        .startsWith("\\n\\n<padding>")
        .contains("mean nothing", "pass over them")
        .endsWith(" </padding>");
  }

  @Test
  void choose_promptThatComesBackInTime_isLengthenedOnceItWasSeenTo() {
    ask(7, 4);
    assertThat(chosen.paddingDecision).isEqualTo(PaddingDecision.NOT_SEEN_AGAIN);
    assertThat(chosen.seconds[SYSTEM]).isZero();

    askEach(30, 20);

    assertThat(chosen.paddingDecision).isEqualTo(PaddingDecision.PADDED);
    assertThat(chosen.paddingTokens).isEqualTo(MISSING);
    assertThat(chosen.expectsRead).isTrue();
  }

  /**
   * 420 tokens unmarked, or 660 at p·0.1 + (1 − p)·1.25: even at p = 0.534, and a tenth of the
   * prompt is saved from p = 0.589 on. One that returns in the half of cases isn't lengthened.
   */
  @ParameterizedTest
  @CsvSource({"2, DOES_NOT_PAY", "10, PADDED"})
  void choose_returnsOneLessOftenThanItPays_isLengthenedOnlyAboveIt(
      int each, PaddingDecision decision) {
    int padded = 0;
    for (int i = 1; i <= 600; i++) {
      nowNanos += (i % each == 0 ? 5_000 : 60) * SECOND;
      ask(7, 4);
      padded += i > 500 && chosen.paddingTokens > 0 ? 1 : 0;
    }
    assertThat(padded).isEqualTo(decision == PaddingDecision.PADDED ? 100 : 0);
    nowNanos += 400 * SECOND;
    ask(7, 4);

    assertThat(chosen.paddingDecision).isEqualTo(decision);
    double even = (660 * 1.25 - 420) / (660 * 1.15);
    assertThat(even).isBetween(0.533, 0.534);
  }

  @Test
  void choose_missesMoreThanMayBeAdded_isLeftAlone() {
    maxTokens = MISSING - 1;
    askEach(30, 20);

    assertThat(chosen.paddingDecision).isEqualTo(PaddingDecision.OVER_BOUND);
    assertThat(chosen.seconds).containsOnly(0);
  }

  @Test
  void choose_bodyThatMustNotChange_isNotLengthened() {
    for (int i = 0; i < 20; i++) {
      nowNanos += 30 * SECOND;
      ask(7, 0);
    }

    assertThat(chosen.paddingTokens).isZero();
  }

  @Test
  void choose_forecast_saysWhatItWouldDo() {
    isForecast = true;
    askEach(30, 20);

    assertThat(chosen.paddingDecision).isEqualTo(PaddingDecision.FORECAST);
    assertThat(chosen.paddingTokens).isZero();
    assertThat(chosen.seconds).containsOnly(0);
  }

  @Test
  void choose_estimateThatMovesBeyondTheMinimum_staysAsItIs() {
    askEach(30, 20);
    isNeeded = false;
    offer.clear(300);
    nowNanos += 30 * SECOND;
    ask(markers, 7, 100, 4);

    assertThat(chosen.paddingTokens).isEqualTo(MISSING);
    nowNanos += 30 * SECOND;
    ask(8, 4);
    assertThat(chosen.paddingDecision).as("never lengthened").isEqualTo(PaddingDecision.NONE);
    assertThat(chosen.paddingTokens).isZero();
  }

  @Test
  void paddingMissed_providerWroteNothing_endsItForThatPrompt() {
    askEach(30, 20);
    markers.paddingMissed(7);

    askEach(30, 20);

    assertThat(chosen.paddingDecision).isEqualTo(PaddingDecision.STOPPED);
    assertThat(chosen.paddingTokens).isZero();
  }

  @Test
  void told_lengthAtAnotherReplica_isTakenOver() {
    PayingMarkers peer = new PayingMarkers(4096, 1000);
    for (int i = 0; i < 20; i++) {
      nowNanos += 30 * SECOND;
      ask(peer, 7, MISSING + 32, 4);
    }
    assertThat(chosen.paddingTokens).isEqualTo(MISSING + 32);
    peer.drainUntold(Integer.MAX_VALUE).forEach(markers::told);

    nowNanos += 30 * SECOND;
    ask(7, 4);

    assertThat(chosen.paddingTokens).isEqualTo(MISSING + 32);
    assertThat(chosen.expectsRead).isTrue();
  }
}

package dev.warmpath.extproc.annotate;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmpath.extproc.provider.PriceFactors;
import org.junit.jupiter.api.Test;

class PayingMarkersTest {

  private static final long SECOND = 1_000_000_000L;
  private static final int MINUTES_SECONDS = 300;
  private static final int LOOKBACK = 20;
  private static final PriceFactors PRICES = new PriceFactors(0.1, 1.25, 2, null);
  private static final int SYSTEM = Boundary.SYSTEM.index;
  private static final int PREVIOUS_TURN = Boundary.PREVIOUS_TURN.index;
  private static final int CONVERSATION = Boundary.CONVERSATION.index;

  private final PayingMarkers markers = new PayingMarkers(4096);
  private final PayingMarkers.Offer offer = new PayingMarkers.Offer();
  private final PayingMarkers.Chosen chosen = new PayingMarkers.Chosen();
  private long nowNanos;

  private void offer(Boundary boundary, long key, long tokens) {
    offer.end(key);
    offer.boundary(boundary, tokens, (int) (tokens / 1000));
    offer.mayMark(boundary, 300, 3600);
  }

  private void choose(int freeMarkers) {
    markers.choose("route", "scope", offer, freeMarkers, LOOKBACK, PRICES, nowNanos, chosen);
  }

  /** A question about a system prompt of 4,000 tokens, itself of 8,000; answered at once. */
  private void ask(long system, long question) {
    offer.clear(MINUTES_SECONDS);
    offer(Boundary.SYSTEM, system, 4_000);
    offer(Boundary.CONVERSATION, question, 12_000);
    choose(4);
    answer();
  }

  private void answer() {
    markers.answered(chosen.keys, chosen.marked(), nowNanos);
  }

  @Test
  void choose_promptsThatNeverComeBack_areTriedAndThenLeftAlone() {
    int marked = 0;
    for (int i = 1; i <= 1000; i++) {
      nowNanos += SECOND;
      ask(-i, i);
      marked += chosen.seconds[CONVERSATION] > 0 || chosen.seconds[SYSTEM] > 0 ? 1 : 0;
    }

    assertThat(marked).isBetween(1, 2 * MarkerChoice.MAX_EXPLORED);
    assertThat(chosen.seconds).containsOnly(0);
  }

  @Test
  void choose_manyAtOnceOfWhichNothingIsKnown_areTriedNoMoreThanTheBound() {
    int marked = 0;
    for (int i = 1; i <= 1000; i++) {
      ask(-i, i);
      marked += chosen.seconds[CONVERSATION] > 0 ? 1 : 0;
    }

    assertThat(marked).isEqualTo(MarkerChoice.MAX_EXPLORED);
  }

  @Test
  void choose_systemPromptThatAllShare_isMarkedAndQuestionsAreNot() {
    for (int i = 1; i <= 300; i++) {
      nowNanos += 10 * SECOND;
      ask(7, i);
      // By its own marker, or by that of a question that looks back to it.
      assertThat(chosen.seconds[SYSTEM] == 300 || chosen.expectsRead).as("request %d", i).isTrue();
    }

    assertThat(chosen.seconds[SYSTEM]).isEqualTo(300);
    assertThat(chosen.seconds[CONVERSATION]).isZero();
    assertThat(chosen.expectsRead).isTrue();
  }

  /**
   * Of the last of many prompts that each come so often, ten seconds apart, those requests that
   * carry a marker.
   *
   * @param automaticRead price of what is read without one; {@code NaN}: nothing is
   */
  private int markedOf(int requests, double automaticRead) {
    int marked = 0;
    for (long prompt = 1; prompt <= 200; prompt++) {
      for (int i = 0; i < requests; i++) {
        nowNanos += 10 * SECOND;
        offer.clear(MINUTES_SECONDS);
        offer.automatic(automaticRead, true);
        offer(Boundary.SYSTEM, prompt, 4_000);
        choose(4);
        answer();
        marked += prompt > 100 && chosen.seconds[SYSTEM] > 0 ? 1 : 0;
      }
    }
    return marked / 100;
  }

  /** With one read 0.1 + 1.25 is less than the 2 of no cache; the automatic one takes 0.2 + 1. */
  @Test
  void choose_onceReadAgain_paysOnlyWhereNothingIsReadWithoutAMarker() {
    assertThat(markedOf(2, Double.NaN)).isEqualTo(2);
    assertThat(new PayingMarkersTest().markedOf(2, 0.2)).isZero();
  }

  /** Two reads: 1.45 against 1.4. Three: 1.55 against 1.6. */
  @Test
  void choose_besideAnAutomaticCache_paysFromThreeReadsOn() {
    assertThat(markedOf(3, 0.2)).isZero();
    assertThat(new PayingMarkersTest().markedOf(4, 0.2)).isEqualTo(4);
  }

  /** It reads as cheaply, and writes for nothing. */
  @Test
  void choose_automaticCacheOfTheSamePrice_isNeverBeaten() {
    assertThat(markedOf(50, 0.1)).isZero();
  }

  /** The client has ended it already. */
  @Test
  void choose_besideTheClientsMarker_theAutomaticCacheIsNoLoss() {
    int marked = 0;
    for (long prompt = 1; prompt <= 200; prompt++) {
      for (int i = 0; i < 2; i++) {
        nowNanos += 10 * SECOND;
        offer.clear(MINUTES_SECONDS);
        offer.automatic(0.2, true);
        offer(Boundary.SYSTEM, prompt, 4_000);
        offer.end(-1_000 * prompt - i);
        offer.boundary(Boundary.CONVERSATION, 4_001, 5);
        offer.marked(Boundary.CONVERSATION, MINUTES_SECONDS);
        choose(3);
        answer();
        marked += prompt > 100 && (chosen.seconds[SYSTEM] > 0 || chosen.expectsRead) ? 1 : 0;
      }
    }

    assertThat(marked / 100).isEqualTo(2);
  }

  @Test
  void choose_comesBackEveryTwentyMinutes_isMarkedForAnHour() {
    for (int i = 1; i <= 60; i++) {
      nowNanos += 1200 * SECOND;
      ask(7, i);
    }

    assertThat(chosen.seconds[SYSTEM]).isEqualTo(3600);
  }

  @Test
  void choose_conversation_isReadFromItsPreviousTurn() {
    for (int conversation = 1; conversation <= 20; conversation++) {
      for (int turn = 1; turn <= 10; turn++) {
        nowNanos += 20 * SECOND;
        offer.clear(MINUTES_SECONDS);
        offer(Boundary.SYSTEM, 7, 4_000);
        if (turn > 1) {
          offer(Boundary.PREVIOUS_TURN, 1000L * conversation + turn - 1, 4_000 + turn * 900L);
        }
        offer(Boundary.CONVERSATION, 1000L * conversation + turn, 4_900 + turn * 900L);
        choose(4);
        answer();
      }
    }

    assertThat(chosen.seconds[CONVERSATION]).isEqualTo(300);
    // It lies within the lookback.
    assertThat(chosen.seconds[PREVIOUS_TURN]).isZero();
    assertThat(chosen.expectsRead).isTrue();
  }

  @Test
  void choose_turnBeyondTheLookback_isMarkedItself() {
    converse(30_000);

    assertThat(chosen.seconds[CONVERSATION]).isEqualTo(300);
    assertThat(chosen.seconds[PREVIOUS_TURN]).isEqualTo(300);
  }

  /** One end in ten is read again, but by thirty at once. */
  @Test
  void choose_returnsOfManyAtOnce_countAsManyReads() {
    for (int conversation = 1; conversation <= 400; conversation++) {
      nowNanos += 3_700 * SECOND;
      offer.clear(MINUTES_SECONDS);
      offer(Boundary.CONVERSATION, conversation, 20_000);
      choose(4);
      answer();
      nowNanos += 30 * SECOND;
      for (int child = 0; conversation % 10 == 0 && child < 30; child++) {
        offer.clear(MINUTES_SECONDS);
        offer(Boundary.CONVERSATION, conversation, 20_000);
        choose(4);
      }
      answer();
    }
    nowNanos += 3_700 * SECOND;
    offer.clear(MINUTES_SECONDS);
    offer(Boundary.CONVERSATION, 1_000, 20_000);
    choose(4);

    assertThat(chosen.seconds[CONVERSATION]).isEqualTo(300);
  }

  /** A marker looks at twenty blocks, its own included. */
  @Test
  void choose_turnAtTheLookback_isFoundUpToTheNineteenthBefore() {
    converse(19_000);
    assertThat(chosen.seconds[PREVIOUS_TURN]).isZero();

    nowNanos += 7_200 * SECOND;
    converse(20_000);
    assertThat(chosen.seconds[PREVIOUS_TURN]).isEqualTo(300);
  }

  /** A conversation of turns of so many tokens, a thousand in a block. */
  private void converse(long turnTokens) {
    for (int turn = 1; turn <= 30; turn++) {
      nowNanos += 20 * SECOND;
      offer.clear(MINUTES_SECONDS);
      if (turn > 1) {
        offer(Boundary.PREVIOUS_TURN, turnTokens + turn - 1, (turn - 1) * turnTokens);
      }
      offer(Boundary.CONVERSATION, turnTokens + turn, turn * turnTokens);
      choose(4);
      answer();
    }
  }

  @Test
  void choose_whileAnotherRequestWritesIt_leavesItAlone() {
    offer.clear(MINUTES_SECONDS);
    offer(Boundary.SYSTEM, 7, 4_000);
    choose(4);
    assertThat(chosen.seconds[SYSTEM]).isEqualTo(300);

    nowNanos += SECOND;
    offer.clear(MINUTES_SECONDS);
    offer(Boundary.SYSTEM, 7, 4_000);
    choose(4);

    assertThat(chosen.seconds[SYSTEM]).isZero();
    assertThat(chosen.written[SYSTEM]).isTrue();
  }

  @Test
  void choose_writeFailed_isWrittenByTheNext() {
    offer.clear(MINUTES_SECONDS);
    offer(Boundary.SYSTEM, 7, 4_000);
    choose(4);

    markers.failed(chosen.marked(), nowNanos);
    choose(4);

    assertThat(chosen.seconds[SYSTEM]).isEqualTo(300);
  }

  @Test
  void choose_noMarkerIsFree_learnsAllTheSame() {
    for (int i = 1; i <= 100; i++) {
      nowNanos += 10 * SECOND;
      offer.clear(MINUTES_SECONDS);
      offer(Boundary.SYSTEM, 7, 4_000);
      choose(0);
      assertThat(chosen.seconds).containsOnly(0);
      answer();
    }
    nowNanos += 10 * SECOND;
    ask(7, 1);

    assertThat(chosen.seconds[SYSTEM]).isEqualTo(300);
  }

  @Test
  void choose_behindTheClientsFiveMinutes_isMarkedForNoLonger() {
    for (int i = 1; i <= 60; i++) {
      nowNanos += 1200 * SECOND;
      offer.clear(MINUTES_SECONDS);
      offer.end(7);
      offer.boundary(Boundary.SYSTEM, 4_000, 4);
      offer.marked(Boundary.SYSTEM, 300);
      offer(Boundary.CONVERSATION, 8, 12_000);
      choose(3);
      answer();

      assertThat(chosen.seconds[SYSTEM]).isEqualTo(300);
      assertThat(chosen.seconds[CONVERSATION]).isNotEqualTo(3600);
    }
  }

  @Test
  void choose_boundaryThatTakesNoMarker_getsNone() {
    for (int i = 1; i <= 20; i++) {
      nowNanos += 10 * SECOND;
      offer.clear(MINUTES_SECONDS);
      offer.end(7);
      offer.boundary(Boundary.SYSTEM, 4_000, 4);
      choose(4);
      answer();
    }

    assertThat(chosen.seconds).containsOnly(0);
  }

  /** Another replica, which is asked the same way. */
  private static final class Peer {
    private final PayingMarkers markers = new PayingMarkers(4096, 1000);
    private final PayingMarkers.Chosen chosen = new PayingMarkers.Chosen();

    void ask(long system, long question, long nowNanos) {
      var offer = new PayingMarkers.Offer();
      offer.clear(MINUTES_SECONDS);
      offer.end(system);
      offer.boundary(Boundary.SYSTEM, 4_000, 4);
      offer.mayMark(Boundary.SYSTEM, 300, 3600);
      offer.end(question);
      offer.boundary(Boundary.CONVERSATION, 12_000, 12);
      offer.mayMark(Boundary.CONVERSATION, 300, 3600);
      markers.choose("route", "scope", offer, 4, LOOKBACK, PRICES, nowNanos, chosen);
    }

    void answer(long nowNanos) {
      markers.answered(chosen.keys, chosen.marked(), nowNanos);
    }

    void tell(PayingMarkers other) {
      markers.drainUntold(Integer.MAX_VALUE).forEach(other::told);
    }
  }

  /** Each of three sees one that returns every four minutes all twelve: too late for a marker. */
  @Test
  void told_prefixThatReturnsElsewhereMeanwhile_isMarkedAsOneReplicaWould() {
    Peer peer = new Peer();
    PayingMarkers alone = new PayingMarkers(4096);
    PayingMarkers.Chosen ofAlone = new PayingMarkers.Chosen();
    for (int i = 1; i <= 300; i++) {
      nowNanos += 240 * SECOND;
      if (i % 3 > 0) {
        peer.ask(7, i, nowNanos);
        peer.answer(nowNanos);
        peer.tell(markers);
      } else {
        ask(7, i);
        alone.choose("route", "scope", offer, 4, LOOKBACK, PRICES, nowNanos, ofAlone);
        alone.answered(ofAlone.keys, ofAlone.marked(), nowNanos);
      }
    }

    assertThat(chosen.seconds[SYSTEM]).isEqualTo(300);
    assertThat(chosen.expectsRead).isTrue();
    assertThat(ofAlone.seconds[SYSTEM]).as("without being told").isEqualTo(3600);
  }

  @Test
  void told_anotherReplicaWritesIt_isNotWrittenTwiceButRead() {
    for (int i = 1; i <= 100; i++) {
      nowNanos += 400 * SECOND;
      ask(7, i);
    }
    nowNanos += 4000 * SECOND;
    Peer peer = new Peer();
    peer.ask(7, -1, nowNanos);
    assertThat(peer.chosen.seconds[SYSTEM]).isPositive();
    peer.tell(markers);

    nowNanos += SECOND;
    ask(7, 1000);
    assertThat(chosen.written[SYSTEM]).isTrue();
    assertThat(chosen.seconds[SYSTEM]).isZero();
    peer.answer(nowNanos);
    peer.tell(markers);
    nowNanos += SECOND;
    ask(7, 1001);
    assertThat(chosen.expectsRead).isTrue();
  }

  @Test
  void told_thatItReadNothing_isNoLongerExpected() {
    Peer peer = new Peer();
    ask(7, 1);
    nowNanos += SECOND;
    peer.ask(7, 2, nowNanos);
    peer.answer(nowNanos);
    nowNanos += SECOND;
    peer.markers.readNothing(peer.chosen.keys, nowNanos);
    peer.tell(markers);

    nowNanos += SECOND;
    ask(7, 3);

    assertThat(chosen.expectsRead).isFalse();
  }

  @Test
  void told_writesThatOthersTry_countAgainstTheBoundOfAll() {
    Peer peer = new Peer();
    for (int i = 1; i <= MarkerChoice.MAX_EXPLORED; i++) {
      peer.ask(-i, i, nowNanos);
    }
    assertThat(peer.chosen.seconds[CONVERSATION]).isPositive();
    peer.tell(markers);

    ask(-1000, 1000);

    assertThat(chosen.seconds[CONVERSATION]).isZero();
  }

  @Test
  void drainUntold_replicaAlone_tellsNobody() {
    ask(7, 1);

    assertThat(markers.maxUntold()).isZero();
    assertThat(markers.drainUntold(Integer.MAX_VALUE)).isEmpty();
    assertThat(markers.leftUntold()).isZero();
  }
}

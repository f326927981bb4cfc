package dev.warmpath.extproc.annotate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class ReuseTest {

  private static final long SECOND = 1_000_000_000L;
  private static final long MINUTES = 300 * SECOND;
  private static final long HOUR = 3600 * SECOND;

  private final Reuse reuse = new Reuse(null, Boundary.SYSTEM);

  /** So many prefixes that reached all ages up to one; of these so many came back in it. */
  private static void seen(Reuse reuse, int prefixes, int lastStage, int returned) {
    for (int i = 0; i < prefixes; i++) {
      for (int stage = 0; stage <= lastStage; stage++) {
        reuse.reached(stage);
      }
    }
    for (int i = 0; i < returned; i++) {
      reuse.returned(lastStage);
    }
  }

  @Test
  void within_nothingSeen_isNoneAndAsHoped() {
    assertThat(reuse.within(HOUR)).isZero();
    assertThat(reuse.hopedWithin(MINUTES)).isCloseTo(0.6, within(0.05));
    assertThat(reuse.hopedWithin(HOUR)).isEqualTo(reuse.hopedWithin(MINUTES));
  }

  @Test
  void hoped_ofWhatStandsInFront_isMore() {
    double least = 0;
    for (Boundary boundary :
        new Boundary[] {
          Boundary.CONVERSATION, Boundary.PREVIOUS_TURN, Boundary.SYSTEM, Boundary.TOOLS
        }) {
      double hoped = new Reuse(null, boundary).hopedWithin(MINUTES);
      assertThat(hoped).isGreaterThan(least);
      least = hoped;
    }
  }

  @Test
  void within_halfCameBackAfterAMinute_isAHalf() {
    seen(reuse, 400, Reuse.stage(100 * SECOND), 200);

    assertThat(reuse.within(60 * SECOND)).isZero();
    assertThat(reuse.within(MINUTES)).isCloseTo(0.5, within(0.01));
    assertThat(reuse.hopedWithin(60 * SECOND)).isLessThan(0.01);
  }

  @Test
  void hoped_manyAreAwaitedForAMinute_fallsBeforeAnyLifetimeHasPassed() {
    seen(reuse, 100, Reuse.stage(61 * SECOND), 0);

    // What may still come back, does so between one minute and five.
    assertThat(reuse.hopedWithin(MINUTES)).isLessThan(0.2);
  }

  @Test
  void within_otherTimesHaveCome_followsThem() {
    seen(reuse, 2000, 0, 2000);
    assertThat(reuse.within(SECOND)).isGreaterThan(0.95);

    seen(reuse, 2000, Reuse.STAGES - 1, 0);

    assertThat(reuse.within(HOUR)).isLessThan(0.1);
  }

  @Test
  void ofANewScope_isAsTheRouteUntilItIsKnown() {
    seen(reuse, 200, 0, 180);
    Reuse scope = new Reuse(reuse, Boundary.SYSTEM);
    assertThat(scope.within(SECOND)).isCloseTo(0.9, within(0.02));

    seen(scope, 40, Reuse.STAGES - 1, 0);

    assertThat(scope.within(HOUR)).isLessThan(0.1);
    assertThat(reuse.within(HOUR)).isCloseTo(180.0 / 240, within(0.02));
  }

  @Test
  void explore_ofAScope_countsForTheRoute() {
    new Reuse(reuse, Boundary.SYSTEM).explore();

    assertThat(new Reuse(reuse, Boundary.SYSTEM).explored()).isEqualTo(1);
  }

  @Test
  void stage_ofATime_isTheAgeThatEndsThere() {
    assertThat(Reuse.stage(0)).isZero();
    assertThat(Reuse.stage(SECOND)).isZero();
    assertThat(Reuse.stage(SECOND + 1)).isEqualTo(1);
    assertThat(Reuse.stage(HOUR)).isEqualTo(Reuse.STAGES - 1);
    assertThat(Reuse.stage(HOUR + 1)).isEqualTo(Reuse.STAGES);
  }
}

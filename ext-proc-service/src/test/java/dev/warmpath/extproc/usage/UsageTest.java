package dev.warmpath.extproc.usage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class UsageTest {

  private static final long UNKNOWN = Usage.UNKNOWN_TOKENS;

  @Test
  void totals_allPartsKnown_follow() {
    Usage usage = Usage.of(4000, 600, 400, 1000, 7);

    assertThat(usage.writtenTokens()).isEqualTo(1000);
    assertThat(usage.inputTokens()).isEqualTo(6000);
  }

  @Test
  void uncached_onlyInputAndReadKnown_staysUnknown() {
    Usage usage = Usage.included(1000, 300, UNKNOWN, 5);

    assertThat(usage.uncachedTokens()).isEqualTo(UNKNOWN);
    assertThat(usage.writtenTokens()).isEqualTo(UNKNOWN);
    assertThat(usage.inputTokens()).isEqualTo(1000);
  }

  @Test
  void uncached_inputReadAndWrittenKnown_isTheRest() {
    Usage usage = Usage.included(1000, 300, 200, 5);

    assertThat(usage.uncachedTokens()).isEqualTo(500);
    assertThat(usage.written5mTokens()).isEqualTo(UNKNOWN);
  }

  @Test
  void split_nothingWritten_isZeroOnBothSides() {
    Usage usage = Usage.included(1000, 300, 0, 5);

    assertThat(usage.written5mTokens()).isZero();
    assertThat(usage.written1hTokens()).isZero();
  }

  @Test
  void split_oneSideKnown_givesTheOther() {
    Usage usage = new Usage(0, 900, 300, UNKNOWN, 100, UNKNOWN, 1);

    assertThat(usage.written1hTokens()).isEqualTo(600);
  }

  @Test
  void written5mOrUntold_splitUnknown_isAllThatWasWritten() {
    assertThat(Usage.included(100, 10, 40, 5).written5mOrUntoldTokens()).isEqualTo(40);
    assertThat(Usage.of(10, 30, 10, 50, 5).written5mOrUntoldTokens()).isEqualTo(30);
    assertThat(Usage.UNKNOWN.written5mOrUntoldTokens()).isEqualTo(-1);
  }

  @Test
  void split_contradictsTotal_isDropped() {
    Usage usage = new Usage(0, 900, 300, 400, 100, UNKNOWN, 1);

    assertThat(usage.writtenTokens()).isEqualTo(900);
    assertThat(usage.written5mTokens()).isEqualTo(UNKNOWN);
    assertThat(usage.written1hTokens()).isEqualTo(UNKNOWN);
    assertThat(usage.inputTokens()).isEqualTo(1000);
  }

  @Test
  void input_lessThanItsParts_isUnknown() {
    Usage usage = Usage.included(100, 300, UNKNOWN, 5);

    assertThat(usage.inputTokens()).isEqualTo(UNKNOWN);
    assertThat(usage.uncachedTokens()).isEqualTo(UNKNOWN);
    assertThat(usage.readTokens()).isEqualTo(300);
  }

  @Test
  void input_differsFromItsThreeParts_isTheirSum() {
    assertThat(new Usage(1, 2, 2, 0, 3, 1000, 5).inputTokens()).isEqualTo(6);
  }

  @Test
  void count_belowUnknown_isRefused() {
    assertThatThrownBy(() -> Usage.of(-2, 0, 0, 0, 0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("readTokens: -2 (expected:");
  }

  @Test
  void filled_fromUnknown_isTheSame() {
    Usage usage = Usage.of(1, 2, 3, 4, 5);

    assertThat(usage.filledFrom(Usage.UNKNOWN)).isEqualTo(usage);
    assertThat(Usage.UNKNOWN.filledFrom(usage)).isEqualTo(usage);
  }

  @Test
  void filled_totalWithoutSplit_takesTheSplit() {
    Usage accessLog = Usage.included(1000, 300, 200, 5);
    Usage observed = Usage.of(300, 150, 50, 500, UNKNOWN);

    assertThat(accessLog.filledFrom(observed)).isEqualTo(Usage.of(300, 150, 50, 500, 5));
  }

  @Test
  void filled_otherContradicts_isTheFirstAlone() {
    Usage first = Usage.included(1000, UNKNOWN, UNKNOWN, 5);
    Usage other = Usage.of(2000, 0, 0, UNKNOWN, UNKNOWN);

    assertThat(first.filledFrom(other)).isEqualTo(first);
  }
}

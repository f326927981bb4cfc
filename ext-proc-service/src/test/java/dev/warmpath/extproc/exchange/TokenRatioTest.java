package dev.warmpath.extproc.exchange;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class TokenRatioTest {
  private final TokenRatio ratio = new TokenRatio(4);

  @Test
  void reported_manyTimes_convergesForThatModelOnly() {
    for (int i = 0; i < 200; i++) {
      ratio.reported("pool", "code-model", 3_000, 1_000);
    }

    assertThat(ratio.bytesPerToken("pool", "code-model")).isCloseTo(3, within(0.01));
    assertThat(ratio.bytesPerToken("pool", "other")).isEqualTo(4);
    assertThat(ratio.bytesPerToken("other", "code-model")).isEqualTo(4);
  }

  @Test
  void reported_nothingOrNonsense_changesLittle() {
    ratio.reported("pool", "model", 0, 100);
    ratio.reported("pool", "model", 100, -1);
    assertThat(ratio.bytesPerToken("pool", "model")).isEqualTo(4);
    ratio.reported("pool", "model", Integer.MAX_VALUE, 1);

    assertThat(ratio.bytesPerToken("pool", "model")).isBetween(4.0, 8.0);
  }

  @Test
  void reported_moreModelsThanTheBound_guessStays() {
    for (int i = 0; i <= TokenRatio.MAX_ENTRIES; i++) {
      ratio.reported("pool", "model-" + i, 8_000, 1_000);
    }

    assertThat(ratio.bytesPerToken("pool", "model-0")).isGreaterThan(4);
    assertThat(ratio.bytesPerToken("pool", "model-" + TokenRatio.MAX_ENTRIES)).isEqualTo(4);
  }
}

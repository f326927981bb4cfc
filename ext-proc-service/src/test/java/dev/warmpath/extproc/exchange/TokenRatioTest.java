package dev.warmpath.extproc.exchange;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.warmpath.extproc.prefix.Scope;
import org.junit.jupiter.api.Test;

class TokenRatioTest {
  private static final int MAX_ENTRIES = 64;

  private final TokenRatio ratio = new TokenRatio(4, MAX_ENTRIES);

  private static Scope scope(String isolation, String model) {
    return new Scope(Scope.Lane.POOL, isolation, model);
  }

  @Test
  void reported_manyTimes_convergesForThatModel() {
    for (int i = 0; i < 200; i++) {
      ratio.reported(scope("pool", "code-model"), 3_000, 1_000);
    }

    assertThat(ratio.bytesPerToken(scope("pool", "code-model"))).isCloseTo(3, within(0.01));
    assertThat(ratio.bytesPerToken(scope("pool", "other"))).isEqualTo(4);
  }

  @Test
  void scopes_ofOneModel_haveRatiosOfTheirOwn() {
    for (int i = 0; i < 200; i++) {
      ratio.reported(scope("prose", "model"), 4_500, 1_000);
      ratio.reported(scope("kanji", "model"), 2_500, 1_000);
    }

    assertThat(ratio.bytesPerToken(scope("prose", "model"))).isCloseTo(4.5, within(0.01));
    assertThat(ratio.bytesPerToken(scope("kanji", "model"))).isCloseTo(2.5, within(0.01));
  }

  @Test
  void scope_neverSeen_beginsWithWhatTheModelShowedElsewhere() {
    for (int i = 0; i < 200; i++) {
      ratio.reported(scope("one", "model"), 3_000, 1_000);
    }

    assertThat(ratio.bytesPerToken(scope("two", "model"))).isCloseTo(3, within(0.01));
    ratio.reported(scope("two", "model"), 3_000, 1_000);
    assertThat(ratio.bytesPerToken(scope("two", "model"))).isCloseTo(3, within(0.01));
    assertThat(ratio.bytesPerToken(new Scope(Scope.Lane.PROVIDER, "two", "model"))).isEqualTo(4);
  }

  @Test
  void reported_nothingOrNonsense_changesLittle() {
    Scope scope = scope("pool", "model");
    ratio.reported(scope, 0, 100);
    ratio.reported(scope, 100, -1);
    assertThat(ratio.bytesPerToken(scope)).isEqualTo(4);
    ratio.reported(scope, Integer.MAX_VALUE, 1);

    assertThat(ratio.bytesPerToken(scope)).isBetween(4.0, 8.0);
  }

  @Test
  void reported_inventedModels_holdTheBoundAndDontStopLearning() {
    for (int i = 0; i < 100 * MAX_ENTRIES; i++) {
      ratio.reported(scope("pool", "model-" + i), 8_000, 1_000);
      ratio.bytesPerToken(scope("pool", "real"));
      ratio.reported(scope("pool", "real"), 3_000, 1_000);
    }
    ratio.cleanUp();

    assertThat(ratio.size()).isLessThanOrEqualTo(MAX_ENTRIES);
    assertThat(ratio.bytesPerToken(scope("pool", "real"))).isCloseTo(3, within(0.1));
  }
}

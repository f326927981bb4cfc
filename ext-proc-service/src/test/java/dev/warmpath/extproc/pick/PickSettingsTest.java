package dev.warmpath.extproc.pick;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.warmpath.extproc.pick.PickSettings.Ejection;
import org.junit.jupiter.api.Test;

class PickSettingsTest {

  @Test
  void defaults_areThoseOfTheConfigurationReference() {
    assertThat(PickSettings.DEFAULTS)
        .isEqualTo(
            new PickSettings(
                8_000, 1_000_000, 65_536, 2, new Ejection(3, 10_000_000_000L, 5, 10_000_000_000L)));
  }

  @Test
  void settings_outOfRange_nameValueAndExpectation() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new PickSettings(Double.NaN, 1, 1, 1, Ejection.DEFAULTS))
        .withMessage("prefillTokensPerSecond: NaN (expected: a finite number > 0)");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new PickSettings(1, 0, 1, 1, Ejection.DEFAULTS))
        .withMessage("cacheTokens: 0 (expected: >= 1)");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new PickSettings(1, 1, 0, 1, Ejection.DEFAULTS))
        .withMessage("maxBelievedBlocks: 0 (expected: 1 to 16777216)");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new PickSettings(1, 1, 1, 9, Ejection.DEFAULTS))
        .withMessage("listedEndpoints: 9 (expected: 1 to 8)");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Ejection(0, 1, 1, 1))
        .withMessage("afterFailures: 0 (expected: >= 1)");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Ejection(1, 0, 1, 1))
        .withMessage("baseNanos: 0 (expected: >= 1)");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Ejection(1, 1, 0.5, 1))
        .withMessage("overdueFactor: 0.5 (expected: a finite number >= 1)");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Ejection(1, 1, 1, 0))
        .withMessage("overdueFloorNanos: 0 (expected: >= 1)");
  }
}

package dev.warmpath.e2e.envoy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class PollTest {
  @Test
  void until_conditionHoldsAtThirdLook_returnsThen() {
    var looks = new AtomicInteger();
    Poll.until("three", Duration.ofSeconds(5), () -> looks.incrementAndGet() == 3);
    assertThat(looks).hasValue(3);
  }

  @Test
  void until_deadlinePasses_saysWhatWasMissingAndWhy() {
    assertThatThrownBy(
            () -> Poll.until("it rains", Duration.ZERO, () -> false, () -> "the sky is blue"))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("it rains")
        .hasMessageContaining("the sky is blue");
  }
}

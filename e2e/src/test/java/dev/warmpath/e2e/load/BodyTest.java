package dev.warmpath.e2e.load;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import org.junit.jupiter.api.Test;

class BodyTest {
  @Test
  void text_sameSeed_isAPrefixOfTheLongerOne() {
    assertThat(text(7, 1_000)).startsWith(text(7, 13)).hasSize(1_000);
    assertThat(text(7, 0)).isEmpty();
  }

  @Test
  void text_manySeeds_differInTheirFirstBlock() {
    var seen = new HashSet<String>();
    for (int seed = 0; seed < 2_000; seed++) {
      assertThat(seen.add(text(Body.seed(1, seed), 64))).isTrue();
    }
  }

  @Test
  void text_anySeed_needsNoEscapes() {
    assertThat(text(-3, 5_000)).matches("[a-z ]+");
  }

  private static String text(long seed, int bytes) {
    return new String(new Body(0).text(seed, bytes).toBytes(), StandardCharsets.UTF_8);
  }
}

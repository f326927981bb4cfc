package dev.warmpath.extproc.volatility;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

class VerbatimTest {

  private static final String COVER = "The warranty covers two years of normal use at home.\n";
  private static final String BATTERY = "Batteries go back to the shop where you bought them.\n";
  private static final String REPAIR = "Most repairs are done within ten of our working days.\n";
  private static final String OTHER = "Nobody but the owner may ask for a copy of an invoice.\n";

  static long[] tokens(String text) {
    Tokens tokens = new Tokens(42, 1 << 16);
    byte[] bytes = text.getBytes(UTF_8);
    tokens.text(bytes, 0, bytes.length);
    return tokens.toArray();
  }

  private static double share(String then, String now) {
    return Verbatim.share(tokens(then), tokens(now));
  }

  @Test
  void share_sentencesInAnotherOrder_isAll() {
    assertThat(share(COVER + BATTERY + REPAIR, REPAIR + COVER + BATTERY)).isEqualTo(1.0);
  }

  @Test
  void share_sentencesAreNumbered_leavesOutTheNumbers() {
    assertThat(
            share(
                "1) " + COVER + "2) " + BATTERY + "3) " + REPAIR,
                "1) " + REPAIR + "2) " + COVER + "3) " + BATTERY))
        .isCloseTo(30.0 / 33, Offset.offset(0.02));
  }

  @Test
  void share_oneOfThreeExchanged_isTwoThirds() {
    assertThat(share(COVER + OTHER + BATTERY, BATTERY + REPAIR + COVER))
        .isCloseTo(2.0 / 3, Offset.offset(0.05));
  }

  @Test
  void share_oneTextHasMore_isThatOfTheLonger() {
    assertThat(share(COVER, COVER + OTHER + REPAIR)).isCloseTo(1.0 / 3, Offset.offset(0.05));
  }

  @Test
  void share_phrasesOnly_isNone() {
    assertThat(share("red and green. blue or white.", "blue or white. red and green.")).isZero();
  }

  @Test
  void share_noWords_isNone() {
    assertThat(share("", COVER)).isZero();
    assertThat(share(" ...", "...")).isZero();
  }

  @Test
  void share_rowsWithColumnsInCommon_isSmall() {
    Random random = new Random(3);
    String[] states = {"started", "finished", "failed", "retried", "skipped", "queued"};
    String[] parts = {"connection", "request", "session", "worker", "thread", "lease"};
    StringBuilder[] tables = {new StringBuilder(), new StringBuilder()};
    for (StringBuilder table : tables) {
      for (int row = 0; row < 200; row++) {
        table.append("level=info component=").append(parts[random.nextInt(6)]);
        table.append(" state=").append(states[random.nextInt(6)]);
        table.append(" took_ms=").append(random.nextInt(10_000)).append('\n');
      }
    }

    assertThat(share(tables[0].toString(), tables[1].toString())).isLessThan(0.1);
  }

  @Test
  void share_rowsThatReturnWhole_isHigh() {
    String lamp = "{\"sku\":\"A-17\",\"name\":\"Desk lamp\",\"price\":39,\"stock\":4}\n";
    String chair = "{\"sku\":\"B-20\",\"name\":\"Office chair\",\"price\":189,\"stock\":11}\n";
    String bottle = "{\"sku\":\"C-99\",\"name\":\"Bottle of glass\",\"price\":12,\"stock\":80}\n";

    assertThat(share(lamp + chair + bottle, bottle + lamp + chair)).isGreaterThan(0.9);
  }
}

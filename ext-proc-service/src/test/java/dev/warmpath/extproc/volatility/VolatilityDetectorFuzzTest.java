package dev.warmpath.extproc.volatility;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.warmpath.extproc.prompt.Dialect;
import dev.warmpath.extproc.prompt.Prompt;
import dev.warmpath.extproc.prompt.PromptScanner;
import dev.warmpath.extproc.prompt.Verdict;
import java.util.Arrays;

/** The detector over any requests: it ends, and what it finds lies in them. */
class VolatilityDetectorFuzzTest {

  private static final Dialect[] DIALECTS = Dialect.values();

  /** Between two bodies; no JSON holds it. */
  private static final byte SEPARATOR = 0;

  private final PromptScanner scanner =
      new PromptScanner(new PromptScanner.Limits(1 << 20, 32, 1_000));
  private final Prompt prompt = new Prompt();
  private final Prompt decoded = new Prompt();

  /**
   * One run.
   *
   * @param input a byte for the dialect, as in the scanner's test, then bodies with separators
   */
  @FuzzTest
  void observe_anyRequests_findsPlacesInThem(byte[] input) {
    if (input.length == 0) {
      return;
    }
    Dialect dialect = DIALECTS[(input[0] & 0xFF) % DIALECTS.length];
    VolatilityDetector detector =
        new VolatilityDetector(
            new DetectorSettings(2, 3, 8, 256, 4096, 2, Long.MAX_VALUE), /* seed= */ 42);
    int longest = 0;
    int from = 1;
    while (from < input.length) {
      int to = from;
      while (to < input.length && input[to] != SEPARATOR) {
        to++;
      }
      byte[] body = Arrays.copyOfRange(input, from, to);
      from = to + 1;
      if (scanner.scan(body, body.length, dialect, prompt) == Verdict.OK) {
        prompt.decodeInto(decoded);
        longest = Math.max(longest, decoded.textLength());
        detector.observe(new Arrival("r", "s", "m", 4, Double.NaN, 1), decoded, 0);
      }
    }
    for (Finding finding : detector.findings()) {
      assertThat(finding.offset() + finding.length()).isLessThanOrEqualTo(longest);
      assertThat(finding.name()).isNotEmpty();
      assertThat(finding.tokensLostPerRequest()).isNotNegative();
    }
  }
}

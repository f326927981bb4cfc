package dev.warmpath.extproc.prompt;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.util.Arrays;

/** The scanner over any bytes, in every dialect, against Jackson and a tree. */
class PromptScannerFuzzTest {

  private static final Dialect[] DIALECTS = Dialect.values();

  private final ScanOracle oracle = new ScanOracle();

  /**
   * One run.
   *
   * @param input a byte for the dialect, by its remainder, so that 1 to 7 are those of {@link
   *     Dialect} in their order; then the body
   */
  @FuzzTest
  void scan_ofAnyBytes_findsWhatTheTreeSays(byte[] input) {
    if (input.length > 0) {
      Dialect dialect = DIALECTS[(input[0] & 0xFF) % DIALECTS.length];
      oracle.check(Arrays.copyOfRange(input, 1, input.length), dialect);
    }
  }
}

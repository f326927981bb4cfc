package dev.warmpath.extproc.prompt;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.IOException;
import java.util.Arrays;

/** The cursor alone against Jackson: the same bodies are JSON, and they come to the same text. */
class JsonCursorFuzzTest {

  private static final int MAX_DEPTH = 32;

  private final JsonCursor cursor = new JsonCursor(MAX_DEPTH);
  private byte[] out = {};

  @FuzzTest
  void value_ofAnyBytes_isReadAsJacksonReadsIt(byte[] body) {
    boolean sound = read(body);

    try {
      Json tree = Json.read(body).tree();
      if (tree.hasLoneSurrogate() || tree.depth() > MAX_DEPTH || startsWithMark(body)) {
        assertThat(sound).isFalse();
        return;
      }
      assertThat(sound).isTrue();
      assertThat(Arrays.copyOf(cursor.out, cursor.outPos))
          .isEqualTo(ReferencePrompt.canonical(tree));
    } catch (IOException _) {
      assertThat(sound).isFalse();
      assertThat(cursor.fault).isNotEqualTo(Verdict.OK);
    }
  }

  /** The whole body as one value. */
  private boolean read(byte[] body) {
    cursor.start(body, body.length, out);
    cursor.reserve();
    out = cursor.out;
    return (cursor.skipSpace() || cursor.fail(Verdict.EMPTY))
        && cursor.value()
        && (!cursor.skipSpace() || cursor.fail(Verdict.TRAILING_BYTES));
  }

  private static boolean startsWithMark(byte[] body) {
    return PromptScanner.startsWithByteOrderMark(body, body.length);
  }
}

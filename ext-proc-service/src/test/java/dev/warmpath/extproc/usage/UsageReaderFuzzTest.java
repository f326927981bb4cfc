package dev.warmpath.extproc.usage;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.warmpath.extproc.prompt.Dialect;
import java.util.Random;

/** The reader over any bytes: however they are cut into pieces, one answer and no exception. */
class UsageReaderFuzzTest {

  private static final Dialect[] DIALECTS = Dialect.values();
  private static final String[] TYPES = {
    "application/json", "text/event-stream", "", "application/vnd.amazon.eventstream"
  };
  private static final int[] STATUS = {200, 0, 400};

  private record Answer(Usage usage, Reading reading, String rejectedField) {}

  /**
   * One run.
   *
   * @param input a byte each, by its remainder, for the dialect, the type of the content, the
   *     status, and the seed of the pieces; then the response
   */
  @FuzzTest
  void response_inAnyPieces_givesOneAnswer(byte[] input) {
    if (input.length < 4) {
      return;
    }
    Dialect dialect = DIALECTS[(input[0] & 0xFF) % DIALECTS.length];
    String type = TYPES[(input[1] & 0xFF) % TYPES.length];
    int status = STATUS[(input[2] & 0xFF) % STATUS.length];

    UsageReader whole = UsageReader.of(dialect, status, type, "");
    whole.feed(input, 4, input.length - 4);
    Answer expected = answer(whole);

    UsageReader pieces = UsageReader.of(dialect, status, type, "");
    Random random = new Random(input[3]);
    int longest = 1 + random.nextInt(16);
    for (int from = 4; from < input.length; ) {
      int to = Math.min(input.length, from + random.nextInt(longest + 1));
      pieces.feed(input, from, to - from);
      from = to;
    }
    assertThat(answer(pieces)).isEqualTo(expected);
    assertThat(answer(pieces)).isEqualTo(expected);

    UsageReader bytes = UsageReader.of(dialect, status, type, "");
    for (int at = 4; at < input.length; at++) {
      bytes.feed(new byte[] {input[at]}, 0, 1);
    }
    assertThat(answer(bytes)).isEqualTo(expected);
  }

  private static Answer answer(UsageReader reader) {
    Usage usage = reader.finish();
    return new Answer(usage, reader.reading(), reader.rejectedField());
  }
}

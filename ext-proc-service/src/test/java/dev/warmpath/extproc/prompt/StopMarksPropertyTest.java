package dev.warmpath.extproc.prompt;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

/** Both forms of the loop that marks stops, beside one that looks at a byte at a time. */
class StopMarksPropertyTest {

  private static final byte[] OF_INTEREST = {
    '\\', '\\', '\\', '"', 'n', 't', 'u', '/', 'x', ' ', 0, 31, 32, 33, 127, -128, -94, -1
  };

  @Property
  void mark_anyBytes_isWhatEachByteSays(
      @ForAll long seed,
      @ForAll @IntRange(min = 1, max = 20) int at,
      @ForAll @IntRange(min = 1, max = 32) int blocks,
      @ForAll boolean beyondAscii) {
    byte[] in = bytes(new Random(seed), at + blocks * Long.SIZE + 8);
    long[] expected = new long[blocks];
    for (int i = 0; i < blocks * Long.SIZE; i++) {
      if (isStop(in[at + i - 1], in[at + i], beyondAscii)) {
        expected[i / Long.SIZE] |= 1L << i;
      }
    }
    long[] plain = new long[blocks];
    StopMarks.mark(in, at, blocks, beyondAscii, plain, new long[blocks * 8]);
    assertThat(plain).as("plain").isEqualTo(expected);
    long[] vectors = new long[blocks];
    VectorStopMarks.mark(in, at, blocks, beyondAscii, vectors, new long[0]);
    assertThat(vectors).as("vectors").isEqualTo(expected);
  }

  private static byte[] bytes(Random random, int length) {
    byte[] bytes = new byte[length];
    int ofInterest = random.nextInt(101);
    for (int i = 0; i < length; i++) {
      bytes[i] =
          random.nextInt(100) < ofInterest
              ? OF_INTEREST[random.nextInt(OF_INTEREST.length)]
              : (byte) random.nextInt(256);
    }
    return bytes;
  }

  private static boolean isStop(byte before, byte b, boolean beyondAscii) {
    if (before == '\\') {
      return b != '"' && b != 'n' && b != 't';
    }
    return b == '"' || (b >= 0 ? b < ' ' : beyondAscii);
  }
}

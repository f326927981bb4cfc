package dev.warmpath.extproc.usage;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/**
 * The remover over any bytes in any pieces: what goes on is what came, but for whole events that it
 * counts, and no piece but those of such events is kept.
 */
class UsageChunkRemoverFuzzTest {

  /**
   * One run.
   *
   * @param input a byte for the seed of the pieces, then the stream
   */
  @FuzzTest
  void stream_inAnyPieces_losesNothingUncounted(byte[] input) {
    if (input.length == 0) {
      return;
    }
    byte[] stream = Arrays.copyOfRange(input, 1, input.length);
    UsageChunkRemover whole = new UsageChunkRemover();
    byte[] expected = instead(whole.feed(stream, stream.length, true), stream);
    assertThat(expected.length == stream.length).isEqualTo(whole.takenOut() == 0);
    if (whole.takenOut() == 0) {
      assertThat(expected).isEqualTo(stream);
    }

    Random random = new Random(input[0]);
    int longest = 1 + random.nextInt(64);
    UsageChunkRemover pieces = new UsageChunkRemover();
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    int from = 0;
    while (from < stream.length) {
      int to = Math.min(stream.length, from + random.nextInt(longest + 1));
      byte[] piece = Arrays.copyOfRange(stream, from, to);
      out.writeBytes(instead(pieces.feed(piece, piece.length, false), piece));
      assertThat(pieces.heldBytes()).isBetween(0, UsageChunkRemover.MAX_HELD_BYTES);
      from = to;
    }
    byte[] nothing = {};
    out.writeBytes(instead(pieces.feed(nothing, 0, true), nothing));
    assertThat(pieces.heldBytes()).isZero();
    // Where a piece ends within an event decides whether it can be told in time.
    assertThat(pieces.takenOut()).isLessThanOrEqualTo(whole.takenOut());
    if (pieces.takenOut() == whole.takenOut()) {
      assertThat(out.toByteArray()).isEqualTo(expected);
    }
    if (pieces.takenOut() == 0) {
      assertThat(out.toByteArray()).isEqualTo(stream);
    }
  }

  private static byte[] instead(byte @Nullable [] bytes, byte[] piece) {
    return bytes == null ? piece : bytes;
  }
}

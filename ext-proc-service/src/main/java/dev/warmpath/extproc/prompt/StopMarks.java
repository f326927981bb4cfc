package dev.warmpath.extproc.prompt;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * Marks a window's stops (see {@link Lookahead}) by plain loops. The first has no branch and no
 * dependence between words, so that C2 turns it into vector instructions of whatever width there
 * is. All is arithmetic on the eight bytes of a long, with results in the highest bit of each byte;
 * see "Determine if a word has a zero byte" in Anderson's Bit Twiddling Hacks. It is exact: no
 * carry crosses a byte, since the highest bits are cleared before each addition.
 */
final class StopMarks {

  private static final VarHandle WORD =
      MethodHandles.byteArrayViewVarHandle(long[].class, LITTLE_ENDIAN).withInvokeExactBehavior();

  private static final long ONES = 0x0101010101010101L;
  private static final long HIGH_BITS = 0x8080808080808080L;
  private static final long LOW_BITS = ~HIGH_BITS;
  private static final long BACKSLASHES = '\\' * ONES;
  private static final long QUOTES = '"' * ONES;
  private static final long LETTERS_N = 'n' * ONES;
  private static final long LETTERS_T = 't' * ONES;
  private static final long ABOVE_CONTROLS = (0x80 - ' ') * ONES;

  /** Times a word of which each byte is 0 or 1: these bits, side by side in the highest byte. */
  private static final long GATHER = 0x0102040810204080L;

  private StopMarks() {}

  /**
   * Marks what stands in a range.
   *
   * @param at where the range begins; the byte before is read, too
   * @param blocks of 64 bytes in the range
   * @param beyondAscii whether a character beyond ASCII is a stop
   * @param bits a long for each block, its lowest bit for the first byte
   * @param scratch a long for each eight bytes
   */
  static void mark(
      byte[] in, int at, int blocks, boolean beyondAscii, long[] bits, long[] scratch) {
    words(in, at, blocks << 3, beyondAscii ? 0 : HIGH_BITS, scratch);
    for (int i = 0; i < blocks; i++) {
      int word = i << 3;
      bits[i] =
          gather(scratch[word])
              | gather(scratch[word + 1]) << 8
              | gather(scratch[word + 2]) << 16
              | gather(scratch[word + 3]) << 24
              | gather(scratch[word + 4]) << 32
              | gather(scratch[word + 5]) << 40
              | gather(scratch[word + 6]) << 48
              | gather(scratch[word + 7]) << 56;
    }
  }

  private static long gather(long word) {
    return ((word >>> 7) * GATHER) >>> 56;
  }

  private static void words(byte[] in, int at, int words, long allowed, long[] stops) {
    for (int i = 0; i < words; i++) {
      long word = (long) WORD.get(in, at + (i << 3));
      long before = (long) WORD.get(in, at + (i << 3) - 1);
      long escaped = ~((((before & LOW_BITS) ^ BACKSLASHES) + LOW_BITS) | before);
      long low = word & LOW_BITS;
      long notQuote = (low ^ QUOTES) + LOW_BITS;
      long notN = (low ^ LETTERS_N) + LOW_BITS;
      long notT = (low ^ LETTERS_T) + LOW_BITS;
      long notControl = low + ABOVE_CONTROLS;
      stops[i] =
          (word | ~notControl | ((~notQuote ^ escaped) & ((notN & notT) | ~escaped)))
              & ~(word & ~escaped & allowed)
              & HIGH_BITS;
    }
  }
}

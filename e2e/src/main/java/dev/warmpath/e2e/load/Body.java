package dev.warmpath.e2e.load;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * A request body in the making. Text comes from seeds: the same seed gives the same text, another
 * one another from the first bytes on, in letters and spaces only, so that JSON needs no escapes
 * and a byte is a character. Not thread-safe.
 */
final class Body {
  private static final int WORD_BYTES = 8;
  private static final int WORDS = 1 << 12;
  private static final int WORDS_PER_DRAW = 5; // 12 bits each, of 64.
  private static final long GOLDEN_GAMMA = 0x9E37_79B9_7F4A_7C15L;
  private static final byte[] DICTIONARY = dictionary();

  private byte[] bytes;
  private int length;

  Body(int expectedBytes) {
    bytes = new byte[expectedBytes];
  }

  /** Appends JSON as it stands. */
  Body json(String ascii) {
    byte[] more = ascii.getBytes(StandardCharsets.US_ASCII);
    reserve(more.length);
    System.arraycopy(more, 0, bytes, length, more.length);
    length += more.length;
    return this;
  }

  /** Appends the first {@code count} bytes of the text of {@code seed}. */
  Body text(long seed, int count) {
    // A whole word may be written where only its start is asked for.
    reserve(count + WORD_BYTES);
    long state = seed;
    long bits = 0;
    for (int written = 0, left = 0; written < count; written += WORD_BYTES, left--) {
      if (left == 0) {
        state += GOLDEN_GAMMA;
        bits = mix(state);
        left = WORDS_PER_DRAW;
      }
      int word = (int) (bits & (WORDS - 1)) * WORD_BYTES;
      bits >>>= 12;
      System.arraycopy(DICTIONARY, word, bytes, length + written, WORD_BYTES);
    }
    length += count;
    return this;
  }

  int length() {
    return length;
  }

  byte[] toBytes() {
    return Arrays.copyOf(bytes, length);
  }

  private void reserve(int more) {
    if (bytes.length - length < more) {
      bytes = Arrays.copyOf(bytes, Math.max(bytes.length * 2, length + more));
    }
  }

  /** A seed that depends on both, for the parts of something. */
  static long seed(long whole, long part) {
    return mix(whole * 31 + part + GOLDEN_GAMMA);
  }

  /** SplitMix64's finalizer. */
  private static long mix(long value) {
    long z = (value ^ (value >>> 30)) * 0xBF58_476D_1CE4_E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D0_49BB_1331_11EBL;
    return z ^ (z >>> 31);
  }

  /** Words of five to seven letters, padded to eight bytes. */
  private static byte[] dictionary() {
    byte[] words = new byte[WORDS * WORD_BYTES];
    for (int i = 0; i < WORDS; i++) {
      long bits = mix(i + 1);
      int letters = 5 + i % 3;
      for (int j = 0; j < WORD_BYTES; j++) {
        words[i * WORD_BYTES + j] =
            (byte) (j < letters ? 'a' + ((bits >>> (8 * j)) & 0xff) % 26 : ' ');
      }
    }
    return words;
  }
}

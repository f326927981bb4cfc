package dev.warmpath.extproc.prompt;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;

/**
 * A window of a body, read ahead of {@link JsonCursor} as if all of it stood inside of strings. For
 * each aligned word of eight bytes it holds the word decoded ({@link #decoded}) and what is to be
 * known of its bytes ({@link #flags}).
 *
 * <p>The loops here have no branch and no dependence between words, so that C2 turns them into
 * vector instructions of whatever width there is, without the incubating Vector API. That is where
 * the speed comes from: an escape costs no more than any other byte, where a loop that leaves at
 * each escape pays for a mispredicted branch. All is arithmetic on the eight bytes of a long, with
 * results in the highest bit of each byte; see "Determine if a word has a zero byte" in Anderson's
 * Bit Twiddling Hacks. It is exact: no carry crosses a byte, since the highest bits are cleared
 * before each addition. The loops are short and many on purpose: C2 (JDK 25) gives up on vectors
 * where one of them does all of it, at a fifteenth of the speed.
 *
 * <p>A byte at which the cursor has to look itself is a stop: a quote, a control character, what
 * follows a backslash unless it is one of {@code n t "}, and what is beyond ASCII, unless all of
 * the window is sound UTF-8. Backslashes are taken to begin an escape; one that doesn't is itself
 * escaped, and so a stop.
 *
 * <p>Not thread-safe: it belongs to one cursor.
 */
final class Lookahead {

  /** Of a window; a guess between the cost of starting a loop and that of reading too much. */
  static final int BYTES = 2048;

  /** The highest bit of each byte: in {@link #flags}, the stops. */
  static final long HIGH_BITS = 0x8080808080808080L;

  private static final VarHandle WORD =
      MethodHandles.byteArrayViewVarHandle(long[].class, LITTLE_ENDIAN).withInvokeExactBehavior();

  private static final long ONES = 0x0101010101010101L;
  private static final long LOW_BITS = ~HIGH_BITS;
  private static final long BACKSLASHES = '\\' * ONES;
  private static final long QUOTE_TO_SPACE = ('"' ^ ' ') * ONES;
  private static final long ABOVE_SPACE = (0x7F - ' ') * ONES;
  private static final long NIBBLES = 0x0F * ONES;
  private static final long ABOVE_CONTROLS = (0x80 - ' ') * ONES;
  private static final long LETTERS_N = 'n' * ONES;
  private static final long LETTERS_T = 't' * ONES;
  private static final long N_TO_LINE_FEED = ('n' ^ '\n') * ONES;
  private static final long T_TO_TAB = ('t' ^ '\t') * ONES;

  /** Bytes before a window and behind it: no less than what belongs to a character or an escape. */
  private static final int MARGIN = Long.BYTES;

  /**
   * Per word: its bytes, without backslashes and with the decoded characters behind them, as far as
   * the first stop.
   */
  final long[] decoded = new long[BYTES / Long.BYTES];

  /** Per word: the highest bit of each byte that is a stop, the lowest of each that is left out. */
  final long[] flags = new long[BYTES / Long.BYTES];

  /** Where the window starts in the body, a multiple of eight; and where its last word ends. */
  int start;

  int end;

  /** Where the last character ends that is known to be sound UTF-8, or a little before. */
  private int soundEnd;

  private final long[] backslashes = new long[BYTES / Long.BYTES];
  private final long[] escaped = new long[BYTES / Long.BYTES];
  private boolean anyBeyondAscii;
  private boolean anyOfFourBytes;
  private byte[] in = {};
  private int length;
  private final byte[] margin = new byte[MARGIN + BYTES + MARGIN];

  void reset(byte[] in, int length) {
    this.in = in;
    this.length = length;
    start = 0;
    end = 0;
    soundEnd = 0;
  }

  /** Moves the window to the word that begins at an offset, unless it is in the window already. */
  void moveTo(int offset) {
    if (offset < start || offset >= end) {
      read(offset);
    }
  }

  /** Whether the eight bytes from an offset on hold nothing of a character that is not sound. */
  boolean isSound(int offset) {
    return offset >= start && offset < soundEnd;
  }

  private void read(int offset) {
    start = offset;
    soundEnd = offset;
    int words = BYTES / Long.BYTES;
    byte[] from = in;
    int at = offset;
    if (offset < MARGIN || length - offset < BYTES) {
      // At an edge of the body. Behind it are zeros, each of them a stop.
      int before = Math.min(offset, MARGIN);
      int available = Math.min(length - offset, BYTES);
      words = (available + Long.BYTES) / Long.BYTES;
      words = Math.min(words, BYTES / Long.BYTES);
      from = margin;
      at = MARGIN;
      Arrays.fill(margin, 0, MARGIN - before, (byte) 0);
      System.arraycopy(in, offset - before, margin, MARGIN - before, before + available);
      Arrays.fill(margin, MARGIN + available, MARGIN + words * Long.BYTES, (byte) 0);
    }
    end = start + words * Long.BYTES;
    decode(from, at, words);
    if (anyControl(from, at, words)) {
      stopAtControls(from, at, words, flags);
    }
    if (anyBeyondAscii && isUtf8(from, at, words)) {
      allow(from, at, words, escaped, flags);
      soundEnd = end - 2 * Long.BYTES;
      // A character that goes on behind the window is for the cursor to check.
      int last = at + words * Long.BYTES;
      for (int back = 1; back <= 3; back++) {
        int lead = from[last - back] & 0xFF;
        if (lead >= 0xC0) {
          int bytes = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
          if (bytes > back) {
            flags[words - 1] |= 0x80L << (Long.SIZE - 8 * back);
          }
          break;
        }
      }
    }
  }

  private void decode(byte[] in, int at, int words) {
    backslashes(in, at, words, backslashes, escaped);
    lineFeeds(in, at, words, escaped, decoded);
    tabs(words, escaped, decoded);
    stops(words, escaped, backslashes, decoded, flags);
    leaveOut(words, backslashes, decoded);
  }

  private void backslashes(byte[] in, int at, int words, long[] backslashes, long[] escaped) {
    long union = 0;
    for (int i = 0; i < words; i++) {
      long word = (long) WORD.get(in, at + (i << 3));
      union |= word;
      backslashes[i] = backslashes(word);
      escaped[i] = backslashes((long) WORD.get(in, at + (i << 3) - 1));
    }
    anyBeyondAscii = (union & HIGH_BITS) != 0;
  }

  private static void lineFeeds(byte[] in, int at, int words, long[] escaped, long[] decoded) {
    for (int i = 0; i < words; i++) {
      decoded[i] = lineFeeds((long) WORD.get(in, at + (i << 3)), escaped[i]);
    }
  }

  private static void tabs(int words, long[] escaped, long[] decoded) {
    for (int i = 0; i < words; i++) {
      decoded[i] = tabs(decoded[i], escaped[i]);
    }
  }

  private static void stops(
      int words, long[] escaped, long[] backslashes, long[] decoded, long[] flags) {
    for (int i = 0; i < words; i++) {
      flags[i] = stops(decoded[i], escaped[i], backslashes[i]) | backslashes[i] >>> 7;
    }
  }

  private static void leaveOut(int words, long[] backslashes, long[] decoded) {
    for (int i = 0; i < words; i++) {
      decoded[i] = leaveOut(decoded[i], backslashes[i]);
    }
  }

  private static boolean anyControl(byte[] in, int at, int words) {
    long none = -1;
    for (int i = 0; i < words; i++) {
      long word = (long) WORD.get(in, at + (i << 3));
      none &= ((word & LOW_BITS) + ABOVE_CONTROLS) | word;
    }
    return (~none & HIGH_BITS) != 0;
  }

  private static void stopAtControls(byte[] in, int at, int words, long[] flags) {
    for (int i = 0; i < words; i++) {
      flags[i] |= controls((long) WORD.get(in, at + (i << 3)));
    }
  }

  static long controls(long word) {
    return ~(((word & LOW_BITS) + ABOVE_CONTROLS) | word) & HIGH_BITS;
  }

  static long lineFeeds(long word, long escaped) {
    long found = escaped & ~(((word & LOW_BITS) ^ LETTERS_N) + LOW_BITS);
    return word ^ (((found << 1) - (found >>> 7)) & N_TO_LINE_FEED);
  }

  static long tabs(long word, long escaped) {
    long found = escaped & ~(((word & LOW_BITS) ^ LETTERS_T) + LOW_BITS);
    return word ^ (((found << 1) - (found >>> 7)) & T_TO_TAB);
  }

  static long leaveOut(long bytes, long backslashes) {
    long left = backslashes >>> 7;
    long before = (left - 1) & ~left;
    bytes = (bytes & before) | ((bytes >>> 8) & ~before);
    left = (left & (left - 1)) >>> 8;
    before = (left - 1) & ~left;
    return (bytes & before) | ((bytes >>> 8) & ~before);
  }

  static long stops(long decoded, long escaped, long backslashes) {
    long ordinary = ((decoded & LOW_BITS) ^ QUOTE_TO_SPACE) + ABOVE_SPACE;
    // No more than two are left out of a word.
    long rest = backslashes & (backslashes - 1);
    long third = rest & (rest - 1);
    return (decoded | third | ~(ordinary ^ escaped)) & HIGH_BITS;
  }

  /** The bytes whose predecessor is a backslash. */
  static long escaped(long predecessors) {
    return backslashes(predecessors);
  }

  static long backslashes(long word) {
    return ~((((word & LOW_BITS) ^ BACKSLASHES) + LOW_BITS) | word) & HIGH_BITS;
  }

  /**
   * Whether each byte beyond ASCII stands where it may, by table 3-7 of the Unicode standard; seen
   * from a character's second byte on, so that what is missing behind the last byte is not noticed.
   */
  private boolean isUtf8(byte[] in, int at, int words) {
    long faults = misplaced(in, at, words) | outOfRange(in, at, words) | overlong2(in, at, words);
    if (anyOfFourBytes) {
      faults |= overlong4(in, at, words) | tooLarge(in, at, words) | above4(in, at, words);
    }
    return (faults & HIGH_BITS) == 0;
  }

  /** Continuation bytes where there should be none, none where there should be one; C0 and C1. */
  private long misplaced(byte[] in, int at, int words) {
    long faults = 0;
    long leads4 = 0;
    for (int i = 0; i < words; i++) {
      long word = (long) WORD.get(in, at + (i << 3));
      long first = (long) WORD.get(in, at + (i << 3) - 1);
      long second = (long) WORD.get(in, at + (i << 3) - 2);
      long third = (long) WORD.get(in, at + (i << 3) - 3);
      long expected = lead2(first) | lead3(second) | lead4(third);
      faults |= expected ^ (word & ~(word << 1));
      leads4 |= lead4(third);
    }
    anyOfFourBytes = (leads4 & HIGH_BITS) != 0;
    return faults;
  }

  /** C0 and C1; E0 before what is less than A0, ED before A0 or more. */
  private static long outOfRange(byte[] in, int at, int words) {
    long faults = 0;
    for (int i = 0; i < words; i++) {
      long word = (long) WORD.get(in, at + (i << 3));
      long lead = (long) WORD.get(in, at + (i << 3) - 1);
      long fromA0 = (word << 2) & HIGH_BITS;
      long refused = fromA0 >>> 4 | fromA0 >>> 5 | fromA0 >>> 7;
      long other = ((lead & NIBBLES) ^ refused) + LOW_BITS;
      faults |= lead3(lead) & ~(lead << 3) & ~other;
    }
    return faults;
  }

  private static long overlong2(byte[] in, int at, int words) {
    long faults = 0;
    for (int i = 0; i < words; i++) {
      long lead = (long) WORD.get(in, at + (i << 3));
      faults |= lead2(lead) & ~(lead << 2) & ~((lead & 0x1E * ONES) + LOW_BITS);
    }
    return faults;
  }

  /** F0 before what is less than 90. */
  private static long overlong4(byte[] in, int at, int words) {
    long faults = 0;
    for (int i = 0; i < words; i++) {
      long word = (long) WORD.get(in, at + (i << 3));
      long lead = (long) WORD.get(in, at + (i << 3) - 1);
      long not0 = (lead & NIBBLES) + LOW_BITS;
      faults |= lead4(lead) & ~not0 & ~(word << 2) & ~(word << 3);
    }
    return faults;
  }

  /** F4 before 90 or more. */
  private static long tooLarge(byte[] in, int at, int words) {
    long faults = 0;
    for (int i = 0; i < words; i++) {
      long word = (long) WORD.get(in, at + (i << 3));
      long lead = (long) WORD.get(in, at + (i << 3) - 1);
      long not4 = ((lead & NIBBLES) ^ 4 * ONES) + LOW_BITS;
      faults |= lead4(lead) & ~not4 & (word << 2 | word << 3);
    }
    return faults;
  }

  /** F5 to FF. */
  private static long above4(byte[] in, int at, int words) {
    long faults = 0;
    for (int i = 0; i < words; i++) {
      long lead = (long) WORD.get(in, at + (i << 3) - 1);
      faults |= lead4(lead) & ((lead & NIBBLES) + (0x7F - 4) * ONES);
    }
    return faults;
  }

  /** Leads of two bytes or more. */
  private static long lead2(long word) {
    return word & word << 1;
  }

  private static long lead3(long word) {
    return word & word << 1 & word << 2;
  }

  private static long lead4(long word) {
    return word & word << 1 & word << 2 & word << 3;
  }

  /** Takes what is beyond ASCII from the stops, unless it is escaped. */
  private static void allow(byte[] in, int at, int words, long[] escaped, long[] flags) {
    for (int i = 0; i < words; i++) {
      flags[i] &= ~((long) WORD.get(in, at + (i << 3)) & HIGH_BITS & ~escaped[i]);
    }
  }
}

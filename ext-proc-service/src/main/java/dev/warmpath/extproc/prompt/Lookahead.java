package dev.warmpath.extproc.prompt;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.invoke.VarHandle;
import java.util.Arrays;

/**
 * A window of a body, read ahead of {@link JsonCursor} as if all of it stood inside of strings. It
 * holds at which bytes the cursor has to look itself ({@link #stops}): a quote without a backslash
 * before it, a control character, what follows a backslash unless it is one of {@code n t "}, and
 * what is beyond ASCII. All between is text as it stands in canonical form, too. Backslashes are
 * taken to begin an escape; one that doesn't is itself escaped, and so a stop.
 *
 * <p>That is where the speed comes from: a line break in a text costs no more than any other byte,
 * where a loop that leaves at each escape pays for a mispredicted branch. What marks the stops is
 * {@link StopMarks}, or {@link VectorStopMarks} where {@link Vectors} are in use. The loops that
 * check UTF-8 are short and many on purpose: C2 (JDK 25) gives up on vectors where one of them does
 * all of it, at a fifteenth of the speed.
 *
 * <p>Where few characters are beyond ASCII, the cursor checks them one by one. Where they are many
 * it has the whole window checked ({@link #passedBeyondAscii}), and they are no stops any more.
 *
 * <p>Not thread-safe: it belongs to one cursor.
 */
final class Lookahead {

  /** Of a window; a guess between the cost of starting a loop and that of reading too much. */
  static final int BYTES = 2048;

  private static final int BLOCKS = BYTES / Long.SIZE;
  private static final int WORDS = BYTES / Long.BYTES;

  /** Characters that the cursor checks in a window before all of it is; a guess, as above. */
  private static final int FEW = 16;

  /** The highest bit of each byte. */
  static final long HIGH_BITS = 0x8080808080808080L;

  private static final VarHandle WORD =
      MethodHandles.byteArrayViewVarHandle(long[].class, LITTLE_ENDIAN).withInvokeExactBehavior();

  private static final MethodHandle PLAIN = marksOf(StopMarks.class);

  /** Apart, so that what it names is loaded only when it is used. */
  private static final class OnVectors {
    static final MethodHandle MARKS = marksOf(VectorStopMarks.class);
  }

  private static final long ONES = 0x0101010101010101L;
  private static final long LOW_BITS = ~HIGH_BITS;
  private static final long NIBBLES = 0x0F * ONES;

  /** Bytes before a window and behind it: no less than what belongs to a character or an escape. */
  private static final int MARGIN = Long.BYTES;

  /**
   * {@link StopMarks#mark} or the other. C2 takes no field of an instance for a constant, so that
   * it can't inline what is called by this one. Inlined into the cursor's methods, the plain loop
   * stays without vectors in one JVM of three, as the order of compilations has it, and takes four
   * times as long; and the other would be interpreted, hundreds of times as slow, whenever one of
   * those methods is.
   */
  private MethodHandle marks = PLAIN;

  /**
   * A bit per byte of the window, set where it is a stop; the lowest bit of a long is the first.
   */
  final long[] stops = new long[BLOCKS];

  private final long[] scratch = new long[WORDS];

  /** Where the window starts in the body, and where its last block ends. */
  int start;

  int end;

  private int blocks;

  private byte[] in = {};
  private int length;

  /** What the window was read from, and where in it; the margin at an edge of the body. */
  private byte[] source = in;

  private int sourceAt;
  private final byte[] margin = new byte[MARGIN + BYTES + MARGIN];

  /** Characters beyond ASCII that the cursor checked itself; below 0: no more use in counting. */
  private int checkedByCursor;

  private boolean isDense;
  private boolean anyBeyondAscii;
  private boolean anyOfFourBytes;

  private static MethodHandle marksOf(Class<?> kernel) {
    MethodType type =
        MethodType.methodType(
            void.class,
            byte[].class,
            int.class,
            int.class,
            boolean.class,
            long[].class,
            long[].class);
    try {
      return MethodHandles.lookup().findStatic(kernel, "mark", type);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  void reset(byte[] in, int length) {
    this.in = in;
    this.length = length;
    start = 0;
    end = 0;
    isDense = false;
    marks = Vectors.areInUse() ? OnVectors.MARKS : PLAIN;
  }

  /** Moves the window to an offset, unless it is in the window already. */
  void moveTo(int offset) {
    if (offset < start || offset >= end) {
      read(offset);
    }
  }

  /** The cursor has checked a character beyond ASCII, which may have been one too many. */
  void passedBeyondAscii() {
    if (checkedByCursor >= 0 && ++checkedByCursor > FEW) {
      allowBeyondAscii();
    }
  }

  private void read(int offset) {
    start = offset;
    blocks = BLOCKS;
    source = in;
    sourceAt = offset;
    if (offset < MARGIN || length - offset < BYTES) {
      // At an edge of the body. Behind it are zeros, each of them a stop.
      int before = Math.min(offset, MARGIN);
      int available = Math.min(length - offset, BYTES);
      blocks = Math.min(available / Long.SIZE + 1, BLOCKS);
      source = margin;
      sourceAt = MARGIN;
      Arrays.fill(margin, 0, MARGIN - before, (byte) 0);
      System.arraycopy(in, offset - before, margin, MARGIN - before, before + available);
      Arrays.fill(margin, MARGIN + available, MARGIN + blocks * Long.SIZE, (byte) 0);
    }
    end = start + blocks * Long.SIZE;
    checkedByCursor = 0;
    if (isDense) {
      allowBeyondAscii();
    }
    if (!isDense) {
      mark(/* beyondAscii= */ true);
    }
  }

  private void mark(boolean beyondAscii) {
    try {
      marks.invokeExact(source, sourceAt, blocks, beyondAscii, stops, scratch);
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new AssertionError("no checked exception is declared", e);
    }
  }

  /** Takes what is beyond ASCII from the stops, if it is sound. */
  private void allowBeyondAscii() {
    checkedByCursor = -1;
    int words = blocks * (Long.SIZE / Long.BYTES);
    boolean sound = isUtf8(source, sourceAt, words);
    isDense = sound && anyBeyondAscii;
    if (!isDense) {
      return;
    }
    mark(/* beyondAscii= */ false);
    // A character that goes on behind the window is for the cursor to check.
    int last = sourceAt + blocks * Long.SIZE;
    for (int back = 1; back <= 3; back++) {
      int lead = source[last - back] & 0xFF;
      if (lead >= 0xC0) {
        int bytes = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
        if (bytes > back) {
          stops[blocks - 1] |= 1L << (Long.SIZE - back);
        }
        break;
      }
    }
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
    long union = 0;
    long leads4 = 0;
    for (int i = 0; i < words; i++) {
      long word = (long) WORD.get(in, at + (i << 3));
      long first = (long) WORD.get(in, at + (i << 3) - 1);
      long second = (long) WORD.get(in, at + (i << 3) - 2);
      long third = (long) WORD.get(in, at + (i << 3) - 3);
      long expected = lead2(first) | lead3(second) | lead4(third);
      faults |= expected ^ (word & ~(word << 1));
      union |= word;
      leads4 |= lead4(third);
    }
    anyBeyondAscii = (union & HIGH_BITS) != 0;
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
}

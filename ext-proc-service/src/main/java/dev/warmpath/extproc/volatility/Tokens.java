package dev.warmpath.extproc.volatility;

import java.util.Arrays;

/**
 * The words of a text, each as one number: 32 bits of a seeded hash, its length in bytes, the class
 * of its characters, and whether a part of its segment begins with it. Nothing in it can be read
 * back: whoever doesn't know the seed can't even try words.
 *
 * <p>A word is a run of letters and digits, a run of white space, or one other byte; a run of
 * letters with nothing but digits behind is two, so that {@code REQ0042} parts behind its letters.
 */
final class Tokens {

  static final int SPACE = 0;

  /** White space with a line's end. */
  static final int LINE = 1;

  /** What ends a sentence or stands between items. */
  static final int STOP = 2;

  static final int MARK = 3;
  static final int DIGITS = 4;
  static final int LETTERS = 5;
  static final int MIXED = 6;

  /** A byte that no text has: begin or end of what is not text. */
  static final int FRAME = 7;

  /** A whole image. */
  static final int IMAGE = 8;

  private static final int CLASS_SHIFT = 1;
  private static final int LENGTH_SHIFT = 8;
  private static final int HASH_SHIFT = 32;
  private static final long PART_START = 1;
  private static final int MAX_LENGTH = 4096;
  private static final long PRIME = 0x100000001B3L;

  private final long seed;
  private final int maxTokens;
  private long[] tokens = new long[1024];
  private int count;

  Tokens(long seed, int maxTokens) {
    this.seed = seed;
    this.maxTokens = maxTokens;
  }

  void clear() {
    count = 0;
  }

  long[] toArray() {
    return Arrays.copyOf(tokens, count);
  }

  static int bytes(long token) {
    return (int) (token >>> LENGTH_SHIFT) & 0xFF_FFFF;
  }

  static int kind(long token) {
    return (int) (token >>> CLASS_SHIFT) & 0xF;
  }

  static int hash(long token) {
    return (int) (token >>> HASH_SHIFT);
  }

  static boolean beginsPart(long token) {
    return (token & PART_START) != 0;
  }

  static boolean same(long a, long b) {
    return (a | PART_START) == (b | PART_START);
  }

  static boolean isBlank(long token) {
    return kind(token) <= LINE;
  }

  /** Whether the bound was reached. */
  boolean full() {
    return count >= maxTokens;
  }

  /** Adds what is no text as one word. */
  void opaque(byte[] text, int start, int end, int kind) {
    long hash = seed;
    for (int i = start; i < end; i++) {
      hash = (hash ^ text[i]) * PRIME;
    }
    add(hash, end - start, kind, /* partStart= */ true);
  }

  /** Adds the words of one part. */
  void text(byte[] text, int start, int end) {
    boolean partStart = true;
    int at = start;
    while (at < end && !full()) {
      int next = word(text, at, end, partStart);
      partStart = false;
      at = next;
    }
  }

  private int word(byte[] text, int start, int end, boolean partStart) {
    int limit = Math.min(end, start + MAX_LENGTH);
    int first = text[start] & 0xFF;
    long hash = (seed ^ first) * PRIME;
    int at = start + 1;
    if (isWordByte(first)) {
      boolean digits = isDigit(first);
      boolean letters = !digits;
      while (at < limit && isWordByte(text[at] & 0xFF)) {
        int b = text[at] & 0xFF;
        if (isDigit(b)) {
          if (letters && !digits && at - start >= 2 && onlyDigits(text, at, limit)) {
            break;
          }
          digits = true;
        } else {
          letters = true;
        }
        hash = (hash ^ b) * PRIME;
        at++;
      }
      add(hash, at - start, !letters ? DIGITS : digits ? MIXED : LETTERS, partStart);
    } else if (isBlank(first)) {
      boolean line = first == '\n';
      while (at < limit && isBlank(text[at] & 0xFF)) {
        line |= text[at] == '\n';
        hash = (hash ^ text[at]) * PRIME;
        at++;
      }
      add(hash, at - start, line ? LINE : SPACE, partStart);
    } else {
      int kind =
          switch (first) {
            case 0xFE, 0xFF -> FRAME;
            case '.', '?', '!', ';', '|' -> STOP;
            default -> MARK;
          };
      add(hash, 1, kind, partStart);
    }
    return at;
  }

  private static boolean onlyDigits(byte[] text, int from, int end) {
    int at = from;
    while (at < end && isDigit(text[at] & 0xFF)) {
      at++;
    }
    return at == end || !isWordByte(text[at] & 0xFF);
  }

  private void add(long hash, int bytes, int kind, boolean partStart) {
    if (full()) {
      return;
    }
    if (count == tokens.length) {
      tokens = Arrays.copyOf(tokens, 2 * count);
    }
    long mixed = hash ^ (hash >>> 29);
    mixed = mixed * 0xBF58476D1CE4E5B9L;
    tokens[count++] =
        ((mixed >>> HASH_SHIFT) << HASH_SHIFT)
            | ((long) bytes << LENGTH_SHIFT)
            | ((long) kind << CLASS_SHIFT)
            | (partStart ? PART_START : 0);
  }

  private static boolean isDigit(int b) {
    return b >= '0' && b <= '9';
  }

  /** All of a character beyond ASCII belongs to words. */
  private static boolean isWordByte(int b) {
    return (b >= 'a' && b <= 'z')
        || (b >= 'A' && b <= 'Z')
        || isDigit(b)
        || (b >= 0x80 && b < 0xFE);
  }

  private static boolean isBlank(int b) {
    return b == ' ' || b == '\n' || b == '\t' || b == '\r';
  }
}

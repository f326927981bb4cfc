package dev.warmpath.extproc.volatility;

import java.util.Arrays;

/**
 * The words of a text, each as one number: 32 bits of a seeded hash, its length in bytes and the
 * class of its characters. Nothing in it can be read back: whoever doesn't know the seed can't even
 * try words.
 *
 * <p>A word is a run of letters and digits, a run of white space, or one other character; a run of
 * letters with nothing but digits behind is two, so that {@code REQ0042} parts behind its letters.
 * Of scripts that write words without spaces, each character is a word; Korean, which glues
 * particles and counters to digits, parts there.
 */
final class Tokens {

  static final int SPACE = 0;

  /** White space with a line's end. */
  static final int LINE = 1;

  static final int MARK = 2;
  static final int DIGITS = 3;
  static final int LETTERS = 4;
  static final int MIXED = 5;

  /** A byte that no text has: begin or end of what is not text. */
  static final int FRAME = 6;

  /** A whole image. */
  static final int IMAGE = 7;

  private static final int LENGTH_SHIFT = 8;
  private static final int HASH_SHIFT = 32;
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
    return (int) token & 0xF;
  }

  static int hash(long token) {
    return (int) (token >>> HASH_SHIFT);
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
    add(hash(text, start, end), end - start, kind);
  }

  /** Adds the words of one part. */
  void text(byte[] text, int start, int end) {
    int at = start;
    while (at < end && !full()) {
      int limit = Math.min(end, at + MAX_LENGTH);
      int next = at + CharKind.bytes(text, at, limit);
      int kind =
          switch (CharKind.at(text, at, limit)) {
            case DIGIT, LETTER, SYLLABLE -> {
              next = wordEnd(text, at, limit);
              yield wordKind(text, at, next);
            }
            case WORD -> LETTERS;
            case BLANK -> {
              next = blankEnd(text, at, limit);
              yield hasLineEnd(text, at, next) ? LINE : SPACE;
            }
            case MARK -> MARK;
            case FRAME -> FRAME;
          };
      add(hash(text, at, next), next - at, kind);
      at = next;
    }
  }

  private long hash(byte[] text, int start, int end) {
    long hash = seed;
    for (int i = start; i < end; i++) {
      hash = (hash ^ text[i]) * PRIME;
    }
    return hash;
  }

  private static int wordEnd(byte[] text, int start, int limit) {
    boolean digits = false;
    boolean letters = false;
    boolean syllables = false;
    int at = start;
    while (at < limit) {
      CharKind letter = CharKind.at(text, at, limit);
      switch (letter) {
        case DIGIT -> {
          boolean number = letters && !digits && at - start >= 2 && onlyDigits(text, at, limit);
          if (syllables || number) {
            return at;
          }
          digits = true;
        }
        case LETTER -> letters = true;
        case SYLLABLE -> {
          if (digits) {
            return at;
          }
          syllables = true;
        }
        case WORD, BLANK, MARK, FRAME -> {
          return at;
        }
      }
      at += CharKind.bytes(text, at, limit);
    }
    return at;
  }

  private static int wordKind(byte[] text, int start, int end) {
    boolean digits = false;
    boolean letters = false;
    for (int i = start; i < end; i++) {
      boolean digit = isDigit(text[i]);
      digits |= digit;
      letters |= !digit;
    }
    return !letters ? DIGITS : digits ? MIXED : LETTERS;
  }

  private static int blankEnd(byte[] text, int start, int limit) {
    int at = start;
    while (at < limit && CharKind.at(text, at, limit) == CharKind.BLANK) {
      at += CharKind.bytes(text, at, limit);
    }
    return at;
  }

  private static boolean hasLineEnd(byte[] text, int start, int end) {
    for (int i = start; i < end; i++) {
      if (text[i] == '\n') {
        return true;
      }
    }
    return false;
  }

  private static boolean onlyDigits(byte[] text, int from, int limit) {
    int at = from;
    while (at < limit && isDigit(text[at])) {
      at++;
    }
    if (at == limit) {
      return true;
    }
    return switch (CharKind.at(text, at, limit)) {
      case LETTER, DIGIT -> false;
      case SYLLABLE, WORD, BLANK, MARK, FRAME -> true;
    };
  }

  private void add(long hash, int bytes, int kind) {
    if (full()) {
      return;
    }
    if (count == tokens.length) {
      tokens = Arrays.copyOf(tokens, 2 * count);
    }
    long mixed = hash ^ (hash >>> 29);
    mixed = mixed * 0xBF58476D1CE4E5B9L;
    tokens[count++] =
        ((mixed >>> HASH_SHIFT) << HASH_SHIFT) | ((long) bytes << LENGTH_SHIFT) | kind;
  }

  private static boolean isDigit(byte b) {
    return b >= '0' && b <= '9';
  }
}

package dev.warmpath.extproc.prompt;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;

/**
 * Reads JSON (RFC 8259) and writes its canonical form in the same pass; see {@link Prompt} for that
 * form. What is only skipped is written, too, and dropped by setting {@link #outPos} back: one path
 * is worth more than the copy it costs.
 *
 * <p>Strings are hardly ever decoded: what {@link Lookahead} finds to be in canonical form is
 * copied as it stands, from one place that isn't to the next.
 *
 * <p>Methods return false once something is wrong and leave the reason in {@link #fault}. The
 * recursion of {@link #value} is bounded by {@code maxDepth}. Not thread-safe.
 */
final class JsonCursor {

  /** Begins a part that is not text. */
  static final byte FRAME = (byte) 0xFE;

  /** Ends a frame, and each string in it. */
  static final byte END = (byte) 0xFF;

  /** Results of {@link #nextMember} and {@link #nextElement}. */
  static final int FAULT = -1;

  static final int CLOSED = 0;
  static final int FOUND = 1;

  private static final VarHandle WORD =
      MethodHandles.byteArrayViewVarHandle(long[].class, LITTLE_ENDIAN).withInvokeExactBehavior();

  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, LITTLE_ENDIAN).withInvokeExactBehavior();

  /** What stands in a string for itself, of ASCII. */
  private static final boolean[] PLAIN = new boolean[256];

  /** Escapes of two characters that are canonical, by the second one: all but {@code \\/}. */
  private static final boolean[] CANONICAL_ESCAPES = new boolean[256];

  /** By a control character, a quote or a backslash: what follows the backslash, or 0. */
  private static final byte[] ESCAPES = new byte[128];

  /** The value of a hex digit, or -1. */
  private static final byte[] HEX_DIGITS = new byte[256];

  static {
    for (int i = ' '; i < 0x80; i++) {
      PLAIN[i] = i != '"' && i != '\\';
    }
    String escapes = "\"\"\\\\b\bf\fn\nr\rt\t";
    for (int i = 0; i < escapes.length(); i += 2) {
      CANONICAL_ESCAPES[escapes.charAt(i)] = true;
      ESCAPES[escapes.charAt(i + 1)] = (byte) escapes.charAt(i);
    }
    for (int i = 0; i < HEX_DIGITS.length; i++) {
      HEX_DIGITS[i] = (byte) Character.digit((char) i, 16);
    }
  }

  // A character beyond ASCII, by its length in UTF-8.
  private static final int[] LENGTHS_BY_UPPER_NIBBLE = {
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 2, 3, 4
  };
  private static final int[] MARKS = {0, 0, 0xC0E0, 0xC0C0F0, 0xC0C0C0F8};
  private static final int[] MARKED = {1, 1, 0x80C0, 0x8080E0, 0x808080F0};
  private static final int[] FIRST_POINTS = {0, 0, 0x80, 0x800, 0x10000};

  /** Bytes that may be written beyond what was read: a word, a digest with its frame, brackets. */
  private static final int SLACK = 128;

  private static final long BACKSLASH_U = 'u' << 8 | '\\';

  private static final byte[] TRUE = {'t', 'r', 'u', 'e'};
  private static final byte[] FALSE = {'f', 'a', 'l', 's', 'e'};
  private static final byte[] NULL = {'n', 'u', 'l', 'l'};

  private final int maxDepth;

  private final Lookahead ahead = new Lookahead();
  private byte[] in;
  int pos;
  int end;
  byte[] out;
  int outPos;
  Verdict fault = Verdict.OK;

  /** The last member's name, bare, in {@link #out}. */
  int keyStart;

  int keyEnd;

  /** Its first eight bytes, with zeros where there are less. */
  long keyWord;

  private int depth;

  JsonCursor(int maxDepth) {
    this.maxDepth = maxDepth;
    in = new byte[0];
    out = in;
  }

  void start(byte[] in, int length, byte[] out) {
    this.in = in;
    this.out = out;
    ahead.reset(in, length);
    pos = 0;
    end = length;
    outPos = 0;
    depth = 0;
    fault = Verdict.OK;
  }

  boolean fail(Verdict verdict) {
    fault = verdict;
    return false;
  }

  /** Moves to the next byte that is not white space; false at the end of the input. */
  boolean skipSpace() {
    byte[] in = this.in;
    int end = this.end;
    int at = pos;
    while (at < end) {
      byte b = in[at];
      if (b > ' ' || (b != ' ' && b != '\n' && b != '\r' && b != '\t')) {
        pos = at;
        return true;
      }
      at++;
    }
    pos = at;
    return false;
  }

  /** The byte at the cursor, which must not stand at the end. */
  byte peek() {
    return in[pos];
  }

  /** Moves behind these bytes if they, and a string, array or object behind, are at the cursor. */
  boolean skipToValue(byte[] expected) {
    int to = pos + expected.length;
    return to < end && (in[to] == '"' || in[to] == '[' || in[to] == '{') && skip(expected);
  }

  /** Moves behind these bytes if they are at the cursor. */
  boolean skip(byte[] expected) {
    int to = pos + expected.length;
    if (to > end || !Arrays.equals(in, pos, to, expected, 0, expected.length)) {
      return false;
    }
    pos = to;
    return true;
  }

  /** Makes room for all of the rest, so that what follows needs no check. */
  void reserve() {
    int needed = outPos + (end - pos) + SLACK;
    if (needed > out.length) {
      out = Arrays.copyOf(out, Math.max(needed, out.length + (out.length >> 2)));
    }
  }

  void put(byte b) {
    out[outPos++] = b;
  }

  void put(char ascii) {
    out[outPos++] = (byte) ascii;
  }

  boolean outIs(int from, int to, byte[] expected) {
    return to - from == expected.length
        && Arrays.equals(out, from, to, expected, 0, expected.length);
  }

  boolean outStartsWith(int from, int to, byte[] prefix) {
    return to - from >= prefix.length && outIs(from, from + prefix.length, prefix);
  }

  boolean outEndsWith(int from, int to, byte[] ending) {
    int start = to - ending.length;
    if (start < from || !outIs(start, to, ending)) {
      return false;
    }
    // The first letter may be that of an escape, as in a tab before "ool_result".
    int backslashes = 0;
    while (start - backslashes > from && out[start - backslashes - 1] == '\\') {
      backslashes++;
    }
    return (backslashes & 1) == 0;
  }

  /** The first eight bytes of what was written in [from, to), with zeros where there are less. */
  long outWord(int from, int to) {
    int missing = Long.BYTES - Math.min(to - from, Long.BYTES);
    return missing == Long.BYTES
        ? 0
        : (long) WORD.get(out, from) << (missing << 3) >>> (missing << 3);
  }

  /** Enters the object or array at the cursor. */
  boolean enter() {
    if (++depth > maxDepth) {
      return fail(Verdict.TOO_DEEP);
    }
    pos++;
    return true;
  }

  /** Depth to come back to by {@link #rewind}. */
  int depth() {
    return depth;
  }

  /** Goes back to where a value began. */
  void rewind(int pos, int outPos, int depth) {
    this.pos = pos;
    this.outPos = outPos;
    this.depth = depth;
  }

  /**
   * Goes to the next member's value and writes its name, bare; or leaves the object.
   *
   * @param first whether none came before
   */
  int nextMember(boolean first) {
    int next = next(first, '}');
    if (next != FOUND) {
      return next;
    }
    if (in[pos] != '"') {
      fail(Verdict.NOT_JSON);
      return FAULT;
    }
    keyStart = outPos;
    if (!string()) {
      return FAULT;
    }
    keyEnd = outPos;
    keyWord = outWord(keyStart, keyEnd);
    if (!skipSpace()) {
      fail(Verdict.UNFINISHED);
      return FAULT;
    }
    if (in[pos] != ':') {
      fail(Verdict.NOT_JSON);
      return FAULT;
    }
    pos++;
    if (!skipSpace()) {
      fail(Verdict.UNFINISHED);
      return FAULT;
    }
    return FOUND;
  }

  /**
   * Goes to the next element; or leaves the array.
   *
   * @param first whether none came before
   */
  int nextElement(boolean first) {
    return next(first, ']');
  }

  private int next(boolean first, char closing) {
    if (!skipSpace()) {
      fail(Verdict.UNFINISHED);
      return FAULT;
    }
    byte b = in[pos];
    if (b == closing) {
      pos++;
      depth--;
      return CLOSED;
    }
    if (!first) {
      if (b != ',') {
        fail(Verdict.NOT_JSON);
        return FAULT;
      }
      pos++;
      if (!skipSpace()) {
        fail(Verdict.UNFINISHED);
        return FAULT;
      }
    }
    return FOUND;
  }

  /** Reads the value at the cursor, whatever it is, and writes it in canonical form. */
  boolean value() {
    return switch (in[pos]) {
      case '"' -> quoted();
      case '{' -> object();
      case '[' -> array();
      case 't' -> literal(TRUE);
      case 'f' -> literal(FALSE);
      case 'n' -> literal(NULL);
      default -> number();
    };
  }

  /** Reads the string at the cursor and writes it in canonical form. */
  boolean quoted() {
    put('"');
    if (!string()) {
      return false;
    }
    put(END);
    return true;
  }

  private boolean object() {
    if (!enter()) {
      return false;
    }
    put('{');
    for (boolean first = true; ; first = false) {
      int next = putMember(first);
      if (next != FOUND) {
        return next == CLOSED;
      }
      if (!value()) {
        return false;
      }
    }
  }

  /**
   * Goes to the next member's value and writes what canonical form has before it; or leaves the
   * object and writes its end.
   *
   * @param first whether none was written before
   */
  int putMember(boolean first) {
    int mark = outPos;
    if (!first) {
      put(',');
    }
    put('"');
    int next = nextMember(first);
    if (next == FOUND) {
      put(END);
      put(':');
    } else if (next == CLOSED) {
      outPos = mark;
      put('}');
    }
    return next;
  }

  private boolean array() {
    if (!enter()) {
      return false;
    }
    put('[');
    for (boolean first = true; ; first = false) {
      int next = nextElement(first);
      if (next == FAULT) {
        return false;
      }
      if (next == CLOSED) {
        put(']');
        return true;
      }
      if (!first) {
        put(',');
      }
      if (!value()) {
        return false;
      }
    }
  }

  /** As {@link #value}, without the members of some names, at whatever depth. */
  boolean valueWithout(Names dropped) {
    return switch (in[pos]) {
      case '{' -> objectWithout(dropped);
      case '[' -> arrayWithout(dropped);
      default -> value();
    };
  }

  private boolean objectWithout(Names dropped) {
    if (!enter()) {
      return false;
    }
    put('{');
    boolean any = false;
    for (boolean first = true; ; first = false) {
      int mark = outPos;
      if (any) {
        put(',');
      }
      put('"');
      int next = nextMember(first);
      if (next == FAULT) {
        return false;
      }
      if (next == CLOSED) {
        outPos = mark;
        put('}');
        return true;
      }
      if (dropped.indexOfKey(this) >= 0) {
        if (!value()) {
          return false;
        }
        outPos = mark;
        continue;
      }
      put(END);
      put(':');
      if (!valueWithout(dropped)) {
        return false;
      }
      any = true;
    }
  }

  private boolean arrayWithout(Names dropped) {
    if (!enter()) {
      return false;
    }
    put('[');
    for (boolean first = true; ; first = false) {
      int next = nextElement(first);
      if (next != FOUND) {
        put(']');
        return next == CLOSED;
      }
      if (!first) {
        put(',');
      }
      if (!valueWithout(dropped)) {
        return false;
      }
    }
  }

  private boolean literal(byte[] expected) {
    int available = Math.min(expected.length, end - pos);
    if (!Arrays.equals(in, pos, pos + available, expected, 0, available)) {
      return fail(Verdict.NOT_JSON);
    }
    if (available < expected.length) {
      return fail(Verdict.UNFINISHED);
    }
    System.arraycopy(expected, 0, out, outPos, expected.length);
    pos += expected.length;
    outPos += expected.length;
    return true;
  }

  private boolean number() {
    int start = pos;
    int at = start;
    if (in[at] == '-') {
      at++;
    }
    if (at < end && in[at] == '0') {
      at++;
    } else {
      at = digits(at);
      if (at < 0) {
        return false;
      }
    }
    if (at < end && in[at] == '.') {
      at = digits(at + 1);
      if (at < 0) {
        return false;
      }
    }
    if (at < end && (in[at] | 0x20) == 'e') {
      at++;
      if (at < end && (in[at] == '+' || in[at] == '-')) {
        at++;
      }
      at = digits(at);
      if (at < 0) {
        return false;
      }
    }
    System.arraycopy(in, start, out, outPos, at - start);
    outPos += at - start;
    pos = at;
    return true;
  }

  /** The end of one or more digits, or -1 after a fault. */
  private int digits(int from) {
    int at = from;
    while (at < end && in[at] >= '0' && in[at] <= '9') {
      at++;
    }
    if (at == from) {
      fail(from >= end ? Verdict.UNFINISHED : Verdict.NOT_JSON);
      return -1;
    }
    return at;
  }

  /** Reads the string whose quote is at the cursor and writes it in canonical form, bare. */
  boolean string() {
    byte[] in = this.in;
    int end = this.end;
    int from = pos + 1;
    int to = outPos;
    int at = from - ahead.start;
    if (at >= 0 && from + 2 * Long.BYTES < ahead.end && from + 2 * Long.BYTES < end) {
      // Names and other short strings, most of which end before the next block.
      WORD.set(out, to, (long) WORD.get(in, from));
      WORD.set(out, to + Long.BYTES, (long) WORD.get(in, from + Long.BYTES));
      int bytes = Long.numberOfTrailingZeros(ahead.stops[at >>> 6] >>> at);
      if (bytes <= 2 * Long.BYTES && in[from + bytes] == '"') {
        pos = from + bytes + 1;
        outPos = to + bytes;
        return true;
      }
    }
    return longString(from, to);
  }

  /**
   * The rest of {@link #string}: one that is longer, or that a stop is in. In one piece, since C2
   * inlines no method of this size: {@link #string} stays small enough to be inlined itself.
   */
  private boolean longString(int from, int to) {
    Lookahead ahead = this.ahead;
    long[] stops = ahead.stops;
    byte[] in = this.in;
    int end = this.end;
    // What lies between here and from is canonical, and not written yet.
    int run = from;
    while (true) {
      // The next stop. The byte before is no backslash that is escaped.
      ahead.moveTo(from);
      int at = from - ahead.start;
      int block = at >>> 6;
      long word = stops[block] & (-1L << at);
      while (word == 0) {
        block++;
        if (ahead.start + (block << 6) >= ahead.end) {
          ahead.moveTo(ahead.end);
          block = 0;
        }
        word = stops[block];
      }
      from = ahead.start + (block << 6) + Long.numberOfTrailingZeros(word);
      if (from >= end) {
        return fail(Verdict.UNFINISHED);
      }
      if (from > run && in[from - 1] == '\\') {
        from--;
      }
      byte b = in[from];
      while (b == '\\') {
        if (from + 1 >= end) {
          return fail(Verdict.UNFINISHED);
        }
        byte escaped = in[from + 1];
        if (CANONICAL_ESCAPES[escaped & 0xFF]) {
          from += 2;
        } else if (escaped == 'u') {
          outPos = copy(run, from, to);
          from = unicodeEscapes(from);
          if (from < 0) {
            return false;
          }
          run = from;
          to = outPos;
        } else if (escaped == '/') {
          to = copy(run, from, to);
          // It needs no backslash.
          run = from + 1;
          from += 2;
        } else {
          return fail(Verdict.NOT_JSON);
        }
        if (from >= end) {
          return fail(Verdict.UNFINISHED);
        }
        b = in[from];
      }
      if (b == '"') {
        outPos = copy(run, from, to);
        pos = from + 1;
        return true;
      }
      if (b < 0) {
        from = character(from);
        if (from < 0) {
          return false;
        }
        ahead.passedBeyondAscii();
      } else if (b < ' ') {
        return fail(Verdict.NOT_JSON);
      } else {
        from++;
      }
    }
  }

  /** Writes what stands in the body between two offsets. */
  private int copy(int from, int end, int to) {
    int bytes = end - from;
    if (bytes <= 2 * Long.BYTES && from + 2 * Long.BYTES <= in.length) {
      WORD.set(out, to, (long) WORD.get(in, from));
      WORD.set(out, to + Long.BYTES, (long) WORD.get(in, from + Long.BYTES));
    } else {
      System.arraycopy(in, from, out, to, bytes);
    }
    return to + bytes;
  }

  /**
   * Writes the characters that escapes with hex digits stand for, as many as follow each other, and
   * single plain ones between them.
   *
   * @return where the last one ends, or -1 after a fault
   */
  private int unicodeEscapes(int from) {
    byte[] in = this.in;
    byte[] out = this.out;
    int to = outPos;
    while (from + Long.BYTES <= end) {
      long word = (long) WORD.get(in, from);
      if ((word & 0xFFFF) != BACKSLASH_U) {
        if ((word >>> 8 & 0xFFFF) == BACKSLASH_U && PLAIN[(int) word & 0xFF]) {
          // As between words.
          out[to++] = (byte) word;
          from++;
          continue;
        }
        outPos = to;
        return from;
      }
      int unit =
          HEX_DIGITS[(int) (word >>> 16) & 0xFF] << 12
              | HEX_DIGITS[(int) (word >>> 24) & 0xFF] << 8
              | HEX_DIGITS[(int) (word >>> 32) & 0xFF] << 4
              | HEX_DIGITS[(int) (word >>> 40) & 0xFF];
      if (unit < 0x80 || unit >>> 11 == 0x1B) {
        break;
      }
      int last = 0x80 | (unit & 0x3F);
      if (unit < 0x800) {
        INT.set(out, to, 0xC0 | unit >> 6 | last << 8);
        to += 2;
      } else {
        INT.set(out, to, 0xE0 | unit >> 12 | (0x80 | (unit >> 6 & 0x3F)) << 8 | last << 16);
        to += 3;
      }
      from += 6;
    }
    outPos = to;
    if (from + 2 > end || in[from] != '\\' || in[from + 1] != 'u') {
      return from;
    }
    pos = from;
    return unicodeEscape() ? pos : -1;
  }

  /** Reads one of them: any. */
  private boolean unicodeEscape() {
    int unit = hex4(pos + 2);
    if (unit < 0) {
      return false;
    }
    pos += 6;
    if (unit >= 0xD800 && unit <= 0xDFFF) {
      return surrogatePair(unit);
    }
    if (unit < 0x80) {
      putAscii(unit);
    } else if (unit < 0x800) {
      put((byte) (0xC0 | unit >> 6));
      put((byte) (0x80 | (unit & 0x3F)));
    } else {
      put((byte) (0xE0 | unit >> 12));
      put((byte) (0x80 | (unit >> 6 & 0x3F)));
      put((byte) (0x80 | (unit & 0x3F)));
    }
    return true;
  }

  /** Writes a character of a string, escaped where it has to be. */
  private void putAscii(int character) {
    if (ESCAPES[character] != 0) {
      put('\\');
      put(ESCAPES[character]);
    } else if (character < ' ') {
      put('\\');
      put('u');
      put('0');
      put('0');
      put((char) ('0' + (character >> 4)));
      put("0123456789ABCDEF".charAt(character & 0xF));
    } else {
      put((byte) character);
    }
  }

  /** Reads the second half of a pair, whose first is read already. */
  private boolean surrogatePair(int high) {
    if (high > 0xDBFF) {
      return fail(Verdict.LONE_SURROGATE);
    }
    if (pos >= end || (in[pos] == '\\' && pos + 1 >= end)) {
      return fail(Verdict.UNFINISHED);
    }
    if (in[pos] != '\\' || in[pos + 1] != 'u') {
      return fail(Verdict.LONE_SURROGATE);
    }
    int low = hex4(pos + 2);
    if (low < 0) {
      return false;
    }
    if (low < 0xDC00 || low > 0xDFFF) {
      return fail(Verdict.LONE_SURROGATE);
    }
    pos += 6;
    int point = 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00);
    put((byte) (0xF0 | point >> 18));
    put((byte) (0x80 | (point >> 12 & 0x3F)));
    put((byte) (0x80 | (point >> 6 & 0x3F)));
    put((byte) (0x80 | (point & 0x3F)));
    return true;
  }

  /** The value of four hex digits, or below 0 after a fault. */
  private int hex4(int from) {
    if (from + 4 > end) {
      return unfinishedHex(from);
    }
    int value =
        HEX_DIGITS[in[from] & 0xFF] << 12
            | HEX_DIGITS[in[from + 1] & 0xFF] << 8
            | HEX_DIGITS[in[from + 2] & 0xFF] << 4
            | HEX_DIGITS[in[from + 3] & 0xFF];
    if (value < 0) {
      fail(Verdict.NOT_JSON);
    }
    return value;
  }

  private int unfinishedHex(int from) {
    fail(Verdict.UNFINISHED);
    for (int at = from; at < end; at++) {
      if (HEX_DIGITS[in[at] & 0xFF] < 0) {
        fail(Verdict.NOT_JSON);
      }
    }
    return -1;
  }

  /**
   * Checks a character beyond ASCII.
   *
   * @return where it ends, or -1 after a fault
   */
  private int character(int from) {
    if (from + Integer.BYTES <= end) {
      int word = (int) INT.get(in, from);
      int bytes = LENGTHS_BY_UPPER_NIBBLE[word >>> 4 & 0xF];
      int bits =
          ((word & (0xFF >>> bytes)) << 18)
              | (word >>> 8 & 0x3F) << 12
              | (word >>> 16 & 0x3F) << 6
              | (word >>> 24 & 0x3F);
      int point = bits >>> (6 * (4 - bytes));
      boolean marked = (word & MARKS[bytes]) == MARKED[bytes];
      if (marked && point >= FIRST_POINTS[bytes] && point <= 0x10FFFF && point >>> 11 != 0x1B) {
        return from + bytes;
      }
    }
    return characterByBytes(from);
  }

  /** As {@link #character}, for what is broken or near the end: says what is wrong. */
  private int characterByBytes(int from) {
    // The ranges of table 3-7 of the Unicode standard.
    int lead = in[from] & 0xFF;
    int length;
    int low = 0x80;
    int high = 0xBF;
    if (lead >= 0xE0 && lead <= 0xEF) {
      length = 3;
      if (lead == 0xE0) {
        low = 0xA0;
      } else if (lead == 0xED) {
        high = 0x9F;
      }
    } else if (lead >= 0xC2 && lead <= 0xDF) {
      length = 2;
    } else if (lead >= 0xF0 && lead <= 0xF4) {
      length = 4;
      if (lead == 0xF0) {
        low = 0x90;
      } else if (lead == 0xF4) {
        high = 0x8F;
      }
    } else {
      fail(Verdict.INVALID_UTF8);
      return -1;
    }
    for (int at = from + 1; at < from + length; at++) {
      if (at >= end) {
        fail(Verdict.UNFINISHED);
        return -1;
      }
      int b = in[at] & 0xFF;
      if (b < low || b > high) {
        fail(Verdict.INVALID_UTF8);
        return -1;
      }
      low = 0x80;
      high = 0xBF;
    }
    return from + length;
  }
}

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
 * <p>Strings are read eight bytes at a time, most of them as {@link Lookahead} has decoded them.
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

  private static final long ONES = 0x0101010101010101L;

  private static final VarHandle WORD =
      MethodHandles.byteArrayViewVarHandle(long[].class, LITTLE_ENDIAN).withInvokeExactBehavior();

  private static final byte[] ESCAPES = new byte[256];

  static {
    String escapes = "\"\"\\\\//b\bf\fn\nr\rt\t";
    for (int i = 0; i < escapes.length(); i += 2) {
      ESCAPES[escapes.charAt(i)] = (byte) escapes.charAt(i + 1);
    }
  }

  /** Bytes that may be written beyond what was read: a word, a digest with its frame, brackets. */
  private static final int SLACK = 128;

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

  /** The last member's name, decoded, in {@link #out}. */
  int keyStart;

  int keyEnd;

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
    return to - from >= ending.length && outIs(to - ending.length, to, ending);
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
   * Goes to the next member's value and writes its name, decoded and bare; or leaves the object.
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

  /** Reads the string whose quote is at the cursor and writes it decoded, without quotes. */
  boolean string() {
    byte[] in = this.in;
    byte[] out = this.out;
    int end = this.end;
    int from = pos + 1;
    int to = outPos;
    if (from + 2 * Long.BYTES <= end) {
      // Names and other short strings, most of which are plain.
      long word = (long) WORD.get(in, from);
      WORD.set(out, to, word);
      long special = special(word);
      if (special == 0) {
        from += Long.BYTES;
        to += Long.BYTES;
        word = (long) WORD.get(in, from);
        WORD.set(out, to, word);
        special = special(word);
      }
      int plain = Long.numberOfTrailingZeros(special) >>> 3;
      if (special != 0 && in[from + plain] == '"') {
        pos = from + plain + 1;
        outPos = to + plain;
        return true;
      }
    }
    while (true) {
      // The byte at from is neither escaped nor part of a character: up to the next word by
      // ourselves, and on from there with what was read ahead.
      int resumed = from;
      boolean stopped = true;
      if (from + Long.BYTES <= end) {
        long word = (long) WORD.get(in, from);
        long escaped = Lookahead.escaped(word << 8);
        long backslashes = Lookahead.backslashes(word);
        long decoded = Lookahead.tabs(Lookahead.lineFeeds(word, escaped), escaped);
        long stops = Lookahead.stops(decoded, escaped, backslashes) | Lookahead.controls(word);
        if (ahead.isSound(from)) {
          stops &= ~word | escaped;
        }
        WORD.set(out, to, Lookahead.leaveOut(decoded, backslashes));
        stopped = stops != 0;
        if (stopped) {
          int plain = Long.numberOfTrailingZeros(stops) >>> 3;
          long before = (stops - 1) & ~stops;
          from += plain;
          to += plain - Long.bitCount(backslashes & before);
        } else {
          int room = Long.BYTES - (from & (Long.BYTES - 1));
          from += room;
          to += room - Long.bitCount(backslashes << (Long.SIZE - (room << 3)));
        }
      }
      if (!stopped) {
        long stops;
        do {
          ahead.moveTo(from);
          long[] decoded = ahead.decoded;
          long[] flags = ahead.flags;
          int words = (ahead.end - ahead.start) >>> 3;
          int i = (from - ahead.start) >>> 3;
          stops = 0;
          for (; i < words - 1; i += 2) {
            long f0 = flags[i];
            long f1 = flags[i + 1];
            if (((f0 | f1) & Lookahead.HIGH_BITS) != 0) {
              break;
            }
            WORD.set(out, to, decoded[i]);
            to += Long.BYTES - Long.bitCount(f0);
            WORD.set(out, to, decoded[i + 1]);
            to += Long.BYTES - Long.bitCount(f1);
          }
          for (; i < words; i++) {
            WORD.set(out, to, decoded[i]);
            long flag = flags[i];
            stops = flag & Lookahead.HIGH_BITS;
            if (stops != 0) {
              // The flags of bytes before the stop; its own is a bit of its own byte, too.
              long before = ((stops - 1) & ~stops) >>> (Byte.SIZE - 1);
              to += Long.numberOfTrailingZeros(stops) >>> 3;
              to -= Long.bitCount(flag & before);
              break;
            }
            to += Long.BYTES - Long.bitCount(flag);
          }
          from = ahead.start + (i << 3);
        } while (stops == 0);
        from += Long.numberOfTrailingZeros(stops) >>> 3;
      }
      if (from >= end) {
        return fail(Verdict.UNFINISHED);
      }
      byte b = in[from];
      boolean escaped = from > resumed && in[from - 1] == '\\';
      if (escaped || b == '\\') {
        if (!escaped) {
          from++;
        }
        if (from >= end) {
          return fail(Verdict.UNFINISHED);
        }
        byte plain = ESCAPES[in[from] & 0xFF];
        if (plain != 0) {
          out[to++] = plain;
          from++;
          continue;
        }
        if (in[from] != 'u') {
          return fail(Verdict.NOT_JSON);
        }
        pos = from - 1;
        outPos = to;
        do {
          if (!unicodeEscape()) {
            return false;
          }
        } while (end - pos >= 2 && in[pos] == '\\' && in[pos + 1] == 'u');
        from = pos;
        to = outPos;
      } else if (b == '"') {
        pos = from + 1;
        outPos = to;
        return true;
      } else if (b < 0) {
        ahead.moveTo(from & -Long.BYTES);
        if (ahead.isSound(from) && from + Long.BYTES <= end) {
          // The next step takes it for plain. At the end of what is read again there is none.
          continue;
        }
        pos = from;
        outPos = to;
        if (!beyondAscii()) {
          return false;
        }
        from = pos;
        to = outPos;
      } else if (b < ' ') {
        return fail(Verdict.NOT_JSON);
      } else {
        out[to++] = b;
        from++;
      }
    }
  }

  /**
   * The highest bit of the first byte that is a quote, a backslash, a control character or beyond
   * ASCII; of those behind it, perhaps too many.
   */
  private static long special(long word) {
    return (((word ^ ('"' ^ ' ') * ONES) - '!' * ONES) | ((word ^ '\\' * ONES) - ONES) | word)
        & Lookahead.HIGH_BITS;
  }

  private boolean unicodeEscape() {
    int unit = hex4(pos + 2);
    if (unit < 0) {
      return false;
    }
    pos += 6;
    if (unit < 0x80) {
      put((byte) unit);
    } else if (unit < 0x800) {
      put((byte) (0xC0 | unit >> 6));
      put((byte) (0x80 | (unit & 0x3F)));
    } else if (unit < 0xD800 || unit > 0xDFFF) {
      put((byte) (0xE0 | unit >> 12));
      put((byte) (0x80 | (unit >> 6 & 0x3F)));
      put((byte) (0x80 | (unit & 0x3F)));
    } else {
      return surrogatePair(unit);
    }
    return true;
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

  /** The value of four hex digits, or -1 after a fault. */
  private int hex4(int from) {
    int value = 0;
    for (int at = from; at < from + 4; at++) {
      if (at >= end) {
        fail(Verdict.UNFINISHED);
        return -1;
      }
      int digit = Character.digit((char) (in[at] & 0xFF), 16);
      if (digit < 0) {
        fail(Verdict.NOT_JSON);
        return -1;
      }
      value = value << 4 | digit;
    }
    return value;
  }

  /**
   * Checks and copies a run of characters beyond ASCII; the ranges are those of table 3-7 of the
   * Unicode standard.
   */
  private boolean beyondAscii() {
    byte[] in = this.in;
    byte[] out = this.out;
    int from = pos;
    int to = outPos;
    do {
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
        return fail(Verdict.INVALID_UTF8);
      }
      out[to++] = in[from++];
      for (int i = 1; i < length; i++) {
        if (from >= end) {
          return fail(Verdict.UNFINISHED);
        }
        int b = in[from] & 0xFF;
        if (b < low || b > high) {
          return fail(Verdict.INVALID_UTF8);
        }
        low = 0x80;
        high = 0xBF;
        out[to++] = in[from++];
      }
    } while (from < end && in[from] < 0 && !ahead.isSound(from));
    pos = from;
    outPos = to;
    return true;
  }
}

package dev.warmpath.extproc.usage;

import java.util.Arrays;

/**
 * A JSON parser that is pushed bytes, in pieces of any size, and keeps nothing but the counts at
 * {@link CountPaths}.
 *
 * <p>It checks the whole grammar of RFC 8259 except the encoding inside strings, so that what looks
 * like a count inside a text, or in a document that is none, is never taken for one. A document
 * deeper than {@link #MAX_DEPTH} is given up. A count is a whole number from 0 to {@link
 * Usage#MAX_TOKENS}; any other value at its place is no count. Where a member stands twice in an
 * object, the last one counts.
 *
 * <p>One bit for each open bracket and a few numbers are all its memory. Not thread-safe: one
 * owner.
 */
final class JsonCounts {

  /** More than any response of these APIs has, by far; one bit each. */
  static final int MAX_DEPTH = 512;

  // What is expected next. Numbers and not an enum: this is a switch per byte.
  private static final int VALUE = 0;
  private static final int VALUE_OR_END = 1;
  private static final int KEY = 2;
  private static final int KEY_OR_END = 3;
  private static final int COLON = 4;
  private static final int COMMA_OR_END = 5;
  private static final int STRING = 6;
  private static final int ESCAPE = 7;
  private static final int UNICODE = 8;
  private static final int LITERAL = 9;
  private static final int MINUS = 10;
  private static final int ZERO = 11;
  private static final int DIGITS = 12;
  private static final int POINT = 13;
  private static final int FRACTION = 14;
  private static final int EXPONENT_MARK = 15;
  private static final int EXPONENT_SIGN = 16;
  private static final int EXPONENT = 17;
  private static final int DONE = 18;
  private static final int FAILED = 19;

  private static final byte[] TRUE = {'t', 'r', 'u', 'e'};
  private static final byte[] FALSE = {'f', 'a', 'l', 's', 'e'};
  private static final byte[] NULL = {'n', 'u', 'l', 'l'};

  /** In place of a name's length: it is none of the paths'. */
  private static final int NO_NAME = -1;

  private final CountPaths paths;
  private final long[] counts;
  private final long[] objects = new long[MAX_DEPTH / Long.SIZE];

  /** Nodes of the open objects that lie on a path, outermost first. */
  private final int[] onPath;

  private final byte[] name;

  private int state = VALUE;
  private int depth;

  /** How many of the outermost objects lie on a path. */
  private int pathDepth;

  /** The member of the innermost object whose value comes next, or {@link CountPaths#NONE}. */
  private int member = CountPaths.NONE;

  private boolean inKey;
  private int nameLength;
  private int unicodeDigits;
  private int unicode;
  private byte[] literal = NULL;
  private int literalMatched;
  private long number;

  JsonCounts(CountPaths paths) {
    this.paths = paths;
    this.counts = new long[paths.slots()];
    this.onPath = new int[paths.height()];
    this.name = new byte[paths.longestName()];
    reset();
  }

  /** Begins a new document. */
  void reset() {
    state = VALUE;
    depth = 0;
    pathDepth = 0;
    member = CountPaths.NONE;
    Arrays.fill(counts, Usage.UNKNOWN_TOKENS);
  }

  /** Whether the document so far is whole. */
  boolean isWhole() {
    return state == DONE;
  }

  /** Whether what came can't be the beginning of a document any more. */
  boolean isFailed() {
    return state == FAILED;
  }

  /** The count at a path, -1 if there was none. Means something once the document is whole. */
  long count(int slot) {
    return counts[slot];
  }

  void feed(byte[] bytes, int start, int end) {
    int at = start;
    while (at < end) {
      if (state == FAILED) {
        return;
      }
      if (state == STRING) {
        at = string(bytes, at, end);
        continue;
      }
      byte b = bytes[at];
      if (isNumber(state)) {
        if (inNumber(b)) {
          at++;
        }
        // Else the byte ended the number and is looked at again.
        continue;
      }
      at++;
      step(b);
    }
  }

  /** The inside of a string, which is most of any response. */
  private int string(byte[] bytes, int start, int end) {
    int at = start;
    while (at < end) {
      byte b = bytes[at];
      if (b == '"' || b == '\\' || (b >= 0 && b < ' ')) {
        if (inKey) {
          addToName(bytes, start, at);
        }
        if (b == '"') {
          endString();
        } else {
          state = b == '\\' ? ESCAPE : FAILED;
        }
        return at + 1;
      }
      at++;
    }
    if (inKey) {
      addToName(bytes, start, end);
    }
    return end;
  }

  private void endString() {
    if (!inKey) {
      endValue();
      return;
    }
    inKey = false;
    state = COLON;
    member = CountPaths.NONE;
    if (pathDepth == depth && nameLength != NO_NAME) {
      int node = onPath[depth - 1];
      member = paths.member(node, name, nameLength);
      if (member != CountPaths.NONE) {
        paths.clear(node, member, counts);
      }
    }
  }

  private void step(byte b) {
    switch (state) {
      case VALUE -> beginValue(b);
      case VALUE_OR_END -> {
        if (b == ']') {
          close(false);
        } else {
          beginValue(b);
        }
      }
      case KEY_OR_END -> {
        if (b == '}') {
          close(true);
        } else {
          beginKey(b);
        }
      }
      case KEY -> beginKey(b);
      case COLON -> {
        if (b == ':') {
          state = VALUE;
        } else if (!isSpace(b)) {
          state = FAILED;
        }
      }
      case COMMA_OR_END -> {
        if (b == ',') {
          state = inObject() ? KEY : VALUE;
        } else if (b == '}' || b == ']') {
          close(b == '}');
        } else if (!isSpace(b)) {
          state = FAILED;
        }
      }
      case ESCAPE -> escape(b);
      case UNICODE -> unicode(b);
      case LITERAL -> {
        if (literal[literalMatched] != b) {
          state = FAILED;
        } else if (++literalMatched == literal.length) {
          endValue();
        }
      }
      case DONE -> {
        if (!isSpace(b)) {
          state = FAILED;
        }
      }
      default -> throw new IllegalStateException("state: " + state);
    }
  }

  private void beginValue(byte b) {
    switch (b) {
      case '{' -> open(true);
      case '[' -> open(false);
      case '"' -> {
        inKey = false;
        state = STRING;
      }
      case 't' -> literal(TRUE);
      case 'f' -> literal(FALSE);
      case 'n' -> literal(NULL);
      case '-' -> {
        number = Usage.UNKNOWN_TOKENS;
        state = MINUS;
      }
      case '0' -> {
        number = 0;
        state = ZERO;
      }
      case '1', '2', '3', '4', '5', '6', '7', '8', '9' -> {
        number = (long) b - '0';
        state = DIGITS;
      }
      default -> {
        if (!isSpace(b)) {
          state = FAILED;
        }
      }
    }
  }

  private void beginKey(byte b) {
    if (b == '"') {
      inKey = true;
      nameLength = 0;
      state = STRING;
    } else if (!isSpace(b)) {
      state = FAILED;
    }
  }

  private void open(boolean object) {
    if (depth == MAX_DEPTH) {
      state = FAILED;
      return;
    }
    if (object) {
      objects[depth >> 6] |= 1L << depth;
      if (depth == 0) {
        onPath[pathDepth++] = 0;
      } else if (depth == pathDepth && member != CountPaths.NONE) {
        int child = paths.child(onPath[depth - 1], member);
        if (child != CountPaths.NONE) {
          onPath[pathDepth++] = child;
        }
      }
    } else {
      objects[depth >> 6] &= ~(1L << depth);
    }
    member = CountPaths.NONE;
    depth++;
    state = object ? KEY_OR_END : VALUE_OR_END;
  }

  private void close(boolean object) {
    if (depth == 0 || inObject() != object) {
      state = FAILED;
      return;
    }
    if (pathDepth == depth) {
      pathDepth--;
    }
    depth--;
    member = CountPaths.NONE;
    endValue();
  }

  private void endValue() {
    state = depth == 0 ? DONE : COMMA_OR_END;
  }

  private boolean inObject() {
    return (objects[(depth - 1) >> 6] & 1L << (depth - 1)) != 0;
  }

  private void literal(byte[] text) {
    literal = text;
    literalMatched = 1;
    state = LITERAL;
  }

  private static boolean isNumber(int state) {
    return state >= MINUS && state <= EXPONENT;
  }

  /**
   * A byte in or after a number.
   *
   * @return false when it belongs to what follows
   */
  private boolean inNumber(byte b) {
    boolean digit = b >= '0' && b <= '9';
    switch (state) {
      case MINUS -> state = b == '0' ? ZERO : digit ? DIGITS : FAILED;
      case ZERO, DIGITS -> {
        if (digit) {
          if (state == ZERO) {
            state = FAILED;
          } else if (number >= 0) {
            number = 10 * number + ((long) b - '0');
            if (number > Usage.MAX_TOKENS) {
              number = Usage.UNKNOWN_TOKENS;
            }
          }
        } else if (b == '.' || b == 'e' || b == 'E') {
          number = Usage.UNKNOWN_TOKENS;
          state = b == '.' ? POINT : EXPONENT_MARK;
        } else {
          return endNumber();
        }
      }
      case POINT -> state = digit ? FRACTION : FAILED;
      case FRACTION -> {
        if (!digit) {
          if (b != 'e' && b != 'E') {
            return endNumber();
          }
          state = EXPONENT_MARK;
        }
      }
      case EXPONENT_MARK ->
          state = digit ? EXPONENT : b == '+' || b == '-' ? EXPONENT_SIGN : FAILED;
      case EXPONENT_SIGN -> state = digit ? EXPONENT : FAILED;
      case EXPONENT -> {
        if (!digit) {
          return endNumber();
        }
      }
      default -> throw new IllegalStateException("state: " + state);
    }
    return true;
  }

  private boolean endNumber() {
    if (depth > 0 && depth == pathDepth && member != CountPaths.NONE) {
      int slot = paths.slot(onPath[depth - 1], member);
      if (slot != CountPaths.NONE) {
        counts[slot] = number;
      }
    }
    endValue();
    return false;
  }

  private void escape(byte b) {
    int decoded =
        switch (b) {
          case '"', '\\', '/' -> b;
          case 'b' -> '\b';
          case 'f' -> '\f';
          case 'n' -> '\n';
          case 'r' -> '\r';
          case 't' -> '\t';
          default -> -1;
        };
    if (b == 'u') {
      unicode = 0;
      unicodeDigits = 0;
      state = UNICODE;
    } else if (decoded < 0) {
      state = FAILED;
    } else {
      addToName(decoded);
      state = STRING;
    }
  }

  private void unicode(byte b) {
    int digit = Character.digit(b, 16);
    if (digit < 0) {
      state = FAILED;
      return;
    }
    unicode = unicode << 4 | digit;
    if (++unicodeDigits == 4) {
      addToName(unicode);
      state = STRING;
    }
  }

  private void addToName(byte[] bytes, int start, int end) {
    int length = end - start;
    if (nameLength == NO_NAME || nameLength + length > name.length) {
      nameLength = NO_NAME;
    } else {
      System.arraycopy(bytes, start, name, nameLength, length);
      nameLength += length;
    }
  }

  /** A decoded UTF-16 unit. The paths' names are ASCII, so that any other makes it none of them. */
  private void addToName(int unit) {
    if (!inKey) {
      return;
    }
    if (nameLength == NO_NAME || nameLength == name.length || unit >= 0x80) {
      nameLength = NO_NAME;
    } else {
      name[nameLength++] = (byte) unit;
    }
  }

  private static boolean isSpace(byte b) {
    return b == ' ' || b == '\n' || b == '\r' || b == '\t';
  }
}

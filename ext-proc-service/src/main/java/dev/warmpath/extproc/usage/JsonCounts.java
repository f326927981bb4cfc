package dev.warmpath.extproc.usage;

import java.util.Arrays;

/**
 * A JSON parser that is pushed bytes, in pieces of any size, and keeps nothing but the counts at
 * {@link CountPaths}; texts at such paths go to a listener as they come.
 *
 * <p>It checks the whole grammar of RFC 8259 except the encoding inside strings, so that what looks
 * like a count inside a text, or in a document that is none, is never taken for one. A document
 * deeper than {@link #MAX_DEPTH} is given up. A count is a whole number from 0 to {@link
 * Usage#MAX_TOKENS}; any other value at its place is no count. Where a member stands twice in an
 * object, the last one counts.
 *
 * <p>A document that is an array is a sequence of documents, one for each element that is an
 * object: Gemini streams so where it isn't asked for events.
 *
 * <p>One bit for each open bracket and a few numbers are all its memory. Not thread-safe: one
 * owner.
 */
final class JsonCounts {

  /** Receives what isn't kept as a count. */
  interface Listener {
    /** Nobody. */
    Listener NONE =
        new Listener() {
          @Override
          public void textBegins(int text) {}

          @Override
          public void text(int text, byte[] bytes, int start, int end) {}

          @Override
          public void endOfElement() {}
        };

    /** The text of a path begins; what came of it before doesn't count any more. */
    void textBegins(int text);

    /** A piece of a text, its escapes undone; a byte 0xFF stands for an escape beyond ASCII. */
    void text(int text, byte[] bytes, int start, int end);

    /** An element of the outermost array is complete; its counts are forgotten after this call. */
    void endOfElement();
  }

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

  // What becomes of a string.
  private static final int SKIP = 0;
  private static final int NAME = 1;
  private static final int SELECTOR = 2;
  private static final int TEXT = 3;

  private final CountPaths paths;
  private final Listener listener;
  private final long[] counts;
  private final long[] objects = new long[MAX_DEPTH / Long.SIZE];

  /** Nodes of the open objects that lie on a path, outermost first. */
  private final int[] onPath;

  private final byte[] name;

  private int state = VALUE;
  private int depth;

  /** 1 inside an array of documents, else 0. */
  private int base;

  /** How many of a document's outermost objects and arrays lie on a path. */
  private int pathDepth;

  /** The member of the innermost object whose value comes next, or {@link CountPaths#NONE}. */
  private int member = CountPaths.NONE;

  /** The slot that an element's selector names, or {@link CountPaths#NONE}. */
  private int selected = CountPaths.NONE;

  private int target = SKIP;
  private int nameLength;
  private int unicodeDigits;
  private int unicode;
  private byte[] literal = NULL;
  private int literalMatched;
  private long number;
  private final byte[] unit = new byte[1];

  JsonCounts(CountPaths paths) {
    this(paths, Listener.NONE);
  }

  JsonCounts(CountPaths paths, Listener listener) {
    this.paths = paths;
    this.listener = listener;
    this.counts = new long[paths.allSlots()];
    this.onPath = new int[paths.height()];
    this.name = new byte[paths.longestName()];
    reset();
  }

  /** Begins a new document. */
  void reset() {
    state = VALUE;
    depth = 0;
    base = 0;
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
        keep(bytes, start, at);
        if (b == '"') {
          endString();
        } else {
          state = b == '\\' ? ESCAPE : FAILED;
        }
        return at + 1;
      }
      at++;
    }
    keep(bytes, start, end);
    return end;
  }

  private void endString() {
    if (target != NAME) {
      if (target == SELECTOR && nameLength != NO_NAME) {
        selected = paths.selected(innermost(), name, nameLength);
      }
      endValue();
      return;
    }
    state = COLON;
    member = CountPaths.NONE;
    if (isOnPath() && nameLength != NO_NAME) {
      member = paths.member(innermost(), name, nameLength);
      if (member != CountPaths.NONE) {
        paths.clear(innermost(), member, counts);
        if (paths.isSelector(innermost(), member)) {
          selected = CountPaths.NONE;
        }
        int text = paths.text(innermost(), member);
        if (text != CountPaths.NONE) {
          listener.textBegins(text);
        }
      }
    }
  }

  /** Whether the innermost object or array lies on a path. */
  private boolean isOnPath() {
    return pathDepth > 0 && pathDepth + base == depth;
  }

  private int innermost() {
    return onPath[pathDepth - 1];
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
        beginText();
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
      target = NAME;
      nameLength = 0;
      state = STRING;
    } else if (!isSpace(b)) {
      state = FAILED;
    }
  }

  private void beginText() {
    target = SKIP;
    if (!isOnPath() || member == CountPaths.NONE) {
      return;
    }
    if (paths.text(innermost(), member) != CountPaths.NONE) {
      target = TEXT;
    } else if (paths.isSelector(innermost(), member)) {
      target = SELECTOR;
      nameLength = 0;
    }
  }

  private void open(boolean object) {
    if (depth == MAX_DEPTH) {
      state = FAILED;
      return;
    }
    if (object) {
      objects[depth >> 6] |= 1L << depth;
    } else {
      objects[depth >> 6] &= ~(1L << depth);
    }
    if (depth == 0 && !object) {
      base = 1;
    } else if (depth == base) {
      if (object) {
        onPath[pathDepth++] = CountPaths.ROOT;
      }
    } else if (isOnPath()) {
      int child = paths.child(innermost(), member);
      if (child != CountPaths.NONE && paths.isArray(child) != object) {
        onPath[pathDepth++] = child;
        selected = CountPaths.NONE;
      }
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
    if (isOnPath()) {
      paths.endElement(innermost(), selected, counts);
      selected = CountPaths.NONE;
      pathDepth--;
    }
    depth--;
    member = CountPaths.NONE;
    if (object && base == 1 && depth == 1) {
      listener.endOfElement();
      Arrays.fill(counts, Usage.UNKNOWN_TOKENS);
    }
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
    if (isOnPath() && member != CountPaths.NONE) {
      int slot = paths.slot(innermost(), member);
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
      keep(decoded);
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
      keep(unicode);
      state = STRING;
    }
  }

  private void keep(byte[] bytes, int start, int end) {
    int length = end - start;
    if (target == TEXT) {
      listener.text(paths.text(innermost(), member), bytes, start, end);
    } else if (target != SKIP) {
      if (nameLength == NO_NAME || nameLength + length > name.length) {
        nameLength = NO_NAME;
      } else {
        System.arraycopy(bytes, start, name, nameLength, length);
        nameLength += length;
      }
    }
  }

  /** A decoded UTF-16 unit. All that is looked for is ASCII, so that any other makes it nothing. */
  private void keep(int decoded) {
    unit[0] = decoded < 0x80 ? (byte) decoded : (byte) 0xFF;
    keep(unit, 0, 1);
  }

  private static boolean isSpace(byte b) {
    return b == ' ' || b == '\n' || b == '\r' || b == '\t';
  }
}

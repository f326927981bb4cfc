package dev.warmpath.extproc.repair;

/**
 * Finds its way through raw JSON that the scanner has already found sound. Offsets are of the body;
 * members and elements are half-open ranges without the white space around them. Stateless.
 */
final class RawJson {

  /** In place of an offset. */
  static final int NONE = -1;

  private RawJson() {}

  /** Takes the members of an object, or the elements of an array, in their order. */
  @FunctionalInterface
  interface Visitor {

    /**
     * Takes one.
     *
     * @param start where the member's name or the element begins
     * @param value where the value begins; of an element the same
     * @param end behind the value
     */
    void visit(int start, int value, int end);
  }

  /**
   * Visits what an object or array holds.
   *
   * @param at its opening bracket
   * @return the offset behind its closing one
   */
  static int visit(byte[] body, int at, Visitor visitor) {
    boolean object = body[at] == '{';
    int next = skipSpace(body, at + 1);
    while (body[next] != '}' && body[next] != ']') {
      int start = next;
      int value = start;
      if (object) {
        // The name, its colon.
        value = skipSpace(body, skipSpace(body, endOfString(body, start)) + 1);
      }
      int end = endOfValue(body, value);
      visitor.visit(start, value, end);
      next = skipSpace(body, end);
      if (body[next] == ',') {
        next = skipSpace(body, next + 1);
      }
    }
    return next + 1;
  }

  /**
   * The value of an object's last member of a name, or {@link #NONE}. A name that is written with
   * escapes is not found.
   *
   * @param at the opening brace; anything else has no members
   */
  static int member(byte[] body, int at, byte[] name) {
    if (body[at] != '{') {
      return NONE;
    }
    int[] found = {NONE};
    visit(
        body,
        at,
        (start, value, end) -> {
          if (isName(body, start, name)) {
            found[0] = value;
          }
        });
    return found[0];
  }

  /** Whether the string at an offset is this one, written without escapes. */
  static boolean isName(byte[] body, int at, byte[] name) {
    int quote = at + 1 + name.length;
    if (quote >= body.length || body[quote] != '"') {
      return false;
    }
    for (int i = 0; i < name.length; i++) {
      if (body[at + 1 + i] != name[i]) {
        return false;
      }
    }
    return true;
  }

  static int endOfValue(byte[] body, int at) {
    return switch (body[at]) {
      case '"' -> endOfString(body, at);
      case '{', '[' -> endOfBrackets(body, at);
      default -> endOfScalar(body, at);
    };
  }

  private static int endOfBrackets(byte[] body, int at) {
    int depth = 0;
    int next = at;
    do {
      byte b = body[next];
      if (b == '"') {
        next = endOfString(body, next);
        continue;
      }
      if (b == '{' || b == '[') {
        depth++;
      } else if (b == '}' || b == ']') {
        depth--;
      }
      next++;
    } while (depth > 0);
    return next;
  }

  private static int endOfScalar(byte[] body, int at) {
    int next = at;
    while (!endsScalar(body[next])) {
      next++;
    }
    return next;
  }

  private static boolean endsScalar(byte b) {
    return b == ',' || b == '}' || b == ']' || isSpace(b);
  }

  /** The offset behind the closing quote. */
  static int endOfString(byte[] body, int at) {
    int next = at + 1;
    while (body[next] != '"') {
      next += body[next] == '\\' ? 2 : 1;
    }
    return next + 1;
  }

  static int skipSpace(byte[] body, int at) {
    int next = at;
    while (isSpace(body[next])) {
      next++;
    }
    return next;
  }

  private static boolean isSpace(byte b) {
    return b == ' ' || b == '\n' || b == '\r' || b == '\t';
  }
}

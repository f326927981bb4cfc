package dev.warmpath.extproc.repair;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Arrays;

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
   * The value of an object's last member of a name, or {@link #NONE}. The name may be written with
   * escapes.
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

  /** Whether the string at an offset reads so. */
  private static boolean isName(byte[] body, int at, byte[] name) {
    int start = at + 1;
    int end = endOfString(body, at) - 1;
    return hasEscapes(body, start, end)
        ? Arrays.equals(name, decoded(body, start, end).getBytes(UTF_8))
        : Arrays.equals(name, 0, name.length, body, start, end);
  }

  /** What the string at an offset says, in UTF-8: to be compared. */
  static byte[] name(byte[] body, int at) {
    int start = at + 1;
    int end = endOfString(body, at) - 1;
    return hasEscapes(body, start, end)
        ? decoded(body, start, end).getBytes(UTF_8)
        : Arrays.copyOfRange(body, start, end);
  }

  /** A string's raw bytes, or some of them, without escapes. */
  static String decoded(byte[] body, int start, int end) {
    String raw = new String(body, start, end - start, UTF_8);
    if (raw.indexOf('\\') < 0) {
      return raw;
    }
    var text = new StringBuilder(raw.length());
    int at = 0;
    while (at < raw.length()) {
      char c = raw.charAt(at++);
      if (c != '\\') {
        text.append(c);
        continue;
      }
      char escaped = raw.charAt(at++);
      if (escaped == 'u') {
        text.append((char) Integer.parseInt(raw, at, at + 4, 16));
        at += 4;
      } else {
        text.append(
            switch (escaped) {
              case 'b' -> '\b';
              case 'f' -> '\f';
              case 'n' -> '\n';
              case 'r' -> '\r';
              case 't' -> '\t';
              default -> escaped;
            });
      }
    }
    return text.toString();
  }

  private static boolean hasEscapes(byte[] body, int start, int end) {
    for (int at = start; at < end; at++) {
      if (body[at] == '\\') {
        return true;
      }
    }
    return false;
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

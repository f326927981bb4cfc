package dev.warmpath.extproc.annotate;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Looks into the raw bytes of a JSON object that the scanner has already found sound, for members
 * that it does not report. Stateless.
 */
final class RawObject {

  /** No such member, or no such bytes. */
  static final int NONE = -1;

  private RawObject() {}

  /** A name, prepared for search. */
  static final class Name {
    private final byte[] bytes;

    /** How far the search may go on after a mismatch, by the last byte looked at (Horspool). */
    private final int[] shifts = new int[256];

    Name(String name) {
      bytes = name.getBytes(StandardCharsets.US_ASCII);
      Arrays.fill(shifts, bytes.length);
      for (int i = 0; i < bytes.length - 1; i++) {
        shifts[bytes[i] & 0xFF] = bytes.length - 1 - i;
      }
    }

    /** Where the bytes of the name first stand in a range, or {@link #NONE}. */
    int find(byte[] body, int start, int end) {
      int at = start;
      while (at + bytes.length <= end) {
        int last = bytes.length - 1;
        while (last >= 0 && body[at + last] == bytes[last]) {
          last--;
        }
        if (last < 0) {
          return at;
        }
        at += shifts[body[at + bytes.length - 1] & 0xFF];
      }
      return NONE;
    }
  }

  /**
   * The offset of a member's value in an object, or {@link #NONE}. A name written with escapes is
   * not found.
   *
   * <p>Most objects don't have the bytes of the name at all, which the search tells at a fraction
   * of a nanosecond a byte; only the others are walked, so that a name inside a text is not
   * mistaken.
   *
   * @param start offset of the opening brace
   * @param end offset behind the closing brace
   */
  static int member(byte[] body, int start, int end, Name name) {
    int found = name.find(body, start, end);
    if (found == NONE) {
      return NONE;
    }
    int at = start + 1;
    int depth = 1;
    boolean key = true;
    while (at < end) {
      switch (body[at]) {
        case '"' -> {
          int close = stringEnd(body, at);
          if (depth == 1 && key && is(body, at + 1, close, name)) {
            return valueStart(body, close + 1);
          }
          at = close;
        }
        case '{', '[' -> depth++;
        case '}', ']' -> depth--;
        case ':' -> key = false;
        case ',' -> key = depth == 1;
        default -> {}
      }
      at++;
    }
    return NONE;
  }

  /** Whether an object has no members. */
  static boolean isEmpty(byte[] body, int start) {
    return body[skipSpace(body, start + 1)] == '}';
  }

  /** Offset of the closing quote of the string that opens at {@code open}. */
  private static int stringEnd(byte[] body, int open) {
    int at = open + 1;
    while (body[at] != '"') {
      at += body[at] == '\\' ? 2 : 1;
    }
    return at;
  }

  private static boolean is(byte[] body, int start, int end, Name name) {
    return Arrays.equals(body, start, end, name.bytes, 0, name.bytes.length);
  }

  private static int valueStart(byte[] body, int afterKey) {
    return skipSpace(body, skipSpace(body, afterKey) + 1);
  }

  private static int skipSpace(byte[] body, int start) {
    int at = start;
    while (body[at] == ' ' || body[at] == '\n' || body[at] == '\r' || body[at] == '\t') {
      at++;
    }
    return at;
  }
}

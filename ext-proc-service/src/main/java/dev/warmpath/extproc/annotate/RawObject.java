package dev.warmpath.extproc.annotate;

import java.util.Arrays;

/**
 * Looks into raw JSON that the scanner has already found sound, for what it does not report.
 * Stateless.
 */
final class RawObject {

  private RawObject() {}

  /**
   * Whether an object, or any in it, has a member of this name that is true. A name that is written
   * with escapes may be any, and counts as this one.
   *
   * @param start offset of the opening brace
   * @param end offset behind the closing brace
   */
  static boolean mayHaveTrue(byte[] body, int start, int end, byte[] name) {
    boolean key = false;
    int at = start;
    while (at < end) {
      switch (body[at]) {
        case '"' -> {
          int close = closingQuote(body, at);
          if (key && mayBe(body, at + 1, close, name)) {
            int value = skipSpace(body, skipSpace(body, close + 1) + 1);
            if (body[value] == 't') {
              return true;
            }
          }
          key = false;
          at = close;
        }
        // A string in a list is taken for a name, too, which only costs a marker.
        case '{', '[', ',' -> key = true;
        default -> {}
      }
      at++;
    }
    return false;
  }

  /**
   * Where the string ends that is a member of an object, not of one in it.
   *
   * @param start offset of the opening brace
   * @return offset of its closing quote; below 0: it has no such member, written without escapes
   */
  static int stringEnd(byte[] body, int start, byte[] name) {
    int depth = 0;
    for (int at = start; ; at++) {
      switch (body[at]) {
        case '{', '[' -> depth++;
        case '}', ']' -> {
          depth--;
          if (depth == 0) {
            return -1;
          }
        }
        case '"' -> {
          int close = closingQuote(body, at);
          int next = skipSpace(body, close + 1);
          if (depth == 1 && body[next] == ':') {
            int value = skipSpace(body, next + 1);
            if (body[value] == '"' && Arrays.equals(body, at + 1, close, name, 0, name.length)) {
              return closingQuote(body, value);
            }
            close = next;
          }
          at = close;
        }
        default -> {}
      }
    }
  }

  /** Whether an object has no members. */
  static boolean isEmpty(byte[] body, int start) {
    return body[skipSpace(body, start + 1)] == '}';
  }

  /** Whether a piece of raw text stands anywhere in a body. */
  static boolean holds(byte[] body, int length, byte[] text) {
    for (int at = 0; at <= length - text.length; at++) {
      if (Arrays.equals(body, at, at + text.length, text, 0, text.length)) {
        return true;
      }
    }
    return false;
  }

  private static boolean mayBe(byte[] body, int start, int end, byte[] name) {
    for (int at = start; at < end; at++) {
      if (body[at] == '\\') {
        return true;
      }
    }
    return Arrays.equals(body, start, end, name, 0, name.length);
  }

  private static int closingQuote(byte[] body, int open) {
    int at = open + 1;
    while (body[at] != '"') {
      at += body[at] == '\\' ? 2 : 1;
    }
    return at;
  }

  private static int skipSpace(byte[] body, int start) {
    int at = start;
    while (body[at] == ' ' || body[at] == '\n' || body[at] == '\r' || body[at] == '\t') {
      at++;
    }
    return at;
  }
}

package dev.warmpath.extproc.volatility;

import java.util.Arrays;

/**
 * A stretch of a text as characters, that know at which byte they stand. What is cut or no
 * character is U+FFFD. Immutable.
 */
final class Window {
  final String text;

  /** Of each character, and of the end, from the beginning of the array. */
  private final int[] bytes;

  private Window(String text, int[] bytes) {
    this.text = text;
    this.bytes = bytes;
  }

  static Window of(byte[] text, int from, int to) {
    StringBuilder chars = new StringBuilder(to - from);
    int[] bytes = new int[to - from + 1];
    int at = from;
    while (at < to) {
      int length = chars.length();
      chars.appendCodePoint(CharKind.codePoint(text, at, to));
      Arrays.fill(bytes, length, chars.length(), at);
      at += CharKind.bytes(text, at, to);
    }
    bytes[chars.length()] = to;
    return new Window(chars.toString(), Arrays.copyOf(bytes, chars.length() + 1));
  }

  int byteAt(int index) {
    return bytes[index];
  }

  /** The first character that begins at a byte or behind it. */
  int charAt(int at) {
    int low = 0;
    int high = bytes.length - 1;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (bytes[middle] < at) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }
}

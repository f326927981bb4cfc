package dev.warmpath.extproc.usage;

import java.util.Arrays;

/**
 * Decodes base64 (RFC 4648, section 4) in pieces of any size and hands on what it decodes. Padding
 * may be absent; anything else that isn't base64 makes the text unsound. Memory: {@link
 * #BUFFER_BYTES}. Not thread-safe: one owner.
 */
final class Base64Pieces {

  /** Receives decoded bytes, valid until it returns. */
  interface Sink {
    void decoded(byte[] bytes, int length);
  }

  private static final int BUFFER_BYTES = 192;
  private static final int BITS = 6;
  private static final byte[] VALUES = values();

  private final Sink sink;
  private final byte[] buffer = new byte[BUFFER_BYTES];
  private int buffered;
  private int bits;
  private int characters;
  private int padding;
  private boolean sound = true;

  Base64Pieces(Sink sink) {
    this.sink = sink;
  }

  /** Begins a new text. */
  void reset() {
    bits = 0;
    characters = 0;
    padding = 0;
    sound = true;
  }

  void feed(byte[] bytes, int start, int end) {
    for (int at = start; at < end && sound; at++) {
      if (bytes[at] == '=') {
        padding++;
        continue;
      }
      int value = bytes[at] < 0 ? -1 : VALUES[bytes[at]];
      if (value < 0 || padding > 0) {
        sound = false;
        break;
      }
      bits = (bits << BITS) | value;
      characters++;
      int position = characters & 3;
      if (position != 1) {
        // The second to fourth character of a group complete a byte each, 4, 2 and 0 bits early.
        put((byte) (bits >>> (position == 2 ? 4 : position == 3 ? 2 : 0)));
      }
    }
    flush();
  }

  /** Whether what came is a whole text. */
  boolean isWhole() {
    int rest = characters & 3;
    return sound && rest != 1 && (padding == 0 || (rest != 0 && padding == 4 - rest));
  }

  private void put(byte decoded) {
    buffer[buffered++] = decoded;
    if (buffered == BUFFER_BYTES) {
      flush();
    }
  }

  private void flush() {
    if (buffered > 0) {
      sink.decoded(buffer, buffered);
      buffered = 0;
    }
  }

  private static byte[] values() {
    String alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    byte[] values = new byte[128];
    Arrays.fill(values, (byte) -1);
    for (int i = 0; i < alphabet.length(); i++) {
      values[alphabet.charAt(i)] = (byte) i;
    }
    return values;
  }
}

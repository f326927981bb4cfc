package dev.warmpath.e2e.bench;

import java.nio.charset.StandardCharsets;
import java.util.SplittableRandom;

/**
 * Chat completions of exactly the length asked for: one of eight system messages, then a history of
 * turns that no other body shares. Text is words, with an escaped line break every 64 bytes. The
 * same seed gives the same bodies. Not thread-safe.
 */
final class ChatBodies {
  /** The shortest body: what is not text, with room for some. */
  static final int MIN_BYTES = 1024;

  private static final int LINE_BYTES = 64;
  private static final int LINES = 1 << 14; // 1 MiB: every body is another walk through it.
  private static final int TENANTS = 8;
  private static final int MAX_SYSTEM_BYTES = 8192;
  private static final int MAX_TURN_BYTES = 8192;
  private static final byte[] END = ascii("\"}]}");

  private final SplittableRandom random;
  private final byte[] text = new byte[LINES * LINE_BYTES];
  private int serial;

  ChatBodies(long seed) {
    random = new SplittableRandom(seed);
    for (int line = 0; line < LINES; line++) {
      int start = line * LINE_BYTES;
      for (int i = 0; i < LINE_BYTES - 2; i++) {
        text[start + i] = (byte) (i % 7 == 6 ? ' ' : 'a' + random.nextInt(26));
      }
      text[start + LINE_BYTES - 2] = '\\';
      text[start + LINE_BYTES - 1] = 'n';
    }
  }

  /**
   * Another conversation.
   *
   * @param bytes of the whole body; at least {@link #MIN_BYTES}
   */
  byte[] next(int bytes) {
    if (bytes < MIN_BYTES) {
      throw new IllegalArgumentException(bytes + " (expected: bytes >= " + MIN_BYTES + ")");
    }
    int tenant = random.nextInt(TENANTS);
    var writer = new Writer(new byte[bytes]);
    writer.put(
        ascii(
            "{\"model\":\"bench\",\"stream\":true,\"messages\":[{\"role\":\"system\",\"content\":\""
                + "tenant %d: ".formatted(tenant)));
    writer.text(tenant, Math.min(MAX_SYSTEM_BYTES, bytes / 4));
    for (int turn = 0; ; turn++) {
      writer.put(
          ascii(
              "\"},{\"role\":\"%s\",\"content\":\"%d.%d "
                  .formatted(turn % 2 == 0 ? "user" : "assistant", serial, turn)));
      int left = bytes - END.length - writer.at;
      // The last turn takes what is left, so that none is too short for its frame.
      boolean last = left < 2 * MAX_TURN_BYTES;
      writer.text(random.nextInt(LINES), last ? left : MAX_TURN_BYTES);
      if (last) {
        break;
      }
    }
    writer.put(END);
    serial++;
    return writer.to;
  }

  private final class Writer {
    final byte[] to;
    int at;

    Writer(byte[] to) {
      this.to = to;
    }

    void put(byte[] bytes) {
      System.arraycopy(bytes, 0, to, at, bytes.length);
      at += bytes.length;
    }

    /** Whole lines from {@code line} on, then filling: an escape is never cut. */
    void text(int line, int bytes) {
      int end = at + bytes;
      for (int next = line; end - at >= LINE_BYTES; next++) {
        System.arraycopy(text, (next & (LINES - 1)) * LINE_BYTES, to, at, LINE_BYTES);
        at += LINE_BYTES;
      }
      while (at < end) {
        to[at++] = '.';
      }
    }
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}

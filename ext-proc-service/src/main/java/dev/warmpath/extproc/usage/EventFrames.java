package dev.warmpath.extproc.usage;

import java.util.zip.CRC32;

/**
 * Takes an {@code application/vnd.amazon.eventstream} apart, in pieces of any size: binary messages
 * one after the other, each with
 *
 * <pre>
 * total length (4 bytes), length of headers (4), CRC of these 8 bytes (4),
 * headers, payload, CRC of all before it (4)
 * </pre>
 *
 * in network byte order. Headers are skipped: what is looked for in a payload stands in no other
 * kind of message. Payloads go on as they come, but a message has ended, and so counts, only when
 * its checksum is right. A length that cannot be, or a wrong checksum, ends the reading: nothing
 * behind it can be trusted to begin a message.
 *
 * <p>Source: Smithy, "Amazon event stream encoding". Memory: a few numbers. Not thread-safe: one
 * owner.
 */
final class EventFrames {

  /** Receives the payloads of messages. */
  interface Sink {
    /** A piece of a message's payload. */
    void payload(byte[] bytes, int start, int end);

    /** The message is complete and sound; the next payload belongs to another. */
    void endOfMessage();
  }

  private enum State {
    PRELUDE,
    HEADERS,
    PAYLOAD,
    CHECKSUM,
    BROKEN
  }

  private static final int CHECKSUM_BYTES = 4;
  private static final int CHECKED_PRELUDE_BYTES = 8;
  private static final int PRELUDE_BYTES = CHECKED_PRELUDE_BYTES + CHECKSUM_BYTES;

  /** The bounds of the format's own libraries. */
  static final int MAX_HEADER_BYTES = 128 * 1024;

  static final int MAX_PAYLOAD_BYTES = 24 * 1024 * 1024;

  private final Sink sink;
  private final CRC32 checksum = new CRC32();
  private State state = State.PRELUDE;
  private int seen;
  private int totalBytes;
  private int headerBytes;
  private int given;

  /** Bytes that are left of headers or payload. */
  private int left;

  EventFrames(Sink sink) {
    this.sink = sink;
  }

  void feed(byte[] bytes, int start, int end) {
    int at = start;
    while (at < end && state != State.BROKEN) {
      switch (state) {
        case PRELUDE -> prelude(bytes[at++]);
        case HEADERS, PAYLOAD -> {
          int length = Math.min(left, end - at);
          checksum.update(bytes, at, length);
          if (state == State.PAYLOAD) {
            sink.payload(bytes, at, at + length);
          }
          at += length;
          left -= length;
          if (left == 0) {
            nextPart();
          }
        }
        case CHECKSUM -> checksum(bytes[at++]);
        case BROKEN -> {}
      }
    }
  }

  /** Whether some message was none. */
  boolean isBroken() {
    return state == State.BROKEN;
  }

  private void prelude(byte b) {
    if (seen < CHECKSUM_BYTES) {
      totalBytes = (totalBytes << Byte.SIZE) | (b & 0xFF);
    } else if (seen < CHECKED_PRELUDE_BYTES) {
      headerBytes = (headerBytes << Byte.SIZE) | (b & 0xFF);
    } else {
      given = (given << Byte.SIZE) | (b & 0xFF);
    }
    seen++;
    if (seen == PRELUDE_BYTES) {
      if (given != (int) checksum.getValue() || !lengthsCanBe()) {
        state = State.BROKEN;
        return;
      }
      checksum.update(given >>> 24);
      checksum.update(given >>> 16);
      checksum.update(given >>> 8);
      checksum.update(given);
      left = headerBytes;
      state = State.HEADERS;
      if (left == 0) {
        nextPart();
      }
    } else if (seen <= CHECKED_PRELUDE_BYTES) {
      checksum.update(b);
    }
  }

  private boolean lengthsCanBe() {
    // Negative ones are those above 2 GiB.
    return headerBytes >= 0
        && headerBytes <= MAX_HEADER_BYTES
        && payloadBytes() >= 0
        && payloadBytes() <= MAX_PAYLOAD_BYTES;
  }

  private long payloadBytes() {
    return (long) totalBytes - PRELUDE_BYTES - headerBytes - CHECKSUM_BYTES;
  }

  private void nextPart() {
    left = (int) payloadBytes();
    if (state == State.HEADERS && left > 0) {
      state = State.PAYLOAD;
    } else {
      state = State.CHECKSUM;
      seen = 0;
      given = 0;
    }
  }

  private void checksum(byte b) {
    given = (given << Byte.SIZE) | (b & 0xFF);
    if (++seen < CHECKSUM_BYTES) {
      return;
    }
    if (given != (int) checksum.getValue()) {
      state = State.BROKEN;
      return;
    }
    sink.endOfMessage();
    checksum.reset();
    state = State.PRELUDE;
    seen = 0;
    totalBytes = 0;
    headerBytes = 0;
    given = 0;
  }
}

package dev.warmpath.extproc.usage;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.warmpath.extproc.prompt.Dialect;
import java.nio.ByteBuffer;
import java.util.Base64;
import java.util.zip.CRC32;

/** Messages of Amazon's event stream, as Bedrock writes them or with lengths that lie. */
final class Frames {

  static final String TYPE = "application/vnd.amazon.eventstream";
  private static final int AROUND = 16;

  private Frames() {}

  /** Converse's events stand alone, InvokeModel's events of other APIs in base64. */
  static byte[] event(Dialect dialect, String event) {
    return dialect == Dialect.BEDROCK_CONVERSE ? frame(event) : chunk(event);
  }

  static byte[] chunk(String event) {
    // Bedrock pads with "p", so that the length tells nothing of the text.
    String bytes = Base64.getEncoder().encodeToString(event.getBytes(UTF_8));
    return frame("{\"bytes\":\"" + bytes.replace("/", "\\/") + "\",\"p\":\"abcdefg\"}");
  }

  static byte[] frame(String payload) {
    byte[] headers = header(":event-type", "metadata");
    byte[] bytes = payload.getBytes(UTF_8);
    return frame(AROUND + headers.length + bytes.length, headers.length, headers, bytes);
  }

  /** A message that gives lengths that need not be its own; its checksums are right. */
  static byte[] frame(int totalBytes, int headerBytes, byte[] headers, byte[] payload) {
    ByteBuffer frame = ByteBuffer.allocate(AROUND + headers.length + payload.length);
    frame.putInt(totalBytes).putInt(headerBytes).putInt(crc(frame));
    return frame.put(headers).put(payload).putInt(crc(frame)).array();
  }

  private static byte[] header(String name, String value) {
    return ByteBuffer.allocate(4 + name.length() + value.length())
        .put((byte) name.length())
        .put(name.getBytes(UTF_8))
        .put((byte) 7)
        .putShort((short) value.length())
        .put(value.getBytes(UTF_8))
        .array();
  }

  private static int crc(ByteBuffer sofar) {
    CRC32 crc = new CRC32();
    crc.update(sofar.duplicate().flip());
    return (int) crc.getValue();
  }
}

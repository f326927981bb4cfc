package dev.warmpath.e2e.api;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.zip.CRC32;

/** How the events of a stream are written. */
public enum Framing {
  /** Server-sent events with names. */
  NAMED_EVENTS("text/event-stream; charset=utf-8"),
  /** Server-sent events that are data alone. */
  EVENTS("text/event-stream"),
  /** Elements of one JSON array, as Gemini sends them without {@code alt=sse}. */
  ARRAY("application/json; charset=UTF-8"),
  /** Amazon's binary messages. */
  MESSAGES("application/vnd.amazon.eventstream"),
  /** The same, each around another API's event in base64. */
  CHUNKS("application/vnd.amazon.eventstream");

  private static final int PRELUDE_BYTES = 12;
  private static final int CHECKSUM_BYTES = 4;
  private static final byte STRING = 7;

  private final String contentType;

  Framing(String contentType) {
    this.contentType = contentType;
  }

  String contentType() {
    return contentType;
  }

  /** One event as bytes. */
  ByteBuf frame(String name, ObjectNode event, boolean first) {
    return switch (this) {
      case NAMED_EVENTS -> text("event: " + name + "\ndata: " + event + "\n\n");
      case EVENTS -> text("data: " + event + "\r\n\r\n");
      case ARRAY -> text((first ? "[" : ",\r\n") + event);
      case MESSAGES -> message(name, event);
      case CHUNKS ->
          message(
              "chunk",
              JsonNodeFactory.instance
                  .objectNode()
                  .put(
                      "bytes",
                      Base64.getEncoder()
                          .encodeToString(event.toString().getBytes(StandardCharsets.UTF_8)))
                  .put("p", "abcdefghijkl"));
    };
  }

  /** What ends the stream. */
  ByteBuf end() {
    return this == ARRAY ? text("]") : Unpooled.EMPTY_BUFFER;
  }

  private static ByteBuf text(String text) {
    return Unpooled.wrappedBuffer(text.getBytes(StandardCharsets.UTF_8));
  }

  private static ByteBuf message(String name, ObjectNode event) {
    byte[] payload = event.toString().getBytes(StandardCharsets.UTF_8);
    ByteBuf headers = Unpooled.buffer();
    header(headers, ":event-type", name);
    header(headers, ":content-type", "application/json");
    header(headers, ":message-type", "event");
    int headerBytes = headers.readableBytes();
    ByteBuf message =
        Unpooled.buffer()
            .writeInt(PRELUDE_BYTES + headerBytes + payload.length + CHECKSUM_BYTES)
            .writeInt(headerBytes);
    message.writeInt(checksum(message)).writeBytes(headers).writeBytes(payload);
    return message.writeInt(checksum(message));
  }

  private static void header(ByteBuf to, String name, String value) {
    to.writeByte(name.length()).writeBytes(name.getBytes(StandardCharsets.US_ASCII));
    to.writeByte(STRING).writeShort(value.length());
    to.writeBytes(value.getBytes(StandardCharsets.US_ASCII));
  }

  private static int checksum(ByteBuf bytes) {
    var crc = new CRC32();
    crc.update(bytes.nioBuffer());
    return (int) crc.getValue();
  }
}

package dev.warmpath.e2e.provider;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;

/**
 * The responses of Anthropic's messages API: the events of a stream, or the whole. The text says
 * the same in every response, four characters a token.
 */
final class MessageEvents {
  private static final JsonNodeFactory NODES = new ObjectMapper().getNodeFactory();
  private static final String TOKEN = " yes";

  private MessageEvents() {}

  /** The events before the first token. */
  static ByteBuf start(String id, String model, MessageUsage usage) {
    ObjectNode message = message(id, model);
    message.putArray("content");
    message.putNull("stop_reason");
    message.putNull("stop_sequence");
    message.set("usage", usage(usage.withOutput(1), true));
    ObjectNode start = NODES.objectNode().put("type", "message_start");
    start.set("message", message);
    ObjectNode block = NODES.objectNode().put("type", "content_block_start").put("index", 0);
    block.putObject("content_block").put("type", "text").put("text", "");
    return text(event(start) + event(block) + event(NODES.objectNode().put("type", "ping")));
  }

  static ByteBuf tokens(int count) {
    ObjectNode event = NODES.objectNode().put("type", "content_block_delta").put("index", 0);
    event.putObject("delta").put("type", "text_delta").put("text", TOKEN.repeat(count));
    return text(event(event));
  }

  /** The events after the last token. */
  static ByteBuf stop(MessageUsage usage) {
    ObjectNode block = NODES.objectNode().put("type", "content_block_stop").put("index", 0);
    ObjectNode delta = NODES.objectNode().put("type", "message_delta");
    delta.putObject("delta").put("stop_reason", "max_tokens").putNull("stop_sequence");
    delta.set("usage", usage(usage, false));
    ObjectNode stop = NODES.objectNode().put("type", "message_stop");
    return text(event(block) + event(delta) + event(stop));
  }

  static ObjectNode whole(String id, String model, MessageUsage usage) {
    ObjectNode message = message(id, model);
    var content = message.putArray("content");
    if (usage.output() > 0) {
      content
          .addObject()
          .put("type", "text")
          .put("text", TOKEN.repeat(Math.toIntExact(usage.output())));
    }
    message.put("stop_reason", "max_tokens").putNull("stop_sequence");
    message.set("usage", usage(usage, true));
    return message;
  }

  static ObjectNode error(String requestId, ApiException error) {
    ObjectNode body = NODES.objectNode().put("type", "error");
    body.putObject("error").put("type", error.type()).put("message", error.text());
    return body.put("request_id", requestId);
  }

  private static ObjectNode message(String id, String model) {
    return NODES
        .objectNode()
        .put("id", id)
        .put("type", "message")
        .put("role", "assistant")
        .put("model", model);
  }

  /** The split of writes by lifetime stands only where a message starts. */
  private static ObjectNode usage(MessageUsage usage, boolean split) {
    ObjectNode node =
        NODES
            .objectNode()
            .put("input_tokens", usage.uncached())
            .put("cache_creation_input_tokens", usage.written5m() + usage.written1h())
            .put("cache_read_input_tokens", usage.read());
    if (split) {
      node.putObject("cache_creation")
          .put("ephemeral_5m_input_tokens", usage.written5m())
          .put("ephemeral_1h_input_tokens", usage.written1h());
      node.put("service_tier", "standard");
    }
    return node.put("output_tokens", usage.output());
  }

  private static String event(ObjectNode event) {
    return "event: " + event.path("type").asText() + "\ndata: " + event + "\n\n";
  }

  private static ByteBuf text(String text) {
    return Unpooled.wrappedBuffer(text.getBytes(StandardCharsets.UTF_8));
  }
}

package dev.warmpath.e2e.engine;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;

/**
 * The responses of OpenAI's chat API: the events of one stream, or the whole. The text says the
 * same in every response, four characters a token.
 */
final class CompletionChunks {
  private static final ByteBuf DONE =
      Unpooled.unreleasableBuffer(Unpooled.copiedBuffer("data: [DONE]\n\n", StandardCharsets.UTF_8))
          .asReadOnly();
  private static final String TOKEN = " yes";
  private static final JsonNodeFactory NODES = new ObjectMapper().getNodeFactory();

  private final String head;

  CompletionChunks(String model, String requestId) {
    head =
        "data: {\"id\":%s,\"object\":\"chat.completion.chunk\",\"created\":%d,\"model\":%s,"
            .formatted(
                TextNode.valueOf("chatcmpl-" + requestId),
                System.currentTimeMillis() / 1000,
                TextNode.valueOf(model));
  }

  /** What comes right before the first token. */
  ByteBuf role() {
    return event(
        "\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"},"
            + "\"finish_reason\":null}]}");
  }

  /** The tokens from {@code from} to {@code to}, exclusive. */
  ByteBuf tokens(int from, int to, boolean last) {
    return event(
        "\"choices\":[{\"index\":0,\"delta\":{\"content\":\""
            + TOKEN.repeat(to - from)
            + "\"},\"finish_reason\":"
            + (last ? "\"length\"" : "null")
            + "}]}");
  }

  ByteBuf usage(int promptTokens, int cachedTokens, int outputTokens) {
    return event(
        "\"choices\":[],\"usage\":" + usageTree(promptTokens, cachedTokens, outputTokens) + "}");
  }

  ByteBuf done() {
    return DONE.duplicate();
  }

  private ByteBuf event(String rest) {
    return Unpooled.wrappedBuffer((head + rest + "\n\n").getBytes(StandardCharsets.UTF_8));
  }

  static ObjectNode whole(
      String model, String requestId, int promptTokens, int cachedTokens, int outputTokens) {
    ObjectNode body =
        NODES
            .objectNode()
            .put("id", "chatcmpl-" + requestId)
            .put("object", "chat.completion")
            .put("created", System.currentTimeMillis() / 1000)
            .put("model", model);
    ObjectNode choice = body.putArray("choices").addObject();
    choice.put("index", 0);
    choice.putObject("message").put("role", "assistant").put("content", TOKEN.repeat(outputTokens));
    choice.put("finish_reason", "length");
    body.set("usage", usageTree(promptTokens, cachedTokens, outputTokens));
    return body;
  }

  private static ObjectNode usageTree(int promptTokens, int cachedTokens, int outputTokens) {
    ObjectNode usage =
        NODES
            .objectNode()
            .put("prompt_tokens", promptTokens)
            .put("total_tokens", promptTokens + outputTokens)
            .put("completion_tokens", outputTokens);
    // As vLLM with --enable-prompt-tokens-details: null, not zero, when nothing was read.
    if (cachedTokens > 0) {
      usage.putObject("prompt_tokens_details").put("cached_tokens", cachedTokens);
    } else {
      usage.putNull("prompt_tokens_details");
    }
    return usage;
  }
}

package dev.warmpath.e2e.engine;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.warmpath.e2e.api.Answer;
import dev.warmpath.e2e.api.TokenCounts;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;

/**
 * The responses of OpenAI's chat API: the events of one stream, or the whole. The text says the
 * same in every response, four characters a token.
 */
final class CompletionChunks implements Answer {
  private static final ByteBuf DONE =
      Unpooled.unreleasableBuffer(Unpooled.copiedBuffer("data: [DONE]\n\n", StandardCharsets.UTF_8))
          .asReadOnly();
  private static final JsonNodeFactory NODES = new ObjectMapper().getNodeFactory();

  private final String model;
  private final String requestId;
  private final boolean includeUsage;
  private final String head;

  CompletionChunks(String model, String requestId, boolean includeUsage) {
    this.model = model;
    this.requestId = requestId;
    this.includeUsage = includeUsage;
    head =
        "data: {\"id\":%s,\"object\":\"chat.completion.chunk\",\"created\":%d,\"model\":%s,"
            .formatted(
                TextNode.valueOf("chatcmpl-" + requestId),
                System.currentTimeMillis() / 1000,
                TextNode.valueOf(model));
  }

  @Override
  public String contentType() {
    return "text/event-stream; charset=utf-8";
  }

  @Override
  public ByteBuf begin(TokenCounts counts) {
    return event(
        "\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"},"
            + "\"finish_reason\":null}]}");
  }

  @Override
  public ByteBuf tokens(int from, int to, boolean last) {
    return event(
        "\"choices\":[{\"index\":0,\"delta\":{\"content\":\""
            + TOKEN.repeat(to - from)
            + "\"},\"finish_reason\":"
            + (last ? "\"length\"" : "null")
            + "}]}");
  }

  @Override
  public ByteBuf end(TokenCounts counts) {
    return includeUsage
        ? Unpooled.wrappedBuffer(
            event("\"choices\":[],\"usage\":" + usageTree(counts) + "}"), DONE.duplicate())
        : DONE.duplicate();
  }

  private ByteBuf event(String rest) {
    return Unpooled.wrappedBuffer((head + rest + "\n\n").getBytes(StandardCharsets.UTF_8));
  }

  @Override
  public ObjectNode whole(TokenCounts counts) {
    ObjectNode body =
        NODES
            .objectNode()
            .put("id", "chatcmpl-" + requestId)
            .put("object", "chat.completion")
            .put("created", System.currentTimeMillis() / 1000)
            .put("model", model);
    ObjectNode choice = body.putArray("choices").addObject();
    choice.put("index", 0);
    choice
        .putObject("message")
        .put("role", "assistant")
        .put("content", TOKEN.repeat(counts.output()));
    choice.put("finish_reason", "length");
    body.set("usage", usageTree(counts));
    return body;
  }

  private static ObjectNode usageTree(TokenCounts counts) {
    ObjectNode usage =
        NODES
            .objectNode()
            .put("prompt_tokens", counts.prompt())
            .put("total_tokens", counts.prompt() + counts.output())
            .put("completion_tokens", counts.output());
    // As vLLM with --enable-prompt-tokens-details: null, not zero, when nothing was read.
    if (counts.cached() > 0) {
      usage.putObject("prompt_tokens_details").put("cached_tokens", counts.cached());
    } else {
      usage.putNull("prompt_tokens_details");
    }
    return usage;
  }
}

package dev.warmpath.e2e.api;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;

/**
 * Answers as JSON events, in whatever framing: each API's own events, as few as make a stream of
 * it, and its own names for usage.
 */
public final class EventAnswer implements Answer {
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  private final Asked asked;
  private final String id;
  private boolean begun;

  /** The answer to a request, by the name {@code id}. */
  public EventAnswer(Asked asked, String id) {
    this.asked = asked;
    this.id = id;
  }

  @Override
  public String contentType() {
    return asked.framing().contentType();
  }

  @Override
  public ByteBuf begin(TokenCounts counts) {
    return switch (asked.api()) {
      case CHAT, COMPLETIONS, EMBEDDINGS, GEMINI -> Unpooled.EMPTY_BUFFER;
      case RESPONSES -> response("response.created", head().putNull("usage"));
      case MESSAGES -> {
        ObjectNode start = typed("message_start");
        start.set("message", head().set("usage", usage(asked.api(), counts, 1)));
        yield event("message_start", start);
      }
      case CONVERSE -> event("messageStart", NODES.objectNode().put("role", "assistant"));
    };
  }

  @Override
  public ByteBuf tokens(int from, int to, boolean last) {
    String text = TOKEN.repeat(to - from);
    return switch (asked.api()) {
      case CHAT -> {
        ObjectNode chunk = head();
        ObjectNode choice = chunk.putArray("choices").addObject();
        choice.putObject("delta").put("content", text);
        yield event("", finished(chunk, choice, last));
      }
      case COMPLETIONS, EMBEDDINGS -> {
        ObjectNode chunk = head();
        ObjectNode choice = chunk.putArray("choices").addObject().put("text", text);
        yield event("", finished(chunk, choice, last));
      }
      case RESPONSES ->
          event(
              "response.output_text.delta",
              typed("response.output_text.delta").put("item_id", "msg_1").put("delta", text));
      case MESSAGES -> {
        ObjectNode delta = typed("content_block_delta").put("index", 0);
        delta.putObject("delta").put("type", "text_delta").put("text", text);
        yield event("content_block_delta", delta);
      }
      case CONVERSE -> {
        ObjectNode delta = NODES.objectNode().put("contentBlockIndex", 0);
        delta.putObject("delta").put("text", text);
        yield event("contentBlockDelta", delta);
      }
      case GEMINI -> event("", candidates(text));
    };
  }

  @Override
  public ByteBuf end(TokenCounts counts) {
    ByteBuf last =
        switch (asked.api()) {
          case CHAT, COMPLETIONS, EMBEDDINGS -> {
            ByteBuf done = Unpooled.copiedBuffer("data: [DONE]\n\n", StandardCharsets.UTF_8);
            ObjectNode chunk = head();
            chunk.putArray("choices");
            chunk.set("usage", usage(asked.api(), counts, counts.output()));
            yield asked.includeUsage() ? Unpooled.wrappedBuffer(event("", chunk), done) : done;
          }
          case RESPONSES -> response("response.completed", whole(counts));
          case MESSAGES -> {
            ObjectNode delta = typed("message_delta");
            delta.putObject("delta").put("stop_reason", "max_tokens");
            delta.putObject("usage").put("output_tokens", counts.output());
            yield Unpooled.wrappedBuffer(
                event("message_delta", delta), event("message_stop", typed("message_stop")));
          }
          case CONVERSE -> {
            ObjectNode metadata = NODES.objectNode();
            metadata.set("usage", usage(asked.api(), counts, counts.output()));
            metadata.putObject("metrics").put("latencyMs", 1);
            yield Unpooled.wrappedBuffer(
                event("messageStop", NODES.objectNode().put("stopReason", "max_tokens")),
                event("metadata", metadata));
          }
          case GEMINI -> {
            ObjectNode chunk = candidates("");
            chunk.set("usageMetadata", usage(asked.api(), counts, counts.output()));
            yield event("", chunk);
          }
        };
    return Unpooled.wrappedBuffer(last, asked.framing().end());
  }

  @Override
  public ObjectNode whole(TokenCounts counts) {
    String text = TOKEN.repeat(counts.output());
    ObjectNode body = head();
    switch (asked.api()) {
      case CHAT ->
          body.putArray("choices")
              .addObject()
              .putObject("message")
              .put("role", "assistant")
              .put("content", text);
      case COMPLETIONS -> body.putArray("choices").addObject().put("text", text);
      case EMBEDDINGS -> body.putArray("data").addObject().putArray("embedding").add(0.5).add(-0.5);
      case RESPONSES ->
          body.put("status", "completed")
              .putArray("output")
              .addObject()
              .put("id", "msg_1")
              .put("type", "message")
              .put("role", "assistant")
              .putArray("content")
              .addObject()
              .put("type", "output_text")
              .put("text", text);
      case MESSAGES -> body.putArray("content").addObject().put("type", "text").put("text", text);
      case CONVERSE -> {
        body = NODES.objectNode().put("stopReason", "max_tokens");
        body.putObject("output")
            .putObject("message")
            .put("role", "assistant")
            .putArray("content")
            .addObject()
            .put("text", text);
      }
      case GEMINI -> body = candidates(text);
    }
    String name = asked.api() == Asked.Api.GEMINI ? "usageMetadata" : "usage";
    body.set(name, usage(asked.api(), counts, counts.output()));
    return body;
  }

  /** As OpenAI: where usage is asked for, each chunk has the member, and all but one with null. */
  private ObjectNode finished(ObjectNode chunk, ObjectNode choice, boolean last) {
    choice.put("finish_reason", last ? "length" : null);
    return asked.includeUsage() ? chunk.putNull("usage") : chunk;
  }

  private ObjectNode head() {
    return NODES.objectNode().put("id", id).put("model", asked.model());
  }

  private static ObjectNode typed(String type) {
    return NODES.objectNode().put("type", type);
  }

  private ByteBuf response(String type, ObjectNode response) {
    return event(type, typed(type).set("response", response));
  }

  private static ObjectNode candidates(String text) {
    ObjectNode chunk = NODES.objectNode();
    ObjectNode content = chunk.putArray("candidates").addObject().putObject("content");
    content.put("role", "model").putArray("parts").addObject().put("text", text);
    return chunk;
  }

  /** What was used, by the API's names. */
  public static ObjectNode usage(Asked.Api api, TokenCounts counts, int output) {
    ObjectNode usage = NODES.objectNode();
    int all = counts.prompt() + output;
    int written = counts.written() + counts.writtenForAnHour();
    switch (api) {
      case CHAT, COMPLETIONS, EMBEDDINGS -> {
        usage.put("prompt_tokens", counts.prompt()).put("total_tokens", all);
        if (api != Asked.Api.EMBEDDINGS) {
          usage.put("completion_tokens", output);
        }
        // As vLLM: no details when nothing was read. Who hosts chat gives them always.
        if (counts.cached() > 0 || api == Asked.Api.CHAT) {
          details(usage.putObject("prompt_tokens_details"), counts.cached(), written);
        }
      }
      case RESPONSES -> {
        usage.put("input_tokens", counts.prompt()).put("output_tokens", output);
        details(usage.putObject("input_tokens_details"), counts.cached(), written);
      }
      case MESSAGES -> {
        usage
            .put("input_tokens", counts.uncached())
            .put("cache_creation_input_tokens", written)
            .put("cache_read_input_tokens", counts.cached())
            .put("output_tokens", output);
        if (written > 0) {
          usage
              .putObject("cache_creation")
              .put("ephemeral_5m_input_tokens", counts.written())
              .put("ephemeral_1h_input_tokens", counts.writtenForAnHour());
        }
      }
      case CONVERSE -> {
        ArrayNode details =
            usage
                .put("inputTokens", counts.uncached())
                .put("outputTokens", output)
                .put("totalTokens", all)
                .put("cacheReadInputTokens", counts.cached())
                .put("cacheWriteInputTokens", written)
                .putArray("cacheDetails");
        if (counts.writtenForAnHour() > 0) {
          details.addObject().put("ttl", "1h").put("inputTokens", counts.writtenForAnHour());
        }
        if (counts.written() > 0) {
          details.addObject().put("ttl", "5m").put("inputTokens", counts.written());
        }
      }
      case GEMINI -> {
        usage.put("promptTokenCount", counts.prompt()).put("candidatesTokenCount", output);
        // As proto3 writes it: nothing for a zero.
        if (counts.cached() > 0) {
          usage.put("cachedContentTokenCount", counts.cached());
        }
      }
    }
    return usage;
  }

  private static void details(ObjectNode details, int cached, int written) {
    details.put("cached_tokens", cached);
    if (written > 0) {
      details.put("cache_write_tokens", written);
    }
  }

  private ByteBuf event(String name, ObjectNode event) {
    boolean first = !begun;
    begun = true;
    return asked.framing().frame(name, event, first);
  }
}

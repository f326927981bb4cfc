package dev.warmpath.e2e.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.Map;
import java.util.Set;

/**
 * A request of any API, read as its server reads it and brought into one form: that of a chat.
 *
 * @param api whose form it has
 * @param model by path or body
 * @param chat {@code tools}, {@code messages} with role and content, {@code cache_salt}
 * @param outputTokens that may be generated; 0 for embeddings
 * @param framing of the stream
 * @param stream whether one is wanted
 * @param includeUsage whether an API that reports usage of streams only if asked was asked
 * @param previous id of the response that this one continues; empty: none
 */
public record Asked(
    Api api,
    String model,
    ObjectNode chat,
    int outputTokens,
    Framing framing,
    boolean stream,
    boolean includeUsage,
    String previous) {

  /** What a server offers. */
  public enum Api {
    CHAT,
    COMPLETIONS,
    RESPONSES,
    EMBEDDINGS,
    MESSAGES,
    CONVERSE,
    GEMINI
  }

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final JsonNodeFactory NODES = JSON.getNodeFactory();
  private static final int DEFAULT_OUTPUT_TOKENS = 16;

  private static final Set<String> CONVERSE_MEMBERS =
      Set.of(
          "messages",
          "system",
          "inferenceConfig",
          "toolConfig",
          "guardrailConfig",
          "additionalModelRequestFields",
          "requestMetadata",
          "performanceConfig");
  private static final Set<String> GEMINI_MEMBERS =
      Set.of(
          "contents",
          "systemInstruction",
          "system_instruction",
          "tools",
          "toolConfig",
          "generationConfig",
          "safetySettings",
          "cachedContent",
          "labels");

  /**
   * Reads a request.
   *
   * @param api by the path
   * @param pathModel the model that the path names; empty: the body must
   * @param framing of the stream that the path asks for, or that the body may ask for
   * @param pathStream whether the path asks for one
   * @throws IllegalArgumentException for what the real server answers with 400
   */
  public static Asked of(
      Api api, String pathModel, Framing framing, boolean pathStream, byte[] body) {
    JsonNode request;
    try {
      request = JSON.readTree(body);
    } catch (IOException e) {
      throw new IllegalArgumentException("the body is no JSON", e);
    }
    require(request.isObject(), "the body (expected: an object)");
    String model = pathModel.isEmpty() ? request.path("model").asText() : pathModel;
    require(!model.isEmpty(), "model (expected: a name)");
    ObjectNode chat = NODES.objectNode();
    chat.put("cache_salt", request.path("cache_salt").asText(""));
    ArrayNode messages = chat.putArray("messages");
    int output = DEFAULT_OUTPUT_TOKENS;
    switch (api) {
      case CHAT -> {
        chat.set("tools", request.path("tools"));
        require(request.path("messages").isArray(), "messages (expected: a list)");
        messages.addAll((ArrayNode) request.path("messages"));
        output =
            request.path("max_completion_tokens").asInt(request.path("max_tokens").asInt(output));
      }
      case COMPLETIONS -> {
        inputs(request.path("prompt"), "prompt", messages);
        output = request.path("max_tokens").asInt(output);
      }
      case EMBEDDINGS -> {
        inputs(request.path("input"), "input", messages);
        output = 0;
      }
      case RESPONSES -> {
        chat.set("tools", request.path("tools"));
        responses(request, messages);
        output = request.path("max_output_tokens").asInt(output);
      }
      case MESSAGES -> {
        chat.set("tools", request.path("tools"));
        require(request.path("max_tokens").isInt(), "max_tokens (expected: a number)");
        if (request.has("system")) {
          message(messages, "system", request.path("system"));
        }
        for (JsonNode message : request.path("messages")) {
          message(messages, role(message, "user", "assistant"), message.path("content"));
        }
        output = request.path("max_tokens").asInt();
      }
      case CONVERSE -> {
        only(request, CONVERSE_MEMBERS);
        chat.set("tools", request.path("toolConfig").path("tools"));
        if (request.has("system")) {
          message(messages, "system", blocks(request.path("system")));
        }
        for (JsonNode message : request.path("messages")) {
          message(messages, role(message, "user", "assistant"), blocks(message.path("content")));
        }
        output = request.path("inferenceConfig").path("maxTokens").asInt(output);
      }
      case GEMINI -> {
        only(request, GEMINI_MEMBERS);
        chat.set("tools", request.path("tools"));
        if (request.has("systemInstruction")) {
          message(messages, "system", blocks(request.path("systemInstruction").path("parts")));
        }
        for (JsonNode content : request.path("contents")) {
          message(messages, role(content, "user", "model"), blocks(content.path("parts")));
        }
        output = request.path("generationConfig").path("maxOutputTokens").asInt(output);
      }
    }
    return new Asked(
        api,
        model,
        chat,
        output,
        framing,
        pathStream || request.path("stream").asBoolean(),
        request.path("stream_options").path("include_usage").asBoolean(),
        request.path("previous_response_id").asText(""));
  }

  /** The same with a history before it. */
  public Asked continuing(ArrayNode history) {
    ObjectNode longer = chat.deepCopy();
    longer.set("messages", history.deepCopy().addAll((ArrayNode) chat.path("messages")));
    return new Asked(api, model, longer, outputTokens, framing, stream, includeUsage, previous);
  }

  /** What a later request continues, without what this one is answered. */
  public ArrayNode messages() {
    return (ArrayNode) chat.path("messages");
  }

  private static void responses(JsonNode request, ArrayNode messages) {
    if (request.hasNonNull("instructions")) {
      message(messages, "system", request.path("instructions"));
    }
    JsonNode input = request.path("input");
    if (input.isTextual()) {
      message(messages, "user", input);
      return;
    }
    require(input.isArray(), "input (expected: a string or a list of items)");
    for (JsonNode item : input) {
      require(item.isObject(), "input[] (expected: an item)");
      if (item.has("role")) {
        message(messages, item.path("role").asText(), item.path("content"));
      } else {
        message(messages, "tool", NODES.textNode(item.toString()));
      }
    }
  }

  /** A string, several, token ids, or several lists of them. Four bytes stand for a token. */
  private static void inputs(JsonNode value, String name, ArrayNode messages) {
    if (value.isTextual()) {
      message(messages, "user", value);
      return;
    }
    require(value.isArray() && !value.isEmpty(), name + " (expected: text or token ids)");
    if (value.path(0).isInt()) {
      var text = new StringBuilder();
      for (JsonNode id : value) {
        require(id.isInt(), name + " (expected: token ids alone)");
        text.append("%04x".formatted(id.asInt() & 0xFFFF));
      }
      message(messages, "user", NODES.textNode(text.toString()));
      return;
    }
    for (JsonNode one : value) {
      inputs(one, name, messages);
    }
  }

  private static String role(JsonNode message, String user, String model) {
    String role = message.path("role").asText(user);
    require(
        role.equals(user) || role.equals(model),
        "role (expected: %s or %s)".formatted(user, model));
    return role;
  }

  /** Blocks that are a text, or something else, have no type: their member names tell it. */
  private static JsonNode blocks(JsonNode blocks) {
    require(blocks.isArray(), "content (expected: a list of blocks)");
    ArrayNode typed = NODES.arrayNode();
    for (JsonNode block : blocks) {
      require(block.isObject() && !block.isEmpty(), "a block (expected: an object)");
      if (block.has("text")) {
        typed.addObject().put("type", "text").put("text", block.path("text").asText());
      } else if (!block.has("cachePoint")) {
        typed.add(block);
      }
    }
    return typed;
  }

  private static void message(ArrayNode to, String role, JsonNode content) {
    to.addObject().put("role", role).set("content", content);
  }

  private static void only(JsonNode request, Set<String> members) {
    for (Map.Entry<String, JsonNode> member : request.properties()) {
      require(members.contains(member.getKey()), "unknown name \"" + member.getKey() + "\"");
    }
  }

  private static void require(boolean condition, String message) {
    if (!condition) {
      throw new IllegalArgumentException(message);
    }
  }
}

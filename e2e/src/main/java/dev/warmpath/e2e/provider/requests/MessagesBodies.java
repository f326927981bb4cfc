package dev.warmpath.e2e.provider.requests;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.warmpath.e2e.provider.ProviderRules.Kind;
import dev.warmpath.e2e.provider.requests.Conversation.Call;
import dev.warmpath.e2e.provider.requests.Conversation.Document;
import dev.warmpath.e2e.provider.requests.Conversation.Image;
import dev.warmpath.e2e.provider.requests.Conversation.Piece;
import dev.warmpath.e2e.provider.requests.Conversation.Result;
import dev.warmpath.e2e.provider.requests.Conversation.Text;
import dev.warmpath.e2e.provider.requests.Conversation.Thinking;
import dev.warmpath.e2e.provider.requests.Conversation.Tool;
import dev.warmpath.e2e.provider.requests.Conversation.Turn;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;

/** A conversation as a request to Anthropic's messages API, at whoever hosts it. */
final class MessagesBodies {
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  private final Conversation of;
  private final RandomGenerator random;
  private final boolean strings;

  /** What can be marked, in the order of processing. */
  private final List<ObjectNode> markable = new ArrayList<>();

  private MessagesBodies(Conversation of, RandomGenerator random) {
    this.of = of;
    this.random = random;
    strings = of.habit(0, 2) == 0;
  }

  static ObjectNode of(Conversation conversation, RandomGenerator random) {
    return new MessagesBodies(conversation, random).body();
  }

  private ObjectNode body() {
    ObjectNode body = NODES.objectNode();
    boolean stream = false;
    switch (of.kind()) {
      case BEDROCK_INVOKE -> body.put("anthropic_version", "bedrock-2023-05-31");
      case VERTEX -> {
        body.put("anthropic_version", "vertex-2023-10-16");
        stream = random.nextInt(3) == 0;
      }
      default -> {
        body.put("model", of.model());
        stream = random.nextInt(3) == 0;
      }
    }
    if (stream) {
      body.put("stream", true);
    }
    boolean warmUp = !stream && !of.thinks() && random.nextInt(50) == 0;
    body.put("max_tokens", warmUp ? 0 : 1 + random.nextInt(4_096));
    if (of.thinks()) {
      body.putObject("thinking").put("type", "enabled").put("budget_tokens", 1_024);
    } else if (random.nextInt(3) == 0) {
      body.put("temperature", random.nextInt(11) / 10.0);
    }
    if (!of.tools().isEmpty()) {
      tools(body.putArray("tools"));
      if (random.nextInt(8) == 0) {
        body.putObject("tool_choice").put("type", "auto");
      }
    }
    system(body);
    ArrayNode messages = body.putArray("messages");
    for (Turn turn : of.turns()) {
      ObjectNode message = messages.addObject().put("role", turn.user() ? "user" : "assistant");
      content(message, turn);
    }
    if (random.nextInt(6) == 0) {
      body.putObject("metadata").put("user_id", "user-" + random.nextInt(1_000));
    }
    mark(body);
    return body;
  }

  private void tools(ArrayNode tools) {
    boolean deferred = of.habit(3, 10) == 0;
    if (deferred) {
      markable.add(
          tools
              .addObject()
              .put("type", "tool_search_tool_regex_20251119")
              .put("name", "tool_search_tool_regex"));
    }
    for (Tool tool : of.tools()) {
      ObjectNode node = tools.addObject().put("name", tool.name());
      node.put("description", tool.description());
      node.set("input_schema", schema());
      if (tool.strict()) {
        node.put("type", "custom");
      }
      // The last ones of a long list, as clients with many servers have it.
      if (deferred && tools.size() > 1 + of.tools().size() / 2) {
        node.put("defer_loading", true);
      } else {
        markable.add(node);
      }
    }
  }

  static ObjectNode schema() {
    ObjectNode schema = NODES.objectNode().put("type", "object");
    ObjectNode properties = schema.putObject("properties");
    properties.putObject("query").put("type", "string").put("description", "what to look \"for\"");
    properties.putObject("limit").put("type", "integer").put("minimum", 1);
    schema.putArray("required").add("query");
    return schema;
  }

  static ObjectNode input(Call call) {
    return NODES.objectNode().put("query", call.argument()).put("limit", 5);
  }

  private void system(ObjectNode body) {
    if (of.system().isEmpty()) {
      if (of.habit(6, 4) == 0) {
        body.put("system", ""); // Some clients always send it.
      }
      return;
    }
    if (strings && of.system().size() == 1) {
      body.put("system", of.system().getFirst());
      return;
    }
    ArrayNode system = body.putArray("system");
    for (String text : of.system()) {
      markable.add(system.addObject().put("type", "text").put("text", text));
    }
  }

  private void content(ObjectNode message, Turn turn) {
    if (strings
        && turn.pieces().size() == 1
        && turn.pieces().getFirst() instanceof Text(String text)) {
      message.put("content", text);
      return;
    }
    ArrayNode content = message.putArray("content");
    for (Piece piece : turn.pieces()) {
      ObjectNode block = content.addObject();
      switch (piece) {
        case Text(String text) -> block.put("type", "text").put("text", text);
        case Image(String data) ->
            block
                .put("type", "image")
                .putObject("source")
                .put("type", "base64")
                .put("media_type", "image/png")
                .put("data", data);
        case Document(boolean pdf, String name, String data) -> {
          block.put("type", "document").put("title", name);
          block
              .putObject("source")
              .put("type", pdf ? "base64" : "text")
              .put("media_type", pdf ? "application/pdf" : "text/plain")
              .put("data", data);
        }
        case Thinking(String text, String signature) -> {
          if (random.nextInt(10) == 0) {
            block.put("type", "redacted_thinking").put("data", signature);
          } else {
            block.put("type", "thinking").put("thinking", text).put("signature", signature);
          }
        }
        case Call call -> {
          block.put("type", "tool_use").put("id", call.id()).put("name", call.name());
          block.set("input", input(call));
        }
        case Result result -> result(block, result);
      }
      if (!(piece instanceof Thinking)) {
        markable.add(block);
      }
    }
  }

  private void result(ObjectNode block, Result result) {
    block.put("type", "tool_result").put("tool_use_id", result.id());
    if (strings) {
      block.put("content", result.text());
    } else {
      block.putArray("content").addObject().put("type", "text").put("text", result.text());
    }
    if (result.error()) {
      block.put("is_error", true);
    }
  }

  private void mark(ObjectNode body) {
    boolean lifetimes = of.kind() != Kind.ANTHROPIC_WITHOUT_TTL;
    boolean last = false;
    Marking marking = Marking.any(markable.size(), 4, random);
    for (int i = 0; i < marking.count(); i++) {
      int place = marking.places().get(i);
      last |= place == markable.size() - 1;
      ObjectNode control = markable.get(place).putObject("cache_control").put("type", "ephemeral");
      if (lifetimes && i < marking.hours()) {
        control.put("ttl", "1h");
      } else if (lifetimes && random.nextBoolean()) {
        control.put("ttl", "5m");
      }
    }
    if (of.kind() == Kind.ANTHROPIC && marking.count() < 4 && !last && random.nextInt(8) == 0) {
      ObjectNode control = body.putObject("cache_control").put("type", "ephemeral");
      if (marking.hours() == marking.count() && random.nextBoolean()) {
        control.put("ttl", "1h");
      }
    }
  }
}

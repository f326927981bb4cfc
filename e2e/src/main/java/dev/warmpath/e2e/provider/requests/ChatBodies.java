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

/** A conversation as a chat completion, at whoever takes OpenAI's form. */
final class ChatBodies {
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  private final Conversation of;
  private final RandomGenerator random;
  private final boolean strings;
  private final boolean breakpoints;
  private final List<ObjectNode> parts = new ArrayList<>();

  private ChatBodies(Conversation of, RandomGenerator random) {
    this.of = of;
    this.random = random;
    strings = of.habit(0, 2) == 0;
    breakpoints = of.kind() == Kind.OPENAI_CHAT && ProviderRequests.takesBreakpoints(of.model());
  }

  static ObjectNode of(Conversation conversation, RandomGenerator random) {
    return new ChatBodies(conversation, random).body();
  }

  private ObjectNode body() {
    ObjectNode body = NODES.objectNode();
    if (of.kind() != Kind.AZURE || of.habit(3, 2) == 0) {
      body.put("model", of.model());
    }
    boolean stream = random.nextInt(3) == 0;
    if (stream || random.nextInt(10) == 0) {
      body.put("stream", stream);
    }
    if (stream && of.kind() != Kind.MISTRAL && random.nextBoolean()) {
      body.putObject("stream_options").put("include_usage", random.nextInt(4) != 0);
    }
    boolean openAi = of.kind() == Kind.OPENAI_CHAT || of.kind() == Kind.AZURE;
    body.put(openAi ? "max_completion_tokens" : "max_tokens", 1 + random.nextInt(4_096));
    if (random.nextBoolean()) {
      body.put("temperature", 0.2);
    }
    if (!of.tools().isEmpty()) {
      ArrayNode tools = body.putArray("tools");
      for (Tool tool : of.tools()) {
        ObjectNode function =
            tools
                .addObject()
                .put("type", "function")
                .putObject("function")
                .put("name", tool.name());
        function.put("description", tool.description());
        function.set("parameters", MessagesBodies.schema());
        if (tool.strict()) {
          function.put("strict", true);
        }
      }
      if (random.nextInt(8) == 0) {
        body.put("tool_choice", "auto");
      }
    }
    messages(body.putArray("messages"));
    caching(body);
    return body;
  }

  private void messages(ArrayNode messages) {
    boolean developer = of.kind() == Kind.OPENAI_CHAT && of.habit(4, 2) == 0;
    for (String text : of.system()) {
      ObjectNode message = messages.addObject().put("role", developer ? "developer" : "system");
      content(message, List.of(new Text(text)));
    }
    for (Turn turn : of.turns()) {
      if (turn.user()) {
        user(messages, turn);
      } else {
        assistant(messages.addObject().put("role", "assistant"), turn);
      }
    }
  }

  private void user(ArrayNode messages, Turn turn) {
    var said = new ArrayList<Piece>();
    for (Piece piece : turn.pieces()) {
      if (piece instanceof Result result) {
        ObjectNode message = messages.addObject().put("role", "tool");
        message.put("tool_call_id", result.id());
        content(message, List.of(new Text(result.text())));
      } else {
        said.add(piece);
      }
    }
    if (!said.isEmpty()) {
      content(messages.addObject().put("role", "user"), said);
    }
  }

  private void assistant(ObjectNode message, Turn turn) {
    var said = new ArrayList<Piece>();
    ArrayNode calls = NODES.arrayNode();
    for (Piece piece : turn.pieces()) {
      if (piece instanceof Call call) {
        ObjectNode function =
            calls
                .addObject()
                .put("id", call.id())
                .put("type", "function")
                .putObject("function")
                .put("name", call.name());
        function.put("arguments", MessagesBodies.input(call).toString());
      } else if (!(piece instanceof Thinking)) {
        said.add(piece);
      }
    }
    if (!calls.isEmpty() && random.nextInt(3) == 0) {
      message.putNull("content");
    } else if (of.kind() == Kind.OPENAI_CHAT || of.kind() == Kind.AZURE) {
      content(message, said);
    } else {
      message.put("content", ((Text) said.getFirst()).text());
    }
    if (!calls.isEmpty()) {
      message.set("tool_calls", calls);
    }
  }

  private void content(ObjectNode message, List<Piece> pieces) {
    if (strings && pieces.size() == 1 && pieces.getFirst() instanceof Text(String text)) {
      message.put("content", text);
      return;
    }
    ArrayNode content = message.putArray("content");
    boolean files = of.kind() == Kind.OPENAI_CHAT || of.kind() == Kind.AZURE;
    for (Piece piece : pieces) {
      ObjectNode part = content.addObject();
      parts.add(part);
      switch (piece) {
        case Text(String text) -> part.put("type", "text").put("text", text);
        case Image(String data) ->
            part.put("type", "image_url")
                .putObject("image_url")
                .put("url", "data:image/png;base64," + data);
        case Document(_, String name, String data) -> {
          if (files) {
            part.put("type", "file")
                .putObject("file")
                .put("filename", name)
                .put("file_data", "data:application/pdf;base64," + data);
          } else {
            part.put("type", "text").put("text", name + "\n" + data);
          }
        }
        case Thinking(String text, _) -> part.put("type", "text").put("text", text);
        case Call call -> part.put("type", "text").put("text", call.argument());
        case Result result -> part.put("type", "text").put("text", result.text());
      }
    }
  }

  private void caching(ObjectNode body) {
    switch (of.kind()) {
      case QWEN -> {
        for (int place : Marking.any(parts.size(), 4, random).places()) {
          parts.get(place).putObject("cache_control").put("type", "ephemeral");
        }
      }
      case OPENAI_CHAT -> openAiCaching(body, of, parts, breakpoints, random);
      case OPENROUTER -> {
        if (random.nextInt(3) == 0) {
          body.put("session_id", "own-" + of.habit(5, 1_000));
        }
        for (int place : Marking.any(parts.size(), 1, random).places()) {
          parts.get(place).putObject("cache_control").put("type", "ephemeral");
        }
      }
      case MISTRAL, AZURE, FIREWORKS -> {
        if (random.nextBoolean()) {
          body.put("prompt_cache_key", of.tenant() + of.habit(5, 4));
        }
      }
      default -> {}
    }
  }

  /** Key, lifetime and breakpoints, as the model has them. */
  static void openAiCaching(
      ObjectNode body,
      Conversation of,
      List<ObjectNode> parts,
      boolean breakpoints,
      RandomGenerator random) {
    if (random.nextBoolean()) {
      String key = of.tenant() + "-" + of.habit(5, 4);
      body.put("prompt_cache_key", of.habit(6, 4) == 0 ? "k".repeat(64 - key.length()) + key : key);
    }
    if (!breakpoints) {
      if (random.nextInt(10) == 0) {
        body.put("prompt_cache_retention", random.nextBoolean() ? "24h" : "in_memory");
      }
      return;
    }
    switch (random.nextInt(4)) {
      case 0 -> body.putObject("prompt_cache_options").put("mode", "explicit").put("ttl", "30m");
      case 1 -> body.putObject("prompt_cache_options").put("mode", "implicit");
      default -> {}
    }
    for (int place : Marking.any(parts.size(), 6, random).places()) {
      parts.get(place).putObject("prompt_cache_breakpoint").put("mode", "explicit");
    }
  }
}

package dev.warmpath.e2e.provider.requests;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
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

/** A conversation as a request to Bedrock's Converse. */
final class ConverseBodies {
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  /** Behind which element of a list there may be a cache point. */
  private record Place(ArrayNode list, int element) {}

  private final Conversation of;
  private final RandomGenerator random;
  private final List<Place> places = new ArrayList<>();

  private ConverseBodies(Conversation of, RandomGenerator random) {
    this.of = of;
    this.random = random;
  }

  static ObjectNode of(Conversation conversation, RandomGenerator random) {
    return new ConverseBodies(conversation, random).body();
  }

  private ObjectNode body() {
    ObjectNode body = NODES.objectNode();
    if (!of.tools().isEmpty()) {
      ObjectNode config = body.putObject("toolConfig");
      ArrayNode tools = config.putArray("tools");
      for (Tool tool : of.tools()) {
        ObjectNode spec = tools.addObject().putObject("toolSpec").put("name", tool.name());
        spec.put("description", tool.description());
        spec.putObject("inputSchema").set("json", MessagesBodies.schema());
        placeBehindLast(tools);
      }
      if (random.nextInt(8) == 0) {
        config.putObject("toolChoice").putObject("auto");
      }
    }
    if (!of.system().isEmpty()) {
      ArrayNode system = body.putArray("system");
      for (String text : of.system()) {
        system.addObject().put("text", text);
        placeBehindLast(system);
      }
    }
    ArrayNode messages = body.putArray("messages");
    for (Turn turn : of.turns()) {
      ObjectNode message = messages.addObject().put("role", turn.user() ? "user" : "assistant");
      ArrayNode content = message.putArray("content");
      for (Piece piece : turn.pieces()) {
        block(content.addObject(), piece);
        // None is taken behind these two.
        if (!(piece instanceof Thinking)
            && !(piece instanceof Document(boolean pdf, _, _) && !pdf)) {
          placeBehindLast(content);
        }
      }
    }
    ObjectNode inference =
        body.putObject("inferenceConfig").put("maxTokens", 1 + random.nextInt(4_096));
    if (random.nextBoolean()) {
      inference.put("temperature", 0.5);
    }
    if (of.model().contains("anthropic.")) {
      mark();
    }
    return body;
  }

  private void placeBehindLast(ArrayNode list) {
    places.add(new Place(list, list.size() - 1));
  }

  private static void block(ObjectNode block, Piece piece) {
    switch (piece) {
      case Text(String text) -> block.put("text", text);
      case Image(String data) ->
          block.putObject("image").put("format", "png").putObject("source").put("bytes", data);
      case Document(boolean pdf, String name, String data) ->
          block
              .putObject("document")
              .put("format", pdf ? "pdf" : "md")
              .put("name", name)
              .putObject("source")
              .put("bytes", data);
      case Thinking(String text, String signature) ->
          block
              .putObject("reasoningContent")
              .putObject("reasoningText")
              .put("text", text)
              .put("signature", signature);
      case Call call ->
          block
              .putObject("toolUse")
              .put("toolUseId", call.id())
              .put("name", call.name())
              .set("input", MessagesBodies.input(call));
      case Result result -> {
        ObjectNode node = block.putObject("toolResult").put("toolUseId", result.id());
        node.putArray("content").addObject().put("text", result.text());
        if (result.error()) {
          node.put("status", "error");
        }
      }
    }
  }

  private void mark() {
    Marking marking = Marking.any(places.size(), 4, random);
    // From the end: what is inserted moves what is behind it.
    for (int i = marking.count() - 1; i >= 0; i--) {
      Place place = places.get(marking.places().get(i));
      ObjectNode block = NODES.objectNode();
      ObjectNode point = block.putObject("cachePoint").put("type", "default");
      if (i < marking.hours()) {
        point.put("ttl", "1h");
      } else if (random.nextInt(3) == 0) {
        point.put("ttl", "5m");
      }
      place.list().insert(place.element() + 1, block);
    }
  }
}

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

/** A conversation as a request to OpenAI's Responses. */
final class ResponsesBodies {
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  private final Conversation of;
  private final RandomGenerator random;
  private final boolean strings;
  private final List<ObjectNode> parts = new ArrayList<>();

  private ResponsesBodies(Conversation of, RandomGenerator random) {
    this.of = of;
    this.random = random;
    strings = of.habit(0, 2) == 0;
  }

  static ObjectNode of(Conversation conversation, RandomGenerator random) {
    return new ResponsesBodies(conversation, random).body();
  }

  private ObjectNode body() {
    ObjectNode body = NODES.objectNode().put("model", of.model());
    if (random.nextInt(3) == 0) {
      body.put("stream", true);
    }
    body.put("max_output_tokens", 16 + random.nextInt(4_096)).put("store", false);
    if (!of.tools().isEmpty()) {
      ArrayNode tools = body.putArray("tools");
      for (Tool tool : of.tools()) {
        ObjectNode node = tools.addObject().put("type", "function").put("name", tool.name());
        node.put("description", tool.description());
        node.set("parameters", MessagesBodies.schema());
        node.put("strict", tool.strict());
      }
    }
    List<String> system = of.system();
    if (strings && system.size() == 1) {
      body.put("instructions", system.getFirst());
      system = List.of();
    }
    Turn first = of.turns().getFirst();
    if (strings
        && system.isEmpty()
        && of.turns().size() == 1
        && first.pieces().size() == 1
        && first.pieces().getFirst() instanceof Text(String text)) {
      body.put("input", text);
    } else {
      ArrayNode input = body.putArray("input");
      for (String text : system) {
        message(input, "developer", List.of(new Text(text)));
      }
      for (Turn turn : of.turns()) {
        turn(input, turn);
      }
    }
    ChatBodies.openAiCaching(
        body, of, parts, ProviderRequests.takesBreakpoints(of.model()), random);
    return body;
  }

  private void turn(ArrayNode input, Turn turn) {
    var said = new ArrayList<Piece>();
    var items = NODES.arrayNode();
    for (Piece piece : turn.pieces()) {
      switch (piece) {
        case Text _, Image _, Document _ -> said.add(piece);
        case Thinking(String text, String signature) -> {
          ObjectNode item = input.addObject().put("type", "reasoning").put("id", "rs_" + signature);
          item.putArray("summary").addObject().put("type", "summary_text").put("text", text);
        }
        case Call call -> {
          ObjectNode item = items.addObject().put("type", "function_call");
          item.put("call_id", call.id()).put("name", call.name());
          item.put("arguments", MessagesBodies.input(call).toString());
        }
        case Result result -> {
          ObjectNode item = items.addObject().put("type", "function_call_output");
          item.put("call_id", result.id());
          if (strings) {
            item.put("output", result.text());
          } else {
            item.putArray("output")
                .addObject()
                .put("type", "input_text")
                .put("text", result.text());
          }
        }
      }
    }
    if (turn.user()) {
      input.addAll(items);
      if (!said.isEmpty()) {
        message(input, "user", said);
      }
    } else {
      message(input, "assistant", said);
      input.addAll(items);
    }
  }

  private void message(ArrayNode input, String role, List<? extends Piece> pieces) {
    ObjectNode message = input.addObject();
    if (of.habit(3, 2) == 0) {
      message.put("type", "message");
    }
    message.put("role", role);
    if (strings && pieces.size() == 1 && pieces.getFirst() instanceof Text(String text)) {
      message.put("content", text);
      return;
    }
    ArrayNode content = message.putArray("content");
    for (Piece piece : pieces) {
      ObjectNode part = content.addObject();
      switch (piece) {
        case Text(String text) ->
            part.put("type", role.equals("assistant") ? "output_text" : "input_text")
                .put("text", text);
        case Image(String data) ->
            part.put("type", "input_image").put("image_url", "data:image/png;base64," + data);
        case Document(_, String name, String data) ->
            part.put("type", "input_file").put("filename", name).put("file_data", data);
        case Thinking _, Call _, Result _ ->
            throw new IllegalStateException(piece + " (expected: an item of its own)");
      }
      if (!role.equals("assistant")) {
        parts.add(part);
      }
    }
  }
}

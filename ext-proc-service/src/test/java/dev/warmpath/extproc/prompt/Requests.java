package dev.warmpath.extproc.prompt;

import static dev.warmpath.extproc.prompt.Json.arr;
import static dev.warmpath.extproc.prompt.Json.obj;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Sound requests of both dialects, at random. */
public final class Requests {

  private static final String[] PIECES = {
    "a",
    "tool",
    " ",
    "\n",
    "\"",
    "\\",
    "/",
    "\u0000",
    "\u001f",
    "\u007f",
    "é",
    "ß",
    "\u07ff",
    "\u0800",
    "日本語",
    "\ud7ff",
    "\ue000",
    "\ufeff",
    "\uffff",
    "😀",
    "\udbff\udfff",
    "\u2028",
    "The quick brown fox jumps over the lazy dog. ",
    "12345678",
    "{\"a\":[1,2]}",
  };

  private final Random random;

  public Requests(Random random) {
    this.random = random;
  }

  public Json.Obj request(Dialect dialect) {
    return switch (dialect) {
      case OPENAI_CHAT -> openAi();
      case ANTHROPIC_MESSAGES -> anthropic();
      case OPENAI_COMPLETIONS, OPENAI_RESPONSES, OPENAI_EMBEDDINGS, BEDROCK_CONVERSE, GEMINI ->
          throw new IllegalArgumentException(dialect + " (expected: chat or messages)");
    };
  }

  /** Turns the members of the request and of its messages round. */
  public Json.Obj reordered(Json.Obj request) {
    Json.Obj changed = request;
    if (request.get("messages").orElse(null) instanceof Json.Arr(List<Json> messages)) {
      List<Json> shuffled = new ArrayList<>();
      for (Json message : messages) {
        shuffled.add(((Json.Obj) message).shuffled(random));
      }
      changed = changed.with("messages", new Json.Arr(shuffled));
    }
    return changed.shuffled(random);
  }

  private Json.Obj openAi() {
    Json.Obj request = (Json.Obj) obj("model", "m-" + random.nextInt(3));
    if (chance(2)) {
      request = request.with("tools", list(3, this::openAiTool));
    }
    List<Json> messages = new ArrayList<>();
    while (messages.isEmpty() || !chance(4)) {
      messages.add(openAiMessage());
    }
    request = request.with("messages", new Json.Arr(messages));
    if (chance(2)) {
      request = request.with("stream", new Json.Raw("true"));
    }
    if (chance(3)) {
      request = request.with("max_tokens", new Json.Raw("" + random.nextInt(5000)));
    }
    if (chance(4)) {
      request = request.with("max_completion_tokens", new Json.Raw("" + random.nextInt(5000)));
    }
    if (chance(3)) {
      request = request.with("tool_choice", new Json.Str("auto"));
    }
    if (chance(4)) {
      request = request.with("reasoning_effort", new Json.Str(text()));
    }
    if (chance(5)) {
      request = request.with("response_format", json(3));
    }
    if (chance(5)) {
      request = request.with("cache_salt", new Json.Str(text()));
    }
    if (chance(3)) {
      request = request.with("temperature", json(1));
    }
    return request;
  }

  private Json.Obj anthropic() {
    Json.Obj request = (Json.Obj) obj("model", "c-" + random.nextInt(3), "max_tokens", 5);
    if (chance(2)) {
      request = request.with("tools", list(3, this::anthropicTool));
    }
    if (chance(3)) {
      request = request.with("system", new Json.Str(text()));
    } else if (chance(2)) {
      request = request.with("system", list(3, this::textBlock));
    }
    List<Json> messages = new ArrayList<>();
    while (messages.isEmpty() || !chance(4)) {
      messages.add(
          obj("role", chance(2) ? "user" : "assistant", "content", content(this::anthropicBlock)));
    }
    request = request.with("messages", new Json.Arr(messages));
    if (chance(4)) {
      request = request.with("tool_choice", obj("type", "any"));
    }
    if (chance(4)) {
      request = request.with("thinking", obj("type", "enabled", "budget_tokens", 1024));
    }
    if (chance(4)) {
      request = request.with("output_config", json(2));
    }
    if (chance(5)) {
      request = request.with("cache_control", marker());
    }
    if (chance(4)) {
      request = request.with("metadata", json(3));
    }
    return request;
  }

  private Json openAiTool() {
    Json.Obj tool =
        (Json.Obj) obj("type", "function", "function", obj("name", text(), "parameters", json(3)));
    return chance(4) ? tool.with("cache_control", marker()) : tool;
  }

  private Json anthropicTool() {
    Json.Obj tool = (Json.Obj) obj("name", text(), "input_schema", json(3));
    return chance(4) ? tool.with("cache_control", marker()) : tool;
  }

  private Json openAiMessage() {
    String[] roles = {"system", "developer", "user", "assistant", "tool", "function", "guest"};
    Json.Obj message = (Json.Obj) obj("role", roles[random.nextInt(roles.length)]);
    if (!chance(8)) {
      message = message.with("content", content(this::openAiBlock));
    } else {
      message = message.with("content", new Json.Raw("null"));
    }
    if (chance(5)) {
      message = message.with("name", new Json.Str(text()));
    }
    if (chance(4)) {
      message =
          message.with(
              "tool_calls",
              arr(obj("id", "1", "function", obj("name", text(), "arguments", text()))));
    }
    if (chance(5)) {
      message = message.with("tool_call_id", new Json.Str(text()));
    }
    if (chance(6)) {
      message = message.with("refusal", new Json.Raw("null"));
    }
    if (chance(6)) {
      message = message.with("x_" + random.nextInt(100), json(2));
    }
    return message;
  }

  private Json content(java.util.function.Supplier<Json> block) {
    return chance(2) ? new Json.Str(text()) : list(4, block);
  }

  private Json textBlock() {
    Json.Obj block = (Json.Obj) obj("type", "text", "text", text());
    if (chance(4)) {
      block = block.with("cache_control", marker());
    }
    if (chance(6)) {
      block = block.with("citations", chance(2) ? new Json.Raw("null") : json(2));
    }
    return chance(4) ? block.shuffled(random) : block;
  }

  private Json openAiBlock() {
    return switch (random.nextInt(6)) {
      case 0 -> obj("type", "image_url", "image_url", obj("url", text()));
      case 1 -> obj("type", "input_audio", "input_audio", obj("data", text()));
      case 2 -> obj("type", "file", "file", obj("file_data", text()));
      case 3 -> obj("type", text(), "text", text());
      default -> textBlock();
    };
  }

  private Json anthropicBlock() {
    Json.Obj block =
        (Json.Obj)
            switch (random.nextInt(9)) {
              case 0 -> image();
              case 1 -> obj("type", "document", "source", obj("type", "text", "data", text()));
              case 2 -> obj("type", "document", "source", obj("type", "base64", "data", text()));
              case 3 -> obj("type", "tool_use", "id", text(), "name", text(), "input", json(3));
              case 4 ->
                  obj(
                      "type",
                      "tool_result",
                      "tool_use_id",
                      text(),
                      "content",
                      list(3, this::inner));
              case 5 -> obj("tool_use_id", text(), "content", text(), "type", "tool_result");
              case 6 -> obj("type", "thinking", "thinking", text(), "signature", text());
              default -> textBlock();
            };
    return chance(5) ? block.with("cache_control", marker()) : block;
  }

  private Json inner() {
    return switch (random.nextInt(3)) {
      case 0 -> image();
      case 1 -> textBlock();
      // No bare json(): there cache_control would have to be a marker.
      default -> obj("k", json(1));
    };
  }

  private Json image() {
    return obj("type", "image", "source", obj("type", "base64", "data", text()));
  }

  private Json marker() {
    return switch (random.nextInt(4)) {
      case 0 -> obj("type", "ephemeral", "ttl", "1h");
      case 1 -> obj("type", "ephemeral", "ttl", "5m");
      case 2 -> new Json.Raw("null");
      default -> obj("type", "ephemeral");
    };
  }

  private Json list(int most, java.util.function.Supplier<Json> element) {
    List<Json> elements = new ArrayList<>();
    for (int i = random.nextInt(most + 1); i > 0; i--) {
      elements.add(element.get());
    }
    return new Json.Arr(elements);
  }

  private Json json(int depth) {
    return switch (random.nextInt(depth > 0 ? 7 : 4)) {
      case 0 -> new Json.Str(text());
      case 1 -> new Json.Raw(random.nextBoolean() ? "true" : "false");
      case 2 -> new Json.Raw("null");
      case 3 -> {
        String[] numbers = {
          "0", "-0", "1", "-12.50", "1e9", "1E-2", "0.1e+3", "123456789012345678"
        };
        yield new Json.Raw(numbers[random.nextInt(numbers.length)]);
      }
      case 4, 5 -> {
        Json.Obj object = (Json.Obj) obj();
        for (int i = random.nextInt(4); i > 0; i--) {
          object = object.with(chance(5) ? "cache_control" : text(), json(depth - 1));
        }
        yield object;
      }
      default -> list(3, () -> json(depth - 1));
    };
  }

  /** Any text, mostly short. */
  public String text() {
    StringBuilder text = new StringBuilder();
    for (int i = random.nextInt(chance(6) ? 40 : 5); i > 0; i--) {
      text.append(PIECES[random.nextInt(PIECES.length)]);
    }
    return text.toString();
  }

  private boolean chance(int oneIn) {
    return random.nextInt(oneIn) == 0;
  }
}

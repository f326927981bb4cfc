package dev.warmpath.extproc.annotate;

import static dev.warmpath.extproc.prompt.Json.obj;

import dev.warmpath.extproc.prompt.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Supplier;

/**
 * Requests that Anthropic takes but for their markers, which are set without care: {@link
 * AnthropicRules} tells whether it would take those too.
 */
final class AnthropicRequests {

  private static final String[] TEXTS = {
    "a",
    "Say \"cache_control\": {\"ttl\": \"1h\"} and \\ \n\u0000",
    "日本語 😀",
    "The quick brown fox jumps over the lazy dog. ".repeat(20),
    "defer_loading",
  };

  private final Random random;

  /** One block in so many has a marker. */
  private final int markerRarity;

  AnthropicRequests(Random random) {
    this.random = random;
    this.markerRarity = 3 << random.nextInt(4);
  }

  Json.Obj request() {
    Json.Obj request = (Json.Obj) obj("model", "claude", "max_tokens", 5);
    if (random.nextBoolean()) {
      request = request.with("tools", list(4, this::tool));
    }
    switch (random.nextInt(3)) {
      case 0 -> request = request.with("system", new Json.Str(text()));
      case 1 -> request = request.with("system", list(3, this::textBlock));
      default -> {}
    }
    List<Json> messages = new ArrayList<>();
    boolean user = true;
    for (int i = random.nextInt(7); i >= 0; i--) {
      messages.add(message(user));
      // Turns of one side in a row are allowed, and merged.
      user = random.nextInt(6) == 0 ? user : !user;
    }
    request = request.with("messages", new Json.Arr(messages));
    if (random.nextInt(6) == 0) {
      request = request.with("cache_control", marker());
    }
    return request.shuffled(random);
  }

  private Json message(boolean user) {
    Json content =
        random.nextInt(3) == 0
            ? new Json.Str(random.nextInt(8) == 0 ? " \n" : text())
            : list(random.nextInt(5) == 0 ? 40 : 3, user ? this::userBlock : this::assistantBlock);
    return ((Json.Obj) obj("role", user ? "user" : "assistant", "content", content))
        .shuffled(random);
  }

  private Json tool() {
    Json.Obj tool =
        (Json.Obj)
            obj(
                "name",
                "t" + random.nextInt(9),
                "input_schema",
                obj("type", "object", "cache_control", "x", "defer_loading", new Json.Raw("true")));
    if (random.nextInt(4) == 0) {
      tool = tool.with("defer_loading", new Json.Raw(random.nextBoolean() ? "true" : "false"));
      return tool.shuffled(random);
    }
    return marked(tool);
  }

  private Json textBlock() {
    return marked((Json.Obj) obj("type", "text", "text", text()));
  }

  private Json userBlock() {
    return switch (random.nextInt(4)) {
      case 0 -> image();
      case 1 ->
          marked(
              (Json.Obj)
                  obj(
                      "type",
                      "document",
                      "source",
                      obj("type", "base64", "media_type", "application/pdf", "data", "QUJD")));
      case 2 -> {
        Json content = random.nextBoolean() ? new Json.Str(text()) : list(2, this::textBlock);
        yield marked((Json.Obj) obj("type", "tool_result", "tool_use_id", "u", "content", content));
      }
      default -> textBlock();
    };
  }

  private Json image() {
    return marked(
        (Json.Obj)
            obj(
                "type",
                "image",
                "source",
                obj("type", "base64", "media_type", "image/png", "data", "QUJD")));
  }

  private Json assistantBlock() {
    return switch (random.nextInt(3)) {
      case 0 -> obj("type", "thinking", "thinking", text(), "signature", "s");
      case 1 ->
          marked((Json.Obj) obj("type", "tool_use", "id", "u", "name", "t", "input", obj("a", 1)));
      default -> textBlock();
    };
  }

  private Json marked(Json.Obj block) {
    Json.Obj marked = block;
    if (random.nextInt(markerRarity) == 0) {
      marked = block.with("cache_control", marker());
    } else if (random.nextInt(12) == 0) {
      marked = block.with("cache_control", new Json.Raw("null"));
    }
    return marked.shuffled(random);
  }

  private Json marker() {
    return switch (random.nextInt(3)) {
      case 0 -> obj("type", "ephemeral", "ttl", "1h");
      case 1 -> obj("type", "ephemeral", "ttl", "5m");
      default -> obj("type", "ephemeral");
    };
  }

  private Json list(int most, Supplier<Json> element) {
    List<Json> elements = new ArrayList<>();
    for (int i = random.nextInt(most); i >= 0; i--) {
      elements.add(element.get());
    }
    return new Json.Arr(elements);
  }

  private String text() {
    return TEXTS[random.nextInt(TEXTS.length)];
  }
}

package dev.warmpath.extproc.annotate;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** What Anthropic answers with 400, as far as markers can cause it. An adversary, not a model. */
final class AnthropicRules {

  private static final int MAX_MARKERS = 4;
  private static final JsonMapper STRICT =
      JsonMapper.builder()
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
          .build();

  private final List<String> faults = new ArrayList<>();
  private int markers;
  private boolean fiveMinutesSeen;
  private int lastBlockSeconds;
  private boolean anyBlock;

  private AnthropicRules() {}

  static JsonNode tree(byte[] body) {
    try {
      return STRICT.readTree(body);
    } catch (IOException e) {
      throw new AssertionError("not JSON, or a member twice: " + e.getMessage(), e);
    }
  }

  /** Everything that is wrong with a request. */
  static List<String> faults(JsonNode request) {
    AnthropicRules rules = new AnthropicRules();
    rules.check(request);
    return rules.faults;
  }

  private void check(JsonNode request) {
    for (JsonNode tool : request.path("tools")) {
      marker(tool);
      if (tool.has("cache_control")
          && !tool.path("cache_control").isNull()
          && tool.path("defer_loading").asBoolean()) {
        faults.add("marker on a deferred tool");
      }
    }
    content(request.path("system"));
    for (JsonNode message : request.path("messages")) {
      content(message.path("content"));
    }
    int automatic = seconds(request.path("cache_control"));
    if (automatic > 0) {
      markers++;
      if (lastBlockSeconds > 0 && lastBlockSeconds != automatic) {
        faults.add("automatic mode with another ttl than the last block");
      }
      if (anyBlock && lastBlockSeconds == 0) {
        inOrder(automatic);
      }
    }
    if (markers > MAX_MARKERS) {
      faults.add("%d markers".formatted(markers));
    }
  }

  private void content(JsonNode content) {
    if (content.isTextual()) {
      anyBlock = true;
      lastBlockSeconds = 0;
    }
    for (JsonNode block : content) {
      int seconds = marker(block);
      switch (block.path("type").asText()) {
        case "text" -> {
          if (block.path("text").asText().isBlank()) {
            faults.add("a blank text");
          }
          if (block.path("text").asText().isEmpty() && seconds > 0) {
            faults.add("marker on an empty text");
          }
        }
        case "thinking", "redacted_thinking" -> {
          if (block.has("cache_control")) {
            faults.add("marker on thinking");
          }
          continue;
        }
        case "image", "document", "tool_use", "search_result" -> {}
        case "tool_result" -> {
          for (JsonNode nested : block.path("content")) {
            marker(nested);
          }
        }
        default -> faults.add("a block of type " + block.path("type"));
      }
      anyBlock = true;
      lastBlockSeconds = seconds;
    }
  }

  private int marker(JsonNode block) {
    int seconds = seconds(block.path("cache_control"));
    if (seconds > 0) {
      markers++;
      inOrder(seconds);
    }
    return seconds;
  }

  private void inOrder(int seconds) {
    if (seconds == 300) {
      fiveMinutesSeen = true;
    } else if (fiveMinutesSeen) {
      faults.add("1h after 5m");
    }
  }

  private int seconds(JsonNode control) {
    if (!control.isObject()) {
      return 0;
    }
    if (!control.path("type").asText().equals("ephemeral")) {
      faults.add("a marker of type " + control.path("type"));
    }
    return control.path("ttl").asText("5m").equals("1h") ? 3600 : 300;
  }
}

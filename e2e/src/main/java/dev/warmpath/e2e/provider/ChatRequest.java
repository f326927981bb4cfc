package dev.warmpath.e2e.provider;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * A body of {@code POST /v1/chat/completions}, judged as strictly as its host judges it. Members
 * that have nothing to do with prompts or caches are known by name, and their values are not looked
 * at.
 */
final class ChatRequest {
  private static final int MAX_MARKERS = 4;
  private static final int IMAGE_TOKENS = 1_100; // What a large image takes, about.
  private static final int QWEN_SECONDS = 300;

  private final JsonNode root;
  private final ChatHost host;
  private final double bytesPerToken;
  private final PromptChain chain;
  private final List<Integer> ends = new ArrayList<>();
  private int markers;

  private ChatRequest(JsonNode root, ChatHost host, String scope, double bytesPerToken) {
    this.root = root;
    this.host = host;
    this.bytesPerToken = bytesPerToken;
    chain = new PromptChain(scope, bytesPerToken);
  }

  /**
   * Judges a body.
   *
   * @param pathModel that the path names; empty: the body does
   * @param scope who shares the cache
   * @throws ApiException as the API would answer
   */
  static OpenAiPrompt parse(
      JsonNode root, ChatHost host, String pathModel, String scope, double bytesPerToken)
      throws ApiException {
    return new ChatRequest(root, host, scope, bytesPerToken).parse(pathModel);
  }

  private OpenAiPrompt parse(String pathModel) throws ApiException {
    host.allow(root, "", host.topLevel());
    String model = pathModel.isEmpty() ? host.text(root, "", "model") : pathModel;
    boolean stream = host.flag(root, "stream");
    JsonNode options = root.path("stream_options");
    if (!options.isMissingNode() && !options.isNull()) {
      if (!stream) {
        throw host.refused(
            "stream_options",
            "The 'stream_options' parameter is only allowed when 'stream' is enabled.",
            "");
      }
      host.allow(options, "stream_options", host.streamOptions());
    }
    OpenAiCaching caching = OpenAiCaching.of(root, host);
    chain.layer("tools", model);
    tools();
    chain.layer("messages");
    messages();
    return new OpenAiPrompt(model, stream, chain.blocks(), ends, caching);
  }

  private void tools() throws ApiException {
    JsonNode tools = root.path("tools");
    if (!tools.isMissingNode() && !tools.isNull() && (!tools.isArray() || tools.isEmpty())) {
      throw host.wrong("tools", "expected a list that is not empty", "empty_array");
    }
    for (int i = 0; i < tools.size(); i++) {
      JsonNode tool = tools.get(i);
      String path = "tools." + i;
      host.allow(tool, path, Set.of("type", "function", "custom"));
      if (tool.path("type").asText().equals("function")) {
        JsonNode function = tool.path("function");
        host.allow(
            function, path + ".function", Set.of("name", "description", "parameters", "strict"));
        host.text(function, path + ".function", "name");
      } else if (!tool.has("custom")) {
        throw host.wrong(path + ".type", "expected function or custom", "invalid_value");
      }
      chain.add(path, "tool", tool.toString(), 0);
    }
  }

  private void messages() throws ApiException {
    JsonNode messages = root.path("messages");
    if (!messages.isArray() || messages.isEmpty()) {
      throw host.refused(
          "messages",
          "Invalid 'messages': empty array. Expected an array with minimum length 1, but got an"
              + " empty array instead.",
          "empty_array");
    }
    var open = new LinkedHashSet<String>();
    for (int i = 0; i < messages.size(); i++) {
      JsonNode message = messages.get(i);
      String path = "messages." + i;
      String role = message.path("role").asText();
      Set<String> members = host.message(role);
      if (members.isEmpty()) {
        throw host.wrong(path + ".role", "no role that this model takes", "invalid_value");
      }
      host.allow(message, path, members);
      answers(message, role, path, open);
      if (message.hasNonNull("content")) {
        content(message.path("content"), role, path + ".content");
      } else if (!role.equals("assistant")) {
        throw host.wrong(path + ".content", "expected a string or a list", "invalid_type");
      }
      JsonNode calls = message.path("tool_calls");
      for (int j = 0; j < calls.size(); j++) {
        String at = path + ".tool_calls." + j;
        host.allow(calls.get(j), at, Set.of("id", "type", "function", "custom", "index"));
        open.add(host.text(calls.get(j), at, "id"));
        chain.add(at, role, calls.get(j).toString(), 0);
      }
      if (chain.size() > 0) {
        ends.add(chain.size() - 1);
      }
    }
    if (!open.isEmpty()) {
      throw unanswered(open);
    }
  }

  /** Each call is answered before anything else is said. */
  private void answers(JsonNode message, String role, String path, Set<String> open)
      throws ApiException {
    if (!role.equals("tool")) {
      if (!open.isEmpty()) {
        throw unanswered(open);
      }
    } else if (!open.remove(host.text(message, path, "tool_call_id"))) {
      throw host.refused(
          path + ".role",
          "Invalid parameter: messages with role 'tool' must be a response to a preceeding message"
              + " with 'tool_calls'.",
          "");
    }
  }

  private ApiException unanswered(Set<String> open) {
    return host.refused(
        "messages",
        "An assistant message with 'tool_calls' must be followed by tool messages responding to"
            + " each 'tool_call_id'. The following tool_call_ids did not have response messages: "
            + String.join(", ", open),
        "");
  }

  private void content(JsonNode content, String role, String path) throws ApiException {
    if (content.isTextual()) {
      chain.add(path, role, content.textValue(), 0);
      return;
    }
    if (!content.isArray()) {
      throw host.wrong(path, "expected a string or a list", "invalid_type");
    }
    if (content.isEmpty()) {
      throw host.wrong(path, "expected a list that is not empty", "empty_array");
    }
    for (int i = 0; i < content.size(); i++) {
      part(content.get(i), role, path + "." + i);
    }
  }

  private void part(JsonNode part, String role, String path) throws ApiException {
    String type = part.path("type").asText();
    Set<String> members = host.part(type, role);
    if (members.isEmpty()) {
      throw host.wrong(path + ".type", "no type that is taken here", "invalid_value");
    }
    host.allow(part, path, members);
    int ttlSeconds =
        host == ChatHost.QWEN || host == ChatHost.OPENROUTER
            ? cacheControl(part, path)
            : OpenAiCaching.breakpoint(part, path, host);
    if (type.equals("text")) {
      chain.add(path, role, host.text(part, path, "text"), ttlSeconds);
      return;
    }
    if (part.path(type).isMissingNode()) {
      throw host.wrong(path + "." + type, "required", "missing_required_parameter");
    }
    String canonical = type + ":" + part.path(type);
    if (type.equals("image_url")) {
      chain.add(path, role, canonical, ttlSeconds, IMAGE_TOKENS * bytesPerToken);
    } else {
      chain.add(path, role, canonical, ttlSeconds);
    }
  }

  /** Qwen's marker, and OpenRouter's: one kind, without a lifetime. */
  private int cacheControl(JsonNode part, String path) throws ApiException {
    if (!part.has("cache_control")) {
      return 0;
    }
    String at = path + ".cache_control";
    if (!(part.path("cache_control") instanceof ObjectNode control)) {
      throw host.wrong(at, "expected an object", "invalid_type");
    }
    host.allow(control, at, Set.of("type"));
    if (!control.path("type").asText().equals("ephemeral")) {
      throw host.wrong(at + ".type", "expected ephemeral", "invalid_value");
    }
    int most = host == ChatHost.OPENROUTER ? 1 : MAX_MARKERS;
    if (++markers > most) {
      throw host.wrong(at, "at most " + most + " markers", "too_many");
    }
    return QWEN_SECONDS;
  }
}

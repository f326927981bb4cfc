package dev.warmpath.e2e.provider;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A body of {@code POST /v1/responses}, judged as strictly as OpenAI judges it. Breakpoints may
 * stand on {@code input_text}, {@code input_image} and {@code input_file} of messages; whether on
 * those of a function's output is not published, and there they are refused.
 */
final class ResponsesRequest {
  private static final int IMAGE_TOKENS = 1_100;

  private static final Set<String> TOP_LEVEL =
      Set.of(
          "background",
          "context_management",
          "conversation",
          "include",
          "input",
          "instructions",
          "max_output_tokens",
          "max_tool_calls",
          "metadata",
          "model",
          "parallel_tool_calls",
          "previous_response_id",
          "prompt",
          "prompt_cache_key",
          "prompt_cache_retention",
          "reasoning",
          "safety_identifier",
          "service_tier",
          "store",
          "stream",
          "stream_options",
          "temperature",
          "text",
          "tool_choice",
          "tools",
          "top_logprobs",
          "top_p",
          "truncation",
          "user");

  private static final Map<String, Set<String>> ITEMS =
      Map.of(
          "message", Set.of("type", "role", "content", "id", "status", "phase"),
          "function_call", Set.of("type", "id", "call_id", "name", "arguments", "status"),
          "function_call_output", Set.of("type", "id", "call_id", "output", "status"),
          "custom_tool_call", Set.of("type", "id", "call_id", "name", "input"),
          "custom_tool_call_output", Set.of("type", "id", "call_id", "output"),
          "reasoning", Set.of("type", "id", "summary", "content", "encrypted_content", "status"),
          "item_reference", Set.of("type", "id"));

  private static final Map<String, Set<String>> INPUT_PARTS =
      Map.of(
          "input_text", Set.of("type", "text"),
          "input_image", Set.of("type", "image_url", "file_id", "detail"),
          "input_file", Set.of("type", "file_data", "file_id", "file_url", "filename", "detail"));

  private static final Map<String, Set<String>> OUTPUT_PARTS =
      Map.of(
          "output_text", Set.of("type", "text", "annotations", "logprobs"),
          "refusal", Set.of("type", "refusal"));

  private static final Map<String, Set<String>> TOOLS =
      Map.of(
          "function",
              Set.of("type", "name", "description", "parameters", "strict", "defer_loading"),
          "custom", Set.of("type", "name", "description", "format", "defer_loading"),
          "web_search", Set.of("type", "filters", "search_context_size", "user_location"),
          "file_search",
              Set.of("type", "vector_store_ids", "filters", "max_num_results", "ranking_options"));

  private final JsonNode root;
  private final ChatHost host;
  private final double bytesPerToken;
  private final PromptChain chain;
  private final List<Integer> ends = new ArrayList<>();

  private ResponsesRequest(JsonNode root, ChatHost host, String scope, double bytesPerToken) {
    this.root = root;
    this.host = host;
    this.bytesPerToken = bytesPerToken;
    chain = new PromptChain(scope, bytesPerToken);
  }

  /**
   * Judges a body.
   *
   * @param scope who shares the cache
   * @throws ApiException as the API would answer
   */
  static OpenAiPrompt parse(JsonNode root, ChatHost host, String scope, double bytesPerToken)
      throws ApiException {
    return new ResponsesRequest(root, host, scope, bytesPerToken).parse();
  }

  private OpenAiPrompt parse() throws ApiException {
    for (Map.Entry<String, JsonNode> member : root.properties()) {
      boolean options =
          member.getKey().equals("prompt_cache_options") && host == ChatHost.OPENAI_BREAKPOINTS;
      if (!options && !TOP_LEVEL.contains(member.getKey())) {
        throw host.unknown("", member.getKey());
      }
    }
    String model = host.text(root, "", "model");
    boolean stream = host.flag(root, "stream");
    if (root.hasNonNull("stream_options")) {
      host.allow(root.path("stream_options"), "stream_options", Set.of("include_obfuscation"));
    }
    OpenAiCaching caching = OpenAiCaching.of(root, host);
    chain.layer("tools", model);
    for (int i = 0; i < root.path("tools").size(); i++) {
      JsonNode tool = root.path("tools").path(i);
      String path = "tools." + i;
      host.allow(tool, path, known(TOOLS, tool.path("type").asText(), path));
      chain.add(path, "tool", tool.toString(), 0);
    }
    chain.layer("input", root.path("previous_response_id").asText());
    if (root.hasNonNull("instructions")) {
      chain.add("instructions", "system", host.text(root, "", "instructions"), 0);
      ends.add(chain.size() - 1);
    }
    input(root.path("input"));
    return new OpenAiPrompt(model, stream, chain.blocks(), ends, caching);
  }

  private void input(JsonNode input) throws ApiException {
    if (input.isTextual()) {
      chain.add("input", "user", input.textValue(), 0);
      ends.add(chain.size() - 1);
      return;
    }
    if (!input.isArray()) {
      throw host.wrong("input", "expected a string or a list of items", "invalid_type");
    }
    for (int i = 0; i < input.size(); i++) {
      JsonNode item = input.get(i);
      String path = "input." + i;
      if (!item.isObject()) {
        throw host.wrong(path, "expected an object", "invalid_type");
      }
      String type = item.path("type").asText(item.has("role") ? "message" : "");
      host.allow(item, path, known(ITEMS, type, path));
      if (type.equals("message")) {
        message(item, path);
      } else {
        output(item.path("output"), path + ".output");
        chain.add(path, type, item.toString(), 0);
      }
      ends.add(chain.size() - 1);
    }
  }

  private void message(JsonNode item, String path) throws ApiException {
    String role = host.text(item, path, "role");
    if (!Set.of("user", "assistant", "system", "developer").contains(role)) {
      throw host.wrong(path + ".role", "no role that is taken", "invalid_value");
    }
    JsonNode content = item.path("content");
    if (content.isTextual()) {
      chain.add(path + ".content", role, content.textValue(), 0);
      return;
    }
    if (!content.isArray() || content.isEmpty()) {
      throw host.wrong(
          path + ".content", "expected a string or a list that is not empty", "invalid_type");
    }
    boolean input = !role.equals("assistant");
    for (int i = 0; i < content.size(); i++) {
      JsonNode part = content.get(i);
      String at = path + ".content." + i;
      String type = part.path("type").asText();
      int ttlSeconds = part(part, type, at, input);
      if (type.equals("input_image")) {
        chain.add(at, role, unmarked(part), ttlSeconds, IMAGE_TOKENS * bytesPerToken);
      } else if (part.has("text")) {
        chain.add(at, role, host.text(part, at, "text"), ttlSeconds);
      } else {
        chain.add(at, role, unmarked(part), ttlSeconds);
      }
    }
  }

  /** The lifetime that a part's breakpoint asks for; 0: none. */
  private int part(JsonNode part, String type, String path, boolean input) throws ApiException {
    Set<String> members = known(input ? INPUT_PARTS : OUTPUT_PARTS, type, path);
    for (Map.Entry<String, JsonNode> member : part.properties()) {
      boolean breakpoint = input && host.marker().equals(member.getKey());
      if (!breakpoint && !members.contains(member.getKey())) {
        throw host.unknown(path, member.getKey());
      }
    }
    return OpenAiCaching.breakpoint(part, path, host);
  }

  /** A function's output, if it has parts. */
  private void output(JsonNode output, String path) throws ApiException {
    if (!output.isArray()) {
      return;
    }
    for (int i = 0; i < output.size(); i++) {
      JsonNode part = output.get(i);
      String at = path + "." + i;
      host.allow(part, at, known(INPUT_PARTS, part.path("type").asText(), at));
    }
  }

  private Set<String> known(Map<String, Set<String>> kinds, String type, String path)
      throws ApiException {
    Set<String> members = kinds.get(type);
    if (members == null) {
      throw host.refused(
          path + ".type",
          "Invalid value: '%s'. Supported values are: %s."
              .formatted(
                  type,
                  String.join(
                      ", ",
                      kinds.keySet().stream().sorted().map(kind -> "'" + kind + "'").toList())),
          "invalid_value");
    }
    return members;
  }

  private static String unmarked(JsonNode part) {
    return part.deepCopy() instanceof ObjectNode copy
        ? copy.without("prompt_cache_breakpoint").toString()
        : part.toString();
  }
}

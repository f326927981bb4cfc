package dev.warmpath.e2e.provider;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * A body of {@code POST /v1/messages}, judged as strictly as the real API judges it, and its prompt
 * as a sequence of blocks, each named by all before it. What of the parameters voids which part of
 * a prompt (tools, system, messages) enters the names where that part begins.
 *
 * @param maxTokens 0: only fill the cache
 * @param markers in use, the automatic one included
 */
record MessagesRequest(
    String model, long maxTokens, boolean stream, List<PromptBlock> blocks, int markers) {
  private static final int MAX_MARKERS = 4;
  private static final int IMAGE_TOKENS = 1_600; // What a large image takes.

  private static final Set<String> TOP_LEVEL =
      Set.of(
          "cache_control",
          "container",
          "context_management",
          "inference_geo",
          "max_tokens",
          "mcp_servers",
          "messages",
          "metadata",
          "model",
          "output_config",
          "output_format",
          "service_tier",
          "speed",
          "stop_sequences",
          "stream",
          "system",
          "temperature",
          "thinking",
          "tool_choice",
          "tools",
          "top_k",
          "top_p");
  private static final Set<String> CUSTOM_TOOL =
      Set.of(
          "allowed_callers",
          "cache_control",
          "defer_loading",
          "description",
          "eager_input_streaming",
          "input_examples",
          "input_schema",
          "name",
          "strict",
          "type");

  /** The fields of each type of content block that the API takes in requests. */
  private static final Map<String, Set<String>> BLOCKS =
      Map.ofEntries(
          Map.entry("text", Set.of("type", "text", "citations", "cache_control")),
          Map.entry("image", Set.of("type", "source", "cache_control")),
          Map.entry(
              "document",
              Set.of("type", "source", "title", "context", "citations", "cache_control")),
          Map.entry(
              "search_result",
              Set.of("type", "source", "title", "content", "citations", "cache_control")),
          Map.entry("tool_use", Set.of("type", "id", "name", "input", "caller", "cache_control")),
          Map.entry(
              "tool_result", Set.of("type", "tool_use_id", "content", "is_error", "cache_control")),
          Map.entry("server_tool_use", Set.of("type", "id", "name", "input", "cache_control")),
          Map.entry(
              "web_search_tool_result", Set.of("type", "tool_use_id", "content", "cache_control")),
          Map.entry("thinking", Set.of("type", "thinking", "signature")),
          Map.entry("redacted_thinking", Set.of("type", "data")));

  /** Who answers. */
  enum Host {
    ANTHROPIC,
    /** Another's route of the same form, which knows markers and no lifetimes. */
    WITHOUT_TTL,
    /** InvokeModel. Whether to stream is in the path. */
    BEDROCK,
    /** RawPredict of Vertex AI. */
    VERTEX;

    /** What the body must name; empty: a header does. */
    private String version() {
      return switch (this) {
        case ANTHROPIC, WITHOUT_TTL -> "";
        case BEDROCK -> "bedrock-2023-05-31";
        case VERTEX -> "vertex-2023-10-16";
      };
    }

    private Set<String> topLevel() {
      var members = new HashSet<>(TOP_LEVEL);
      switch (this) {
        case ANTHROPIC, WITHOUT_TTL -> {}
        case BEDROCK -> {
          members.removeAll(Set.of("model", "stream"));
          members.addAll(Set.of("anthropic_version", "anthropic_beta"));
        }
        case VERTEX -> {
          members.remove("model");
          members.addAll(Set.of("anthropic_version", "anthropic_beta"));
        }
      }
      return members;
    }
  }

  /**
   * Judges a body.
   *
   * @param scope who shares the cache
   * @throws ApiException as the API would answer
   */
  static MessagesRequest parse(byte[] body, String scope, double bytesPerToken)
      throws ApiException {
    return parse(body, Host.ANTHROPIC, "", scope, bytesPerToken);
  }

  /**
   * Judges a body that any of Anthropic's hosts got.
   *
   * @param hostModel that the path names, as Anthropic names it; empty: the body does
   * @param scope who shares the cache
   * @throws ApiException as the API would answer
   */
  static MessagesRequest parse(
      byte[] body, Host host, String hostModel, String scope, double bytesPerToken)
      throws ApiException {
    JsonNode root;
    try {
      root = JsonBody.read(body);
    } catch (JsonProcessingException e) {
      throw ApiException.invalid("The request body is not valid JSON: " + e.getOriginalMessage());
    }
    if (!root.isObject()) {
      throw ApiException.invalid("Input should be a valid dictionary or object");
    }
    return new Parser(root, host, hostModel, scope, bytesPerToken).parse();
  }

  /** One pass over one body. */
  private static final class Parser {
    private final JsonNode root;
    private final Host host;
    private final String hostModel;
    private final double bytesPerToken;
    private final PromptChain chain;
    private int markers;
    private boolean fiveMinutesSeen;
    private int lastMarkable = -1;

    Parser(JsonNode root, Host host, String hostModel, String scope, double bytesPerToken) {
      this.root = root;
      this.host = host;
      this.hostModel = hostModel;
      this.bytesPerToken = bytesPerToken;
      chain = new PromptChain(scope, bytesPerToken);
    }

    MessagesRequest parse() throws ApiException {
      String model = model();
      long maxTokens = integer(root, "max_tokens");
      JsonNode messages = root.path("messages");
      if (messages.isMissingNode()) {
        throw ApiException.invalid("messages: Field required");
      }
      if (!messages.isArray() || messages.isEmpty()) {
        throw ApiException.invalid("messages: at least one message is required");
      }
      boolean stream = root.path("stream").asBoolean();
      if (maxTokens < 0) {
        throw ApiException.invalid("max_tokens: Input should be greater than or equal to 0");
      }
      if (maxTokens == 0 && (stream || root.has("thinking") || forcesTool())) {
        throw ApiException.invalid(
            "max_tokens: 0 is not allowed with stream, thinking or a forced tool choice");
      }

      chain.layer("tools", model);
      tools(root.path("tools"));
      chain.layer("system", root.path("speed").toString(), Boolean.toString(cites(messages)));
      system(root.path("system"));
      chain.layer(
          "messages",
          root.path("tool_choice").toString(),
          root.path("thinking").toString(),
          root.path("output_config").path("effort").toString(),
          Boolean.toString(hasImage(messages)));
      for (int i = 0; i < messages.size(); i++) {
        message(messages.get(i), "messages." + i);
      }
      if (!messages.path(0).path("role").asText().equals("user")) {
        throw ApiException.invalid("messages: first message must use the \"user\" role");
      }
      automatic(root.path("cache_control"));
      if (markers > MAX_MARKERS) {
        throw ApiException.invalid(
            "A maximum of 4 blocks with cache_control may be provided. Found %d."
                .formatted(markers));
      }
      return new MessagesRequest(model, maxTokens, stream, chain.blocks(), markers);
    }

    /** Those who host Anthropic's models take the version in the body, and the model by path. */
    private String model() throws ApiException {
      if (host.version().isEmpty()) {
        allow(root, "", TOP_LEVEL);
        return text(root, "model");
      }
      String version = text(root, "anthropic_version");
      if (!version.equals(host.version())) {
        throw ApiException.invalid(
            "anthropic_version: Input should be '%s'".formatted(host.version()));
      }
      allow(root, "", host.topLevel());
      if (host == Host.BEDROCK && root.has("cache_control") && ModelRow.isLegacy(hostModel)) {
        throw ApiException.invalid("cache_control: Extra inputs are not permitted");
      }
      return hostModel;
    }

    private void tools(JsonNode tools) throws ApiException {
      if (!tools.isMissingNode() && !tools.isArray()) {
        throw ApiException.invalid("tools: Input should be a valid list");
      }
      for (int i = 0; i < tools.size(); i++) {
        JsonNode tool = tools.get(i);
        String path = "tools." + i;
        String type = tool.path("type").asText("custom");
        if (type.equals("custom")) {
          allow(tool, path + ".custom.", CUSTOM_TOOL);
          required(tool, path + ".custom.", "name");
          required(tool, path + ".custom.", "input_schema");
        }
        int ttl = marker(tool, path);
        if (ttl > 0 && tool.path("defer_loading").asBoolean()) {
          throw ApiException.invalid(
              ("Tool '%s' cannot have both defer_loading=true and cache_control set. Tools with"
                      + " defer_loading cannot use prompt caching.")
                  .formatted(tool.path("name").asText()));
        }
        add(path, "tool", unmarked(tool).toString(), ttl);
      }
    }

    private void system(JsonNode system) throws ApiException {
      if (system.isTextual()) {
        if (!system.textValue().isEmpty()) {
          visible(system.textValue(), "system");
          add("system", "system", system.textValue(), 0);
        }
      } else if (system.isArray()) {
        for (int i = 0; i < system.size(); i++) {
          String path = "system." + i;
          JsonNode block = system.get(i);
          if (!block.path("type").asText().equals("text")) {
            throw ApiException.invalid(path + ".type: Input should be 'text'");
          }
          content(block, path, "system", "system");
        }
      } else if (!system.isMissingNode()) {
        throw ApiException.invalid("system: Input should be a valid list");
      }
    }

    private void message(JsonNode message, String path) throws ApiException {
      allow(message, path + ".", Set.of("role", "content"));
      String role = message.path("role").asText();
      if (!role.equals("user") && !role.equals("assistant")) {
        throw ApiException.invalid(path + ".role: Input should be 'user' or 'assistant'");
      }
      JsonNode content = message.path("content");
      if (content.isTextual()) {
        if (content.textValue().isEmpty()) {
          throw ApiException.invalid(
              "%s: %s messages must have non-empty content".formatted(path, role));
        }
        visible(content.textValue(), "messages");
        add(path + ".content", role, content.textValue(), 0);
      } else if (content.isArray()) {
        if (content.isEmpty()) {
          throw ApiException.invalid(
              "%s: %s messages must have non-empty content".formatted(path, role));
        }
        for (int i = 0; i < content.size(); i++) {
          content(content.get(i), path + ".content." + i, role, "messages");
        }
      } else {
        throw ApiException.invalid(path + ".content: Field required");
      }
    }

    private void content(JsonNode block, String path, String role, String part)
        throws ApiException {
      String type = block.path("type").asText();
      Set<String> fields = BLOCKS.get(type);
      if (fields == null) {
        throw ApiException.invalid(
            "%s: Input tag '%s' found using 'type' does not match any of the expected tags"
                .formatted(path, type));
      }
      allow(block, path + "." + type + ".", fields);
      int ttl = marker(block, path);
      if (type.equals("text")) {
        String text = text(block, "text", path + ".text.");
        if (text.isEmpty() && ttl > 0) {
          throw ApiException.invalid(
              path + ".text: cache_control cannot be set for empty text blocks");
        }
        if (text.isEmpty()) {
          throw ApiException.invalid(part + ": text content blocks must be non-empty");
        }
        visible(text, part);
        add(path, role, text, ttl);
      } else if (type.equals("image")) {
        addBlock(path, role, block.path("source").toString(), ttl, IMAGE_TOKENS * bytesPerToken);
      } else {
        int markable = lastMarkable;
        for (int i = 0; i < block.path("content").size(); i++) {
          // Only the block as a whole can be cached.
          ttl = Math.max(ttl, nested(block.path("content").path(i), type, path + ".content." + i));
        }
        String canonical = unmarked(block).toString();
        addBlock(path, role, canonical, ttl, utf8(canonical).length);
        if (type.endsWith("thinking")) {
          lastMarkable = markable;
        }
      }
    }

    /** A string stands for a block of text, and none may be blank. */
    private static void visible(String text, String part) throws ApiException {
      if (text.isBlank()) {
        throw ApiException.invalid(part + ": text content blocks must contain non-whitespace text");
      }
    }

    /** The lifetime that a block inside another asks for; 0: none. */
    private int nested(JsonNode block, String outer, String path) throws ApiException {
      if (!block.isObject()) {
        return 0;
      }
      int ttl = marker(block, path);
      if (outer.equals("tool_result")) {
        String type = block.path("type").asText();
        Set<String> fields = BLOCKS.get(type);
        if (fields == null) {
          throw ApiException.invalid(
              "%s: Input tag '%s' found using 'type' does not match any of the expected tags"
                  .formatted(path, type));
        }
        allow(block, path + "." + type + ".", fields);
        if (ttl > 0 && type.equals("text") && block.path("text").asText().isEmpty()) {
          throw ApiException.invalid(
              path + ".text: cache_control cannot be set for empty text blocks");
        }
      }
      return ttl;
    }

    /** The top-level marker: it marks the last block that can be. */
    private void automatic(JsonNode control) throws ApiException {
      int ttl = ttl(control, "cache_control");
      if (ttl == 0) {
        return;
      }
      markers++;
      if (lastMarkable < 0) {
        return;
      }
      PromptBlock last = chain.get(lastMarkable);
      if (last.ttlSeconds() != 0 && last.ttlSeconds() != ttl) {
        throw ApiException.invalid(
            "cache_control: ttl differs from that of the last block, %s".formatted(last.path()));
      }
      if (last.ttlSeconds() == 0) {
        inOrder(ttl, "cache_control");
        chain.mark(lastMarkable, ttl);
      }
    }

    /** The lifetime that a block's marker asks for, in seconds; 0: no marker. */
    private int marker(JsonNode block, String path) throws ApiException {
      int ttl = ttl(block.path("cache_control"), path + ".cache_control");
      if (ttl > 0) {
        markers++;
        inOrder(ttl, path + ".cache_control");
      }
      return ttl;
    }

    private void inOrder(int ttl, String path) throws ApiException {
      if (ttl == 300) {
        fiveMinutesSeen = true;
      } else if (fiveMinutesSeen) {
        throw ApiException.invalid(
            path
                + ".ttl: a ttl='1h' cache_control block must not come after a ttl='5m'"
                + " cache_control block. Note that blocks are processed in the following order:"
                + " `tools`, `system`, `messages`.");
      }
    }

    private int ttl(JsonNode control, String path) throws ApiException {
      if (control.isMissingNode() || control.isNull()) {
        return 0;
      }
      if (!control.isObject() || !control.path("type").asText().equals("ephemeral")) {
        throw ApiException.invalid(path + ".type: Input should be 'ephemeral'");
      }
      allow(
          control,
          path + ".ephemeral.",
          host != Host.WITHOUT_TTL ? Set.of("type", "ttl") : Set.of("type"));
      return switch (control.path("ttl").asText("5m")) {
        case "5m" -> 300;
        case "1h" -> 3600;
        default ->
            throw ApiException.invalid(path + ".ephemeral.ttl: Input should be '5m' or '1h'");
      };
    }

    private void add(String path, String role, String text, int ttl) {
      addBlock(path, role, text, ttl, utf8(text).length);
    }

    private void addBlock(String path, String role, String canonical, int ttl, double bytes) {
      chain.add(path, role, canonical, ttl, bytes);
      lastMarkable = chain.size() - 1;
    }

    private boolean forcesTool() {
      String choice = root.path("tool_choice").path("type").asText();
      return choice.equals("any") || choice.equals("tool");
    }
  }

  /**
   * A block as what it says: without its marker, its fields in one order. What is inside a field
   * stays as it was written: another order of a schema's keys is another tool.
   */
  private static ObjectNode unmarked(JsonNode block) {
    var fields = new TreeMap<String, JsonNode>();
    for (Map.Entry<String, JsonNode> field : block.properties()) {
      if (!field.getKey().equals("cache_control")) {
        fields.put(field.getKey(), field.getValue());
      }
    }
    ObjectNode canonical = JsonNodeFactory.instance.objectNode();
    canonical.setAll(fields);
    return canonical;
  }

  private static boolean cites(JsonNode messages) {
    for (JsonNode message : messages) {
      for (JsonNode block : message.path("content")) {
        if (block.path("citations").path("enabled").asBoolean()) {
          return true;
        }
      }
    }
    return false;
  }

  private static boolean hasImage(JsonNode messages) {
    for (JsonNode message : messages) {
      for (JsonNode block : message.path("content")) {
        if (block.path("type").asText().equals("image")) {
          return true;
        }
      }
    }
    return false;
  }

  private static void allow(JsonNode object, String path, Set<String> fields) throws ApiException {
    for (Iterator<String> names = object.fieldNames(); names.hasNext(); ) {
      String name = names.next();
      if (!fields.contains(name)) {
        throw ApiException.invalid(path + name + ": Extra inputs are not permitted");
      }
    }
  }

  private static void required(JsonNode object, String path, String field) throws ApiException {
    if (!object.has(field)) {
      throw ApiException.invalid(path + field + ": Field required");
    }
  }

  private static String text(JsonNode object, String field) throws ApiException {
    return text(object, field, "");
  }

  private static String text(JsonNode object, String field, String path) throws ApiException {
    required(object, path, field);
    JsonNode value = object.path(field);
    if (!value.isTextual()) {
      throw ApiException.invalid(path + field + ": Input should be a valid string");
    }
    return value.textValue();
  }

  private static long integer(JsonNode object, String field) throws ApiException {
    required(object, "", field);
    JsonNode value = object.path(field);
    if (!value.isIntegralNumber()) {
      throw ApiException.invalid(field + ": Input should be a valid integer");
    }
    return value.longValue();
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}

package dev.warmpath.e2e.provider;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A body of Bedrock's {@code Converse}, judged as strictly as its published form, and its prompt as
 * a sequence of blocks. A {@code cachePoint} is a marker of the block before it: at most four, an
 * hour before five minutes in the order tools, system, messages, and only for models that cache.
 *
 * <p>Not published, and refused: a cache point with nothing before it in its list, or directly
 * behind another. Seen in public reports: none behind reasoning (opencode#36517) nor behind a
 * document that is no PDF (strands-agents/harness-sdk#1966), and 403 where the model doesn't cache
 * (litellm#39210). Which models take an hour is not published in one place: all that cache do here.
 *
 * @param blocks what {@link PromptCache} takes
 */
record ConverseRequest(List<PromptBlock> blocks, int markers) {
  private static final int MAX_MARKERS = 4;
  private static final int IMAGE_TOKENS = 1_600; // As at Anthropic.

  private static final Set<String> TOP_LEVEL =
      Set.of(
          "additionalModelRequestFields",
          "additionalModelResponseFieldPaths",
          "guardrailConfig",
          "inferenceConfig",
          "messages",
          "outputConfig",
          "performanceConfig",
          "promptVariables",
          "requestMetadata",
          "serviceTier",
          "system",
          "toolConfig");

  /** The members of each kind of content block, and of what it holds. Of a text there are none. */
  private static final Map<String, Set<String>> CONTENT =
      Map.ofEntries(
          Map.entry("text", Set.of()),
          Map.entry("image", Set.of("format", "source")),
          Map.entry("document", Set.of("format", "name", "source", "context", "citations")),
          Map.entry("video", Set.of("format", "source")),
          Map.entry("audio", Set.of("format", "source")),
          Map.entry("toolUse", Set.of("toolUseId", "name", "input", "type")),
          Map.entry("toolResult", Set.of("toolUseId", "content", "status", "type")),
          Map.entry("guardContent", Set.of("text", "image")),
          Map.entry("reasoningContent", Set.of("reasoningText", "redactedContent")),
          Map.entry("citationsContent", Set.of("content", "citations")),
          Map.entry("searchResult", Set.of("source", "title", "content", "citations")),
          Map.entry("cachePoint", Set.of("type", "ttl")));

  private static final Map<String, Set<String>> SYSTEM =
      Map.of(
          "text",
          Set.of(),
          "guardContent",
          Set.of("text", "image"),
          "cachePoint",
          Set.of("type", "ttl"));

  private static final Map<String, Set<String>> TOOLS =
      Map.of(
          "toolSpec", Set.of("name", "description", "inputSchema", "strict"),
          "systemTool", Set.of("name"),
          "cachePoint", Set.of("type", "ttl"));

  private static final Map<String, Set<String>> RESULTS =
      Map.of(
          "text", Set.of(),
          "json", Set.of(),
          "image", Set.of("format", "source"),
          "document", Set.of("format", "name", "source", "context", "citations"),
          "video", Set.of("format", "source"),
          "searchResult", Set.of("source", "title", "content", "citations"));

  /**
   * Judges a body.
   *
   * @param model that the path names
   * @param caches whether the model has a cache
   * @param scope who shares the cache
   * @throws ApiException as the API would answer
   */
  static ConverseRequest parse(
      byte[] body, String model, boolean caches, String scope, double bytesPerToken)
      throws ApiException {
    JsonNode root;
    try {
      root = JsonBody.read(body);
    } catch (JsonProcessingException e) {
      throw ApiException.aws(400, "SerializationException", e.getOriginalMessage());
    }
    return new Parser(root, model, caches, new PromptChain(scope, bytesPerToken), bytesPerToken)
        .parse();
  }

  /** One pass over one body. */
  private static final class Parser {
    private final JsonNode root;
    private final String model;
    private final boolean caches;
    private final PromptChain chain;
    private final double bytesPerToken;
    private int markers;
    private boolean fiveMinutesSeen;

    Parser(JsonNode root, String model, boolean caches, PromptChain chain, double bytesPerToken) {
      this.root = root;
      this.model = model;
      this.caches = caches;
      this.chain = chain;
      this.bytesPerToken = bytesPerToken;
    }

    ConverseRequest parse() throws ApiException {
      if (!root.isObject()) {
        throw ApiException.aws(400, "SerializationException", "expected an object");
      }
      allow(root, "", TOP_LEVEL);
      parameters();
      chain.layer("tools", model);
      JsonNode tools = root.path("toolConfig").path("tools");
      for (int i = 0; i < tools.size(); i++) {
        block(tools, i, "toolConfig.tools", "tool", TOOLS);
      }
      chain.layer("system");
      for (int i = 0; i < root.path("system").size(); i++) {
        block(root.path("system"), i, "system", "system", SYSTEM);
      }
      chain.layer(
          "messages",
          root.path("toolConfig").path("toolChoice").toString(),
          root.path("additionalModelRequestFields").toString());
      messages(root.path("messages"));
      if (markers > MAX_MARKERS) {
        throw rejectedByModel(
            "A maximum of 4 blocks with cache_control may be provided. Found %d."
                .formatted(markers));
      }
      return new ConverseRequest(chain.blocks(), markers);
    }

    private void parameters() throws ApiException {
      JsonNode inference = root.path("inferenceConfig");
      allow(
          inference,
          "inferenceConfig.",
          Set.of("maxTokens", "temperature", "topP", "stopSequences"));
      if (inference.has("maxTokens") && inference.path("maxTokens").asInt() < 1) {
        throw ApiException.validation(
            "inferenceConfig.maxTokens: must be greater than or equal to 1");
      }
      JsonNode toolConfig = root.path("toolConfig");
      allow(toolConfig, "toolConfig.", Set.of("tools", "toolChoice"));
      boolean noSpec = true;
      for (JsonNode tool : toolConfig.path("tools")) {
        noSpec &= tool.has("cachePoint");
      }
      if (toolConfig.isObject() && (!toolConfig.path("tools").isArray() || noSpec)) {
        throw ApiException.validation(
            "toolConfig.tools: must have length greater than or equal to 1");
      }
      if (root.has("system") && !root.path("system").isArray()) {
        throw ApiException.aws(400, "SerializationException", "system: expected a list");
      }
    }

    private void messages(JsonNode messages) throws ApiException {
      if (!messages.isArray() || messages.isEmpty()) {
        throw ApiException.validation("messages: must have length greater than or equal to 1");
      }
      String before = "assistant";
      Set<String> open = Set.of();
      for (int i = 0; i < messages.size(); i++) {
        JsonNode message = messages.get(i);
        String path = "messages." + i;
        allow(message, path + ".", Set.of("role", "content"));
        String role = message.path("role").asText();
        if (!role.equals("user") && !role.equals("assistant")) {
          throw ApiException.validation(path + ".role: must be one of user, assistant");
        }
        if (role.equals(before)) {
          throw ApiException.validation(
              i == 0
                  ? "A conversation must start with a user message. Try again with a conversation"
                      + " that starts with a user message."
                  : "A conversation must alternate between user and assistant roles. Make sure the"
                      + " conversation alternates between user and assistant roles and try again.");
        }
        before = role;
        JsonNode content = message.path("content");
        if (!content.isArray() || content.isEmpty()) {
          throw ApiException.validation(
              "The content field in the Message object at %s is empty. Add a ContentBlock object to the content field and try again."
                  .formatted(path));
        }
        open = tools(content, role, path, open);
        for (int j = 0; j < content.size(); j++) {
          block(content, j, path + ".content", role, CONTENT);
        }
      }
    }

    /** Calls and results belong together; returns the calls that the next message answers. */
    private Set<String> tools(JsonNode content, String role, String path, Set<String> open)
        throws ApiException {
      var calls = new HashSet<String>();
      var results = new HashSet<String>();
      for (JsonNode block : content) {
        if (block.has("toolUse")) {
          calls.add(block.path("toolUse").path("toolUseId").asText());
        }
        if (block.has("toolResult")) {
          results.add(block.path("toolResult").path("toolUseId").asText());
        }
      }
      if ((!calls.isEmpty() || !results.isEmpty()) && !root.has("toolConfig")) {
        throw ApiException.validation(
            "The toolConfig field must be defined when using toolUse and toolResult content"
                + " blocks.");
      }
      if ((role.equals("user") ? calls : results).isEmpty() && open.containsAll(results)) {
        if (results.containsAll(open)) {
          return calls;
        }
        throw ApiException.validation(
            "Expected toolResult blocks at %s.content for the following Ids: %s"
                .formatted(path, String.join(", ", open)));
      }
      throw ApiException.validation(
          "The toolResult blocks at %s.content contain mismatching Ids with the toolUse blocks of previous turn."
              .formatted(path));
    }

    private void block(
        JsonNode list, int at, String listPath, String role, Map<String, Set<String>> kinds)
        throws ApiException {
      JsonNode block = list.get(at);
      String path = listPath + "." + at;
      if (!block.isObject() || block.size() != 1) {
        throw ApiException.aws(
            400, "SerializationException", path + ": expected exactly one member of the union");
      }
      String kind = block.fieldNames().next();
      Set<String> members = kinds.get(kind);
      if (members == null) {
        throw extraneous(path + "." + kind);
      }
      JsonNode value = block.path(kind);
      if (kind.equals("cachePoint")) {
        cachePoint(value, list, at, path);
        return;
      }
      if (kind.equals("text")) {
        if (!value.isTextual()) {
          throw ApiException.aws(400, "SerializationException", path + ".text: expected a string");
        }
        if (value.textValue().isBlank()) {
          throw ApiException.validation(
              "The text field in the ContentBlock object at %s is blank. Add text to the text field, and try again."
                  .formatted(path));
        }
        chain.add(path, role, value.textValue(), 0);
        return;
      }
      allow(value, path + "." + kind + ".", members);
      inside(kind, value, path + "." + kind);
      String canonical = kind + ":" + value;
      if (kind.equals("image")) {
        chain.add(path, role, canonical, 0, IMAGE_TOKENS * bytesPerToken);
      } else {
        chain.add(path, role, canonical, 0);
      }
    }

    /** What a block must have and may hold. */
    private void inside(String kind, JsonNode value, String path) throws ApiException {
      switch (kind) {
        case "image" -> {
          oneOf(value, "format", path, Set.of("png", "jpeg", "gif", "webp"));
          source(value.path("source"), path, Set.of("bytes", "s3Location"));
        }
        case "document" -> {
          oneOf(
              value,
              "format",
              path,
              Set.of("pdf", "csv", "doc", "docx", "xls", "xlsx", "html", "txt", "md"));
          text(value, "name", path);
          source(value.path("source"), path, Set.of("bytes", "s3Location", "text", "content"));
        }
        case "toolSpec" -> {
          text(value, "name", path);
          allow(value.path("inputSchema"), path + ".inputSchema.", Set.of("json"));
          if (!value.path("inputSchema").path("json").isObject()) {
            throw ApiException.validation(path + ".inputSchema.json: Member must not be null");
          }
        }
        case "toolUse" -> {
          text(value, "toolUseId", path);
          text(value, "name", path);
          if (!value.path("input").isObject()) {
            throw ApiException.validation(
                "The format of the value at %s.input is invalid. Provide a json object for the field and try again."
                    .formatted(path));
          }
        }
        case "toolResult" -> {
          text(value, "toolUseId", path);
          if (value.has("status")) {
            oneOf(value, "status", path, Set.of("success", "error"));
          }
          results(value.path("content"), path + ".content");
        }
        case "reasoningContent" -> {
          if (value.size() != 1) {
            throw ApiException.aws(
                400, "SerializationException", path + ": expected exactly one member of the union");
          }
          allow(value.path("reasoningText"), path + ".reasoningText.", Set.of("text", "signature"));
        }
        default -> {
          // Nothing is published that an edit could violate.
        }
      }
    }

    private static void results(JsonNode content, String listPath) throws ApiException {
      if (!content.isArray()) {
        throw ApiException.validation(listPath + ": Member must not be null");
      }
      for (int i = 0; i < content.size(); i++) {
        JsonNode result = content.get(i);
        String path = listPath + "." + i;
        if (!result.isObject() || result.size() != 1) {
          throw ApiException.aws(
              400, "SerializationException", path + ": expected exactly one member of the union");
        }
        String kind = result.fieldNames().next();
        Set<String> members = RESULTS.get(kind);
        if (members == null) {
          throw extraneous(path + "." + kind);
        }
        if (!members.isEmpty()) {
          allow(result.path(kind), path + "." + kind + ".", members);
        }
      }
    }

    private void cachePoint(JsonNode point, JsonNode list, int at, String path)
        throws ApiException {
      allow(point, path + ".cachePoint.", Set.of("type", "ttl"));
      oneOf(point, "type", path + ".cachePoint", Set.of("default"));
      if (point.has("ttl")) {
        oneOf(point, "ttl", path + ".cachePoint", Set.of("5m", "1h"));
      }
      if (!caches) {
        throw ApiException.aws(
            403,
            "AccessDeniedException",
            "You invoked an unsupported model or your request did not allow prompt caching. See the"
                + " documentation for more information.");
      }
      JsonNode last = at == 0 ? null : list.get(at - 1);
      if (last == null || last.has("cachePoint")) {
        throw ApiException.validation(
            path
                + ": Cache point cannot be inserted where nothing is before it. Please remove the"
                + " invalid cache point and try again.");
      }
      if (last.has("reasoningContent")) {
        throw ApiException.validation(
            "Cache point cannot be inserted after reasoning block. Please remove the invalid cache"
                + " point and try again.");
      }
      if (last.has("document") && !last.path("document").path("format").asText().equals("pdf")) {
        throw rejectedByModel(path + ".type: Field required");
      }
      markers++;
      int ttl = point.path("ttl").asText("5m").equals("1h") ? 3600 : 300;
      if (ttl == 300) {
        fiveMinutesSeen = true;
      } else if (fiveMinutesSeen) {
        throw rejectedByModel(
            path
                + ".cache_control.ttl: a ttl='1h' cache_control block must not come after a"
                + " ttl='5m' cache_control block. Note that blocks are processed in the following"
                + " order: `tools`, `system`, `messages`.");
      }
      chain.mark(chain.size() - 1, ttl);
    }
  }

  private static ApiException rejectedByModel(String message) {
    return ApiException.validation("The model returned the following errors: " + message);
  }

  private static ApiException extraneous(String path) {
    return ApiException.validation(
        "Malformed input request: extraneous key [%s] is not permitted, please reformat your input and try again."
            .formatted(path));
  }

  private static void allow(JsonNode object, String path, Set<String> members) throws ApiException {
    if (object.isMissingNode()) {
      return;
    }
    if (!object.isObject()) {
      throw ApiException.aws(400, "SerializationException", path + " expected an object");
    }
    for (Map.Entry<String, JsonNode> member : object.properties()) {
      if (!members.contains(member.getKey())) {
        throw extraneous(path + member.getKey());
      }
    }
  }

  private static void source(JsonNode source, String path, Set<String> kinds) throws ApiException {
    allow(source, path + ".source.", kinds);
    if (source.size() != 1) {
      throw ApiException.aws(
          400,
          "SerializationException",
          path + ".source: expected exactly one member of the union");
    }
  }

  private static void text(JsonNode object, String member, String path) throws ApiException {
    if (object.path(member).asText().isEmpty()) {
      throw ApiException.validation(path + "." + member + ": Member must not be null");
    }
  }

  private static void oneOf(JsonNode object, String member, String path, Set<String> values)
      throws ApiException {
    JsonNode value = object.path(member);
    if (!value.isTextual() || !values.contains(value.textValue())) {
      throw ApiException.validation(
          "Value at '%s.%s' failed to satisfy constraint: Member must satisfy enum value set: %s"
              .formatted(path, member, values));
    }
  }
}

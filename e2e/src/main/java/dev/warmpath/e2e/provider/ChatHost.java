package dev.warmpath.e2e.provider;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * Who takes requests of OpenAI's form, which members they know, and how they refuse another. Paths
 * are steps parted by dots, {@code messages.0.content}; each host writes them its own way. Of Qwen
 * only the shape of an error is published, of Azure, Groq and Mistral the text about one member.
 */
enum ChatHost {
  /** Through GPT-5.5. */
  OPENAI,
  /** From GPT-5.6 on. */
  OPENAI_BREAKPOINTS,
  AZURE,
  /** No {@code prompt_cache_key}: nothing says that it is taken. */
  QWEN,
  GROQ,
  /** Streams tell usage without being asked, and nothing says that one may ask. */
  MISTRAL,
  /** A session is told by a header; nothing says that a member of the body is taken for it. */
  XAI,
  FIREWORKS,
  /** One marker: nothing says that several are taken. */
  OPENROUTER;

  /** What OpenAI's published form holds, without what is of caches. */
  private static final Set<String> COMMON =
      Set.of(
          "frequency_penalty",
          "max_completion_tokens",
          "max_tokens",
          "messages",
          "metadata",
          "model",
          "n",
          "parallel_tool_calls",
          "presence_penalty",
          "reasoning_effort",
          "response_format",
          "seed",
          "stop",
          "stream",
          "stream_options",
          "temperature",
          "tool_choice",
          "tools",
          "top_p",
          "user");

  private static final Set<String> OPENAI_ONLY =
      Set.of(
          "audio",
          "function_call",
          "functions",
          "logit_bias",
          "logprobs",
          "modalities",
          "prediction",
          "safety_identifier",
          "service_tier",
          "store",
          "top_logprobs",
          "verbosity",
          "web_search_options");

  /** The members of a request. */
  Set<String> topLevel() {
    var members = new HashSet<>(COMMON);
    switch (this) {
      case OPENAI -> {
        members.addAll(OPENAI_ONLY);
        members.addAll(Set.of("prompt_cache_key", "prompt_cache_retention"));
      }
      case OPENAI_BREAKPOINTS -> {
        members.addAll(OPENAI_ONLY);
        members.addAll(
            Set.of("prompt_cache_key", "prompt_cache_retention", "prompt_cache_options"));
      }
      case AZURE -> {
        members.addAll(OPENAI_ONLY);
        members.addAll(Set.of("prompt_cache_key", "data_sources"));
      }
      case QWEN ->
          members.addAll(
              Set.of(
                  "enable_search",
                  "enable_thinking",
                  "search_options",
                  "thinking_budget",
                  "top_k"));
      case GROQ ->
          members.addAll(
              Set.of(
                  "exclude_domains", "include_domains", "include_reasoning", "reasoning_format"));
      case XAI -> {}
      case FIREWORKS -> members.add("prompt_cache_key");
      case OPENROUTER -> members.addAll(Set.of("session_id", "cache_control"));
      case MISTRAL -> {
        members.addAll(Set.of("prompt_cache_key", "prompt_mode", "random_seed", "safe_prompt"));
        members.removeAll(Set.of("stream_options", "user", "seed", "max_completion_tokens"));
      }
    }
    return members;
  }

  /** What a content part may hold besides what makes it one; empty: nothing. */
  String marker() {
    return switch (this) {
      case OPENAI_BREAKPOINTS -> "prompt_cache_breakpoint";
      case QWEN, OPENROUTER -> "cache_control";
      case OPENAI, AZURE, GROQ, MISTRAL, XAI, FIREWORKS -> "";
    };
  }

  /** The members of {@code stream_options}. */
  Set<String> streamOptions() {
    return this == OPENAI || this == OPENAI_BREAKPOINTS
        ? Set.of("include_usage", "include_obfuscation")
        : Set.of("include_usage");
  }

  /** What a message of this role may hold; empty: there is no such role. */
  Set<String> message(String role) {
    return switch (role) {
      case "developer" ->
          this == QWEN || this == MISTRAL ? Set.of() : Set.of("role", "content", "name");
      case "system", "user" ->
          this == MISTRAL ? Set.of("role", "content") : Set.of("role", "content", "name");
      case "assistant" ->
          switch (this) {
            case OPENAI, OPENAI_BREAKPOINTS, AZURE ->
                Set.of(
                    "role", "content", "name", "refusal", "audio", "tool_calls", "function_call");
            case QWEN -> Set.of("role", "content", "tool_calls", "partial", "reasoning_content");
            case XAI, FIREWORKS, OPENROUTER -> Set.of("role", "content", "name", "tool_calls");
            case GROQ -> Set.of("role", "content", "name", "tool_calls", "reasoning");
            case MISTRAL -> Set.of("role", "content", "tool_calls", "prefix");
          };
      case "tool" ->
          switch (this) {
            case OPENAI, OPENAI_BREAKPOINTS, AZURE, QWEN, XAI, FIREWORKS, OPENROUTER ->
                Set.of("role", "content", "tool_call_id");
            case GROQ, MISTRAL -> Set.of("role", "content", "tool_call_id", "name");
          };
      default -> Set.of();
    };
  }

  /** What a part of this type holds; empty: there is no such part. */
  Set<String> part(String type, String role) {
    Set<String> members =
        switch (type) {
          case "text" -> Set.of("type", "text");
          case "refusal" ->
              this != QWEN && this != GROQ && this != MISTRAL && role.equals("assistant")
                  ? Set.of("type", "refusal")
                  : Set.<String>of();
          case "image_url" -> role.equals("user") ? Set.of("type", "image_url") : Set.<String>of();
          case "input_audio" ->
              this != GROQ && role.equals("user")
                  ? Set.of("type", "input_audio")
                  : Set.<String>of();
          case "file" ->
              this != GROQ && this != QWEN && this != MISTRAL && role.equals("user")
                  ? Set.of("type", "file")
                  : Set.<String>of();
          default -> Set.<String>of();
        };
    if (members.isEmpty() || type.equals("refusal") || marker().isEmpty()) {
      return members;
    }
    var all = new HashSet<>(members);
    all.add(marker());
    return all;
  }

  /** A request that holds a member which nobody knows. */
  ApiException unknown(String path, String member) {
    return switch (this) {
      case OPENAI, OPENAI_BREAKPOINTS -> {
        String param = brackets(path.isEmpty() ? member : path + "." + member);
        yield ApiException.openAi(
            400, "Unknown parameter: '" + param + "'.", param, "unknown_parameter");
      }
      case AZURE ->
          ApiException.openAi(400, "Unrecognized request argument supplied: " + member, "", "");
      // Of the last three nobody has published any; so they write as this one.
      case QWEN, XAI, FIREWORKS, OPENROUTER -> {
        String param = brackets(path.isEmpty() ? member : path + "." + member);
        yield ApiException.openAi(
            400, "Parameter '" + param + "' is not supported.", param, "invalid_parameter_error");
      }
      case GROQ -> {
        String at = path.isEmpty() ? "" : "'" + path + "' : ";
        yield ApiException.openAi(400, at + "property '" + member + "' is unsupported", "", "");
      }
      case MISTRAL ->
          ApiException.mistral(
              "extra_forbidden",
              path.isEmpty() ? member : path + "." + member,
              "Extra inputs are not permitted");
    };
  }

  /** A member whose value is not what it must be. */
  ApiException wrong(String path, String expected, String code) {
    String param = brackets(path);
    return switch (this) {
      case OPENAI, OPENAI_BREAKPOINTS, AZURE ->
          ApiException.openAi(400, "Invalid value for '" + param + "': " + expected, param, code);
      case QWEN, XAI, FIREWORKS, OPENROUTER ->
          ApiException.openAi(
              400,
              "Parameter '" + param + "' is invalid: " + expected,
              param,
              "invalid_parameter_error");
      case GROQ -> ApiException.openAi(400, "'" + path + "' : " + expected, "", "");
      case MISTRAL -> ApiException.mistral(code, path, expected);
    };
  }

  /** The same with OpenAI's own words. */
  ApiException refused(String path, String message, String code) {
    return this == MISTRAL
        ? ApiException.mistral(code, path, message)
        : ApiException.openAi(400, message, brackets(path), code);
  }

  JsonNode object(byte[] body) throws ApiException {
    JsonNode root;
    try {
      root = JsonBody.read(body);
    } catch (JsonProcessingException e) {
      throw ApiException.openAi(
          400,
          "We could not parse the JSON body of your request: " + e.getOriginalMessage(),
          "",
          "");
    }
    if (!root.isObject()) {
      throw ApiException.openAi(400, "The body of your request is not an object.", "", "");
    }
    return root;
  }

  void allow(JsonNode object, String path, Set<String> members) throws ApiException {
    if (!object.isObject()) {
      throw wrong(path, "expected an object", "invalid_type");
    }
    for (Map.Entry<String, JsonNode> member : object.properties()) {
      if (!members.contains(member.getKey())) {
        throw unknown(path, member.getKey());
      }
    }
  }

  /** A string that is there. */
  String text(JsonNode object, String path, String member) throws ApiException {
    JsonNode value = object.path(member);
    if (!value.isTextual()) {
      throw wrong(
          path.isEmpty() ? member : path + "." + member, "expected a string", "invalid_type");
    }
    return value.textValue();
  }

  /** A boolean that may be left out. */
  boolean flag(JsonNode root, String member) throws ApiException {
    JsonNode value = root.path(member);
    if (!value.isMissingNode() && !value.isNull() && !value.isBoolean()) {
      throw wrong(member, "expected a boolean", "invalid_type");
    }
    return value.asBoolean();
  }

  /** {@code messages[0].content} for {@code messages.0.content}. */
  private static String brackets(String path) {
    return path.replaceAll("\\.(\\d+)", "[$1]");
  }
}

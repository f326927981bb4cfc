package dev.warmpath.extproc.prompt;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The members of an object that a scan reads: the top level of a dialect, or an object in it that
 * holds more of the same. A member that is not in the grammar is checked and dropped. Immutable.
 */
final class Grammar {

  /** What a member is. */
  enum Field {
    MODEL,
    CACHE_SALT,
    USER,
    SESSION,
    /** The same by SGLang's older name, which counts where it is the only one. */
    NESTED_SESSION,
    /** An earlier response or conversation, whose text isn't in the body. */
    HISTORY,
    STREAM,
    /** OpenAI's, an object with a grammar of its own. */
    STREAM_OPTIONS,
    INCLUDE_USAGE,
    /** How many answers are wanted. */
    CHOICES,
    MAX_TOKENS,
    /** The same by a newer name, which counts where both are given. */
    MAX_COMPLETION_TOKENS,
    /** Anthropic's automatic mode. */
    MARKER,
    /** {@link CacheHint#KEY}. */
    CACHE_KEY,
    /** {@link CacheHint#OPTIONS}, an object with a grammar of its own. */
    CACHE_OPTIONS,
    /** In it: what the provider caches without a marker. */
    CACHE_MODE,
    /** {@link Parameter}, as a whole. */
    PARAMETER,
    /** An object with a grammar of its own. */
    NESTED,
    // Sections, in the order in which caches see them.
    TOOLS,
    CACHED_CONTENT,
    SYSTEM,
    MESSAGES,
    /** Prompts without messages: text or token ids. */
    INPUTS
  }

  /**
   * A member.
   *
   * @param names by which it goes; a body may use each once, and all but one with null
   */
  private record Entry(
      Field field, @Nullable Parameter parameter, @Nullable Grammar nested, List<String> names) {}

  private final Names names;
  private final Entry[] entryOfName;
  private final int[] slotOfName;

  private Grammar(Entry... entries) {
    List<String> all = new ArrayList<>();
    List<Entry> entryOfName = new ArrayList<>();
    List<Integer> slotOfName = new ArrayList<>();
    for (int slot = 0; slot < entries.length; slot++) {
      for (String name : entries[slot].names()) {
        all.add(name);
        entryOfName.add(entries[slot]);
        slotOfName.add(slot);
      }
    }
    if (all.size() > Long.SIZE) {
      throw new IllegalArgumentException(
          all.size() + " names (expected: at most one for each bit of a long)");
    }
    names = new Names(all.toArray(String[]::new));
    this.entryOfName = entryOfName.toArray(Entry[]::new);
    this.slotOfName = slotOfName.stream().mapToInt(Integer::intValue).toArray();
  }

  static Grammar of(Dialect dialect) {
    return switch (dialect) {
      case OPENAI_CHAT -> CHAT;
      case OPENAI_COMPLETIONS -> COMPLETIONS;
      case OPENAI_RESPONSES -> RESPONSES;
      case OPENAI_EMBEDDINGS -> EMBEDDINGS;
      case ANTHROPIC_MESSAGES -> ANTHROPIC;
      case BEDROCK_CONVERSE -> CONVERSE;
      case GEMINI -> GEMINI;
    };
  }

  /** The index of the cursor's last member name, or -1. */
  int indexOfKey(JsonCursor json) {
    return names.indexOfKey(json);
  }

  /** The bit that a member's names share. */
  long memberBit(int index) {
    return 1L << slotOfName[index];
  }

  /** The bit of a name alone. */
  long nameBit(int index) {
    return 1L << index;
  }

  Field field(int index) {
    return entryOfName[index].field();
  }

  /** Of {@link Field#PARAMETER}. */
  Parameter parameter(int index) {
    return known(entryOfName[index].parameter());
  }

  /** Of {@link Field#NESTED}, {@link Field#STREAM_OPTIONS} and {@link Field#CACHE_OPTIONS}. */
  Grammar nested(int index) {
    return known(entryOfName[index].nested());
  }

  private static <T> T known(@Nullable T value) {
    if (value == null) {
      throw new IllegalStateException("asked of a field that has none");
    }
    return value;
  }

  private static Entry field(Field field, String... names) {
    return new Entry(field, null, null, List.of(names));
  }

  private static Entry parameter(Parameter parameter, String... names) {
    return new Entry(
        Field.PARAMETER,
        parameter,
        null,
        names.length == 0 ? List.of(parameter.label()) : List.of(names));
  }

  private static Entry nested(Grammar grammar, String... names) {
    return new Entry(Field.NESTED, null, grammar, List.of(names));
  }

  private static final Grammar STREAM_OPTIONS =
      new Grammar(field(Field.INCLUDE_USAGE, "include_usage"));

  private static final Grammar CACHE_OPTIONS = new Grammar(field(Field.CACHE_MODE, "mode"));

  private static final Grammar SGLANG_SESSION = new Grammar(field(Field.NESTED_SESSION, "id"));

  private static final Grammar CHAT =
      new Grammar(
          field(Field.MODEL, "model"),
          field(Field.MESSAGES, "messages"),
          field(Field.TOOLS, "tools"),
          field(Field.STREAM, "stream"),
          new Entry(Field.STREAM_OPTIONS, null, STREAM_OPTIONS, List.of("stream_options")),
          field(Field.CHOICES, "n"),
          field(Field.MAX_TOKENS, "max_tokens"),
          field(Field.MAX_COMPLETION_TOKENS, "max_completion_tokens"),
          field(Field.CACHE_SALT, "cache_salt"),
          field(Field.USER, "user"),
          field(Field.SESSION, "session_id"),
          nested(SGLANG_SESSION, "session_params"),
          field(Field.MARKER, "cache_control"),
          field(Field.CACHE_KEY, "prompt_cache_key"),
          new Entry(Field.CACHE_OPTIONS, null, CACHE_OPTIONS, List.of("prompt_cache_options")),
          new Entry(Field.CACHE_OPTIONS, null, CACHE_OPTIONS, List.of("prompt_cache_retention")),
          parameter(Parameter.CHAT_TEMPLATE),
          parameter(Parameter.CHAT_TEMPLATE_KWARGS),
          parameter(Parameter.DOCUMENTS),
          parameter(Parameter.FUNCTIONS),
          parameter(Parameter.LORA_PATH),
          parameter(Parameter.ADD_SPECIAL_TOKENS),
          parameter(Parameter.TRUNCATE_PROMPT_TOKENS),
          parameter(Parameter.MM_PROCESSOR_KWARGS),
          parameter(Parameter.RESPONSE_FORMAT),
          parameter(Parameter.WEB_SEARCH_OPTIONS),
          parameter(Parameter.TOOL_CHOICE),
          parameter(Parameter.THINKING),
          parameter(Parameter.EFFORT, "reasoning_effort"),
          parameter(Parameter.REASONING),
          parameter(Parameter.VERBOSITY),
          parameter(Parameter.FUNCTION_CALL));

  private static final Grammar COMPLETIONS =
      new Grammar(
          field(Field.MODEL, "model"),
          field(Field.INPUTS, "prompt"),
          field(Field.STREAM, "stream"),
          new Entry(Field.STREAM_OPTIONS, null, STREAM_OPTIONS, List.of("stream_options")),
          field(Field.CHOICES, "n"),
          field(Field.MAX_TOKENS, "max_tokens"),
          field(Field.CACHE_SALT, "cache_salt"),
          field(Field.USER, "user"),
          field(Field.SESSION, "session_id"),
          nested(SGLANG_SESSION, "session_params"),
          parameter(Parameter.LORA_PATH),
          parameter(Parameter.ADD_SPECIAL_TOKENS),
          parameter(Parameter.TRUNCATE_PROMPT_TOKENS),
          parameter(Parameter.SUFFIX));

  private static final Grammar EMBEDDINGS =
      new Grammar(
          field(Field.MODEL, "model"),
          field(Field.INPUTS, "input"),
          field(Field.CACHE_SALT, "cache_salt"),
          field(Field.USER, "user"),
          parameter(Parameter.ADD_SPECIAL_TOKENS),
          parameter(Parameter.TRUNCATE_PROMPT_TOKENS));

  private static final Grammar RESPONSES_TEXT =
      new Grammar(parameter(Parameter.RESPONSE_FORMAT, "format"), parameter(Parameter.VERBOSITY));

  private static final Grammar RESPONSES =
      new Grammar(
          field(Field.MODEL, "model"),
          field(Field.SYSTEM, "instructions"),
          field(Field.MESSAGES, "input"),
          field(Field.TOOLS, "tools"),
          field(Field.STREAM, "stream"),
          field(Field.MAX_TOKENS, "max_output_tokens"),
          field(Field.CACHE_SALT, "cache_salt"),
          field(Field.USER, "user"),
          field(Field.SESSION, "session_id"),
          field(Field.CACHE_KEY, "prompt_cache_key"),
          new Entry(Field.CACHE_OPTIONS, null, CACHE_OPTIONS, List.of("prompt_cache_options")),
          new Entry(Field.CACHE_OPTIONS, null, CACHE_OPTIONS, List.of("prompt_cache_retention")),
          field(Field.HISTORY, "previous_response_id", "conversation"),
          parameter(Parameter.PROMPT_TEMPLATE, "prompt"),
          nested(RESPONSES_TEXT, "text"),
          parameter(Parameter.TOOL_CHOICE),
          parameter(Parameter.REASONING));

  private static final Grammar ANTHROPIC_METADATA = new Grammar(field(Field.USER, "user_id"));

  private static final Grammar ANTHROPIC_OUTPUT =
      new Grammar(
          parameter(Parameter.EFFORT, "effort"), parameter(Parameter.RESPONSE_FORMAT, "format"));

  private static final Grammar ANTHROPIC =
      new Grammar(
          field(Field.MODEL, "model"),
          field(Field.MESSAGES, "messages"),
          field(Field.TOOLS, "tools"),
          field(Field.SYSTEM, "system"),
          field(Field.STREAM, "stream"),
          field(Field.MAX_TOKENS, "max_tokens"),
          field(Field.CACHE_SALT, "cache_salt"),
          nested(ANTHROPIC_METADATA, "metadata"),
          field(Field.MARKER, "cache_control"),
          parameter(Parameter.MCP_SERVERS),
          parameter(Parameter.CONTAINER),
          parameter(Parameter.SPEED),
          parameter(Parameter.TOOL_CHOICE),
          parameter(Parameter.THINKING),
          nested(ANTHROPIC_OUTPUT, "output_config"),
          parameter(Parameter.RESPONSE_FORMAT, "output_format"),
          parameter(Parameter.CONTEXT_MANAGEMENT));

  private static final Grammar CONVERSE_TOOL_CONFIG =
      new Grammar(field(Field.TOOLS, "tools"), parameter(Parameter.TOOL_CHOICE, "toolChoice"));

  private static final Grammar CONVERSE_INFERENCE_CONFIG =
      new Grammar(field(Field.MAX_TOKENS, "maxTokens"));

  private static final Grammar CONVERSE =
      new Grammar(
          field(Field.MESSAGES, "messages"),
          field(Field.SYSTEM, "system"),
          nested(CONVERSE_TOOL_CONFIG, "toolConfig"),
          nested(CONVERSE_INFERENCE_CONFIG, "inferenceConfig"),
          parameter(Parameter.PROMPT_VARIABLES, "promptVariables"),
          parameter(Parameter.RESPONSE_FORMAT, "outputConfig"),
          parameter(Parameter.ADDITIONAL_FIELDS, "additionalModelRequestFields"));

  private static final Grammar GEMINI_GENERATION_CONFIG =
      new Grammar(
          field(Field.MAX_TOKENS, "maxOutputTokens", "max_output_tokens"),
          parameter(Parameter.THINKING, "thinkingConfig", "thinking_config"),
          parameter(Parameter.MEDIA_RESOLUTION, "mediaResolution", "media_resolution"),
          parameter(
              Parameter.RESPONSE_FORMAT,
              "responseSchema",
              "response_schema",
              "responseJsonSchema",
              "response_json_schema"));

  private static final Grammar GEMINI =
      new Grammar(
          field(Field.MODEL, "model"),
          field(Field.MESSAGES, "contents"),
          field(Field.SYSTEM, "systemInstruction", "system_instruction"),
          field(Field.TOOLS, "tools"),
          field(Field.CACHED_CONTENT, "cachedContent", "cached_content"),
          nested(GEMINI_GENERATION_CONFIG, "generationConfig", "generation_config"),
          parameter(Parameter.TOOL_CHOICE, "toolConfig", "tool_config"));
}

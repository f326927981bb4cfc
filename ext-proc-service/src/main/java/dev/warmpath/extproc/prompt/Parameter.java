package dev.warmpath.extproc.prompt;

import java.util.Locale;

/**
 * A parameter that changes what the model reads, or of which a provider says that it voids caches.
 * The order of the constants is that of their text, so that they stand sorted by {@link Position}.
 */
public enum Parameter {
  CHAT_TEMPLATE(Position.START),
  CHAT_TEMPLATE_KWARGS(Position.START),
  /** Passages that a chat template renders. */
  DOCUMENTS(Position.START),
  /** OpenAI's tools of before there were tools. */
  FUNCTIONS(Position.START),
  /** SGLang: the adapter, where the model's name doesn't tell it. */
  LORA_PATH(Position.START),
  ADD_SPECIAL_TOKENS(Position.START),
  TRUNCATE_PROMPT_TOKENS(Position.START),
  MM_PROCESSOR_KWARGS(Position.START),
  /** A stored prompt that is named, with its variables: OpenAI's {@code prompt}. */
  PROMPT_TEMPLATE(Position.START),
  PROMPT_VARIABLES(Position.START),
  /** Anthropic's; without their tokens, which differ by user. */
  MCP_SERVERS(Position.START),
  /** Anthropic's skills; without the id, which the API hands out with the first response. */
  CONTAINER(Position.START),
  /** Gemini's: how many tokens an image is. */
  MEDIA_RESOLUTION(Position.START),
  /** Also Gemini's schema; OpenAI puts it before the system prompt. */
  RESPONSE_FORMAT(Position.AFTER_TOOLS),
  WEB_SEARCH_OPTIONS(Position.AFTER_TOOLS),
  SPEED(Position.AFTER_TOOLS),
  TOOL_CHOICE(Position.AFTER_SYSTEM),
  THINKING(Position.AFTER_SYSTEM),
  EFFORT(Position.AFTER_SYSTEM),
  REASONING(Position.AFTER_SYSTEM),
  VERBOSITY(Position.AFTER_SYSTEM),
  FUNCTION_CALL(Position.AFTER_SYSTEM),
  CONTEXT_MANAGEMENT(Position.AFTER_SYSTEM),
  /** Converse: what it passes on to the model as it is, thinking among it. */
  ADDITIONAL_FIELDS(Position.AFTER_SYSTEM),
  /** Completions: what follows the text to be filled in. */
  SUFFIX(Position.AFTER_SYSTEM);

  /** Where caches see a parameter: what stands behind it is void when it changes. */
  public enum Position {
    /** Before everything. */
    START,
    /** Between tools and system prompt. */
    AFTER_TOOLS,
    /** Between system prompt and messages. */
    AFTER_SYSTEM;

    Parameter first() {
      return switch (this) {
        case START -> CHAT_TEMPLATE;
        case AFTER_TOOLS -> RESPONSE_FORMAT;
        case AFTER_SYSTEM -> TOOL_CHOICE;
      };
    }

    Parameter last() {
      return switch (this) {
        case START -> MEDIA_RESOLUTION;
        case AFTER_TOOLS -> SPEED;
        case AFTER_SYSTEM -> SUFFIX;
      };
    }
  }

  private final Position position;
  private final String label = name().toLowerCase(Locale.ROOT);

  Parameter(Position position) {
    this.position = position;
  }

  public Position position() {
    return position;
  }

  /** Its name in lower case, also what frames it in the canonical text. */
  public String label() {
    return label;
  }
}

package dev.warmpath.extproc.prompt;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Tells the dialect of a body by the names of its top-level members, of its tools, and of the
 * blocks of its system prompt and messages, for paths that tell nothing. Where two dialects would
 * fit, none is told: a wrong guess costs more than a request that passes.
 *
 * <p>One pass over the body, of which nothing is kept. Not thread-safe: one owner.
 */
public final class BodyShape {

  private static final List<String> NAMES =
      List.of(
          "messages",
          "contents",
          "prompt",
          "input",
          "system",
          "tools",
          "model",
          "thinking",
          "max_tokens",
          "anthropic_version",
          "stop_sequences",
          "mcp_servers",
          "inferenceConfig",
          "toolConfig",
          "additionalModelRequestFields",
          "guardrailConfig",
          "max_completion_tokens",
          "response_format",
          "stream_options",
          "reasoning_effort",
          "frequency_penalty",
          "presence_penalty",
          "logit_bias",
          "logprobs",
          "seed",
          "stop",
          "functions",
          "function_call",
          "instructions",
          "previous_response_id",
          "max_output_tokens",
          "reasoning",
          "stream",
          "store",
          "conversation",
          "text",
          "include",
          "truncation",
          "background",
          "max_tool_calls",
          "parallel_tool_calls",
          "tool_choice",
          "temperature",
          "top_p",
          "encoding_format",
          "dimensions",
          "custom_id",
          "body",
          "params");

  private static final Names MEMBERS = new Names(NAMES.toArray(String[]::new));

  private static final int SYSTEM = NAMES.indexOf("system");
  private static final int TOOLS = NAMES.indexOf("tools");
  private static final int INPUT = NAMES.indexOf("input");
  private static final int MESSAGES = NAMES.indexOf("messages");
  private static final int MODEL = NAMES.indexOf("model");
  private static final int THINKING = NAMES.indexOf("thinking");

  private static final long BATCH_ID = bits("custom_id");
  private static final long BATCH_BODY = bits("body");
  private static final long BATCH_PARAMS = bits("params");

  private static final long CARRIER_MESSAGES = bits("messages");
  private static final long CARRIER_INPUT = bits("input");
  private static final long CARRIER_PROMPT = bits("prompt");
  private static final long CARRIER_CONTENTS = bits("contents");
  private static final long MAX_TOKENS = bits("max_tokens");

  private static final long ANTHROPIC_NAMES =
      bits("anthropic_version", "system", "stop_sequences", "mcp_servers");

  private static final long CONVERSE_NAMES =
      bits("inferenceConfig", "toolConfig", "additionalModelRequestFields", "guardrailConfig");

  /** What Anthropic's API would refuse beside messages. */
  private static final long CHAT_NAMES =
      bits(
          "max_completion_tokens",
          "response_format",
          "stream_options",
          "reasoning_effort",
          "frequency_penalty",
          "presence_penalty",
          "logit_bias",
          "logprobs",
          "seed",
          "stop",
          "functions",
          "function_call");

  /** What makes text of an input, and nothing that only embeds it. */
  private static final long RESPONSES_NAMES =
      bits(
          "instructions",
          "previous_response_id",
          "max_output_tokens",
          "tools",
          "reasoning",
          "stream",
          "stream_options",
          "store",
          "conversation",
          "text",
          "include",
          "truncation",
          "background",
          "max_tool_calls",
          "parallel_tool_calls",
          "tool_choice",
          "temperature",
          "top_p");

  private static final long EMBEDDINGS_NAMES = bits("encoding_format", "dimensions");

  // What was seen besides names stands in the bits above theirs.

  private static final long BARE_SYSTEM = 1L << 52;

  /** A block of a message that has no type, but a name of Converse's. */
  private static final long BARE_BLOCK = 1L << 53;

  /** A block of a message that is of one of Anthropic's types. */
  private static final long ANTHROPIC_BLOCK = 1L << 54;

  /** A tool, a message or a block as chat has them, and Anthropic and Converse don't. */
  private static final long CHAT_ELEMENT = 1L << 55;

  private static final long INPUT_SCHEMA = 1L << 56;
  private static final long THINKING_BUDGET = 1L << 57;
  private static final long CLAUDE = 1L << 58;

  /** An input that begins with an object. */
  private static final long ITEMS = 1L << 59;

  private static final byte[][] CLAUDES = {
    "claude".getBytes(US_ASCII), "anthropic/".getBytes(US_ASCII), "anthropic.".getBytes(US_ASCII)
  };

  /** Roles of chat's messages that Anthropic's and Converse's can't have. */
  private static final Names CHAT_ROLES = new Names("system", "developer", "tool", "function");

  /** Chat's types of blocks stand behind Anthropic's, and a thought before them all. */
  private static final Names BLOCK_TYPES =
      new Names(
          "thinking",
          "redacted_thinking",
          "image",
          "document",
          "tool_use",
          "tool_result",
          "search_result",
          "server_tool_use",
          "web_search_tool_result",
          "web_fetch_tool_result",
          "code_execution_tool_result",
          "mcp_tool_use",
          "mcp_tool_result",
          "container_upload",
          "image_url",
          "video_url",
          "audio_url",
          "input_audio",
          "file",
          "refusal");

  private static final int THOUGHT_TYPE = 0;
  private static final int FIRST_TYPE_OF_CHAT = 14;

  /** Objects that are looked into. */
  private enum Kind {
    SYSTEM_BLOCK("type"),
    TOOL("input_schema", "function"),
    MESSAGE("role", "content", "tool_calls", "tool_call_id"),
    BLOCK(
        "type",
        "signature",
        "text",
        "image",
        "document",
        "video",
        "audio",
        "toolUse",
        "toolResult",
        "reasoningContent",
        "guardContent",
        "citationsContent",
        "searchResult",
        "cachePoint"),
    THINKING("budget_tokens");

    @SuppressWarnings("ImmutableEnumChecker") // nothing changes it
    private final Names names;

    Kind(String... names) {
      this.names = new Names(names);
    }
  }

  // Members by kind, as bits.
  private static final int TYPE = 1;
  private static final int SIGNATURE = 2;
  private static final int TOOL_SCHEMA = 1;
  private static final int TOOL_FUNCTION = 2;
  private static final int ROLE = 0;
  private static final int CONTENT = 1;

  private final JsonCursor json;

  /** Names and what else was seen of the body at hand. */
  private long seen;

  /**
   * @param limits of the scan that is to follow
   */
  public BodyShape(PromptScanner.Limits limits) {
    json = new JsonCursor(limits.maxDepth());
  }

  private static long bits(String... names) {
    long bits = 0;
    for (String name : names) {
      bits |= 1L << NAMES.indexOf(name);
    }
    return bits;
  }

  /**
   * The dialect that a body seems to speak.
   *
   * @param length bytes of {@code body} that belong to the request
   * @param scratch to write to, as large as the body if may be
   * @return null if it speaks none, or if it isn't sound JSON
   */
  public @Nullable Dialect dialect(byte[] body, int length, Prompt scratch) {
    json.start(body, length, scratch.text);
    json.reserve();
    scratch.text = json.out;
    seen = 0;
    if (!json.skipSpace() || json.peek() != '{' || !json.enter()) {
      return null;
    }
    for (boolean first = true; ; first = false) {
      json.outPos = 0;
      int next = json.nextMember(first);
      if (next == JsonCursor.FAULT) {
        return null;
      }
      if (next == JsonCursor.CLOSED) {
        return json.skipSpace() ? null : dialect();
      }
      int name = MEMBERS.indexOfKey(json);
      boolean isNull = json.peek() == 'n';
      json.outPos = 0;
      if (!member(name)) {
        return null;
      }
      if (name >= 0 && !isNull) {
        seen |= 1L << name;
      }
    }
  }

  /**
   * The member that holds the request, if the last body was no request but a line of a batch: of
   * OpenAI's and those who took them over {@code body}, of Anthropic's {@code params}.
   */
  public @Nullable String memberOfBatch() {
    if (!has(BATCH_ID) || has(BATCH_BODY) == has(BATCH_PARAMS)) {
      return null;
    }
    return has(BATCH_BODY) ? "body" : "params";
  }

  /** Reads the value of a member of the body. */
  private boolean member(int name) {
    if (name == MESSAGES) {
      return array(Kind.MESSAGE);
    }
    if (name == SYSTEM) {
      return array(Kind.SYSTEM_BLOCK);
    }
    if (name == TOOLS) {
      return array(Kind.TOOL);
    }
    if (name == THINKING && json.peek() == '{') {
      return object(Kind.THINKING);
    }
    if (!json.value()) {
      return false;
    }
    if (name == INPUT && json.outPos > 1 && json.out[0] == '[' && json.out[1] == '{') {
      seen |= ITEMS;
    } else if (name == MODEL && json.out[0] == '"') {
      for (byte[] claude : CLAUDES) {
        seen |= json.outStartsWith(1, json.outPos, claude) ? CLAUDE : 0;
      }
    }
    return true;
  }

  /** Reads a value, and looks into the objects of an array. */
  private boolean array(Kind kind) {
    if (json.peek() != '[') {
      return json.value();
    }
    if (!json.enter()) {
      return false;
    }
    for (boolean first = true; ; first = false) {
      json.outPos = 0;
      int next = json.nextElement(first);
      if (next != JsonCursor.FOUND) {
        return next == JsonCursor.CLOSED;
      }
      if (!(json.peek() == '{' ? object(kind) : json.value())) {
        return false;
      }
    }
  }

  private boolean object(Kind kind) {
    if (!json.enter()) {
      return false;
    }
    int members = 0;
    boolean isSignedType = false;
    for (boolean first = true; ; first = false) {
      json.outPos = 0;
      int next = json.nextMember(first);
      if (next == JsonCursor.FAULT) {
        return false;
      }
      if (next == JsonCursor.CLOSED) {
        seen |= evidence(kind, members);
        seen |= isSignedType && (members & SIGNATURE) != 0 ? ANTHROPIC_BLOCK : 0;
        return true;
      }
      int name = kind.names.indexOfKey(json);
      boolean isNull = json.peek() == 'n';
      json.outPos = 0;
      boolean isContent = kind == Kind.MESSAGE && name == CONTENT;
      if (!(isContent ? array(Kind.BLOCK) : json.value())) {
        return false;
      }
      if (name < 0) {
        continue;
      }
      members |= 1 << name;
      if (kind == Kind.MESSAGE && !isContent && !isNull) {
        seen |= name != ROLE || isOneOf(CHAT_ROLES) ? CHAT_ELEMENT : 0;
      } else if (kind == Kind.BLOCK && name == 0 && json.out[0] == '"') {
        int type = BLOCK_TYPES.indexOf(json, 1, json.outPos - 1);
        isSignedType |= type == THOUGHT_TYPE;
        if (type > THOUGHT_TYPE) {
          seen |= type < FIRST_TYPE_OF_CHAT ? ANTHROPIC_BLOCK : CHAT_ELEMENT;
        }
      }
    }
  }

  private boolean isOneOf(Names names) {
    return json.out[0] == '"' && names.indexOf(json, 1, json.outPos - 1) >= 0;
  }

  /** What an object's members prove, by their names alone. */
  private static long evidence(Kind kind, int members) {
    return switch (kind) {
      case SYSTEM_BLOCK -> (members & TYPE) == 0 ? BARE_SYSTEM : 0;
      case TOOL ->
          ((members & TOOL_SCHEMA) == 0 ? 0 : INPUT_SCHEMA)
              | ((members & TOOL_FUNCTION) == 0 ? 0 : CHAT_ELEMENT);
      case BLOCK -> (members & TYPE) == 0 && (members & ~(TYPE | SIGNATURE)) != 0 ? BARE_BLOCK : 0;
      case THINKING -> members == 0 ? 0 : THINKING_BUDGET;
      case MESSAGE -> 0;
    };
  }

  private boolean has(long bits) {
    return (seen & bits) != 0;
  }

  private @Nullable Dialect dialect() {
    boolean messages = has(CARRIER_MESSAGES);
    boolean input = has(CARRIER_INPUT);
    // Responses know a prompt too: a stored one, that the input goes into.
    boolean prompt = has(CARRIER_PROMPT) && !input;
    boolean contents = has(CARRIER_CONTENTS);
    if ((messages ? 1 : 0) + (input ? 1 : 0) + (prompt ? 1 : 0) + (contents ? 1 : 0) != 1) {
      return null;
    }
    if (contents) {
      return Dialect.GEMINI;
    }
    if (prompt) {
      return Dialect.OPENAI_COMPLETIONS;
    }
    if (messages) {
      return dialectOfMessages();
    }
    boolean responses = has(ITEMS | RESPONSES_NAMES);
    boolean embeddings = has(EMBEDDINGS_NAMES);
    if (responses == embeddings) {
      return null;
    }
    return responses ? Dialect.OPENAI_RESPONSES : Dialect.OPENAI_EMBEDDINGS;
  }

  /** Top-level names and tools tell first, then blocks, then the model's name. */
  private @Nullable Dialect dialectOfMessages() {
    if (has(BARE_SYSTEM | CONVERSE_NAMES)) {
      return Dialect.BEDROCK_CONVERSE;
    }
    if (has(INPUT_SCHEMA | ANTHROPIC_NAMES)) {
      return Dialect.ANTHROPIC_MESSAGES;
    }
    if (has(CHAT_ELEMENT | CHAT_NAMES)) {
      return Dialect.OPENAI_CHAT;
    }
    // Other servers of chat know thinking too, but no budget of it.
    boolean anthropic = has(ANTHROPIC_BLOCK | THINKING_BUDGET);
    if (has(BARE_BLOCK)) {
      return anthropic ? null : Dialect.BEDROCK_CONVERSE;
    }
    // Claude is served by chat's API as well, but Anthropic's demands a bound of the answer.
    return anthropic || (has(CLAUDE) && has(MAX_TOKENS))
        ? Dialect.ANTHROPIC_MESSAGES
        : Dialect.OPENAI_CHAT;
  }
}

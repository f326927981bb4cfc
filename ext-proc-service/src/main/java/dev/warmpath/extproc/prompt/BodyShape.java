package dev.warmpath.extproc.prompt;

import org.jspecify.annotations.Nullable;

/**
 * Tells the dialect of a body by the names of its top-level members, and by those of its tools and
 * of the blocks of its system prompt, for paths that tell nothing. Where two dialects would fit,
 * none is told: a wrong guess costs more than a request that passes. Not thread-safe: one owner.
 */
public final class BodyShape {

  private static final int MESSAGES = 0;
  private static final int CONTENTS = 1;
  private static final int PROMPT = 2;
  private static final int INPUT = 3;
  private static final int FIRST_OF_ANTHROPIC = 4;
  private static final int LAST_OF_ANTHROPIC = 7;
  private static final int FIRST_OF_CONVERSE = 8;
  private static final int LAST_OF_CONVERSE = 11;
  private static final int FIRST_OF_RESPONSES = 12;
  private static final int LAST_OF_RESPONSES = 16;
  private static final int FIRST_OF_EMBEDDINGS = 17;
  private static final int LAST_OF_EMBEDDINGS = 18;

  private static final Names MEMBERS =
      new Names(
          "messages",
          "contents",
          "prompt",
          "input",
          "anthropic_version",
          "system",
          "stop_sequences",
          "mcp_servers",
          "inferenceConfig",
          "toolConfig",
          "additionalModelRequestFields",
          "guardrailConfig",
          "instructions",
          "previous_response_id",
          "max_output_tokens",
          "tools",
          "reasoning",
          "encoding_format",
          "dimensions");

  private static final int SYSTEM = 5;
  private static final int TOOLS = 15;

  /** Each of Anthropic's blocks has one, none of Converse's. */
  private static final Names BLOCK_TYPE = new Names("type");

  /** Of Anthropic's tools; chat's have their schema in a function, that of Responses is another. */
  private static final Names TOOL_SCHEMA = new Names("input_schema");

  private final JsonCursor json;

  /** Of the last array that was read: how many elements are objects, and how many of these ... */
  private int objects;

  /** ... have the member that was asked for. */
  private int having;

  /**
   * @param limits of the scan that is to follow
   */
  public BodyShape(PromptScanner.Limits limits) {
    json = new JsonCursor(limits.maxDepth());
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
    if (!json.skipSpace() || json.peek() != '{' || !json.enter()) {
      return null;
    }
    int seen = 0;
    boolean items = false;
    boolean bareBlocks = false;
    boolean toolSchemas = false;
    for (boolean first = true; ; first = false) {
      json.outPos = 0;
      int next = json.nextMember(first);
      if (next == JsonCursor.FAULT) {
        return null;
      }
      if (next == JsonCursor.CLOSED) {
        return json.skipSpace() ? null : dialect(seen, items, bareBlocks, toolSchemas);
      }
      int name = MEMBERS.indexOfKey(json);
      int valueStart = json.pos;
      json.outPos = 0;
      boolean sound =
          switch (name) {
            case SYSTEM -> elements(BLOCK_TYPE);
            case TOOLS -> elements(TOOL_SCHEMA);
            default -> json.value();
          };
      if (!sound) {
        return null;
      }
      bareBlocks |= name == SYSTEM && having < objects;
      toolSchemas |= name == TOOLS && having > 0;
      if (name >= 0 && body[valueStart] != 'n') {
        seen |= 1 << name;
        items |= name == INPUT && json.outPos > 1 && json.out[0] == '[' && json.out[1] == '{';
      }
    }
  }

  /** Reads a value; of an array, counts the objects in it and those that have a member. */
  private boolean elements(Names member) {
    objects = 0;
    having = 0;
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
      if (!(json.peek() == '{' ? object(member) : json.value())) {
        return false;
      }
    }
  }

  private boolean object(Names member) {
    if (!json.enter()) {
      return false;
    }
    boolean has = false;
    for (boolean first = true; ; first = false) {
      json.outPos = 0;
      int next = json.nextMember(first);
      if (next == JsonCursor.FAULT) {
        return false;
      }
      if (next == JsonCursor.CLOSED) {
        objects++;
        having += has ? 1 : 0;
        return true;
      }
      has |= member.indexOfKey(json) >= 0;
      if (!json.value()) {
        return false;
      }
    }
  }

  private static @Nullable Dialect dialect(
      int seen, boolean items, boolean bareBlocks, boolean toolSchemas) {
    boolean messages = has(seen, MESSAGES, MESSAGES);
    boolean input = has(seen, INPUT, INPUT);
    // Responses know a prompt too: a stored one, that the input goes into.
    boolean prompt = has(seen, PROMPT, PROMPT) && !input;
    boolean contents = has(seen, CONTENTS, CONTENTS);
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
      if (bareBlocks || has(seen, FIRST_OF_CONVERSE, LAST_OF_CONVERSE)) {
        return Dialect.BEDROCK_CONVERSE;
      }
      return toolSchemas || has(seen, FIRST_OF_ANTHROPIC, LAST_OF_ANTHROPIC)
          ? Dialect.ANTHROPIC_MESSAGES
          : Dialect.OPENAI_CHAT;
    }
    boolean responses = items || has(seen, FIRST_OF_RESPONSES, LAST_OF_RESPONSES);
    boolean embeddings = has(seen, FIRST_OF_EMBEDDINGS, LAST_OF_EMBEDDINGS);
    if (responses == embeddings) {
      return null;
    }
    return responses ? Dialect.OPENAI_RESPONSES : Dialect.OPENAI_EMBEDDINGS;
  }

  private static boolean has(int seen, int first, int last) {
    int mask = (1 << (last - first + 1)) - 1;
    return ((seen >>> first) & mask) != 0;
  }
}

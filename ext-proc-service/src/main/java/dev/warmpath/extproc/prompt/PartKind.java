package dev.warmpath.extproc.prompt;

/** What a part of a segment is. */
public enum PartKind {
  /** A tool's definition: the whole element of {@code tools}. */
  TOOL,
  TEXT,
  /** Token ids in place of text. */
  TOKENS,
  IMAGE,
  DOCUMENT,
  /** A tool call, OpenAI's {@code tool_calls} as a whole. */
  TOOL_USE,
  TOOL_RESULT,
  THINKING,
  /** Any other block, or another member of a message, such as {@code name}. */
  OTHER
}

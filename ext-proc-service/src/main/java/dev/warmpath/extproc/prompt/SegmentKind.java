package dev.warmpath.extproc.prompt;

/** What a segment is; the order of the constants is the order in which caches see them. */
public enum SegmentKind {
  /** One element of the list of tools. */
  TOOL,
  /**
   * The system prompt that stands apart, Gemini's cached content, or one of OpenAI's leading system
   * or developer messages.
   */
  SYSTEM,
  /** Any other message, or an item of Responses. */
  MESSAGE
}

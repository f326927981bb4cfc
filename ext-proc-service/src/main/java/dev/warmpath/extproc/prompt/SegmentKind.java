package dev.warmpath.extproc.prompt;

/** What a segment is; the order of the constants is the order in which caches see them. */
public enum SegmentKind {
  /** One element of {@code tools}. */
  TOOL,
  /** Anthropic's {@code system}, or one of OpenAI's leading system or developer messages. */
  SYSTEM,
  /** Any other message. */
  MESSAGE
}

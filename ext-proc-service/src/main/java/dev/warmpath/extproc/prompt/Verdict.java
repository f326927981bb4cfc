package dev.warmpath.extproc.prompt;

import java.util.Locale;

/** How a scan ended: {@link #OK}, or the reason why the body passes untouched. */
public enum Verdict {
  OK,
  /** No bytes, or nothing but white space. */
  EMPTY,
  /** More bytes than {@link PromptScanner.Limits#maxBodyBytes()}. */
  TOO_LARGE,
  /** Begins with a byte order mark, of UTF-8 or UTF-16. */
  BYTE_ORDER_MARK,
  /** Breaks the grammar of RFC 8259. */
  NOT_JSON,
  /** Ends within a value. */
  UNFINISHED,
  /** Something other than white space follows the value. */
  TRAILING_BYTES,
  /** A string that is not UTF-8. */
  INVALID_UTF8,
  /** An escaped surrogate without its partner, which no UTF-8 can carry. */
  LONE_SURROGATE,
  /** Nested deeper than {@link PromptScanner.Limits#maxDepth()}. */
  TOO_DEEP,
  /** A member that we read stands twice; parsers disagree on which one counts. */
  DUPLICATE_KEY,
  /** More than {@link PromptScanner.Limits#maxSegments()} segments and parts. */
  TOO_MANY_SEGMENTS,
  /** Sound JSON, but a member that we read is not of the dialect's shape. */
  UNEXPECTED_SHAPE,
  /** Sound, but without a message. */
  NO_PROMPT;

  private final String label = name().toLowerCase(Locale.ROOT);

  /** The value of a metric's label or of a log field. */
  public String label() {
    return label;
  }
}

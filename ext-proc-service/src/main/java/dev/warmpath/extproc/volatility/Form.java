package dev.warmpath.extproc.volatility;

/**
 * What one request showed at a place where it parts from another. Which {@link VolatileKind} it is
 * needs several of them: one number may be a counter or an id.
 */
enum Form {
  // The more telling first: of two that cover a place, the first is taken.
  UUID,
  /** 32 hex digits whose version and variant are those of a UUID. */
  BARE_UUID,
  /** A time of day, perhaps with a date. */
  CLOCK,
  /** Digits that can be seconds, milli-, micro- or nanoseconds since the epoch. */
  EPOCH,
  EMAIL,
  DATE,
  NUMBER,
  /** 32 hex digits whose version or variant is none of a UUID. */
  HEX_32,
  /** Hex digits, letters among them. */
  HEX,
  /** Letters and digits, or letters in a wild mixture of cases. */
  TOKEN,
  /** One word with a capital letter. */
  NAME,
  /** Two to four of them. */
  FULL_NAME,
  /** One word, or a hyphenated one. */
  WORD,
  WORDS,
  /** Too long for a value. */
  TEXT,
  IMAGE,
  TOOL_ORDER,
  TOOL_LIST,
  KEY_ORDER,
  PASSAGE_ORDER,
  PARAMETER;

  /** Whether characters alone tell it, so that a single reading counts. */
  boolean speaksForItself() {
    return switch (this) {
      case CLOCK, EPOCH, DATE, UUID, BARE_UUID, EMAIL -> true;
      case NUMBER, HEX_32, HEX, TOKEN, NAME, FULL_NAME, WORD, WORDS, TEXT -> false;
      case IMAGE, TOOL_ORDER, TOOL_LIST, KEY_ORDER, PASSAGE_ORDER, PARAMETER -> false;
    };
  }
}

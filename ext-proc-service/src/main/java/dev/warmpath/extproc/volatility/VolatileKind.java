package dev.warmpath.extproc.volatility;

import java.util.Locale;

/** What stands at a place where prompts part that ought to repeat, and what helps. */
public enum VolatileKind {
  /** A time of day, with or without its date, or seconds since the epoch. */
  TIME_STAMP(
      "Move the time behind all that stays the same (the end of the last user message), or round"
          + " it."),
  /** A date without a time of day. */
  DATE("Move the date behind all that stays the same (the end of the last user message)."),
  UUID("Leave the UUID out of the prompt, or move it into a header or the request's metadata."),
  /** A number that goes up, or down, from request to request. */
  COUNTER("Leave the counter out of the prompt, or move it behind all that stays the same."),
  /** Digits or letters without an order: a session's id, a hash, a nonce. */
  RANDOM_ID("Leave the id out of the prompt, or move it into a header or the request's metadata."),
  /** A person's or an account's name, address or number. */
  USER_NAME("Move what names the user behind all that users share: into the first user message."),
  /** The same tools in another order. */
  TOOL_ORDER("Sort the tools by name before each request."),
  /** The same members of a tool or a schema in another order. */
  SCHEMA_KEY_ORDER("Write JSON schemas with sorted keys, from a map that keeps its order."),
  /** The same passages in another order. */
  RETRIEVAL_ORDER("Sort retrieved passages by a stable key, such as their document's id."),
  /** The same image, there or not. */
  IMAGE_TOGGLED("Keep the image in each request, or move it into the last user message."),
  /** A parameter that voids caches takes turns between values. */
  PARAMETER("Give the parameter one value for all requests that share this prompt."),
  UNKNOWN("Move what varies behind all that stays the same.");

  private final String label = name().toLowerCase(Locale.ROOT);
  private final String remedy;

  VolatileKind(String remedy) {
    this.remedy = remedy;
  }

  /** The value of a metric's label or of a field. */
  public String label() {
    return label;
  }

  /** What to do about it, in one sentence. */
  public String remedy() {
    return remedy;
  }
}

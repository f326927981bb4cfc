package dev.warmpath.extproc.annotate;

/** What was decided about a {@link Boundary}, and why. */
public enum Decision {
  /** It gets a marker of ours, for five minutes. */
  PLACED("placed"),
  /** It gets a marker of ours, for an hour. */
  PLACED_1H("placed_1h"),
  /** A marker would cost more than it saves, by what is known of how such prefixes come back. */
  DOES_NOT_PAY("does_not_pay"),
  /** Another request is writing it, and a second write could not be read sooner. */
  BEING_WRITTEN("being_written"),
  /** The model's prices aren't known, so that nobody can tell what pays. */
  UNKNOWN_PRICE("unknown_price"),
  /** The prompt has more blocks than keys are made for. */
  NO_KEY("no_key"),
  /** The body must not be changed: it is signed, say, or would become too large. */
  NOT_EDITABLE("not_editable"),
  /** The request has no such boundary. */
  ABSENT("absent"),
  /** The client marked this part of the prompt itself, and its choice stands. */
  CLIENT_MARKED("client_marked"),
  /** The client asked that nothing be cached but what it marks, and marked nothing. */
  CLIENT_DECLINED("client_declined"),
  /** The client asked for automatic mode, which marks this boundary. */
  AUTOMATIC("automatic"),
  /**
   * The client marked tools or system prompt before their end: it says that what follows changes,
   * so that nothing behind would be read again.
   */
  BEHIND_VOLATILE("behind_volatile"),
  /** Fewer tokens, by estimate, than the model caches. */
  BELOW_MINIMUM("below_minimum"),
  /** All markers that a request may carry are taken. */
  NO_FREE_MARKER("no_free_marker"),
  /** A five-minute marker here would stand before a one-hour marker of the client. */
  TTL_ORDER("ttl_order"),
  /** No block here may carry a marker. */
  NO_CACHEABLE_BLOCK("no_cacheable_block"),
  /** The marker at the end of the conversation looks back far enough. */
  WITHIN_LOOKBACK("within_lookback"),
  /** The catalogue does not know the model. */
  UNKNOWN_MODEL("unknown_model"),
  /** The model, or the API, takes no markers. */
  NO_MARKERS("no_markers");

  private final String label;

  Decision(String label) {
    this.label = label;
  }

  /** Value of the metric's label. */
  public String label() {
    return label;
  }
}

package dev.warmpath.extproc.annotate;

/** What was decided about lengthening a system prompt that misses the model's minimum, and why. */
public enum PaddingDecision {
  /** Nothing: it is long enough, or the route doesn't pad. */
  NONE("none"),
  /** It is lengthened. */
  PADDED("padded"),
  /** It would be, if the route's mode said so. */
  FORECAST("forecast"),
  /** Lengthened and cached it would cost nearly as much as it costs now, or more. */
  DOES_NOT_PAY("does_not_pay"),
  /** It has not been seen to come back. */
  NOT_SEEN_AGAIN("not_seen_again"),
  /** It misses more than may be added. */
  OVER_BOUND("over_bound"),
  /** Lengthened, it was refused, or the provider wrote nothing all the same. */
  STOPPED("stopped");

  private final String label;

  PaddingDecision(String label) {
    this.label = label;
  }

  /** Value of the metric's label. */
  public String label() {
    return label;
  }
}

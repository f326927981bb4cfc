package dev.warmpath.extproc.exchange;

/** Why a request went through untouched. The label is the {@code reason} of the metric. */
enum PassReason {
  /** No configured route takes it. */
  NO_ROUTE("no_route"),
  /** The route's mode is {@code off}. */
  ROUTE_OFF("route_off"),
  /** It has no body. */
  NO_BODY("no_body"),
  /** Its body is larger than {@code max_body_bytes}. */
  TOO_LARGE("too_large"),
  /** Envoy buffered only a part of the body. */
  PARTIAL_BODY("partial_body"),
  /** The body is compressed. */
  COMPRESSED("compressed"),
  /** Neither the route nor the path names an API that we read. */
  UNKNOWN_API("unknown_api"),
  /** The model's name is longer than any that ledger, metadata and fleet stream are made for. */
  MODEL_NAME_TOO_LONG("model_name_too_long"),
  /** Too many bytes or exchanges are under way. */
  OVERLOAD("overload"),
  /** Our own fault: an exception while planning. */
  INTERNAL("internal");

  private final String label;

  PassReason(String label) {
    this.label = label;
  }

  String label() {
    return label;
  }
}

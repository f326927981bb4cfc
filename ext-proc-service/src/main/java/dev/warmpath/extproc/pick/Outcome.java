package dev.warmpath.extproc.pick;

/** How an exchange ended, as far as its endpoint is concerned. */
public enum Outcome {
  /** The endpoint did what it was asked. */
  SERVED,
  /** The endpoint failed: refused, reset, 5xx, cut in mid-stream. */
  ENDPOINT_FAILED,
  /** Nothing is learned of the endpoint: the client left, its request was bad, or nobody saw. */
  UNKNOWN
}

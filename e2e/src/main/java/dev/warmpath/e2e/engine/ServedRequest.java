package dev.warmpath.e2e.engine;

/**
 * What an engine noted about one request. Times are of the simulated engine: what passed, times its
 * speedup.
 *
 * @param requestId header {@code x-request-id}, as it arrived
 * @param bodySha256 hex, of the body as it arrived
 * @param ttftSeconds from arrival to first token; NaN when it never came
 * @param prefillSeconds that it kept the prefill busy
 */
public record ServedRequest(
    String requestId,
    String bodySha256,
    int promptTokens,
    int cachedTokens,
    int outputTokens,
    double ttftSeconds,
    double prefillSeconds,
    Outcome outcome) {

  /** How it ended. */
  public enum Outcome {
    SERVED,
    /** The client went before the end. */
    ABORTED,
    /** {@link dev.warmpath.e2e.http.Fault.Cut}. */
    CUT,
    /** The engine died under it. */
    LOST
  }
}

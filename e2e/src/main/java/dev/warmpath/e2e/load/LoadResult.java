package dev.warmpath.e2e.load;

/**
 * How one request went. All times are real and count from when the request was due, so that a
 * generator or server that falls behind shows.
 *
 * @param requestId its header {@code x-request-id}
 * @param status 0: no response
 * @param ttfbNanos to the first byte of the body; -1: none came
 * @param totalNanos to the end
 * @param lateNanos of these, before the generator sent it
 * @param responseSha256 hex, of the body; empty unless digests were asked for
 * @param servedBy response header {@code x-sim-engine}, or empty
 */
public record LoadResult(
    int index,
    String requestId,
    String group,
    int status,
    Outcome outcome,
    long ttfbNanos,
    long totalNanos,
    long lateNanos,
    long responseBytes,
    String responseSha256,
    String servedBy) {

  /** What a client sees. */
  public enum Outcome {
    OK,
    /** No connection. */
    NOT_CONNECTED,
    /** The connection ended before the response's headers. */
    RESET,
    /** The connection ended inside the response. */
    CUT,
    /** Nothing for too long. */
    TIMED_OUT,
    /** A status of 400 or above. */
    REFUSED,
    /** It ended well as HTTP goes, but its stream lacks its last event. */
    INCOMPLETE
  }

  public boolean failed() {
    return outcome != Outcome.OK;
  }
}

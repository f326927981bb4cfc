package dev.warmpath.extproc.pick;

/**
 * What an operator can set about picking in one pool. Immutable.
 *
 * @param prefillTokensPerSecond prefill rate of an endpoint that neither its view nor experience
 *     tells
 * @param cacheTokens tokens that an endpoint's prefix cache holds, where its view does not tell
 * @param maxBelievedBlocks blocks that one endpoint is believed to hold at most, whatever their
 *     tokens: bounds the memory of a belief to {@value Belief#MAX_BYTES_PER_BLOCK} bytes each
 * @param listedEndpoints endpoints that a pick lists, best first
 * @param ejection when an endpoint is left out
 */
public record PickSettings(
    double prefillTokensPerSecond,
    long cacheTokens,
    int maxBelievedBlocks,
    int listedEndpoints,
    Ejection ejection) {

  /** More than this many endpoints are never listed. */
  public static final int MAX_LISTED_ENDPOINTS = 8;

  /** What the configuration's reference page names as defaults. */
  public static final PickSettings DEFAULTS =
      new PickSettings(8_000, 1_000_000, 65_536, 2, Ejection.DEFAULTS);

  /**
   * When the picker leaves an endpoint out by itself, since override_host ignores Envoy's own
   * ejection.
   *
   * @param afterFailures failures in a row
   * @param baseNanos how long, times the ejections in a row, ten at most
   * @param overdueFactor a first byte later than this many times what was expected is a failure
   * @param overdueFloorNanos but none that is earlier than this
   */
  public record Ejection(
      int afterFailures, long baseNanos, double overdueFactor, long overdueFloorNanos) {

    /** What the configuration's reference page names as defaults. */
    public static final Ejection DEFAULTS = new Ejection(3, 10_000_000_000L, 5, 10_000_000_000L);

    public Ejection {
      if (afterFailures < 1) {
        throw new IllegalArgumentException("afterFailures: " + afterFailures + " (expected: >= 1)");
      }
      if (baseNanos < 1) {
        throw new IllegalArgumentException("baseNanos: " + baseNanos + " (expected: >= 1)");
      }
      if (!(overdueFactor >= 1) || Double.isInfinite(overdueFactor)) {
        throw new IllegalArgumentException(
            "overdueFactor: " + overdueFactor + " (expected: a finite number >= 1)");
      }
      if (overdueFloorNanos < 1) {
        throw new IllegalArgumentException(
            "overdueFloorNanos: " + overdueFloorNanos + " (expected: >= 1)");
      }
    }
  }

  public PickSettings {
    if (!(prefillTokensPerSecond > 0) || Double.isInfinite(prefillTokensPerSecond)) {
      throw new IllegalArgumentException(
          "prefillTokensPerSecond: " + prefillTokensPerSecond + " (expected: a finite number > 0)");
    }
    if (cacheTokens < 1) {
      throw new IllegalArgumentException("cacheTokens: " + cacheTokens + " (expected: >= 1)");
    }
    if (maxBelievedBlocks < 1 || maxBelievedBlocks > Belief.MAX_BLOCKS) {
      throw new IllegalArgumentException(
          "maxBelievedBlocks: %d (expected: 1 to %d)"
              .formatted(maxBelievedBlocks, Belief.MAX_BLOCKS));
    }
    if (listedEndpoints < 1 || listedEndpoints > MAX_LISTED_ENDPOINTS) {
      throw new IllegalArgumentException(
          "listedEndpoints: %d (expected: 1 to %d)"
              .formatted(listedEndpoints, MAX_LISTED_ENDPOINTS));
    }
  }
}

package dev.warmpath.extproc.pick;

/**
 * Result of a pick: the endpoints to list, best first, and what is expected of the first. Filled by
 * {@link PoolPicker}, owned by the caller, one thread, valid until it is filled again.
 */
public final class Pick {

  /** Why there are endpoints, or none. */
  public enum Result {
    /** At least one endpoint is listed. */
    PICKED,
    /** The pool has no endpoints: no view has come, or an empty one. */
    NO_ENDPOINTS,
    /** None of the pool's endpoints is healthy. */
    NONE_HEALTHY
  }

  final String[] addresses = new String[PickSettings.MAX_LISTED_ENDPOINTS];
  int count;
  Result result = Result.NO_ENDPOINTS;
  int heldTokens;
  double waitSeconds;
  double prefillSeconds;
  double costSeconds;
  double utilisation;

  /** Why there are endpoints, or none. */
  public Result result() {
    return result;
  }

  /** Number of endpoints listed. */
  public int count() {
    return count;
  }

  /** Address of the endpoint listed at {@code i}, best first. */
  public String address(int i) {
    if (i >= count) {
      throw new IndexOutOfBoundsException(i + " (expected: < " + count + ")");
    }
    return addresses[i];
  }

  /** Tokens of the prompt that the first endpoint is believed to hold. */
  public int heldTokens() {
    return heldTokens;
  }

  /** Seconds until the first endpoint is expected to begin with this prompt. */
  public double waitSeconds() {
    return waitSeconds;
  }

  /** Seconds that it is expected to take for what it doesn't hold. */
  public double prefillSeconds() {
    return prefillSeconds;
  }

  /** The cost that made it the first: wait + prefill / (1 - utilisation). */
  public double costSeconds() {
    return costSeconds;
  }

  /** The pool's utilisation that priced the prefill, 0 to 0.95. */
  public double utilisation() {
    return utilisation;
  }

  void reset(Result why) {
    count = 0;
    result = why;
    heldTokens = 0;
    waitSeconds = 0;
    prefillSeconds = 0;
    costSeconds = 0;
    utilisation = 0;
  }
}

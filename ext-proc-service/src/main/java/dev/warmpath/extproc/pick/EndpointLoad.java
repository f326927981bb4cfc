package dev.warmpath.extproc.pick;

/**
 * What one replica of the service has under way at one endpoint: the whole state, not a difference.
 * Immutable.
 *
 * @param address {@code ip:port}
 * @param requestsInFlight requests sent and not ended
 * @param pendingTokens prompt tokens, believed uncached, of those whose first byte has not come
 * @param utilisation seconds of prefill sent per second, averaged over a minute
 */
public record EndpointLoad(
    String address, int requestsInFlight, long pendingTokens, double utilisation) {

  public EndpointLoad {
    if (requestsInFlight < 0 || pendingTokens < 0 || !(utilisation >= 0)) {
      throw new IllegalArgumentException(
          "load of %s: in flight %d, pending %d, utilisation %s (expected: none below 0)"
              .formatted(address, requestsInFlight, pendingTokens, utilisation));
    }
  }
}

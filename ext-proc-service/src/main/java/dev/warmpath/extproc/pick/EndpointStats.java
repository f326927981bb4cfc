package dev.warmpath.extproc.pick;

/**
 * What a picker knows of one endpoint, for metrics and explanations. Immutable.
 *
 * @param address {@code ip:port}
 * @param requestsInFlight own requests sent and not ended
 * @param pendingTokens prompt tokens, believed uncached, of own requests without a first byte
 * @param peerRequestsInFlight the same of other replicas
 * @param peerPendingTokens the same of other replicas
 * @param prefillTokensPerSecond the rate that picks reckon with
 * @param believedBlocks prefix blocks that it is believed to hold
 * @param believedTokens tokens of those
 * @param capacityTokens tokens that it is believed to hold at most
 * @param evictedBlocks blocks forgotten for others
 * @param beliefBytes memory of the belief
 * @param failuresInRow own requests in a row that failed here
 * @param ejected whether it is left out, or on trial
 */
public record EndpointStats(
    String address,
    int requestsInFlight,
    long pendingTokens,
    int peerRequestsInFlight,
    long peerPendingTokens,
    double prefillTokensPerSecond,
    int believedBlocks,
    long believedTokens,
    long capacityTokens,
    long evictedBlocks,
    long beliefBytes,
    int failuresInRow,
    boolean ejected) {}

package dev.warmpath.extproc.exchange;

/**
 * Bounds of the data path.
 *
 * @param maxBodyBytes a larger body is not read
 * @param maxBytesInFlight of bodies invited and not yet answered
 * @param maxExchanges open at once
 * @param planTtlNanos how long a plan waits for its outcome whose stream was lost, or ended before
 *     its response
 * @param settleNanos how long a plan whose exchange ended waits for a late outcome
 */
public record Limits(
    int maxBodyBytes,
    long maxBytesInFlight,
    int maxExchanges,
    long planTtlNanos,
    long settleNanos) {}

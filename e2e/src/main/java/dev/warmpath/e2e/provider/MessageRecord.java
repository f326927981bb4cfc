package dev.warmpath.e2e.provider;

import java.util.List;

/**
 * What the provider noted about one request that it took. Times are of the simulated provider: what
 * passed, times its speedup.
 *
 * @param requestId header {@code x-request-id}, as it arrived
 * @param bodySha256 hex, of the body as it arrived
 * @param markers path and lifetime of each marked block, {@code system.0 5m}
 * @param usd what it cost
 * @param ttftSeconds from arrival to first token
 * @param complete whether the response was sent to its end
 */
public record MessageRecord(
    String requestId,
    String bodySha256,
    String account,
    String model,
    List<String> markers,
    MessageUsage usage,
    double usd,
    double ttftSeconds,
    boolean complete) {}

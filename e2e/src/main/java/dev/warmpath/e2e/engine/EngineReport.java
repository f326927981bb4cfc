package dev.warmpath.e2e.engine;

import java.util.List;

/**
 * What an engine has seen since it was last reset.
 *
 * @param requests the newest {@link SimulatedEngine#MAX_RECORDS} that ended, in order of their end
 * @param arrived requests that were taken up
 * @param reservedHeaders requests refused because they carried a reserved header
 * @param refused other requests answered with 4xx
 * @param faulted requests answered by {@link dev.warmpath.e2e.http.Fault.Failing}
 * @param promptTokens of all prefills that began
 * @param cachedTokens of these, found in the cache
 * @param prefillBusySeconds of the simulated engine
 */
public record EngineReport(
    String id,
    List<ServedRequest> requests,
    long arrived,
    long reservedHeaders,
    long refused,
    long faulted,
    long promptTokens,
    long cachedTokens,
    double prefillBusySeconds) {}

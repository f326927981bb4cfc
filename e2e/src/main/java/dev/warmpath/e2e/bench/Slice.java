package dev.warmpath.e2e.bench;

/**
 * What one filter did with one size in one round.
 *
 * @param bodyBytes mean
 * @param p50Micros from the sending of a request to the end of its response
 * @param envoyMicros CPU of the process per request, user and system
 * @param processorMicros the same; 0 without a processor
 * @param unprocessed requests that went on without the processor's answer, or that it didn't plan
 */
record Slice(
    double bodyBytes,
    double p50Micros,
    double p99Micros,
    double envoyMicros,
    double processorMicros,
    long unprocessed) {}

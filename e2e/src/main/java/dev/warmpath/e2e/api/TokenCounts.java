package dev.warmpath.e2e.api;

/**
 * Tokens of one request.
 *
 * @param prompt all input
 * @param cached of it, what was read from a cache
 * @param output generated
 */
public record TokenCounts(int prompt, int cached, int output) {}

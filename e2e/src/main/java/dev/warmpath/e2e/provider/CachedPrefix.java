package dev.warmpath.e2e.provider;

/**
 * The name of a prefix: the first 128 bits of a SHA-256 over everything in it, scope and model
 * included.
 */
record CachedPrefix(long high, long low) {}

package dev.warmpath.e2e.provider;

/**
 * One content block of a prompt, in the order of processing: tools, system, messages.
 *
 * @param path as error messages name it, {@code messages.3.content.0}
 * @param prefix the name of all up to the end of this block
 * @param endTokens tokens of all up to the end of this block
 * @param ttlSeconds of the marker on it; 0: none
 */
record PromptBlock(String path, CachedPrefix prefix, long endTokens, int ttlSeconds) {}

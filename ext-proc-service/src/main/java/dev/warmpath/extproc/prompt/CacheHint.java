package dev.warmpath.extproc.prompt;

/** Members by which a client itself tells a provider how to cache, beside markers. */
public enum CacheHint {
  /** {@code prompt_cache_key}. */
  KEY(1),
  /** {@code prompt_cache_options}, or the older {@code prompt_cache_retention}. */
  OPTIONS(2),
  /** {@code session_id}. */
  SESSION(4);

  final int bit;

  CacheHint(int bit) {
    this.bit = bit;
  }
}

package dev.warmpath.extproc.provider;

import java.util.Locale;

/**
 * What makes a provider write a cache and find in it. A row that names none says that it is not
 * known, and nothing is put into its requests.
 */
public enum Mechanism {
  /** It caches by itself. */
  AUTOMATIC,
  /** {@code cache_control} on content blocks, system blocks and tools. */
  CACHE_CONTROL,
  /** {@code cache_control} beside the messages, which marks the last block that may be cached. */
  CACHE_CONTROL_TOP_LEVEL,
  /** A block {@code cachePoint} after what is to be cached. */
  CACHE_POINT,
  /** {@code prompt_cache_breakpoint} on content parts. */
  PROMPT_CACHE_BREAKPOINT,
  /** {@code prompt_cache_options} with mode and lifetime. */
  PROMPT_CACHE_OPTIONS,
  /** {@code prompt_cache_key}, by which requests are routed to a cache. */
  PROMPT_CACHE_KEY,
  /** A header that keeps a session where its cache is. */
  SESSION_HEADER,
  /** A {@code session_id} that does the same. */
  SESSION_ID,
  /** The member {@code user}, which does the same. */
  USER,
  /** Objects that a client makes and names; no marker can be turned into one. */
  CACHED_CONTENTS;

  private final String label = name().toLowerCase(Locale.ROOT);

  /** As catalogue files write it. */
  public String label() {
    return label;
  }
}

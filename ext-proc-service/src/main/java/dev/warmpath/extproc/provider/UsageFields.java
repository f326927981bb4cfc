package dev.warmpath.extproc.provider;

import org.jspecify.annotations.Nullable;

/**
 * How responses tell what was cached. Immutable.
 *
 * @param inputIs what the count of input means
 * @param input the member with the input's tokens
 * @param read the one with tokens read from a cache
 * @param written the one with tokens written to a cache; empty: none, or not known
 * @param origin null: that of the row
 */
public record UsageFields(
    Input inputIs, String input, String read, String written, @Nullable Origin origin) {

  /** What the count of input means. */
  public enum Input {
    /** What was neither read nor written: all input is the sum of the three. */
    UNCACHED,
    /** All input, with what was read and written. */
    ALL,
    /** What was not read: all input is the sum of two. */
    MISSED
  }
}

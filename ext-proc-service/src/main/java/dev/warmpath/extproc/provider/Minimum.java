package dev.warmpath.extproc.provider;

import org.jspecify.annotations.Nullable;

/**
 * The shortest prefix that is cached. Immutable.
 *
 * @param tokens its length, or the lower bound of it
 * @param atMostTokens the upper bound; the same where it is known exactly
 * @param stepTokens what is cached beyond it grows by so many; 1: to the token, 0: not known
 * @param origin null: that of the row
 */
public record Minimum(int tokens, int atMostTokens, int stepTokens, @Nullable Origin origin) {

  public Minimum {
    if (tokens < 1 || atMostTokens < tokens || stepTokens < 0) {
      throw new IllegalArgumentException(
          "minimum: %d to %d, step %d (expected: 1 or more, ascending, step not below 0)"
              .formatted(tokens, atMostTokens, stepTokens));
    }
  }

  /** Known to the token. */
  static Minimum of(int tokens) {
    return new Minimum(tokens, tokens, 0, null);
  }
}

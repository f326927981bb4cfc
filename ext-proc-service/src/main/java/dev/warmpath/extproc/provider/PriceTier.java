package dev.warmpath.extproc.provider;

import org.jspecify.annotations.Nullable;

/**
 * Prices of requests whose prompt, cached tokens included, is longer than a bound. They hold for
 * the whole request, not for the part beyond the bound. Immutable.
 *
 * @param aboveTokens input tokens that the prompt must exceed; 0 for the only or lowest tier
 * @param prices null: it is known that others hold, but not which
 */
public record PriceTier(long aboveTokens, @Nullable Prices prices) {

  public PriceTier {
    if (aboveTokens < 0) {
      throw new IllegalArgumentException("aboveTokens: " + aboveTokens + " (expected: >= 0)");
    }
  }
}

package dev.warmpath.extproc.provider;

import dev.warmpath.extproc.prompt.Dialect;
import java.util.List;
import java.util.Optional;

/**
 * A row of the {@link Catalogue}: what models whose name matches cache at a provider's API, and
 * what they cost. Immutable.
 *
 * @param pattern of the model's name; {@code *} stands for any characters, none included
 * @param dialect the API that the row speaks of
 * @param minCacheTokens shortest prefix that is cached; 0: unknown, so that no minimum is assumed
 * @param maxMarkers markers that a request may carry; 0: it must carry none
 * @param lookbackBlocks content blocks that a marker looks back over for an earlier one
 * @param tiers ascending by {@link PriceTier#aboveTokens}, the first above 0 tokens; empty: the
 *     prices are not known
 * @param effective the day from which the row holds, as {@code 2026-11-01}; empty if not told
 * @param source where the numbers come from; empty if not told
 */
public record ModelEntry(
    String pattern,
    Dialect dialect,
    int minCacheTokens,
    int maxMarkers,
    int lookbackBlocks,
    List<PriceTier> tiers,
    String effective,
    String source) {

  public ModelEntry {
    if (pattern.isEmpty()) {
      throw new IllegalArgumentException("pattern: empty (expected: a model's name or pattern)");
    }
    if (minCacheTokens < 0 || maxMarkers < 0 || lookbackBlocks < 0) {
      throw new IllegalArgumentException(
          "minCacheTokens %d, maxMarkers %d, lookbackBlocks %d (expected: none below 0)"
              .formatted(minCacheTokens, maxMarkers, lookbackBlocks));
    }
    tiers = List.copyOf(tiers);
    long above = -1;
    for (PriceTier tier : tiers) {
      if (tier.aboveTokens() <= above || (above < 0 && tier.aboveTokens() != 0)) {
        throw new IllegalArgumentException(
            "tiers: above %d after %d (expected: 0 first, then ascending)"
                .formatted(tier.aboveTokens(), above));
      }
      above = tier.aboveTokens();
    }
  }

  /** Whether the row is of this model. */
  boolean matches(Dialect spoken, String model) {
    return spoken == dialect && Catalogue.matches(pattern, model);
  }

  /**
   * Prices of a request.
   *
   * @param inputTokens its whole input, cached tokens included; below 0: unknown, and then only a
   *     model with one tier has a price
   */
  public Optional<Prices> prices(long inputTokens) {
    if (tiers.isEmpty() || (inputTokens < 0 && tiers.size() > 1)) {
      return Optional.empty();
    }
    PriceTier held = tiers.getFirst();
    for (PriceTier tier : tiers) {
      if (inputTokens > tier.aboveTokens()) {
        held = tier;
      }
    }
    return Optional.ofNullable(held.prices());
  }
}

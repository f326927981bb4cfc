package dev.warmpath.extproc.provider;

import java.time.LocalDate;
import java.util.List;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;

/**
 * Prices of a model from a day on. Immutable.
 *
 * @param from the first day
 * @param tiers ascending by {@link PriceTier#aboveTokens}, the first above 0 tokens
 * @param batchFactor what all of them are multiplied by in a batch; empty: not known
 * @param origin null: that of the row
 */
public record PriceList(
    LocalDate from, List<PriceTier> tiers, OptionalDouble batchFactor, @Nullable Origin origin) {

  public PriceList {
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
}

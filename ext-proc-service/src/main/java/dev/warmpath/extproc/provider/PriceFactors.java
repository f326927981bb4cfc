package dev.warmpath.extproc.provider;

import org.jspecify.annotations.Nullable;

/**
 * What reading and writing a cache cost, as multiples of the price of input: all that it takes to
 * know what pays. {@code NaN}: not known.
 *
 * @param read of what is read
 * @param write of what is written, for the provider's shortest lifetime
 * @param write1h of what is written for an hour
 * @param origin where that comes from; null: from where its row does
 */
public record PriceFactors(double read, double write, double write1h, @Nullable Origin origin) {

  /** Those of prices in US dollars. */
  public static PriceFactors of(Prices prices) {
    return new PriceFactors(
        prices.cacheReadUsd() / prices.inputUsd(),
        prices.cacheWrite5mUsd() / prices.inputUsd(),
        prices.cacheWrite1hUsd() / prices.inputUsd(),
        null);
  }

  /** Whether what has to be known to choose markers is known. */
  boolean isKnown() {
    return read >= 0 && Double.isFinite(write) && write >= 0;
  }
}

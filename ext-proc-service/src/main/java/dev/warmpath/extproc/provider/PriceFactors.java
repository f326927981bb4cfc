package dev.warmpath.extproc.provider;

import org.jspecify.annotations.Nullable;

/**
 * What reading and writing a cache cost, as multiples of the price of input: all that it takes to
 * know what pays. {@code NaN}: not known.
 *
 * @param read of what is read
 * @param write of what is written, for the provider's shortest lifetime
 * @param write1h of what is written for an hour
 * @param automaticRead of what is read without a marker; not known: as {@code read}
 * @param origin where that comes from; null: from where its row does
 */
public record PriceFactors(
    double read, double write, double write1h, double automaticRead, @Nullable Origin origin) {

  /** Of which nothing is told of what is read without a marker. */
  public PriceFactors(double read, double write, double write1h, @Nullable Origin origin) {
    this(read, write, write1h, Double.NaN, origin);
  }

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

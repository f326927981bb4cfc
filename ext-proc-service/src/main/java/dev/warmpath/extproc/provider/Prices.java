package dev.warmpath.extproc.provider;

/**
 * What tokens of a model cost, in US dollars for a million. {@code NaN}: not known, which is not 0.
 * Immutable.
 *
 * @param inputUsd input neither read from a cache nor written to one
 * @param outputUsd output
 * @param cacheReadUsd input read from a cache
 * @param cacheWrite5mUsd input written for five minutes; for providers with one lifetime, for that
 * @param cacheWrite1hUsd input written for an hour
 * @param storageUsdPerHour keeping a million tokens for an hour
 */
public record Prices(
    double inputUsd,
    double outputUsd,
    double cacheReadUsd,
    double cacheWrite5mUsd,
    double cacheWrite1hUsd,
    double storageUsdPerHour) {

  public Prices {
    check("inputUsd", inputUsd);
    check("outputUsd", outputUsd);
    check("cacheReadUsd", cacheReadUsd);
    check("cacheWrite5mUsd", cacheWrite5mUsd);
    check("cacheWrite1hUsd", cacheWrite1hUsd);
    check("storageUsdPerHour", storageUsdPerHour);
  }

  /** Of a provider whose storage is not known to cost anything by the hour. */
  public Prices(
      double inputUsd,
      double outputUsd,
      double cacheReadUsd,
      double cacheWrite5mUsd,
      double cacheWrite1hUsd) {
    this(inputUsd, outputUsd, cacheReadUsd, cacheWrite5mUsd, cacheWrite1hUsd, Double.NaN);
  }

  private static void check(String name, double usd) {
    if (usd < 0 || usd > 1e6) {
      throw new IllegalArgumentException(
          name + ": " + usd + " (expected: 0 to 1000000, or NaN for not known)");
    }
  }
}

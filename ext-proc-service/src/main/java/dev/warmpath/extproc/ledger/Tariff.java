package dev.warmpath.extproc.ledger;

/**
 * What tokens cost. Money is in billionths of a US dollar (nano-USD), rounded once per exchange.
 */
public sealed interface Tariff {

  /**
   * Cost of an exchange.
   *
   * @param tokens with {@link Tokens#input} known
   */
  long nanoUsd(Tokens tokens);

  /** Whether it can price these tokens: all that it asks a price for are known. */
  boolean canPrice(Tokens tokens);

  /** Nobody told: tokens are counted, money is unknown and never taken for zero. */
  record Unknown() implements Tariff {
    @Override
    public long nanoUsd(Tokens tokens) {
      throw new IllegalStateException("no price is known (expected: canPrice asked before)");
    }

    @Override
    public boolean canPrice(Tokens tokens) {
      return false;
    }
  }

  /**
   * Engines of a pool, paid by the hour: an exchange costs its share of prefill-busy seconds. Idle
   * time is nobody's, and in no account.
   *
   * @param prefillTokensPerSecond what one endpoint prefills, as configured
   * @param usdPerEndpointHour what one endpoint costs; 0: not accounted
   */
  record EndpointHours(double prefillTokensPerSecond, double usdPerEndpointHour) implements Tariff {

    public EndpointHours {
      if (!(prefillTokensPerSecond > 0) || !(usdPerEndpointHour >= 0)) {
        throw new IllegalArgumentException(
            "%s tokens/s, %s USD/h (expected: > 0, >= 0)"
                .formatted(prefillTokensPerSecond, usdPerEndpointHour));
      }
    }

    /** Seconds that an endpoint is busy with the prefill of these tokens. */
    public double busySeconds(Tokens tokens) {
      return (tokens.input() - tokens.read()) / prefillTokensPerSecond;
    }

    @Override
    public long nanoUsd(Tokens tokens) {
      return Math.round(busySeconds(tokens) * usdPerEndpointHour / 3600 * 1e9);
    }

    @Override
    public boolean canPrice(Tokens tokens) {
      return tokens.input() != Tokens.UNKNOWN;
    }
  }

  /**
   * A provider's prices, in US dollars for a million tokens.
   *
   * @param inputUsd input that is neither read nor written
   * @param outputUsd output
   * @param readUsd input read from the cache
   * @param written5mUsd input written for five minutes
   * @param written1hUsd input written for an hour
   */
  record TokenPrices(
      double inputUsd, double outputUsd, double readUsd, double written5mUsd, double written1hUsd)
      implements Tariff {

    /** A dollar for a million tokens is a thousand nano-USD for one. */
    private static final double NANO_USD_PER_TOKEN = 1e9 / 1e6;

    public TokenPrices {
      if (!(inputUsd >= 0)
          || !(outputUsd >= 0)
          || !(readUsd >= 0)
          || !(written5mUsd >= 0)
          || !(written1hUsd >= 0)) {
        throw new IllegalArgumentException(
            "prices: input %s, output %s, read %s, written %s and %s (expected: none below 0)"
                .formatted(inputUsd, outputUsd, readUsd, written5mUsd, written1hUsd));
      }
    }

    @Override
    public long nanoUsd(Tokens tokens) {
      double usdMillionths =
          tokens.read() * readUsd
              + Tokens.known(tokens.written5m()) * written5mUsd
              + Tokens.known(tokens.written1h()) * written1hUsd
              + tokens.uncached() * inputUsd
              + Tokens.known(tokens.output()) * outputUsd;
      return Math.round(usdMillionths * NANO_USD_PER_TOKEN);
    }

    @Override
    public boolean canPrice(Tokens tokens) {
      return tokens.input() != Tokens.UNKNOWN
          && (tokens.output() != Tokens.UNKNOWN || outputUsd == 0);
    }
  }
}

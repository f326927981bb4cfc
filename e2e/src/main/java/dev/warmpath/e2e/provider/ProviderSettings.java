package dev.warmpath.e2e.provider;

import java.util.List;

/**
 * What a simulated provider is.
 *
 * @param accounts whose keys it takes; at least one
 * @param bytesPerToken UTF-8 bytes that count as one token
 * @param baseMillis before the first token, whatever the prompt
 * @param prefillTokensPerSecond of what was not read from the cache
 * @param readTokensPerSecond of what was
 * @param decodeMillisPerToken pace of the output
 * @param streamIntervalTokens tokens in one event
 * @param speedup how much faster everything runs than it says, lifetimes in the cache too
 */
public record ProviderSettings(
    List<Account> accounts,
    double bytesPerToken,
    double baseMillis,
    double prefillTokensPerSecond,
    double readTokensPerSecond,
    double decodeMillisPerToken,
    int streamIntervalTokens,
    double speedup) {

  /**
   * Who pays.
   *
   * @param name on the bill
   * @param apiKey value of the header {@code x-api-key}
   * @param workspace accounts of one workspace share its cache
   */
  public record Account(String name, String apiKey, String workspace) {}

  /** One account with the key {@code sk-sim}, and paces as one sees them (guess, unmeasured). */
  public static final ProviderSettings DEFAULTS =
      new ProviderSettings(
          List.of(new Account("main", "sk-sim", "main")), 4, 200, 20_000, 500_000, 15, 1, 1);

  public ProviderSettings {
    accounts = List.copyOf(accounts);
    if (accounts.isEmpty()) {
      throw new IllegalArgumentException("no accounts (expected: at least one)");
    }
    if (!(bytesPerToken > 0)
        || !(baseMillis >= 0)
        || !(prefillTokensPerSecond > 0)
        || !(readTokensPerSecond > 0)
        || !(decodeMillisPerToken >= 0)
        || !(speedup > 0)) {
      throw new IllegalArgumentException(
          ("bytesPerToken=%s baseMillis=%s prefillTokensPerSecond=%s readTokensPerSecond=%s"
                  + " decodeMillisPerToken=%s speedup=%s (expected: rates > 0, times >= 0)")
              .formatted(
                  bytesPerToken,
                  baseMillis,
                  prefillTokensPerSecond,
                  readTokensPerSecond,
                  decodeMillisPerToken,
                  speedup));
    }
    if (streamIntervalTokens < 1) {
      throw new IllegalArgumentException(
          streamIntervalTokens + " (expected: streamIntervalTokens >= 1)");
    }
  }

  public ProviderSettings withAccounts(Account... values) {
    return new ProviderSettings(
        List.of(values),
        bytesPerToken,
        baseMillis,
        prefillTokensPerSecond,
        readTokensPerSecond,
        decodeMillisPerToken,
        streamIntervalTokens,
        speedup);
  }

  public ProviderSettings withBytesPerToken(double value) {
    return new ProviderSettings(
        accounts,
        value,
        baseMillis,
        prefillTokensPerSecond,
        readTokensPerSecond,
        decodeMillisPerToken,
        streamIntervalTokens,
        speedup);
  }

  /** Other times before and between tokens. */
  public ProviderSettings withPace(double newBaseMillis, double newDecodeMillisPerToken) {
    return new ProviderSettings(
        accounts,
        bytesPerToken,
        newBaseMillis,
        prefillTokensPerSecond,
        readTokensPerSecond,
        newDecodeMillisPerToken,
        streamIntervalTokens,
        speedup);
  }

  public ProviderSettings withStreamIntervalTokens(int value) {
    return new ProviderSettings(
        accounts,
        bytesPerToken,
        baseMillis,
        prefillTokensPerSecond,
        readTokensPerSecond,
        decodeMillisPerToken,
        value,
        speedup);
  }

  public ProviderSettings withSpeedup(double value) {
    return new ProviderSettings(
        accounts,
        bytesPerToken,
        baseMillis,
        prefillTokensPerSecond,
        readTokensPerSecond,
        decodeMillisPerToken,
        streamIntervalTokens,
        value);
  }
}

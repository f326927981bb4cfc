package dev.warmpath.extproc.exchange;

import java.util.concurrent.ConcurrentHashMap;

/**
 * Bytes of decoded prompt text per token, by upstream and model: begins with the configured guess
 * and follows what upstreams report. Everything computed with it is an estimate. Thread-safe;
 * bounded by {@value #MAX_ENTRIES} pairs, beyond which the guess stays.
 */
final class TokenRatio {

  static final int MAX_ENTRIES = 4096;

  /** What one report weighs. Guess, unmeasured. */
  private static final double REPORT_WEIGHT = 0.05;

  private static final double LEAST = 0.5;
  private static final double MOST = 64;

  private record Key(String cluster, String model) {}

  private final double initial;
  private final ConcurrentHashMap<Key, Double> ratios = new ConcurrentHashMap<>();

  TokenRatio(double initialBytesPerToken) {
    this.initial = initialBytesPerToken;
  }

  double bytesPerToken(String cluster, String model) {
    return ratios.getOrDefault(new Key(cluster, model), initial);
  }

  /** An upstream counted {@code inputTokens} for a prompt of {@code textBytes}. */
  void reported(String cluster, String model, int textBytes, long inputTokens) {
    if (inputTokens <= 0 || textBytes <= 0) {
      return;
    }
    double reported = Math.clamp((double) textBytes / inputTokens, LEAST, MOST);
    Key key = new Key(cluster, model);
    if (ratios.size() >= MAX_ENTRIES && !ratios.containsKey(key)) {
      return;
    }
    ratios.merge(
        key,
        initial + REPORT_WEIGHT * (reported - initial),
        (known, _) -> known + REPORT_WEIGHT * (reported - known));
  }
}

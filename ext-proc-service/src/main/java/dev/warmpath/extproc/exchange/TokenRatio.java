package dev.warmpath.extproc.exchange;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.warmpath.extproc.prefix.Scope;

/**
 * Bytes of decoded prompt text per token, by scope and model: what a tenant or an account writes
 * (prose, code, another script) counts as much as the model's tokenizer. Begins with the configured
 * guess, then with what the model has shown in other scopes, and follows what upstreams report.
 * Everything computed with it is an estimate.
 *
 * <p>Thread-safe. Holds a bounded number of ratios, and forgets those that nobody asks for: clients
 * choose models' names.
 */
final class TokenRatio {

  /** What one report weighs. Guess, unmeasured. */
  private static final double REPORT_WEIGHT = 0.05;

  private static final double LEAST = 0.5;
  private static final double MOST = 64;

  private final double initial;
  private final Cache<Scope, Double> ratios;

  /**
   * @param initialBytesPerToken before anything is reported
   * @param maxEntries ratios that are held
   */
  TokenRatio(double initialBytesPerToken, int maxEntries) {
    this.initial = initialBytesPerToken;
    this.ratios = Caffeine.newBuilder().maximumSize(maxEntries).executor(Runnable::run).build();
  }

  double bytesPerToken(Scope scope) {
    Double own = ratios.getIfPresent(scope);
    return own != null ? own : ofModel(scope);
  }

  private double ofModel(Scope scope) {
    Double shared = ratios.getIfPresent(anywhere(scope));
    return shared != null ? shared : initial;
  }

  /** Stands for a model in all scopes. No scope is empty: each begins with its cluster. */
  private static Scope anywhere(Scope scope) {
    return new Scope(scope.lane(), "", scope.model());
  }

  /** An upstream counted {@code inputTokens} for a prompt of {@code textBytes}. */
  void reported(Scope scope, int textBytes, long inputTokens) {
    if (inputTokens <= 0 || textBytes <= 0) {
      return;
    }
    double reported = Math.clamp((double) textBytes / inputTokens, LEAST, MOST);
    double before = ofModel(scope);
    follow(anywhere(scope), initial, reported);
    follow(scope, before, reported);
  }

  private void follow(Scope scope, double start, double reported) {
    ratios
        .asMap()
        .compute(
            scope,
            (_, known) -> {
              double from = known == null ? start : known;
              return from + REPORT_WEIGHT * (reported - from);
            });
  }

  /** Ratios that are held, about. */
  long size() {
    return ratios.estimatedSize();
  }

  /** Drops at once what the bound makes drop soon. */
  void cleanUp() {
    ratios.cleanUp();
  }
}

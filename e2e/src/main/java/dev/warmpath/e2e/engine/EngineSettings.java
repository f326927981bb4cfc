package dev.warmpath.e2e.engine;

/**
 * What one simulated engine is.
 *
 * @param id names it in metrics, admin calls and the response header {@code x-sim-engine}
 * @param model that it serves; others are refused with 404
 * @param blockTokens tokens in one block of its prefix cache; even
 * @param capacityBlocks blocks that the cache holds
 * @param prefillTokensPerSecond uncached tokens that it prefills, one request after the other
 * @param decodeMillisPerToken pace of every running request, however many there are
 * @param streamIntervalTokens tokens in one event of a stream after the first, as vLLM's {@code
 *     --stream-interval}
 * @param speedup how much faster everything runs than it says; what is reported is divided out
 *     again
 */
public record EngineSettings(
    String id,
    String model,
    int blockTokens,
    int capacityBlocks,
    double prefillTokensPerSecond,
    double decodeMillisPerToken,
    int streamIntervalTokens,
    double speedup) {

  /** The server model of the published evidence: 8,000 tokens/s, 20 ms, 5,000 blocks of 512. */
  public static final EngineSettings DEFAULTS =
      new EngineSettings("engine", "sim-model", 512, 5_000, 8_000, 20, 1, 1);

  public EngineSettings {
    if (blockTokens < 2 || blockTokens > 1 << 20 || blockTokens % 2 != 0) {
      throw new IllegalArgumentException(
          blockTokens + " (expected: blockTokens even, in [2, 1048576])");
    }
    if (capacityBlocks < 1) {
      throw new IllegalArgumentException(capacityBlocks + " (expected: capacityBlocks >= 1)");
    }
    requirePositive("prefillTokensPerSecond", prefillTokensPerSecond);
    if (!(decodeMillisPerToken >= 0)) {
      throw new IllegalArgumentException(
          decodeMillisPerToken + " (expected: decodeMillisPerToken >= 0)");
    }
    if (streamIntervalTokens < 1) {
      throw new IllegalArgumentException(
          streamIntervalTokens + " (expected: streamIntervalTokens >= 1)");
    }
    requirePositive("speedup", speedup);
  }

  public EngineSettings withId(String value) {
    return new EngineSettings(
        value,
        model,
        blockTokens,
        capacityBlocks,
        prefillTokensPerSecond,
        decodeMillisPerToken,
        streamIntervalTokens,
        speedup);
  }

  public EngineSettings withModel(String value) {
    return new EngineSettings(
        id,
        value,
        blockTokens,
        capacityBlocks,
        prefillTokensPerSecond,
        decodeMillisPerToken,
        streamIntervalTokens,
        speedup);
  }

  /** Another cache. */
  public EngineSettings withCache(int newBlockTokens, int newCapacityBlocks) {
    return new EngineSettings(
        id,
        model,
        newBlockTokens,
        newCapacityBlocks,
        prefillTokensPerSecond,
        decodeMillisPerToken,
        streamIntervalTokens,
        speedup);
  }

  /** Another pace. */
  public EngineSettings withPace(double tokensPerSecond, double millisPerToken) {
    return new EngineSettings(
        id,
        model,
        blockTokens,
        capacityBlocks,
        tokensPerSecond,
        millisPerToken,
        streamIntervalTokens,
        speedup);
  }

  public EngineSettings withStreamIntervalTokens(int value) {
    return new EngineSettings(
        id,
        model,
        blockTokens,
        capacityBlocks,
        prefillTokensPerSecond,
        decodeMillisPerToken,
        value,
        speedup);
  }

  public EngineSettings withSpeedup(double value) {
    return new EngineSettings(
        id,
        model,
        blockTokens,
        capacityBlocks,
        prefillTokensPerSecond,
        decodeMillisPerToken,
        streamIntervalTokens,
        value);
  }

  /** Real nanoseconds from the prefill of so many tokens to its end. */
  double prefillNanosPerToken() {
    return 1e9 / prefillTokensPerSecond / speedup;
  }

  /** Real nanoseconds between two output tokens. */
  double decodeNanosPerToken() {
    return decodeMillisPerToken * 1e6 / speedup;
  }

  private static void requirePositive(String name, double value) {
    if (!(value > 0) || Double.isInfinite(value)) {
      throw new IllegalArgumentException("%s (expected: %s > 0)".formatted(value, name));
    }
  }
}

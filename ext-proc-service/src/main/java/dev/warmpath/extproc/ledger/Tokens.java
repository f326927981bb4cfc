package dev.warmpath.extproc.ledger;

/**
 * Tokens of one exchange, or sums of them, kept apart as engines and providers bill them: the five
 * never overlap. -1: unknown, which is not zero. Immutable.
 *
 * @param read input read from a cache
 * @param written5m input written to a cache for five minutes
 * @param written1h input written to a cache for an hour
 * @param uncached input that was neither read nor written
 * @param output tokens made
 */
public record Tokens(long read, long written5m, long written1h, long uncached, long output) {

  /** A token count that nobody told. */
  public static final long UNKNOWN = -1;

  /** Nothing. */
  public static final Tokens ZERO = new Tokens(0, 0, 0, 0, 0);

  public Tokens {
    if (read < UNKNOWN
        || written5m < UNKNOWN
        || written1h < UNKNOWN
        || uncached < UNKNOWN
        || output < UNKNOWN) {
      throw new IllegalArgumentException(
          "tokens: read %d, written %d and %d, uncached %d, output %d (expected: none below -1)"
              .formatted(read, written5m, written1h, uncached, output));
    }
  }

  /**
   * All input. What is not told to have been written counts as not written: APIs without cache
   * writes don't speak of them. Unknown if read or uncached is.
   */
  public long input() {
    return read == UNKNOWN || uncached == UNKNOWN
        ? UNKNOWN
        : read + known(written5m) + known(written1h) + uncached;
  }

  /** Read ÷ all input; 0 without input. Never read ÷ (read + written), which flatters. */
  public double hitRate() {
    long input = input();
    return input <= 0 ? 0 : (double) read / input;
  }

  /** Sum of what is known. */
  Tokens plus(Tokens other) {
    return new Tokens(
        known(read) + known(other.read),
        known(written5m) + known(other.written5m),
        known(written1h) + known(other.written1h),
        known(uncached) + known(other.uncached),
        known(output) + known(other.output));
  }

  static long known(long tokens) {
    return Math.max(0, tokens);
  }
}

package dev.warmpath.e2e.provider;

/**
 * Tokens of one request, as Anthropic counts them: the four kinds of input add up.
 *
 * @param written5m also what an API with one lifetime writes
 * @param uncached {@code input_tokens}
 */
public record MessageUsage(long read, long written5m, long written1h, long uncached, long output) {
  static final MessageUsage ZERO = new MessageUsage(0, 0, 0, 0, 0);

  /** Read, written and uncached. */
  public long allInput() {
    return read + written5m + written1h + uncached;
  }

  MessageUsage withOutput(long tokens) {
    return new MessageUsage(read, written5m, written1h, uncached, tokens);
  }

  MessageUsage plus(MessageUsage other) {
    return new MessageUsage(
        read + other.read,
        written5m + other.written5m,
        written1h + other.written1h,
        uncached + other.uncached,
        output + other.output);
  }
}

package dev.warmpath.extproc.usage;

/**
 * Tokens of one exchange as the one that served it reported them. {@link #UNKNOWN_TOKENS} stands
 * for what was not reported, which is not zero.
 *
 * <p>Input tokens are of three kinds that exclude each other: read from a cache, written to a
 * cache, and neither. APIs report them additively (Anthropic: three counts) or inclusively (OpenAI:
 * the total, and what of it was cached); {@link UsageReader} resolves that, so that every field
 * here means one thing. The totals {@link #writtenTokens} and {@link #inputTokens} are fields of
 * their own because a report may hold a total without its parts: a server that gives no cache
 * details tells the whole input and not its split.
 *
 * <p>The constructor completes what follows from the rest (the total of known parts, the one
 * missing part of a known total) and turns into unknown what contradicts the rest. Where the times
 * to live do not add up to {@code writtenTokens} the total stands, since a stream repeats the total
 * and gives the split only once. Where a known {@code inputTokens} differs from the sum of its
 * three known parts the parts stand, since they are what is billed; where it is less than the parts
 * that are known it becomes unknown. Immutable.
 *
 * @param readTokens input served from a cache
 * @param writtenTokens input written to a cache, of any time to live
 * @param written5mTokens of these, written for five minutes; all of them where the API has but one
 *     time to live, as OpenAI
 * @param written1hTokens of these, written for an hour
 * @param uncachedTokens input neither read nor written
 * @param inputTokens all input: read, written and uncached
 * @param outputTokens generated
 */
public record Usage(
    long readTokens,
    long writtenTokens,
    long written5mTokens,
    long written1hTokens,
    long uncachedTokens,
    long inputTokens,
    long outputTokens) {

  /** In place of a count that was not reported. */
  public static final long UNKNOWN_TOKENS = -1;

  /**
   * Largest count that is believed. A guess with room: a million times the largest context of
   * today, and sums of millions of these still fit a {@code long}.
   */
  public static final long MAX_TOKENS = 1_000_000_000_000L;

  /** Nothing is known. */
  public static final Usage UNKNOWN = new Usage(-1, -1, -1, -1, -1, -1, -1);

  public Usage {
    check("readTokens", readTokens);
    check("writtenTokens", writtenTokens);
    check("written5mTokens", written5mTokens);
    check("written1hTokens", written1hTokens);
    check("uncachedTokens", uncachedTokens);
    check("inputTokens", inputTokens);
    check("outputTokens", outputTokens);

    if (writtenTokens < 0 && written5mTokens >= 0 && written1hTokens >= 0) {
      writtenTokens = written5mTokens + written1hTokens;
    }
    long parts = Math.max(readTokens, 0) + Math.max(writtenTokens, 0) + Math.max(uncachedTokens, 0);
    if (readTokens >= 0 && writtenTokens >= 0 && uncachedTokens >= 0) {
      inputTokens = parts;
    } else if (inputTokens >= 0 && parts > inputTokens) {
      inputTokens = UNKNOWN_TOKENS;
    } else if (inputTokens >= 0) {
      long rest = inputTokens - parts;
      int missing =
          (readTokens < 0 ? 1 : 0) + (writtenTokens < 0 ? 1 : 0) + (uncachedTokens < 0 ? 1 : 0);
      if (missing == 1 || rest == 0) {
        readTokens = readTokens < 0 ? rest : readTokens;
        writtenTokens = writtenTokens < 0 ? rest : writtenTokens;
        uncachedTokens = uncachedTokens < 0 ? rest : uncachedTokens;
      }
    }
    if (writtenTokens >= 0) {
      long split = Math.max(written5mTokens, 0) + Math.max(written1hTokens, 0);
      if (split > writtenTokens
          || (written5mTokens >= 0 && written1hTokens >= 0 && split != writtenTokens)) {
        written5mTokens = UNKNOWN_TOKENS;
        written1hTokens = UNKNOWN_TOKENS;
        split = 0;
      }
      if (written5mTokens >= 0 || written1hTokens >= 0 || writtenTokens == 0) {
        long rest = writtenTokens - split;
        written5mTokens = written5mTokens < 0 ? rest : written5mTokens;
        written1hTokens = written1hTokens < 0 ? rest : written1hTokens;
      }
    }
  }

  /**
   * Counts without totals, in the order of {@code warmpath.fleet.v1.Usage}; the totals follow from
   * them.
   */
  public static Usage of(
      long readTokens,
      long written5mTokens,
      long written1hTokens,
      long uncachedTokens,
      long outputTokens) {
    return new Usage(
        readTokens, -1, written5mTokens, written1hTokens, uncachedTokens, -1, outputTokens);
  }

  /**
   * Counts of an inclusive report: {@code inputTokens} contains what was read and written. Envoy's
   * {@code envoy.ai.token_usage} is one.
   */
  public static Usage included(
      long inputTokens, long readTokens, long writtenTokens, long outputTokens) {
    return new Usage(readTokens, writtenTokens, -1, -1, -1, inputTokens, outputTokens);
  }

  /**
   * This report, read as one that says what was read only if it was something: as vLLM's, whose
   * {@code prompt_tokens_details} are null when nothing was.
   */
  public Usage orNothingRead() {
    boolean leftOut = readTokens < 0 && writtenTokens < 0 && inputTokens >= 0;
    return leftOut ? included(inputTokens, 0, 0, outputTokens) : this;
  }

  /**
   * What this one knows, and from {@code other} what this one lacks. Where both cannot be true
   * together, this one alone.
   */
  public Usage filledFrom(Usage other) {
    Usage filled =
        new Usage(
            either(readTokens, other.readTokens),
            either(writtenTokens, other.writtenTokens),
            either(written5mTokens, other.written5mTokens),
            either(written1hTokens, other.written1hTokens),
            either(uncachedTokens, other.uncachedTokens),
            either(inputTokens, other.inputTokens),
            either(outputTokens, other.outputTokens));
    return filled.keeps(this) ? filled : this;
  }

  /**
   * Written for five minutes; also what was written for a time that isn't told, since that is what
   * providers do where nobody asks for more.
   */
  public long written5mOrUntoldTokens() {
    return written5mTokens < 0 && written1hTokens < 0 ? writtenTokens : written5mTokens;
  }

  /** True when no count is known. */
  public boolean isUnknown() {
    return equals(UNKNOWN);
  }

  private boolean keeps(Usage known) {
    return keeps(readTokens, known.readTokens)
        && keeps(writtenTokens, known.writtenTokens)
        && keeps(written5mTokens, known.written5mTokens)
        && keeps(written1hTokens, known.written1hTokens)
        && keeps(uncachedTokens, known.uncachedTokens)
        && keeps(inputTokens, known.inputTokens)
        && keeps(outputTokens, known.outputTokens);
  }

  private static boolean keeps(long now, long known) {
    return known < 0 || now == known;
  }

  private static long either(long first, long second) {
    return first >= 0 ? first : second;
  }

  private static void check(String name, long tokens) {
    // Parts of up to MAX_TOKENS each make totals of up to three times that.
    if (tokens < UNKNOWN_TOKENS || tokens > 4 * MAX_TOKENS) {
      throw new IllegalArgumentException(
          name + ": " + tokens + " (expected: -1 for unknown, or 0 to " + 4 * MAX_TOKENS + ")");
    }
  }
}

package dev.warmpath.extproc.volatility;

/**
 * The bounds of a {@link VolatilityDetector}, and what it takes for a finding.
 *
 * @param maxScopes routes and scopes that are told apart; the least recently seen one goes
 * @param maxShapes applications of one route and scope; the least recently seen one goes
 * @param maxPlaces places of one application at which prompts part
 * @param maxWords words of one prompt that are compared, at eight bytes of memory each
 * @param maxKeptWords words of all prompts that are kept
 * @param minPartings at one place, before it is a finding
 * @param windowNanos after which what was counted weighs half
 */
public record DetectorSettings(
    int maxScopes,
    int maxShapes,
    int maxPlaces,
    int maxWords,
    long maxKeptWords,
    int minPartings,
    long windowNanos) {

  /** Of a log that is read by itself, without the time of its requests. */
  public static final DetectorSettings OF_A_LOG =
      new DetectorSettings(64, 64, 128, 1 << 18, 1L << 25, 3, Long.MAX_VALUE);

  public DetectorSettings {
    check("maxScopes", maxScopes, 1);
    check("maxShapes", maxShapes, 1);
    check("maxPlaces", maxPlaces, 1);
    check("maxWords", maxWords, 64);
    check("maxKeptWords", maxKeptWords, maxWords);
    check("minPartings", minPartings, 2);
    check("windowNanos", windowNanos, 1);
  }

  private static void check(String name, long value, long least) {
    if (value < least) {
      throw new IllegalArgumentException(
          "%s: %d (expected: %d or more)".formatted(name, value, least));
    }
  }
}

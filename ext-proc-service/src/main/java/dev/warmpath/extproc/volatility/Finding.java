package dev.warmpath.extproc.volatility;

import java.util.OptionalDouble;

/**
 * A place where prompts part again and again that ought to repeat. All but the place is an
 * estimate.
 *
 * @param route whose requests they are
 * @param model as the requests name it
 * @param segment of the prompt's segments, as caches see them; of a parameter, its rank among all
 * @param index the same among those of its site: the second system segment has 1
 * @param parameter its name where a parameter takes turns, else empty
 * @param offset of what varies, in bytes from the start of the segment's decoded text
 * @param length of what varies, in bytes; the longest seen
 * @param requests of this application that were compared
 * @param share of them that parted here
 * @param tokensLostPerRequest tokens behind it that a cache would else have held, averaged over all
 *     requests that were compared
 * @param tokensLostPerHour the same by time; empty if the requests bore no time
 * @param usdLostPerHour what that costs; empty if the price is not known
 */
public record Finding(
    String route,
    String model,
    VolatileKind kind,
    Site site,
    int segment,
    int index,
    String parameter,
    int offset,
    int length,
    long requests,
    double share,
    double tokensLostPerRequest,
    OptionalDouble tokensLostPerHour,
    OptionalDouble usdLostPerHour) {

  public Finding {
    if (!(share >= 0 && share <= 1)) {
      throw new IllegalArgumentException("share: " + share + " (expected: 0 to 1)");
    }
    if (offset < 0 || length < 0) {
      throw new IllegalArgumentException(
          "offset %d, length %d (expected: neither below 0)".formatted(offset, length));
    }
  }

  /** The same, of a place that another one is part of. */
  Finding spanning(Finding other) {
    int from = Math.min(offset, other.offset);
    int to = Math.max(offset + length, other.offset + other.length);
    return new Finding(
        route,
        model,
        kind,
        site,
        segment,
        index,
        parameter,
        from,
        to - from,
        requests,
        share,
        tokensLostPerRequest,
        tokensLostPerHour,
        usdLostPerHour);
  }

  /** What it is called: {@code time_stamp at system[0]+120}. Holds no prompt text. */
  public String name() {
    return kind.label() + " at " + place();
  }

  /** Where it is: site, index and offset, or a parameter's name. */
  public String place() {
    return site == Site.PARAMETER ? parameter : site.label() + "[" + index + "]+" + offset;
  }

  public String remedy() {
    return kind.remedy();
  }
}

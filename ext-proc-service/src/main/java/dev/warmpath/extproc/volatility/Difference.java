package dev.warmpath.extproc.volatility;

/**
 * A place where two prompts differ in what ought to repeat. What kind of text it is, a single pair
 * tells less surely than many requests do.
 *
 * @param segment of the later prompt's segments; of a parameter, its rank among all
 * @param index the same among those of its site
 * @param parameter its name, else empty
 * @param offset of what differs, in bytes from the start of the segment's decoded text
 * @param bytesAgain behind it that are the same in both
 */
public record Difference(
    VolatileKind kind,
    Site site,
    int segment,
    int index,
    String parameter,
    int offset,
    int length,
    long bytesAgain) {

  /** Where it is: site, index and offset, or a parameter's name. */
  public String place() {
    return site == Site.PARAMETER ? parameter : site.label() + "[" + index + "]+" + offset;
  }
}

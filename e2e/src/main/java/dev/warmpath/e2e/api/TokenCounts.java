package dev.warmpath.e2e.api;

/**
 * Tokens of one request.
 *
 * @param prompt all input
 * @param cached of it, what was read from a cache
 * @param written of it, what was written to a cache, to be billed apart
 * @param writtenForAnHour the same, where a cache has two lifetimes
 * @param output generated
 */
public record TokenCounts(int prompt, int cached, int written, int writtenForAnHour, int output) {
  /** Of a server that bills no writes. */
  public TokenCounts(int prompt, int cached, int output) {
    this(prompt, cached, 0, 0, output);
  }

  /** Neither read nor written. */
  int uncached() {
    return prompt - cached - written - writtenForAnHour;
  }
}

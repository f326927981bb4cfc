package dev.warmpath.extproc.prompt;

/** Being built; see {@link #scan}. */
public final class PromptScanner {

  /**
   * What a scan refuses to go beyond.
   *
   * @param maxBodyBytes of a request
   * @param maxDepth brackets open at once, 8 to 1024
   * @param maxSegments segments and parts together
   */
  public record Limits(int maxBodyBytes, int maxDepth, int maxSegments) {
    public Limits {
      if (maxBodyBytes < 1 || maxBodyBytes > 1 << 30) {
        throw new IllegalArgumentException(
            "maxBodyBytes: " + maxBodyBytes + " (expected: 1 to 1073741824)");
      }
      if (maxDepth < 8 || maxDepth > 1024) {
        throw new IllegalArgumentException("maxDepth: " + maxDepth + " (expected: 8 to 1024)");
      }
      if (maxSegments < 1 || maxSegments > 1_000_000) {
        throw new IllegalArgumentException(
            "maxSegments: " + maxSegments + " (expected: 1 to 1000000)");
      }
    }
  }

  private final Limits limits;

  public PromptScanner(Limits limits) {
    this.limits = limits;
  }

  /**
   * Scans one body. Never throws, whatever the bytes; takes time linear in their number.
   *
   * @param body read only; must stay unchanged as long as {@code out} is in use
   * @param length bytes of {@code body} that belong to the request
   * @param out complete after {@link Verdict#OK}, undefined after any other
   */
  public Verdict scan(byte[] body, int length, Dialect dialect, Prompt out) {
    out.reset(body, length, dialect);
    if (length > limits.maxBodyBytes()) {
      return Verdict.TOO_LARGE;
    }
    throw new UnsupportedOperationException("the scanner is being built");
  }
}

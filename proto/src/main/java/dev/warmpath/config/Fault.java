package dev.warmpath.config;

/**
 * One thing that is wrong with a configuration file.
 *
 * @param file name as it was given
 * @param line 1-based; 0 when the fault belongs to no line
 * @param path of the field, {@code routes[2].pool}; empty at the root
 * @param value as it stands in the file; empty when there is none
 * @param expected what would have been right
 */
public record Fault(String file, int line, String path, String value, String expected) {

  /** {@code file:line: path: value (expected: …)}, without a line or a path where there is none. */
  @Override
  public String toString() {
    return "%s%s: %s%s (expected: %s)"
        .formatted(
            file, line == 0 ? "" : ":" + line, path.isEmpty() ? "" : path + ": ", value, expected);
  }
}

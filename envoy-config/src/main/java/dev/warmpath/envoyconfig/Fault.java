package dev.warmpath.envoyconfig;

/**
 * One thing that keeps a file from being patched.
 *
 * @param line 1-based; 0 when the fault belongs to no line
 * @param path of the field, {@code static_resources.clusters[2].type}; empty at the root
 * @param value as it stands in the file; empty when there is none
 * @param expected what would have been right
 */
record Fault(int line, String path, String value, String expected) {
  /** {@code file:line: path: value (expected: …)}. */
  String in(String file) {
    return "%s:%d: %s: %s (expected: %s)".formatted(file, line, path, value, expected);
  }
}

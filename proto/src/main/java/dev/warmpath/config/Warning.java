package dev.warmpath.config;

/**
 * Something in a valid configuration that its owner should know.
 *
 * @param file name as it was given
 * @param line 1-based; 0 when the warning belongs to no line
 * @param path of the field, {@code routes[2].annotate}
 * @param text what follows from it
 */
public record Warning(String file, int line, String path, String text) {

  /** {@code file:line: path: warning: text}. */
  @Override
  public String toString() {
    return "%s%s: %s: warning: %s".formatted(file, line == 0 ? "" : ":" + line, path, text);
  }
}

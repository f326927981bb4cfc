package dev.warmpath.extproc.explain;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The lines of a log that can't be explained: the first of them by number, all of them by reason.
 * Bounded by the number of reasons, of which there is one for each way to fail. Not thread-safe.
 */
final class LineFaults {

  /** More would hide what the rest of the log says. */
  static final int MAX_NAMED = 10;

  private final Map<String, Long> counts = new TreeMap<>();
  private long total;

  /**
   * Counts a line.
   *
   * @param reason with what was expected
   * @return whether it is one of those that are named
   */
  boolean add(String reason) {
    counts.merge(reason, 1L, Long::sum);
    return ++total <= MAX_NAMED;
  }

  long total() {
    return total;
  }

  /** One line for each reason, the most frequent one first; none if all lines have been named. */
  List<String> summary() {
    if (total <= MAX_NAMED) {
      return List.of();
    }
    List<String> lines = new ArrayList<>();
    lines.add("%d lines can't be explained, the first %d are named".formatted(total, MAX_NAMED));
    counts.entrySet().stream()
        .sorted(Map.Entry.<String, Long>comparingByValue().reversed())
        .forEach(entry -> lines.add("  %d: %s".formatted(entry.getValue(), entry.getKey())));
    return lines;
  }
}

package dev.warmpath.e2e.stack;

import java.util.Arrays;

/** Reads what our own services write in Prometheus' text format. */
final class PrometheusText {
  private PrometheusText() {}

  /** The sum of a metric's samples that carry all of {@code labels}, each {@code name="value"}. */
  static double sum(String text, String name, String... labels) {
    return text.lines()
        .filter(line -> line.startsWith(name + "{") || line.startsWith(name + " "))
        .filter(line -> Arrays.stream(labels).allMatch(line::contains))
        .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
        .sum();
  }
}

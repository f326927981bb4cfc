package dev.warmpath.controlplane.signals;

import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.Set;

/**
 * Reads the Prometheus text format as engines and OpenMetrics exporters write it, one line at a
 * time, and survives anything: a line that it can't read is skipped and counted, comments, time
 * stamps and exemplars are ignored. Only samples with a wanted name are decoded. Stateless; bounded
 * by the length of what it is given.
 *
 * @see <a href="https://prometheus.io/docs/instrumenting/exposition_formats/">the format</a>
 */
final class PrometheusText {

  /** Takes what was read. */
  interface Sink {
    void sample(String name, Map<String, String> labels, double value);
  }

  private PrometheusText() {}

  /**
   * Gives each sample whose name is wanted to the sink, in the order of the text.
   *
   * @param text UTF-8, or anything
   * @param wanted names of samples
   * @return lines that were neither blank nor a comment nor readable
   */
  static int read(byte[] text, Set<String> wanted, Sink sink) {
    int unreadable = 0;
    int start = 0;
    while (start < text.length) {
      int end = start;
      while (end < text.length && text[end] != '\n') {
        end++;
      }
      if (!line(text, start, end, wanted, sink)) {
        unreadable++;
      }
      start = end + 1;
    }
    return unreadable;
  }

  /** Whether the line was readable, as far as that is known of one that isn't wanted. */
  private static boolean line(byte[] text, int from, int to, Set<String> wanted, Sink sink) {
    int at = skipBlank(text, from, to);
    if (at == to || text[at] == '#' || text[at] == '\r') {
      return true;
    }
    int nameEnd = at;
    while (nameEnd < to && isNameByte(text[nameEnd])) {
      nameEnd++;
    }
    if (nameEnd == at) {
      return false;
    }
    String name = new String(text, at, nameEnd - at, StandardCharsets.US_ASCII);
    if (!wanted.contains(name)) {
      return true;
    }
    at = skipBlank(text, nameEnd, to);
    Map<String, String> labels = Map.of();
    if (at < to && text[at] == '{') {
      labels = new HashMap<>();
      at = labels(text, at + 1, to, labels);
      if (at < 0) {
        return false;
      }
      at = skipBlank(text, at, to);
    }
    int valueEnd = at;
    while (valueEnd < to && !isBlank(text[valueEnd]) && text[valueEnd] != '\r') {
      valueEnd++;
    }
    OptionalDouble value = value(new String(text, at, valueEnd - at, StandardCharsets.US_ASCII));
    if (value.isEmpty()) {
      return false;
    }
    sink.sample(name, labels, value.getAsDouble());
    return true;
  }

  /** Reads labels up to the closing brace; the offset behind it, or -1. */
  private static int labels(byte[] text, int from, int to, Map<String, String> labels) {
    int at = from;
    while (true) {
      at = skipBlank(text, at, to);
      if (at < to && text[at] == '}') {
        return at + 1;
      }
      int nameEnd = at;
      while (nameEnd < to && isNameByte(text[nameEnd])) {
        nameEnd++;
      }
      if (nameEnd == at) {
        return -1;
      }
      String label = new String(text, at, nameEnd - at, StandardCharsets.US_ASCII);
      at = skipBlank(text, nameEnd, to);
      if (at >= to || text[at] != '=') {
        return -1;
      }
      at = skipBlank(text, at + 1, to);
      if (at >= to || text[at] != '"') {
        return -1;
      }
      int valueStart = at + 1;
      at = valueStart;
      while (at < to && text[at] != '"') {
        at += text[at] == '\\' ? 2 : 1;
      }
      if (at >= to) {
        return -1;
      }
      labels.put(
          label, unescaped(new String(text, valueStart, at - valueStart, StandardCharsets.UTF_8)));
      at = skipBlank(text, at + 1, to);
      if (at < to && text[at] == ',') {
        at++;
      } else if (at >= to || text[at] != '}') {
        return -1;
      }
    }
  }

  private static String unescaped(String value) {
    if (value.indexOf('\\') < 0) {
      return value;
    }
    var plain = new StringBuilder(value.length());
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      if (c == '\\' && i + 1 < value.length()) {
        i++;
        c = value.charAt(i) == 'n' ? '\n' : value.charAt(i);
      }
      plain.append(c);
    }
    return plain.toString();
  }

  /** A number as the format writes it, with {@code NaN}, {@code +Inf} and {@code -Inf}. */
  private static OptionalDouble value(String value) {
    switch (value) {
      case "NaN" -> {
        return OptionalDouble.of(Double.NaN);
      }
      case "+Inf", "Inf" -> {
        return OptionalDouble.of(Double.POSITIVE_INFINITY);
      }
      case "-Inf" -> {
        return OptionalDouble.of(Double.NEGATIVE_INFINITY);
      }
      default -> {
        // Longer is no number that an engine writes, and parsing takes quadratic time.
        if (value.isEmpty() || value.length() > 64) {
          return OptionalDouble.empty();
        }
        try {
          return OptionalDouble.of(Double.parseDouble(value));
        } catch (NumberFormatException _) {
          return OptionalDouble.empty();
        }
      }
    }
  }

  private static int skipBlank(byte[] text, int from, int to) {
    int at = from;
    while (at < to && isBlank(text[at])) {
      at++;
    }
    return at;
  }

  private static boolean isBlank(byte b) {
    return b == ' ' || b == '\t';
  }

  private static boolean isNameByte(byte b) {
    return (b >= 'a' && b <= 'z')
        || (b >= 'A' && b <= 'Z')
        || (b >= '0' && b <= '9')
        || b == '_'
        || b == ':'
        || b == '.';
  }
}

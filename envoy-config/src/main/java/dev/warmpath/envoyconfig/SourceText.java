package dev.warmpath.envoyconfig;

import java.util.ArrayList;
import java.util.List;

/**
 * A text as its lines, each with the break that ended it, so that writing it back changes no byte.
 *
 * @param byteOrderMark U+FEFF or empty
 * @param lines in order; all but the last end in a break
 */
record SourceText(String byteOrderMark, List<Line> lines) {
  /**
   * One line.
   *
   * @param text without its break
   * @param end {@code \n}, {@code \r\n} or {@code \r}; empty only in the last line
   */
  record Line(String text, String end) {
    int indent() {
      int spaces = 0;
      while (spaces < text.length() && text.charAt(spaces) == ' ') {
        spaces++;
      }
      return spaces;
    }

    boolean isComment() {
      int indent = indent();
      return indent < text.length() && text.charAt(indent) == '#';
    }
  }

  static SourceText of(String text) {
    String mark = text.startsWith("\uFEFF") ? "\uFEFF" : "";
    List<Line> lines = new ArrayList<>();
    int start = mark.length();
    while (start < text.length()) {
      int end = start;
      while (end < text.length() && text.charAt(end) != '\n' && text.charAt(end) != '\r') {
        end++;
      }
      int next = end;
      if (next < text.length()) {
        next += text.startsWith("\r\n", next) ? 2 : 1;
      }
      lines.add(new Line(text.substring(start, end), text.substring(end, next)));
      start = next;
    }
    return new SourceText(mark, List.copyOf(lines));
  }

  /** The whole text without its byte order mark: what a parser reads. */
  String body() {
    StringBuilder out = new StringBuilder();
    lines.forEach(line -> out.append(line.text()).append(line.end()));
    return out.toString();
  }

  @Override
  public String toString() {
    return byteOrderMark + body();
  }

  /** The break that new lines get: the first of the file. */
  String lineEnd() {
    return lines.isEmpty() || lines.getFirst().end().isEmpty() ? "\n" : lines.getFirst().end();
  }

  boolean endsWithoutBreak() {
    return !lines.isEmpty() && lines.getLast().end().isEmpty();
  }
}

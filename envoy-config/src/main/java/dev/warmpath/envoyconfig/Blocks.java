package dev.warmpath.envoyconfig;

import dev.warmpath.envoyconfig.SourceText.Line;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Puts whole lines into a text between two comments, and takes them out again:
 *
 * <pre>
 * # warmpath:begin NAME
 * # warmpath:was     the line that stood here, byte for byte
 * …
 * # warmpath:end NAME
 * </pre>
 *
 * {@code remove(insert(text, any))} is {@code text} for every text without such comments. A text
 * that ends without a line break keeps that: a block at its end has none either, and takes the one
 * before it along when it goes.
 */
final class Blocks {
  private static final String BEGIN = "# warmpath:begin ";
  private static final String END = "# warmpath:end ";
  private static final String WAS = "# warmpath:was ";
  private static final Pattern MARKER = Pattern.compile(" *# warmpath:(begin|end) ([a-z-]+)");
  private static final Pattern KEPT = Pattern.compile(" *# warmpath:was (.*)", Pattern.DOTALL);

  /**
   * Lines to put into a text.
   *
   * @param line 0-based; they come before it, and the number of lines puts them at the end
   * @param replaced how many lines, from that one on, they stand for
   * @param indent of the marker comments
   * @param name of the block, for the reader: lower-case letters and dashes
   */
  record Insertion(int line, int replaced, int indent, String name, List<String> content) {
    Insertion {
      content = List.copyOf(content);
    }
  }

  private Blocks() {}

  /**
   * The text with all insertions. At one place the deeper one comes first, since it ends something
   * that the others come behind; equally deep ones come in the order given.
   */
  static SourceText insert(SourceText text, List<Insertion> insertions) {
    List<Insertion> ordered = new ArrayList<>(insertions);
    ordered.sort(
        Comparator.comparingInt(Insertion::line)
            .thenComparing(Comparator.comparingInt(Insertion::indent).reversed()));
    String lineEnd = text.lineEnd();
    List<Line> lines = new ArrayList<>();
    int copied = 0;
    for (Insertion insertion : ordered) {
      while (copied < insertion.line()) {
        lines.add(ended(text.lines().get(copied++), lineEnd));
      }
      String indent = " ".repeat(insertion.indent());
      lines.add(new Line(indent + BEGIN + insertion.name(), lineEnd));
      for (int i = 0; i < insertion.replaced(); i++) {
        Line was = text.lines().get(copied++);
        lines.add(ended(new Line(indent + WAS + was.text(), was.end()), lineEnd));
      }
      insertion.content().forEach(line -> lines.add(new Line(line, lineEnd)));
      lines.add(new Line(indent + END + insertion.name(), lineEnd));
    }
    while (copied < text.lines().size()) {
      Line line = text.lines().get(copied++);
      lines.add(copied < text.lines().size() ? ended(line, lineEnd) : line);
    }
    if (text.endsWithoutBreak()) {
      lines.set(lines.size() - 1, new Line(lines.getLast().text(), ""));
    }
    return new SourceText(text.byteOrderMark(), List.copyOf(lines));
  }

  private static Line ended(Line line, String lineEnd) {
    return line.end().isEmpty() ? new Line(line.text(), lineEnd) : line;
  }

  /** The text without any block: what it was before {@link #insert}. */
  static SourceText remove(SourceText text) throws PatchException {
    List<Fault> faults = new ArrayList<>();
    List<Line> lines = new ArrayList<>();
    @Nullable String open = null;
    int opened = 0;
    boolean endsInBlock = false;
    for (int i = 0; i < text.lines().size(); i++) {
      Line line = text.lines().get(i);
      Matcher marker = MARKER.matcher(line.text());
      endsInBlock = false;
      if (marker.matches()) {
        String name = marker.group(2);
        boolean begins = marker.group(1).equals("begin");
        if (begins == (open != null) || (open != null && !open.equals(name))) {
          faults.add(
              new Fault(
                  i + 1,
                  "",
                  line.text().strip(),
                  open == null
                      ? BEGIN + name + " before it"
                      : END + open + ", for the block of line " + opened));
        }
        open = begins ? name : null;
        opened = i + 1;
        endsInBlock = !begins;
      } else if (open == null) {
        lines.add(line);
      } else {
        Matcher kept = KEPT.matcher(line.text());
        if (kept.matches()) {
          lines.add(new Line(kept.group(1), line.end()));
        }
      }
    }
    if (open != null) {
      faults.add(new Fault(opened, "", BEGIN + open, END + open + " after it"));
    }
    if (!faults.isEmpty()) {
      throw new PatchException(faults);
    }
    if (endsInBlock && text.endsWithoutBreak() && !lines.isEmpty()) {
      lines.set(lines.size() - 1, new Line(lines.getLast().text(), ""));
    }
    return new SourceText(text.byteOrderMark(), List.copyOf(lines));
  }
}

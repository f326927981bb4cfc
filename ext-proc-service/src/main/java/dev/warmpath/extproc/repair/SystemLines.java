package dev.warmpath.extproc.repair;

import static java.nio.charset.StandardCharsets.US_ASCII;

import com.google.re2j.Pattern;
import dev.warmpath.extproc.annotate.Splices;
import dev.warmpath.extproc.prompt.PartKind;
import dev.warmpath.extproc.prompt.Prompt;
import dev.warmpath.extproc.prompt.Role;
import dev.warmpath.extproc.prompt.SegmentKind;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Moves lines of the system prompt to the end of the last text that is the user's, wherever that
 * stands, as they are written in the body. Lines end with an escaped line feed. Stateless.
 */
final class SystemLines {

  private static final byte[] TEXT = "text".getBytes(US_ASCII);
  private static final byte[] LINE_FEED = "\\n".getBytes(US_ASCII);

  private SystemLines() {}

  /** A line's raw bytes, without what ends it; {@code next} is where the following one begins. */
  private record Line(int start, int end, int next) {}

  /** A text's raw bytes, without its quotes. */
  private record Text(int start, int end) {}

  static Decision plan(Prompt prompt, List<Pattern> patterns, Splices.Builder splices) {
    byte[] body = prompt.body();
    List<Line> moved = new ArrayList<>();
    for (int part = 0; part < prompt.parts(); part++) {
      if (prompt.kind(prompt.partSegment(part)) != SegmentKind.SYSTEM
          || prompt.partKind(part) != PartKind.TEXT) {
        continue;
      }
      Text text = text(prompt, part);
      if (text == null) {
        continue;
      }
      int kept = 0;
      List<Line> matching = new ArrayList<>();
      for (Line line : lines(body, text)) {
        if (line.end() > line.start() && matches(body, line, patterns)) {
          matching.add(line);
        } else if (!isBlank(body, line)) {
          kept++;
        }
      }
      if (!matching.isEmpty() && kept == 0) {
        return Decision.WOULD_EMPTY_A_TEXT;
      }
      moved.addAll(matching);
    }
    if (moved.isEmpty()) {
      return Decision.NOTHING_TO_DO;
    }
    Text target = lastUserText(prompt);
    if (target == null) {
      return Decision.NO_USER_TEXT;
    }
    var appended = new ByteArrayOutputStream();
    if (target.end() > target.start()) {
      appended.writeBytes(LINE_FEED);
    }
    for (Line line : moved) {
      appended.writeBytes(LINE_FEED);
      appended.write(body, line.start(), line.end() - line.start());
      splices.replace(line.start(), line.next() - line.start(), new byte[0]);
    }
    splices.insert(target.end(), appended.toByteArray());
    return Decision.REPAIRED;
  }

  private static @Nullable Text lastUserText(Prompt prompt) {
    for (int part = prompt.parts() - 1; part >= 0; part--) {
      int segment = prompt.partSegment(part);
      if (prompt.kind(segment) == SegmentKind.MESSAGE
          && prompt.role(segment) == Role.USER
          && prompt.partKind(part) == PartKind.TEXT) {
        Text text = text(prompt, part);
        if (text != null) {
          return text;
        }
      }
    }
    return null;
  }

  private static @Nullable Text text(Prompt prompt, int part) {
    byte[] body = prompt.body();
    int string =
        prompt.partIsString(part)
            ? prompt.partRawStart(part)
            : RawJson.member(body, prompt.partRawStart(part), TEXT);
    return string == RawJson.NONE || body[string] != '"'
        ? null
        : new Text(string + 1, RawJson.endOfString(body, string) - 1);
  }

  private static List<Line> lines(byte[] body, Text text) {
    List<Line> lines = new ArrayList<>();
    int start = text.start();
    int at = start;
    while (at < text.end()) {
      if (body[at] != '\\') {
        at++;
        continue;
      }
      int escape = body[at + 1] == 'u' ? 6 : 2;
      if (isLineFeed(body, at)) {
        lines.add(new Line(start, withoutReturn(body, start, at), at + escape));
        start = at + escape;
      }
      at += escape;
    }
    lines.add(new Line(start, text.end(), text.end()));
    return lines;
  }

  private static boolean isLineFeed(byte[] body, int at) {
    return body[at + 1] == 'n'
        || (body[at + 1] == 'u'
            && body[at + 2] == '0'
            && body[at + 3] == '0'
            && body[at + 4] == '0'
            && (body[at + 5] | 0x20) == 'a');
  }

  private static int withoutReturn(byte[] body, int start, int end) {
    boolean ends = end - start >= 2 && body[end - 2] == '\\' && body[end - 1] == 'r';
    // An even number of backslashes before the letter would be backslashes themselves.
    int slashes = 0;
    while (ends && end - 2 - slashes >= start && body[end - 2 - slashes] == '\\') {
      slashes++;
    }
    return ends && slashes % 2 == 1 ? end - 2 : end;
  }

  private static boolean isBlank(byte[] body, Line line) {
    for (int at = line.start(); at < line.end(); at++) {
      if (body[at] != ' ') {
        return false;
      }
    }
    return true;
  }

  private static boolean matches(byte[] body, Line line, List<Pattern> patterns) {
    String text = RawJson.decoded(body, line.start(), line.end());
    for (Pattern pattern : patterns) {
      if (pattern.matcher(text).matches()) {
        return true;
      }
    }
    return false;
  }
}

package dev.warmpath.extproc.repair;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

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
 * Moves lines of the system prompt to the end of the last user message, as they are written in the
 * body. Lines end with an escaped line feed. Stateless.
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
    int last = prompt.segments() - 1;
    if (prompt.kind(last) != SegmentKind.MESSAGE || prompt.role(last) != Role.USER) {
      return null;
    }
    for (int part = prompt.partsEnd(last) - 1; part >= prompt.partsStart(last); part--) {
      if (prompt.partKind(part) == PartKind.TEXT) {
        return text(prompt, part);
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
    String text = decoded(body, line);
    for (Pattern pattern : patterns) {
      if (pattern.matcher(text).matches()) {
        return true;
      }
    }
    return false;
  }

  /** Undoes the escapes of a JSON string. */
  private static String decoded(byte[] body, Line line) {
    String raw = new String(body, line.start(), line.end() - line.start(), UTF_8);
    if (raw.indexOf('\\') < 0) {
      return raw;
    }
    var text = new StringBuilder(raw.length());
    int at = 0;
    while (at < raw.length()) {
      char c = raw.charAt(at++);
      if (c != '\\') {
        text.append(c);
        continue;
      }
      char escaped = raw.charAt(at++);
      if (escaped == 'u') {
        text.append((char) Integer.parseInt(raw, at, at + 4, 16));
        at += 4;
      } else {
        text.append(
            switch (escaped) {
              case 'b' -> '\b';
              case 'f' -> '\f';
              case 'n' -> '\n';
              case 'r' -> '\r';
              case 't' -> '\t';
              default -> escaped;
            });
      }
    }
    return text.toString();
  }
}

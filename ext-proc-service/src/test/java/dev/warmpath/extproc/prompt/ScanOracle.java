package dev.warmpath.extproc.prompt;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Holds scans against Jackson and a tree: the same verdict, the same segments, the same text.
 *
 * <p>A body is sound where a decoder that reports and Jackson, to its last byte, take it, with
 * these differences:
 *
 * <ul>
 *   <li>stricter: a byte order mark, an escaped surrogate without its partner, and nesting beyond
 *       the limit are refused; so are two names for one field.
 *   <li>laxer than Jackson's strict detection of duplicates: a name may stand twice where we don't
 *       read it. Parsers disagree about what that means, but its text is the same for each body.
 * </ul>
 *
 * <p>What is wrong with a body that isn't sound depends on how far one has read; a scan names the
 * first, and is held to one that is there.
 */
final class ScanOracle {

  static final int MAX_DEPTH = 32;
  static final PromptScanner.Limits LIMITS = new PromptScanner.Limits(1 << 20, MAX_DEPTH, 10_000);

  private static final Pattern ESCAPE = Pattern.compile("\\\\(?:u[0-9A-F]{4}|.)");
  private static final Pattern SURROGATE = Pattern.compile("\\\\u[dD][89a-fA-F]");

  /** Both live on, so that what one body leaves behind would show in the next. */
  private final PromptScanner scanner = new PromptScanner(LIMITS);

  final Prompt prompt = new Prompt();
  private final Prompt decoded = new Prompt();
  private final Prompt again = new Prompt();

  /** Scans a body and holds everything that the scan tells against the tree. */
  Verdict check(byte[] body, Dialect dialect) {
    Verdict verdict = scanner.scan(body, body.length, dialect, prompt);
    Json.@Nullable Document document = document(body);
    if (document == null) {
      assertThat(faults(body)).as(() -> text(body, dialect)).contains(verdict);
      return verdict;
    }
    ReferencePrompt expected = new ReferencePrompt(document.tree(), dialect);
    Set<Verdict> faults = EnumSet.copyOf(expected.faults);
    if (PromptScanner.startsWithByteOrderMark(body, body.length)) {
      faults = EnumSet.of(Verdict.BYTE_ORDER_MARK);
    } else {
      if (document.tree().depth() > MAX_DEPTH) {
        faults.add(Verdict.TOO_DEEP);
      }
      if (document.tree().hasLoneSurrogate()) {
        faults.add(Verdict.LONE_SURROGATE);
      }
    }
    if (faults.contains(Verdict.DUPLICATE_KEY)) {
      // Of a field with two names the tree looks at one value, and the scan at the first.
      faults.add(Verdict.UNEXPECTED_SHAPE);
    }
    if (!faults.isEmpty()) {
      assertThat(faults).as(() -> text(body, dialect)).contains(verdict);
      return verdict;
    }
    assertThat(verdict).as(() -> text(body, dialect)).isEqualTo(Verdict.OK);
    List<String> found = describe(prompt);
    assertThat(prompt.body()).isSameAs(body);
    assertThat(prompt.bodyLength()).isEqualTo(body.length);
    List<String> wanted = describe(expected, document);
    for (int i = 0; i < Math.min(found.size(), wanted.size()); i++) {
      assertThat(found.get(i)).as(() -> text(body, dialect)).isEqualTo(wanted.get(i));
    }
    assertThat(found).hasSameSizeAs(wanted);
    assertOrder(prompt);
    assertDecoded();
    return verdict;
  }

  private static String text(byte[] body, Dialect dialect) {
    return dialect + " " + new String(body, UTF_8);
  }

  /** Null if the body is not JSON in UTF-8. */
  private static Json.@Nullable Document document(byte[] body) {
    try {
      return Json.read(body);
    } catch (IOException _) {
      return null;
    }
  }

  /** What may be said of a body that is not JSON in UTF-8. */
  private static Set<Verdict> faults(byte[] body) {
    if (PromptScanner.startsWithByteOrderMark(body, body.length)) {
      return EnumSet.of(Verdict.BYTE_ORDER_MARK);
    }
    String text = new String(body, UTF_8);
    if (text.chars().allMatch(c -> " \n\r\t".indexOf(c) >= 0)) {
      return EnumSet.of(Verdict.EMPTY);
    }
    Set<Verdict> faults =
        EnumSet.of(
            Verdict.NOT_JSON,
            Verdict.UNFINISHED,
            Verdict.TRAILING_BYTES,
            Verdict.DUPLICATE_KEY,
            Verdict.UNEXPECTED_SHAPE);
    try {
      var _ = UTF_8.newDecoder().decode(ByteBuffer.wrap(body));
    } catch (CharacterCodingException _) {
      faults.add(Verdict.INVALID_UTF8);
    }
    if (SURROGATE.matcher(text).find()) {
      faults.add(Verdict.LONE_SURROGATE);
    }
    if (text.chars().filter(c -> c == '{' || c == '[').count() > MAX_DEPTH) {
      faults.add(Verdict.TOO_DEEP);
    }
    return faults;
  }

  private static List<String> describe(Prompt prompt) {
    List<String> found = new ArrayList<>();
    for (int s = 0; s < prompt.segments(); s++) {
      found.add(
          "%s %s [%d,%d) %s"
              .formatted(
                  prompt.kind(s),
                  prompt.role(s),
                  prompt.rawStart(s),
                  prompt.rawEnd(s),
                  text(prompt, prompt.textStart(s), prompt.textEnd(s))));
      for (int p = prompt.partsStart(s); p < prompt.partsEnd(s); p++) {
        found.add(
            "  %s string=%s marker=%d null=%s [%d,%d) %s"
                .formatted(
                    prompt.partKind(p),
                    prompt.partIsString(p),
                    prompt.partMarker(p),
                    prompt.partMarkerIsNull(p),
                    prompt.partRawStart(p),
                    prompt.partRawEnd(p),
                    text(prompt, prompt.partTextStart(p), prompt.partTextEnd(p))));
      }
    }
    for (Parameter.Position position : Parameter.Position.values()) {
      found.add(
          position
              + " "
              + text(prompt, prompt.parametersStart(position), prompt.parametersEnd(position)));
    }
    for (Parameter parameter : Parameter.values()) {
      if (prompt.has(parameter)) {
        found.add(
            "%s [%d,%d)"
                .formatted(
                    parameter,
                    prompt.parameterRawStart(parameter),
                    prompt.parameterRawEnd(parameter)));
      }
    }
    found.add("model [%d,%d) %s".formatted(prompt.modelStart(), prompt.modelEnd(), prompt.model()));
    found.add(
        "salt [%d,%d) %s null %d"
            .formatted(
                prompt.cacheSaltStart(),
                prompt.cacheSaltEnd(),
                text(prompt, prompt.cacheSaltTextStart(), prompt.cacheSaltTextEnd()),
                prompt.cacheSaltNullStart()));
    found.add("user " + text(prompt, prompt.userTextStart(), prompt.userTextEnd()));
    found.add("session " + text(prompt, prompt.sessionTextStart(), prompt.sessionTextEnd()));
    found.add(
        "history %s %s"
            .formatted(
                prompt.hasHistory(),
                text(prompt, prompt.historyTextStart(), prompt.historyTextEnd())));
    found.add(
        facts(
            prompt.stream(),
            prompt.includeUsage(),
            prompt.givesIncludeUsage(),
            prompt.streamOptionsStart(),
            prompt.severalChoices(),
            prompt.maxOutputTokens(),
            prompt.inputs(),
            prompt.hasTools(),
            prompt.hasImages(),
            prompt.topLevelMarker(),
            prompt.markers(),
            prompt.hourMarkers(),
            prompt.firstByteAfterBrace(),
            prompt.textLength()));
    return found;
  }

  private static List<String> describe(ReferencePrompt expected, Json.Document document) {
    List<String> wanted = new ArrayList<>();
    for (ReferencePrompt.Segment segment : expected.segments) {
      wanted.add(
          "%s %s %s %s"
              .formatted(
                  segment.kind(),
                  segment.role(),
                  range(document, segment.raw(), 0),
                  readable(segment.text())));
      for (ReferencePrompt.Part part : segment.parts()) {
        wanted.add(
            "  %s string=%s marker=%d null=%s %s %s"
                .formatted(
                    part.kind(),
                    part.string(),
                    part.marker(),
                    part.nullMarker(),
                    range(document, part.raw(), 0),
                    readable(part.text())));
      }
    }
    for (Parameter.Position position : Parameter.Position.values()) {
      wanted.add(position + " " + readable(expected.parameters(position)));
    }
    expected.parameters.forEach(
        (parameter, value) -> wanted.add(parameter + " " + range(document, value, 0)));
    Json model = expected.values.get("model");
    wanted.add(
        "model %s %s"
            .formatted(
                range(document, model, 1), model instanceof Json.Str(String name) ? name : ""));
    Json salt = expected.values.get("salt");
    Json saltNull = expected.saltNull;
    wanted.add(
        "salt %s %s null %d"
            .formatted(
                range(document, salt, 1),
                canonical(salt),
                saltNull == null ? -1 : document.span(saltNull).start()));
    wanted.add("user " + canonical(expected.values.get("user")));
    wanted.add("session " + canonical(expected.values.get("session")));
    Json history = expected.values.get("history");
    wanted.add("history %s %s".formatted(history != null, canonical(history)));
    wanted.add(
        facts(
            expected.stream,
            expected.includeUsage,
            expected.givesIncludeUsage,
            expected.streamOptions == null ? -1 : document.span(expected.streamOptions).start(),
            expected.severalChoices,
            expected.maxOutputTokens,
            expected.inputs,
            expected.segments.getFirst().kind() == SegmentKind.TOOL,
            expected.hasImages,
            expected.topLevelMarker,
            expected.markers,
            expected.hourMarkers,
            document.span(document.tree()).start() + 1,
            expected.text().length));
    return wanted;
  }

  private static String facts(Object... facts) {
    return "stream, usage, its member, options, choices, output, inputs, tools, images, automatic,"
        + " markers, hours, brace, text: "
        + Arrays.toString(facts);
  }

  /**
   * A value's place.
   *
   * @param quotes how many bytes at either end are not counted
   */
  private static String range(Json.Document document, @Nullable Json value, int quotes) {
    if (value == null) {
      return "[-1,-1)";
    }
    Json.Span span = document.span(value);
    return "[%d,%d)".formatted(span.start() + quotes, span.end() - quotes);
  }

  private static String canonical(@Nullable Json value) {
    return readable(
        switch (value) {
          case null -> new byte[0];
          case Json.Str(String string) -> ReferencePrompt.encoded(string);
          default -> ReferencePrompt.canonical(value);
        });
  }

  private static String text(Prompt prompt, int from, int to) {
    return readable(Arrays.copyOfRange(prompt.text(), from, to));
  }

  /** Each byte a character. */
  private static String readable(byte[] text) {
    return new String(text, ISO_8859_1);
  }

  /** The readable copy differs by the escapes, and by nothing else. */
  private void assertDecoded() {
    prompt.decodeInto(decoded);
    decoded.decodeInto(again);
    List<String> found = describe(prompt);
    for (Prompt copy : List.of(decoded, again)) {
      List<String> readable = describe(copy);
      assertThat(readable).hasSameSizeAs(found);
      // The model is told decoded; the last line counts bytes of text.
      for (int i = 0; i < found.size() - 1; i++) {
        String line = found.get(i);
        assertThat(readable.get(i))
            .isEqualTo(line.startsWith("model ") ? line : withoutEscapes(line));
      }
      assertOrder(copy);
    }
  }

  private static String withoutEscapes(String text) {
    return ESCAPE
        .matcher(text)
        .replaceAll(
            escape ->
                Matcher.quoteReplacement(
                    switch (escape.group().charAt(1)) {
                      case 'b' -> "\b";
                      case 'f' -> "\f";
                      case 'n' -> "\n";
                      case 'r' -> "\r";
                      case 't' -> "\t";
                      case 'u' ->
                          Character.toString(Integer.parseInt(escape.group().substring(2), 16));
                      default -> escape.group().substring(1);
                    }));
  }

  /** Segments and parts follow each other without gap. */
  private static void assertOrder(Prompt prompt) {
    int textEnd = 0;
    for (int s = 0; s < prompt.segments(); s++) {
      assertThat(prompt.textStart(s)).isEqualTo(textEnd);
      for (int p = prompt.partsStart(s); p < prompt.partsEnd(s); p++) {
        assertThat(prompt.partSegment(p)).isEqualTo(s);
        assertThat(prompt.partTextStart(p)).isEqualTo(textEnd);
        textEnd = prompt.partTextEnd(p);
      }
      assertThat(prompt.textEnd(s)).isEqualTo(textEnd);
    }
    assertThat(prompt.textLength()).isEqualTo(textEnd);
  }
}

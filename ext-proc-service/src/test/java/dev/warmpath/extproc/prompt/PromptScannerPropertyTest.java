package dev.warmpath.extproc.prompt;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.ShrinkingMode;
import org.jspecify.annotations.Nullable;

/** The scanner against Jackson and a tree, over sound, mutated and arbitrary bodies. */
class PromptScannerPropertyTest {

  private static final int MAX_DEPTH = 32;
  private static final PromptScanner.Limits LIMITS =
      new PromptScanner.Limits(1 << 20, MAX_DEPTH, 10_000);

  /** Both live on, so that what one body leaves behind would show in the next. */
  private final PromptScanner scanner = new PromptScanner(LIMITS);

  private final Prompt prompt = new Prompt();

  /** Those that the tree knows. */
  @Provide
  Arbitrary<Dialect> dialects() {
    return Arbitraries.of(Dialect.OPENAI_CHAT, Dialect.ANTHROPIC_MESSAGES);
  }

  @Property(tries = 1000, shrinking = ShrinkingMode.OFF)
  void sound_request_is_read_as_the_tree_says(
      @ForAll long seed, @ForAll("dialects") Dialect dialect) {
    Random random = new Random(seed);
    Requests requests = new Requests(random);
    Json.Obj request = requests.reordered(requests.request(dialect));
    byte[] body = request.scattered(random).getBytes(UTF_8);

    assertThat(scan(body, dialect)).isEqualTo(Verdict.OK);
    assertSame(new ReferencePrompt(request, dialect), body);
  }

  @Property(tries = 1000, shrinking = ShrinkingMode.OFF)
  void order_of_members_white_space_and_escapes_do_not_matter(
      @ForAll long seed, @ForAll("dialects") Dialect dialect) {
    Random random = new Random(seed);
    Requests requests = new Requests(random);
    Json.Obj request = requests.request(dialect);

    assertThat(scan(request.compact().getBytes(UTF_8), dialect)).isEqualTo(Verdict.OK);
    // Members that we don't know keep their order; the generator gives each message one at most.
    byte[] text =
        Arrays.copyOf(prompt.text(), prompt.parametersEnd(Parameter.Position.AFTER_SYSTEM));
    byte[] body = requests.reordered(request).scattered(random).getBytes(UTF_8);

    assertThat(scan(body, dialect)).isEqualTo(Verdict.OK);
    assertThat(Arrays.copyOf(prompt.text(), prompt.parametersEnd(Parameter.Position.AFTER_SYSTEM)))
        .isEqualTo(text);
  }

  @Property(tries = 4000, shrinking = ShrinkingMode.OFF)
  void mutated_request_is_refused_where_jackson_or_the_tree_refuse_it(
      @ForAll long seed, @ForAll("dialects") Dialect dialect) {
    Random random = new Random(seed);
    Json.Obj request = new Requests(random).request(dialect);
    byte[] body =
        (random.nextBoolean() ? request.compact() : request.scattered(random)).getBytes(UTF_8);
    for (int i = random.nextInt(3); i >= 0; i--) {
      body = mutated(body, random);
    }

    Verdict verdict = scan(body, dialect);

    Json tree = tree(body);
    if (tree == null) {
      assertThat(verdict)
          .as(() -> seed + " " + dialect)
          .isNotIn(Verdict.OK, Verdict.NO_PROMPT, Verdict.TOO_LARGE, Verdict.TOO_MANY_SEGMENTS);
      return;
    }
    ReferencePrompt expected = new ReferencePrompt(tree, dialect);
    if (expected.faults.isEmpty()) {
      assertThat(verdict).as(() -> seed + " " + dialect).isEqualTo(Verdict.OK);
      assertSame(expected, body);
    } else {
      assertThat(expected.faults).as(() -> seed + " " + dialect).contains(verdict);
    }
  }

  @Property(tries = 1000, shrinking = ShrinkingMode.OFF)
  void arbitrary_bytes_never_throw(@ForAll byte[] body, @ForAll("dialects") Dialect dialect) {
    assertThat(scan(body, dialect)).isNotEqualTo(Verdict.OK);
  }

  @Property(tries = 1000, shrinking = ShrinkingMode.OFF)
  void body_that_ends_early_is_unfinished(@ForAll long seed, @ForAll("dialects") Dialect dialect) {
    Random random = new Random(seed);
    byte[] body = new Requests(random).request(dialect).compact().getBytes(UTF_8);
    int length = 1 + random.nextInt(body.length - 1);

    // The rest is still in the array, as in a buffer that is used again.
    assertThat(scanner.scan(body, length, dialect, prompt)).isEqualTo(Verdict.UNFINISHED);
  }

  @Property(tries = 1000, shrinking = ShrinkingMode.OFF)
  void raw_ranges_hold_the_values_they_name(@ForAll long seed, @ForAll("dialects") Dialect dialect)
      throws IOException {
    Random random = new Random(seed);
    Requests requests = new Requests(random);
    Json.Obj request = requests.reordered(requests.request(dialect));
    byte[] body = request.scattered(random).getBytes(UTF_8);
    assertThat(scan(body, dialect)).isEqualTo(Verdict.OK);

    List<Json> tools = elements(request, "tools");
    List<Json> messages = elements(request, "messages");
    int segment = 0;
    for (Json tool : tools) {
      assertThat(raw(body, prompt.rawStart(segment), prompt.rawEnd(segment))).isEqualTo(tool);
      segment++;
    }
    if (dialect == Dialect.ANTHROPIC_MESSAGES && request.get("system").isPresent()) {
      assertThat(raw(body, prompt.rawStart(segment), prompt.rawEnd(segment)))
          .isEqualTo(request.get("system").get());
      segment++;
    }
    for (Json message : messages) {
      assertThat(raw(body, prompt.rawStart(segment), prompt.rawEnd(segment))).isEqualTo(message);
      segment++;
    }
    assertThat(prompt.segments()).isEqualTo(segment);
    for (int part = 0; part < prompt.parts(); part++) {
      Json value = raw(body, prompt.partRawStart(part), prompt.partRawEnd(part));
      assertThat(prompt.partIsString(part) && !(value instanceof Json.Str)).isFalse();
      if (prompt.partMarker(part) != 0) {
        assertThat(((Json.Obj) value).get("cache_control")).isPresent();
      }
    }
    assertThat((char) body[prompt.firstByteAfterBrace() - 1]).isEqualTo('{');
    assertThat(prompt.model()).isEqualTo(((Json.Str) request.get("model").get()).value());
  }

  private Verdict scan(byte[] body, Dialect dialect) {
    return scanner.scan(body, body.length, dialect, prompt);
  }

  private static List<Json> elements(Json.Obj request, String name) {
    return request.get(name).orElse(null) instanceof Json.Arr(List<Json> elements)
        ? elements
        : List.of();
  }

  private static Json raw(byte[] body, int from, int to) throws IOException {
    return Json.parse(new String(body, from, to - from, UTF_8));
  }

  private void assertSame(ReferencePrompt expected, byte[] body) {
    List<String> wanted = new ArrayList<>();
    List<String> found = new ArrayList<>();
    for (ReferencePrompt.Segment segment : expected.segments) {
      wanted.add(
          segment.kind()
              + " "
              + segment.role()
              + " "
              + segment.parts()
              + " "
              + Arrays.toString(segment.text()));
    }
    int textEnd = 0;
    for (int s = 0; s < prompt.segments(); s++) {
      List<PartKind> parts = new ArrayList<>();
      for (int p = prompt.partsStart(s); p < prompt.partsEnd(s); p++) {
        assertThat(prompt.partSegment(p)).isEqualTo(s);
        assertThat(prompt.partTextStart(p)).isEqualTo(textEnd);
        textEnd = prompt.partTextEnd(p);
        parts.add(prompt.partKind(p));
      }
      assertThat(prompt.textEnd(s)).isEqualTo(textEnd);
      found.add(
          prompt.kind(s)
              + " "
              + prompt.role(s)
              + " "
              + parts
              + " "
              + Arrays.toString(
                  Arrays.copyOfRange(prompt.text(), prompt.textStart(s), prompt.textEnd(s))));
    }
    assertThat(found).as(() -> new String(body, UTF_8)).isEqualTo(wanted);
    assertThat(prompt.textLength()).isEqualTo(textEnd);
    assertThat(prompt.topLevelMarker()).isEqualTo(expected.topLevelMarker);
    assertThat(prompt.markers()).isEqualTo(expected.markers);
  }

  private static final byte[] LIKELY =
      "{}[]\",:\\u0123456789dDnulltruefalse-+.eE \n\t\u0000".getBytes(UTF_8);

  private static byte[] mutated(byte[] body, Random random) {
    int at = random.nextInt(body.length);
    byte value =
        random.nextInt(4) == 0 ? (byte) random.nextInt() : LIKELY[random.nextInt(LIKELY.length)];
    int to = Math.min(body.length, at + 1 + random.nextInt(random.nextBoolean() ? 2 : 40));
    byte[] inserted =
        switch (random.nextInt(4)) {
          case 0 -> new byte[] {value};
          case 1 -> new byte[0];
          case 2 -> {
            int from = random.nextInt(body.length);
            yield Arrays.copyOfRange(body, from, Math.min(body.length, from + random.nextInt(60)));
          }
          default -> {
            String[] pieces = {
              "\\ud800",
              "\\udc00",
              "\\uD83D\\uDE00",
              "\\x",
              "\u00e9",
              "\"a\":1,",
              "null",
              "01",
              "\"type\":\"text\",",
              "\"role\":\"user\",",
              "\"content\":[],",
              "[[[[",
              ",",
              "//",
            };
            yield pieces[random.nextInt(pieces.length)].getBytes(UTF_8);
          }
        };
    if (random.nextInt(3) == 0) {
      to = at;
    }
    byte[] mutated = new byte[at + inserted.length + body.length - to];
    System.arraycopy(body, 0, mutated, 0, at);
    System.arraycopy(inserted, 0, mutated, at, inserted.length);
    System.arraycopy(body, to, mutated, at + inserted.length, body.length - to);
    return mutated.length == 0 ? new byte[] {value} : mutated;
  }

  /** The body as a tree; null if it isn't JSON that every parser reads alike. */
  private static @Nullable Json tree(byte[] body) {
    try {
      // By way of a String, since Jackson itself lets some malformed UTF-8 pass.
      String text = UTF_8.newDecoder().decode(ByteBuffer.wrap(body)).toString();
      if (text.startsWith("\ufeff")) {
        return null;
      }
      Json tree = Json.parse(text);
      return depth(tree) <= MAX_DEPTH && !hasLoneSurrogate(tree) ? tree : null;
    } catch (CharacterCodingException _) {
      return null;
    } catch (IOException _) {
      return null;
    }
  }

  private static int depth(Json json) {
    return switch (json) {
      case Json.Raw _, Json.Str _ -> 0;
      case Json.Arr(List<Json> elements) ->
          1 + elements.stream().mapToInt(PromptScannerPropertyTest::depth).max().orElse(0);
      case Json.Obj(List<Json.Member> members) ->
          1 + members.stream().mapToInt(m -> depth(m.value())).max().orElse(0);
    };
  }

  private static boolean hasLoneSurrogate(Json json) {
    return switch (json) {
      case Json.Raw _ -> false;
      case Json.Str(String value) -> !UTF_8.newEncoder().canEncode(value);
      case Json.Arr(List<Json> elements) ->
          elements.stream().anyMatch(PromptScannerPropertyTest::hasLoneSurrogate);
      case Json.Obj(List<Json.Member> members) ->
          members.stream()
              .anyMatch(
                  m -> !UTF_8.newEncoder().canEncode(m.name()) || hasLoneSurrogate(m.value()));
    };
  }
}

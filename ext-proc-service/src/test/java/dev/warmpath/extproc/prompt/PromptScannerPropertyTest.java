package dev.warmpath.extproc.prompt;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.Arrays;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.ShrinkingMode;

/** The scanner against Jackson and a tree, over sound, mutated and arbitrary bodies. */
class PromptScannerPropertyTest {

  private final ScanOracle oracle = new ScanOracle();
  private final Prompt prompt = oracle.prompt;

  @Property(tries = 3000, shrinking = ShrinkingMode.OFF)
  void sound_request_is_read_as_the_tree_says(@ForAll long seed, @ForAll Dialect dialect)
      throws IOException {
    Random random = new Random(seed);
    Requests requests = new Requests(random);
    Json.Obj request = requests.reordered(requests.request(dialect));
    byte[] body = request.scattered(random).getBytes(UTF_8);

    assertThat(Json.read(body).tree()).isEqualTo(request);
    assertThat(oracle.check(body, dialect)).isEqualTo(Verdict.OK);
  }

  @Property(tries = 2000, shrinking = ShrinkingMode.OFF)
  void order_of_members_white_space_and_escapes_do_not_matter(
      @ForAll long seed, @ForAll Dialect dialect) {
    Random random = new Random(seed);
    Requests requests = new Requests(random);
    Json.Obj request = requests.request(dialect);

    assertThat(oracle.check(request.compact().getBytes(UTF_8), dialect)).isEqualTo(Verdict.OK);
    // Members that we don't know keep their order; the generator gives each message one at most.
    byte[] text = allText();
    byte[] body = requests.reordered(request).scattered(random).getBytes(UTF_8);

    assertThat(oracle.check(body, dialect)).isEqualTo(Verdict.OK);
    assertThat(allText()).isEqualTo(text);
  }

  /** Of segments, parameters, and the last of the values that are named one by one. */
  private byte[] allText() {
    return Arrays.copyOf(prompt.text(), prompt.historyTextEnd());
  }

  @Property(tries = 8000, shrinking = ShrinkingMode.OFF)
  void mutated_request_is_refused_where_jackson_or_the_tree_refuse_it(
      @ForAll long seed, @ForAll Dialect dialect) {
    Random random = new Random(seed);
    Json.Obj request = new Requests(random).request(dialect);
    byte[] body =
        (random.nextBoolean() ? request.compact() : request.scattered(random)).getBytes(UTF_8);
    for (int i = random.nextInt(3); i >= 0; i--) {
      body = mutated(body, random);
    }

    oracle.check(body, dialect);
  }

  /** Mutations of the tree: the body stays JSON, and goes wrong where the rules are. */
  @Property(tries = 8000, shrinking = ShrinkingMode.OFF)
  void request_with_members_moved_about_is_read_as_the_tree_says(
      @ForAll long seed, @ForAll Dialect dialect, @ForAll Dialect other) {
    Random random = new Random(seed);
    Json from = new Requests(random).request(other);
    Json mutated = new Requests(random).request(dialect);
    for (int i = random.nextInt(4); i >= 0; i--) {
      mutated = JsonMutations.mutated(mutated, from, random);
    }

    oracle.check(mutated.compact().getBytes(UTF_8), dialect);
  }

  @Property(tries = 500, shrinking = ShrinkingMode.OFF)
  void request_in_another_dialect_is_read_as_the_tree_says(
      @ForAll long seed, @ForAll Dialect dialect, @ForAll Dialect spoken) {
    oracle.check(new Requests(new Random(seed)).request(spoken).compact().getBytes(UTF_8), dialect);
  }

  @Property(tries = 1000, shrinking = ShrinkingMode.OFF)
  void arbitrary_bytes_never_throw(@ForAll byte[] body, @ForAll Dialect dialect) {
    assertThat(oracle.check(body, dialect)).isNotEqualTo(Verdict.OK);
  }

  @Property(tries = 2000, shrinking = ShrinkingMode.OFF)
  void body_that_ends_early_is_unfinished(@ForAll long seed, @ForAll Dialect dialect) {
    Random random = new Random(seed);
    byte[] body = new Requests(random).request(dialect).compact().getBytes(UTF_8);
    int length = 1 + random.nextInt(body.length - 1);

    // The rest is still in the array, as in a buffer that is used again.
    assertThat(new PromptScanner(ScanOracle.LIMITS).scan(body, length, dialect, prompt))
        .isEqualTo(Verdict.UNFINISHED);
  }

  /** Where Jackson's own detection finds no name twice, neither do we, but for second names. */
  @Property(tries = 2000, shrinking = ShrinkingMode.OFF)
  void name_twice_is_refused_only_where_jackson_sees_it_or_a_field_has_two_names(
      @ForAll long seed, @ForAll Dialect dialect) {
    Random random = new Random(seed);
    Json request = new Requests(random).request(dialect);
    for (int i = random.nextInt(3); i >= 0; i--) {
      request = JsonMutations.withMemberTwice(request, random);
    }
    byte[] body = request.compact().getBytes(UTF_8);

    if (oracle.check(body, dialect) == Verdict.DUPLICATE_KEY) {
      assertThat(Json.repeatsAnyName(body)).isTrue();
    }
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
}

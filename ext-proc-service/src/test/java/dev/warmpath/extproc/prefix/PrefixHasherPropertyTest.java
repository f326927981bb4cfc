package dev.warmpath.extproc.prefix;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.warmpath.extproc.prompt.Dialect;
import dev.warmpath.extproc.prompt.Json;
import dev.warmpath.extproc.prompt.Prompt;
import dev.warmpath.extproc.prompt.PromptScanner;
import dev.warmpath.extproc.prompt.Requests;
import dev.warmpath.extproc.prompt.SegmentKind;
import dev.warmpath.extproc.prompt.Verdict;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.ShrinkingMode;

/** What keys have to hold, over random requests. */
class PrefixHasherPropertyTest {

  private static final KeyRing KEYS = new KeyRing(new byte[32], new byte[32]);
  private static final Scope SCOPE = new Scope(Scope.Lane.POOL, "scope", "model");
  private static final PromptScanner.Limits LIMITS = new PromptScanner.Limits(1 << 20, 64, 10_000);

  private final PromptScanner scanner = new PromptScanner(LIMITS);
  private final PrefixHasher hasher = hasher();

  private static PrefixHasher hasher() {
    return new PrefixHasher(KEYS, 64, 1000);
  }

  /** All that a chain tells. */
  private record Found(
      List<Long> blocks,
      List<Integer> textEnds,
      List<Integer> segmentBlocks,
      int rootBlocks,
      int conversationBlocks,
      long keyRoot,
      long keyConversation) {}

  /** Those that the generator knows. */
  @Provide
  Arbitrary<Dialect> dialects() {
    return Arbitraries.of(Dialect.OPENAI_CHAT, Dialect.ANTHROPIC_MESSAGES);
  }

  @Property(tries = 200, shrinking = ShrinkingMode.OFF)
  void keys_are_pure(@ForAll long seed, @ForAll("dialects") Dialect dialect) {
    Json.Obj request = new Requests(new Random(seed)).request(dialect);
    PromptScanner otherScanner = new PromptScanner(LIMITS);
    byte[] body = request.compact().getBytes(UTF_8);
    Prompt prompt = new Prompt();
    assertThat(otherScanner.scan(body, body.length, dialect, prompt)).isEqualTo(Verdict.OK);

    assertThat(found(hasher(), prompt, SCOPE)).isEqualTo(found(request.compact(), dialect));
  }

  @Property(tries = 300, shrinking = ShrinkingMode.OFF)
  void keys_ignore_how_json_is_written(@ForAll long seed, @ForAll("dialects") Dialect dialect) {
    Random random = new Random(seed);
    Requests requests = new Requests(random);
    Json.Obj request = requests.request(dialect);

    assertThat(found(requests.reordered(request).scattered(random), dialect))
        .isEqualTo(found(request.compact(), dialect));
  }

  @Property(tries = 300, shrinking = ShrinkingMode.OFF)
  void keys_ignore_how_text_is_split_into_parts(
      @ForAll long seed, @ForAll("dialects") Dialect dialect) {
    Random random = new Random(seed);
    Requests requests = new Requests(random);
    Json.Obj request = requests.request(dialect);
    List<Json> whole = new ArrayList<>();
    List<Json> split = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      List<Json> parts = new ArrayList<>();
      StringBuilder text = new StringBuilder();
      for (int part = random.nextInt(4); part > 0; part--) {
        String piece = requests.text();
        text.append(piece);
        parts.add(Json.obj("type", "text", "text", piece));
      }
      whole.add(Json.obj("role", "user", "content", text.toString()));
      split.add(Json.obj("role", "user", "content", new Json.Arr(parts)));
    }

    assertThat(found(request.with("messages", new Json.Arr(split)).compact(), dialect))
        .isEqualTo(found(request.with("messages", new Json.Arr(whole)).compact(), dialect));
  }

  @Property(tries = 300, shrinking = ShrinkingMode.OFF)
  void more_messages_keep_the_blocks_before_them(
      @ForAll long seed, @ForAll("dialects") Dialect dialect) {
    Requests requests = new Requests(new Random(seed));
    Json.Obj request = requests.request(dialect);
    List<Json> messages = new ArrayList<>();
    messages.add(Json.obj("role", "user", "content", requests.text()));
    messages.addAll(messages(request));
    Found shorter = found(request.with("messages", new Json.Arr(messages)).compact(), dialect);
    List<Json> more = new ArrayList<>(messages);
    more.addAll(messages(requests.request(dialect)));
    Found longer = found(request.with("messages", new Json.Arr(more)).compact(), dialect);

    assertThat(start(longer.blocks(), shorter.blocks())).isEqualTo(shorter.blocks());
    assertThat(start(longer.textEnds(), shorter.textEnds())).isEqualTo(shorter.textEnds());
    assertThat(start(longer.segmentBlocks(), shorter.segmentBlocks()))
        .isEqualTo(shorter.segmentBlocks());
    assertThat(longer.keyRoot()).isEqualTo(shorter.keyRoot());
    assertThat(longer.keyConversation()).isEqualTo(shorter.keyConversation());
  }

  @Property(tries = 200, shrinking = ShrinkingMode.OFF)
  void longer_text_keeps_the_blocks_before_it(
      @ForAll long seed, @ForAll("dialects") Dialect dialect) {
    Requests requests = new Requests(new Random(seed));
    Json.Obj request = requests.request(dialect);
    String text = requests.text() + requests.text() + requests.text();
    Found shorter = found(withUserText(request, text), dialect);
    Found longer = found(withUserText(request, text + requests.text()), dialect);

    // The shorter one's last block is cut at the end of its message.
    int common = Math.max(shorter.rootBlocks(), shorter.blocks().size() - 1);
    assertThat(longer.blocks().subList(0, common)).isEqualTo(shorter.blocks().subList(0, common));
  }

  @Property(tries = 200, shrinking = ShrinkingMode.OFF)
  void another_scope_model_or_salt_shares_nothing(
      @ForAll long seed, @ForAll("dialects") Dialect dialect) {
    Requests requests = new Requests(new Random(seed));
    Json.Obj request = requests.request(dialect).without("cache_salt");
    Prompt prompt = scan(request.compact(), dialect);
    Found here = found(hasher, prompt, SCOPE);
    List<Found> elsewhere =
        List.of(
            found(hasher, prompt, new Scope(Scope.Lane.POOL, "scope2", "model")),
            found(hasher, prompt, new Scope(Scope.Lane.POOL, "scope", "model2")),
            found(request.with("cache_salt", new Json.Str("salt")).compact(), dialect));

    for (Found other : elsewhere) {
      assertThat(Collections.disjoint(other.blocks(), here.blocks())).isTrue();
      assertThat(other.keyConversation()).isNotEqualTo(here.keyConversation());
      if (here.keyRoot() != 0) {
        assertThat(other.keyRoot()).isNotEqualTo(here.keyRoot());
      }
    }
  }

  @Property(tries = 200, shrinking = ShrinkingMode.OFF)
  void tools_in_another_order_are_another_prompt(
      @ForAll long seed, @ForAll("dialects") Dialect dialect) {
    Json.Obj request = new Requests(new Random(seed)).request(dialect);
    Json one = Json.obj("name", "one", "x", seed);
    Json two = Json.obj("name", "two");
    Found forth = found(request.with("tools", Json.arr(one, two)).compact(), dialect);
    Found back = found(request.with("tools", Json.arr(two, one)).compact(), dialect);

    assertThat(Collections.disjoint(forth.blocks(), back.blocks())).isTrue();
    assertThat(forth.keyRoot()).isNotEqualTo(back.keyRoot());
    assertThat(forth.keyConversation()).isNotEqualTo(back.keyConversation());
  }

  @Property(tries = 200, shrinking = ShrinkingMode.OFF)
  void block_boundaries_hold_segments_and_sizes(
      @ForAll long seed, @ForAll("dialects") Dialect dialect) {
    Prompt prompt = scan(new Requests(new Random(seed)).request(dialect).compact(), dialect);
    Found found = found(hasher, prompt, SCOPE);

    int last = 0;
    for (int end : found.textEnds()) {
      assertThat(end).isBetween(last + 1, last + 64);
      last = end;
    }
    assertThat(last).isEqualTo(prompt.textLength());
    for (int segment = 0; segment < prompt.segments(); segment++) {
      int blocks = found.segmentBlocks().get(segment);
      int reached = blocks == 0 ? 0 : found.textEnds().get(blocks - 1);
      assertThat(reached).isLessThanOrEqualTo(prompt.textEnd(segment));
      boolean lastOfItsKind =
          segment + 1 == prompt.segments() || prompt.kind(segment + 1) != SegmentKind.TOOL;
      if (lastOfItsKind) {
        assertThat(reached).isEqualTo(prompt.textEnd(segment));
      }
    }
  }

  private static <T> List<T> start(List<T> longer, List<T> shorter) {
    return longer.subList(0, shorter.size());
  }

  private static String withUserText(Json.Obj request, String text) {
    return request.with("messages", Json.arr(Json.obj("role", "user", "content", text))).compact();
  }

  private static List<Json> messages(Json.Obj request) {
    return ((Json.Arr) request.get("messages").orElseThrow()).elements();
  }

  private Prompt scan(String json, Dialect dialect) {
    byte[] body = json.getBytes(UTF_8);
    Prompt prompt = new Prompt();
    assertThat(scanner.scan(body, body.length, dialect, prompt)).isEqualTo(Verdict.OK);
    return prompt;
  }

  private Found found(String json, Dialect dialect) {
    return found(hasher, scan(json, dialect), SCOPE);
  }

  private static Found found(PrefixHasher hasher, Prompt prompt, Scope scope) {
    PrefixChain chain = new PrefixChain();
    hasher.chain(prompt, scope, chain);
    List<Long> blocks = new ArrayList<>();
    List<Integer> textEnds = new ArrayList<>();
    for (int block = 0; block < chain.blocks(); block++) {
      blocks.add(chain.block(block));
      textEnds.add(chain.blockTextEnd(block));
    }
    List<Integer> segmentBlocks = new ArrayList<>();
    for (int segment = 0; segment < prompt.segments(); segment++) {
      segmentBlocks.add(chain.segmentBlocks(segment));
    }
    assertThat(chain.truncated()).isFalse();
    return new Found(
        blocks,
        textEnds,
        segmentBlocks,
        chain.rootBlocks(),
        chain.conversationBlocks(),
        chain.keyRoot(),
        chain.keyConversation());
  }
}

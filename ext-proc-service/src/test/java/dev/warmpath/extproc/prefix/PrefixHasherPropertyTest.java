package dev.warmpath.extproc.prefix;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.warmpath.extproc.prompt.Dialect;
import dev.warmpath.extproc.prompt.Json;
import dev.warmpath.extproc.prompt.JsonMutations;
import dev.warmpath.extproc.prompt.Prompt;
import dev.warmpath.extproc.prompt.PromptScanner;
import dev.warmpath.extproc.prompt.Requests;
import dev.warmpath.extproc.prompt.SegmentKind;
import dev.warmpath.extproc.prompt.Verdict;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.ShrinkingMode;

/** What keys have to hold, over random requests. */
class PrefixHasherPropertyTest {

  private static final int BLOCK_BYTES = 64;
  private static final KeyRing KEYS = new KeyRing(new byte[32], new byte[32]);
  private static final Scope SCOPE = new Scope(Scope.Lane.POOL, "scope", "model");
  private static final PromptScanner.Limits LIMITS = new PromptScanner.Limits(1 << 22, 64, 10_000);

  private final PromptScanner scanner = new PromptScanner(LIMITS);
  private final PrefixHasher hasher = hasher();
  private final Prompt prompt = new Prompt();

  private static PrefixHasher hasher() {
    return new PrefixHasher(KEYS, BLOCK_BYTES, 1000);
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

  @Provide
  Arbitrary<Dialect> dialectsOfMessages() {
    return Arbitraries.of(
        Stream.of(Dialect.values()).filter(Requests::hasMessages).toArray(Dialect[]::new));
  }

  @Property(tries = 500, shrinking = ShrinkingMode.OFF)
  void keys_are_pure(@ForAll long seed, @ForAll Dialect dialect) {
    Json.Obj request = new Requests(new Random(seed)).request(dialect);
    PromptScanner otherScanner = new PromptScanner(LIMITS);
    byte[] body = request.compact().getBytes(UTF_8);
    Prompt prompt = new Prompt();
    assertThat(otherScanner.scan(body, body.length, dialect, prompt)).isEqualTo(Verdict.OK);

    assertThat(found(hasher(), prompt, SCOPE)).isEqualTo(found(request.compact(), dialect));
  }

  @Property(tries = 700, shrinking = ShrinkingMode.OFF)
  void keys_ignore_how_json_is_written(@ForAll long seed, @ForAll Dialect dialect) {
    Random random = new Random(seed);
    Requests requests = new Requests(random);
    Json.Obj request = requests.request(dialect);

    assertThat(found(requests.reordered(request).scattered(random), dialect))
        .isEqualTo(found(request.compact(), dialect));
  }

  @Property(tries = 500, shrinking = ShrinkingMode.OFF)
  void keys_ignore_how_text_is_split_into_parts(
      @ForAll long seed, @ForAll("dialectsOfMessages") Dialect dialect) {
    Random random = new Random(seed);
    Requests requests = new Requests(random);
    Json.Obj request = requests.request(dialect);
    List<Json> whole = new ArrayList<>();
    List<Json> split = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      List<String> pieces = new ArrayList<>();
      for (int part = random.nextInt(4); part > 0; part--) {
        pieces.add(requests.text());
      }
      String text = String.join("", pieces);
      boolean string = takesString(dialect) && random.nextBoolean();
      whole.add(
          string
              ? Json.obj("role", "user", "content", text)
              : Requests.userMessage(dialect, List.of(text)));
      split.add(Requests.userMessage(dialect, pieces));
    }

    assertThat(found(Requests.withMessages(request, dialect, split).compact(), dialect))
        .isEqualTo(found(Requests.withMessages(request, dialect, whole).compact(), dialect));
  }

  private static boolean takesString(Dialect dialect) {
    return dialect != Dialect.BEDROCK_CONVERSE && dialect != Dialect.GEMINI;
  }

  /**
   * Two prompts, of which one is the other with random edits, against a model that keeps all that
   * precedes a block: blocks are equal, and end at the same place, exactly where that is.
   */
  @Property(tries = 3000, shrinking = ShrinkingMode.OFF)
  void blocks_are_equal_exactly_where_all_before_them_is(
      @ForAll long seed, @ForAll Dialect dialect, @ForAll Scope.Lane lane) {
    Random random = new Random(seed);
    Requests requests = new Requests(random);
    Json request = requests.request(dialect);
    Json edited = request;
    for (int i = random.nextInt(3); i >= 0; i--) {
      edited = JsonMutations.mutated(edited, requests.request(dialect), random);
    }
    Scope scope = new Scope(lane, "scope", "model");
    Map<String, Long> blocks = new HashMap<>();
    Map<String, Long> keys = new HashMap<>();
    for (Json each : List.of(request, edited)) {
      byte[] body = each.compact().getBytes(UTF_8);
      if (scanner.scan(body, body.length, dialect, prompt) != Verdict.OK) {
        return;
      }
      Found found = found(hasher, prompt, scope);
      NaiveChain naive = new NaiveChain(prompt, scope, BLOCK_BYTES);
      assertThat(found.textEnds()).isEqualTo(naive.textEnds);
      assertThat(found.rootBlocks()).isEqualTo(naive.rootBlocks);
      assertThat(found.conversationBlocks()).isEqualTo(naive.conversationBlocks);
      for (int block = 0; block < naive.blocks.size(); block++) {
        long hash = found.blocks().get(block);
        assertThat(blocks.merge(naive.blocks.get(block), hash, (known, now) -> known))
            .isEqualTo(hash);
      }
      if (found.keyRoot() != 0) {
        String all = "root " + naive.root;
        assertThat(keys.merge(all, found.keyRoot(), (known, now) -> known))
            .isEqualTo(found.keyRoot());
      }
      if (found.keyConversation() != 0) {
        String all = "conversation " + naive.conversation;
        assertThat(keys.merge(all, found.keyConversation(), (known, now) -> known))
            .isEqualTo(found.keyConversation());
      }
    }
    assertThat(blocks.values()).doesNotHaveDuplicates();
    assertThat(keys.values()).doesNotHaveDuplicates();
  }

  @Property(tries = 500, shrinking = ShrinkingMode.OFF)
  void more_messages_keep_the_blocks_before_them(
      @ForAll long seed, @ForAll("dialectsOfMessages") Dialect dialect) {
    Requests requests = new Requests(new Random(seed));
    Json.Obj request = requests.request(dialect);
    List<Json> messages = new ArrayList<>();
    messages.add(Requests.userMessage(dialect, List.of(requests.text())));
    messages.addAll(messages(request, dialect));
    Found shorter = found(Requests.withMessages(request, dialect, messages).compact(), dialect);
    List<Json> more = new ArrayList<>(messages);
    more.addAll(messages(requests.request(dialect), dialect));
    Found longer = found(Requests.withMessages(request, dialect, more).compact(), dialect);

    assertThat(start(longer.blocks(), shorter.blocks())).isEqualTo(shorter.blocks());
    assertThat(start(longer.textEnds(), shorter.textEnds())).isEqualTo(shorter.textEnds());
    assertThat(start(longer.segmentBlocks(), shorter.segmentBlocks()))
        .isEqualTo(shorter.segmentBlocks());
    assertThat(longer.keyRoot()).isEqualTo(shorter.keyRoot());
    assertThat(longer.keyConversation()).isEqualTo(shorter.keyConversation());
  }

  @Property(tries = 500, shrinking = ShrinkingMode.OFF)
  void longer_text_keeps_the_blocks_before_it(@ForAll long seed, @ForAll Dialect dialect) {
    Requests requests = new Requests(new Random(seed));
    Json.Obj request = requests.request(dialect);
    String text = requests.text() + requests.text() + requests.text();
    Found shorter = found(Requests.withUserText(request, dialect, text).compact(), dialect);
    Found longer =
        found(Requests.withUserText(request, dialect, text + requests.text()).compact(), dialect);

    // The shorter one's last block is cut at the end of its message.
    int common = Math.max(shorter.rootBlocks(), shorter.blocks().size() - 1);
    assertThat(longer.blocks().subList(0, common)).isEqualTo(shorter.blocks().subList(0, common));
  }

  @Property(tries = 500, shrinking = ShrinkingMode.OFF)
  void another_scope_lane_model_or_salt_shares_nothing(@ForAll long seed, @ForAll Dialect dialect) {
    Requests requests = new Requests(new Random(seed));
    Json.Obj request = requests.request(dialect).without("cache_salt");
    Prompt prompt = scan(request.compact(), dialect);
    List<Found> all = new ArrayList<>();
    all.add(found(hasher, prompt, SCOPE));
    all.add(found(hasher, prompt, new Scope(Scope.Lane.POOL, "scope2", "model")));
    all.add(found(hasher, prompt, new Scope(Scope.Lane.PROVIDER, "scope", "model")));
    all.add(found(hasher, prompt, new Scope(Scope.Lane.POOL, "scope", "model2")));
    // The same letters, cut elsewhere.
    all.add(found(hasher, prompt, new Scope(Scope.Lane.POOL, "scopem", "odel")));
    if (knowsSalt(dialect)) {
      for (String salt : List.of("salt", "salt2")) {
        all.add(found(request.with("cache_salt", new Json.Str(salt)).compact(), dialect));
      }
    }

    List<Long> blocks = all.stream().flatMap(found -> found.blocks().stream()).toList();
    assertThat(blocks).doesNotHaveDuplicates();
    List<Long> keys =
        all.stream()
            .flatMap(found -> Stream.of(found.keyRoot(), found.keyConversation()))
            .filter(key -> key != 0)
            .toList();
    assertThat(keys).doesNotHaveDuplicates();
  }

  private static boolean knowsSalt(Dialect dialect) {
    return dialect != Dialect.BEDROCK_CONVERSE && dialect != Dialect.GEMINI;
  }

  @Property(tries = 500, shrinking = ShrinkingMode.OFF)
  void tools_in_another_order_are_another_prompt(
      @ForAll long seed, @ForAll("dialectsOfMessages") Dialect dialect) {
    Json.Obj request =
        new Requests(new Random(seed))
            .request(dialect)
            .without("previous_response_id")
            .without("conversation");
    Json one = Json.obj("name", "one", "x", seed);
    Json two = Json.obj("name", "two");
    Found forth = found(Requests.withTools(request, dialect, one, two).compact(), dialect);
    Found back = found(Requests.withTools(request, dialect, two, one).compact(), dialect);

    assertThat(Collections.disjoint(forth.blocks(), back.blocks())).isTrue();
    assertThat(forth.keyRoot()).isNotEqualTo(back.keyRoot());
    assertThat(forth.keyConversation()).isNotEqualTo(back.keyConversation());
  }

  @Property(tries = 500, shrinking = ShrinkingMode.OFF)
  void block_boundaries_hold_segments_and_sizes(@ForAll long seed, @ForAll Dialect dialect) {
    Prompt prompt = scan(new Requests(new Random(seed)).request(dialect).compact(), dialect);
    Found found = found(hasher, prompt, SCOPE);

    int last = 0;
    for (int end : found.textEnds()) {
      assertThat(end).isBetween(last + 1, last + BLOCK_BYTES);
      last = end;
    }
    // Of prompts side by side only the first has blocks.
    int chained = prompt.inputs() > 1 ? 1 : prompt.segments();
    assertThat(last).isEqualTo(prompt.textEnd(chained - 1));
    for (int segment = 0; segment < chained; segment++) {
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

  @Property(tries = 20, shrinking = ShrinkingMode.OFF)
  void prompt_of_a_megabyte_has_the_first_of_its_blocks_and_no_more_than_configured(
      @ForAll long seed, @ForAll("dialectsOfMessages") Dialect dialect) {
    Random random = new Random(seed);
    int count = 1 + random.nextInt(random.nextBoolean() ? 3 : 3000);
    String text = "All work and no play. ".repeat((1 << 20) / 22 / count + 1);
    List<Json> messages = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      messages.add(Requests.userMessage(dialect, List.of(i + text)));
    }
    Json.Obj request =
        Requests.withMessages(new Requests(random).request(dialect), dialect, messages);
    Prompt prompt = scan(request.compact(), dialect);
    assertThat(prompt.textLength()).isGreaterThan(1 << 20);
    PrefixChain bounded = new PrefixChain();
    PrefixChain whole = new PrefixChain();

    new PrefixHasher(KEYS, BLOCK_BYTES, 1000).chain(prompt, SCOPE, bounded);
    new PrefixHasher(KEYS, BLOCK_BYTES, 1 << 20).chain(prompt, SCOPE, whole);

    assertThat(bounded.blocks()).isEqualTo(1000);
    assertThat(bounded.truncated()).isTrue();
    assertThat(whole.blocks()).isGreaterThan(16_000);
    for (int block = 0; block < bounded.blocks(); block++) {
      assertThat(bounded.block(block)).isEqualTo(whole.block(block));
      assertThat(bounded.blockTextEnd(block)).isEqualTo(whole.blockTextEnd(block));
    }
    assertThat(bounded.keyRoot()).isEqualTo(whole.keyRoot());
    assertThat(bounded.keyConversation()).isEqualTo(whole.keyConversation());
  }

  /**
   * Ten texts in a thousand scopes, a thousand blocks each. By chance, two of ten million keys of
   * 64 bits would be equal once in 370,000 runs.
   */
  @Example
  void ten_million_keys_across_scopes_are_all_different() {
    int blocks = 1000;
    PrefixHasher hasher = new PrefixHasher(KEYS, BLOCK_BYTES, blocks);
    PrefixChain chain = new PrefixChain();
    long[] keys = new long[10_000_000];
    long[] exported = new long[10_000];
    Random random = new Random(4);
    int at = 0;
    for (int text = 0; text < 10; text++) {
      String letters =
          random
              .ints((long) blocks * BLOCK_BYTES, 'a', 'z' + 1)
              .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
              .toString();
      Prompt prompt = scan(Json.obj("prompt", letters).compact(), Dialect.OPENAI_COMPLETIONS);
      for (int scope = 0; scope < 1000; scope++) {
        hasher.chain(prompt, new Scope(Scope.Lane.POOL, "scope" + scope, "model"), chain);
        exported[1000 * text + scope] = chain.keyConversation();
        for (int block = 0; block < blocks; block++) {
          keys[at++] = chain.block(block);
        }
      }
    }

    assertThat(at).isEqualTo(keys.length);
    assertThat(equalPairs(keys)).isZero();
    assertThat(equalPairs(exported)).isZero();
  }

  private static int equalPairs(long[] keys) {
    Arrays.parallelSort(keys);
    int equal = 0;
    for (int i = 1; i < keys.length; i++) {
      equal += keys[i] == keys[i - 1] ? 1 : 0;
    }
    return equal;
  }

  private static <T> List<T> start(List<T> longer, List<T> shorter) {
    return longer.subList(0, shorter.size());
  }

  private static List<Json> messages(Json.Obj request, Dialect dialect) {
    // A string in their place is left out.
    return request.get(Requests.messagesMember(dialect)).orElseThrow()
            instanceof Json.Arr(List<Json> elements)
        ? elements
        : List.of();
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

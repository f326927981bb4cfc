package dev.warmpath.extproc.prefix;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import dev.warmpath.extproc.prompt.Dialect;
import dev.warmpath.extproc.prompt.Prompt;
import dev.warmpath.extproc.prompt.PromptScanner;
import dev.warmpath.extproc.prompt.Verdict;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class PrefixHasherTest {

  private static final int BLOCK_BYTES = 64;
  private static final Scope SCOPE = new Scope(Scope.Lane.POOL, "pool", "model");

  private final KeyRing keys = new KeyRing(secret(1), secret(2));
  private final PrefixHasher hasher = new PrefixHasher(keys, BLOCK_BYTES, 100);
  private final PromptScanner scanner =
      new PromptScanner(new PromptScanner.Limits(1 << 20, 64, 8192));

  @Test
  void chain_ofToolsSystemAndMessages_endsBlocksAtTheirEnds() {
    PrefixChain chain =
        chain(
            """
            {"tools":[{"name":"a"},{"name":"b"}],"system":"%s",
             "messages":[{"role":"user","content":"%s"},{"role":"assistant","content":"ok"}]}\
            """
                .formatted("s".repeat(70), "u".repeat(128)));

    int tools = 2 * "<{'name>:'a>}>".length();
    assertThat(textEnds(chain))
        .containsExactly(tools, tools + 64, tools + 70, tools + 134, tools + 198, tools + 200);
    assertThat(chain.segmentBlocks(0)).isZero();
    assertThat(chain.segmentBlocks(1)).isEqualTo(1);
    assertThat(chain.segmentBlocks(2)).isEqualTo(3);
    assertThat(chain.segmentBlocks(3)).isEqualTo(5);
    assertThat(chain.segmentBlocks(4)).isEqualTo(6);
    assertThat(chain.rootBlocks()).isEqualTo(3);
    assertThat(chain.conversationBlocks()).isEqualTo(5);
    assertThat(chain.hasRoot()).isTrue();
    assertThat(chain.truncated()).isFalse();
  }

  @Test
  void chain_withoutToolsAndSystem_hasNoRootButConversation() {
    PrefixChain chain = chain("{\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}");

    assertThat(chain.hasRoot()).isFalse();
    assertThat(chain.keyRoot()).isZero();
    assertThat(chain.rootBlocks()).isZero();
    assertThat(chain.keyConversation()).isNotZero();
    assertThat(chain.blocks()).isEqualTo(1);
  }

  @Test
  void chain_ofEmptyMessages_hasKeysWithoutBlocks() {
    PrefixChain one = chain("{\"messages\":[{\"role\":\"user\",\"content\":\"\"}]}");
    PrefixChain two =
        chain("{\"messages\":[{\"role\":\"assistant\"},{\"role\":\"user\",\"content\":[]}]}");

    assertThat(one.blocks()).isZero();
    assertThat(two.blocks()).isZero();
    assertThat(two.segmentBlocks(1)).isZero();
    assertThat(one.keyConversation()).isNotEqualTo(two.keyConversation());
  }

  /** Keys are kept for a while, in too little room for these. */
  @Test
  void keys_afterAndAmongManyOthers_areThoseOfAFreshHasher() {
    for (int round = 0; round < 2; round++) {
      for (int i = 0; i < 1500; i++) {
        String body =
            "{\"system\":\"s%d\",\"messages\":[{\"role\":\"user\",\"content\":\"u%d\"}]}"
                .formatted(i % 700, i);
        PrefixChain chain = chain(body);
        if (i % 50 == 0) {
          PrefixChain fresh = chain(new PrefixHasher(keys, BLOCK_BYTES, 100), body);
          assertThat(chain.keyRoot()).isEqualTo(fresh.keyRoot());
          assertThat(chain.keyConversation()).isEqualTo(fresh.keyConversation());
          assertThat(chain.keyRoot()).isNotEqualTo(chain.keyConversation());
        }
      }
    }
  }

  @Test
  void keyConversation_coversTheFirstUserMessageAndNoMore() {
    String turn = "{\"role\":\"%s\",\"content\":\"%s\"}";
    String first = turn.formatted("user", "one");
    PrefixChain one = chain("{\"messages\":[" + first + "]}");
    PrefixChain more =
        chain("{\"messages\":[" + first + "," + turn.formatted("user", "two") + "]}");
    PrefixChain other = chain("{\"messages\":[" + turn.formatted("user", "One") + "]}");
    PrefixChain noUser = chain("{\"messages\":[" + turn.formatted("assistant", "one") + "]}");

    assertThat(more.keyConversation()).isEqualTo(one.keyConversation());
    assertThat(other.keyConversation()).isNotEqualTo(one.keyConversation());
    assertThat(noUser.keyConversation()).isNotZero().isNotEqualTo(one.keyConversation());
  }

  @Test
  void parameters_ofAProvider_changeMessagesAndNotTheRoot() {
    String body = "{\"system\":\"s\",\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]%s}";
    Scope provider = new Scope(Scope.Lane.PROVIDER, "provider", "model");
    PrefixChain without = new PrefixChain();
    hasher.chain(scan(body.formatted(""), Dialect.ANTHROPIC_MESSAGES), provider, without);
    PrefixChain with = new PrefixChain();
    String thinking = body.formatted(",\"thinking\":{\"type\":\"enabled\"}");
    hasher.chain(scan(thinking, Dialect.ANTHROPIC_MESSAGES), provider, with);

    assertThat(with.keyRoot()).isEqualTo(without.keyRoot());
    assertThat(with.block(0)).isEqualTo(without.block(0));
    assertThat(with.block(1)).isNotEqualTo(without.block(1));
    assertThat(with.keyConversation()).isNotEqualTo(without.keyConversation());
  }

  @Test
  void text_thatLooksLikeAnotherStructure_hasAnotherKey() {
    String[] bodies = {
      "{\"messages\":[{\"role\":\"user\",\"content\":\"ab\"}]}",
      "{\"messages\":[{\"role\":\"assistant\",\"content\":\"ab\"}]}",
      "{\"messages\":[{\"role\":\"system\",\"content\":\"ab\"}]}",
      "{\"messages\":[{\"role\":\"tool\",\"content\":\"ab\"}]}",
      "{\"messages\":[{\"role\":\"x\",\"content\":\"ab\"}]}",
      "{\"messages\":[{\"role\":\"user\",\"content\":\"a\"},{\"role\":\"user\",\"content\":\"b\"}]}",
      "{\"system\":\"ab\",\"messages\":[{\"role\":\"user\"}]}",
      "{\"system\":\"a\",\"messages\":[{\"role\":\"user\",\"content\":\"b\"}]}",
      "{\"messages\":[{\"role\":\"user\",\"content\":\"a\",\"name\":\"b\"}]}",
      "{\"messages\":[{\"role\":\"user\",\"content\":\"a\\\"name\\\":\\\"b\\\"\"}]}",
    };
    Set<Long> last = new HashSet<>();
    for (String body : bodies) {
      PrefixChain chain = chain(body);
      last.add(chain.block(chain.blocks() - 1));
    }

    assertThat(last).hasSize(bodies.length);
  }

  @Test
  void blocks_pastTheMost_areCutAndKeysStay() {
    String body =
        "{\"system\":\"%s\",\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"},{\"role\":\"assistant\",\"content\":\"%s\"}]}"
            .formatted("s".repeat(300), "a".repeat(300));
    PrefixChain whole = chain(body);
    PrefixChain cut = new PrefixChain();
    new PrefixHasher(keys, BLOCK_BYTES, 3)
        .chain(scan(body, Dialect.ANTHROPIC_MESSAGES), SCOPE, cut);

    assertThat(cut.truncated()).isTrue();
    assertThat(cut.blocks()).isEqualTo(3);
    assertThat(cut.block(2)).isEqualTo(whole.block(2));
    assertThat(cut.segmentBlocks(2)).isEqualTo(3);
    assertThat(cut.keyRoot()).isEqualTo(whole.keyRoot());
    assertThat(cut.keyConversation()).isEqualTo(whole.keyConversation());
    assertThat(whole.truncated()).isFalse();
  }

  @Test
  void exportSecret_rotated_changesKeysAndNoBlock() {
    String body = "{\"system\":\"s\",\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}";
    PrefixChain before = chain(body);
    PrefixChain after = new PrefixChain();
    new PrefixHasher(new KeyRing(secret(1), secret(3)), BLOCK_BYTES, 100)
        .chain(scan(body, Dialect.ANTHROPIC_MESSAGES), SCOPE, after);

    assertThat(after.block(1)).isEqualTo(before.block(1));
    assertThat(after.keyRoot()).isNotEqualTo(before.keyRoot());
    assertThat(after.keyConversation()).isNotEqualTo(before.keyConversation());
  }

  @Test
  void exportSecret_rotatedByAShare_changesThatShareOfKeysForGood() {
    List<long[]> keysByPercent = new ArrayList<>();
    for (int percent : new int[] {0, 10, 50, 100}) {
      PrefixHasher rotating =
          new PrefixHasher(new KeyRing(secret(1), secret(2), secret(3), percent), BLOCK_BYTES, 100);
      long[] keys = new long[2000];
      PrefixChain chain = new PrefixChain();
      for (int i = 0; i < keys.length; i++) {
        rotating.chain(
            scan(
                "{\"messages\":[{\"role\":\"user\",\"content\":\"" + i + "\"}]}",
                Dialect.OPENAI_CHAT),
            SCOPE,
            chain);
        keys[i] = chain.keyConversation();
      }
      keysByPercent.add(keys);
    }
    long[] before = keysByPercent.getFirst();
    long[] after = keysByPercent.getLast();

    assertThat(changed(before, after)).isEqualTo(2000);
    assertThat(changed(before, keysByPercent.get(1))).isBetween(140, 260);
    assertThat(changed(before, keysByPercent.get(2))).isBetween(900, 1100);
    for (int i = 0; i < before.length; i++) {
      assertThat(keysByPercent.get(1)[i]).isIn(before[i], after[i]);
      if (keysByPercent.get(1)[i] == after[i]) {
        assertThat(keysByPercent.get(2)[i]).isEqualTo(after[i]);
      }
    }
  }

  private static int changed(long[] before, long[] after) {
    int changed = 0;
    for (int i = 0; i < before.length; i++) {
      changed += before[i] == after[i] ? 0 : 1;
    }
    return changed;
  }

  @Test
  void indexSecret_changed_changesEveryBlock() {
    String body = "{\"system\":\"s\",\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}";
    PrefixChain before = chain(body);
    PrefixChain after = new PrefixChain();
    new PrefixHasher(new KeyRing(secret(3), secret(2)), BLOCK_BYTES, 100)
        .chain(scan(body, Dialect.ANTHROPIC_MESSAGES), SCOPE, after);

    assertThat(after.block(0)).isNotEqualTo(before.block(0));
    assertThat(after.block(1)).isNotEqualTo(before.block(1));
    assertThat(after.keyRoot()).isNotEqualTo(before.keyRoot());
  }

  /** Replicas of different versions share keys; a change of these values is a change of format. */
  @Test
  void chain_ofKnownPrompt_keepsItsValues() {
    PrefixChain chain =
        chain("{\"system\":\"You are.\",\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}");

    assertThat(
            Stream.of(chain.block(0), chain.block(1), chain.keyRoot(), chain.keyConversation())
                .map(Long::toHexString))
        .containsExactly(
            "e391fb8fa992b836", "5941d75bb707b78c", "5bd45a67d2504fc9", "2219d2a1bf62570a");
  }

  @Test
  void scopes_moreThanAreKept_haveTheSameSeedsWhenTheyComeBack() {
    String body = "{\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}";
    Prompt prompt = scan(body, Dialect.OPENAI_CHAT);
    PrefixChain chain = new PrefixChain();
    hasher.chain(prompt, new Scope(Scope.Lane.POOL, "tenant 0", "m"), chain);
    long first = chain.block(0);
    Set<Long> blocks = new HashSet<>();
    for (int i = 0; i < 3000; i++) {
      hasher.chain(prompt, new Scope(Scope.Lane.POOL, "tenant " + i, "m"), chain);
      blocks.add(chain.block(0));
    }
    hasher.chain(prompt, new Scope(Scope.Lane.POOL, "tenant 0", "m"), chain);

    assertThat(blocks).hasSize(3000);
    assertThat(chain.block(0)).isEqualTo(first);
  }

  @Test
  void fields_ofTheScope_doNotRunIntoEachOther() {
    PrefixChain chain = new PrefixChain();
    Set<Long> blocks = new HashSet<>();
    String[][] fields = {{"a", "b", "c"}, {"ab", "", "c"}, {"", "ab", "c"}, {"a", "bc", ""}};
    for (String[] field : fields) {
      hasher.chain(
          scan(
              "{\"cache_salt\":\"%s\",\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}"
                  .formatted(field[2]),
              Dialect.OPENAI_CHAT),
          new Scope(Scope.Lane.POOL, field[0], field[1]),
          chain);
      blocks.add(chain.block(0));
    }

    assertThat(blocks).hasSize(fields.length);
  }

  @Test
  void chain_ofPromptsSeenBefore_allocatesOneHashPerBlock() {
    Prompt prompt =
        scan(
            "{\"messages\":[{\"role\":\"user\",\"content\":\"" + "a".repeat(64_000) + "\"}]}",
            Dialect.OPENAI_CHAT);
    PrefixHasher wide = new PrefixHasher(keys, BLOCK_BYTES, 10_000);
    PrefixChain chain = new PrefixChain();
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long allocated = Long.MAX_VALUE;
    for (int round = 0; round < 20; round++) {
      long before = threads.getCurrentThreadAllocatedBytes();
      wide.chain(prompt, SCOPE, chain);
      allocated = Math.min(allocated, threads.getCurrentThreadAllocatedBytes() - before);
    }

    assertThat(chain.blocks()).isEqualTo(1000);
    // 32 bytes each, and what the MAC of the exported key needs.
    assertThat(allocated).isLessThan(32 * 1000 + 4096);
  }

  @Test
  void settings_outOfRange_areRefused() {
    assertThatThrownBy(() -> new PrefixHasher(keys, 63, 1)).hasMessageContaining("63 (expected: ");
    assertThatThrownBy(() -> new PrefixHasher(keys, 64, 0)).hasMessageContaining("0 (expected: ");
    assertThatThrownBy(() -> new KeyRing(new byte[15], secret(1)))
        .hasMessage("indexSecret: 15 bytes (expected: at least 16)");
  }

  /** What engines render stands in front; what guides the decoding alone is in no prompt. */
  @Test
  void parameters_ofAPool_countWhereTemplatesRenderThem() {
    PrefixChain plain = poolChain("");

    assertThat(poolChain("\"reasoning_effort\":\"low\",").keyRoot())
        .isNotEqualTo(plain.keyRoot())
        .isNotEqualTo(poolChain("\"reasoning_effort\":\"high\",").keyRoot());
    assertThat(poolChain("\"tool_choice\":\"none\",").keyRoot()).isNotEqualTo(plain.keyRoot());
    for (String unread :
        List.of(
            "\"tool_choice\":\"auto\",",
            "\"response_format\":{\"type\":\"text\"},",
            "\"verbosity\":\"low\",")) {
      assertThat(poolChain(unread).keyRoot()).isEqualTo(plain.keyRoot());
      assertThat(poolChain(unread).keyConversation()).isEqualTo(plain.keyConversation());
    }
  }

  private PrefixChain poolChain(String parameters) {
    PrefixChain chain = new PrefixChain();
    String body =
        "{%s\"messages\":[{\"role\":\"system\",\"content\":\"s\"},{\"role\":\"user\",\"content\":\"u\"}]}"
            .formatted(parameters);
    hasher.chain(scan(body, Dialect.OPENAI_CHAT), SCOPE, chain);
    return chain;
  }

  @Test
  void digestSeed_anotherIndexSecret_isAnother() {
    assertThat(keys.digestSeed()).isEqualTo(new KeyRing(secret(1), secret(3)).digestSeed());
    assertThat(keys.digestSeed()).isNotEqualTo(new KeyRing(secret(3), secret(2)).digestSeed());
  }

  private PrefixChain chain(String body) {
    return chain(hasher, body);
  }

  private PrefixChain chain(PrefixHasher by, String body) {
    PrefixChain chain = new PrefixChain();
    by.chain(scan(body, Dialect.ANTHROPIC_MESSAGES), SCOPE, chain);
    return chain;
  }

  private Prompt scan(String body, Dialect dialect) {
    byte[] bytes = body.getBytes(UTF_8);
    Prompt prompt = new Prompt();
    assertThat(scanner.scan(bytes, bytes.length, dialect, prompt)).isEqualTo(Verdict.OK);
    return prompt;
  }

  private static int[] textEnds(PrefixChain chain) {
    int[] ends = new int[chain.blocks()];
    Arrays.setAll(ends, chain::blockTextEnd);
    return ends;
  }

  private static byte[] secret(int value) {
    byte[] secret = new byte[32];
    Arrays.fill(secret, (byte) value);
    return secret;
  }
}

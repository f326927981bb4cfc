package dev.warmpath.extproc.annotate;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.warmpath.extproc.CatalogueFile;
import dev.warmpath.extproc.prompt.Dialect;
import dev.warmpath.extproc.prompt.Prompt;
import dev.warmpath.extproc.prompt.PromptScanner;
import dev.warmpath.extproc.prompt.Verdict;
import dev.warmpath.extproc.provider.Catalogue;
import dev.warmpath.extproc.provider.ModelEntry;
import dev.warmpath.wire.Names;
import java.util.List;
import org.junit.jupiter.api.Test;

class CacheRoutingTest {

  private static final Catalogue CATALOGUE = CatalogueFile.load(List.of());
  private static final CacheRouting.Keys KEYS = new CacheRouting.Keys(0xAB, 0xF1);

  private final Prompt prompt = new Prompt();

  private CacheRouting routing(
      String provider, String model, String more, CacheRouting.Keys keys, int shards) {
    byte[] body = body(more).getBytes(UTF_8);
    assertThat(
            new PromptScanner(new PromptScanner.Limits(1 << 20, 64, 64))
                .scan(body, body.length, Dialect.OPENAI_CHAT, prompt))
        .isEqualTo(Verdict.OK);
    ModelEntry row = CATALOGUE.find(provider, Dialect.OPENAI_CHAT, model).orElseThrow();
    return CacheRouting.of(prompt, row, keys, _ -> shards);
  }

  private static String body(String more) {
    return "{ %s\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}".formatted(more);
  }

  @Test
  void of_openAi_namesTheRootAndTheConversationsShard() {
    assertThat(routing("openai", "gpt-5.5", "", KEYS, 1).value()).isEqualTo("wp-00000000000000ab");
    assertThat(routing("openai", "gpt-5.5", "", KEYS, 16).value())
        .isEqualTo("wp-00000000000000ab-1");
    assertThat(routing("openai", "gpt-5.5", "", new CacheRouting.Keys(0, 0xF1), 16).value())
        .as("nothing that others share")
        .isEqualTo("wp-00000000000000f1");
  }

  @Test
  void of_openAi_isAddedToTheBodyAndNothingElseChanges() {
    CacheRouting routing = routing("openai", "gpt-5.5", "", KEYS, 1);

    assertThat(routing.field()).isEqualTo("prompt_cache_key");
    assertThat(routing.header()).isEmpty();
    byte[] edited = routing.splices(prompt).apply(prompt.body(), prompt.bodyLength());
    assertThat(new String(edited, UTF_8))
        .isEqualTo(
            "{\"prompt_cache_key\":\"wp-00000000000000ab\", " + body("").substring("{ ".length()));
  }

  @Test
  void of_clientsOwn_stands() {
    for (String own : List.of("\"mine\"", "null", "7")) {
      CacheRouting routing =
          routing("openai", "gpt-5.5", "\"prompt_cache_key\":" + own + ",", KEYS, 1);

      assertThat(routing.isNone()).as(own).isTrue();
      assertThat(routing.splices(prompt).isEmpty()).isTrue();
    }
    assertThat(routing("openrouter", "qwen/q", "\"session_id\":null,", KEYS, 1).isNone()).isTrue();
  }

  @Test
  void of_sessions_areNamedByTheirConversation() {
    assertThat(routing("xai", "grok-5", "", KEYS, 4))
        .isEqualTo(new CacheRouting("x-grok-conv-id", "", "wp-00000000000000f1"));
    assertThat(routing("fireworks", "accounts/fireworks/models/kimi-k3", "", KEYS, 4).header())
        .isEqualTo("x-session-affinity");
    assertThat(routing("openrouter", "qwen/q", "", KEYS, 4))
        .isEqualTo(new CacheRouting("", "session_id", "wp-00000000000000f1"));
  }

  @Test
  void of_whereItWouldBeRefused_isNone() {
    assertThat(routing("gemini", "gemini-3.5-flash", "", KEYS, 1).isNone()).isTrue();
    assertThat(routing("deepseek", "deepseek-v4-pro", "", KEYS, 1).isNone()).isTrue();
    assertThat(routing("zhipu", "glm-5", "", KEYS, 1).isNone()).isTrue();
  }

  @Test
  void of_promptWithoutKeys_isNone() {
    assertThat(routing("openai", "gpt-5.5", "", new CacheRouting.Keys(0, 0), 1).isNone()).isTrue();
  }

  @Test
  void value_ofTheMostShards_fitsTheLongestKey() {
    CacheRouting routing =
        routing("mistral", "mistral-large", "", new CacheRouting.Keys(-1, -1), Integer.MAX_VALUE);

    assertThat(routing.value()).hasSizeLessThanOrEqualTo(CacheRouting.MAX_CHARS);
  }

  /** Envoy lets only headers through that it was told of. */
  @Test
  void sessionHeaders_ofTheShippedCatalogue_mayBeSet() {
    assertThat(CATALOGUE.rows())
        .extracting(row -> row.cache().sessionHeader())
        .filteredOn(header -> !header.isEmpty())
        .isNotEmpty()
        .isSubsetOf(Names.SESSION_HEADERS);
  }
}

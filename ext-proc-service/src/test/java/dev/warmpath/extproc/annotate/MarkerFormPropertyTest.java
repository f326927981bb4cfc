package dev.warmpath.extproc.annotate;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.warmpath.extproc.CatalogueFile;
import dev.warmpath.extproc.prefix.KeyRing;
import dev.warmpath.extproc.prefix.PrefixChain;
import dev.warmpath.extproc.prefix.PrefixHasher;
import dev.warmpath.extproc.prefix.Scope;
import dev.warmpath.extproc.prompt.Dialect;
import dev.warmpath.extproc.prompt.Json;
import dev.warmpath.extproc.prompt.Prompt;
import dev.warmpath.extproc.prompt.PromptScanner;
import dev.warmpath.extproc.prompt.Requests;
import dev.warmpath.extproc.prompt.Verdict;
import dev.warmpath.extproc.provider.CacheRules;
import dev.warmpath.extproc.provider.Catalogue;
import dev.warmpath.extproc.provider.ModelEntry;
import java.time.LocalDate;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.ShrinkingMode;
import net.jqwik.api.statistics.Statistics;

/** Over requests of every API but Anthropic's own: nothing changes but what is added. */
class MarkerFormPropertyTest {

  private static final Catalogue CATALOGUE = CatalogueFile.load(List.of());
  private static final Map<Dialect, List<String>> MODELS =
      Map.of(
          Dialect.OPENAI_CHAT,
          List.of("gpt-6-sol", "gpt-5.6", "gpt-5.5", "qwen3-max", "anthropic/claude-opus-5"),
          Dialect.OPENAI_RESPONSES,
          List.of("gpt-6-luna", "gpt-5.5"),
          Dialect.BEDROCK_CONVERSE,
          List.of("anthropic.claude-sonnet-5"),
          Dialect.GEMINI,
          List.of("gemini-2.5-pro"),
          Dialect.OPENAI_COMPLETIONS,
          List.of("gpt-6-sol"));

  private final PromptScanner scanner =
      new PromptScanner(new PromptScanner.Limits(1 << 22, 64, 10_000));
  private final Prompt prompt = new Prompt();
  private final PrefixChain chain = new PrefixChain();
  private final AnnotationPlanner planner = new AnnotationPlanner();

  @Property(tries = 3000, shrinking = ShrinkingMode.OFF)
  void edited_requestOfAnyApi_saysTheSame(@ForAll long seed) {
    Random random = new Random(seed);
    List<Dialect> dialects = MODELS.keySet().stream().sorted().toList();
    Dialect dialect = dialects.get(random.nextInt(dialects.size()));
    List<String> models = MODELS.getOrDefault(dialect, List.of());
    String model = models.get(random.nextInt(models.size()));
    Json.Obj request = new Requests(random).request(dialect);
    byte[] body =
        (random.nextBoolean() ? request.compact() : request.scattered(random)).getBytes(UTF_8);
    scan(dialect, body);
    byte[] text = Arrays.copyOf(prompt.text(), prompt.textLength());
    int clientMarkers = prompt.markers();
    byte[] secret = new byte[32];
    PrefixHasher hasher = new PrefixHasher(new KeyRing(secret, secret), 256, 1024);
    hasher.chain(prompt, new Scope(Scope.Lane.PROVIDER, "account", model), chain);
    Optional<ModelEntry> row =
        CATALOGUE.find(dialect, model).map(MarkerFormPropertyTest::withoutMinimum);
    var asked =
        new AnnotationPlanner.Asked(
            "r",
            "s",
            row.orElse(null),
            4,
            new AnnotationPlanner.Allowed(true, random.nextInt(4) > 0, random.nextInt(4) > 0));

    AnnotationPlan plan = planner.plan(prompt, chain, asked, new PayingMarkers(64), 0);
    CacheRouting routing =
        row.map(
                known ->
                    CacheRouting.of(
                        prompt,
                        known,
                        new CacheRouting.Keys(chain.keyRoot(), chain.keyConversation()),
                        _ -> 4))
            .orElse(CacheRouting.NONE);
    Splices splices = plan.splices().and(routing.splices(prompt));
    byte[] edited = splices.apply(body, body.length);

    assertThat(edited).hasSize(splices.editedLength(body.length));
    JsonNode original = AnthropicRules.tree(body);
    JsonNode after = AnthropicRules.tree(edited);
    assertThat(unmarked(after, dialect)).isEqualTo(unmarked(original, dialect));
    for (String member : List.of("prompt_cache_key", "prompt_cache_options", "session_id")) {
      if (original.has(member)) {
        assertThat(after.get(member)).isEqualTo(original.get(member));
      } else {
        assertThat(plan.fields().contains(member) || routing.field().equals(member))
            .as(member)
            .isEqualTo(after.has(member));
      }
    }
    // What a cache sees is the same, and so are the keys that we make of it.
    scan(dialect, edited);
    assertThat(Arrays.copyOf(prompt.text(), prompt.textLength())).isEqualTo(text);
    assertThat(prompt.markers()).isEqualTo(clientMarkers + plan.markersPlaced());
    row.ifPresent(
        known ->
            assertThat(plan.markersPlaced() == 0 || prompt.markers() <= known.maxMarkers())
                .isTrue());
    Statistics.label(dialect + " marked").collect(plan.markersPlaced() > 0);
    if (dialect != Dialect.GEMINI && dialect != Dialect.OPENAI_COMPLETIONS) {
      Statistics.label(dialect + " marked")
          .coverage(coverage -> coverage.check(true).percentage(share -> share > 10));
    }
  }

  private void scan(Dialect dialect, byte[] body) {
    assertThat(scanner.scan(body, body.length, dialect, prompt)).isEqualTo(Verdict.OK);
  }

  /** The requests are short. */
  private static ModelEntry withoutMinimum(ModelEntry row) {
    CacheRules cache = row.cache();
    return new ModelEntry(
        row.provider(),
        row.pattern(),
        row.dialect(),
        null,
        cache.factors().isPresent()
            ? cache
            : cache.orElse(
                CATALOGUE
                    .find(Dialect.BEDROCK_CONVERSE, "anthropic.claude-sonnet-5")
                    .orElseThrow()
                    .cache()),
        row.api(),
        row.priceLists(),
        row.origin(),
        LocalDate.MAX);
  }

  /** Without markers, and with strings as the parts that they stand for. */
  private static JsonNode unmarked(JsonNode request, Dialect dialect) {
    ObjectNode copy = request.deepCopy();
    copy.remove(List.of("prompt_cache_key", "prompt_cache_options", "session_id"));
    String type = dialect == Dialect.OPENAI_RESPONSES ? "input_text" : "text";
    if (dialect == Dialect.OPENAI_RESPONSES && copy.path("input").isTextual()) {
      JsonNode input = copy.get("input");
      copy.putArray("input").addObject().put("role", "user").set("content", input);
    }
    for (String list : List.of("messages", "input")) {
      for (JsonNode message : copy.path(list)) {
        if (message instanceof ObjectNode object && object.path("content").isTextual()) {
          String text = object.get("content").asText();
          object.putArray("content").addObject().put("type", type).put("text", text);
        }
      }
    }
    strip(copy);
    return copy;
  }

  private static void strip(JsonNode node) {
    if (node instanceof ObjectNode object) {
      object.remove(List.of("cache_control", "prompt_cache_breakpoint"));
    }
    if (node instanceof ArrayNode array) {
      for (int i = array.size() - 1; i >= 0; i--) {
        if (array.get(i).has("cachePoint") && array.get(i).size() == 1) {
          array.remove(i);
        }
      }
    }
    node.forEach(MarkerFormPropertyTest::strip);
  }
}

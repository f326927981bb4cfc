package dev.warmpath.extproc.annotate;

import static dev.warmpath.extproc.prompt.Json.obj;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.warmpath.extproc.prefix.KeyRing;
import dev.warmpath.extproc.prefix.PrefixChain;
import dev.warmpath.extproc.prefix.PrefixHasher;
import dev.warmpath.extproc.prefix.Scope;
import dev.warmpath.extproc.prompt.Dialect;
import dev.warmpath.extproc.prompt.Json;
import dev.warmpath.extproc.prompt.Prompt;
import dev.warmpath.extproc.prompt.PromptScanner;
import dev.warmpath.extproc.prompt.Verdict;
import dev.warmpath.extproc.provider.ModelEntry;
import dev.warmpath.extproc.provider.PriceTier;
import dev.warmpath.extproc.provider.Prices;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.ShrinkingMode;
import net.jqwik.api.statistics.Statistics;

/** Over requests of every shape: nothing that we add is refused, and nothing else changes. */
class AnnotationPlannerPropertyTest {

  private static final int LOOKBACK_BLOCKS = 20;
  private static final PriceTier PRICES = new PriceTier(0, new Prices(5, 25, 0.5, 6.25, 10));

  private final PromptScanner scanner =
      new PromptScanner(new PromptScanner.Limits(1 << 22, 64, 10_000));
  private final Prompt prompt = new Prompt();
  private final AnnotationPlanner planner = new AnnotationPlanner();

  @Property(tries = 2500, shrinking = ShrinkingMode.OFF)
  void edited_request_isTakenAndSaysTheSame(@ForAll long seed) {
    Random random = new Random(seed);
    Json.Obj request = new AnthropicRequests(random).request();
    byte[] body =
        (random.nextBoolean() ? request.compact() : request.scattered(random)).getBytes(UTF_8);
    JsonNode original = AnthropicRules.tree(body);
    ModelEntry model = model(random.nextInt(3) * 100, LOOKBACK_BLOCKS);
    scan(body);
    byte[] text = Arrays.copyOf(prompt.text(), prompt.textLength());
    int clientMarkers = prompt.markers();

    AnnotationPlan plan = planner.plan(prompt, model, 4);
    byte[] edited = plan.splices().apply(body, body.length);

    JsonNode after = AnthropicRules.tree(edited);
    List<String> faults = new ArrayList<>(AnthropicRules.faults(after));
    // A client's own faults stay its own: none may be of our making.
    for (String fault : AnthropicRules.faults(original)) {
      faults.remove(fault);
    }
    assertThat(faults).as(() -> plan.explain() + "\n" + new String(edited, UTF_8)).isEmpty();
    assertThat(clientMarkers(original, after)).isTrue();
    assertThat(unmarked(after)).isEqualTo(unmarked(original));
    assertThat(edited).hasSize(plan.splices().editedLength(body.length));

    // What a cache sees is the same, and so are the keys that we make of it.
    scan(edited);
    assertThat(Arrays.copyOf(prompt.text(), prompt.textLength())).isEqualTo(text);
    assertThat(prompt.markers()).isEqualTo(clientMarkers + plan.markersPlaced());
    assertThat(plan.markersPlaced() == 0 || prompt.markers() <= model.maxMarkers()).isTrue();
    for (Boundary boundary : Boundary.values()) {
      if (plan.decision(boundary) == Decision.PLACED) {
        assertThat(plan.estimatedTokens(boundary) * 10)
            .isGreaterThanOrEqualTo(model.minCacheTokens() * 9L);
      }
    }

    // Our markers are a client's the next time, and stand.
    assertThat(planner.plan(prompt, model, 4).markersPlaced()).isZero();
  }

  @Property(tries = 150, shrinking = ShrinkingMode.OFF)
  void editedByWhatPays_requestsOfARoute_areTakenAndSayTheSame(@ForAll long seed) {
    Random random = new Random(seed);
    byte[] secret = new byte[32];
    PrefixHasher hasher = new PrefixHasher(new KeyRing(secret, secret), 256, 1024);
    PrefixChain chain = new PrefixChain();
    Scope scope = new Scope(Scope.Lane.PROVIDER, "account", "claude");
    PayingMarkers paying = new PayingMarkers(256);
    List<byte[]> bodies = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      bodies.add(new AnthropicRequests(random).request().compact().getBytes(UTF_8));
    }
    ModelEntry model = model(0, LOOKBACK_BLOCKS, PRICES);
    long nowNanos = random.nextLong();
    for (int i = 0; i < 60; i++) {
      byte[] body = bodies.get(random.nextInt(bodies.size()));
      JsonNode original = AnthropicRules.tree(body);
      scan(body);
      hasher.chain(prompt, scope, chain);
      nowNanos += (1L + random.nextInt(1500)) * 1_000_000_000L;
      var asked =
          new AnnotationPlanner.Asked(
              "r",
              "s",
              model,
              4,
              new AnnotationPlanner.Allowed(random.nextInt(8) > 0, true, random.nextInt(4) > 0));

      AnnotationPlan plan = planner.plan(prompt, chain, asked, paying, nowNanos);
      byte[] edited = plan.splices().apply(body, body.length);
      if (random.nextInt(5) > 0) {
        paying.answered(plan.keys(), plan.markedKeys(), nowNanos);
      }

      JsonNode after = AnthropicRules.tree(edited);
      List<String> faults = new ArrayList<>(AnthropicRules.faults(after));
      for (String fault : AnthropicRules.faults(original)) {
        faults.remove(fault);
      }
      assertThat(faults).as(plan.explain()).isEmpty();
      assertThat(clientMarkers(original, after)).isTrue();
      assertThat(unmarked(after)).isEqualTo(unmarked(original));
      assertThat(asked.allowed().edit() || edited.length == body.length).isTrue();
      Statistics.label("an hour's marker").collect(plan.explain().contains("placed_1h"));
    }
    Statistics.label("an hour's marker")
        .coverage(coverage -> coverage.check(true).percentage(share -> share > 2));
  }

  @Property(tries = 1000, shrinking = ShrinkingMode.OFF)
  void request_belowMinimum_staysUntouched(@ForAll long seed) {
    Random random = new Random(seed);
    byte[] body = new AnthropicRequests(random).request().compact().getBytes(UTF_8);
    scan(body);

    assertThat(planner.plan(prompt, model(10_000_000, LOOKBACK_BLOCKS), 4).splices().isEmpty())
        .isTrue();
    assertThat(planner.plan(prompt, null, 4).splices().isEmpty()).isTrue();
  }

  @Property(tries = 300, shrinking = ShrinkingMode.OFF)
  void conversation_withTurnsOfAnySize_findsWhatItsPreviousRequestWrote(@ForAll long seed) {
    Random random = new Random(seed);
    List<Json> messages = new ArrayList<>();
    int written = -1;
    for (int turn = 0; turn < 6; turn++) {
      messages.add(turnOf(random, "user"));
      scan(obj("model", "c", "messages", new Json.Arr(messages)).compact().getBytes(UTF_8));

      AnnotationPlan plan = planner.plan(prompt, model(0, LOOKBACK_BLOCKS), 4);

      assertThat(plan.decision(Boundary.CONVERSATION)).isEqualTo(Decision.PLACED);
      int last = prompt.parts() - 1;
      assertThat(plan.placedTextEnd()).isEqualTo(prompt.partTextEnd(last));
      if (written >= 0) {
        boolean reached =
            plan.decision(Boundary.PREVIOUS_TURN) == Decision.PLACED
                || last - written < LOOKBACK_BLOCKS;
        assertThat(reached).as(plan.explain()).isTrue();
        assertThat(plan.decision(Boundary.PREVIOUS_TURN))
            .isIn(Decision.PLACED, Decision.WITHIN_LOOKBACK);
      }
      written = last;
      messages.add(turnOf(random, "assistant"));
    }
  }

  private static Json turnOf(Random random, String role) {
    List<Json> blocks = new ArrayList<>();
    for (int i = random.nextInt(random.nextBoolean() ? 3 : 60); i >= 0; i--) {
      blocks.add(obj("type", "text", "text", role + i));
    }
    return obj("role", role, "content", new Json.Arr(blocks));
  }

  private void scan(byte[] body) {
    assertThat(scanner.scan(body, body.length, Dialect.ANTHROPIC_MESSAGES, prompt))
        .isEqualTo(Verdict.OK);
  }

  private static ModelEntry model(int minCacheTokens, int lookbackBlocks, PriceTier... prices) {
    return new ModelEntry(
        "claude*",
        Dialect.ANTHROPIC_MESSAGES,
        minCacheTokens,
        4,
        lookbackBlocks,
        List.of(prices),
        "",
        "");
  }

  /** Whether each marker of the client is where it was, as it was. */
  private static boolean clientMarkers(JsonNode original, JsonNode edited) {
    if (original.isTextual() && edited.isArray()) {
      return true;
    }
    if (original.has("cache_control")
        && !original.path("cache_control").equals(edited.path("cache_control"))) {
      return false;
    }
    if (original.isObject()) {
      for (var member : original.properties()) {
        if (!clientMarkers(member.getValue(), edited.path(member.getKey()))) {
          return false;
        }
      }
    }
    for (int i = 0; original.isArray() && i < original.size(); i++) {
      if (!clientMarkers(original.get(i), edited.path(i))) {
        return false;
      }
    }
    return true;
  }

  /** A request without markers, with every text as a block. */
  private static JsonNode unmarked(JsonNode request) {
    ObjectNode copy = request.deepCopy();
    asBlocks(copy, "system");
    for (JsonNode message : copy.path("messages")) {
      asBlocks((ObjectNode) message, "content");
    }
    removeMarkers(copy, "system", "messages", "content", "tools");
    return copy;
  }

  private static void asBlocks(ObjectNode owner, String name) {
    if (owner.path(name).isTextual()) {
      ArrayNode blocks = JsonNodeFactory.instance.arrayNode();
      blocks.addObject().put("type", "text").put("text", owner.path(name).asText());
      owner.set(name, blocks);
    }
  }

  private static void removeMarkers(JsonNode node, String... within) {
    if (node instanceof ObjectNode object) {
      object.remove("cache_control");
      for (String name : within) {
        removeMarkers(object.path(name), within);
      }
    }
    if (node.isArray()) {
      for (JsonNode element : node) {
        removeMarkers(element, within);
      }
    }
  }
}

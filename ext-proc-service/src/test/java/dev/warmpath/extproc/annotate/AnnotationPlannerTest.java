package dev.warmpath.extproc.annotate;

import static dev.warmpath.extproc.annotate.Boundary.CONVERSATION;
import static dev.warmpath.extproc.annotate.Boundary.PREVIOUS_TURN;
import static dev.warmpath.extproc.annotate.Boundary.SYSTEM;
import static dev.warmpath.extproc.annotate.Boundary.TOOLS;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.warmpath.extproc.prefix.KeyRing;
import dev.warmpath.extproc.prefix.PrefixChain;
import dev.warmpath.extproc.prefix.PrefixHasher;
import dev.warmpath.extproc.prefix.Scope;
import dev.warmpath.extproc.prompt.Dialect;
import dev.warmpath.extproc.prompt.Prompt;
import dev.warmpath.extproc.prompt.PromptScanner;
import dev.warmpath.extproc.prompt.Verdict;
import dev.warmpath.extproc.provider.ModelEntry;
import dev.warmpath.extproc.provider.PriceTier;
import dev.warmpath.extproc.provider.Prices;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AnnotationPlannerTest {

  private static final String MARKER = "\"cache_control\":{\"type\":\"ephemeral\"}";
  private static final Prices PRICES = new Prices(5, 25, 0.5, 6.25, 10);
  private static final ModelEntry MODEL = model(0, 4);

  private final Prompt prompt = new Prompt();
  private final AnnotationPlanner planner = new AnnotationPlanner();

  @Test
  void everyBoundary_free_isMarked() {
    String body =
        """
        {"model":"c","tools":[{"name":"a"},{"name":"b"}],
         "system":[{"type":"text","text":"s"}],
         "messages":[{"role":"user","content":[{"type":"text","text":"hi"}]}]}\
        """;

    AnnotationPlan plan = plan(body, MODEL);

    assertThat(edited(plan, body))
        .isEqualTo(
            """
            {"model":"c","tools":[{"name":"a"},{%1$s,"name":"b"}],
             "system":[{%1$s,"type":"text","text":"s"}],
             "messages":[{"role":"user","content":[{%1$s,"type":"text","text":"hi"}]}]}\
            """
                .formatted(MARKER));
    assertThat(plan.explain())
        .startsWith("tools=placed")
        .contains(" system=placed", " previous_turn=absent", " conversation=placed");
    assertThat(plan.markersPlaced()).isEqualTo(3);
    assertThat(plan.placedTextEnd()).isEqualTo(prompt.textLength());
    assertThat(plan.clientMarkedTextEnd()).isZero();
  }

  @Test
  void strings_ofSystemAndContent_becomeBlocksAroundTheSameBytes() {
    String body =
        "{\"system\":\"a\\u0062 \\\"\",\"messages\":[{\"content\":\"q\\n\",\"role\":\"user\"}]}";

    assertThat(edited(plan(body, MODEL), body))
        .isEqualTo(
            ("{\"system\":[{\"type\":\"text\",\"text\":\"a\\u0062 \\\"\",%1$s}],\"messages\":"
                    + "[{\"content\":[{\"type\":\"text\",\"text\":\"q\\n\",%1$s}],"
                    + "\"role\":\"user\"}]}")
                .formatted(MARKER));
  }

  @Test
  void emptyToolObject_getsNoComma() {
    String body = "{\"tools\":[{ }],\"messages\":[{\"role\":\"user\",\"content\":\" \"}]}";

    assertThat(edited(plan(body, MODEL), body)).contains("[{" + MARKER + " }]");
  }

  @Test
  void boundary_belowMinimum_isNotMarked() {
    String body = request("s".repeat(3000), user("q".repeat(1000)));

    AnnotationPlan plan = plan(body, model(1024, 4));

    // 750 and 1,000 tokens by estimate; the bar is 921.6.
    assertThat(plan.decision(SYSTEM)).isEqualTo(Decision.BELOW_MINIMUM);
    assertThat(plan.decision(CONVERSATION)).isEqualTo(Decision.PLACED);
    assertThat(plan.estimatedTokens(SYSTEM)).isEqualTo(750);
  }

  @Test
  void image_inTheConversation_countsAsManyTokens() {
    String body =
        request(
            "s",
            """
            {"role":"user","content":[{"type":"image","source":{"type":"base64",\
            "media_type":"image/png","data":"AAAA"}},{"type":"text","text":"what?"}]}\
            """);

    assertThat(plan(body, model(1024, 4)).decision(CONVERSATION)).isEqualTo(Decision.PLACED);
  }

  @Test
  void model_unknownOrWithoutMarkers_saysSo() {
    String body = request("s", user("q"));

    assertThat(plan(body, null).decision(SYSTEM)).isEqualTo(Decision.UNKNOWN_MODEL);
    assertThat(plan(body, model(0, 0)).decision(SYSTEM)).isEqualTo(Decision.NO_MARKERS);
    assertThat(plan(body, null).splices().isEmpty()).isTrue();
  }

  @Test
  void dialect_withoutMarkers_saysSo() {
    byte[] body = request("s", user("q")).getBytes(UTF_8);
    new PromptScanner(new PromptScanner.Limits(1 << 20, 64, 1000))
        .scan(body, body.length, Dialect.OPENAI_CHAT, prompt);

    assertThat(planner.plan(prompt, MODEL, 4).decision(CONVERSATION))
        .isEqualTo(Decision.NO_MARKERS);
  }

  @Test
  void freeMarkers_few_goToRootThenConversationThenTools() {
    String body = "{\"tools\":[{\"name\":\"a\"}]," + request("s", user("q")).substring(1);

    AnnotationPlan one = plan(body, model(0, 1));
    AnnotationPlan two = plan(body, model(0, 2));

    assertThat(one.explain())
        .contains("tools=no_free_marker", "system=placed", "conversation=no_free_marker");
    assertThat(two.explain())
        .contains("tools=no_free_marker", "system=placed", "conversation=placed");
  }

  @Test
  void freeMarkers_fewWithoutSystem_goToToolsFirst() {
    String body = "{\"tools\":[{\"name\":\"a\"}],\"messages\":[" + user("q") + "]}";

    assertThat(plan(body, model(0, 1)).explain())
        .contains("tools=placed", "conversation=no_free_marker");
  }

  @Test
  void longTurn_previousTurn_isMarkedToo() {
    String results = block("r") + (",\n" + block("r")).repeat(15);
    String body =
        request(
            "s",
            user("first"),
            assistant("calls"),
            "{\"role\":\"user\",\"content\":[" + results + "]}");

    AnnotationPlan plan = plan(body, MODEL);

    assertThat(plan.decision(PREVIOUS_TURN)).isEqualTo(Decision.PLACED);
    assertThat(edited(plan, body)).contains("\"first\"," + MARKER);
  }

  @Test
  void shortTurn_previousTurn_isWithinLookback() {
    String body = request("s", user("first"), assistant("a"), user("second"));

    assertThat(plan(body, MODEL).decision(PREVIOUS_TURN)).isEqualTo(Decision.WITHIN_LOOKBACK);
  }

  @Test
  void assistantsBeginning_atTheEnd_isNotTheConversationsEnd() {
    String body = request("s", user("first"), assistant("Sure, "));

    assertThat(edited(plan(body, MODEL), body))
        .contains("\"first\"," + MARKER)
        .contains("\"Sure, \"");
  }

  @Test
  void thinkingAndBlankTexts_atTheEnd_arePassedOver() {
    String body =
        request(
            "s",
            """
            {"role":"user","content":[{"type":"text","text":"q"},{"type":"text","text":" "},\
            {"type":"text","text":""},{"type":"thinking","thinking":"t"},{"type":"new"}]}\
            """);

    assertThat(edited(plan(body, MODEL), body))
        .contains("[{" + MARKER + ",\"type\":\"text\",\"text\":\"q\"},{\"type\":\"text\"");
  }

  @Test
  void conversation_withoutAnyCacheableBlock_saysSo() {
    assertThat(plan(request("s", user(" ")), MODEL).decision(CONVERSATION))
        .isEqualTo(Decision.NO_CACHEABLE_BLOCK);
  }

  @Test
  void deferredTool_last_isPassedOver() {
    String body =
        """
        {"tools":[{"name":"a","defer_loading":false},{"name":"b", "defer_loading" : true}],
         "messages":[%s]}\
        """
            .formatted(user("q"));

    assertThat(edited(plan(body, MODEL), body)).contains("[{" + MARKER + ",\"name\":\"a\"");
  }

  @Test
  void deferredTool_nameWrittenWithEscapes_isPassedOverToo() {
    String body =
        """
        {"tools":[{"name":"a","x":{"defer_loading":false}},{"defer\\u005floading":true}],
         "messages":[%s]}\
        """
            .formatted(user("q"));

    assertThat(edited(plan(body, MODEL), body)).contains("[{" + MARKER + ",\"name\":\"a\"");
  }

  /** As a set of tools says it of all that it holds. */
  @Test
  void deferredTool_saidFurtherInside_isPassedOverToo() {
    String body =
        """
        {"tools":[{"name":"a"},{"type":"mcp_toolset","default_config":{"defer_loading":true}}],
         "messages":[%s]}\
        """
            .formatted(user("q"));

    assertThat(edited(plan(body, MODEL), body)).contains("[{" + MARKER + ",\"name\":\"a\"");
  }

  @Test
  void nullMarker_ofTheClient_isNotDoubled() {
    String body =
        """
        {"system":[{"type":"text","text":"a"},{"type":"text","text":"b","cache_control":null}],
         "messages":[%s]}\
        """
            .formatted(user("q"));

    assertThat(edited(plan(body, MODEL), body)).contains("[{" + MARKER + ",\"type\":\"text\"");
  }

  @Test
  void clientsMarker_atTheEndOfThePart_stands() {
    String body =
        """
        {"system":[{"type":"text","text":"a"},{"type":"text","text":"b",%s}],
         "messages":[%s]}\
        """
            .formatted(MARKER, user("q"));

    AnnotationPlan plan = plan(body, MODEL);

    assertThat(plan.decision(SYSTEM)).isEqualTo(Decision.CLIENT_MARKED);
    assertThat(plan.decision(CONVERSATION)).isEqualTo(Decision.PLACED);
    assertThat(plan.clientMarkedTextEnd()).isEqualTo(2);
  }

  @Test
  void clientsMarker_beforeTheEndOfTheSystemPrompt_saysThatTheRestChanges() {
    String body =
        """
        {"system":[{"type":"text","text":"stable",%s},{"type":"text","text":"12:31"}],
         "messages":[%s]}\
        """
            .formatted(MARKER, user("q"));

    AnnotationPlan plan = plan(body, MODEL);

    assertThat(plan.decision(SYSTEM)).isEqualTo(Decision.CLIENT_MARKED);
    assertThat(plan.decision(CONVERSATION)).isEqualTo(Decision.BEHIND_VOLATILE);
    assertThat(plan.splices().isEmpty()).isTrue();
  }

  @Test
  void clientsMarker_inTheLastTurn_standsForTheConversation() {
    String body =
        request(
            "s",
            """
            {"role":"user","content":[{"type":"text","text":"document",%s},\
            {"type":"text","text":"question"}]}\
            """
                .formatted(MARKER));

    assertThat(plan(body, MODEL).decision(CONVERSATION)).isEqualTo(Decision.CLIENT_MARKED);
  }

  @Test
  void clientsMarker_inAnEarlierTurn_isOutgrown() {
    String body =
        request(
            "s",
            """
            {"role":"user","content":[{"type":"text","text":"document",%s},\
            {"type":"text","text":"question"}]}\
            """
                .formatted(MARKER),
            assistant("answer"),
            user("and now?"));

    AnnotationPlan plan = plan(body, MODEL);

    assertThat(plan.decision(CONVERSATION)).isEqualTo(Decision.PLACED);
    assertThat(plan.decision(PREVIOUS_TURN)).isEqualTo(Decision.CLIENT_MARKED);
  }

  @Test
  void clientsHourMarker_behind_forbidsOursBefore() {
    String body =
        """
        {"tools":[{"name":"a"}],
         "system":[{"type":"text","text":"s","cache_control":{"type":"ephemeral","ttl":"1h"}}],
         "messages":[%s]}\
        """
            .formatted(user("q"));

    AnnotationPlan plan = plan(body, MODEL);

    assertThat(plan.decision(TOOLS)).isEqualTo(Decision.TTL_ORDER);
    assertThat(plan.decision(CONVERSATION)).isEqualTo(Decision.PLACED);
  }

  @Test
  void automaticMode_marksTheConversationItself() {
    String body =
        """
        {"cache_control":{"type":"ephemeral"},"system":"s","messages":[%s]}\
        """
            .formatted(user("q"));

    AnnotationPlan plan = plan(body, MODEL);

    assertThat(plan.decision(CONVERSATION)).isEqualTo(Decision.AUTOMATIC);
    assertThat(plan.decision(SYSTEM)).isEqualTo(Decision.PLACED);
    assertThat(plan.clientMarkedTextEnd()).isEqualTo(prompt.textLength());
  }

  @Test
  void automaticMode_forAnHour_forbidsAllOfOurs() {
    String body =
        """
        {"cache_control":{"type":"ephemeral","ttl":"1h"},"system":"s","messages":[%s]}\
        """
            .formatted(user("q"));

    assertThat(plan(body, MODEL).decision(SYSTEM)).isEqualTo(Decision.TTL_ORDER);
  }

  @Test
  void automaticMode_takesAMarker() {
    String body =
        """
        {"cache_control":{"type":"ephemeral"},"system":"s","messages":[%s]}\
        """
            .formatted(user("q"));

    assertThat(plan(body, model(0, 1)).decision(SYSTEM)).isEqualTo(Decision.NO_FREE_MARKER);
  }

  @Test
  void hourMarker_insideAToolResult_forbidsOursBefore() {
    String body =
        request(
            "s",
            """
            {"role":"user","content":[{"type":"tool_result","tool_use_id":"u","content":[\
            {"type":"text","text":"r","cache_control":{"type":"ephemeral","ttl":"1h"}}]}]}\
            """);

    AnnotationPlan plan = plan(body, MODEL);

    assertThat(plan.decision(SYSTEM)).isEqualTo(Decision.TTL_ORDER);
  }

  @Test
  void ratio_notPositive_isRefused() {
    scan(request("s", user("q")));

    assertThatThrownBy(() -> planner.plan(prompt, MODEL, 0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("bytesPerToken: 0.0");
  }

  @Test
  void plan_ofLargePrompt_allocatesNoMoreThanOfASmallOne() {
    String many = (user("question ".repeat(50)) + "," + assistant("answer") + ",").repeat(2000);

    long small = allocated(request("s", user("q")));
    long large = allocated(request("s", many + user("q")));

    assertThat(small).isLessThan(2048);
    // One marker more, of the previous turn or not, is two edits more.
    assertThat(large).isLessThan(small + 256);
  }

  private long allocated(String body) {
    var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
    scan(body);
    long allocated = Long.MAX_VALUE;
    for (int round = 0; round < 20; round++) {
      long before = threads.getCurrentThreadAllocatedBytes();
      planner.plan(prompt, MODEL, 4);
      allocated = Math.min(allocated, threads.getCurrentThreadAllocatedBytes() - before);
    }
    return allocated;
  }

  @Test
  void labels_areUniqueAndLowerCase() {
    assertThat(Decision.values()).extracting(Decision::label).doesNotHaveDuplicates();
    assertThat(Boundary.values())
        .extracting(Boundary::label)
        .allMatch(label -> label.matches("[a-z_]+"));
  }

  @Test
  void whatPays_promptEveryTwentyMinutes_isMarkedForAnHour() {
    PayingMarkers paying = new PayingMarkers(64);
    String body = request("rules", user("Why?"));
    AnnotationPlan plan = paid(paying, body, 0, true);
    for (int i = 1; i < 12; i++) {
      paying.answered(plan.keys(), plan.markedKeys(), (i - 1) * 1_200_000_000_000L);
      plan = paid(paying, body, i, true);
    }

    assertThat(plan.decision(Boundary.CONVERSATION)).isEqualTo(Decision.PLACED_1H);
    assertThat(edited(plan, body)).contains("{\"type\":\"ephemeral\",\"ttl\":\"1h\"}");
    assertThat(plan.expectsRead()).isTrue();
  }

  @Test
  void whatPays_bodyThatMustNotChange_isLearnedFromAndLeftAlone() {
    AnnotationPlan plan = paid(new PayingMarkers(64), request("rules", user("Why?")), 0, false);

    assertThat(plan.splices().isEmpty()).isTrue();
    assertThat(plan.decision(Boundary.SYSTEM)).isEqualTo(Decision.NOT_EDITABLE);
    assertThat(plan.keys()).hasSize(Boundary.values().length);
  }

  @Test
  void whatPays_modelWithoutPrices_nobodyCanTell() {
    scan(request("rules", user("Why?")));

    AnnotationPlan plan =
        planner.plan(
            prompt,
            new PrefixChain(),
            new AnnotationPlanner.Asked("r", "s", MODEL, 4, AnnotationPlanner.Allowed.ALL),
            new PayingMarkers(64),
            0);

    assertThat(plan.decision(Boundary.SYSTEM)).isEqualTo(Decision.UNKNOWN_PRICE);
    assertThat(plan.splices().isEmpty()).isTrue();
  }

  /** A system prompt of some 440 tokens, where 512 are cached, a minute apart. */
  private AnnotationPlan padded(PayingMarkers paying, String body, int number) {
    return padded(paying, body, number, 4, List.of(new PriceTier(0, PRICES)));
  }

  private AnnotationPlan padded(
      PayingMarkers paying, String body, int number, double bytesPerToken, List<PriceTier> tiers) {
    scan(body);
    PrefixChain chain = new PrefixChain();
    new PrefixHasher(new KeyRing(new byte[32], new byte[32]), 256, 1024)
        .chain(prompt, new Scope(Scope.Lane.PROVIDER, "account", "claude"), chain);
    ModelEntry model =
        new ModelEntry("claude*", Dialect.ANTHROPIC_MESSAGES, 512, 4, 20, tiers, "", "");
    AnnotationPlan plan =
        planner.plan(
            prompt,
            chain,
            new AnnotationPlanner.Asked(
                "r",
                "s",
                model,
                bytesPerToken,
                AnnotationPlanner.Allowed.ALL,
                new AnnotationPlanner.MayPad(512, false)),
            paying,
            number * 60_000_000_000L);
    paying.answered(plan.keys(), plan.markedKeys(), number * 60_000_000_000L + 1);
    return plan;
  }

  @Test
  void padding_systemPromptThatMissesTheMinimum_endsWithTheSameWordsEachTime() {
    String rules = "Be brief. ".repeat(176);
    for (String system :
        List.of(
            "\"" + rules + "\"",
            "[{\"x\":{\"text\":\"no\"}, \"text\" : \"" + rules + "\",\"type\":\"text\"}]")) {
      PayingMarkers paying = new PayingMarkers(64);
      String padding = "";
      for (int i = 0; i < 10; i++) {
        String body =
            "{\"model\":\"claude\",\"max_tokens\":9,\"system\":%s,\"messages\":[{\"role\":\"user\",\"content\":\"%d\"}]}"
                .formatted(system, i);
        AnnotationPlan plan = padded(paying, body, i);
        String edited = edited(plan, body);
        int start = edited.indexOf("\\n\\n<padding>");
        if (start < 0) {
          assertThat(padding).as("request %d", i).isEmpty();
          continue;
        }
        assertThat(i).as("seen to come back").isPositive();
        int end = edited.indexOf("</padding>") + "</padding>".length();
        String words = edited.substring(start, end);
        assertThat(words).isEqualTo(padding.isEmpty() ? words : padding);
        padding = words;
        assertThat(edited.charAt(end)).isEqualTo('"');
        assertThat(edited.substring(0, start)).endsWith("Be brief. ");
        assertThat(edited).contains("cache_control");
        assertThat(plan.padded().bytes()).isEqualTo(padding.length());
        assertThat(plan.estimatedTokens(Boundary.SYSTEM)).isGreaterThan(588);
      }
      assertThat(padding).isNotEmpty();
    }
  }

  /** A question to the system prompt of 440 tokens. */
  private static String shortOf(long maxTokens, String question) {
    return "{\"model\":\"claude\",\"max_tokens\":%d,\"system\":\"%s\",\"messages\":[{\"role\":\"user\",\"content\":\"%s\"}]}"
        .formatted(maxTokens, "Be brief. ".repeat(176), question);
  }

  /** 440 tokens, 512 that may be added, and the output: 32,000 is room that any model has. */
  @ParameterizedTest
  @CsvSource({
    "31000, 1, true",
    "31100, 1, false",
    "4000000000, 1, false",
    "1000, 29000, true",
    "1000, 30100, false"
  })
  void padding_promptThatMayFillTheWindow_isLeftAsLongAsItIs(
      long maxTokens, int questionTokens, boolean isPadded) {
    PayingMarkers paying = new PayingMarkers(64);
    @Nullable AnnotationPlan last = null;
    for (int i = 0; i < 10; i++) {
      last = padded(paying, shortOf(maxTokens, i + "abc" + "abcd".repeat(questionTokens - 1)), i);
    }
    assertThat(Objects.requireNonNull(last).padded().tokens() > 0).isEqualTo(isPadded);
  }

  @Test
  void padding_clientMarksSomethingItself_isLeftToIt() {
    PayingMarkers paying = new PayingMarkers(64);
    for (int i = 0; i < 10; i++) {
      String body =
          "{\"model\":\"claude\",\"system\":\"%s\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"%d\",\"cache_control\":{\"type\":\"ephemeral\"}}]}]}"
              .formatted("Be brief. ".repeat(176), i);
      assertThat(edited(padded(paying, body, i), body)).isEqualTo(body);
    }
  }

  /** One of a series of requests, twenty minutes apart. */
  private AnnotationPlan paid(PayingMarkers paying, String body, int number, boolean mayEdit) {
    scan(body);
    PrefixChain chain = new PrefixChain();
    new PrefixHasher(new KeyRing(new byte[32], new byte[32]), 256, 1024)
        .chain(prompt, new Scope(Scope.Lane.PROVIDER, "account", "claude"), chain);
    ModelEntry model =
        new ModelEntry(
            "claude*",
            Dialect.ANTHROPIC_MESSAGES,
            0,
            4,
            20,
            List.of(new PriceTier(0, new Prices(5, 25, 0.5, 6.25, 10))),
            "",
            "");
    return planner.plan(
        prompt,
        chain,
        new AnnotationPlanner.Asked(
            "r", "s", model, 4, new AnnotationPlanner.Allowed(mayEdit, true, true)),
        paying,
        number * 1_200_000_000_000L);
  }

  private AnnotationPlan plan(String body, @Nullable ModelEntry model) {
    scan(body);
    return planner.plan(prompt, model, 4);
  }

  private void scan(String body) {
    byte[] bytes = body.getBytes(UTF_8);
    assertThat(
            new PromptScanner(new PromptScanner.Limits(1 << 22, 64, 10_000))
                .scan(bytes, bytes.length, Dialect.ANTHROPIC_MESSAGES, prompt))
        .isEqualTo(Verdict.OK);
  }

  private static String edited(AnnotationPlan plan, String body) {
    byte[] bytes = body.getBytes(UTF_8);
    return new String(plan.splices().apply(bytes, bytes.length), UTF_8);
  }

  private static ModelEntry model(int minCacheTokens, int maxMarkers) {
    return new ModelEntry(
        "claude*", Dialect.ANTHROPIC_MESSAGES, minCacheTokens, maxMarkers, 20, List.of(), "", "");
  }

  private static String request(String system, String... messages) {
    return "{\"system\":\"%s\",\"messages\":[%s]}".formatted(system, String.join(",", messages));
  }

  private static String user(String text) {
    return "{\"role\":\"user\",\"content\":\"%s\"}".formatted(text);
  }

  private static String assistant(String text) {
    return "{\"role\":\"assistant\",\"content\":\"%s\"}".formatted(text);
  }

  private static String block(String text) {
    return "{\"type\":\"text\",\"text\":\"%s\"}".formatted(text);
  }
}

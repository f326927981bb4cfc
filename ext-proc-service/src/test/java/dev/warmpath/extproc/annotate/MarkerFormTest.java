package dev.warmpath.extproc.annotate;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.warmpath.extproc.CatalogueFile;
import dev.warmpath.extproc.prefix.KeyRing;
import dev.warmpath.extproc.prefix.PrefixChain;
import dev.warmpath.extproc.prefix.PrefixHasher;
import dev.warmpath.extproc.prefix.Scope;
import dev.warmpath.extproc.prompt.Dialect;
import dev.warmpath.extproc.prompt.Prompt;
import dev.warmpath.extproc.prompt.PromptScanner;
import dev.warmpath.extproc.prompt.Verdict;
import dev.warmpath.extproc.provider.Catalogue;
import dev.warmpath.extproc.provider.ModelEntry;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Markers as each API takes them, by the shipped catalogue. */
class MarkerFormTest {

  private static final String LONG = "All that is known of the matter. ".repeat(2_000);
  private static final long SECOND = 1_000_000_000L;
  private static final Catalogue CATALOGUE = CatalogueFile.load(List.of());

  private final PayingMarkers paying = new PayingMarkers(1024);
  private final AnnotationPlanner planner = new AnnotationPlanner();
  private final Prompt prompt = new Prompt();
  private final PrefixChain chain = new PrefixChain();
  private AnnotationPlan plan = planner.plan(prompt, null, 4);
  private boolean mayEdit = true;
  private boolean mayTellMode = true;
  private boolean mayAskForHour = true;
  private long nowNanos;

  /** The body as it goes on, when it comes for the first time. */
  private String edited(Dialect dialect, String model, String body) {
    byte[] bytes = body.getBytes(UTF_8);
    byte[] secret = new byte[32];
    assertThat(
            new PromptScanner(new PromptScanner.Limits(1 << 22, 64, 10_000))
                .scan(bytes, bytes.length, dialect, prompt))
        .isEqualTo(Verdict.OK);
    new PrefixHasher(new KeyRing(secret, secret), 1024, 4096)
        .chain(prompt, new Scope(Scope.Lane.PROVIDER, "account", model), chain);
    nowNanos += SECOND;
    ModelEntry row = CATALOGUE.find(dialect, model).orElseThrow();
    var asked =
        new AnnotationPlanner.Asked(
            "r", "s", row, 4, new AnnotationPlanner.Allowed(mayEdit, mayTellMode, mayAskForHour));
    plan = planner.plan(prompt, chain, asked, paying, nowNanos);
    paying.answered(plan.keys(), plan.markedKeys(), nowNanos);
    return new String(plan.splices().apply(bytes, bytes.length), UTF_8);
  }

  private static String shortened(String body) {
    return body.replace(LONG, "…");
  }

  @Test
  void converse_systemToolsAndTurn_getPointsOfTheirOwn() {
    String body =
        """
        {"system":[{"text":"%1$s"}],"toolConfig":{"tools":[{"toolSpec":{"name":"a",\
        "inputSchema":{"json":{}},"description":"%1$s"}}]},\
        "messages":[{"role":"user","content":[{"text":"Why?"},{"text":"%1$s"}]}]}\
        """
            .formatted(LONG);

    String edited = edited(Dialect.BEDROCK_CONVERSE, "anthropic.claude-opus-5", body);

    assertThat(shortened(edited))
        .isEqualTo(
            """
            {"system":[{"text":"…"},{"cachePoint":{"type":"default"}}],\
            "toolConfig":{"tools":[{"toolSpec":{"name":"a",\
            "inputSchema":{"json":{}},"description":"…"}},{"cachePoint":{"type":"default"}}]},\
            "messages":[{"role":"user","content":[{"text":"Why?"},{"text":"…"},\
            {"cachePoint":{"type":"default"}}]}]}\
            """);
    assertThat(plan.fields()).containsExactly("cachePoint");
  }

  @Test
  void converse_clientsPoint_standsAndIsNotDoubled() {
    String body =
        """
        {"system":[{"text":"%1$s"},{"cachePoint":{"type":"default"}}],\
        "messages":[{"role":"user","content":[{"text":"Why?"}]}]}\
        """
            .formatted(LONG);

    String edited = edited(Dialect.BEDROCK_CONVERSE, "anthropic.claude-opus-5", body);

    assertThat(plan.decision(Boundary.SYSTEM)).isEqualTo(Decision.CLIENT_MARKED);
    assertThat(shortened(edited))
        .contains("[{\"text\":\"…\"},{\"cachePoint\":{\"type\":\"default\"}}]");
    assertThat(plan.fields()).as("a refusal may be about its own").isEmpty();
  }

  /** Prompts come back so often that a marker earns more than the automatic cache that it ends. */
  private void comeBackOften() {
    for (int prompt = 0; prompt < 30; prompt++) {
      for (int i = 0; i < 6; i++) {
        edited(
            Dialect.OPENAI_CHAT,
            "qwen3-max",
            """
            {"messages":[{"role":"system","content":"%d %s"},{"role":"user","content":"%d"}]}\
            """
                .formatted(prompt / 3, LONG, prompt));
      }
    }
  }

  @Test
  void qwen_nothingKnownYet_isLeftToTheAutomaticCache() {
    edited(Dialect.OPENAI_CHAT, "qwen3-max", chat("qwen3-max"));

    assertThat(plan.splices().isEmpty()).isTrue();
    assertThat(plan.decision(Boundary.SYSTEM)).isEqualTo(Decision.DOES_NOT_PAY);
  }

  @Test
  void qwen_stringContents_becomePartsAndToolsStay() {
    comeBackOften();
    String body =
        """
        {"model":"qwen3-max","tools":[{"type":"function","function":{"name":"a"}}],\
        "messages":[{"role":"system","content":"%s"},{"role":"user","content":"Why?"}]}\
        """
            .formatted(LONG);

    String edited = edited(Dialect.OPENAI_CHAT, "qwen3-max", body);

    assertThat(shortened(edited))
        .isEqualTo(
            """
            {"model":"qwen3-max","tools":[{"type":"function","function":{"name":"a"}}],\
            "messages":[{"role":"system","content":[{"type":"text","text":"…",\
            "cache_control":{"type":"ephemeral"}}]},{"role":"user","content":\
            [{"type":"text","text":"Why?","cache_control":{"type":"ephemeral"}}]}]}\
            """);
  }

  @Test
  void chat_answersAndToolResults_carryNoMarker() {
    comeBackOften();
    String body =
        """
        {"messages":[{"role":"user","content":"%1$s"},{"role":"assistant","content":"%1$s",\
        "tool_calls":[{"id":"1","type":"function","function":{"name":"a","arguments":"{}"}}]},\
        {"role":"tool","tool_call_id":"1","content":"%1$s"}]}\
        """
            .formatted(LONG);

    String edited = edited(Dialect.OPENAI_CHAT, "qwen3-max", body);

    assertThat(shortened(edited))
        .startsWith(
            "{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"…\","
                + "\"cache_control\":{\"type\":\"ephemeral\"}}]},"
                + "{\"role\":\"assistant\",\"content\":\"…\",")
        .endsWith("{\"role\":\"tool\",\"tool_call_id\":\"1\",\"content\":\"…\"}]}");
  }

  @Test
  void openAi_modelWithBreakpoints_isToldThatTheMarkedIsAll() {
    String edited = edited(Dialect.OPENAI_CHAT, "gpt-6-sol", chat("gpt-6-sol"));

    assertThat(shortened(edited))
        .isEqualTo(
            """
            {"prompt_cache_options":{"mode":"explicit","ttl":"30m"},"model":"gpt-6-sol",\
            "messages":[{"role":"system","content":[{"type":"text","text":"…",\
            "prompt_cache_breakpoint":{"mode":"explicit"}}]},{"role":"user","content":\
            [{"type":"text","text":"Why?","prompt_cache_breakpoint":{"mode":"explicit"}}]}]}\
            """);
    assertThat(plan.fields()).containsExactly("prompt_cache_breakpoint", "prompt_cache_options");
  }

  /** A system prompt that comes back each twenty minutes: an hour pays, five minutes don't. */
  private String eachTwentyMinutes(String model, String body) {
    String last = "";
    for (int i = 0; i < 60; i++) {
      nowNanos += 1_200 * SECOND;
      last = edited(Dialect.ANTHROPIC_MESSAGES, model, body);
    }
    return last;
  }

  @Test
  void hour_refusedBefore_isNotAskedForAndFiveMinutesStay() {
    String body =
        """
        {"model":"claude-opus-5","max_tokens":9,"system":[{"type":"text","text":"%s"}],\
        "messages":[{"role":"user","content":"Why?"}]}\
        """
            .formatted(LONG);
    assertThat(eachTwentyMinutes("claude-opus-5", body)).contains("\"ttl\":\"1h\"");
    assertThat(plan.fields()).containsExactly("cache_control", "cache_control.ttl");

    mayAskForHour = false;
    nowNanos += 7_200 * SECOND;
    assertThat(eachTwentyMinutes("claude-opus-5", body)).doesNotContain("ttl", "cache_control");
    for (int i = 0; i < 60; i++) {
      edited(Dialect.ANTHROPIC_MESSAGES, "claude-opus-5", body);
    }
    assertThat(plan.explain()).contains("=placed(").doesNotContain("placed_1h");
    assertThat(plan.fields()).containsExactly("cache_control");
  }

  /** Its refusal is about ours only where the client asked for no lifetime itself. */
  @Test
  void hour_besideTheClientsMarkers_isOursWhereItNamedNoLifetime() {
    String body =
        """
        {"model":"claude-opus-5","max_tokens":9,"system":[{"type":"text","text":"%s"}],\
        "messages":[{"role":"user","content":[{"type":"text","text":"Why?",\
        "cache_control":{"type":"ephemeral"%s}}]}]}\
        """;

    assertThat(fieldsOfHour(body.formatted(LONG, ""))).containsExactly("cache_control.ttl");
    assertThat(fieldsOfHour(body.formatted(LONG, ",\"ttl\":\"5m\""))).isEmpty();
  }

  /** Of the first request that is written for an hour; those behind it read. */
  private List<String> fieldsOfHour(String body) {
    nowNanos += 7_200 * SECOND;
    for (int i = 0; i < 60; i++) {
      nowNanos += 1_200 * SECOND;
      if (edited(Dialect.ANTHROPIC_MESSAGES, "claude-opus-5", body).contains("\"ttl\":\"1h\"")) {
        return plan.fields();
      }
    }
    throw new AssertionError(plan.explain());
  }

  @Test
  void openAi_optionsRefusedBefore_stableEndIsMarkedBesideItsOwn() {
    mayTellMode = false;

    String edited = edited(Dialect.OPENAI_CHAT, "gpt-6-sol", chat("gpt-6-sol"));

    assertThat(edited).doesNotContain("prompt_cache_options");
    assertThat(plan.decision(Boundary.SYSTEM)).isEqualTo(Decision.PLACED);
    assertThat(plan.fields()).containsExactly("prompt_cache_breakpoint");
  }

  @Test
  void openAi_neverComesBack_isNotWrittenAtAllInTheEnd() {
    String last = "";
    for (int i = 0; i < 400; i++) {
      nowNanos += 7_200 * SECOND;
      last =
          edited(
              Dialect.OPENAI_CHAT,
              "gpt-6-sol",
              chat("gpt-6-sol").replace("All that", i + " All that"));
    }

    assertThat(plan.decision(Boundary.SYSTEM)).isEqualTo(Decision.DOES_NOT_PAY);
    assertThat(last)
        .contains("\"prompt_cache_options\":{\"mode\":\"explicit\"")
        .doesNotContain("prompt_cache_breakpoint");
  }

  @Test
  void openAi_clientSaysHow_staysSo() {
    String explicit =
        chat("gpt-6-sol\",\"prompt_cache_options\":{\"mode\":\"explicit\"},\"user\":\"u");
    assertThat(edited(Dialect.OPENAI_CHAT, "gpt-6-sol", explicit)).isEqualTo(explicit);
    assertThat(plan.decision(Boundary.SYSTEM)).isEqualTo(Decision.CLIENT_DECLINED);

    String nothing = chat("gpt-6-sol\",\"prompt_cache_options\":null,\"user\":\"u");
    assertThat(edited(Dialect.OPENAI_CHAT, "gpt-6-sol", nothing))
        .containsOnlyOnce("prompt_cache_options")
        .contains("prompt_cache_breakpoint");
  }

  /** What isn't in the body may come back all the same. */
  @Test
  void openAi_historyOrTemplateThatIsOnlyNamed_leavesTheModeAlone() {
    for (String named :
        List.of(
            "\"previous_response_id\":\"resp_1\"",
            "\"conversation\":\"conv_1\"",
            "\"prompt\":{\"id\":\"p\"}")) {
      String body =
          "{\"model\":\"gpt-6-sol\",%s,\"input\":[{\"role\":\"user\",\"content\":\"%s\"}]}"
              .formatted(named, LONG);

      assertThat(edited(Dialect.OPENAI_RESPONSES, "gpt-6-sol", body))
          .as(named)
          .doesNotContain("prompt_cache_options");
    }
  }

  @Test
  void openAi_sharedPartThatCannotBeMarked_leavesTheModeAlone() {
    String instructions =
        "{\"model\":\"gpt-6-sol\",\"instructions\":\"%1$s\",\"input\":\"%1$s\"}".formatted(LONG);
    String tools =
        """
        {"model":"gpt-6-sol","tools":[{"type":"function","function":{"name":"a",\
        "description":"%1$s"}}],"messages":[{"role":"user","content":"%1$s"}]}\
        """
            .formatted(LONG);

    assertThat(edited(Dialect.OPENAI_RESPONSES, "gpt-6-sol", instructions))
        .doesNotContain("prompt_cache_options")
        .contains("prompt_cache_breakpoint");
    assertThat(edited(Dialect.OPENAI_CHAT, "gpt-6-sol", tools))
        .doesNotContain("prompt_cache_options")
        .contains("prompt_cache_breakpoint");
  }

  @Test
  void openAi_clientAsksForRetention_leavesTheModeAlone() {
    String body = chat("gpt-6-sol\",\"prompt_cache_retention\":\"24h\",\"user\":\"u");

    assertThat(edited(Dialect.OPENAI_CHAT, "gpt-6-sol", body))
        .doesNotContain("prompt_cache_options");
  }

  /** Rounds that end in a tool's result teach that conversations come back. */
  @Test
  void openAi_agentsLoops_doNotUnlearnTheirFirstRound() {
    for (int conversation = 0; conversation < 300; conversation++) {
      String first =
          """
          {"model":"gpt-6-sol","messages":[{"role":"system","content":"%d %s"},\
          {"role":"user","content":"Why?"}\
          """
              .formatted(conversation, LONG);
      edited(Dialect.OPENAI_CHAT, "gpt-6-sol", first + "]}");
      assertThat(plan.decision(Boundary.SYSTEM)).as("%d", conversation).isEqualTo(Decision.PLACED);
      for (int round = 0; round < 3; round++) {
        edited(
            Dialect.OPENAI_CHAT,
            "gpt-6-sol",
            first
                + ",{\"role\":\"assistant\",\"content\":null,\"tool_calls\":[]},"
                + "{\"role\":\"tool\",\"tool_call_id\":\"1\",\"content\":\"%d\"}]}"
                    .formatted(round));
      }
      nowNanos += 7_200 * SECOND;
    }
  }

  @Test
  void openAi_agentsLoop_keepsWhatOpenAiCachesItself() {
    String body =
        """
        {"model":"gpt-6-sol","messages":[{"role":"system","content":"%1$s"},\
        {"role":"user","content":"Why?"},{"role":"assistant","content":null,"tool_calls":\
        [{"id":"1","type":"function","function":{"name":"a","arguments":"{}"}}]},\
        {"role":"tool","tool_call_id":"1","content":"%1$s"}]}\
        """
            .formatted(LONG);

    assertThat(edited(Dialect.OPENAI_CHAT, "gpt-6-sol", body))
        .doesNotContain("prompt_cache_options")
        .contains("prompt_cache_breakpoint");
  }

  @Test
  void openAi_modelWithoutBreakpoints_staysUntouched() {
    assertThat(edited(Dialect.OPENAI_CHAT, "gpt-5.5", chat("gpt-5.5"))).isEqualTo(chat("gpt-5.5"));
    assertThat(plan.decision(Boundary.SYSTEM)).isEqualTo(Decision.NO_MARKERS);
  }

  @Test
  void responses_inputAsString_becomesAMessageAndInstructionsStay() {
    String body =
        "{\"model\":\"gpt-6-sol\",\"instructions\":\"%1$s\",\"input\":\"%1$s\"}".formatted(LONG);

    assertThat(shortened(edited(Dialect.OPENAI_RESPONSES, "gpt-6-sol", body)))
        .isEqualTo(
            """
            {"model":"gpt-6-sol","instructions":"…","input":[{"role":"user","content":\
            [{"type":"input_text","text":"…",\
            "prompt_cache_breakpoint":{"mode":"explicit"}}]}]}\
            """);
  }

  @Test
  void responses_itemsWithStrings_becomeInputTexts() {
    String body =
        """
        {"model":"gpt-6-sol","input":[{"role":"developer","content":"%1$s"},\
        {"role":"user","content":[{"type":"input_text","text":"Why?"}]}]}\
        """
            .formatted(LONG);

    assertThat(shortened(edited(Dialect.OPENAI_RESPONSES, "gpt-6-sol", body)))
        .endsWith(
            """
            "input":[{"role":"developer","content":[{"type":"input_text","text":"…",\
            "prompt_cache_breakpoint":{"mode":"explicit"}}]},{"role":"user","content":\
            [{"prompt_cache_breakpoint":{"mode":"explicit"},"type":"input_text",\
            "text":"Why?"}]}]}\
            """);
  }

  @Test
  void part_whoseMarkerIsNull_getsNoOther() {
    String body =
        """
        {"model":"gpt-6-sol","messages":[{"role":"user","content":[{"type":"text",\
        "text":"%1$s","prompt_cache_breakpoint":null}]}]}\
        """
            .formatted(LONG);

    assertThat(edited(Dialect.OPENAI_CHAT, "gpt-6-sol", body)).isEqualTo(body);
    assertThat(plan.decision(Boundary.CONVERSATION)).isEqualTo(Decision.NO_CACHEABLE_BLOCK);
  }

  @Test
  void body_thatMustNotChange_staysUntouched() {
    mayEdit = false;

    assertThat(edited(Dialect.OPENAI_CHAT, "gpt-6-sol", chat("gpt-6-sol")))
        .isEqualTo(chat("gpt-6-sol"));
    assertThat(plan.decision(Boundary.SYSTEM)).isEqualTo(Decision.NOT_EDITABLE);
  }

  @Test
  void gemini_whoseCachesAreObjects_staysUntouched() {
    String body = "{\"contents\":[{\"parts\":[{\"text\":\"%s\"}]}]}".formatted(LONG);

    assertThat(edited(Dialect.GEMINI, "gemini-2.5-pro", body)).isEqualTo(body);
  }

  private static String chat(String model) {
    return ("{\"model\":\"%s\",\"messages\":[{\"role\":\"system\",\"content\":\"%s\"},"
            + "{\"role\":\"user\",\"content\":\"Why?\"}]}")
        .formatted(model, LONG);
  }
}

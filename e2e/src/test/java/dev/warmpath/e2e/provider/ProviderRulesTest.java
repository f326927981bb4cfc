package dev.warmpath.e2e.provider;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.data.Offset.offset;

import dev.warmpath.e2e.provider.ProviderRules.Kind;
import dev.warmpath.e2e.provider.ProviderRules.Verdict;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ProviderRulesTest {
  private static final String KEY = "Bearer sk-sim-north";
  private static final String OTHER_KEY = "Bearer sk-sim-south";
  private static final String POINT = "{'cachePoint':{'type':'default'}}";
  private static final String HOUR = "{'cachePoint':{'type':'default','ttl':'1h'}}";
  private static final String BREAK = "'prompt_cache_breakpoint':{'mode':'explicit'}";
  private static final String MARK = "'cache_control':{'type':'ephemeral'}";
  private static final String HI = "'messages':[{'role':'user','content':'hi'}]";

  private final Map<Kind, ProviderRules> rules = new EnumMap<>(Kind.class);
  private Instant now = Instant.parse("2026-11-21T10:00:00Z");

  // Converse.

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          {                                                     | 400 |
          {'messages':[]}                                       | 400 | messages: must have length
          {U,'prompt_cache_key':'x'}                            | 400 | extraneous key [prompt_cache_key]
          {'messages':[{'role':'user','content':'hi'}]}         | 400 | is empty
          {'messages':[{'role':'assistant','content':[{'text':'a'}]}]} | 400 | start with a user message
          {'messages':[{'role':'user','content':[{'text':'a'}]},{'role':'user','content':[{'text':'a'}]}]} | 400 | alternate
          {'messages':[{'role':'user','content':[{'text':' '}]}]}      | 400 | is blank
          {'messages':[{'role':'user','content':[{'type':'text','text':'a'}]}]} | 400 | exactly one member
          {'messages':[{'role':'user','content':[{'text':'a','cache_control':{}}]}]} | 400 | exactly one member
          {'messages':[{'role':'user','content':[{'texts':'a'}]}]}     | 400 | extraneous key [messages.0.content.0.texts]
          {'messages':[{'role':'user','content':[POINT,{'text':'a'}]}]} | 400 | nothing is before it
          {'messages':[{'role':'user','content':[{'text':'a'},POINT,POINT]}]} | 400 | nothing is before it
          {'system':[POINT],U}                                  | 400 | nothing is before it
          {'system':[{'text':'a'},{'cachePoint':{'type':'ephemeral'}}],U} | 400 | enum value set: [default]
          {'system':[{'text':'a'},{'cachePoint':{'type':'default','ttl':'30m'}}],U} | 400 | cachePoint.ttl
          {'system':[{'text':'a'},{'cachePoint':{'type':'default','x':1}}],U} | 400 | extraneous key [system.1.cachePoint.x]
          {'system':'a',U}                                      | 400 | system: expected a list
          {'system':[{'text':'a'},POINT,{'text':'b'},HOUR],U}   | 400 | must not come after a ttl='5m'
          {'system':[{'text':'a'},POINT],'toolConfig':{'tools':[POINT]},U} | 400 | toolConfig.tools: must have
          {'messages':[{'role':'user','content':[{'text':'a'}]},{'role':'assistant','content':[{'reasoningContent':{'reasoningText':{'text':'b','signature':'c'}}},POINT]}]} | 400 | after reasoning block
          {'messages':[{'role':'user','content':[{'document':{'format':'md','name':'a','source':{'bytes':'YQ=='}}},POINT]}]} | 400 | messages.0.content.1.type: Field required
          {'messages':[{'role':'user','content':[{'text':'a'}]},{'role':'assistant','content':[{'toolUse':{'toolUseId':'1','name':'t','input':{}}}]}]} | 400 | toolConfig field must be defined
          {'toolConfig':{'tools':[TOOL]},'messages':[{'role':'user','content':[{'toolResult':{'toolUseId':'1','content':[{'text':'a'}]}}]}]} | 400 | mismatching Ids
          {'toolConfig':{'tools':[TOOL]},'messages':[{'role':'user','content':[{'text':'a'}]},CALL,{'role':'user','content':[{'toolResult':{'toolUseId':'1','content':[{'text':'a'},POINT]}}]}]} | 400 | extraneous key
          """)
  void converse_whatBedrockRefuses_isRefused(String body, int status, String message) {
    assertRefused(
        Kind.BEDROCK_CONVERSE, converse("claude-opus-5-5"), filled(body), status, message);
  }

  @Test
  void converse_fivePoints_areRefused() throws ApiException {
    String four =
        "'system':[%s],U"
            .formatted(("{'text':'a'}," + POINT + ",").repeat(3) + "{'text':'b'}," + POINT);
    assertThat(
            judge(Kind.BEDROCK_CONVERSE, converse("claude-opus-5-5"), filled("{" + four + "}"))
                .markers())
        .isEqualTo(4);
    assertRefused(
        Kind.BEDROCK_CONVERSE,
        converse("claude-opus-5-5"),
        filled("{'toolConfig':{'tools':[TOOL,HOUR]}," + four + "}"),
        400,
        "Found 5");
  }

  @Test
  void converse_modelWithoutCache_refusesPointsAndTakesTheRest() throws ApiException {
    String path = "/model/meta.llama4-maverick-17b-instruct-v1%3A0/converse";
    assertRefused(
        Kind.BEDROCK_CONVERSE,
        path,
        filled("{'system':[{'text':'a'},POINT],U}"),
        403,
        "unsupported model or your request did not allow prompt caching");
    Verdict plain = judge(Kind.BEDROCK_CONVERSE, path, filled("{U}"));
    assertThat(plain.usage()).isEqualTo(new MessageUsage(0, 0, 0, 1, 0));
    assertRefused(
        Kind.BEDROCK_CONVERSE,
        "/model/claude-1/converse",
        filled("{U}"),
        400,
        "identifier is invalid");
  }

  @Test
  void converse_pointsOfBothLifetimes_areWrittenReadAndTold() throws ApiException {
    String body =
        filled(
            "{'toolConfig':{'tools':[TOOL]},'system':[{'text':'%s'},HOUR],'messages':[{'role':'user','content':[{'text':'%s'},POINT,{'text':'question'}]}]}"
                .formatted("s".repeat(8_000), "u".repeat(4_000)));
    MessageUsage first = judge(Kind.BEDROCK_CONVERSE, converse("claude-opus-5-5"), body).usage();
    assertThat(first.written1h()).isGreaterThan(2_000);
    assertThat(first.written5m()).isEqualTo(1_000);
    assertThat(first.read()).isZero();

    now = now.plus(Duration.ofMinutes(6));
    Verdict second = judge(Kind.BEDROCK_CONVERSE, converse("claude-opus-5-5"), body);
    assertThat(second.usage().read()).isEqualTo(first.written1h());
    assertThat(second.usage().written5m()).isEqualTo(1_000);
    assertThat(second.usageForm(7).toString())
        .isEqualTo(
            ("{'inputTokens':2,'outputTokens':7,'totalTokens':%d,'cacheReadInputTokens':%d,"
                 + "'cacheWriteInputTokens':1000,'cacheDetails':[{'ttl':'5m','inputTokens':1000}]}")
                .replace('\'', '"')
                .formatted(first.allInput() + 7, first.written1h()));
  }

  @ParameterizedTest
  @CsvSource({
    "claude-opus-5-5, 2047, false", "claude-opus-5-5, 2048, true",
    "claude-sonnet-4-6, 4092, false", "claude-sonnet-4-6, 4096, true",
    "claude-haiku-4-5-20251001, 16380, false", "claude-haiku-4-5-20251001, 16384, true",
    "claude-opus-4-7, 8188, false", "claude-opus-4-7, 8192, true"
  })
  void converse_minimum_isTheModelsAndSilent(String model, int bytes, boolean written)
      throws ApiException {
    // Four bytes are a token, the last one begun: 2,047 bytes are 512 tokens as well.
    int exact = bytes % 4 == 0 ? bytes : bytes - 3;
    Verdict verdict =
        judge(
            Kind.BEDROCK_CONVERSE,
            converse(model),
            filled("{'system':[{'text':'%s'},POINT],U}".formatted("s".repeat(exact))));
    assertThat(verdict.markers()).isEqualTo(1);
    assertThat(verdict.usage().written5m() > 0).isEqualTo(written);
  }

  @Test
  void converse_otherCustomer_readsNothing() throws ApiException {
    String body = filled("{'system':[{'text':'%s'},POINT],U}".formatted("s".repeat(8_000)));
    judge(Kind.BEDROCK_CONVERSE, converse("claude-opus-5-5"), body);
    Verdict other =
        rules(Kind.BEDROCK_CONVERSE)
            .judge(converse("claude-opus-5-5"), Map.of("authorization", OTHER_KEY), bytes(body));
    assertThat(other.usage().read()).isZero();
  }

  // Anthropic's form.

  @Test
  void invoke_automaticMarker_isRefusedUpToOpus46() throws ApiException {
    String body = filled("{'anthropic_version':'bedrock-2023-05-31','max_tokens':9,MARK,HI}");
    for (String legacy : List.of("claude-opus-4-6", "claude-sonnet-4-5", "claude-haiku-4-5")) {
      assertRefused(Kind.BEDROCK_INVOKE, invoke(legacy), body, 400, "cache_control: Extra inputs");
    }
    assertThat(judge(Kind.BEDROCK_INVOKE, invoke("claude-opus-4-7"), body).markers()).isEqualTo(1);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          {'max_tokens':9,HI}                                                        | anthropic_version: Field required
          {'anthropic_version':'vertex-2023-10-16','max_tokens':9,HI}                | anthropic_version: Input should be
          {'anthropic_version':'bedrock-2023-05-31','model':'m','max_tokens':9,HI}   | model: Extra inputs
          {'anthropic_version':'bedrock-2023-05-31','stream':true,'max_tokens':9,HI} | stream: Extra inputs
          """)
  void invoke_whatBedrockRefuses_isRefusedInItsForm(String body, String message) {
    assertThatThrownBy(() -> judge(Kind.BEDROCK_INVOKE, invoke("claude-opus-5-5"), filled(body)))
        .isInstanceOfSatisfying(
            ApiException.class, e -> assertThat(e.body().has("message")).isTrue())
        .hasMessageContaining(message);
  }

  @Test
  void withoutTtl_lifetime_isRefusedAndMarkersAreTaken() throws ApiException {
    String body = "{'model':'kimi-k3','max_tokens':9,'system':[{'type':'text','text':'%s',%s}],HI}";
    String path = "/anthropic/v1/messages";
    assertRefused(
        Kind.ANTHROPIC_WITHOUT_TTL,
        path,
        filled(body.formatted("s", "'cache_control':{'type':'ephemeral','ttl':'1h'}")),
        400,
        "system.0.cache_control.ephemeral.ttl: Extra inputs are not permitted");
    assertThat(
            judge(Kind.ANTHROPIC_WITHOUT_TTL, path, filled(body.formatted("s".repeat(1_024), MARK)))
                .usage()
                .written5m())
        .isEqualTo(256);
  }

  @Test
  void anthropic_deferredToolWithMarker_isRefused() {
    String body =
        "{'model':'claude-opus-5','max_tokens':9,'tools':[{'name':'t','input_schema':{},'defer_loading':true,MARK}],HI}";
    assertThatThrownBy(
            () ->
                rules(Kind.ANTHROPIC)
                    .judge(
                        "/v1/messages",
                        Map.of("x-api-key", "sk-sim-north", "anthropic-version", "2023-06-01"),
                        bytes(filled(body))))
        .hasMessageContaining("cannot have both defer_loading=true and cache_control set");
  }

  @Test
  void anthropic_bill_isByThePublishedRow() throws ApiException {
    String body =
        filled(
            "{'model':'claude-haiku-5-5','max_tokens':9,'system':[{'type':'text','text':'%s',MARK}],HI}");
    Map<String, String> headers =
        Map.of("x-api-key", "sk-sim-north", "anthropic-version", "2023-06-01");
    Verdict low =
        rules(Kind.ANTHROPIC)
            .judge("/v1/messages", headers, bytes(body.formatted("s".repeat(40_000))));
    assertThat(low.inputUsd().orElseThrow())
        .isCloseTo((10_000 * 0.125 + 0.10) / 1e6, offset(1e-12));
    assertThat(low.inputUnits().orElseThrow()).isCloseTo(10_000 * 1.25 + 1, offset(1e-6));
    Verdict high =
        rules(Kind.ANTHROPIC)
            .judge("/v1/messages", headers, bytes(body.formatted("s".repeat(400_000))));
    assertThat(high.inputUsd().orElseThrow())
        .isCloseTo((100_000 * 0.625 + 0.50) / 1e6, offset(1e-12));
  }

  // OpenAI.

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          {'model':'gpt-5.5',HI,'prompt_cache_options':{'mode':'explicit'}}        | Unknown parameter: 'prompt_cache_options'.
          {'model':'gpt-5.5',PARTS_BREAK}                                          | Unknown parameter: 'messages[0].content[0].prompt_cache_breakpoint'.
          {'model':'gpt-5.5',PARTS_MARK}                                           | Unknown parameter: 'messages[0].content[0].cache_control'.
          {'model':'gpt-6-sol',PARTS_MARK}                                         | Unknown parameter: 'messages[0].content[0].cache_control'.
          {'model':'gpt-6-sol',HI,MARK}                                            | Unknown parameter: 'cache_control'.
          {'model':'gpt-6-sol',HI,'prompt_cache_retention':'24h'}                  | 'prompt_cache_retention' is not supported
          {'model':'gpt-5.6',HI,'prompt_cache_retention':'in_memory'}              | 'prompt_cache_retention' is not supported
          {'model':'gpt-5.5',HI,'prompt_cache_retention':'1h'}                     | expected in_memory or 24h
          {'model':'gpt-6-sol',HI,'prompt_cache_options':{'mode':'auto'}}          | expected implicit or explicit
          {'model':'gpt-6-sol',HI,'prompt_cache_options':{'ttl':'1h'}}             | expected 30m
          {'model':'gpt-6-sol',HI,'prompt_cache_options':{'x':1}}                  | Unknown parameter: 'prompt_cache_options.x'.
          {'model':'gpt-6-sol',HI,'tools':[{'type':'function','function':{'name':'t'},BREAK}]} | Unknown parameter: 'tools[0].prompt_cache_breakpoint'.
          {'model':'gpt-6-sol','messages':[{'role':'user','content':'hi',BREAK}]}  | Unknown parameter: 'messages[0].prompt_cache_breakpoint'.
          {'model':'gpt-6-sol','messages':[{'role':'user','content':[{'type':'text','text':'a','prompt_cache_breakpoint':{'mode':'implicit'}}]}]} | expected explicit
          {'model':'gpt-6-sol','messages':[{'role':'user','content':[{'type':'text','text':'a','prompt_cache_breakpoint':{'mode':'explicit','ttl':'30m'}}]}]} | prompt_cache_breakpoint.ttl
          {'model':'gpt-6-sol','messages':[{'role':'user','content':'hi'},{'role':'assistant','content':[{'type':'refusal','refusal':'no',BREAK}]}]} | prompt_cache_breakpoint
          {'model':'gpt-5.5',HI,'prompt_cache_key':65}                             | expected a string
          {'model':'gpt-5.5',HI,'prompt_cache_key':'KEY65'}                        | maximum length 64, but got a string with length 65
          {'model':'gpt-5.5',HI,'stream_options':{'include_usage':true}}           | only allowed when 'stream' is enabled
          {'model':'gpt-5.5',HI,'stream':true,'stream_options':{'usage':true}}     | Unknown parameter: 'stream_options.usage'.
          {'model':'gpt-1',HI}                                                     | does not exist
          {'model':'gpt-5.5','messages':[]}                                        | empty array
          {'model':'gpt-5.5','messages':[{'role':'user','content':'hi'},{'role':'assistant','tool_calls':[{'id':'1','type':'function','function':{'name':'t','arguments':'{}'}}]}]} | did not have response messages: 1
          {'model':'gpt-5.5','messages':[{'role':'tool','tool_call_id':'1','content':'a'}]} | must be a response to a preceeding message
          {'model':'gpt-5.5','messages':[{'role':'user','content':'hi'},{'role':'user','content':'hi','content':'ho'}]} | Duplicate
          """)
  void openAi_whatItRefuses_isRefused(String body, String message) {
    assertThatThrownBy(() -> judge(Kind.OPENAI_CHAT, "/v1/chat/completions", filled(body)))
        .isInstanceOfSatisfying(
            ApiException.class, e -> assertThat(e.body().path("error").has("code")).isTrue())
        .hasMessageContaining(message);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          {'model':'gpt-6-sol','input':'a','cache_control':{}}                                  | Unknown parameter: 'cache_control'.
          {'model':'gpt-6-sol','input':'a','stream':true,'stream_options':{'include_usage':true}} | Unknown parameter: 'stream_options.include_usage'.
          {'model':'gpt-5.5','input':'a','prompt_cache_options':{'mode':'explicit'}}            | Unknown parameter: 'prompt_cache_options'.
          {'model':'gpt-5.5','input':[{'role':'user','content':[{'type':'input_text','text':'a',BREAK}]}]} | Unknown parameter: 'input[0].content[0].prompt_cache_breakpoint'.
          {'model':'gpt-6-sol','input':[{'role':'user','content':[{'type':'text','text':'a'}]}]}            | Invalid value: 'text'
          {'model':'gpt-6-sol','input':[{'role':'assistant','content':[{'type':'input_text','text':'a'}]}]} | Supported values are: 'output_text', 'refusal'
          {'model':'gpt-6-sol','input':[{'role':'assistant','content':[{'type':'output_text','text':'a',BREAK}]}]} | prompt_cache_breakpoint
          {'model':'gpt-6-sol','input':[{'type':'function_call_output','call_id':'c','output':[{'type':'input_text','text':'a',BREAK}]}]} | prompt_cache_breakpoint
          {'model':'gpt-6-sol','input':'a','tools':[{'type':'function','name':'t','parameters':{},BREAK}]}  | Unknown parameter: 'tools[0].prompt_cache_breakpoint'.
          {'model':'gpt-6-sol','input':[{'type':'thought'}]}                                    | Invalid value: 'thought'
          """)
  void responses_whatOpenAiRefuses_isRefused(String body, String message) {
    assertRefused(Kind.OPENAI_RESPONSES, "/v1/responses", filled(body), 400, message);
  }

  @Test
  void openAi_olderModel_readsWholeStepsAndBillsNoWrites() throws ApiException {
    String body =
        "{'model':'gpt-5.5','messages':[{'role':'system','content':'%s'},{'role':'user','content':'%s'}]}";
    Verdict first = chat(body.formatted("s".repeat(6_000), "one"));
    assertThat(first.usage()).isEqualTo(new MessageUsage(0, 0, 0, 1_501, 0));
    Verdict second = chat(body.formatted("s".repeat(6_000), "two"));
    assertThat(second.usage().read()).isEqualTo(1_408); // 11 steps of 128.
    assertThat(second.inputUsd().orElseThrow())
        .isCloseTo((93 * 5 + 1_408 * 0.5) / 1e6, offset(1e-12));
    assertThat(second.usageForm(1).path("prompt_tokens_details").path("cached_tokens").asInt())
        .isEqualTo(1_408);
    now = now.plus(Duration.ofMinutes(5));
    assertThat(chat(body.formatted("s".repeat(6_000), "three")).usage().read()).isZero();
    // Below the minimum nothing is read.
    chat(body.formatted("t".repeat(4_000), "one"));
    assertThat(chat(body.formatted("t".repeat(4_000), "two")).usage().read()).isZero();
  }

  @Test
  void openAi_breakpointInExplicitMode_writesAndReadsExactlyToIt() throws ApiException {
    String body =
        "{'model':'gpt-6-sol','prompt_cache_options':{'mode':'explicit','ttl':'30m'},'messages':["
            + "{'role':'system','content':[{'type':'text','text':'%s'%s}]},{'role':'user','content':'%s'}]}";
    String marked = "," + BREAK;
    assertThat(chat(body.formatted("s".repeat(4_092), marked, "hi..")).usage())
        .as("1,023 tokens")
        .isEqualTo(new MessageUsage(0, 0, 0, 1_024, 0));
    Verdict first = chat(body.formatted("s".repeat(4_096), marked, "hi.."));
    assertThat(first.usage()).isEqualTo(new MessageUsage(0, 1_024, 0, 1, 0));
    assertThat(first.inputUsd().orElseThrow()).isCloseTo((1_024 * 2.5 + 2) / 1e6, offset(1e-12));
    assertThat(first.usageForm(1).path("prompt_tokens_details").path("cache_write_tokens").asInt())
        .isEqualTo(1_024);
    assertThat(chat(body.formatted("s".repeat(4_096), marked, "ho..")).usage())
        .isEqualTo(new MessageUsage(1_024, 0, 0, 1, 0));
    now = now.plus(Duration.ofMinutes(29));
    assertThat(chat(body.formatted("s".repeat(4_096), marked, "ho..")).usage().read())
        .as("refreshed by use")
        .isEqualTo(1_024);
    assertThat(chat(body.formatted("s".repeat(4_096), "", "hi..")).usage())
        .as("none marked: no caching")
        .isEqualTo(new MessageUsage(0, 0, 0, 1_025, 0));
    now = now.plus(Duration.ofMinutes(31));
    assertThat(chat(body.formatted("s".repeat(4_096), marked, "hi..")).usage().read()).isZero();
  }

  @Test
  void openAi_implicitMode_missesAStablePrefixUnlessItIsMarked() throws ApiException {
    String body =
        "{'model':'gpt-6-sol','messages':[{'role':'user','content':[{'type':'text','text':'%s'%s},"
            + "{'type':'text','text':'%s'}]}]}";
    String stable = "s".repeat(8_000);
    assertThat(chat(body.formatted(stable, "", "one!")).usage().written5m()).isEqualTo(2_001);
    assertThat(chat(body.formatted(stable, "", "two!")).usage().read()).isZero();
    chat(body.formatted(stable, "," + BREAK, "one!"));
    assertThat(chat(body.formatted(stable, "," + BREAK, "six!")).usage())
        .isEqualTo(new MessageUsage(2_000, 1, 0, 0, 0));
  }

  @Test
  void openAi_growingConversation_readsWhereTheLastRequestEnded() throws ApiException {
    String turn = "{'role':'user','content':'%s'}".formatted("s".repeat(8_000));
    String more = ",{'role':'assistant','content':'yes.'},{'role':'user','content':'why?'}";
    chat("{'model':'gpt-6-sol','messages':[" + turn + "]}");
    assertThat(chat("{'model':'gpt-6-sol','messages':[" + turn + more + "]}").usage())
        .isEqualTo(new MessageUsage(2_000, 2, 0, 0, 0));
  }

  @Test
  void openAi_fiveBreakpoints_onlyTheLatestFourAreWritten() throws ApiException {
    var parts = new ArrayList<String>();
    for (int i = 0; i < 5; i++) {
      parts.add("{'type':'text','text':'%s',%s}".formatted(String.valueOf(i).repeat(4_096), BREAK));
    }
    String explicit = "'prompt_cache_options':{'mode':'explicit'},";
    String all = "{'model':'gpt-6-sol',%s'messages':[{'role':'user','content':[%s]}]}";
    Verdict five = chat(all.formatted(explicit, String.join(",", parts)));
    assertThat(five.markers()).isEqualTo(5);
    assertThat(five.usage().written5m()).isEqualTo(5 * 1_024);
    assertThat(chat(all.formatted(explicit, parts.getFirst())).usage().read())
        .as("the first of five was not written")
        .isZero();
    assertThat(chat(all.formatted(explicit, String.join(",", parts.subList(0, 2)))).usage().read())
        .isEqualTo(2 * 1_024);
  }

  @Test
  void openAi_keyAboveItsRate_goesOnToAnotherServer() throws ApiException {
    String body =
        "{'model':'gpt-5.5','prompt_cache_key':'%s','messages':[{'role':'system','content':'%s'},"
            + "{'role':'user','content':'hi'}]}";
    var reads = new ArrayList<Long>();
    for (int i = 0; i < 17; i++) {
      reads.add(chat(body.formatted("k", "s".repeat(6_000))).usage().read());
    }
    assertThat(reads.getFirst()).isZero();
    assertThat(reads.subList(1, 15)).containsOnly(1_408L);
    assertThat(reads.subList(15, 17)).containsExactly(0L, 1_408L);
    assertThat(chat(body.formatted("l", "s".repeat(6_000))).usage().read())
        .as("another key")
        .isZero();
    now = now.plusSeconds(61);
    assertThat(chat(body.formatted("k", "s".repeat(6_000))).usage().read()).isEqualTo(1_408);
  }

  @Test
  void openAi_keyOf64Characters_isTaken() throws ApiException {
    assertThat(
            chat("{'model':'gpt-5.5','prompt_cache_key':'%s',HI}".formatted("é".repeat(64)))
                .markers())
        .isZero();
  }

  // Qwen.

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          {'model':'qwen3-max','messages':[{'role':'user','content':[{'type':'text','text':'a','cache_control':{'type':'ephemeral','ttl':'5m'}}]}]} | 'messages[0].content[0].cache_control.ttl' is not supported
          {'model':'qwen3-max','messages':[{'role':'user','content':[{'type':'text','text':'a','cache_control':{'type':'default'}}]}]}              | expected ephemeral
          {'model':'qwen3-max',HI,'tools':[{'type':'function','function':{'name':'t'},MARK}]} | 'tools[0].cache_control' is not supported
          {'model':'qwen3-max',HI,MARK}                                                       | 'cache_control' is not supported
          {'model':'qwen3-max',HI,'prompt_cache_key':'k'}                                     | 'prompt_cache_key' is not supported
          {'model':'qwen3-max','messages':[{'role':'user','content':[M,M,M,M,M]}]}            | at most 4
          {'model':'gpt-5.5',HI}                                                              | does not exist
          """)
  void qwen_whatIsNotConfirmed_isRefused(String body, String message) {
    String part = "{'type':'text','text':'a'," + MARK + "}";
    assertThatThrownBy(
            () ->
                judge(
                    Kind.QWEN,
                    "/compatible-mode/v1/chat/completions",
                    filled(body.replaceAll("\\bM\\b", part))))
        .isInstanceOf(ApiException.class)
        .hasMessageContaining(message);
  }

  @Test
  void qwen_marked_isWrittenReadAndNotCachedBesides() throws ApiException {
    String body =
        "{'model':'qwen3-max','messages':[{'role':'user','content':[{'type':'text','text':'%s'%s},"
            + "{'type':'text','text':'%s'}]}]}";
    String path = "/compatible-mode/v1/chat/completions";
    String text = "s".repeat(8_000);
    Verdict first = judge(Kind.QWEN, path, filled(body.formatted(text, "," + MARK, "one!")));
    assertThat(first.usage()).isEqualTo(new MessageUsage(0, 2_000, 0, 1, 0));
    assertThat(first.inputUnits().orElseThrow()).isCloseTo(2_501, offset(1e-9));
    Verdict second = judge(Kind.QWEN, path, filled(body.formatted(text, "," + MARK, "two!")));
    assertThat(second.inputUnits().orElseThrow()).isCloseTo(201, offset(1e-9));
    // What was marked is in no other cache.
    assertThat(judge(Kind.QWEN, path, filled(body.formatted(text, "", "two!"))).usage().read())
        .isZero();
    assertThat(judge(Kind.QWEN, path, filled(body.formatted(text, "", "six!"))).usage().read())
        .isEqualTo(1_920);
    now = now.plus(Duration.ofMinutes(5));
    assertThat(
            judge(Kind.QWEN, path, filled(body.formatted(text, "," + MARK, "two!"))).usage().read())
        .isZero();
  }

  @Test
  void qwen_changeMoreThanTwentyPartsBefore_isNotFound() throws ApiException {
    for (int between : List.of(19, 20)) {
      String stable = "{'type':'text','text':'%s'".formatted((between + "s").repeat(4_000));
      String path = "/compatible-mode/v1/chat/completions";
      String body = "{'model':'qwen3-max','messages':[{'role':'user','content':[%s]}]}";
      judge(Kind.QWEN, path, filled(body.formatted(stable + "," + MARK + "}")));
      String rest =
          ",{'type':'text','text':'a'}".repeat(between - 1)
              + ",{'type':'text','text':'b',"
              + MARK
              + "}";
      long read =
          judge(Kind.QWEN, path, filled(body.formatted(stable + "}" + rest))).usage().read();
      assertThat(read > 0).as("%d parts later", between).isEqualTo(between == 19);
    }
  }

  // Who refuses all that is unknown.

  @Test
  void groq_whatItDoesNotKnow_isRefusedByItsText() throws ApiException {
    String path = "/openai/v1/chat/completions";
    assertRefused(
        Kind.GROQ,
        path,
        filled("{'model':'m',PARTS_MARK}"),
        400,
        "'messages.0.content.0' : property 'cache_control' is unsupported");
    assertRefused(
        Kind.GROQ,
        path,
        filled("{'model':'m',HI,'prompt_cache_key':'k'}"),
        400,
        "property 'prompt_cache_key' is unsupported");
    assertRefused(
        Kind.GROQ,
        path,
        filled("{'model':'m',HI,MARK}"),
        400,
        "property 'cache_control' is unsupported");
    assertThat(judge(Kind.GROQ, path, filled("{'model':'m',HI}")).model()).isEqualTo("m");
  }

  @Test
  void mistral_whatItDoesNotKnow_isRefusedWith422() throws ApiException {
    String path = "/v1/chat/completions";
    assertThatThrownBy(() -> judge(Kind.MISTRAL, path, filled("{'model':'m',PARTS_MARK}")))
        .isInstanceOfSatisfying(
            ApiException.class,
            e -> {
              assertThat(e.status()).isEqualTo(422);
              assertThat(e.body().at("/message/detail/0/type").asText())
                  .isEqualTo("extra_forbidden");
              assertThat(e.body().at("/message/detail/0/loc").toString())
                  .isEqualTo("[\"body\",\"messages\",0,\"content\",0,\"cache_control\"]");
            });
    for (String key : List.of("", ",'prompt_cache_key':'k'")) {
      String body =
          filled(
              "{'model':'m'%s,'messages':[{'role':'user','content':'%s'}]}"
                  .formatted(key, "s".repeat(1_000)));
      judge(Kind.MISTRAL, path, body);
      assertThat(judge(Kind.MISTRAL, path, body).usage().read()).isEqualTo(key.isEmpty() ? 0 : 192);
    }
  }

  @Test
  void azure_marker_isRefusedByItsText() {
    assertThatThrownBy(
            () ->
                rules(Kind.AZURE)
                    .judge(
                        "/openai/deployments/d/chat/completions?api-version=2026-10-01",
                        Map.of("api-key", "sk-sim-north"),
                        bytes(filled("{PARTS_MARK}"))))
        .hasMessageContaining("Unrecognized request argument supplied: cache_control");
  }

  @Test
  void azure_keyWithAModelThatIsNotOpenAis_isRefused() throws ApiException {
    String body = "{'model':'%s',HI,'prompt_cache_key':'k'}";
    String path = "/openai/v1/chat/completions";
    assertRefused(
        Kind.AZURE, path, filled(body.formatted("grok-5")), 400, "supplied: prompt_cache_key");
    assertThat(judge(Kind.AZURE, path, filled(body.formatted("gpt-5.5"))).model())
        .isEqualTo("gpt-5.5");
  }

  @Test
  void judge_withoutKeyOrAtAnotherPath_isRefused() {
    for (Kind kind : List.of(Kind.ANTHROPIC, Kind.OPENAI_CHAT, Kind.QWEN, Kind.GROQ)) {
      assertThatThrownBy(() -> rules(kind).judge("/v2", Map.of("authorization", KEY), bytes("{}")))
          .isInstanceOfSatisfying(ApiException.class, e -> assertThat(e.status()).isEqualTo(404));
    }
    assertThatThrownBy(
            () -> rules(Kind.OPENAI_CHAT).judge("/v1/chat/completions", Map.of(), bytes("{}")))
        .isInstanceOfSatisfying(ApiException.class, e -> assertThat(e.status()).isEqualTo(401));
  }

  private Verdict chat(String body) throws ApiException {
    return judge(Kind.OPENAI_CHAT, "/v1/chat/completions", filled(body));
  }

  private Verdict judge(Kind kind, String path, String body) throws ApiException {
    return rules(kind).judge(path, Map.of("authorization", KEY), bytes(body));
  }

  private ProviderRules rules(Kind kind) {
    return rules.computeIfAbsent(
        kind, _ -> ProviderRules.of(kind, ProviderAccess.DEFAULTS, () -> now));
  }

  private void assertRefused(Kind kind, String path, String body, int status, String message) {
    assertThatThrownBy(() -> judge(kind, path, body))
        .isInstanceOfSatisfying(ApiException.class, e -> assertThat(e.status()).isEqualTo(status))
        .hasMessageContaining(message == null ? "" : message);
  }

  private static String converse(String model) {
    return "/model/us.anthropic." + model + "-v1%3A0/converse";
  }

  private static String invoke(String model) {
    return "/model/anthropic." + model + "-v1:0/invoke";
  }

  private static String filled(String body) {
    return body.replace("U}", "'messages':[{'role':'user','content':[{'text':'q'}]}]}")
        .replace("U,", "'messages':[{'role':'user','content':[{'text':'q'}]}],")
        .replace(
            "PARTS_BREAK",
            "'messages':[{'role':'user','content':[{'type':'text','text':'a',BREAK}]}]")
        .replace(
            "PARTS_MARK",
            "'messages':[{'role':'user','content':[{'type':'text','text':'a',MARK}]}]")
        .replace("KEY65", "k".repeat(65))
        .replace("TOOL", "{'toolSpec':{'name':'t','inputSchema':{'json':{'type':'object'}}}}")
        .replace(
            "CALL",
            "{'role':'assistant','content':[{'toolUse':{'toolUseId':'1','name':'t','input':{}}}]}")
        .replace("POINT", POINT)
        .replace("HOUR", HOUR)
        .replace("BREAK", BREAK)
        .replace("MARK", MARK)
        .replace("HI", HI)
        .replace('\'', '"');
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}

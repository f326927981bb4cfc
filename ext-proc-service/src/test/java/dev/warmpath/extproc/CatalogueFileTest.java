package dev.warmpath.extproc;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.warmpath.config.ConfigException;
import dev.warmpath.config.v1.Api;
import dev.warmpath.config.v1.CacheRules;
import dev.warmpath.config.v1.Model;
import dev.warmpath.extproc.prompt.Dialect;
import dev.warmpath.extproc.provider.Catalogue;
import dev.warmpath.extproc.provider.Evidence;
import dev.warmpath.extproc.provider.Lifetime;
import dev.warmpath.extproc.provider.Mechanism;
import dev.warmpath.extproc.provider.ModelEntry;
import dev.warmpath.extproc.provider.Prices;
import dev.warmpath.extproc.provider.ProviderApi;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalDate;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The shipped rows against the facts, typed in anew; and how rows of three places come together.
 */
class CatalogueFileTest {

  private static final Catalogue SHIPPED = CatalogueFile.load(List.of());

  private static ModelEntry row(Dialect dialect, String model) {
    return SHIPPED.find(dialect, model).orElseThrow();
  }

  private static ProviderApi api(String provider, Dialect dialect) {
    return SHIPPED.apis().stream()
        .filter(api -> api.provider().equals(provider) && api.dialect() == dialect)
        .findFirst()
        .orElseThrow();
  }

  @ParameterizedTest
  @CsvSource({
    "claude-fable-5-1, 512, 10, 50, 0.25, 12.5, 20",
    "claude-fable-5, 512, 10, 50, 1, 12.5, 20",
    "claude-mythos-5-1, 512, 10, 50, 0.25, 12.5, 20",
    "claude-opus-5-5, 512, 4, 20, 0.2, 5, 8",
    "claude-opus-5, 512, 5, 25, 0.5, 6.25, 10",
    "claude-opus-4-8, 1024, 5, 25, 0.5, 6.25, 10",
    "claude-opus-4-7, 2048, 5, 25, 0.5, 6.25, 10",
    "claude-opus-4-6, 4096, 5, 25, 0.5, 6.25, 10",
    "claude-opus-4-5-20251101, 4096, 5, 25, 0.5, 6.25, 10",
    "claude-opus-4-1-20250805, 1024, 15, 75, 1.5, 18.75, 30",
    "claude-opus-4-20250514, 1024, 15, 75, 1.5, 18.75, 30",
    "claude-sonnet-5-5, 512, 2, 10, 0.1, 2.5, 4",
    "claude-sonnet-5, 1024, 2, 10, 0.2, 2.5, 4",
    "claude-sonnet-4-6, 1024, 3, 15, 0.3, 3.75, 6",
    "claude-sonnet-4-5-20250929, 1024, 3, 15, 0.3, 3.75, 6",
    "claude-haiku-5-5, 512, 0.1, 0.5, 0.01, 0.125, 0.2",
    "claude-haiku-4-5-20251001, 4096, 1, 5, 0.1, 1.25, 2",
    "claude-3-5-haiku-20241022, 2048, 0.8, 4, 0.08, 1, 1.6",
  })
  void shippedRow_ofAnthropic_hasMinimumAndPrices(
      String model, int minimum, double in, double out, double read, double w5m, double w1h) {
    ModelEntry row = row(Dialect.ANTHROPIC_MESSAGES, model);

    assertThat(row.provider()).isEqualTo("anthropic");
    assertThat(row.minCacheTokens()).isEqualTo(minimum);
    assertThat(row.maxMarkers()).isEqualTo(4);
    assertThat(row.lookbackBlocks()).isEqualTo(20);
    assertThat(row.prices(1000)).contains(new Prices(in, out, read, w5m, w1h));
    assertThat(row.priceList(LocalDate.of(2026, 11, 21)).orElseThrow().batchFactor()).hasValue(0.5);
  }

  @Test
  void shippedRow_ofAnthropic_hasItsRules() {
    ModelEntry row = row(Dialect.ANTHROPIC_MESSAGES, "claude-opus-5-5");

    assertThat(row.cache().mechanisms())
        .containsExactlyInAnyOrder(Mechanism.CACHE_CONTROL, Mechanism.CACHE_CONTROL_TOP_LEVEL);
    assertThat(row.cache().lifetimes())
        .containsExactly(lifetime("5m", 300, 300), lifetime("1h", 3600, 3600));
    assertThat(row.cache().refresh())
        .contains(dev.warmpath.extproc.provider.CacheRules.Refresh.USE);
    assertThat(row.cache().longestFirst()).contains(true);
    assertThat(row.origin()).isNotNull().extracting("evidence").isEqualTo(Evidence.PRIMARY);
  }

  private static Lifetime lifetime(String ttl, long atLeastSeconds, long atMostSeconds) {
    return new Lifetime(
        ttl, Optional.of(Duration.ofSeconds(atLeastSeconds)), seconds(atMostSeconds));
  }

  private static Optional<Duration> seconds(long seconds) {
    return seconds == 0 ? Optional.empty() : Optional.of(Duration.ofSeconds(seconds));
  }

  @Test
  void shippedRow_priceNotPublished_isUnknown() {
    ModelEntry row = row(Dialect.ANTHROPIC_MESSAGES, "claude-mythos-preview");

    assertThat(row.minCacheTokens()).isEqualTo(2048);
    assertThat(row.prices(1000)).isEmpty();
  }

  @Test
  void shippedRow_longPromptOfHaiku_hasItsOwnPrice() {
    ModelEntry row = row(Dialect.ANTHROPIC_MESSAGES, "claude-haiku-5-5");

    assertThat(row.prices(100_000)).contains(new Prices(0.1, 0.5, 0.01, 0.125, 0.2));
    assertThat(row.prices(100_001)).contains(new Prices(0.5, 2.5, 0.05, 0.625, 1));
  }

  @ParameterizedTest
  @CsvSource({
    // model, lower and upper bound of the minimum
    "anthropic.claude-opus-5-v1:0, 512, 512",
    "us.anthropic.claude-fable-5-1, 512, 512",
    "anthropic.claude-opus-4-20250514-v1:0, 1024, 1024",
    "eu.anthropic.claude-sonnet-4-5-20250929-v1:0, 1024, 1024",
    "anthropic.claude-opus-4-7-v1, 2048, 4096",
    "anthropic.claude-3-5-haiku-20241022-v1:0, 2048, 2048",
    "global.anthropic.claude-haiku-4-5-20251001-v1:0, 4096, 4096",
  })
  void shippedRow_ofBedrock_isAnthropicsInBothItsApis(String model, int least, int most) {
    ModelEntry invoke = row(Dialect.ANTHROPIC_MESSAGES, model);
    ModelEntry converse = row(Dialect.BEDROCK_CONVERSE, model);

    for (ModelEntry row : List.of(invoke, converse)) {
      assertThat(row.provider()).isEqualTo("bedrock");
      assertThat(row.minCacheTokens()).isEqualTo(least);
      assertThat(requireNonNull(row.minimum()).atMostTokens()).isEqualTo(most);
      assertThat(row.maxMarkers()).isEqualTo(4);
      assertThat(row.prices(1000)).isEmpty();
      assertThat(row.cache().isolation())
          .contains(dev.warmpath.extproc.provider.CacheRules.Isolation.ORGANIZATION);
    }
    assertThat(invoke.cache().mechanisms()).containsExactly(Mechanism.CACHE_CONTROL);
    assertThat(invoke.lookbackBlocks()).isEqualTo(20);
    assertThat(converse.cache().mechanisms()).containsExactly(Mechanism.CACHE_POINT);
  }

  @ParameterizedTest
  @CsvSource({
    "claude-opus-5@20260801, 512",
    "claude-opus-4@20250514, 1024",
    "claude-opus-4-7@default, 2048",
    "claude-haiku-4-5@20251001, 4096",
  })
  void shippedRow_ofVertex_isAnthropics(String model, int minimum) {
    ModelEntry row = row(Dialect.ANTHROPIC_MESSAGES, model);

    assertThat(row.provider()).isEqualTo("vertex");
    assertThat(row.minCacheTokens()).isEqualTo(minimum);
    assertThat(row.cache().mechanisms()).containsExactly(Mechanism.CACHE_CONTROL);
    assertThat(row.maxMarkers()).isEqualTo(4);
    assertThat(row.lookbackBlocks()).isEqualTo(20);
  }

  @ParameterizedTest
  @CsvSource({"gpt-6-sol, 2, 10, 0.2, 2.5", "gpt-6-luna, 0.1, 0.5, 0.01, 0.125"})
  void shippedRow_ofOpenAiWithBreakpoints_hasFour(
      String model, double in, double out, double read, double write) {
    for (Dialect dialect : List.of(Dialect.OPENAI_CHAT, Dialect.OPENAI_RESPONSES)) {
      ModelEntry row = row(dialect, model);

      assertThat(row.cache().mechanisms())
          .containsExactlyInAnyOrder(
              Mechanism.AUTOMATIC,
              Mechanism.PROMPT_CACHE_BREAKPOINT,
              Mechanism.PROMPT_CACHE_OPTIONS,
              Mechanism.PROMPT_CACHE_KEY);
      assertThat(row.maxMarkers()).isEqualTo(4);
      assertThat(requireNonNull(row.minimum()).tokens()).isEqualTo(1024);
      assertThat(requireNonNull(row.minimum()).stepTokens()).isEqualTo(1);
      assertThat(row.cache().lifetimes()).containsExactly(lifetime("30m", 1800, 0));
      assertThat(row.cache().maxKeyChars()).hasValue(64);
      assertThat(row.prices(272_000)).contains(new Prices(in, out, read, write, Double.NaN));
      assertThat(row.prices(272_001)).isEmpty();
      assertThat(row.priceLists().getFirst().origin())
          .isNotNull()
          .extracting("evidence")
          .isEqualTo(Evidence.SECONDARY);
    }
  }

  @Test
  void shippedRow_ofOpenAiBefore_takesNoMarkersAndBillsNoWrites() {
    ModelEntry row = row(Dialect.OPENAI_CHAT, "gpt-5.5");

    assertThat(row.cache().mechanisms())
        .containsExactlyInAnyOrder(Mechanism.AUTOMATIC, Mechanism.PROMPT_CACHE_KEY);
    assertThat(row.maxMarkers()).isZero();
    assertThat(requireNonNull(row.minimum()).stepTokens()).isEqualTo(128);
    assertThat(row.prices(1000)).contains(new Prices(5, 30, 0.5, 5, 5));
    assertThat(row.prices(300_000)).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    // model, minimum, prices up to 200,000 tokens; -1: not known
    "gemini-2.5-flash, 2048, -1, -1, -1",
    "gemini-3.1-pro-preview, 4096, 2, 12, 0.2",
    "gemini-3.5-flash, 4096, 1.5, 9, 0.15",
    "gemini-4-pro, 4096, -1, -1, -1",
  })
  void shippedRow_ofGemini_hasMinimumOfItsVersion(
      String model, int minimum, double in, double out, double read) {
    ModelEntry row = row(Dialect.GEMINI, model);

    assertThat(row.minCacheTokens()).isEqualTo(minimum);
    assertThat(row.maxMarkers()).isZero();
    assertThat(requireNonNull(row.origin()).verified().getMonthValue()).isEqualTo(10);
    assertThat(row.prices(1000))
        .isEqualTo(
            in < 0
                ? Optional.empty()
                : Optional.of(new Prices(in, out, read, Double.NaN, Double.NaN)));
  }

  @Test
  void shippedRow_ofGeminiPro_isNotPricedPastItsTier() {
    assertThat(row(Dialect.GEMINI, "gemini-3.1-pro-preview").prices(200_001)).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "anthropic, ANTHROPIC_MESSAGES, CACHE_CONTROL;CACHE_CONTROL_TOP_LEVEL, WORKSPACE, UNCACHED",
    "bedrock, ANTHROPIC_MESSAGES, CACHE_CONTROL, ORGANIZATION, UNCACHED",
    "bedrock, BEDROCK_CONVERSE, CACHE_POINT, ORGANIZATION, UNCACHED",
    "vertex, ANTHROPIC_MESSAGES, CACHE_CONTROL, ORGANIZATION, UNCACHED",
    "openai, OPENAI_CHAT, AUTOMATIC;PROMPT_CACHE_KEY, -, ALL",
    "openai, OPENAI_RESPONSES, AUTOMATIC;PROMPT_CACHE_KEY, -, ALL",
    "azure, OPENAI_CHAT, AUTOMATIC;PROMPT_CACHE_KEY, -, ALL",
    "gemini, GEMINI, AUTOMATIC;CACHED_CONTENTS, -, ALL",
    "vertex, GEMINI, AUTOMATIC;CACHED_CONTENTS, -, ALL",
    "xai, OPENAI_CHAT, AUTOMATIC;SESSION_HEADER, -, ALL",
    "xai, OPENAI_RESPONSES, AUTOMATIC;PROMPT_CACHE_KEY, -, ALL",
    "deepseek, OPENAI_CHAT, AUTOMATIC, -, MISSED",
    "kimi, OPENAI_CHAT, AUTOMATIC, -, ALL",
    "kimi, ANTHROPIC_MESSAGES, CACHE_CONTROL, -, -",
    "qwen, OPENAI_CHAT, AUTOMATIC;CACHE_CONTROL, -, -",
    "mistral, OPENAI_CHAT, PROMPT_CACHE_KEY, -, ALL",
    "groq, OPENAI_CHAT, AUTOMATIC, -, ALL",
    "fireworks, OPENAI_CHAT, AUTOMATIC;PROMPT_CACHE_KEY;SESSION_HEADER;USER, -, -",
    "together, OPENAI_CHAT, AUTOMATIC, -, -",
    "zhipu, OPENAI_CHAT, AUTOMATIC, -, -",
    "minimax, OPENAI_CHAT, AUTOMATIC, -, -",
    "minimax, ANTHROPIC_MESSAGES, CACHE_CONTROL, -, -",
    "openrouter, OPENAI_CHAT, SESSION_ID, -, ALL",
  })
  void shippedApi_hasMechanismIsolationAndUsage(
      String provider, Dialect dialect, String mechanisms, String isolation, String input) {
    ProviderApi api = api(provider, dialect);

    assertThat(api.cache().mechanisms().stream().map(Enum::name).sorted())
        .containsExactly(mechanisms.split(";"));
    assertThat(api.cache().isolation().map(Enum::name).orElse("-")).isEqualTo(isolation);
    assertThat(api.usage().map(usage -> usage.inputIs().name()).orElse("-")).isEqualTo(input);
  }

  @ParameterizedTest
  @CsvSource({
    "anthropic, ANTHROPIC_MESSAGES, input_tokens, cache_read_input_tokens,"
        + " cache_creation_input_tokens",
    "bedrock, BEDROCK_CONVERSE, inputTokens, cacheReadInputTokens, cacheWriteInputTokens",
    "openai, OPENAI_CHAT, prompt_tokens, prompt_tokens_details.cached_tokens,"
        + " prompt_tokens_details.cache_write_tokens",
    "openai, OPENAI_RESPONSES, input_tokens, input_tokens_details.cached_tokens,"
        + " input_tokens_details.cache_write_tokens",
    "gemini, GEMINI, promptTokenCount, cachedContentTokenCount, ''",
    "deepseek, OPENAI_CHAT, prompt_cache_miss_tokens, prompt_cache_hit_tokens, ''",
  })
  void shippedApi_namesTheMembersOfUsage(
      String provider, Dialect dialect, String input, String read, String written) {
    assertThat(api(provider, dialect).usage().orElseThrow())
        .extracting("input", "read", "written")
        .containsExactly(input, read, written);
  }

  @ParameterizedTest
  @CsvSource({
    "openai, OPENAI_CHAT, cache_control, Unknown parameter: 'cache_control'",
    "azure, OPENAI_CHAT, cache_control, Unrecognized request argument",
    "groq, OPENAI_CHAT, cache_control, property 'cache_control' is unsupported",
    "groq, OPENAI_CHAT, prompt_cache_key, ''",
    "gemini, OPENAI_CHAT, prompt_cache_key, ''",
    "mistral, OPENAI_CHAT, cache_control, extra_forbidden",
  })
  void shippedApi_refuses_asWasSeen(String provider, Dialect dialect, String field, String text) {
    assertThat(api(provider, dialect).rejections())
        .anySatisfy(
            rejection -> {
              assertThat(rejection.field()).isEqualTo(field);
              assertThat(rejection.text()).isEqualTo(text.replace("\"", ""));
              assertThat(rejection.statuses()).contains(422);
            });
  }

  @Test
  void shippedRow_ofQwen_hasFourMarkersOrAutomatic() {
    ModelEntry row = row(Dialect.OPENAI_CHAT, "qwen3-max");

    assertThat(row.maxMarkers()).isEqualTo(4);
    assertThat(row.lookbackBlocks()).isEqualTo(20);
    assertThat(row.minCacheTokens()).isEqualTo(1024);
    assertThat(row.cache().markersEndAutomatic()).contains(true);
    assertThat(row.automaticRead(row.factors(1000).orElseThrow())).isEqualTo(0.2);
  }

  /** A route that takes markers, but nobody says how many: it takes one. */
  @Test
  void shippedRow_markersNotCounted_carriesOne() {
    for (String model : List.of("kimi-k3", "MiniMax-M3")) {
      ModelEntry row = row(Dialect.ANTHROPIC_MESSAGES, model);

      assertThat(row.cache().mechanisms()).contains(Mechanism.CACHE_CONTROL);
      assertThat(row.maxMarkers()).isEqualTo(1);
    }
  }

  @Test
  void shippedRow_withSessionHeader_namesIt() {
    assertThat(row(Dialect.OPENAI_CHAT, "grok-5").cache().sessionHeader())
        .isEqualTo("x-grok-conv-id");
    assertThat(
            row(Dialect.OPENAI_CHAT, "accounts/fireworks/models/kimi-k3").cache().sessionHeader())
        .isEqualTo("x-session-affinity");
  }

  @Test
  void shippedRows_ofOpenRouter_takeMarkersOfConfirmedFamiliesOnly() {
    for (String model :
        List.of("anthropic/claude-opus-5", "google/gemini-3.1-pro-preview", "qwen/qwen3-max")) {
      assertThat(row(Dialect.OPENAI_CHAT, model).cache().mechanisms())
          .contains(Mechanism.CACHE_CONTROL, Mechanism.SESSION_ID);
    }
    assertThat(SHIPPED.find(Dialect.OPENAI_CHAT, "thedrummer/cydonia-24b")).isEmpty();
  }

  /** Azure's names are OpenAI's, whose rows come first. */
  @Test
  void shippedRow_withAnExactName_isNotHiddenByAnEarlierPattern() {
    List<ModelEntry> exact =
        SHIPPED.rows().stream()
            .filter(row -> !row.pattern().contains("*") && !row.provider().equals("azure"))
            .toList();

    assertThat(exact).hasSizeGreaterThan(30);
    assertThat(exact)
        .allSatisfy(
            row -> assertThat(SHIPPED.find(row.dialect(), row.pattern())).containsSame(row));
  }

  @Test
  void shippedRows_all_haveAnOrigin() {
    assertThat(SHIPPED.rows()).isNotEmpty().allSatisfy(row -> assertThat(row.origin()).isNotNull());
  }

  @Test
  void shippedRows_versionNotKnown_isUnknown() {
    assertThat(SHIPPED.find(Dialect.ANTHROPIC_MESSAGES, "claude-opus-5-7")).isEmpty();
    assertThat(SHIPPED.find(Dialect.ANTHROPIC_MESSAGES, "claude-opus-6")).isEmpty();
    assertThat(SHIPPED.find(Dialect.ANTHROPIC_MESSAGES, "anthropic.claude-opus-5-7-v1:0"))
        .isEmpty();
    assertThat(SHIPPED.find(Dialect.ANTHROPIC_MESSAGES, "claude-opus-5-7@20270101")).isEmpty();
    assertThat(SHIPPED.find(Dialect.OPENAI_CHAT, "gpt-6-terra")).isEmpty();
  }

  @Test
  void shippedRows_ofAllProvidersThatAreAskedFor_areThere() {
    Set<String> providers =
        SHIPPED.apis().stream().map(ProviderApi::provider).collect(Collectors.toSet());

    assertThat(providers)
        .containsExactlyInAnyOrderElementsOf(
            Stream.of(
                    "anthropic bedrock vertex openai azure gemini xai deepseek kimi qwen mistral"
                        + " groq fireworks together zhipu minimax openrouter")
                .flatMap(names -> Stream.of(names.split(" ")))
                .toList());
  }

  private static final String FILE =
      """
      provider_apis:
        - provider: anthropic
          api: anthropic_messages
          cache: {mechanisms: [cache_control], max_markers: 3, lookback_blocks: 5}
          origin: {source: us, verified: "2026-11-20", evidence: memory}
        - provider: mine
          api: openai_chat
          origin: {source: us, verified: "2026-11-20", evidence: memory}
      models:
        - provider: anthropic
          patterns: [claude-opus-5]
          apis: [anthropic_messages]
          minimum: {tokens: 77}
          cache: {lookback_blocks: 9}
          prices:
            - {from: "2026-01-01", tiers: [{input_usd: 8, output_usd: 1, read_usd: 1}]}
            - {from: "2027-01-01", tiers: [{input_usd: 9, output_usd: 1, read_usd: 1}]}
          origin: {source: us, verified: "2026-11-20", evidence: memory}
      """;

  @Test
  void fileRow_comesBeforeTheShippedAndBehindTheConfigured() throws Exception {
    Model configured =
        Model.newBuilder()
            .setProvider("anthropic")
            .addPatterns("claude-opus-4-8")
            .addApis(Api.ANTHROPIC_MESSAGES)
            .setCache(CacheRules.newBuilder().setMaxMarkers(2))
            .build();

    Catalogue catalogue =
        Catalogue.of(
            CatalogueFile.parse(List.of(configured), FILE, "f.yaml"), LocalDate.of(2026, 12, 31));

    ModelEntry ofConfiguration =
        catalogue.find(Dialect.ANTHROPIC_MESSAGES, "claude-opus-4-8").orElseThrow();
    assertThat(ofConfiguration.maxMarkers()).isEqualTo(2);
    assertThat(ofConfiguration.minimum()).isNull();
    assertThat(ofConfiguration.cache().mechanisms()).containsExactly(Mechanism.CACHE_CONTROL);
    ModelEntry ofFile = catalogue.find(Dialect.ANTHROPIC_MESSAGES, "claude-opus-5").orElseThrow();
    assertThat(ofFile.minCacheTokens()).isEqualTo(77);
    assertThat(ofFile.maxMarkers()).isEqualTo(3);
    assertThat(ofFile.lookbackBlocks()).isEqualTo(9);
    ModelEntry shipped =
        catalogue.find(Dialect.ANTHROPIC_MESSAGES, "claude-opus-4-7").orElseThrow();
    assertThat(shipped.minCacheTokens()).isEqualTo(2048);
    // Its API is described anew by the file.
    assertThat(shipped.maxMarkers()).isEqualTo(3);
    assertThat(shipped.lookbackBlocks()).isEqualTo(5);
  }

  @ParameterizedTest
  @CsvSource({"2025-01-01, 8", "2026-01-01, 8", "2026-12-31, 8", "2027-01-01, 9", "2030-01-01, 9"})
  void prices_ofSeveralDays_areThoseOfTheDay(LocalDate day, double inputUsd) throws Exception {
    ModelEntry row =
        Catalogue.of(CatalogueFile.parse(List.of(), FILE, "f.yaml"), day)
            .find(Dialect.ANTHROPIC_MESSAGES, "claude-opus-5")
            .orElseThrow();

    assertThat(row.prices(10).orElseThrow().inputUsd()).isEqualTo(inputUsd);
    assertThat(row.prices(10).orElseThrow().cacheWrite5mUsd()).isNaN();
    assertThat(row.effective()).isEqualTo(inputUsd == 8 ? "2026-01-01" : "2027-01-01");
  }

  @Test
  void configuredRow_ofAnApiThatNobodyDescribes_isRefused() {
    Model model =
        Model.newBuilder()
            .setProvider("antropic")
            .addPatterns("x")
            .addApis(Api.OPENAI_CHAT)
            .build();

    assertThatThrownBy(() -> CatalogueFile.read(List.of(model), null))
        .isInstanceOf(ConfigException.class)
        .hasMessageContainingAll("models[0].provider: ", "did you mean anthropic?");
  }

  /** The example of docs/catalogue.md is one that works. */
  @Test
  void documentedRow_isTakenAndBeatsTheShipped() throws Exception {
    String page = Files.readString(Path.of("../docs/catalogue.md"));
    int start = page.indexOf("```yaml\n") + "```yaml\n".length();
    String example = page.substring(start, page.indexOf("```", start));

    ModelEntry row =
        Catalogue.of(CatalogueFile.parse(List.of(), example, "docs"), LocalDate.MAX)
            .find(Dialect.ANTHROPIC_MESSAGES, "claude-opus-5-5")
            .orElseThrow();

    assertThat(row.prices(10)).contains(new Prices(3.2, 16, 0.16, 4, 6.4));
    assertThat(row.maxMarkers()).isEqualTo(4);
  }

  @Test
  void configuredRow_withNameAlone_knowsNothing() {
    Model model = Model.newBuilder().addPatterns("local").addApis(Api.OPENAI_CHAT).build();

    ModelEntry row =
        CatalogueFile.load(List.of(model)).find(Dialect.OPENAI_CHAT, "local").orElseThrow();

    assertThat(row.prices(10)).isEmpty();
    assertThat(row.minimum()).isNull();
    assertThat(row.maxMarkers()).isZero();
    assertThat(row.cache().mechanisms()).isEmpty();
  }
}

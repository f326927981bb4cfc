package dev.warmpath.extproc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.warmpath.config.v1.Api;
import dev.warmpath.config.v1.Model;
import dev.warmpath.extproc.prompt.Dialect;
import dev.warmpath.extproc.provider.Catalogue;
import dev.warmpath.extproc.provider.ModelEntry;
import dev.warmpath.extproc.provider.Prices;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CatalogueFileTest {

  private static final Catalogue SHIPPED = CatalogueFile.load(List.of());

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
    "claude-sonnet-4-5-20250929, 1024, 3, 15, 0.3, 3.75, 6",
    "claude-haiku-5-5, 512, 0.1, 0.5, 0.01, 0.125, 0.2",
    "claude-haiku-4-5-20251001, 4096, 1, 5, 0.1, 1.25, 2",
    "claude-3-5-haiku-20241022, 2048, 0.8, 4, 0.08, 1, 1.6",
  })
  void shippedRow_ofAnthropic_hasMinimumAndPrices(
      String model, int minimum, double in, double out, double read, double w5m, double w1h) {
    ModelEntry row = SHIPPED.find(Dialect.ANTHROPIC_MESSAGES, model).orElseThrow();

    assertThat(row.minCacheTokens()).isEqualTo(minimum);
    assertThat(row.maxMarkers()).isEqualTo(4);
    assertThat(row.lookbackBlocks()).isEqualTo(20);
    assertThat(row.prices(1000)).contains(new Prices(in, out, read, w5m, w1h));
  }

  @Test
  void shippedRow_longPromptOfHaiku_hasItsOwnPrice() {
    ModelEntry row = SHIPPED.find(Dialect.ANTHROPIC_MESSAGES, "claude-haiku-5-5").orElseThrow();

    assertThat(row.prices(100_001)).contains(new Prices(0.5, 2.5, 0.05, 0.625, 1));
  }

  @Test
  void shippedRows_ofOpenAi_takeNoMarkers() {
    for (String model : List.of("gpt-6-sol", "gpt-6-luna", "gpt-5.5")) {
      ModelEntry row = SHIPPED.find(Dialect.OPENAI_CHAT, model).orElseThrow();

      assertThat(row.maxMarkers()).isZero();
      assertThat(row.prices(1000)).isPresent();
      assertThat(row.prices(300_000)).isEmpty();
    }
  }

  @Test
  void shippedRows_all_haveSourceAndDay() {
    assertThat(SHIPPED.rows())
        .allSatisfy(
            row -> {
              assertThat(row.source()).isNotEmpty();
              assertThat(row.effective()).isNotEmpty();
            });
  }

  @Test
  void shippedRows_noPatternTwice() {
    Set<String> patterns =
        SHIPPED.rows().stream().map(ModelEntry::pattern).collect(Collectors.toSet());

    assertThat(patterns).hasSameSizeAs(SHIPPED.rows());
  }

  @Test
  void shippedRows_versionNotKnown_isUnknown() {
    assertThat(SHIPPED.find(Dialect.ANTHROPIC_MESSAGES, "claude-opus-5-7")).isEmpty();
    assertThat(SHIPPED.find(Dialect.ANTHROPIC_MESSAGES, "claude-opus-6")).isEmpty();
  }

  @Test
  void configuredRow_comesFirst() {
    Model model =
        Model.newBuilder()
            .setPattern("claude-opus-5")
            .setApi(Api.ANTHROPIC_MESSAGES)
            .setMinCacheTokens(99)
            .setMaxMarkers(2)
            .setLookbackBlocks(7)
            .setInputUsd(1)
            .setOutputUsd(2)
            .setCacheReadUsd(3)
            .setCacheWrite5MUsd(4)
            .setCacheWrite1HUsd(5)
            .setEffective("2026-11-20")
            .setSource("contract")
            .build();

    ModelEntry row =
        CatalogueFile.load(List.of(model))
            .find(Dialect.ANTHROPIC_MESSAGES, "claude-opus-5")
            .orElseThrow();

    assertThat(row.minCacheTokens()).isEqualTo(99);
    assertThat(row.maxMarkers()).isEqualTo(2);
    assertThat(row.lookbackBlocks()).isEqualTo(7);
    assertThat(row.prices(10)).contains(new Prices(1, 2, 3, 4, 5));
    assertThat(row.source()).isEqualTo("contract");
  }

  @Test
  void configuredRow_withoutAnyPrice_isUnpriced() {
    Model model = Model.newBuilder().setPattern("local").setApi(Api.OPENAI_CHAT).build();

    assertThat(
            CatalogueFile.load(List.of(model))
                .find(Dialect.OPENAI_CHAT, "local")
                .orElseThrow()
                .prices(10))
        .isEmpty();
  }

  @Test
  void parse_severalFaults_areAllReported() {
    String yaml =
        """
        rows:
          - patterns: []
            api: SOAP
            min_cache_tokens: -1
            max_markers: many
            colour: red
            prices:
              - {above_tokens: 5, input: -3, output: 1, read: 1}
              - {above_tokens: 4}
              - {above_tokens: 10, input: 3}
            effective: tomorrow
            source: [x]
          - 7
        """;

    assertThatThrownBy(() -> CatalogueFile.parse(yaml, "f.yaml"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContainingAll(
            "f.yaml: rows[0].colour: red (expected: one of",
            "rows[0].patterns: [] (expected:",
            "rows[0].api: SOAP (expected:",
            "rows[0].min_cache_tokens: -1 (expected:",
            "rows[0].max_markers: many (expected:",
            "rows[0].prices[0].above_tokens: 5 (expected: 0 first)",
            "rows[0].prices[0].input: -3 (expected:",
            "rows[0].prices[1].above_tokens: 4 (expected: more than 5)",
            "rows[0].prices[2].output: null (expected:",
            "rows[0].prices[2].read: null (expected:",
            "rows[0].effective: tomorrow (expected:",
            "rows[0].source: [x] (expected:",
            "rows[1]: 7 (expected: a map)");
  }

  @Test
  void parse_notYamlOrNoRows_isRefused() {
    assertThatThrownBy(() -> CatalogueFile.parse("rows: [", "f.yaml"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("f.yaml: ");
    assertThatThrownBy(() -> CatalogueFile.parse("models: []", "f.yaml"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("the list `rows`");
  }
}

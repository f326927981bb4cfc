package dev.warmpath.extproc.explain;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.List;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class CatalogueListingTest {
  private static final LocalDate TODAY = LocalDate.of(2026, 11, 21);

  private static final String MINE =
      """
      models:
        - provider: anthropic
          patterns: [claude-mine]
          apis: [anthropic_messages]
          prices:
            - from: "2026-01-01"
              tiers: [{input_usd: 7.5}]
            - from: "2027-01-01"
              tiers: [{input_usd: 8.5}]
          origin: {source: contract, verified: "%s", evidence: memory}
      """;

  @TempDir private Path folder;
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  private int list(LocalDate today, String... arguments) {
    CommandLine command = CatalogueListing.commandLine(today);
    command.setOut(new PrintWriter(out));
    command.setErr(new PrintWriter(err));
    return command.execute(arguments);
  }

  private String file(String content) throws IOException {
    return Files.writeString(folder.resolve("mine.yaml"), content).toString();
  }

  private List<JsonNode> models() throws IOException {
    JsonNode json = new ObjectMapper().readTree(out.toString());
    return StreamSupport.stream(json.path("models").spliterator(), false).toList();
  }

  @Test
  void table_ofAProvider_showsItsRowsWithUnknownAsDash() {
    assertThat(list(TODAY, "--provider", "Anthropic")).isZero();

    assertThat(out.toString().lines())
        .anyMatch(
            line ->
                line.matches(
                    "anthropic +claude-opus-5-5 +anthropic_messages"
                        + " +cache_control,cache_control_top_level +512 +4 +20 +5m,1h +0 +4 +20"
                        + " +0\\.2 +5 +8 +2026-11-01 +2026-11-01 +primary"))
        .anyMatch(line -> line.matches("anthropic +claude-mythos-preview .* 5m,1h( +-){7} .*"))
        .anyMatch(line -> line.matches("anthropic +claude-haiku-5-5 .* 100000 +0\\.5 +2\\.5 .*"))
        .noneMatch(line -> line.startsWith("openai"));
    assertThat(err.toString()).isEmpty();
  }

  @Test
  void table_rowWhosePartsHaveWorseEvidence_saysSo() {
    list(TODAY, "--provider", "openai");

    assertThat(out.toString().lines())
        .anyMatch(line -> line.matches("openai +gpt-6-sol .* primary; in parts secondary"));
  }

  @Test
  void json_unknown_isNullAndNeverZero() throws Exception {
    assertThat(list(TODAY, "--json")).isZero();

    JsonNode row =
        models().stream()
            .filter(model -> model.path("pattern").asText().equals("claude-mythos-preview"))
            .findFirst()
            .orElseThrow();
    assertThat(row.path("minimum").path("tokens").asInt()).isEqualTo(2048);
    assertThat(row.path("minimum").path("step_tokens").isNull()).isTrue();
    assertThat(row.path("prices")).isEmpty();
    assertThat(row.path("origin").path("evidence").asText()).isEqualTo("primary");
    assertThat(row.path("stale").asBoolean()).isFalse();
    JsonNode api = new ObjectMapper().readTree(out.toString()).path("provider_apis").get(0);
    assertThat(api.path("cache").path("max_markers").asInt()).isEqualTo(4);
    assertThat(api.path("cache").path("stickiness").isNull()).isTrue();
  }

  @Test
  void json_priceFactors_areTold() throws Exception {
    list(TODAY, "--json", "--provider", "qwen");

    JsonNode api = new ObjectMapper().readTree(out.toString()).path("provider_apis").get(0);
    JsonNode factors = api.path("cache").path("price_factors");
    assertThat(factors.path("read").asDouble()).isEqualTo(0.1);
    assertThat(factors.path("write").asDouble()).isEqualTo(1.25);
    assertThat(factors.path("write_1h").isNull()).isTrue();
    assertThat(factors.path("automatic_read").asDouble()).isEqualTo(0.2);
  }

  @Test
  void stale_countsFromTheDayOfVerification() throws Exception {
    String mine = file(MINE.formatted("2026-08-23"));

    list(TODAY, "--stale", "--json", "--file", mine);
    assertThat(models()).as("90 days").isEmpty();

    out.getBuffer().setLength(0);
    list(TODAY.plusDays(1), "--stale", "--json", "--file", mine);
    assertThat(models())
        .as("91 days")
        .singleElement()
        .satisfies(row -> assertThat(row.path("pattern").asText()).isEqualTo("claude-mine"));

    out.getBuffer().setLength(0);
    list(LocalDate.of(2027, 6, 1), "--stale", "--json");
    assertThat(models()).as("all that is shipped, some time").hasSizeGreaterThan(100);
  }

  @Test
  void file_rows_comeFirstWithThePriceOfTheDay() throws Exception {
    list(TODAY, "--json", "--file", file(MINE.formatted("2026-11-01")));

    JsonNode first = models().getFirst();
    assertThat(first.path("pattern").asText()).isEqualTo("claude-mine");
    assertThat(first.path("prices").get(0).path("in_force").asBoolean()).isTrue();
    assertThat(first.path("prices").get(1).path("in_force").asBoolean()).isFalse();
    JsonNode tier = first.path("prices").get(0).path("tiers").get(0);
    assertThat(tier.path("input_usd").asDouble()).isEqualTo(7.5);
    assertThat(tier.path("write_usd").isNull()).isTrue();
  }

  @Test
  void file_withFaults_namesThemAllAndListsNothing() throws Exception {
    String mine = file("models:\n  - patterns: [x]\n    colour: red\n");

    assertThat(list(TODAY, "--file", mine)).isEqualTo(1);

    assertThat(err.toString().lines())
        .containsExactlyInAnyOrder(
            mine
                + ":3: models[0].colour: unknown key (expected: one of provider, patterns, apis,"
                + " minimum, cache, prices, origin)",
            mine
                + ":2: models[0].apis: (missing) (expected: 1 to 8 of openai_chat,"
                + " anthropic_messages, openai_completions, openai_responses, openai_embeddings,"
                + " bedrock_converse, gemini, none twice)",
            mine
                + ":2: models[0].origin: (missing) (expected: a mapping of source, verified,"
                + " evidence)");
    assertThat(out.toString()).isEmpty();
  }

  @Test
  void config_models_comeBeforeTheFile() throws Exception {
    String mine = file(MINE.formatted("2026-11-01"));
    String config =
        Files.writeString(
                folder.resolve("warmpath.yaml"),
                """
                ext_proc:
                  address: 127.0.0.1:9300
                  admin_address: 127.0.0.1:9301
                  catalogue_file: %s
                pools: [{name: a, endpoints: [{address: "127.0.0.1:1"}]}]
                routes: [{id: a, pool: a}]
                models: [{patterns: [ours], apis: [openai_chat]}]
                """
                    .formatted(mine))
            .toString();

    list(TODAY, "--json", "--config", config);

    assertThat(models().subList(0, 2))
        .extracting(row -> row.path("pattern").asText())
        .containsExactly("ours", "claude-mine");
    assertThat(models().getFirst().path("origin").isNull()).isTrue();
  }
}

package dev.warmpath.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.warmpath.config.v1.Api;
import dev.warmpath.config.v1.ProviderApi;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CatalogueReaderTest {
  private static final List<ProviderApi> KNOWN =
      List.of(
          ProviderApi.newBuilder().setProvider("anthropic").setApi(Api.ANTHROPIC_MESSAGES).build());

  private static final String ORIGIN =
      "origin: {source: us, verified: \"2026-11-20\", evidence: primary}";

  @TempDir private Path folder;

  private static List<String> faults(String yaml) {
    ConfigException e =
        catchThrowableOfType(
            ConfigException.class, () -> CatalogueReader.parse(yaml, "f.yaml", KNOWN));
    return e.faults().stream().map(Fault::toString).toList();
  }

  @Test
  void catalogue_manyFaults_allAreNamedWithTheirLines() {
    assertThat(
            faults(
                """
                provider_apis:
                  - provider: xai
                    api: soap
                    colour: red
                  - provider: anthropic
                    api: anthropic_messages
                    cache: {mechanisms: [session_header], lifetimes: [{at_least: 1h, at_most: 5m}]}
                    origin: {source: us, verified: "2026-02-30", evidence: hearsay}
                models:
                  - provider: antropic
                    patterns: []
                    apis: [openai_chat]
                    minimum: {tokens: 0}
                  - provider: anthropic
                    patterns: [a, b, a]
                    apis: [openai_chat]
                    minimum: {tokens: 9, at_most_tokens: 8}
                    prices:
                      - from: "2026-05-01"
                        tiers: [{above_tokens: 5, input_usd: -1}, {above_tokens: 4}]
                      - from: "2026-04-01"
                        writes_are_input: true
                        tiers: [{write_usd: 1}]
                """))
        .containsExactly(
            "f.yaml:2: provider_apis[0].origin: (missing) (expected: a mapping of source, verified,"
                + " evidence)",
            "f.yaml:3: provider_apis[0].api: soap (expected: one of openai_chat,"
                + " anthropic_messages, openai_completions, openai_responses, openai_embeddings,"
                + " bedrock_converse, gemini)",
            "f.yaml:4: provider_apis[0].colour: unknown key (expected: one of provider, api,"
                + " endpoint, cache, usage, rejections, origin)",
            "f.yaml:7: provider_apis[1].cache.session_header: (missing) (expected: a header, since"
                + " session_header is among the mechanisms)",
            "f.yaml:7: provider_apis[1].cache.lifetimes[0].at_most: 5m (expected: at least"
                + " at_least, 1h)",
            "f.yaml:8: provider_apis[1].origin.evidence: hearsay (expected: one of primary,"
                + " secondary, memory)",
            "f.yaml:8: provider_apis[1].origin.verified: 2026-02-30 (expected: a day of the"
                + " calendar, as 2026-11-01)",
            "f.yaml:10: models[0].origin: (missing) (expected: a mapping of source, verified,"
                + " evidence)",
            "f.yaml:10: models[0].provider: antropic (expected: one of anthropic, xai; did you mean"
                + " anthropic?)",
            "f.yaml:11: models[0].patterns: a list (expected: 1 to 64 names of models or patterns,"
                + " each of 1 to 256 characters)",
            "f.yaml:13: models[0].minimum.tokens: 0 (expected: a whole number from 1 to 10000000)",
            "f.yaml:14: models[1].origin: (missing) (expected: a mapping of source, verified,"
                + " evidence)",
            "f.yaml:15: models[1].patterns[2]: a (expected: a pattern of its own:"
                + " models[1].patterns[0] is asked before it)",
            "f.yaml:16: models[1].apis[0]: openai_chat (expected: an API of anthropic in"
                + " provider_apis)",
            "f.yaml:17: models[1].minimum.at_most_tokens: 8 (expected: at least"
                + " models[1].minimum.tokens, 9)",
            "f.yaml:20: models[1].prices[0].tiers[0].input_usd: -1 (expected: a number from 0 to"
                + " 1000000)",
            "f.yaml:20: models[1].prices[0].tiers[0].above_tokens: 5 (expected: 0, or nothing)",
            "f.yaml:20: models[1].prices[0].tiers[1].above_tokens: 4 (expected: more than 5)",
            "f.yaml:21: models[1].prices[1].from: 2026-04-01 (expected: a day after 2026-05-01)",
            "f.yaml:23: models[1].prices[1].tiers[0].write_usd: 1 (expected: nothing, since"
                + " writes_are_input is true)");
  }

  @Test
  void catalogue_apiTwice_isRefused() {
    String row = "  - {provider: a, api: gemini, %s}%n".formatted(ORIGIN);

    assertThat(faults("provider_apis:\n" + row + row))
        .containsExactly(
            "f.yaml:3: provider_apis[1].api: gemini (expected: an API of its own: provider_apis[0]"
                + " has this one)");
  }

  @Test
  void catalogue_decayNotAscending_isRefused() {
    assertThat(
            faults(
                """
                provider_apis:
                  - provider: a
                    api: gemini
                    cache: {decay: [{gap: 5m, found: 0.5}, {gap: 1m, found: 0.9}]}
                    %s
                """
                    .formatted(ORIGIN)))
        .containsExactly(
            "f.yaml:4: provider_apis[0].cache.decay[1].gap: 1m (expected: more than 5m)");
  }

  @Test
  void catalogue_noYaml_isRefused() {
    assertThat(faults("models: [")).singleElement().asString().startsWith("f.yaml:");
    assertThat(faults("rows: []"))
        .singleElement()
        .asString()
        .contains("rows: unknown key (expected: one of provider_apis, models)");
  }

  @Test
  void read_noFile_isRefused() {
    Path missing = folder.resolve("none.yaml");

    assertThat(
            catchThrowableOfType(
                ConfigException.class, () -> CatalogueReader.read(missing, List.of())))
        .hasMessage(missing + ": no such file (expected: a file)");
  }
}

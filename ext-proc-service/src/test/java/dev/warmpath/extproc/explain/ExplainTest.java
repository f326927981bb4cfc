package dev.warmpath.extproc.explain;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

class ExplainTest {
  private static final String RULES =
      "Answer in plain words and keep to what the handbook says. Never promise a refund. ";

  @TempDir private Path folder;
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  private int explain(String... arguments) {
    CommandLine command = Explain.commandLine();
    command.setOut(new PrintWriter(out));
    command.setErr(new PrintWriter(err));
    return command.execute(arguments);
  }

  private String file(String name, String content) throws IOException {
    return Files.writeString(folder.resolve(name), content).toString();
  }

  private static String body(String system, String user) {
    return """
    {"model":"claude-opus-5","max_tokens":9,"system":"%s","messages":[{"role":"user","content":"%s"}]}\
    """
        .formatted(system, user);
  }

  private String log(int requests) throws IOException {
    StringBuilder log = new StringBuilder();
    for (int i = 0; i < requests; i++) {
      log.append(body("It is 13:%02d. ".formatted(i + 10) + RULES, "secret question " + i * 7919))
          .append('\n');
    }
    return file("log.jsonl", log.toString());
  }

  @Test
  void log_timeInSystemPrompt_isNamedWithPlaceAndRemedy() throws Exception {
    assertThat(explain(log(20), "--api", "anthropic_messages")).isZero();

    assertThat(out.toString())
        .contains("20 requests, one finding.", "time_stamp at system[0]+6: 100 %", "Move the time")
        .contains("tokens, too short to be cached (minimum 512)", "breakpoint after system")
        .doesNotContain("secret", "13:1", "handbook");
    assertThat(err.toString()).isEmpty();
  }

  @Test
  void log_showText_showsWhatStandsThere() throws Exception {
    assertThat(explain(log(20), "--api", "anthropic_messages", "--show-text")).isZero();

    assertThat(out.toString()).contains("text: It is 13:10. Answer");
  }

  @Test
  void log_json_holdsTheSame() throws Exception {
    explain(
        log(20),
        "--api",
        "anthropic_messages",
        "--json",
        "--price",
        "2",
        "--requests-per-hour",
        "1000");

    JsonNode json = new ObjectMapper().readTree(out.toString());
    assertThat(json.path("requests").asInt()).isEqualTo(20);
    JsonNode finding = json.path("findings").get(0);
    assertThat(finding.path("kind").asText()).isEqualTo("time_stamp");
    assertThat(finding.path("site").asText()).isEqualTo("system");
    assertThat(finding.path("offset").asInt()).isEqualTo(6);
    double perHour = finding.path("tokens_lost_per_hour_estimated").asDouble();
    assertThat(perHour).isPositive();
    assertThat(finding.path("usd_lost_per_hour_estimated").asDouble())
        .isCloseTo(perHour * 2 / 1e6, org.assertj.core.data.Offset.offset(1e-6));
    assertThat(json.path("caching").get(0).path("minimum_tokens").asInt()).isEqualTo(512);
  }

  @Test
  void log_noRateGiven_costIsUnknownAndNotZero() throws Exception {
    explain(log(20), "--api", "anthropic_messages", "--json");

    JsonNode finding = new ObjectMapper().readTree(out.toString()).path("findings").get(0);
    assertThat(finding.path("usd_lost_per_hour_estimated").isNull()).isTrue();
  }

  @Test
  void log_severalModels_eachFindingIsPricedByItsOwn() throws Exception {
    String opus = Files.readString(Path.of(log(20)));
    String haiku = opus.replace("claude-opus-5", "claude-haiku-4-5");
    String unknown = opus.replace("claude-opus-5", "nobody-knows");

    explain(
        file("three.jsonl", opus + haiku + unknown),
        "--api",
        "anthropic_messages",
        "--json",
        "--requests-per-hour",
        "1000");

    Map<String, Double> usdPerMillion = new HashMap<>();
    for (JsonNode finding : new ObjectMapper().readTree(out.toString()).path("findings")) {
      double perHour = finding.path("tokens_lost_per_hour_estimated").asDouble();
      double usd = finding.path("usd_lost_per_hour_estimated").asDouble(Double.NaN);
      usdPerMillion.put(finding.path("model").asText(), Math.rint(1e8 * usd / perHour) / 100);
    }
    assertThat(usdPerMillion)
        .containsOnly(
            Map.entry("claude-opus-5", 4.5),
            Map.entry("claude-haiku-4-5", 0.9),
            Map.entry("nobody-knows", Double.NaN));
  }

  @Test
  void log_badLines_areNamedAndTheRestIsExplained() throws Exception {
    String good = body(RULES, "one");
    String file = file("bad.jsonl", good + "\n\n{\"messages\":[\n" + good + "\nnull\n");

    assertThat(explain(file)).isEqualTo(1);

    assertThat(err.toString())
        .contains("bad.jsonl:3: unfinished (expected: one JSON object)", "bad.jsonl:5: ");
    assertThat(out.toString()).contains("2 requests, no place");
  }

  @Test
  void log_manyBadLines_tenAreNamedAndAllCountedByReason() throws Exception {
    String file =
        file("bad.jsonl", "{\"messages\":[\n".repeat(30) + body(RULES, "one") + "\nnull".repeat(7));

    assertThat(explain(file)).isEqualTo(1);

    assertThat(err.toString().lines())
        .hasSize(13)
        .contains(file + ":10: unfinished (expected: one JSON object)")
        .noneMatch(line -> line.startsWith(file + ":11:"))
        .containsSequence(
            file + ": 37 lines can't be explained, the first 10 are named",
            file + ":   30: unfinished (expected: one JSON object)");
    assertThat(err.toString()).containsPattern("  7: .*expected").doesNotContain("jq");
    assertThat(out.toString()).contains("1 request, no place");
  }

  @ParameterizedTest
  @CsvSource({"body", "params"})
  void log_ofABatch_hintsAtItsBodies(String member) throws Exception {
    String line = "{\"custom_id\":\"secret\",\"%s\":%s}\n".formatted(member, body(RULES, "secret"));
    String file = file("batch.jsonl", line.repeat(3));

    assertThat(explain(file)).isEqualTo(1);

    assertThat(err.toString())
        .contains("lines of a batch: 3", "jq -c ." + member + " " + file + " | ")
        .doesNotContain("secret");
    assertThat(explain(file, "--api", "openai_chat")).isEqualTo(1);
    assertThat(err.toString()).contains("lines of a batch: 3");
  }

  @Test
  void log_empty_isAFault() throws Exception {
    assertThat(explain(file("empty.jsonl", "\n"))).isEqualTo(1);

    assertThat(err.toString()).contains("no request (expected: one request body a line)");
  }

  @Test
  void file_missing_isAFault() {
    assertThat(explain(folder.resolve("none").toString())).isEqualTo(1);

    assertThat(err.toString()).contains("none: no such file");
  }

  @Test
  void pair_partsInSystemPrompt_namesPlaceAndWhatIsShared() throws Exception {
    String first = file("a.json", body(RULES + "Today is 2026-11-20. " + RULES, "secret one"));
    String second = file("b.json", body(RULES + "Today is 2026-11-21. " + RULES, "secret two"));

    assertThat(explain(first, second, "--api", "anthropic_messages")).isZero();

    int offset = RULES.length() + 9;
    assertThat(out.toString())
        .contains("The prompts part at system[0]+" + (offset + 9), "date at system[0]+" + offset)
        .contains("shared prefix of about 25 tokens: below the minimum, nothing is read")
        .doesNotContain("secret", "2026", "handbook");
  }

  @Test
  void pair_same_saysSo() throws Exception {
    String file = file("a.json", body(RULES, "one"));

    assertThat(explain(file, file, "--json")).isZero();

    JsonNode json = new ObjectMapper().readTree(out.toString());
    assertThat(json.path("parts_at").asText()).isEqualTo("end");
    assertThat(json.path("differences")).isEmpty();
  }

  @Test
  void pair_secondHasATurnMore_partsBehindTheFirst() throws Exception {
    String turn = "{\"role\":\"user\",\"content\":\"hi\"}";
    String first = file("a.json", "{\"messages\":[" + turn + "]}");
    String second = file("b.json", "{\"messages\":[" + turn + "," + turn + "]}");

    explain(first, second, "--json");

    JsonNode json = new ObjectMapper().readTree(out.toString());
    assertThat(json.path("parts_at").asText()).isEqualTo("message[1]+0");
    assertThat(json.path("shared_bytes").asInt()).isEqualTo(2);
  }

  @Test
  void pair_parameterDiffers_partsThereBeforeTheMessages() throws Exception {
    String first =
        "{\"tool_choice\":\"%s\",\"messages\":[{\"role\":\"system\",\"content\":\"be kind\"},"
            + "{\"role\":\"user\",\"content\":\"hi\"}]}";
    String a = file("a.json", first.formatted("auto"));
    String b = file("b.json", first.formatted("none"));

    explain(a, b, "--json");

    JsonNode json = new ObjectMapper().readTree(out.toString());
    assertThat(json.path("parts_at").asText()).isEqualTo("tool_choice");
    assertThat(json.path("shared_bytes").asInt()).isEqualTo(7);
    assertThat(json.path("differences").get(0).path("kind").asText()).isEqualTo("parameter");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "My name is Anna Berg, where is my parcel? | My name is Otto Tal, where is my parcel?",
        "Order 8f3a9c1e77d24b60 | Order 1b9e04d2c7aa83f5",
        "It is 13:10, when do you close? | It is 17:45, when do you close?",
        "What is a prefix? | Tell me a story.",
      })
  void pair_usersAskDifferentThings_isAQuestionWithoutRemedy(String one, String other)
      throws Exception {
    String first = file("a.json", body(RULES, one));
    String second = file("b.json", body(RULES, other));

    explain(first, second);
    assertThat(out.toString())
        .contains("question at message[0]+", "The users' own text")
        .doesNotContain("Move ", "Leave ");
    out.getBuffer().setLength(0);
    explain(first, second, "--json");

    JsonNode json = new ObjectMapper().readTree(out.toString());
    assertThat(json.path("differences"))
        .isNotEmpty()
        .allSatisfy(
            difference -> {
              assertThat(difference.path("kind").asText()).isEqualTo("question");
              assertThat(difference.path("remedy").isNull()).isTrue();
            });
  }

  @Test
  void pair_muchIsTheSameBehindInTheUsersMessage_keepsKindAndRemedy() throws Exception {
    String first = file("a.json", body("Be kind.", "It is 13:10. " + RULES));
    String second = file("b.json", body("Be kind.", "It is 17:45. " + RULES));

    explain(first, second);

    assertThat(out.toString())
        .contains("time_stamp at message[0]+6, about 21 tokens", "Move the time");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        // earlier | later | parted at
        "\"cache_salt\":\"a\", | \"cache_salt\":\"b\", | cache_salt",
        "'' | \"cache_salt\":\"b\", | cache_salt",
        "\"cache_salt\":\"a\", | \"cache_salt\":\"\\u0061\", | end",
        "\"previous_response_id\":\"r1\", | \"previous_response_id\":\"r2\", |"
            + " previous_response_id",
        "\"previous_response_id\":\"r1\", | '' | previous_response_id",
        "\"conversation\":\"c1\", | \"conversation\":\"c2\", | previous_response_id",
        "\"conversation\":{\"id\":\"c1\"}, | \"conversation\":{\"id\":\"c1\"}, | end",
        "\"cache_salt\":\"a\",\"conversation\":\"c1\", | \"conversation\":\"c2\", | cache_salt",
      })
  void pair_cachesApartByMoreThanText_shareNothing(String one, String other, String where)
      throws Exception {
    String rest = "\"instructions\":\"" + RULES + "\",\"input\":\"hi\"}";

    explain(
        file("a.json", "{" + one + rest),
        file("b.json", "{" + other + rest),
        "--api",
        "openai_responses",
        "--json");

    JsonNode json = new ObjectMapper().readTree(out.toString());
    assertThat(json.path("parts_at").asText()).isEqualTo(where);
    assertThat(json.path("shared_bytes").asInt())
        .isEqualTo(where.equals("end") ? RULES.length() + 2 : 0);
  }

  @Test
  void model_thatNoRowNames_isToldAndNoOtherRowIsShown() throws Exception {
    String file = file("a.json", body(RULES, "one").replace("claude-opus-5", "nobody-knows"));

    explain(file, file);
    explain(file);

    assertThat(out.toString())
        .containsOnlyOnce("The prompts are the same")
        .contains("No row of the catalogue names this model", "1 request,")
        .contains("Nothing is marked for it: some APIs refuse", "costs more than one that isn't")
        .doesNotContain("minimum", "claude");
    out.getBuffer().setLength(0);
    explain(file, file, "--json");
    JsonNode json = new ObjectMapper().readTree(out.toString());
    assertThat(json.path("model_in_catalogue").booleanValue()).isFalse();
    assertThat(json.path("caching").isArray()).isTrue();
    assertThat(json.path("caching")).isEmpty();
    assertThat(json.has("caching_would_be")).isFalse();
  }

  @Test
  void model_thatNoRowOfTheProviderNames_isShownWhatItWouldBe() throws Exception {
    String file = file("a.json", body(RULES, "one").replace("claude-opus-5", "nobody-knows"));

    explain(file, file, "--provider", "anthropic");

    assertThat(out.toString())
        .contains(
            "No row of anthropic in the catalogue names this model.",
            "What it would be with other models of anthropic",
            "  claude-opus-5: about");
    out.getBuffer().setLength(0);
    explain(file, file, "--provider", "anthropic", "--json");
    JsonNode json = new ObjectMapper().readTree(out.toString());
    assertThat(json.path("model_in_catalogue").booleanValue()).isFalse();
    assertThat(json.path("caching")).isEmpty();
    assertThat(json.path("caching_would_be")).isNotEmpty();
  }

  @Test
  void model_thatARowNames_isShownThatRowAlone() throws Exception {
    String file = file("a.json", body(RULES, "one"));

    explain(file, file, "--json");

    JsonNode json = new ObjectMapper().readTree(out.toString());
    assertThat(json.path("model_in_catalogue").booleanValue()).isTrue();
    assertThat(json.path("caching")).hasSize(1);
    assertThat(json.has("caching_would_be")).isFalse();
  }

  @Test
  void api_unknownFromBody_asksForIt() throws Exception {
    assertThat(explain(file("a.jsonl", "{\"input\":\"text\"}"))).isEqualTo(1);

    assertThat(err.toString()).contains("a.jsonl:1: its API can't be told", "--api or --path");
  }

  @Test
  void usage_wrong_exitsWithTwo() {
    assertThat(explain()).isEqualTo(2);
    assertThat(explain("-", "b.json")).isEqualTo(2);
    assertThat(explain("a.json", "--api", "smtp")).isEqualTo(2);
    assertThat(new String(err.toString().getBytes(UTF_8), UTF_8)).contains("smtp");
  }

  @ParameterizedTest
  @CsvSource({
    "--requests-per-hour, -3, 0 to 1000000000000",
    "--requests-per-hour, NaN, 0 to 1000000000000",
    "--requests-per-hour, Infinity, 0 to 1000000000000",
    "--bytes-per-token, 1e-300, 0.1 to 1000",
    "--bytes-per-token, Infinity, 0.1 to 1000",
    "--bytes-per-token, NaN, 0.1 to 1000",
    "--bytes-per-token, 0, 0.1 to 1000",
    "--price, -5, 0 to 1000000",
    "--price, NaN, 0 to 1000000",
  })
  void number_thatMakesNoSense_isRefused(String option, String value, String expected) {
    assertThat(explain("a.json", option, value)).isEqualTo(2);

    assertThat(err.toString())
        .contains("%s: %s (expected: %s)".formatted(option, Double.parseDouble(value), expected));
    assertThat(out.toString()).isEmpty();
  }

  @Test
  void number_atItsBounds_isTaken() throws Exception {
    assertThat(explain(log(3), "--bytes-per-token", "0.1", "--price", "0")).isZero();
    assertThat(explain(log(3), "--bytes-per-token", "1000", "--requests-per-hour", "0")).isZero();
  }

  @Test
  void provider_unknown_isRefusedWithThoseThatAreKnown() {
    assertThat(explain("a.json", "--provider", "anthropics")).isEqualTo(2);

    assertThat(err.toString())
        .contains("--provider: anthropics (expected: one of anthropic, ", ", vertex, ");
  }

  @Test
  void provider_howOneBegins_isKnown() throws Exception {
    assertThat(explain(log(3), "--provider", "Anth")).isZero();
  }

  @Test
  void usage_severalFaults_areToldAtOnce() {
    int status =
        explain(
            "-",
            "b.json",
            "--price",
            "much",
            "--bytes-per-token",
            "-1",
            "--requests-per-hour",
            "-3",
            "--provider",
            "nobody",
            "--api",
            "smtp",
            "--colour");

    assertThat(status).isEqualTo(2);
    assertThat(err.toString())
        .contains(
            "'much'",
            "--bytes-per-token: -1.0",
            "--requests-per-hour: -3.0",
            "--provider: nobody",
            "smtp",
            "--colour",
            "-: beside another file");
  }
}

package dev.warmpath.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmpath.e2e.api.TokenCounts;
import dev.warmpath.e2e.engine.EngineFleet;
import dev.warmpath.e2e.engine.EngineReport;
import dev.warmpath.e2e.engine.EngineSettings;
import dev.warmpath.e2e.engine.ServedRequest;
import dev.warmpath.e2e.envoy.Poll;
import dev.warmpath.e2e.http.HttpServer;
import dev.warmpath.e2e.provider.SimulatedApis;
import dev.warmpath.e2e.stack.Stack;
import dev.warmpath.e2e.stack.StackSettings;
import io.netty.channel.EventLoopGroup;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * A request of each API, plain and streamed, through a real Envoy and both services: planned, its
 * body untouched, a conversation at one home, its usage read.
 */
class DialectsIT {
  private static final Duration SOON = Duration.ofSeconds(20);
  private static final int ENGINES = 3;
  private static final String MODEL = EngineSettings.DEFAULTS.model();
  private static final int OUTPUT_TOKENS = 3;

  private static final String CHAT =
      "{\"model\":\"%s\",\"max_tokens\":3%s,\"messages\":[{\"role\":\"system\",\"content\":\"%s\"},"
          + "{\"role\":\"user\",\"content\":\"%s\"}%s]}";
  private static final String MESSAGES =
      "{%s\"max_tokens\":3%s,\"system\":\"%s\",\"messages\":["
          + "{\"role\":\"user\",\"content\":\"%s\"}%s]}";
  private static final String RESPONSES =
      "{\"model\":\"%s\",\"max_output_tokens\":3%s,\"instructions\":\"%s\",\"input\":["
          + "{\"role\":\"user\",\"content\":\"%s\"}%s]}";
  private static final String MORE =
      ",{\"role\":\"assistant\",\"content\":\"yes\"},{\"role\":\"user\",\"content\":\"why\"}";
  private static final String CONVERSE =
      "{\"inferenceConfig\":{\"maxTokens\":3},\"system\":[{\"text\":\"%s\"}],\"messages\":["
          + "{\"role\":\"user\",\"content\":[{\"text\":\"%s\"}]}%s]}";
  private static final String MORE_BLOCKS =
      ",{\"role\":\"assistant\",\"content\":[{\"text\":\"yes\"}]},"
          + "{\"role\":\"user\",\"content\":[{\"text\":\"why\"}]}";
  private static final String GEMINI =
      "{\"generationConfig\":{\"maxOutputTokens\":3},\"systemInstruction\":{\"parts\":["
          + "{\"text\":\"%s\"}]},\"contents\":[{\"role\":\"user\",\"parts\":[{\"text\":\"%s\"}]}%s]}";
  private static final String MORE_CONTENTS =
      ",{\"role\":\"model\",\"parts\":[{\"text\":\"yes\"}]},"
          + "{\"role\":\"user\",\"parts\":[{\"text\":\"why\"}]}";

  private static EngineFleet engines;
  private static EventLoopGroup loop;
  private static SimulatedApis apis;
  private static Stack stack;
  private static long seed;

  private Map<String, Double> before = Map.of();

  @BeforeAll
  static void start() throws IOException {
    engines =
        EngineFleet.start(EngineFleet.alike(ENGINES, EngineSettings.DEFAULTS.withPace(400_000, 1)));
    loop = HttpServer.loops("apis", 1);
    apis = SimulatedApis.start(loop.next());
    String endpoints =
        IntStream.range(0, ENGINES)
            .mapToObj(i -> "{address: '%s', id: e%d}".formatted(engines.addresses().get(i), i))
            .collect(Collectors.joining(", "));
    String traffic =
        """
        pools:
        - {name: engines, endpoints: [%s]}
        providers:
        %s\
        routes:
        - {id: openai, path_prefix: /v1/, headers: {x-to: openai}, provider: openai}
        - {id: azure, path_prefix: /openai/, provider: azure, annotate: active}
        - {id: gemini, path_prefix: /v1beta/, provider: gemini, annotate: active}
        - {id: vertex, path_prefix: /v1/projects/, provider: anthropic}
        - {id: invoke, path_prefix: /model/anthropic., provider: anthropic}
        - {id: converse, path_prefix: /model/, provider: bedrock, annotate: active}
        - {id: named, path_prefix: /v1/responses, headers: {x-api: chat}, api: openai_chat, \
        pool: engines, pick: active}
        - {id: chat, path_prefix: /v1/chat/, pool: engines, pick: active}
        - {id: completions, path_prefix: /v1/completions, pool: engines, pick: active}
        - {id: responses, path_prefix: /v1/responses, pool: engines, pick: active}
        - {id: embeddings, path_prefix: /v1/embeddings, pool: engines, pick: active}
        - {id: messages, path_prefix: /v1/messages, pool: engines, pick: active}
        - {id: rest, path_prefix: /, pool: engines, pick: active}
        """
            .formatted(
                endpoints,
                provider("openai", "openai_responses")
                    + provider("azure", "openai_chat")
                    + provider("gemini", "gemini")
                    + provider("anthropic", "anthropic_messages")
                    + provider("bedrock", "bedrock_converse"));
    // Anthropic's models stay in forecast: what annotation does to a body is RoutingIT's subject.
    // One replica: a second hears of a conversation's home only after a while.
    stack =
        Stack.start(
            StackSettings.of(traffic)
                .withReplicas(1)
                .withQuickStart()
                .withWarmUp(240)
                .withEnvoy("message_timeout: 10s\next_proc_probe_interval: 2s"));
    // Engines leave out what they read when it was nothing; that is known once they have told.
    String told = CHAT.formatted(MODEL, "", Chats.text(++seed, 8_192), "hello", "");
    for (int i = 0; i < 2; i++) {
      post("/v1/chat/completions", told, Map.of());
    }
    Poll.until(
        "the pool has told what it read",
        SOON,
        () -> tokens("chat", "read") > 0,
        DialectsIT::metrics);
  }

  @AfterAll
  static void stop() {
    stack.close();
    apis.close();
    engines.close();
    HttpServer.close(loop);
  }

  @BeforeEach
  void count() {
    before = counts();
  }

  // The pool.

  @Test
  void chat_plainAndStreamed_isPlannedAtOneHomeAndAccounted() throws IOException {
    for (String stream :
        List.of("", ",\"stream\":true,\"stream_options\":{\"include_usage\":true}")) {
      String system = text();
      String question = text();
      atOneHome(
          "chat",
          "/v1/chat/completions",
          CHAT.formatted(MODEL, stream, system, question, ""),
          CHAT.formatted(MODEL, stream, system, question, MORE));
    }
  }

  @Test
  void completions_stringsAndTokenIds_arePlannedAtOneHomeAndAccounted() throws IOException {
    String text = text();
    String body = "{\"model\":\"%s\",\"max_tokens\":3%s,\"prompt\":%s}";
    String stream = ",\"stream\":true,\"stream_options\":{\"include_usage\":true}";
    for (String more : List.of("", stream)) {
      text = text();
      atOneHome(
          "completions",
          "/v1/completions",
          body.formatted(MODEL, more, quoted(text)),
          body.formatted(MODEL, more, quoted(text + "and more")));
    }
    String ids =
        IntStream.range(0, 3_000)
            .mapToObj(i -> Long.toString((i * 7919L + seed) % 50_000))
            .collect(Collectors.joining(","));
    atOneHome(
        "completions",
        "/v1/completions",
        body.formatted(MODEL, "", "[" + ids + "]"),
        body.formatted(MODEL, "", "[" + ids + "]"));
    String one = "[" + quoted(text()) + "," + quoted("two") + "]";
    atOneHome(
        "completions",
        "/v1/completions",
        body.formatted(MODEL, "", one),
        body.formatted(MODEL, "", one));
  }

  @Test
  void responses_plainAndStreamed_arePlannedAtOneHomeAndAccounted() throws IOException {
    for (String stream : List.of("", ",\"stream\":true")) {
      String system = text();
      String question = text();
      atOneHome(
          "responses",
          "/v1/responses",
          RESPONSES.formatted(MODEL, stream, system, question, ""),
          RESPONSES.formatted(MODEL, stream, system, question, MORE));
    }
  }

  @Test
  void embeddings_arePlannedAtOneHomeAndAccounted() throws IOException {
    String body = "{\"model\":\"%s\",\"input\":\"%s\"}".formatted(MODEL, text());
    atOneHome("embeddings", "/v1/embeddings", body, body);
  }

  @Test
  void messages_plainAndStreamed_arePlannedAtOneHomeAndAccounted() throws IOException {
    String model = "\"model\":\"%s\",".formatted(MODEL);
    for (String stream : List.of("", ",\"stream\":true")) {
      String system = text();
      String question = text();
      atOneHome(
          "messages",
          "/v1/messages",
          MESSAGES.formatted(model, stream, system, question, ""),
          MESSAGES.formatted(model, stream, system, question, MORE));
    }
  }

  // Providers.

  @Test
  void responsesAtAProvider_plainAndStreamed_areAccounted() throws IOException {
    for (String stream : List.of("", ",\"stream\":true")) {
      String system = text();
      String question = text();
      atProvider(
          "openai",
          "/v1/responses",
          RESPONSES.formatted("gpt-5.5", stream, system, question, ""),
          RESPONSES.formatted("gpt-5.5", stream, system, question, MORE));
    }
  }

  @Test
  void azureDeployment_plainAndStreamed_isAccounted() throws IOException {
    String noModel = CHAT.replace("\"model\":\"%s\",", "");
    for (String stream :
        List.of("", ",\"stream\":true,\"stream_options\":{\"include_usage\":true}")) {
      String system = text();
      String question = text();
      atProvider(
          "azure",
          "/openai/deployments/ours/chat/completions?api-version=2026-10-01",
          noModel.formatted(stream, system, question, ""),
          noModel.formatted(stream, system, question, MORE));
    }
  }

  @Test
  void gemini_plainEventsAndArray_areAccounted() throws IOException {
    for (String method :
        List.of("generateContent", "streamGenerateContent?alt=sse", "streamGenerateContent")) {
      String system = text();
      String question = text();
      atProvider(
          "gemini",
          "/v1beta/models/gemini-3.5-flash:" + method,
          GEMINI.formatted(system, question, ""),
          GEMINI.formatted(system, question, MORE_CONTENTS));
    }
  }

  @Test
  void vertexRawPredict_plainAndStreamed_isAccounted() throws IOException {
    String version = "\"anthropic_version\":\"vertex-2023-10-16\",";
    for (String method : List.of("rawPredict", "streamRawPredict")) {
      String system = text();
      String question = text();
      atProvider(
          "vertex",
          "/v1/projects/p/locations/global/publishers/anthropic/models/claude-sonnet-5-5:" + method,
          MESSAGES.formatted(version, "", system, question, ""),
          MESSAGES.formatted(version, "", system, question, MORE));
    }
  }

  @Test
  void bedrockInvokeModel_plainAndStreamed_isAccounted() throws IOException {
    String version = "\"anthropic_version\":\"bedrock-2023-05-31\",";
    for (String operation : List.of("invoke", "invoke-with-response-stream")) {
      String system = text();
      String question = text();
      atProvider(
          "invoke",
          "/model/anthropic.claude-sonnet-5-5-v1%3A0/" + operation,
          MESSAGES.formatted(version, "", system, question, ""),
          MESSAGES.formatted(version, "", system, question, MORE));
    }
  }

  @Test
  void bedrockConverse_plainAndStreamed_isAccounted() throws IOException {
    for (String operation : List.of("converse", "converse-stream")) {
      String system = text();
      String question = text();
      atProvider(
          "converse",
          "/model/amazon.nova-pro-v2%3A0/" + operation,
          CONVERSE.formatted(system, question, ""),
          CONVERSE.formatted(system, question, MORE_BLOCKS));
    }
  }

  // Which API it is.

  @Test
  void unknownPathWithAKnownShape_isPlannedByIt() throws IOException {
    String body = CHAT.formatted(MODEL, "", text(), "hello", "");

    // The engine doesn't know the path either; what counts is that the body was read.
    assertThat(post("/own/gateway/ask", body, Map.of()).status()).isEqualTo(404);

    assertCounted("warmpath_requests_planned_total", "route=\"rest\"", 1);
  }

  @Test
  void unknownApi_passesUntouchedAndIsCounted() throws IOException {
    post("/own/gateway/ask", "{\"question\":\"%s\"}".formatted(text()), Map.of());

    assertCounted("warmpath_requests_passed_total", "reason=\"unknown_api\"", 1);
  }

  @Test
  void countTokens_passes() throws IOException {
    String body = MESSAGES.formatted("\"model\":\"m\",", "", "be brief", "hello", "");
    post("/v1/messages/count_tokens", body, Map.of());

    assertCounted("warmpath_requests_passed_total", "reason=\"unknown_api\"", 1);
  }

  @Test
  void routesApi_isBelievedOverThePath() throws IOException {
    // A chat at the path of Responses: by its path it would have no prompt.
    String body = CHAT.formatted(MODEL, "", text(), "hello", "");

    post("/v1/responses", body, Map.of("x-api", "chat"));

    assertCounted("warmpath_requests_planned_total", "route=\"named\"", 1);
  }

  // How.

  private void atOneHome(String route, String path, String first, String second)
      throws IOException {
    count();
    engines.reset();
    Set<String> homes = new HashSet<>();
    int settled = 0;
    for (String body : List.of(first, second)) {
      RawExchange.Response response = post(path, body, Map.of());
      assertThat(response.status()).as(response.body()).isEqualTo(200);
      homes.add(response.headers().getOrDefault("x-sim-engine", ""));
      awaitSettled(route, ++settled);
    }
    assertThat(homes).as("homes").hasSize(1).doesNotContain("");
    List<ServedRequest> served = served();
    assertThat(served)
        .extracting(ServedRequest::bodySha256)
        .containsExactly(sha256(first), sha256(second));
    assertThat(engines.reports()).extracting(EngineReport::reservedHeaders).containsOnly(0L);
    assertAccounted(
        route,
        served.stream()
            .map(s -> new TokenCounts(s.promptTokens(), s.cachedTokens(), s.outputTokens()))
            .toList());
  }

  private void atProvider(String route, String path, String first, String second)
      throws IOException {
    count();
    int earlier = apis.served().size();
    Map<String, String> headers = route.equals("openai") ? Map.of("x-to", "openai") : Map.of();
    for (String body : List.of(first, second)) {
      RawExchange.Response response = post(path, body, headers);
      assertThat(response.status()).as(response.body()).isEqualTo(200);
    }
    awaitSettled(route, 2);
    List<SimulatedApis.Served> served = apis.served().subList(earlier, apis.served().size());
    assertThat(served)
        .extracting(SimulatedApis.Served::bodySha256)
        .containsExactly(sha256(first), sha256(second));
    assertAccounted(route, served.stream().map(SimulatedApis.Served::counts).toList());
  }

  private void awaitSettled(String route, int exchanges) {
    Poll.until(
        "%d exchanges of %s are settled".formatted(exchanges, route),
        SOON,
        () -> since("warmpath_exchanges_ended_total", route, "end=\"served\"") == exchanges,
        DialectsIT::metrics);
  }

  private void assertAccounted(String route, List<TokenCounts> served) {
    assertCounted("warmpath_requests_planned_total", "route=\"%s\"".formatted(route), 2);
    int cached = served.stream().mapToInt(TokenCounts::cached).sum();
    int prompt = served.stream().mapToInt(TokenCounts::prompt).sum();
    int output = served.stream().mapToInt(TokenCounts::output).sum();
    assertThat(served.getFirst().cached()).as("cached at first").isZero();
    assertThat(cached).as("cached").isPositive();
    assertThat(since("warmpath_tokens_total", route, "kind=\"read\"")).as("read").isEqualTo(cached);
    assertThat(since("warmpath_tokens_total", route, "kind=\"uncached\""))
        .as("uncached")
        .isEqualTo(prompt - cached);
    assertThat(since("warmpath_tokens_total", route, "kind=\"output\""))
        .as("output")
        .isEqualTo(output);
    assertThat(output).isIn(0, served.size() * OUTPUT_TOKENS);
  }

  /** That metric rose by so many, and no request went past the service. */
  private void assertCounted(String metric, String label, int requests) {
    Map<String, Double> now = counts();
    assertThat(now.getOrDefault(metric + label, -1.0) - before.getOrDefault(metric + label, 0.0))
        .as(metric + label)
        .isEqualTo(requests);
    for (String all :
        List.of("warmpath_requests_planned_total", "warmpath_requests_passed_total")) {
      assertThat(now.getOrDefault(all, 0.0) - before.getOrDefault(all, 0.0))
          .as(all)
          .isEqualTo(all.equals(metric) ? requests : 0);
    }
    assertThat(now.get("unprocessed")).isEqualTo(before.get("unprocessed"));
  }

  private double since(String metric, String route, String label) {
    String key = metric + "route=\"%s\"".formatted(route) + label;
    return stack.extProcMetric(metric, "route=\"%s\"".formatted(route), label)
        - before.getOrDefault(key, 0.0);
  }

  private static double tokens(String route, String kind) {
    return stack.extProcMetric(
        "warmpath_tokens_total", "route=\"%s\"".formatted(route), "kind=\"%s\"".formatted(kind));
  }

  private static Map<String, Double> counts() {
    String text = stack.replicas().getFirst().get("/metrics");
    var counts = new HashMap<String, Double>();
    for (String line : text.lines().filter(l -> l.startsWith("warmpath_")).toList()) {
      int open = line.indexOf('{');
      int close = line.lastIndexOf('}');
      if (open < 0) {
        continue;
      }
      String name = line.substring(0, open);
      double value = Double.parseDouble(line.substring(close + 1).strip());
      List<String> labels =
          new ArrayList<>(List.of(line.substring(open + 1, close).split(",", -1)));
      labels.removeIf(String::isEmpty);
      labels.forEach(label -> counts.merge(name + label, value, Double::sum));
      String route =
          labels.stream().filter(label -> label.startsWith("route=")).findFirst().orElse("");
      labels.forEach(label -> counts.merge(name + route + label, value, Double::sum));
      counts.merge(name, value, Double::sum);
    }
    counts.put(
        "unprocessed",
        (double) stack.envoy().admin().stat("http.warmpath.ext_proc.decide.failure_mode_allowed"));
    return counts;
  }

  private static String metrics() {
    return stack.replicas().getFirst().get("/metrics");
  }

  private static List<ServedRequest> served() {
    return engines.reports().stream().flatMap(report -> report.requests().stream()).toList();
  }

  private static RawExchange.Response post(String path, String body, Map<String, String> more)
      throws IOException {
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    var headers = new HashMap<>(more);
    headers.put("content-length", Integer.toString(bytes.length));
    try (var exchange = new RawExchange(stack.address())) {
      return exchange.head(path, headers).bytes(bytes).response();
    }
  }

  private static String provider(String name, String api) {
    return "- {name: %s, address: '%s', api: %s, plaintext: true}\n"
        .formatted(name, apis.address(), api);
  }

  private static String text() {
    return Chats.text(++seed, 8_192);
  }

  private static String quoted(String text) {
    return '"' + text + '"';
  }

  private static String sha256(String body) {
    return Chats.sha256(body.getBytes(StandardCharsets.UTF_8));
  }
}

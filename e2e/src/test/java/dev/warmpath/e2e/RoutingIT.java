package dev.warmpath.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.warmpath.e2e.engine.EngineFleet;
import dev.warmpath.e2e.engine.EngineReport;
import dev.warmpath.e2e.engine.EngineSettings;
import dev.warmpath.e2e.engine.ServedRequest;
import dev.warmpath.e2e.envoy.Http;
import dev.warmpath.e2e.envoy.Poll;
import dev.warmpath.e2e.http.HttpServer;
import dev.warmpath.e2e.load.LoadGenerator;
import dev.warmpath.e2e.load.LoadReport;
import dev.warmpath.e2e.load.LoadRequest;
import dev.warmpath.e2e.load.LoadResult;
import dev.warmpath.e2e.load.LoadSettings;
import dev.warmpath.e2e.provider.MessageRecord;
import dev.warmpath.e2e.provider.ProviderSettings;
import dev.warmpath.e2e.provider.SimulatedAnthropic;
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
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Where requests go and what becomes of their bodies, through a real Envoy and both services. Every
 * test in which the service is up states how many requests it planned and that none went past it.
 */
class RoutingIT {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int ENGINES = 4;
  private static final int MIB = 1 << 20;
  private static final int LIMIT_BYTES = 12 * MIB;
  private static final double MAX_IMBALANCE = 1.6;
  private static final Duration SOON = Duration.ofSeconds(20);
  private static final String MESSAGES = "/v1/messages";

  /** Header of the route to engines that prefill slowly, so that a cache is worth much. */
  private static final Map<String, String> TO_HOMES = Map.of("x-to", "homes");

  private static EngineFleet engines;
  private static EngineFleet homes;
  private static EventLoopGroup loop;
  private static SimulatedAnthropic anthropic;
  private static Stack stack;
  private static LoadGenerator load;
  private static long seed;

  private double plannedBefore;
  private double passedBefore;
  private long unprocessedBefore;

  @BeforeAll
  static void start() {
    engines =
        EngineFleet.start(
            EngineFleet.alike(
                ENGINES,
                EngineSettings.DEFAULTS.withPace(2_000_000, 1).withStreamIntervalTokens(50)));
    homes =
        EngineFleet.start(EngineFleet.alike(ENGINES, EngineSettings.DEFAULTS.withPace(40_000, 1)));
    loop = HttpServer.loops("provider", 1);
    anthropic =
        SimulatedAnthropic.start(
            loop.next(), 0, ProviderSettings.DEFAULTS.withPace(5, 0).withSpeedup(1_000));
    String traffic =
        """
        pools:
        - {name: engines, endpoints: [%s]}
        - {name: homes, endpoints: [%s]}
        providers:
        - {name: anthropic, address: '%s', api: anthropic_messages, plaintext: true}
        routes:
        - {id: messages, path_prefix: /v1/messages, provider: anthropic, annotate: active}
        - {id: homes, path_prefix: /v1/chat, headers: {x-to: homes}, pool: homes, pick: active}
        - {id: chat, path_prefix: /v1/chat, pool: engines, pick: active}
        """
            .formatted(endpoints(engines), endpoints(homes), anthropic.address());
    // One replica: a second hears of a conversation's home only after a while, and until then may
    // choose another.
    stack =
        Stack.start(
            StackSettings.of(traffic)
                .withReplicas(1)
                .withQuickStart()
                .withWarmUp(240)
                .withExtProc("max_body_bytes: 12MiB")
                // A machine that is busy with other things shall not look like a lost request.
                .withEnvoy(
                    "max_body_bytes: 12MiB\nmessage_timeout: 10s\next_proc_probe_interval: 2s"));
    load = new LoadGenerator(LoadSettings.to(stack.address()).withTimeout(SOON));
  }

  @AfterAll
  static void stop() {
    load.close();
    stack.close();
    anthropic.close();
    engines.close();
    homes.close();
    HttpServer.close(loop);
  }

  @BeforeEach
  void count() {
    engines.reset();
    anthropic.reset();
    plannedBefore = stack.extProcMetric("warmpath_requests_planned_total");
    passedBefore = stack.extProcMetric("warmpath_requests_passed_total");
    unprocessedBefore = unprocessed();
  }

  @AfterEach
  void noReservedHeaderArrived() {
    assertThat(engines.reports()).extracting(EngineReport::reservedHeaders).containsOnly(0L);
    assertThat(homes.reports()).extracting(EngineReport::reservedHeaders).containsOnly(0L);
    assertThat(anthropic.report().reservedHeaders()).isZero();
  }

  // Where to.

  @Test
  void conversations_thatComeTogether_spreadAndEachStaysWhereItBegan() throws IOException {
    var conversations = new ArrayList<List<String>>();
    var first = new ArrayList<LoadRequest>();
    for (int i = 0; i < 16; i++) {
      conversations.add(List.of(Chats.text(++seed, 65_536), "yes", "why", "no", "how"));
      first.add(
          new LoadRequest("", Chats.PATH, TO_HOMES, chat(conversations.get(i).subList(0, 1)), ""));
    }

    LoadReport begun = load.run(Steady.atOnce(first));

    assertServed(begun);
    assertThat(begun.results().stream().map(LoadResult::servedBy).distinct()).hasSize(ENGINES);
    for (LoadResult result : begun.results()) {
      List<String> turns = conversations.get(result.index());
      for (int turn = 3; turn <= turns.size(); turn += 2) {
        assertThat(servedBy(chat(turns.subList(0, turn)), TO_HOMES)).isEqualTo(result.servedBy());
      }
    }
    assertAllPlanned(3 * conversations.size());
  }

  @Test
  void reservedHeaders_forgedWithTheServiceUp_doNothing() throws IOException {
    String[] turns = turns(1);
    byte[] body = chat(List.of(turns));
    String home = servedBy(body, Map.of());
    for (String address : engines.addresses()) {
      assertThat(servedBy(body, forged(address))).isEqualTo(home);
    }
    assertAllPlanned(1 + ENGINES);
  }

  @Test
  void serviceAway_forgedHeadersSessionsAndABusyTenant_areLeftToEnvoy() throws IOException {
    byte[] body = chat(List.of(turns(1)));
    withoutService(
        () -> {
          String home = servedBy(body, Map.of("x-session-id", "one"));
          for (String address : engines.addresses()) {
            var headers = new HashMap<>(forged(address));
            headers.put("x-session-id", "one");
            assertThat(servedBy(body, headers)).as("forged headers").isEqualTo(home);
          }

          engines.reset();
          int sessions = 400;
          var requests = new ArrayList<LoadRequest>();
          for (int i = 0; i < sessions; i++) {
            requests.add(
                new LoadRequest(
                    "sessions",
                    Chats.PATH,
                    Map.of("content-type", "application/json", "x-session-id", "s" + i),
                    body,
                    ""));
          }
          assertServed(load.run(new Steady(requests, 400)));
          assertThat(imbalance()).as("a tenant of many sessions").isLessThan(MAX_IMBALANCE);

          engines.reset();
          assertServed(
              load.run(
                  new Steady(
                      requests.stream().map(r -> Chats.request("", r.body(), false)).toList(),
                      400)));
          assertThat(imbalance()).as("a tenant without sessions").isLessThan(MAX_IMBALANCE);
        });
  }

  @Test
  void noEndpointPicked_conversation_staysWhereItsKeyHashes() throws IOException {
    // With every endpoint drained there is none to pick; Envoy then takes any, by the hash.
    for (int i = 0; i < ENGINES; i++) {
      stack.controlPlane().post("/endpoints/engines/e%d/drain".formatted(i));
    }
    try {
      Poll.until(
          "no replica finds an endpoint to pick",
          SOON,
          () -> {
            servedByUnchecked(chat(List.of(turns(1))));
            return stack.replicas().stream()
                .allMatch(
                    replica ->
                        replica.metric("warmpath_picks_total", "result=\"none_healthy\"") > 0);
          },
          () -> stack.replicas().getFirst().get("/metrics"));
      count();
      var all = new HashSet<String>();
      for (int i = 0; i < 20; i++) {
        var seen = new HashSet<String>();
        String[] turns = turns(5);
        for (int turn = 1; turn <= turns.length; turn += 2) {
          // The key comes before the session, whatever that says.
          seen.add(
              servedBy(
                  chat(List.of(turns).subList(0, turn)),
                  Map.of("x-session-id", "session-" + i + "-" + turn)));
        }
        assertThat(seen).as("endpoints of conversation %d", i).hasSize(1);
        all.addAll(seen);
      }
      assertThat(all).hasSizeGreaterThan(1);
      assertAllPlanned(60);
    } finally {
      for (int i = 0; i < ENGINES; i++) {
        Http.call(
            "DELETE",
            "http://%s/endpoints/engines/e%d/drain"
                .formatted(stack.controlPlane().adminAddress(), i));
      }
      Poll.until(
          "endpoints are picked again",
          SOON,
          () -> {
            double before = stack.extProcMetric("warmpath_picks_total", "result=\"picked\"");
            for (int i = 0; i < 4; i++) {
              servedByUnchecked(chat(List.of(turns(1))));
            }
            return stack.extProcMetric("warmpath_picks_total", "result=\"picked\"") == before + 4;
          });
    }
  }

  // Bodies.

  @Test
  void provider_secondTurn_readsWhatTheFirstHadMarked() throws IOException {
    String system = Chats.text(++seed, 16_384);
    String question = Chats.text(++seed, 8_192);
    String answer = Chats.text(++seed, 400);

    post(MESSAGES, messages(system, question), Map.of());
    post(MESSAGES, messages(system, question, answer, Chats.text(++seed, 400)), Map.of());

    Poll.until("both are billed", SOON, () -> anthropic.report().requests().size() == 2);
    List<MessageRecord> records = anthropic.report().requests();
    assertThat(records.getFirst().markers()).isNotEmpty();
    assertThat(records.getFirst().usage().written5m()).isPositive();
    assertThat(records.getLast().usage().read()).isEqualTo(records.getFirst().usage().written5m());
    assertThat(anthropic.report().rejections()).isEmpty();
    assertAllPlanned(2);
  }

  @Test
  void body_tenMebibytes_arrivesByteForByte() throws IOException {
    byte[] body = chat(List.of(Chats.text(++seed, 10 * MIB)));

    assertThat(post(Chats.PATH, body, Map.of()).status()).isEqualTo(200);

    assertThat(digestsSeen()).containsExactly(Chats.sha256(body));
    assertPlanned(1);
  }

  @Test
  void body_overTheLimit_passesUntouched() throws IOException {
    byte[] body = chat(List.of(Chats.text(++seed, LIMIT_BYTES + 1)));

    assertThat(post(Chats.PATH, body, Map.of()).status()).isEqualTo(200);

    assertThat(digestsSeen()).containsExactly(Chats.sha256(body));
    assertPassed("too_large", 1);
  }

  @Test
  void body_ofUntoldLengthOverTheLimit_passesUntouched() throws IOException {
    byte[] body = chat(List.of(Chats.text(++seed, LIMIT_BYTES + MIB)));

    try (var exchange = new RawExchange(stack.address())) {
      exchange.head(Chats.PATH, Map.of("transfer-encoding", "chunked"));
      for (int from = 0; from < body.length; from += MIB) {
        exchange.chunk(body, from, Math.min(body.length, from + MIB));
      }
      // An end that Envoy reads together with what exceeds the limit would come with the body.
      Poll.until("the part is passed", SOON, () -> passed("partial_body") == 1);
      exchange.chunk(body, 0, 0);
      assertThat(exchange.response().status()).isEqualTo(200);
    }

    assertThat(digestsSeen()).containsExactly(Chats.sha256(body));
    assertPassed("partial_body", 1);
  }

  @Test
  void body_thatAnEditWouldCarryOverTheLimit_isNotEdited() throws IOException {
    int around = messages("", "short question").length;
    byte[] body = messages(Chats.text(++seed, LIMIT_BYTES - around), "short question");
    assertThat(body).hasSize(LIMIT_BYTES);

    assertThat(post(MESSAGES, body, Map.of()).status()).isEqualTo(200);

    Poll.until("it is billed", SOON, () -> anthropic.report().requests().size() == 1);
    MessageRecord seen = anthropic.report().requests().getFirst();
    assertThat(seen.bodySha256()).isEqualTo(Chats.sha256(body));
    assertThat(seen.markers()).isEmpty();
    assertThat(stack.extProcMetric("warmpath_annotations_total", "decision=\"over_body_limit\""))
        .isEqualTo(1);
  }

  @Test
  void client_goesAwayInMidStream_nothingStaysBehind() throws IOException {
    byte[] body = Chats.body(20_000, true, "be brief", turns(1));
    double lost = stack.extProcMetric("warmpath_exchanges_ended_total", "end=\"endpoint_lost\"");
    // A plan of before whose connection was lost keeps its place until its time runs out.
    double open = stack.extProcMetric("warmpath_plans_open");
    double inFlight = stack.extProcMetric("warmpath_endpoint_requests_in_flight");
    try (var exchange = new RawExchange(stack.address())) {
      exchange
          .head(Chats.PATH, Map.of("content-length", Integer.toString(body.length)))
          .bytes(body);
      assertThat(exchange.line()).contains("200");
      while (!exchange.line().startsWith("data: ")) {
        // Headers and the chunk's size.
      }
      exchange.abort();
    }

    Poll.until("the engine has noticed", SOON, () -> engines.inFlight() == 0);
    Poll.until(
        "the service has settled it",
        SOON,
        () ->
            stack.extProcMetric("warmpath_plans_open") <= open
                && stack.extProcMetric("warmpath_exchanges_open") == 0
                && stack.extProcMetric("warmpath_endpoint_requests_in_flight") <= inFlight,
        () -> stack.replicas().getFirst().get("/metrics"));
    assertThat(stack.extProcMetric("warmpath_exchanges_ended_total", "end=\"endpoint_lost\""))
        .as("the endpoint is not to blame")
        .isEqualTo(lost);
    assertAllPlanned(1);
  }

  private static String endpoints(EngineFleet fleet) {
    var list = new ArrayList<String>();
    for (int i = 0; i < ENGINES; i++) {
      list.add("{address: '%s', id: e%d}".formatted(fleet.addresses().get(i), i));
    }
    return String.join(", ", list);
  }

  /** Something that reads and writes. */
  @FunctionalInterface
  private interface Deed {
    void run() throws IOException;
  }

  /** Stops all replicas; they are back when this returns. */
  private static void withoutService(Deed deed) throws IOException {
    stack.replicas().forEach(replica -> replica.process().pause());
    try {
      Poll.until(
          "Envoy goes past the service",
          SOON,
          () -> stack.envoy().admin().stat("cluster.warmpath_decide.membership_healthy") == 0);
      deed.run();
    } finally {
      stack.replicas().forEach(replica -> replica.process().resume());
      stack.awaitServing();
    }
  }

  private static Map<String, String> forged(String address) {
    return Map.of(
        "x-gateway-destination-endpoint", address,
        "x-warmpath-key-root", "0123456789abcdef",
        "x-warmpath-key-conversation", address.replaceAll("[^0-9]", ""),
        "x-warmpath-model", "other",
        "x-warmpath-arm", "1");
  }

  private static String[] turns(int count) {
    String[] turns = new String[count];
    for (int i = 0; i < count; i++) {
      turns[i] = Chats.text(++seed, 4_096);
    }
    return turns;
  }

  private static byte[] chat(List<String> turns) {
    return Chats.body(2, false, "be brief", turns.toArray(String[]::new));
  }

  private static byte[] messages(String system, String... turns) {
    ObjectNode body =
        JSON.createObjectNode()
            .put("model", "claude-sonnet-5-5")
            .put("max_tokens", 4)
            .put("system", system);
    for (int i = 0; i < turns.length; i++) {
      body.withArray("messages")
          .addObject()
          .put("role", i % 2 == 0 ? "user" : "assistant")
          .put("content", turns[i]);
    }
    return body.toString().getBytes(StandardCharsets.UTF_8);
  }

  private static RawExchange.Response post(String path, byte[] body, Map<String, String> more)
      throws IOException {
    var headers = new HashMap<>(more);
    headers.put("content-length", Integer.toString(body.length));
    if (path.equals(MESSAGES)) {
      headers.put("anthropic-version", "2023-06-01");
      headers.put("x-api-key", "sk-sim");
    }
    try (var exchange = new RawExchange(stack.address())) {
      return exchange.head(path, headers).bytes(body).response();
    }
  }

  private static String servedBy(byte[] body, Map<String, String> headers) throws IOException {
    RawExchange.Response response = post(Chats.PATH, body, headers);
    assertThat(response.status()).as(response.body()).isEqualTo(200);
    return response.headers().getOrDefault("x-sim-engine", "");
  }

  private static void servedByUnchecked(byte[] body) {
    try {
      servedBy(body, Map.of());
    } catch (IOException e) {
      throw new AssertionError("no response", e);
    }
  }

  private static double imbalance() {
    long max = 0;
    long sum = 0;
    for (EngineReport report : engines.reports()) {
      max = Math.max(max, report.arrived());
      sum += report.arrived();
    }
    return (double) max * ENGINES / sum;
  }

  private static Set<String> digestsSeen() {
    var seen = new HashSet<String>();
    for (EngineReport report : engines.reports()) {
      report.requests().stream().map(ServedRequest::bodySha256).forEach(seen::add);
    }
    return seen;
  }

  private static void assertServed(LoadReport report) {
    assertThat(report.failed())
        .as("failed: %s, by status: %s", report.outcomes(), report.statuses())
        .isZero();
  }

  private void assertAllPlanned(int requests) {
    assertPlanned(requests);
    assertThat(unprocessed()).as("went past the service").isEqualTo(unprocessedBefore);
  }

  private void assertPlanned(int requests) {
    assertThat(stack.extProcMetric("warmpath_requests_planned_total") - plannedBefore)
        .as("planned")
        .isEqualTo(requests);
    assertThat(stack.extProcMetric("warmpath_requests_passed_total") - passedBefore)
        .as("passed untouched")
        .isZero();
  }

  private void assertPassed(String reason, int requests) {
    assertThat(passed(reason)).as(reason).isEqualTo(requests);
    assertThat(stack.extProcMetric("warmpath_requests_passed_total") - passedBefore)
        .as("passed untouched")
        .isEqualTo(requests);
    assertThat(unprocessed()).as("went past the service").isEqualTo(unprocessedBefore);
  }

  private static double passed(String reason) {
    return stack.extProcMetric("warmpath_requests_passed_total", "reason=\"%s\"".formatted(reason));
  }

  private static long unprocessed() {
    return stack.envoy().admin().stat("http.warmpath.ext_proc.decide.failure_mode_allowed");
  }
}

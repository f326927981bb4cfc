package dev.warmpath.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.warmpath.e2e.envoy.Poll;
import dev.warmpath.e2e.stack.Service;
import dev.warmpath.e2e.stack.Stack;
import dev.warmpath.e2e.stack.StackSettings;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * What becomes of prompts on their way through a real Envoy and both services: repaired, salted, or
 * found to change where they ought to repeat.
 */
class PromptsIT {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration SOON = Duration.ofSeconds(20);
  private static final Map<String, String> REPAIRED = Map.of("x-to", "repaired");
  private static final Map<String, String> PLAIN = Map.of("x-to", "plain");
  private static final String MONDAY = "Today is Monday.";
  private static final String WEATHER =
      "{\"type\":\"function\",\"function\":{\"name\":\"weather\",\"parameters\":%s}}";
  private static final String CALENDAR =
      "{\"type\":\"function\",\"function\":{\"name\":\"calendar\",\"parameters\":{}}}";

  private static Upstream engine;
  private static Stack stack;

  @BeforeAll
  static void start() {
    engine = new Upstream();
    String traffic =
        """
        tenant: {api_key_header: authorization}
        pools:
        - {name: shared, endpoints: [{address: '%1$s', id: e0}]}
        - {name: apart, isolation: tenant, endpoints: [{address: '%1$s', id: e0}]}
        routes:
        - id: repaired
          headers: {x-to: repaired}
          pool: shared
          pick: active
          repair:
            mode: active
            sort_tools: true
            sort_schema_keys: true
            move_system_lines: ['Today is .*']
        - {id: plain, headers: {x-to: plain}, pool: shared, pick: active}
        - {id: apart, path_prefix: /, pool: apart, pick: active}
        """
            .formatted(engine.address());
    stack =
        Stack.start(
            StackSettings.of(traffic)
                .withReplicas(1)
                .withQuickStart()
                .withWarmUp(240)
                .withExtProc("volatility: {samples_per_second: 1000, min_partings: 3}")
                .withEnvoy("message_timeout: 10s\next_proc_probe_interval: 2s"));
  }

  @AfterAll
  static void stop() {
    stack.close();
    engine.close();
  }

  @BeforeEach
  void forget() {
    engine.reset();
  }

  // Repairs.

  @Test
  void repairs_toolsSchemasAndLines_reachTheEngineInOrder() throws IOException {
    String schema = "{\"type\":\"object\",\"properties\":{\"to\":{},\"at\":{}}}";
    String sameSchema = "{\"properties\":{\"at\":{},\"to\":{}},\"type\":\"object\"}";

    JsonNode first = arrived(chat(List.of(WEATHER.formatted(schema), CALENDAR)), REPAIRED);
    JsonNode second = arrived(chat(List.of(CALENDAR, WEATHER.formatted(sameSchema))), REPAIRED);

    assertThat(first.at("/tools").toString())
        .isEqualTo("[" + CALENDAR + "," + WEATHER.formatted(sameSchema) + "]")
        .isEqualTo(second.at("/tools").toString());
    assertThat(first.at("/messages/0/content").textValue()).isEqualTo("Be brief.\nBe kind.");
    assertThat(first.at("/messages/1/content").textValue()).isEqualTo("Why?\n\n" + MONDAY);
    // The second one's tools were in order.
    assertThat(repaired("tools")).isEqualTo(1);
    assertThat(repaired("system_lines")).isEqualTo(2);
  }

  private static double repaired(String repair) {
    return stack.extProcMetric(
        "warmpath_repairs_total",
        "route=\"repaired\"",
        "repair=\"%s\"".formatted(repair),
        "decision=\"repaired\"");
  }

  @Test
  void repairs_routeWithoutThem_leavesTheBodyAsItIs() throws IOException {
    String body = chat(List.of(WEATHER.formatted("{}"), CALENDAR));

    assertThat(sent(body, PLAIN)).isEqualTo(body);
  }

  // Salts.

  @Test
  void isolation_byTenant_saltsWhatTheEngineReceives() throws IOException {
    String body = chat(List.of());

    String ofAnna = salt(body, "anna");
    String ofAnnaAgain = salt(body, "anna");
    String ofBert = salt(body, "bert");

    assertThat(ofAnna).isNotEmpty().isEqualTo(ofAnnaAgain).isNotEqualTo(ofBert);
    assertThat(ofAnna).doesNotContain("anna");
  }

  @Test
  void isolation_clientsOwnSalt_isCombinedAndNotReplaced() throws IOException {
    String body = chat(List.of());
    String own = body.replaceFirst("\\{", "{\"cache_salt\":\"mine\",");

    String salt = salt(body, "anna");

    assertThat(sent(own, key("anna"))).isEqualTo(own.replace("mine", salt + ":mine"));
    assertThat(salt(own, "bert")).endsWith(":mine").isNotEqualTo(salt + ":mine");
  }

  /** The salt that an engine receives; all else of the body is what was sent. */
  private static String salt(String body, String tenant) throws IOException {
    String sent = sent(body, key(tenant));
    String salt = JSON.readTree(sent).path("cache_salt").asText();
    if (!body.contains("cache_salt")) {
      assertThat(sent.replace("\"cache_salt\":\"" + salt + "\",", "")).isEqualTo(body);
    }
    return salt;
  }

  private static Map<String, String> key(String tenant) {
    return Map.of("authorization", "Bearer key-of-" + tenant);
  }

  // What changes.

  @Test
  void systemPrompts_thatBeginWithTheTime_areFoundByReplicaAndControlPlane() throws IOException {
    String rules = Chats.text(1, 8_192);
    for (int i = 0; i < 12; i++) {
      String system = "It is 2026-11-21T17:%02d:09Z. %s".formatted(i + 10, rules);
      sent(body("[]", system, "Why " + i * 7_919 + "?"), PLAIN);
    }

    Service replica = stack.replicas().getFirst();
    Poll.until(
        "the replica counts one finding",
        SOON,
        () ->
            replica.metric("warmpath_volatility_findings", "route=\"plain\"", "kind=\"time_stamp\"")
                == 1,
        () -> replica.get("/metrics"));
    assertThat(replica.metric("warmpath_volatility_lost_tokens_per_hour", "route=\"plain\""))
        .isPositive();
    Poll.until(
        "the control plane knows it",
        SOON,
        () -> findings().size() > 0,
        () -> stack.controlPlane().get("/volatility"));
    JsonNode found = findings();
    assertThat(found).hasSize(1);
    JsonNode finding = found.get(0);
    assertThat(finding.path("route").textValue()).isEqualTo("plain");
    assertThat(finding.path("kind").textValue()).isEqualTo("time_stamp");
    assertThat(finding.path("site").textValue()).isEqualTo("system");
    assertThat(finding.path("offset").intValue()).isEqualTo("It is ".length());
    assertThat(finding.path("remedy").textValue()).isNotEmpty();
    assertThat(found.toString()).doesNotContain(rules.substring(0, 40), "2026-11-21T17");
  }

  private static JsonNode findings() {
    try {
      return JSON.readTree(stack.controlPlane().get("/volatility"));
    } catch (IOException e) {
      throw new AssertionError("not JSON", e);
    }
  }

  // How.

  private static String chat(List<String> tools) {
    return body(
        "[" + String.join(",", tools) + "]", "Be brief.\\n" + MONDAY + "\\nBe kind.", "Why?");
  }

  private static String body(String tools, String system, String user) {
    return """
    {"model":"m","max_tokens":3,"tools":%s,"messages":[{"role":"system","content":"%s"},\
    {"role":"user","content":"%s"}]}\
    """
        .formatted(tools, system, user);
  }

  private static JsonNode arrived(String body, Map<String, String> headers) throws IOException {
    return JSON.readTree(sent(body, headers));
  }

  /** Sends a chat; the body that the engine received. */
  private static String sent(String body, Map<String, String> headers) throws IOException {
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    var all = new HashMap<>(headers);
    all.put("content-length", Integer.toString(bytes.length));
    int before = posts().size();
    try (var exchange = new RawExchange(stack.address())) {
      RawExchange.Response response = exchange.head(Chats.PATH, all).bytes(bytes).response();
      assertThat(response.status()).as(response.body()).isEqualTo(200);
    }
    List<Upstream.Seen> posts = posts();
    assertThat(posts).hasSize(before + 1);
    return posts.getLast().body();
  }

  /** Without what asks for metrics and health. */
  private static List<Upstream.Seen> posts() {
    var posts = new ArrayList<>(engine.seen());
    posts.removeIf(seen -> !seen.method().equals("POST"));
    return posts;
  }
}

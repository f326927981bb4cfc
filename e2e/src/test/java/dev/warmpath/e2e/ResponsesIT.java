package dev.warmpath.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.warmpath.e2e.engine.EngineFleet;
import dev.warmpath.e2e.engine.EngineSettings;
import dev.warmpath.e2e.engine.SimulatedEngine;
import dev.warmpath.e2e.envoy.Poll;
import dev.warmpath.e2e.http.Fault;
import dev.warmpath.e2e.stack.Stack;
import dev.warmpath.e2e.stack.StackSettings;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Requests that continue a response by its id, through a real Envoy and two replicas. An engine
 * knows only its own responses, and answers 404 for another's.
 */
class ResponsesIT {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration SOON = Duration.ofSeconds(20);
  private static final int ENGINES = 3;

  private static EngineFleet engines;
  private static Stack stack;
  private static long seed;
  private static double homes;

  /** A response and who made it. */
  private record Made(String id, String engine) {}

  @BeforeAll
  static void start() {
    engines =
        EngineFleet.start(EngineFleet.alike(ENGINES, EngineSettings.DEFAULTS.withPace(400_000, 1)));
    String endpoints =
        IntStream.range(0, ENGINES)
            .mapToObj(i -> "{address: '%s', id: e%d}".formatted(engines.addresses().get(i), i))
            .collect(Collectors.joining(", "));
    stack =
        Stack.start(
            StackSettings.of(
                    """
                    pools:
                    - {name: engines, endpoints: [%s]}
                    routes:
                    - {id: responses, path_prefix: /v1/responses, pool: engines, pick: active}
                    """
                        .formatted(endpoints))
                .withQuickStart()
                .withWarmUp(240)
                .withEnvoy("message_timeout: 10s\next_proc_probe_interval: 2s"));
  }

  @AfterAll
  static void stop() {
    stack.close();
    engines.close();
  }

  @Test
  void continuedResponse_whicheverReplicaDecides_reachesItsEngine() throws IOException {
    for (boolean stream : new boolean[] {false, true}) {
      var made = new ArrayList<Made>();
      for (int i = 0; i < 12; i++) {
        made.add(begin(stream));
      }
      assertThat(made.stream().map(Made::engine).distinct()).as("engines").hasSizeGreaterThan(1);
      List<Double> before = planned();
      for (Made response : made) {
        for (int i = 0; i < 3; i++) {
          RawExchange.Response next = go(response.id());
          assertThat(next.status()).as(next.body()).isEqualTo(200);
          assertThat(next.headers().get("x-sim-engine")).isEqualTo(response.engine());
          told();
        }
      }
      List<Double> after = planned();
      for (int replica = 0; replica < after.size(); replica++) {
        assertThat(after.get(replica))
            .as("planned by %d", replica)
            .isGreaterThan(before.get(replica));
      }
    }
  }

  @Test
  void continuedResponse_ofAnEngineThatIsGone_isAnsweredByAnother() throws IOException {
    Made response = begin(false);
    SimulatedEngine home =
        engines.engines().stream()
            .filter(engine -> engine.id().equals(response.engine()))
            .findFirst()
            .orElseThrow();
    home.fault(new Fault.Dead());
    try {
      for (int i = 0; i < 4; i++) {
        RawExchange.Response next = go(response.id());
        // It has its history no more than any engine but one; that it says so itself is the point.
        assertThat(next.status()).as(next.body()).isEqualTo(404);
        assertThat(next.body()).contains("not found");
        assertThat(next.headers().get("x-sim-engine")).isNotEqualTo(response.engine());
      }
    } finally {
      home.fault(Fault.NONE);
    }
  }

  /** A first response that both replicas know of. */
  private static Made begin(boolean stream) throws IOException {
    RawExchange.Response response =
        post(
            "{\"model\":\"%s\",\"max_output_tokens\":2,\"stream\":%s,\"input\":\"%s\"}"
                .formatted(EngineSettings.DEFAULTS.model(), stream, Chats.text(++seed, 8_192)));
    assertThat(response.status()).as(response.body()).isEqualTo(200);
    told();
    String engine = response.headers().getOrDefault("x-sim-engine", "");
    if (!stream) {
      return new Made(JSON.readTree(response.body()).path("id").asText(), engine);
    }
    String created =
        response.body().lines().filter(line -> line.startsWith("data: ")).findFirst().orElseThrow();
    return new Made(
        JSON.readTree(created.substring("data: ".length())).at("/response/id").asText(), engine);
  }

  private static RawExchange.Response go(String previous) throws IOException {
    return post(
        "{\"model\":\"%s\",\"max_output_tokens\":2,\"previous_response_id\":\"%s\",\"input\":\"on\"}"
            .formatted(EngineSettings.DEFAULTS.model(), previous));
  }

  /** Waits until each replica knows of one response more. */
  private static void told() {
    homes++;
    Poll.until(
        "both replicas know of " + homes + " responses",
        SOON,
        () ->
            stack.replicas().stream()
                .allMatch(replica -> replica.metric("warmpath_response_homes") == homes),
        () -> stack.replicas().getFirst().get("/metrics"));
  }

  private static List<Double> planned() {
    return stack.replicas().stream()
        .map(replica -> replica.metric("warmpath_requests_planned_total"))
        .toList();
  }

  private static RawExchange.Response post(String body) throws IOException {
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    try (var exchange = new RawExchange(stack.address())) {
      return exchange
          .head("/v1/responses", Map.of("content-length", Integer.toString(bytes.length)))
          .bytes(bytes)
          .response();
    }
  }
}

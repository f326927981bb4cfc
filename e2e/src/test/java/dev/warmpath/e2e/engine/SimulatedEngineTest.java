package dev.warmpath.e2e.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.data.Offset.offset;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.warmpath.e2e.engine.ServedRequest.Outcome;
import dev.warmpath.e2e.envoy.Poll;
import dev.warmpath.e2e.http.Fault;
import dev.warmpath.e2e.http.HttpServer;
import io.netty.channel.EventLoopGroup;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class SimulatedEngineTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration TIMEOUT = Duration.ofSeconds(20);
  private static final EngineSettings SETTINGS =
      EngineSettings.DEFAULTS.withCache(16, 100).withPace(1e6, 0.1);

  private final HttpClient client = HttpClient.newHttpClient();
  private final EventLoopGroup loops = HttpServer.loops("test", 1);
  private final SimulatedEngine engine = SimulatedEngine.start(loops.next(), 0, SETTINGS);

  @AfterEach
  void close() {
    client.close();
    engine.close();
    HttpServer.close(loops);
  }

  @Test
  void complete_twice_secondReadsWholeBlocksFromTheCache()
      throws IOException, InterruptedException {
    JsonNode cold = JSON.readTree(post(body(400, 4, false)).body());
    JsonNode warm = JSON.readTree(post(body(400, 4, false)).body());
    assertThat(cold.at("/usage/prompt_tokens").asInt()).isEqualTo(100);
    assertThat(cold.at("/usage/completion_tokens").asInt()).isEqualTo(4);
    assertThat(cold.at("/usage/prompt_tokens_details").isNull()).isTrue();
    assertThat(warm.at("/usage/prompt_tokens_details/cached_tokens").asInt()).isEqualTo(96);
    EngineReport report = engine.report();
    assertThat(report.promptTokens()).isEqualTo(200);
    assertThat(report.cachedTokens()).isEqualTo(96);
    assertThat(report.prefillBusySeconds()).isCloseTo(104e-6, offset(1e-8));
    assertThat(report.requests())
        .extracting(ServedRequest::requestId)
        .containsExactly("request-1", "request-1");
    assertThat(report.requests().getFirst().bodySha256())
        .isEqualTo(report.requests().getLast().bodySha256())
        .hasSize(64);
  }

  @Test
  void complete_streamWithUsage_endsWithUsageChunkAndDone()
      throws IOException, InterruptedException {
    HttpResponse<String> response = post(body(400, 5, true));
    assertThat(response.headers().firstValue("content-type").orElseThrow())
        .startsWith("text/event-stream");
    List<String> events =
        response.body().lines().filter(line -> line.startsWith("data: ")).toList();
    assertThat(events).hasSize(1 + 5 + 1 + 1);
    assertThat(events.getLast()).isEqualTo("data: [DONE]");
    JsonNode usage = JSON.readTree(events.get(6).substring(6));
    assertThat(usage.path("choices")).isEmpty();
    assertThat(usage.at("/usage/prompt_tokens").asInt()).isEqualTo(100);
    assertThat(JSON.readTree(events.get(5).substring(6)).at("/choices/0/finish_reason").asText())
        .isEqualTo("length");
  }

  @Test
  void complete_streamWithoutUsage_hasNone() throws IOException, InterruptedException {
    String body = body(400, 5, true).replace("\"include_usage\":true", "\"include_usage\":false");
    assertThat(post(body).body()).doesNotContain("usage").endsWith("data: [DONE]\n\n");
  }

  @Test
  void complete_streamOfSlowPrefill_sendsHeadersBeforeTheFirstToken()
      throws IOException, InterruptedException {
    engine.fault(new Fault.Slow(1e6)); // 100 tokens take 100 s.
    HttpResponse<InputStream> response =
        client.send(request(body(400, 5, true)), HttpResponse.BodyHandlers.ofInputStream());
    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(engine.report().requests()).isEmpty();
    assertThat(engine.inFlight()).isEqualTo(1);
    response.body().close();
  }

  @Test
  void complete_reservedHeader_isRefusedAndCounted() throws IOException, InterruptedException {
    for (String header : List.of("X-Warmpath-Key-Root", "x-gateway-destination-endpoint")) {
      HttpResponse<String> response =
          client.send(
              HttpRequest.newBuilder(request(body(40, 1, false)), (_, _) -> true)
                  .header(header, "1")
                  .build(),
              HttpResponse.BodyHandlers.ofString());
      assertThat(response.statusCode()).isEqualTo(400);
    }
    assertThat(engine.report().reservedHeaders()).isEqualTo(2);
    assertThat(engine.report().arrived()).isZero();
  }

  @Test
  void complete_badRequests_areRefused() throws IOException, InterruptedException {
    assertThat(post("{").statusCode()).isEqualTo(400);
    assertThat(post("{\"model\":\"sim-model\",\"messages\":[]}").statusCode()).isEqualTo(400);
    assertThat(post("{\"model\":\"other\",\"messages\":[]}").statusCode()).isEqualTo(404);
    assertThat(engine.report().refused()).isEqualTo(3);
  }

  @Test
  void metrics_afterRequests_carryVllmNames() throws IOException, InterruptedException {
    post(body(400, 4, false));
    post(body(400, 4, false));
    String metrics = get("/metrics").body();
    String labels = "{engine=\"0\",model_name=\"sim-model\"} ";
    assertThat(metrics.lines())
        .contains(
            "vllm:num_requests_running" + labels + "0.0",
            "vllm:num_requests_waiting" + labels + "0.0",
            "vllm:prompt_tokens_total" + labels + "200.0",
            "vllm:prompt_tokens_cached_total" + labels + "96.0",
            "vllm:prefix_cache_queries_total" + labels + "200.0",
            "vllm:prefix_cache_hits_total" + labels + "96.0",
            "vllm:generation_tokens_total" + labels + "8.0");
    assertThat(metrics)
        .contains("vllm:cache_config_info{block_size=\"16\"")
        .contains("num_gpu_blocks=\"100\"")
        .contains("vllm:kv_cache_usage_perc")
        .contains("process_start_time_seconds");
  }

  @Test
  void reset_warmCache_isColdAgain() throws IOException, InterruptedException {
    post(body(400, 4, false));
    engine.reset();
    JsonNode again = JSON.readTree(post(body(400, 4, false)).body());
    assertThat(again.at("/usage/prompt_tokens_details").isNull()).isTrue();
    assertThat(engine.report().requests()).hasSize(1);
  }

  @Test
  void fault_error_failsInferenceOnly() throws IOException, InterruptedException {
    engine.fault(new Fault.Failing(503));
    assertThat(post(body(40, 1, false)).statusCode()).isEqualTo(503);
    assertThat(get("/health").statusCode()).isEqualTo(200);
    engine.fault(Fault.NONE);
    assertThat(post(body(40, 1, false)).statusCode()).isEqualTo(200);
    assertThat(engine.report().faulted()).isEqualTo(1);
  }

  @Test
  void fault_dead_refusesConnectionsAndComesBackColdAtItsPort()
      throws IOException, InterruptedException {
    post(body(400, 4, false));
    engine.fault(new Fault.Dead());
    assertThatThrownBy(() -> get("/health")).isInstanceOf(ConnectException.class);
    engine.fault(Fault.NONE);
    JsonNode again = JSON.readTree(post(body(400, 4, false)).body());
    assertThat(again.at("/usage/prompt_tokens_details").isNull()).isTrue();
  }

  @Test
  void fault_deadInMidStream_losesTheRequest() throws IOException, InterruptedException {
    engine.fault(new Fault.Slow(1e6));
    HttpResponse<InputStream> response =
        client.send(request(body(400, 5, true)), HttpResponse.BodyHandlers.ofInputStream());
    engine.fault(new Fault.Dead());
    assertThatThrownBy(() -> response.body().readAllBytes()).isInstanceOf(IOException.class);
    Poll.until("recorded", TIMEOUT, () -> !engine.report().requests().isEmpty());
    assertThat(engine.report().requests().getFirst().outcome()).isEqualTo(Outcome.LOST);
    assertThat(engine.inFlight()).isZero();
  }

  @Test
  void fault_hanging_answersNothingUntilLifted() throws IOException, InterruptedException {
    engine.fault(new Fault.Hanging());
    var answer =
        client.sendAsync(request(body(40, 1, false)), HttpResponse.BodyHandlers.ofString());
    assertThatThrownBy(
            () ->
                client.send(
                    HttpRequest.newBuilder(uri("/health")).timeout(Duration.ofMillis(50)).build(),
                    HttpResponse.BodyHandlers.ofString()))
        .isInstanceOf(HttpTimeoutException.class);
    assertThat(answer).isNotDone();
    engine.fault(Fault.NONE);
    assertThat(answer.join().statusCode()).isEqualTo(200);
  }

  @Test
  void fault_cut_resetsTheStreamAfterSoManyTokens() throws IOException, InterruptedException {
    engine.fault(new Fault.Cut(3));
    HttpResponse<InputStream> response =
        client.send(request(body(400, 10, true)), HttpResponse.BodyHandlers.ofInputStream());
    var lines = new ArrayList<String>();
    try (var reader =
        new BufferedReader(new InputStreamReader(response.body(), StandardCharsets.UTF_8))) {
      assertThatThrownBy(
              () -> {
                for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                  lines.add(line);
                }
              })
          .isInstanceOf(IOException.class);
    }
    assertThat(lines).noneMatch(line -> line.contains("DONE"));
    assertThat(engine.report().requests().getFirst().outcome()).isEqualTo(Outcome.CUT);
    assertThat(engine.report().requests().getFirst().outputTokens()).isEqualTo(3);
  }

  @Test
  void complete_clientGoes_isAbortedAndLeaves() throws IOException, InterruptedException {
    engine.fault(new Fault.Slow(1e3)); // Prefill takes 0.1 s, decoding longer than the test.
    HttpResponse<InputStream> response =
        client.send(request(body(400, 1000, true)), HttpResponse.BodyHandlers.ofInputStream());
    response.body().close();
    Poll.until("recorded", TIMEOUT, () -> !engine.report().requests().isEmpty());
    assertThat(engine.report().requests().getFirst().outcome()).isEqualTo(Outcome.ABORTED);
    Poll.until("left", TIMEOUT, () -> engine.inFlight() == 0);
  }

  private static String body(int promptBytes, int outputTokens, boolean stream) {
    return """
    {"model":"sim-model","max_tokens":%d,"stream":%s,"stream_options":{"include_usage":true},\
    "messages":[{"role":"system","content":"%s"},{"role":"user","content":"%s"}]}\
    """
        .formatted(outputTokens, stream, "s".repeat(promptBytes / 2), "u".repeat(promptBytes / 2));
  }

  private HttpResponse<String> post(String body) throws IOException, InterruptedException {
    return client.send(request(body), HttpResponse.BodyHandlers.ofString());
  }

  private HttpRequest request(String body) {
    return HttpRequest.newBuilder(uri("/v1/chat/completions"))
        .version(HttpClient.Version.HTTP_1_1)
        .timeout(TIMEOUT)
        .header("x-request-id", "request-1")
        .POST(HttpRequest.BodyPublishers.ofString(body))
        .build();
  }

  private HttpResponse<String> get(String path) throws IOException, InterruptedException {
    return client.send(
        HttpRequest.newBuilder(uri(path)).version(HttpClient.Version.HTTP_1_1).build(),
        HttpResponse.BodyHandlers.ofString());
  }

  private URI uri(String path) {
    return URI.create("http://" + engine.address() + path);
  }
}

package dev.warmpath.e2e.provider;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Offset.offset;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.warmpath.e2e.http.Fault;
import dev.warmpath.e2e.http.HttpServer;
import dev.warmpath.e2e.provider.ProviderSettings.Account;
import io.netty.channel.EventLoopGroup;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class SimulatedAnthropicTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final long MINUTE = 60_000_000_000L;

  private final HttpClient client = HttpClient.newHttpClient();
  private final EventLoopGroup loops = HttpServer.loops("test", 1);
  private final AtomicLong cacheNanos = new AtomicLong();
  private final SimulatedAnthropic provider =
      SimulatedAnthropic.start(
          loops.next(),
          0,
          ProviderSettings.DEFAULTS
              .withSpeedup(1_000)
              .withAccounts(
                  new Account("a", "sk-a", "one"),
                  new Account("b", "sk-b", "one"),
                  new Account("c", "sk-c", "two")),
          cacheNanos::get);

  @AfterEach
  void close() {
    client.close();
    provider.close();
    HttpServer.close(loops);
  }

  @Test
  void messages_elevenTurns_billMatchesTheWorkedNumbers() throws IOException, InterruptedException {
    for (int turn = 0; turn < 11; turn++) {
      assertThat(
              post("sk-a", body(20_000, "%03d".formatted(turn) + "u".repeat(797), 5)).statusCode())
          .isEqualTo(200);
      cacheNanos.addAndGet(MINUTE);
    }
    ProviderReport report = provider.report();
    var bill = requireNonNull(report.bills().get("a"));
    assertThat(bill.requests()).isEqualTo(11);
    assertThat(bill.usage()).isEqualTo(new MessageUsage(50_000, 5_000, 0, 2_200, 55));
    assertThat(bill.usd()).isCloseTo(0.0219 + 55 * 10e-6, offset(1e-9));
    assertThat(report.requests().getFirst().markers()).containsExactly("system.0 5m");
  }

  @Test
  void messages_stream_hasTheEventsInOrderAndUsageAtBothEnds()
      throws IOException, InterruptedException {
    HttpResponse<String> response = post("sk-a", streamed(body(20_000, "hello", 3)));
    assertThat(response.headers().firstValue("content-type").orElseThrow())
        .startsWith("text/event-stream");
    List<String> lines = response.body().lines().toList();
    assertThat(
            lines.stream()
                .filter(line -> line.startsWith("event: "))
                .map(line -> line.substring(7)))
        .containsExactly(
            "message_start",
            "content_block_start",
            "ping",
            "content_block_delta",
            "content_block_delta",
            "content_block_delta",
            "content_block_stop",
            "message_delta",
            "message_stop");
    List<String> data =
        lines.stream()
            .filter(line -> line.startsWith("data: "))
            .map(line -> line.substring(6))
            .toList();
    JsonNode start = JSON.readTree(data.getFirst()).at("/message/usage");
    assertThat(start.path("cache_creation_input_tokens").asInt()).isEqualTo(5_000);
    assertThat(start.at("/cache_creation/ephemeral_5m_input_tokens").asInt()).isEqualTo(5_000);
    assertThat(start.path("input_tokens").asInt()).isEqualTo(2);
    JsonNode delta = JSON.readTree(data.get(7)).path("usage");
    assertThat(delta.path("output_tokens").asInt()).isEqualTo(3);
    assertThat(delta.path("cache_creation_input_tokens").asInt()).isEqualTo(5_000);
    assertThat(delta.has("cache_creation")).isFalse();
  }

  @Test
  void messages_isolation_isPerWorkspaceNotPerKey() throws IOException, InterruptedException {
    post("sk-a", body(20_000, "hello", 1));
    post("sk-b", body(20_000, "hello", 1));
    post("sk-c", body(20_000, "hello", 1));
    assertThat(provider.report().requests())
        .extracting(record -> record.usage().read())
        .containsExactly(0L, 5_000L, 0L);
  }

  @Test
  void messages_withoutKeyVersionOrModel_isRefused() throws IOException, InterruptedException {
    assertThat(post("", body(4, "hello", 1)).statusCode()).isEqualTo(401);
    assertThat(post("sk-wrong", body(4, "hello", 1)).statusCode()).isEqualTo(401);
    HttpResponse<String> unknown =
        post("sk-a", body(4, "hello", 1).replace("sonnet-5-5", "sonnet-1"));
    assertThat(unknown.statusCode()).isEqualTo(404);
    assertThat(JSON.readTree(unknown.body()).at("/error/type").asText())
        .isEqualTo("not_found_error");
    assertThat(
            client
                .send(
                    HttpRequest.newBuilder(uri("/v1/messages"))
                        .header("x-api-key", "sk-a")
                        .POST(HttpRequest.BodyPublishers.ofString("{}"))
                        .build(),
                    HttpResponse.BodyHandlers.ofString())
                .body())
        .contains("anthropic-version");
    assertThat(provider.report().rejected()).isEqualTo(4);
    assertThat(provider.report().bills()).isEmpty();
  }

  @Test
  void messages_reservedHeader_isRefusedAndCounted() throws IOException, InterruptedException {
    HttpResponse<String> response =
        client.send(
            HttpRequest.newBuilder(request("sk-a", body(4, "hello", 1)), (_, _) -> true)
                .header("x-warmpath-model", "m")
                .build(),
            HttpResponse.BodyHandlers.ofString());
    assertThat(response.statusCode()).isEqualTo(400);
    assertThat(provider.report().reservedHeaders()).isEqualTo(1);
  }

  @Test
  void fault_overloaded_answers529WithRetryAfter() throws IOException, InterruptedException {
    provider.fault(new Fault.Failing(529));
    HttpResponse<String> response = post("sk-a", body(4, "hello", 1));
    assertThat(response.statusCode()).isEqualTo(529);
    assertThat(response.headers().firstValue("retry-after")).contains("1");
    assertThat(response.body()).contains("overloaded_error");
    assertThat(provider.report().faulted()).isEqualTo(1);
  }

  @Test
  void messages_maxTokensZero_fillsTheCacheOnly() throws IOException, InterruptedException {
    JsonNode answer = JSON.readTree(post("sk-a", body(20_000, "hello", 0)).body());
    assertThat(answer.at("/usage/cache_creation_input_tokens").asInt()).isEqualTo(5_000);
    assertThat(answer.path("content")).isEmpty();
    JsonNode next = JSON.readTree(post("sk-a", body(20_000, "hello", 1)).body());
    assertThat(next.at("/usage/cache_read_input_tokens").asInt()).isEqualTo(5_000);
  }

  @Test
  void countTokens_countsAllInput() throws IOException, InterruptedException {
    HttpResponse<String> response =
        client.send(
            request("/v1/messages/count_tokens", "sk-a", body(20_000, "hello", 1)),
            HttpResponse.BodyHandlers.ofString());
    assertThat(JSON.readTree(response.body()).path("input_tokens").asInt()).isEqualTo(5_002);
  }

  private static String body(int systemBytes, String user, int maxTokens) {
    return """
    {"model":"claude-sonnet-5-5","max_tokens":%d,"system":[{"type":"text","text":"%s",\
    "cache_control":{"type":"ephemeral"}}],"messages":[{"role":"user","content":"%s"}]}\
    """
        .formatted(maxTokens, "s".repeat(systemBytes), user);
  }

  private static String streamed(String body) {
    return body.replaceFirst("\\{", "{\"stream\":true,");
  }

  private HttpResponse<String> post(String key, String body)
      throws IOException, InterruptedException {
    return client.send(request(key, body), HttpResponse.BodyHandlers.ofString());
  }

  private HttpRequest request(String key, String body) {
    return request("/v1/messages", key, body);
  }

  private HttpRequest request(String path, String key, String body) {
    var builder =
        HttpRequest.newBuilder(uri(path))
            .version(HttpClient.Version.HTTP_1_1)
            .timeout(Duration.ofSeconds(20))
            .header("anthropic-version", "2023-06-01")
            .POST(HttpRequest.BodyPublishers.ofString(body));
    if (!key.isEmpty()) {
      builder.header("x-api-key", key);
    }
    return builder.build();
  }

  private URI uri(String path) {
    return URI.create("http://" + provider.address() + path);
  }
}

package dev.warmpath.e2e.provider;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.groups.Tuple.tuple;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.warmpath.e2e.http.HttpServer;
import dev.warmpath.e2e.provider.ProviderRules.Kind;
import io.netty.channel.EventLoopGroup;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class SimulatedApisTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Instant NOW = Instant.parse("2026-11-21T10:00:00Z");
  private static final String TARGET = "/model/anthropic.claude-opus-5-5-v1%3A0/converse";

  private final HttpClient client = HttpClient.newHttpClient();
  private final EventLoopGroup loops = HttpServer.loops("test", 1);
  private final SimulatedApis apis =
      SimulatedApis.start(
          loops.next(),
          ProviderAccess.DEFAULTS,
          InstantSource.fixed(NOW),
          Kind.BEDROCK_CONVERSE,
          Kind.OPENAI_CHAT,
          Kind.MISTRAL);

  @AfterEach
  void close() {
    client.close();
    apis.close();
    HttpServer.close(loops);
  }

  @Test
  void converse_signedAsReceived_isAnsweredWithWhatWasWritten()
      throws IOException, InterruptedException {
    String body = body("");
    HttpResponse<String> response = post(TARGET, signed(body), body);
    assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
    JsonNode usage = JSON.readTree(response.body()).path("usage");
    assertThat(usage.path("cacheWriteInputTokens").asInt()).isEqualTo(2_000);
    assertThat(usage.at("/cacheDetails/0/ttl").asText()).isEqualTo("1h");
    usage = JSON.readTree(post(TARGET, signed(body), body).body()).path("usage");
    assertThat(usage.path("cacheReadInputTokens").asInt()).isEqualTo(2_000);
    assertThat(apis.served())
        .extracting(SimulatedApis.Served::markers, served -> served.counts().cached())
        .containsExactly(tuple(1, 0), tuple(1, 2_000));
  }

  @Test
  void converse_changedOnTheWay_isRefusedInAmazonsForm() throws IOException, InterruptedException {
    HttpResponse<String> response = post(TARGET, signed(body("")), body("!"));
    assertThat(response.statusCode()).isEqualTo(403);
    assertThat(response.headers().firstValue("x-amzn-errortype"))
        .contains("InvalidSignatureException");
    assertThat(JSON.readTree(response.body()).path("message").asText())
        .startsWith("The request signature we calculated does not match");
    assertThat(apis.rejections()).hasSize(1);
    assertThat(apis.served()).isEmpty();
  }

  @Test
  void chat_streamOfABreakpointModel_tellsWhatWasWritten()
      throws IOException, InterruptedException {
    String body =
        "{\"model\":\"gpt-6-sol\",\"max_tokens\":2,\"stream\":true,\"stream_options\":{\"include_usage\":true},"
            + "\"messages\":[{\"role\":\"user\",\"content\":\"%s\"}]}".formatted("s".repeat(8_000));
    HttpResponse<String> response =
        post("/v1/chat/completions", Map.of("authorization", "Bearer sk-sim-north"), body);
    assertThat(response.body())
        .contains("\"cache_write_tokens\":2000")
        .endsWith("data: [DONE]\n\n");
  }

  private static String body(String more) {
    return "{\"system\":[{\"text\":\"%s\"},{\"cachePoint\":{\"type\":\"default\",\"ttl\":\"1h\"}}],"
            .formatted("s".repeat(8_000))
        + "\"messages\":[{\"role\":\"user\",\"content\":[{\"text\":\"hello"
        + more
        + "\"}]}]}";
  }

  private Map<String, String> signed(String body) {
    return AwsSignature.sign(
        new AwsSignature.Request("POST", TARGET, Map.of("host", apis.address())),
        body.getBytes(StandardCharsets.UTF_8),
        ProviderAccess.DEFAULTS.accounts().getFirst(),
        new AwsSignature.Scope("us-east-1", "bedrock"),
        NOW);
  }

  private HttpResponse<String> post(String target, Map<String, String> headers, String body)
      throws IOException, InterruptedException {
    var request =
        HttpRequest.newBuilder(URI.create("http://" + apis.address() + target))
            .version(HttpClient.Version.HTTP_1_1)
            .timeout(Duration.ofSeconds(20))
            .POST(HttpRequest.BodyPublishers.ofString(body));
    headers.forEach(
        (name, value) -> {
          if (!name.equals("host")) { // The client sets it, to the same.
            request.header(name, value);
          }
        });
    return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
  }
}

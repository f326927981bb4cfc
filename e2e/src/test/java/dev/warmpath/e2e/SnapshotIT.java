package dev.warmpath.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmpath.config.v1.Config;
import dev.warmpath.controlplane.snapshot.Snapshot;
import dev.warmpath.controlplane.snapshot.XdsType;
import dev.warmpath.e2e.ControlPlaneHarness.Event;
import dev.warmpath.e2e.envoy.EnvoyProcess;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What a snapshot makes a real Envoy do with traffic while no ext_proc service is there: the
 * fallback alone. One Envoy serves all tests of the class; each has a route of its own.
 */
class SnapshotIT {
  private static final Duration TIMEOUT = Duration.ofSeconds(20);
  private static final int MAX_BODY_BYTES = 65_536;

  @TempDir static Path folder;

  private static final Upstream one = new Upstream();
  private static final Upstream two = new Upstream();
  private static final Upstream three = new Upstream();
  private static final Upstream provider = new Upstream();
  private static final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private static final ControlPlaneHarness controlPlane = new ControlPlaneHarness();
  private static EnvoyProcess envoy;
  private static String base;

  @BeforeAll
  static void start() throws IOException {
    Path credential = Files.writeString(folder.resolve("credential"), "our-secret\n");
    Config config =
        ControlPlaneHarness.config(
            """
            envoy:
              listener_address: 127.0.0.1:0
              ext_proc_addresses: ["127.0.0.1:9"]
              max_body_bytes: %d
              stream_idle_timeout: 10s
            tenant:
              authenticated_header: x-tenant
            pools:
            %s
            - name: drained
              endpoints:
              - address: %s
              - address: %s
                drain: true
            providers:
            - name: account
              address: %s
              api: anthropic_messages
              plaintext: true
              credential_file: %s
            - name: passing
              address: %s
              api: openai_chat
              plaintext: true
            - name: unready
              address: %s
              api: openai_chat
              plaintext: true
              credential_file: %s/nowhere
            routes:
            - id: account
              path_prefix: /account
              provider: account
            - id: passing
              path_prefix: /passing
              provider: passing
            - id: unready
              path_prefix: /unready
              provider: unready
            - id: drained
              path_prefix: /drained
              pool: drained
            - id: error
              path_prefix: /error
              pool: error
            - id: cut
              path_prefix: /cut
              pool: cut
            - id: hang
              path_prefix: /hang
              pool: hang
            - id: status
              path_prefix: /status
              pool: status
            - id: only
              path_prefix: /only
              headers: {x-only: "yes"}
              pool: llama
            - id: chat
              path_prefix: /chat
              pool: llama
            """
                .formatted(
                    MAX_BODY_BYTES,
                    // Ejection belongs to a pool: what one test does to one concerns no other.
                    pools("llama", "error", "cut", "hang", "status").strip(),
                    one.address(),
                    two.address(),
                    provider.address(),
                    credential,
                    provider.address(),
                    provider.address(),
                    folder));
    Snapshot snapshot = ControlPlaneHarness.snapshot(config);
    controlPlane.publish(snapshot);
    envoy = controlPlane.startEnvoy();
    controlPlane.await(new Event.Acked(XdsType.ROUTE, snapshot.version(XdsType.ROUTE)));
    base = "http://127.0.0.1:" + envoy.admin().listenerPort("warmpath");
  }

  private static String pools(String... names) {
    var yaml = new StringBuilder();
    for (String name : names) {
      yaml.append(
          """
          - name: %s
            per_try_idle_timeout: %s
            endpoints:
            - address: %s
              id: one
            - address: %s
              id: two
            - address: %s
              id: three
          """
              .formatted(
                  name,
                  name.equals("hang") ? "300ms" : "30s",
                  one.address(),
                  two.address(),
                  three.address()));
    }
    return yaml.toString();
  }

  @AfterAll
  static void stop() {
    client.close();
    envoy.close();
    controlPlane.close();
    for (Upstream upstream : new Upstream[] {one, two, three, provider}) {
      upstream.close();
    }
  }

  @BeforeEach
  @AfterEach
  void reset() {
    for (Upstream upstream : new Upstream[] {one, two, three, provider}) {
      upstream.reset();
    }
  }

  @Test
  void headers_reservedOrForged_reachNobody() throws Exception {
    HttpResponse<String> response =
        send(
            post("/chat", "hello")
                .header("x-warmpath-key-root", "0011223344556677")
                .header("X-Warmpath-Anything", "1")
                .header("x-gateway-destination-endpoint", "127.0.0.1:1")
                .header("x-tenant", "somebody")
                .header("x-envoy-max-retries", "7")
                .header("accept-encoding", "gzip"));

    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(served().headers())
        .containsKey("x-request-id")
        .doesNotContainKeys("x-tenant", "accept-encoding")
        .allSatisfy(
            (name, _) ->
                assertThat(name)
                    .doesNotStartWith("x-warmpath-")
                    .doesNotStartWith("x-gateway-")
                    .doesNotStartWith("x-envoy-"));
  }

  @Test
  void headers_forgedKey_doesNotChooseTheEndpoint() throws Exception {
    var servers = new HashSet<String>();
    for (int i = 0; i < 60; i++) {
      servers.add(send(post("/chat", "x").header("x-warmpath-key-conversation", "1")).body());
    }

    assertThat(servers).hasSize(3);
  }

  @Test
  void hash_session_staysAndSessionsSpread() throws Exception {
    var servers = new HashMap<String, Integer>();
    for (int session = 0; session < 60; session++) {
      String name = "session-" + session;
      String server = send(post("/chat", "x").header("x-session-id", name)).body();
      for (int i = 0; i < 3; i++) {
        assertThat(send(post("/chat", "x").header("x-session-id", name)).body()).isEqualTo(server);
      }
      servers.merge(server, 1, Integer::sum);
    }

    assertThat(servers).hasSize(3);
    assertThat(servers.values()).allSatisfy(count -> assertThat(count).isGreaterThan(5));
  }

  @Test
  void health_drainingEndpoint_takesNothing() throws Exception {
    for (int i = 0; i < 20; i++) {
      assertThat(send(post("/drained", "x")).body()).isEqualTo(one.address());
    }
  }

  @Test
  void match_headerDiffers_routeIsNotTaken() throws Exception {
    assertThat(send(post("/only", "x")).statusCode()).isEqualTo(404);
    assertThat(send(post("/only", "x").header("x-only", "yes")).statusCode()).isEqualTo(200);
  }

  @Test
  void body_anySize_passesUntouched() throws Exception {
    for (int length :
        new int[] {0, 1, MAX_BODY_BYTES - 1, MAX_BODY_BYTES, MAX_BODY_BYTES + 1, 10 << 20}) {
      String body = "b".repeat(length);
      reset();
      assertThat(send(post("/chat", body)).statusCode()).as("length " + length).isEqualTo(200);
      assertThat(served().body()).isEqualTo(body);

      reset();
      HttpRequest.Builder chunked =
          request("/chat")
              .POST(BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(bytes(body))));
      assertThat(send(chunked).statusCode()).as("chunked, length " + length).isEqualTo(200);
      assertThat(served().body()).isEqualTo(body);
    }
  }

  @Test
  void retry_gatewayErrorOfAnEngine_goesToAnother() throws Exception {
    one.answering(exchange -> Upstream.answer(exchange, 503, "overloaded"));

    for (int i = 0; i < 30; i++) {
      assertThat(send(post("/error", "x")).statusCode()).isEqualTo(200);
    }
    assertThat(one.seen()).isNotEmpty();
  }

  @Test
  void retry_engineThatCutsTheConnection_goesToAnother() throws Exception {
    one.answering(exchange -> exchange.close());

    for (int i = 0; i < 30; i++) {
      assertThat(send(post("/cut", "x")).statusCode()).isEqualTo(200);
    }
    assertThat(one.seen()).isNotEmpty();
  }

  @Test
  void retry_engineThatSaysNothing_goesToAnotherInTime() throws Exception {
    String session = sessionOf("/hang", one);
    var release = new CountDownLatch(1);
    one.answering(
        exchange -> {
          awaitUninterrupted(release);
          exchange.close();
        });

    long start = System.nanoTime();
    HttpResponse<String> response = send(post("/hang", "x").header("x-session-id", session));
    Duration took = Duration.ofNanos(System.nanoTime() - start);
    release.countDown();

    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(response.body()).isNotEqualTo(one.address());
    assertThat(took).isBetween(Duration.ofMillis(250), Duration.ofSeconds(5));
  }

  @Test
  void retry_engine500_isTheAnswer() throws Exception {
    for (Upstream engine : new Upstream[] {one, two, three}) {
      engine.answering(exchange -> Upstream.answer(exchange, 500, "no"));
    }

    assertThat(send(post("/status", "x")).statusCode()).isEqualTo(500);
    assertThat(one.seen().size() + two.seen().size() + three.seen().size()).isEqualTo(1);
  }

  @Test
  void provider_credential_isOursAndTheClientsIsGone() throws Exception {
    HttpResponse<String> response =
        send(
            post("/account/v1", "hello")
                .header("x-api-key", "the-client's")
                .header("authorization", "Bearer the-client's")
                .header("x-warmpath-key-root", "1"));

    assertThat(response.statusCode()).isEqualTo(200);
    Upstream.Seen seen = provider.seen().getFirst();
    assertThat(seen.path()).isEqualTo("/account/v1");
    assertThat(seen.headers())
        .containsEntry("x-api-key", "our-secret")
        .containsEntry("host", provider.address())
        .doesNotContainKeys("authorization", "x-forwarded-for", "x-forwarded-proto")
        .allSatisfy((name, _) -> assertThat(name).doesNotStartWith("x-warmpath-"));
  }

  @Test
  void provider_withoutCredential_passesTheClientsOn() throws Exception {
    send(post("/passing", "hello").header("authorization", "Bearer the-client's"));

    assertThat(provider.seen().getFirst().headers())
        .containsEntry("authorization", "Bearer the-client's");
  }

  @Test
  void provider_credentialFileMissing_nothingLeaves() throws Exception {
    HttpResponse<String> response =
        send(post("/unready", "hello").header("authorization", "Bearer the-client's"));

    assertThat(response.statusCode()).isEqualTo(401);
    assertThat(provider.seen()).isEmpty();
  }

  @Test
  void provider_tooManyRequests_isTriedAgainAfterRetryAfter() throws Exception {
    var attempts = new AtomicInteger();
    provider.answering(
        exchange -> {
          boolean first = attempts.incrementAndGet() == 1;
          exchange.getResponseHeaders().set("retry-after", "1");
          Upstream.answer(exchange, first ? 429 : 200, "answer");
        });

    long start = System.nanoTime();
    HttpResponse<String> response = send(post("/account", "hello"));
    Duration took = Duration.ofNanos(System.nanoTime() - start);

    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(attempts.get()).isEqualTo(2);
    assertThat(took).isGreaterThanOrEqualTo(Duration.ofMillis(950));
  }

  @Test
  void provider_failureThatMayHaveBeenBilled_isNotRepeated() throws Exception {
    for (int status : new int[] {500, 502, 503, 504}) {
      reset();
      provider.answering(exchange -> Upstream.answer(exchange, status, "no"));
      assertThat(send(post("/account", "hello")).statusCode()).isEqualTo(status);
      assertThat(provider.seen()).hasSize(1);
    }
    reset();
    provider.answering(exchange -> exchange.close());
    assertThat(send(post("/account", "hello")).statusCode()).isEqualTo(503);
    assertThat(provider.seen()).hasSize(1);
  }

  @Test
  void body_overTheLimitAndRefused_gets413() throws Exception {
    Config config =
        ControlPlaneHarness.config(
            """
            envoy:
              listener_address: 127.0.0.1:0
              ext_proc_addresses: ["127.0.0.1:9"]
              max_body_bytes: %d
              oversize: refuse
            pools:
            - name: llama
              endpoints:
              - address: %s
            routes:
            - id: chat
              pool: llama
            """
                .formatted(MAX_BODY_BYTES, one.address()));
    try (var other = new ControlPlaneHarness()) {
      other.publish(ControlPlaneHarness.snapshot(config));
      try (EnvoyProcess refusing = other.startEnvoy()) {
        URI uri = URI.create("http://127.0.0.1:" + refusing.admin().listenerPort("warmpath"));
        byte[] over = bytes("b".repeat(MAX_BODY_BYTES + 1));

        HttpResponse<String> refused =
            send(HttpRequest.newBuilder(uri).POST(BodyPublishers.ofByteArray(over)));
        assertThat(refused.statusCode()).isEqualTo(413);
        assertThat(refused.headers().firstValue("content-type")).contains("application/json");
        assertThat(refused.body()).contains("larger than 65536 bytes");

        HttpResponse<String> chunked =
            send(
                HttpRequest.newBuilder(uri)
                    .POST(BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(over))));
        assertThat(chunked.statusCode()).isEqualTo(413);
        assertThat(one.seen()).isEmpty();

        byte[] within = bytes("b".repeat(MAX_BODY_BYTES));
        assertThat(
                send(HttpRequest.newBuilder(uri).POST(BodyPublishers.ofByteArray(within)))
                    .statusCode())
            .isEqualTo(200);
      }
    }
  }

  @Test
  void tls_listenerAndProviders_areVerified() throws Exception {
    Certificate certificate = Certificate.selfSigned(folder, "good", "dns:localhost,ip:127.0.0.1");
    Certificate strangers = Certificate.selfSigned(folder, "stranger", "dns:elsewhere.example");
    try (Upstream good = Upstream.tls(certificate.context());
        Upstream stranger = Upstream.tls(strangers.context());
        var other = new ControlPlaneHarness();
        var tlsClient = HttpClient.newBuilder().sslContext(certificate.context()).build()) {
      String port = good.address().substring(good.address().indexOf(':'));
      String strangersPort = stranger.address().substring(stranger.address().indexOf(':'));
      Config config =
          ControlPlaneHarness.config(
              """
              envoy:
                listener_address: 127.0.0.1:0
                listener_tls:
                  certificate_file: %s
                  private_key_file: %s
                ext_proc_addresses: ["127.0.0.1:9"]
              providers:
              - name: by-name
                address: localhost%s
                api: openai_chat
                trusted_ca_file: %s
              - name: by-ip
                address: 127.0.0.1%s
                api: openai_chat
                trusted_ca_file: %s
              - name: wrong-name
                address: localhost%s
                api: openai_chat
                trusted_ca_file: %s
              - name: wrong-authority
                address: localhost%s
                api: openai_chat
                trusted_ca_file: %s
              routes:
              - {id: by-name, path_prefix: /by-name, provider: by-name}
              - {id: by-ip, path_prefix: /by-ip, provider: by-ip}
              - {id: wrong-name, path_prefix: /wrong-name, provider: wrong-name}
              - {id: wrong-authority, path_prefix: /wrong-authority, provider: wrong-authority}
              """
                  .formatted(
                      certificate.chain(),
                      certificate.key(),
                      port,
                      certificate.chain(),
                      port,
                      certificate.chain(),
                      strangersPort,
                      strangers.chain(),
                      port,
                      strangers.chain()));
      other.publish(ControlPlaneHarness.snapshot(config));
      try (EnvoyProcess secured = other.startEnvoy()) {
        String https = "https://localhost:" + secured.admin().listenerPort("warmpath");
        Map<String, Integer> statuses = new HashMap<>();
        for (String path : new String[] {"by-name", "by-ip", "wrong-name", "wrong-authority"}) {
          HttpRequest request = HttpRequest.newBuilder(URI.create(https + "/" + path)).build();
          statuses.put(path, tlsClient.send(request, BodyHandlers.discarding()).statusCode());
        }

        assertThat(statuses)
            .containsEntry("by-name", 200)
            .containsEntry("by-ip", 200)
            .containsEntry("wrong-name", 503)
            .containsEntry("wrong-authority", 503);
        assertThat(stranger.seen()).isEmpty();
      }
    }
  }

  /** A session that the hash sends to an endpoint. */
  private static String sessionOf(String path, Upstream wanted) throws Exception {
    wanted.reset();
    Map<String, String> tried = new HashMap<>();
    for (int i = 0; i < 200; i++) {
      String session = "s" + i;
      String server = send(post(path, "x").header("x-session-id", session)).body();
      tried.put(session, server);
      if (server.equals(wanted.address())) {
        return session;
      }
    }
    throw new AssertionError("no session for " + wanted.address() + " in " + tried);
  }

  /** The one request that reached an engine. */
  private static Upstream.Seen served() {
    for (Upstream engine : new Upstream[] {one, two, three}) {
      if (!engine.seen().isEmpty()) {
        return engine.seen().getFirst();
      }
    }
    throw new AssertionError("no engine was reached");
  }

  private static HttpRequest.Builder post(String path, String body) {
    return request(path).POST(BodyPublishers.ofByteArray(bytes(body)));
  }

  private static HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create(base + path)).timeout(TIMEOUT);
  }

  private static byte[] bytes(String body) {
    return body.getBytes(StandardCharsets.ISO_8859_1);
  }

  private static HttpResponse<String> send(HttpRequest.Builder request)
      throws IOException, InterruptedException {
    return client.send(request.build(), BodyHandlers.ofString());
  }

  private static void awaitUninterrupted(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }
}

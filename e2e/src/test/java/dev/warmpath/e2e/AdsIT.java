package dev.warmpath.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.protobuf.Any;
import dev.warmpath.config.v1.Config;
import dev.warmpath.controlplane.snapshot.Decisions;
import dev.warmpath.controlplane.snapshot.HashKey;
import dev.warmpath.controlplane.snapshot.Health;
import dev.warmpath.controlplane.snapshot.Resources;
import dev.warmpath.controlplane.snapshot.Snapshot;
import dev.warmpath.controlplane.snapshot.SnapshotBuilder;
import dev.warmpath.controlplane.snapshot.XdsType;
import dev.warmpath.e2e.ControlPlaneHarness.Event;
import dev.warmpath.e2e.envoy.EnvoyProcess;
import dev.warmpath.e2e.envoy.Poll;
import io.envoyproxy.envoy.config.listener.v3.Listener;
import io.envoyproxy.envoy.service.ext_proc.v3.ExternalProcessorGrpc;
import io.envoyproxy.envoy.service.ext_proc.v3.ProcessingRequest;
import io.envoyproxy.envoy.service.ext_proc.v3.ProcessingResponse;
import io.grpc.Server;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.protobuf.services.HealthStatusManager;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a real Envoy makes of what discovery sends, and when. */
class AdsIT {
  private static final Duration TIMEOUT = Duration.ofSeconds(20);

  /** Of an ext_proc service that isn't there. */
  private static final String UNANSWERED = "  ext_proc_addresses: [\"127.0.0.1:9\"]\n";

  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final ControlPlaneHarness controlPlane = new ControlPlaneHarness();
  private final Upstream llama = new Upstream();
  private final Upstream qwen = new Upstream();

  @AfterEach
  void stop() {
    client.close();
    llama.close();
    qwen.close();
    controlPlane.close();
  }

  private Config onePool() {
    return config(
        """
        pools:
        - name: llama
          endpoints:
          - address: %s
            id: a
          - address: %s
            id: b
        routes:
        - id: chat
          pool: llama
        """
            .formatted(llama.address(), qwen.address()));
  }

  private static Config config(String rest) {
    return ControlPlaneHarness.config(
        """
        envoy:
          listener_address: 127.0.0.1:0
        """
            + UNANSWERED
            + rest);
  }

  @Test
  void start_everyKindOfResource_isTakenWithoutAWarning(@TempDir Path folder) throws Exception {
    Path credential = Files.writeString(folder.resolve("credential"), "secret");
    Config config =
        ControlPlaneHarness.config(
            """
            envoy:
              listener_address: 127.0.0.1:0
              ext_proc_addresses: ["127.0.0.1:9", "unix:%s/sock"]
              access_log_file: %s/access.log
              oversize: refuse
            secrets:
              index_secret_file: %s/index
              export_secret_file: %s/export
            tenant:
              authenticated_header: x-tenant
            pools:
            - name: llama
              endpoints:
              - address: %s
                weight: 300
              - address: %s
                drain: true
            - name: loner
              endpoints:
              - address: 127.0.0.1:9
            providers:
            - name: claude
              address: localhost:9
              api: anthropic_messages
              credential_file: %s
            - name: local
              address: 127.0.0.1:9
              api: openai_chat
              plaintext: true
            routes:
            - id: claude
              path_prefix: /v1/messages
              headers: {x-lane: provider}
              provider: claude
            - id: local
              path_prefix: /local
              provider: local
            - id: loner
              path_prefix: /loner
              pool: loner
              hash_key: none
            - id: chat
              pool: llama
            """
                .formatted(
                    folder, folder, folder, folder, llama.address(), qwen.address(), credential));
    Snapshot snapshot = ControlPlaneHarness.snapshot(config);
    controlPlane.publish(snapshot);

    try (EnvoyProcess envoy = controlPlane.startEnvoy()) {
      for (XdsType type : XdsType.values()) {
        controlPlane.await(new Event.Acked(type, snapshot.version(type)));
      }
      assertThat(controlPlane.events()).noneMatch(event -> event instanceof Event.Nacked);
      assertThat(envoy.warnings()).isEmpty();
      assertThat(envoy.log()).noneMatch(line -> line.contains("[warning]"));
      // Nothing that Envoy did not know, which it would only count.
      assertThat(envoy.admin().stats())
          .allSatisfy(
              (name, value) -> {
                if (name.contains("unknown_fields") || name.contains("deprecated_feature_use")) {
                  assertThat(value).as(name).isZero();
                }
              });
      JsonNode dump = envoy.admin().configDump();
      assertThat(dump.findValuesAsText("request_body_buffer_limit")).isNotEmpty();
      assertThat(dump.findValues("remove_on_match")).isNotEmpty();
      assertThat(dump.toString())
          .contains("override_host.v3.OverrideHost", "table_size", "credential_injector")
          .doesNotContain("\"secret\":{\"inline");
      assertThat(get(envoy, "/chat").statusCode()).isEqualTo(200);
      Poll.until(
          "an entry in the access log",
          TIMEOUT,
          () -> read(folder.resolve("access.log")).contains("\"route\":\"chat/chunked\""));
    }
  }

  @Test
  void restart_equalContent_envoyIsSentNothing() throws Exception {
    Config config = onePool();
    Decisions learned =
        Decisions.of(config).withWeight("llama", "a", 1700).withHashKey("chat", HashKey.ROOT);
    Snapshot snapshot = SnapshotBuilder.build(config, learned);
    controlPlane.publish(snapshot);
    try (EnvoyProcess envoy = controlPlane.startEnvoy()) {
      controlPlane.await(new Event.Acked(XdsType.ROUTE, snapshot.version(XdsType.ROUTE)));
      var before = new TreeMap<>(envoy.admin().stats());

      controlPlane.stop();
      controlPlane.startAgain(SnapshotBuilder.build(config, learned));
      controlPlane.await(new Event.Connected());
      // The next push shows that the stream is up; what came before it on the stream would count.
      Snapshot next = SnapshotBuilder.build(config, learned.withWeight("llama", "a", 1800));
      controlPlane.publishAndAwait(next, XdsType.ENDPOINT);

      var after = envoy.admin().stats();
      for (String counter :
          new String[] {
            "cluster_manager.cds.update_success",
            "cluster_manager.cluster_modified",
            "cluster_manager.cluster_removed",
            "listener_manager.lds.update_success",
            "listener_manager.listener_modified",
            "listener_manager.total_listeners_draining",
            "http.warmpath.rds.warmpath.update_success",
            "http.warmpath.rds.warmpath.config_reload",
          }) {
        assertThat(after.get(counter)).as(counter).isNotNull().isEqualTo(before.get(counter));
      }
      assertThat(after.get("cluster.llama.update_success"))
          .isEqualTo(before.getOrDefault("cluster.llama.update_success", 0L) + 1);
      assertThat(controlPlane.events())
          .filteredOn(event -> event instanceof Event.Acked)
          .containsExactly(new Event.Acked(XdsType.ENDPOINT, next.version(XdsType.ENDPOINT)));
      assertThat(get(envoy, "/chat").statusCode()).isEqualTo(200);
    }
  }

  @Test
  void publish_brokenListener_isRefusedOnceAndTheOldServes() throws Exception {
    Config config = onePool();
    Snapshot good = ControlPlaneHarness.snapshot(config);
    controlPlane.publish(good);
    try (EnvoyProcess envoy = controlPlane.startEnvoy()) {
      controlPlane.await(new Event.Acked(XdsType.ROUTE, good.version(XdsType.ROUTE)));

      var listeners = new TreeMap<String, Any>();
      listeners.put("warmpath", Any.pack(Listener.newBuilder().setName("warmpath").build()));
      var broken = new EnumMap<XdsType, Resources>(good.resources());
      broken.put(XdsType.LISTENER, Resources.of(listeners));
      controlPlane.publish(new Snapshot(broken));
      controlPlane.awaitNack(XdsType.LISTENER);
      assertThat(get(envoy, "/chat").statusCode()).isEqualTo(200);

      Snapshot next =
          SnapshotBuilder.build(
              config, Decisions.of(config).withHealth("llama", "a", Health.UNHEALTHY));
      controlPlane.publishAndAwait(next, XdsType.ENDPOINT);
      controlPlane.await(new Event.Acked(XdsType.LISTENER, next.version(XdsType.LISTENER)));
      assertThat(controlPlane.events())
          .filteredOn(event -> event instanceof Event.Nacked)
          .hasSize(1);
      assertThat(envoy.admin().stat("listener_manager.lds.update_rejected")).isEqualTo(1);
    }
  }

  @Test
  void publish_poolReplacedUnderLoad_noRequestFails() throws Exception {
    Snapshot first = ControlPlaneHarness.snapshot(replaceable(UNANSWERED, "llama", llama));
    Snapshot second = ControlPlaneHarness.snapshot(replaceable(UNANSWERED, "qwen", qwen));
    controlPlane.publish(first);
    try (EnvoyProcess envoy = controlPlane.startEnvoy();
        var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      controlPlane.await(new Event.Acked(XdsType.ROUTE, first.version(XdsType.ROUTE)));
      URI uri = uri(envoy, "/chat");
      var stop = new AtomicBoolean();
      var answered = new AtomicInteger();
      Future<?> load =
          threads.submit(
              () -> {
                while (!stop.get()) {
                  HttpResponse<String> response = get(uri);
                  assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
                  answered.incrementAndGet();
                }
                return null;
              });

      for (int i = 0; i < 3; i++) {
        Snapshot next = i % 2 == 0 ? second : first;
        controlPlane.publishAndAwait(next, XdsType.ROUTE, XdsType.CLUSTER);
        int before = answered.get();
        Poll.until(
            "answers on the new pool",
            TIMEOUT,
            () -> load.isDone() || answered.get() >= before + 20);
      }
      stop.set(true);
      load.get();

      assertThat(llama.seen()).isNotEmpty();
      assertThat(qwen.seen()).isNotEmpty();
      assertThat(controlPlane.events()).noneMatch(event -> event instanceof Event.Nacked);
    }
  }

  @Test
  void publish_poolReplacedWhileARequestWaitsForExtProc_itIsAnswered() throws Exception {
    Server silent = silentExtProcService();
    try {
      String slow =
          "  message_timeout: 1s\n  ext_proc_addresses: [\"127.0.0.1:%d\"]\n"
              .formatted(silent.getPort());
      controlPlane.publish(ControlPlaneHarness.snapshot(replaceable(slow, "llama", llama)));
      Snapshot second = ControlPlaneHarness.snapshot(replaceable(slow, "qwen", qwen));
      try (EnvoyProcess envoy = controlPlane.startEnvoy()) {
        CompletableFuture<HttpResponse<String>> response =
            client.sendAsync(
                HttpRequest.newBuilder(uri(envoy, "/chat")).timeout(TIMEOUT).build(),
                BodyHandlers.ofString());
        Poll.until(
            "a request in Envoy",
            TIMEOUT,
            () -> envoy.admin().stat("http.warmpath.downstream_rq_active") == 1);

        controlPlane.publishAndAwait(second, XdsType.ROUTE, XdsType.CLUSTER);

        assertThat(response.get().statusCode()).isEqualTo(200);
        assertThat(llama.seen()).hasSize(1);
      }
    } finally {
      silent.shutdownNow().awaitTermination();
    }
  }

  /** One that is healthy and answers no message. */
  private static Server silentExtProcService() throws IOException {
    return NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
        .addService(new HealthStatusManager().getHealthService())
        .addService(
            new ExternalProcessorGrpc.ExternalProcessorImplBase() {
              @Override
              public StreamObserver<ProcessingRequest> process(
                  StreamObserver<ProcessingResponse> responses) {
                return new StreamObserver<>() {
                  @Override
                  public void onNext(ProcessingRequest request) {}

                  @Override
                  public void onError(Throwable cancelled) {}

                  @Override
                  public void onCompleted() {
                    responses.onCompleted();
                  }
                };
              }
            })
        .build()
        .start();
  }

  private static Config replaceable(String envoy, String pool, Upstream engine) {
    return ControlPlaneHarness.config(
        """
        envoy:
          listener_address: 127.0.0.1:0
        %spools:
        - name: %s
          endpoints:
          - address: %s
        routes:
        - id: chat
          pool: %s
        """
            .formatted(envoy, pool, engine.address(), pool));
  }

  @Test
  void publish_duringAStream_cutsNothing() throws Exception {
    Config config = onePool();
    Decisions decisions = Decisions.of(config);
    Snapshot first = SnapshotBuilder.build(config, decisions);
    var release = new CountDownLatch(1);
    for (Upstream engine : new Upstream[] {llama, qwen}) {
      engine.answering(
          exchange -> {
            exchange.sendResponseHeaders(200, 0);
            exchange.getResponseBody().write("first".getBytes(StandardCharsets.UTF_8));
            exchange.getResponseBody().flush();
            awaitUninterrupted(release);
            exchange.getResponseBody().write(" last".getBytes(StandardCharsets.UTF_8));
            exchange.close();
          });
    }
    controlPlane.publish(first);
    try (EnvoyProcess envoy = controlPlane.startEnvoy()) {
      controlPlane.await(new Event.Acked(XdsType.ROUTE, first.version(XdsType.ROUTE)));
      HttpResponse<InputStream> stream =
          client.send(
              HttpRequest.newBuilder(uri(envoy, "/chat")).build(), BodyHandlers.ofInputStream());
      assertThat(stream.body().readNBytes(5)).asString().isEqualTo("first");

      for (Decisions changed :
          new Decisions[] {
            decisions.withWeight("llama", "a", 4000),
            decisions.withHealth("llama", "a", Health.DRAINING),
            decisions.withHealth("llama", "b", Health.UNHEALTHY),
          }) {
        controlPlane.publishAndAwait(SnapshotBuilder.build(config, changed), XdsType.ENDPOINT);
      }
      controlPlane.publishAndAwait(
          SnapshotBuilder.build(config, decisions.withHashKey("chat", HashKey.SESSION)),
          XdsType.ROUTE);
      // Least requests instead of maglev: the cluster itself is another one.
      controlPlane.publishAndAwait(
          SnapshotBuilder.build(config, decisions.withHashKey("chat", HashKey.NONE)),
          XdsType.CLUSTER);
      release.countDown();

      assertThat(stream.body().readAllBytes()).asString().isEqualTo(" last");
    }
  }

  private HttpResponse<String> get(EnvoyProcess envoy, String path)
      throws IOException, InterruptedException {
    return get(uri(envoy, path));
  }

  private HttpResponse<String> get(URI uri) throws IOException, InterruptedException {
    return client.send(
        HttpRequest.newBuilder(uri).timeout(TIMEOUT).build(), BodyHandlers.ofString());
  }

  private static URI uri(EnvoyProcess envoy, String path) {
    return URI.create("http://127.0.0.1:" + envoy.admin().listenerPort("warmpath") + path);
  }

  private static String read(Path file) {
    try {
      return Files.exists(file) ? Files.readString(file) : "";
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
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

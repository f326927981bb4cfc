package dev.warmpath.extproc.server;

import static io.grpc.health.v1.HealthCheckResponse.ServingStatus.NOT_SERVING;
import static io.grpc.health.v1.HealthCheckResponse.ServingStatus.SERVING;
import static java.util.concurrent.TimeUnit.MILLISECONDS;
import static java.util.concurrent.TimeUnit.NANOSECONDS;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.warmpath.config.ConfigDigest;
import dev.warmpath.config.ConfigFile;
import dev.warmpath.config.v1.Config;
import dev.warmpath.extproc.CatalogueFile;
import dev.warmpath.extproc.fleet.FakeControlPlane;
import dev.warmpath.extproc.provider.Catalogue;
import dev.warmpath.extproc.server.ExtProcServer.Preparation;
import dev.warmpath.fleet.v1.Hello;
import dev.warmpath.fleet.v1.LedgerRow;
import dev.warmpath.fleet.v1.ReplicaMessage.MessageCase;
import io.envoyproxy.envoy.service.ext_proc.v3.ExternalProcessorGrpc;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The whole service in this JVM, over real connections: how it comes up, stalls and goes. */
class ExtProcServerTest {
  private static final Preparation NONE = () -> {};
  private static final ByteString BODY = EnvoyStream.chat("hello");

  /** Samples of a service that has served nothing, and that are not 0 all the same. */
  private static final List<String> CONFIGURED =
      List.of(
          "warmpath_token_ratios_max",
          "warmpath_response_homes_max",
          "warmpath_cache_keys_max",
          "warmpath_remembered_prefixes_max",
          "warmpath_body_bytes_max",
          "warmpath_exchanges_max",
          "warmpath_endpoint_prefill_tokens_per_second",
          "warmpath_endpoint_capacity_tokens",
          "warmpath_endpoint_belief_bytes",
          "warmpath_event_loop_stall");

  @TempDir private Path folder;
  private final Deque<AutoCloseable> started = new ArrayDeque<>();

  @AfterEach
  void stop() throws Exception {
    while (!started.isEmpty()) {
      started.pop().close();
    }
  }

  @Test
  void start_whileItWarmsUp_healthIsNotServing() throws Exception {
    // The one address that is known before the service is up.
    String address = "unix:" + folder.resolve("ext-proc.sock");
    var warmingUp = new CountDownLatch(1);
    var warm = new CountDownLatch(1);
    CompletableFuture<ExtProcServer> starting =
        CompletableFuture.supplyAsync(
            () ->
                startUnchecked(
                    config(address, ""),
                    () -> {
                      warmingUp.countDown();
                      warm.await();
                    }),
            Thread::startVirtualThread);
    ManagedChannel channel = channel(address);
    try {
      assertThat(warmingUp.await(5, SECONDS)).isTrue();
      assertThat(health(channel, "")).isEqualTo(NOT_SERVING);
      assertThat(health(channel, ExternalProcessorGrpc.SERVICE_NAME)).isEqualTo(NOT_SERVING);
      assertThat(starting).isNotDone();
    } finally {
      warm.countDown();
      started.push(starting.get(5, SECONDS));
    }
    assertThat(health(channel, "")).isEqualTo(SERVING);
    assertThat(health(channel, ExternalProcessorGrpc.SERVICE_NAME)).isEqualTo(SERVING);
    assertThat(get(starting.join(), "/readyz").statusCode()).isEqualTo(200);
  }

  @Test
  void start_warmedUp_leavesNoTrace() throws Exception {
    // Its routes take what the warm-up sends. The bounds keep the test short.
    ExtProcServer server =
        ExtProcServer.start(
            config("127.0.0.1:0", "max_body_bytes: 8KiB, warm_up_exchanges: 100"),
            CatalogueFile.load(List.of()));
    started.push(server);

    assertThat(samplesAboveZero(server)).isEmpty();
    assertThat(get(server, "/ledger").body()).doesNotContain("route");

    // What it would have left, one request leaves.
    var stream = new EnvoyStream(channel(server));
    assertThat(stream.exchange(Map.of(), BODY).hasDynamicMetadata()).isTrue();
    assertThat(samplesAboveZero(server))
        .contains(
            "warmpath_requests_planned_total",
            "warmpath_picks_total",
            "warmpath_plan_duration_seconds_count",
            "warmpath_endpoint_believed_blocks",
            "warmpath_plans_open");
    stream.cancel();
    until(() -> get(server, "/ledger").body().contains("route"));
  }

  private static List<String> samplesAboveZero(ExtProcServer server) {
    return get(server, "/metrics")
        .body()
        .lines()
        .filter(line -> line.startsWith("warmpath_") && !line.endsWith(" 0.0"))
        .filter(line -> !line.endsWith(" 0"))
        .map(line -> line.substring(0, line.indexOf(line.contains("{") ? '{' : ' ')))
        .filter(name -> CONFIGURED.stream().noneMatch(name::startsWith))
        .toList();
  }

  @Test
  void close_heldExchanges_healthGoesOffFirstAndTheyFinish() throws Exception {
    ExtProcServer server = start("drain_timeout: 60s");
    int port = server.port();
    ManagedChannel channel = channel(server);
    BlockingQueue<ServingStatus> health = watch(channel);
    assertThat(health.poll(5, SECONDS)).isEqualTo(SERVING);
    var unread = new EnvoyStream(channel);
    unread.begin(Map.of(), BODY.size());
    var planned = new EnvoyStream(channel);
    assertThat(planned.exchange(Map.of(), BODY).hasDynamicMetadata()).isTrue();

    CompletableFuture<Void> closed = closing(server);

    assertThat(health.poll(5, SECONDS)).isEqualTo(NOT_SERVING);
    assertThat(get(server, "/readyz").statusCode()).isEqualTo(503);
    assertThat(get(server, "/livez").statusCode()).isEqualTo(200);
    unread.body(BODY, true);
    assertThat(unread.next().hasDynamicMetadata()).isTrue();
    // Sent by an Envoy that has not looked yet.
    var late = new EnvoyStream(channel);
    assertThat(late.exchange(Map.of(), BODY).hasDynamicMetadata()).isTrue();
    for (EnvoyStream stream : List.of(unread, planned, late)) {
      assertThat(closed).isNotDone();
      stream.end();
      stream.awaitClosed();
    }
    closed.get(5, SECONDS);
    assertThat(server.eventLoops().awaitTermination(5, SECONDS)).isTrue();
    assertThatThrownBy(() -> new Socket(InetAddress.getLoopbackAddress(), port).close())
        .isInstanceOf(ConnectException.class);
  }

  @Test
  void close_exchangeThatDoesNotEnd_isCutWhenItsTimeIsUp() throws Exception {
    ExtProcServer server = start("drain_timeout: 200ms");
    var held = new EnvoyStream(channel(server));
    assertThat(held.exchange(Map.of(), BODY).hasDynamicMetadata()).isTrue();

    long beganNanos = System.nanoTime();
    closing(server).get(5, SECONDS);

    assertThat(NANOSECONDS.toMillis(System.nanoTime() - beganNanos)).isGreaterThanOrEqualTo(200);
    assertThat(held.awaitEnd()).isNotEqualTo(Status.Code.OK);
  }

  @Test
  void hello_ofAReplica_tellsWhatItRunsWith() throws Exception {
    FakeControlPlane controlPlane = FakeControlPlane.start();
    started.push(controlPlane);
    String setting = "control_plane_address: '%s'".formatted(controlPlane.address());
    ExtProcServer server = start(setting);
    Hello hello = controlPlane.next().next().getHello();

    assertThat(hello.getConfigDigest()).isEqualTo(ConfigDigest.of(config("127.0.0.1:0", setting)));
    assertThat(hello.getIndexSecretTag()).isNotZero().isNotEqualTo(hello.getExportSecretTag());

    closing(server).get(5, SECONDS);
    var _ = start(setting);
    Hello again = controlPlane.next().next().getHello();
    assertThat(again.getIndexSecretTag()).isEqualTo(hello.getIndexSecretTag());
    assertThat(again.getExportSecretTag()).isEqualTo(hello.getExportSecretTag());
  }

  @Test
  void close_exchangesNotSettled_areToldToTheControlPlane() throws Exception {
    FakeControlPlane controlPlane = FakeControlPlane.start();
    started.push(controlPlane);
    ExtProcServer server =
        start("control_plane_address: '%s', drain_timeout: 0s".formatted(controlPlane.address()));
    FakeControlPlane.Connection fleet = controlPlane.next();
    fleet.welcome(0);
    var _ = fleet.next(MessageCase.LOAD);
    ManagedChannel channel = channel(server);
    var ended = new EnvoyStream(channel);
    assertThat(ended.exchange(Map.of(), BODY).hasDynamicMetadata()).isTrue();
    ended.end();
    ended.awaitClosed();
    var cut = new EnvoyStream(channel);
    assertThat(cut.exchange(Map.of(), BODY).hasDynamicMetadata()).isTrue();

    closing(server).get(5, SECONDS);

    assertThat(fleet.next(MessageCase.LEDGER_DELTA).getLedgerDelta().getRowsList())
        .singleElement()
        .returns("chat", LedgerRow::getRoute)
        .returns(2L, LedgerRow::getRequests)
        .returns(2L, LedgerRow::getUnknownUsageRequests);
  }

  @Test
  void eventLoop_stallsAndRunsAgain_healthGoesOffAndComesBack() throws Exception {
    ExtProcServer server = start("event_loops: 2, stall_threshold: 200ms");
    // Each connection is on a loop of its own: whichever stalls, the other tells.
    List<BlockingQueue<ServingStatus>> watches =
        List.of(watch(channel(server)), watch(channel(server)));
    for (BlockingQueue<ServingStatus> watch : watches) {
      assertThat(watch.poll(5, SECONDS)).isEqualTo(SERVING);
    }
    var release = new CountDownLatch(1);

    server.eventLoops().iterator().next().execute(() -> awaitUnchecked(release));

    try {
      until(() -> watches.stream().anyMatch(watch -> watch.contains(NOT_SERVING)));
      assertThat(get(server, "/readyz").statusCode()).isEqualTo(503);
      assertThat(get(server, "/livez").statusCode()).isEqualTo(503);
      assertThat(stallSeconds(server)).isGreaterThan(0.2);
    } finally {
      release.countDown();
    }
    until(() -> watches.stream().allMatch(ExtProcServerTest::isBack));
    assertThat(get(server, "/readyz").statusCode()).isEqualTo(200);
  }

  private static boolean isBack(BlockingQueue<ServingStatus> watch) {
    List<ServingStatus> seen = new ArrayList<>(watch);
    return seen.contains(NOT_SERVING) && seen.getLast() == SERVING;
  }

  private static double stallSeconds(ExtProcServer server) {
    return get(server, "/metrics")
        .body()
        .lines()
        .filter(line -> line.startsWith("warmpath_event_loop_stall "))
        .mapToDouble(line -> Double.parseDouble(line.substring(line.indexOf(' '))))
        .findFirst()
        .orElseThrow();
  }

  // What it takes.

  private ExtProcServer start(String more) throws Exception {
    ExtProcServer server = startUnchecked(config("127.0.0.1:0", more), NONE);
    started.push(server);
    return server;
  }

  private static ExtProcServer startUnchecked(Config config, Preparation warmUp) {
    try {
      return ExtProcServer.start(config, Catalogue.of(List.of()), warmUp);
    } catch (IOException | InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** A pool and a provider, whose routes take the paths of both APIs. */
  private Config config(String address, String more) {
    try {
      return ConfigFile.parse(
          """
          ext_proc: {address: '%s', admin_address: '127.0.0.1:0', state_directory: '%s', %s}
          pools:
          - {name: llama, endpoints: [{address: '127.0.0.1:1001'}, {address: '127.0.0.1:1002'}]}
          providers:
          - {name: anthropic, address: 'localhost:1', api: anthropic_messages, plaintext: true}
          routes:
          - {id: chat, path_prefix: /v1/chat, pool: llama, pick: active}
          - {id: messages, path_prefix: /v1/messages, provider: anthropic, annotate: active}
          """
              .formatted(address, folder, more),
          "test");
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  private ManagedChannel channel(ExtProcServer server) {
    return channel("127.0.0.1:" + server.port());
  }

  private ManagedChannel channel(String address) {
    ManagedChannel channel =
        Grpc.newChannelBuilder(address, InsecureChannelCredentials.create()).build();
    started.push(channel::shutdownNow);
    return channel;
  }

  private static ServingStatus health(ManagedChannel channel, String service) {
    return HealthGrpc.newBlockingStub(channel)
        .withDeadlineAfter(5, SECONDS)
        .check(HealthCheckRequest.newBuilder().setService(service).build())
        .getStatus();
  }

  private static BlockingQueue<ServingStatus> watch(ManagedChannel channel) {
    BlockingQueue<ServingStatus> seen = new LinkedBlockingQueue<>();
    HealthGrpc.newStub(channel)
        .watch(
            HealthCheckRequest.getDefaultInstance(),
            new StreamObserver<>() {
              @Override
              public void onNext(HealthCheckResponse response) {
                seen.add(response.getStatus());
              }

              @Override
              public void onError(Throwable error) {}

              @Override
              public void onCompleted() {}
            });
    return seen;
  }

  private static HttpResponse<String> get(ExtProcServer server, String path) {
    try (HttpClient client = HttpClient.newHttpClient()) {
      return client.send(
          HttpRequest.newBuilder(
                  URI.create("http://127.0.0.1:%d%s".formatted(server.adminPort(), path)))
              .build(),
          BodyHandlers.ofString());
    } catch (IOException | InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private CompletableFuture<Void> closing(ExtProcServer server) {
    started.remove(server);
    return CompletableFuture.runAsync(server::close, Thread::startVirtualThread);
  }

  private static void awaitUnchecked(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void until(BooleanSupplier condition) {
    long deadlineNanos = System.nanoTime() + SECONDS.toNanos(5);
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as("deadline").isLessThan(deadlineNanos);
      LockSupport.parkNanos(MILLISECONDS.toNanos(5));
    }
  }
}

package dev.warmpath.controlplane;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.warmpath.config.ConfigDigest;
import dev.warmpath.config.ConfigException;
import dev.warmpath.config.ConfigFile;
import dev.warmpath.config.v1.Config;
import dev.warmpath.controlplane.source.FileSource;
import dev.warmpath.controlplane.source.Source.Reading;
import dev.warmpath.fleet.v1.ControlMessage;
import dev.warmpath.fleet.v1.FleetGrpc;
import dev.warmpath.fleet.v1.Hello;
import dev.warmpath.fleet.v1.ReplicaMessage;
import io.envoyproxy.envoy.config.core.v3.Node;
import io.envoyproxy.envoy.service.discovery.v3.AggregatedDiscoveryServiceGrpc;
import io.envoyproxy.envoy.service.discovery.v3.DiscoveryRequest;
import io.envoyproxy.envoy.service.discovery.v3.DiscoveryResponse;
import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A whole control plane on loopback, without Envoy. */
class ControlPlaneTest {
  private static final String CLUSTERS = "type.googleapis.com/envoy.config.cluster.v3.Cluster";
  private static final String ENDPOINTS =
      "type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment";
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  @TempDir private Path directory;

  private final HttpClient http = HttpClient.newHttpClient();
  private Path file = Path.of("");
  private ControlPlane plane;

  @BeforeEach
  void start() throws IOException {
    file = directory.resolve("warmpath.yaml");
    write(1000);
    plane = startPlane();
  }

  @AfterEach
  void stop() {
    plane.close();
    http.close();
  }

  @Test
  void ads_firstRequest_givesTheConfiguredClusters() throws Exception {
    try (var ads = new Ads(plane.port())) {
      ads.ask(CLUSTERS);
      DiscoveryResponse response = ads.next();
      assertThat(response.getTypeUrl()).isEqualTo(CLUSTERS);
      assertThat(response.getResourcesCount()).isPositive();
    }
  }

  @Test
  void drain_ofAnEndpoint_isPushedAndSurvivesARestart() throws Exception {
    String before;
    try (var ads = new Ads(plane.port())) {
      ads.ask(ENDPOINTS, "chat");
      before = ads.next().getVersionInfo();
      assertThat(send("POST", "/endpoints/chat/a/drain").statusCode()).isEqualTo(200);
      DiscoveryResponse drained = ads.next();
      assertThat(drained.getVersionInfo()).isNotEqualTo(before);
      before = drained.getVersionInfo();
    }
    plane.close();
    plane = startPlane();
    try (var ads = new Ads(plane.port())) {
      ads.ask(ENDPOINTS, "chat");
      assertThat(ads.next().getVersionInfo()).isEqualTo(before);
    }
    assertThat(get("/decisions")).contains("DRAINING");
    assertThat(get("/audit")).contains("taken up after a start");
  }

  @Test
  void drain_ofAnUnknownEndpoint_isNotFound() throws Exception {
    assertThat(send("POST", "/endpoints/chat/z/drain").statusCode()).isEqualTo(404);
    assertThat(send("POST", "/loops/none/freeze").statusCode()).isEqualTo(404);
  }

  @Test
  void configuration_changedWell_isTakenUp() throws Exception {
    write(2000);
    await(() -> get("/decisions"), text -> text.contains("\"configured_weight\" : 2000"));
    assertThat(get("/readyz")).isEqualTo("ready\n");
  }

  @Test
  void configuration_changedBadly_keepsTheLastGoodAndIsShown() throws Exception {
    Files.writeString(file, "pools: [nonsense", UTF_8);
    String detail = await(() -> get("/readyz"), text -> text.contains("configuration refused"));
    assertThat(detail).startsWith("ready\n");
    assertThat(get("/decisions")).contains("\"configured_weight\" : 1000");
    assertThat(get("/metrics")).contains("warmpath_configuration_refused 1");
    assertThat(get("/audit")).contains("REFUSED");
    write(3000);
    await(() -> get("/readyz"), text -> text.equals("ready\n"));
  }

  @Test
  void fleet_hello_givesWelcomeAndTheView() throws Exception {
    var received = new LinkedBlockingQueue<ControlMessage>();
    ManagedChannel channel = channel(plane.port());
    try {
      StreamObserver<ReplicaMessage> stream =
          FleetGrpc.newStub(channel).connect(new Receiver<>(received));
      stream.onNext(
          ReplicaMessage.newBuilder()
              .setHello(Hello.newBuilder().setReplica("one").setIncarnation(7))
              .build());
      assertThat(take(received).hasWelcome()).isTrue();
      ControlMessage view = take(received);
      assertThat(view.getEndpointView().getClusters(0).getEndpointsList())
          .extracting(endpoint -> endpoint.getId())
          .containsExactly("a", "b");
      stream.onCompleted();
    } finally {
      channel.shutdownNow();
    }
  }

  @Test
  void configuration_changedForReplicas_isShownUntilTheyReadItAnew() throws Exception {
    Fleet reader = new Fleet(plane.port(), 7, digest());
    try (reader) {
      assertThat(get("/metrics")).contains("warmpath_fleet_replicas_differing 0");
      write(2000); // Endpoints are told to replicas.
      await(() -> get("/decisions"), text -> text.contains("\"configured_weight\" : 2000"));
      assertThat(get("/readyz")).isEqualTo("ready\n");

      write(2000, "/v1");
      String detail = await(() -> get("/readyz"), text -> text.contains("need a restart"));
      assertThat(detail).startsWith("ready\n").endsWith("replica-7\n");
      assertThat(get("/metrics")).contains("warmpath_fleet_replicas_differing 1");
    }
    await(() -> get("/readyz"), text -> text.equals("ready\n"));
    try (var restarted = new Fleet(plane.port(), 8, digest());
        var stale = new Fleet(plane.port(), 9, reader.digest)) {
      assertThat(restarted.digest).isNotEqualTo(stale.digest);
      assertThat(get("/readyz")).endsWith(": replica-9\n");
    }
  }

  @Test
  void stateDirectory_heldByAnother_isRefused() {
    assertThatThrownBy(this::startPlane)
        .isInstanceOf(IOException.class)
        .hasMessageContaining("held by another control plane");
  }

  private ControlPlane startPlane() throws IOException {
    var source = new FileSource(file);
    if (!(source.read() instanceof Reading.Changed(Config config))) {
      throw new AssertionError(
          "the test's configuration is faulty: " + new FileSource(file).read());
    }
    return ControlPlane.start(config, source);
  }

  /** Of what the file says now. */
  private ByteString digest() throws ConfigException {
    return ConfigDigest.of(ConfigFile.read(file));
  }

  private void write(int weight) throws IOException {
    write(weight, "/");
  }

  private void write(int weight, String pathPrefix) throws IOException {
    Path next = directory.resolve("next.yaml");
    Files.writeString(
        next,
        """
        control_plane:
          address: 127.0.0.1:0
          admin_address: 127.0.0.1:0
          state_directory: %s
        envoy:
          listener_address: 127.0.0.1:10000
          ext_proc_addresses: ["127.0.0.1:10001"]
        pools:
          - name: chat
            endpoints:
              - {address: "127.0.0.1:1", id: a, weight: %d}
              - {address: "127.0.0.1:2", id: b}
        routes:
          - {id: chat, pool: chat, path_prefix: %s}
        loops:
          interval: 0.05s
        """
            .formatted(directory.resolve("state"), weight, pathPrefix),
        UTF_8);
    Files.move(next, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
  }

  private String get(String path) {
    try {
      return send("GET", path).body();
    } catch (IOException e) {
      throw new AssertionError(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }

  private HttpResponse<String> send(String method, String path)
      throws IOException, InterruptedException {
    return http.send(
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + plane.adminPort() + path))
            .method(method, HttpRequest.BodyPublishers.noBody())
            .build(),
        BodyHandlers.ofString());
  }

  /** Asks until the answer is as wanted; a real file and real threads are watched here. */
  private static String await(Supplier<String> ask, Predicate<String> wanted) {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    String last = ask.get();
    while (!wanted.test(last)) {
      assertThat(System.nanoTime()).as(last).isLessThan(deadline);
      LockSupport.parkNanos(5_000_000L);
      last = ask.get();
    }
    return last;
  }

  private static ManagedChannel channel(int port) {
    return NettyChannelBuilder.forAddress(
            new InetSocketAddress(InetAddress.getLoopbackAddress(), port))
        .usePlaintext()
        .build();
  }

  private static <T> T take(LinkedBlockingQueue<T> queue) throws InterruptedException {
    T first = queue.poll(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    assertThat(first).isNotNull();
    return first;
  }

  private record Receiver<T>(LinkedBlockingQueue<T> received) implements StreamObserver<T> {
    @Override
    public void onNext(T message) {
      received.add(message);
    }

    @Override
    public void onError(Throwable failure) {}

    @Override
    public void onCompleted() {}
  }

  /** A replica that was welcomed. */
  private static final class Fleet implements AutoCloseable {
    private final ManagedChannel channel;
    private final ByteString digest;

    Fleet(int port, long incarnation, ByteString digest) throws InterruptedException {
      this.digest = digest;
      channel = channel(port);
      var received = new LinkedBlockingQueue<ControlMessage>();
      FleetGrpc.newStub(channel)
          .connect(new Receiver<>(received))
          .onNext(
              ReplicaMessage.newBuilder()
                  .setHello(
                      Hello.newBuilder()
                          .setReplica("replica-" + incarnation)
                          .setIncarnation(incarnation)
                          .setConfigDigest(digest))
                  .build());
      assertThat(take(received).hasWelcome()).isTrue();
    }

    @Override
    public void close() {
      channel.shutdownNow();
    }
  }

  /** A node that takes whatever it gets. */
  private static final class Ads implements AutoCloseable {
    private final ManagedChannel channel;
    private final LinkedBlockingQueue<DiscoveryResponse> responses = new LinkedBlockingQueue<>();
    private final StreamObserver<DiscoveryRequest> requests;

    Ads(int port) {
      channel = channel(port);
      requests =
          AggregatedDiscoveryServiceGrpc.newStub(channel)
              .streamAggregatedResources(new Receiver<>(responses));
    }

    void ask(String type, String... names) {
      requests.onNext(
          DiscoveryRequest.newBuilder()
              .setNode(Node.newBuilder().setId("test"))
              .setTypeUrl(type)
              .addAllResourceNames(List.of(names))
              .build());
    }

    DiscoveryResponse next() throws InterruptedException {
      DiscoveryResponse response = take(responses);
      requests.onNext(
          DiscoveryRequest.newBuilder()
              .setNode(Node.newBuilder().setId("test"))
              .setTypeUrl(response.getTypeUrl())
              .setVersionInfo(response.getVersionInfo())
              .setResponseNonce(response.getNonce())
              .addResourceNames("chat")
              .build());
      return response;
    }

    @Override
    public void close() {
      channel.shutdownNow();
    }
  }
}

package dev.warmpath.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.warmpath.config.v1.Tls;
import dev.warmpath.controlplane.ControlPlaneMain;
import dev.warmpath.controlplane.snapshot.EnvoyBootstrap;
import dev.warmpath.e2e.engine.EngineFleet;
import dev.warmpath.e2e.engine.EngineSettings;
import dev.warmpath.e2e.envoy.EnvoyProcess;
import dev.warmpath.e2e.envoy.JavaProcess;
import dev.warmpath.e2e.envoy.Poll;
import dev.warmpath.e2e.envoy.Ports;
import dev.warmpath.e2e.http.Fault;
import dev.warmpath.fleet.v1.ControlMessage;
import dev.warmpath.fleet.v1.EndpointFirstBytes;
import dev.warmpath.fleet.v1.FirstBytes;
import dev.warmpath.fleet.v1.FleetGrpc;
import dev.warmpath.fleet.v1.Hello;
import dev.warmpath.fleet.v1.KeyStatistic;
import dev.warmpath.fleet.v1.KeyStatistics;
import dev.warmpath.fleet.v1.ReplicaMessage;
import dev.warmpath.fleet.v1.RouteKeyStatistics;
import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The control plane's own main, a real Envoy and simulated engines; the test is the replica. */
class ControlPlaneIT {
  private static final Duration TIMEOUT = Duration.ofSeconds(30);
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int ROOT = 1;
  private static final int CONVERSATION = 2;

  @TempDir private Path folder;

  private final HttpClient client = HttpClient.newHttpClient();
  private final EngineFleet engines =
      EngineFleet.start(EngineFleet.alike(3, EngineSettings.DEFAULTS));
  private final int port = Ports.free();
  private final int adminPort = Ports.free();
  private JavaProcess controlPlane;
  private EnvoyProcess envoy;

  @BeforeEach
  void start() throws IOException {
    Files.writeString(folder.resolve("warmpath.yaml"), configuration());
    controlPlane = startControlPlane();
    envoy =
        EnvoyProcess.start(
            EnvoyBootstrap.yaml(
                new EnvoyBootstrap.Node(
                    "envoy-1",
                    "test",
                    "127.0.0.1:0",
                    "127.0.0.1:" + port,
                    Tls.getDefaultInstance())));
  }

  @AfterEach
  void stop() {
    envoy.close();
    controlPlane.close();
    engines.close();
    client.close();
  }

  @Test
  void restart_withLearnedWeightsAndKeyInForce_pushesNothing() {
    try (var replica = new Replica()) {
      Poll.until(
          "weights and hash key are learned",
          TIMEOUT,
          () -> {
            replica.report();
            return weight("e0") > 1300
                && decisions().at("/routes/chat/hash_key").asText().equals("ROOT");
          },
          () -> decisions().toPrettyString() + controlPlane.logTail());
      // Until the last step is in force: none may fall between the two counts.
      String freeze = operate("POST", "/loops/weight/freeze");
      assertThat(freeze).isEqualTo("done\n");
    }
    JsonNode learned = decisions();
    Poll.until(
        "Envoy has the weights", TIMEOUT, () -> envoyWeight("e0") == weightOf(learned, "e0"));
    Map<String, Long> updates = updates();
    controlPlane.kill();
    controlPlane.close();
    Poll.until("Envoy notices", TIMEOUT, () -> connected() == 0);

    controlPlane = startControlPlane();
    Poll.until("Envoy is back", TIMEOUT, () -> connected() == 1);
    Poll.until(
        "Envoy has asked for everything anew",
        TIMEOUT,
        () -> metric("warmpath_xds_streams") == 1 && weightOf(decisions(), "e0") > 0);
    // The engines are probed again, so that a look of the loops has come and gone.
    Poll.until("engines are read again", TIMEOUT, () -> metric("warmpath_scrapes_total") > 60);
    assertThat(metric("warmpath_xds_pushes_total")).isZero();
    assertThat(updates()).isEqualTo(updates);
    assertThat(envoy.admin().stat("listener_manager.total_listeners_draining")).isZero();
    // Not the whole page: it also says what the loops hold back at the moment.
    for (String part : List.of("version", "pools", "routes")) {
      assertThat(decisions().get(part)).as(part).isEqualTo(learned.get(part));
    }
    assertThat(envoyWeight("e0")).isEqualTo(weightOf(learned, "e0"));
    assertThat(envoy.warnings()).noneMatch(line -> line.contains("rejected"));
  }

  @Test
  void engine_deadThenAlive_isTakenOutThenBack() {
    engines.engines().get(1).fault(new Fault.Dead());
    Poll.until(
        "Envoy knows that e1 is dead",
        TIMEOUT,
        () -> envoyHealth("e1").equals("UNHEALTHY"),
        () -> decisions().toPrettyString());
    assertThat(envoyHealth("e0")).isEqualTo("HEALTHY");
    engines.engines().get(1).fault(new Fault.None());
    Poll.until("Envoy knows that e1 is back", TIMEOUT, () -> envoyHealth("e1").equals("HEALTHY"));
    assertThat(operate("GET", "/audit")).contains("connection refused", "good probes in a row");
  }

  /** Once a control plane that had been stopped took what it had missed for failures. */
  @Test
  void process_stoppedForAWhile_ejectsNobodyAndThenFindsTheDead() {
    Poll.until("engines are watched", TIMEOUT, () -> metric("warmpath_scrapes_total") > 10);
    controlPlane.pause();
    long paused = System.nanoTime();
    Poll.until(
        "probes are past their time",
        TIMEOUT,
        () -> System.nanoTime() - paused > Duration.ofSeconds(2).toNanos());
    controlPlane.resume();

    Poll.until("the pause is noticed", TIMEOUT, () -> metric("warmpath_pauses_total") >= 1);
    Poll.until("loops wait", TIMEOUT, () -> metric("warmpath_ticks_held_total") >= 1);
    double scrapes = metric("warmpath_scrapes_total");
    Poll.until("it goes on", TIMEOUT, () -> metric("warmpath_scrapes_total") > scrapes + 30);
    assertThat(operate("GET", "/audit")).doesNotContain("bad probes");

    engines.engines().get(1).fault(new Fault.Dead());
    Poll.until(
        "Envoy knows that e1 is dead",
        TIMEOUT,
        () -> envoyHealth("e1").equals("UNHEALTHY"),
        () -> decisions().toPrettyString());
    assertThat(envoyHealth("e0")).isEqualTo("HEALTHY");
  }

  private JavaProcess startControlPlane() {
    var process =
        JavaProcess.start(
            ControlPlaneMain.class.getName(),
            List.of("-Xmx256m"),
            List.of("--config", folder.resolve("warmpath.yaml").toString()));
    process.awaitUrl("http://127.0.0.1:" + adminPort + "/readyz", TIMEOUT);
    return process;
  }

  private String configuration() {
    var text =
        new StringBuilder(
            """
            control_plane:
              address: 127.0.0.1:%d
              admin_address: 127.0.0.1:%d
              state_directory: %s
            envoy:
              listener_address: 127.0.0.1:0
              ext_proc_addresses: ["127.0.0.1:%d"]
            loops:
              weight: ACTIVE
              health: ACTIVE
              hash_key: ACTIVE
              interval: 0.05s
              weight_push_interval: 0.2s
            routes:
            - {id: chat, pool: chat}
            pools:
            - name: chat
              scrape_interval: 0.1s
              endpoints:
            """
                .formatted(port, adminPort, folder.resolve("state"), Ports.free()));
    for (int i = 0; i < engines.addresses().size(); i++) {
      text.append("  - {id: e%d, address: \"%s\"}%n".formatted(i, engines.addresses().get(i)));
    }
    return text.toString();
  }

  private JsonNode decisions() {
    try {
      return JSON.readTree(operate("GET", "/decisions"));
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private int weight(String id) {
    return weightOf(decisions(), id);
  }

  private static int weightOf(JsonNode decisions, String id) {
    return decisions.at("/pools/chat/" + id + "/weight").asInt();
  }

  private double metric(String name) {
    return operate("GET", "/metrics")
        .lines()
        .filter(line -> line.startsWith(name))
        .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' '))))
        .sum();
  }

  private String operate(String method, String path) {
    try {
      return client
          .send(
              HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + adminPort + path))
                  .method(method, HttpRequest.BodyPublishers.noBody())
                  .build(),
              BodyHandlers.ofString())
          .body();
    } catch (IOException e) {
      throw new AssertionError(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }

  private long connected() {
    return envoy.admin().stat("control_plane.connected_state");
  }

  /** How often Envoy has taken anything, by kind. */
  private Map<String, Long> updates() {
    var updates = new TreeMap<>(envoy.admin().stats());
    updates.keySet().removeIf(name -> !name.endsWith("update_success"));
    return updates;
  }

  private int envoyWeight(String id) {
    return host(id).path("weight").asInt();
  }

  private String envoyHealth(String id) {
    return host(id).at("/health_status/eds_health_status").asText();
  }

  private JsonNode host(String id) {
    String address = engines.addresses().get(Integer.parseInt(id.substring(1)));
    for (JsonNode cluster : envoy.admin().clusters().path("cluster_statuses")) {
      for (JsonNode host : cluster.path("host_statuses")) {
        JsonNode socket = host.at("/address/socket_address");
        String its = socket.path("address").asText() + ":" + socket.path("port_value").asInt();
        if (cluster.path("name").asText().equals("chat") && its.equals(address)) {
          return host;
        }
      }
    }
    throw new AssertionError("Envoy has no " + address);
  }

  /** A replica that has measured e0 as twice as fast, and ROOT as the better key. */
  private final class Replica implements AutoCloseable, StreamObserver<ControlMessage> {
    private final ManagedChannel channel;
    private final StreamObserver<ReplicaMessage> stream;

    Replica() {
      channel =
          NettyChannelBuilder.forAddress(
                  new InetSocketAddress(InetAddress.getLoopbackAddress(), port))
              .usePlaintext()
              .build();
      stream = FleetGrpc.newStub(channel).connect(this);
      stream.onNext(
          ReplicaMessage.newBuilder()
              .setHello(Hello.newBuilder().setReplica("test").setIncarnation(1))
              .build());
    }

    void report() {
      var firstBytes = FirstBytes.newBuilder();
      for (int i = 0; i < engines.addresses().size(); i++) {
        firstBytes.addEndpoints(
            EndpointFirstBytes.newBuilder()
                .setCluster("chat")
                .setAddress(engines.addresses().get(i))
                .setCount(1)
                .setPrefillTokens(1000)
                .setPrefillTokensPerSecond(i == 0 ? 8000 : 4000));
      }
      stream.onNext(ReplicaMessage.newBuilder().setFirstBytes(firstBytes).build());
      stream.onNext(
          ReplicaMessage.newBuilder()
              .setKeyStatistics(
                  KeyStatistics.newBuilder()
                      .addRoutes(
                          RouteKeyStatistics.newBuilder()
                              .setRoute("chat")
                              .addKeys(key(ROOT, 900_000))
                              .addKeys(key(CONVERSATION, 400_000))))
              .build());
    }

    private static KeyStatistic key(int hashKey, long hitTokens) {
      return KeyStatistic.newBuilder()
          .setHashKey(hashKey)
          .setTokens(1_000_000)
          .setHitTokens(hitTokens)
          .addAllEndpointTokens(List.of(1L, 1L))
          .build();
    }

    @Override
    public void onNext(ControlMessage message) {}

    @Override
    public void onError(Throwable failure) {}

    @Override
    public void onCompleted() {}

    @Override
    public void close() {
      channel.shutdownNow();
    }
  }
}

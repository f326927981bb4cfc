package dev.warmpath.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmpath.controlplane.ControlPlaneMain;
import dev.warmpath.controlplane.snapshot.XdsType;
import dev.warmpath.e2e.envoy.JavaProcess;
import dev.warmpath.e2e.envoy.Poll;
import dev.warmpath.e2e.envoy.Ports;
import dev.warmpath.fleet.v1.FleetGrpc;
import dev.warmpath.fleet.v1.Hello;
import dev.warmpath.fleet.v1.ReplicaMessage;
import io.envoyproxy.envoy.config.core.v3.Node;
import io.envoyproxy.envoy.service.discovery.v3.AggregatedDiscoveryServiceGrpc;
import io.envoyproxy.envoy.service.discovery.v3.DiscoveryRequest;
import io.grpc.ChannelCredentials;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.TlsChannelCredentials;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.BiFunction;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Who may speak to a control plane that demands certificates, as Envoy and as a replica. */
class ControlPlaneTlsIT {
  private static final Duration TIMEOUT = Duration.ofSeconds(30);
  private static final String ANSWERED = "answered";
  private static final String REFUSED = Status.Code.UNAVAILABLE.name();

  @TempDir private static Path folder;

  private static final int port = Ports.free();
  private static final int adminPort = Ports.free();
  private static Certificate server;
  private static Certificate client;
  private static Certificate stranger;
  private static JavaProcess controlPlane;

  @BeforeAll
  static void start() throws Exception {
    server = Certificate.selfSigned(folder, "server", "ip:127.0.0.1");
    client = Certificate.selfSigned(folder, "client", "dns:client");
    // By the same name, or it wouldn't be sent: the server names the authorities that it takes.
    stranger =
        Certificate.selfSigned(
            Files.createDirectory(folder.resolve("stranger")), "client", "dns:client");
    Path file = folder.resolve("warmpath.yaml");
    Files.writeString(
        file,
        """
        control_plane:
          address: 127.0.0.1:%d
          admin_address: 127.0.0.1:%d
          state_directory: %s
          tls: {certificate_file: %s, private_key_file: %s, trusted_ca_file: %s}
        envoy:
          listener_address: 127.0.0.1:10000
          ext_proc_addresses: ["127.0.0.1:9"]
        pools:
        - {name: chat, endpoints: [{address: "127.0.0.1:9"}]}
        routes:
        - {id: chat, pool: chat}
        """
            .formatted(
                port,
                adminPort,
                folder.resolve("state"),
                server.chain(),
                server.key(),
                client.chain()));
    controlPlane =
        JavaProcess.start(
            ControlPlaneMain.class.getName(),
            List.of("-Xmx256m"),
            List.of("--config", file.toString()));
    controlPlane.awaitUrl("http://127.0.0.1:" + adminPort + "/readyz", TIMEOUT);
  }

  @AfterAll
  static void stop() {
    controlPlane.close();
  }

  @Test
  void client_withATrustedCertificate_isServed() throws Exception {
    assertThat(asReplica(tls(server, client))).isEqualTo(ANSWERED);
    assertThat(asEnvoy(tls(server, client))).isEqualTo(ANSWERED);
  }

  @Test
  void client_thatTrustsAnotherServer_doesNotTakeOurCertificate() throws Exception {
    assertThat(asReplica(tls(stranger, client))).isEqualTo(REFUSED);
    assertThat(asEnvoy(tls(stranger, client))).isEqualTo(REFUSED);
  }

  @Test
  void client_withoutACertificate_isRefusedAndTheLogSaysSo() throws Exception {
    ChannelCredentials without =
        TlsChannelCredentials.newBuilder().trustManager(server.chain().toFile()).build();
    long before = refused();
    assertThat(asReplica(without)).isEqualTo(REFUSED);
    assertThat(asEnvoy(without)).isEqualTo(REFUSED);
    Poll.until("both are counted", TIMEOUT, () -> refused() >= before + 2);
    awaitLog("A connection ended before its TLS handshake was done");
  }

  @Test
  void client_withAnothersCertificate_isRefusedAndTheLogSaysWhose() throws Exception {
    assertThat(asReplica(tls(server, stranger))).isEqualTo(REFUSED);
    assertThat(asEnvoy(tls(server, stranger))).isEqualTo(REFUSED);
    awaitLog("A client's certificate is refused, subject CN=client: ");
  }

  @Test
  void client_withoutTls_isRefused() throws Exception {
    assertThat(asReplica(InsecureChannelCredentials.create())).isEqualTo(REFUSED);
    assertThat(asEnvoy(InsecureChannelCredentials.create())).isEqualTo(REFUSED);
  }

  private static ChannelCredentials tls(Certificate trusted, Certificate own) throws IOException {
    return TlsChannelCredentials.newBuilder()
        .trustManager(trusted.chain().toFile())
        .keyManager(own.chain().toFile(), own.key().toFile())
        .build();
  }

  private static String asReplica(ChannelCredentials credentials) throws Exception {
    return outcome(
        credentials,
        (channel, answers) -> {
          StreamObserver<ReplicaMessage> stream =
              FleetGrpc.newStub(channel).connect(new FirstOf<>(answers));
          stream.onNext(
              ReplicaMessage.newBuilder()
                  .setHello(Hello.newBuilder().setReplica("one").setIncarnation(1))
                  .build());
          return stream;
        });
  }

  private static String asEnvoy(ChannelCredentials credentials) throws Exception {
    return outcome(
        credentials,
        (channel, answers) -> {
          StreamObserver<DiscoveryRequest> stream =
              AggregatedDiscoveryServiceGrpc.newStub(channel)
                  .streamAggregatedResources(new FirstOf<>(answers));
          stream.onNext(
              DiscoveryRequest.newBuilder()
                  .setNode(Node.newBuilder().setId("envoy"))
                  .setTypeUrl(XdsType.CLUSTER.typeUrl())
                  .build());
          return stream;
        });
  }

  /** That an answer came, or the code of the status that came instead. */
  private static String outcome(
      ChannelCredentials credentials,
      BiFunction<ManagedChannel, CompletableFuture<String>, StreamObserver<?>> call)
      throws Exception {
    var outcome = new CompletableFuture<String>();
    ManagedChannel channel = Grpc.newChannelBuilder("127.0.0.1:" + port, credentials).build();
    try {
      assertThat(call.apply(channel, outcome)).isNotNull();
      return outcome.get(TIMEOUT.toSeconds(), TimeUnit.SECONDS);
    } finally {
      channel.shutdownNow();
    }
  }

  /** Connections that were refused so far. */
  private static long refused() {
    try (HttpClient http = HttpClient.newHttpClient()) {
      String metrics =
          http.send(
                  HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + adminPort + "/metrics"))
                      .build(),
                  BodyHandlers.ofString())
              .body();
      return (long)
          metrics
              .lines()
              .filter(line -> line.startsWith("warmpath_tls_refused_total "))
              .mapToDouble(line -> Double.parseDouble(line.substring(line.indexOf(' '))))
              .sum();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  private static void awaitLog(String line) {
    controlPlane.awaitLine(line, one -> one.contains(line), TIMEOUT);
  }

  private record FirstOf<T>(CompletableFuture<String> outcome) implements StreamObserver<T> {
    @Override
    public void onNext(T message) {
      outcome.complete(ANSWERED);
    }

    @Override
    public void onError(Throwable failure) {
      outcome.complete(Status.fromThrowable(failure).getCode().name());
    }

    @Override
    public void onCompleted() {
      outcome.complete("completed");
    }
  }
}

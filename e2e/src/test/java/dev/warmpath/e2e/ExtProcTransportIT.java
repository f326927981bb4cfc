package dev.warmpath.e2e;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.warmpath.controlplane.snapshot.Snapshot;
import dev.warmpath.controlplane.snapshot.XdsType;
import dev.warmpath.e2e.ControlPlaneHarness.Event;
import dev.warmpath.e2e.envoy.EnvoyProcess;
import dev.warmpath.e2e.envoy.Http;
import dev.warmpath.e2e.envoy.Poll;
import dev.warmpath.extproc.CatalogueFile;
import dev.warmpath.extproc.server.ExtProcServer;
import io.grpc.ChannelCredentials;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.TlsChannelCredentials;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a real Envoy and the ext_proc service talk over, besides TCP in plain text. */
class ExtProcTransportIT {
  private static final Duration SOON = Duration.ofSeconds(20);
  private static final String ANSWER =
      """
      {"usage": {"prompt_tokens": 100, "completion_tokens": 7}}
      """;

  @TempDir private Path folder;
  private final Upstream engine = new Upstream();
  private final ControlPlaneHarness controlPlane = new ControlPlaneHarness();
  private final HttpClient client = HttpClient.newHttpClient();

  @BeforeEach
  void answerWithUsage() {
    engine.answering(
        exchange -> {
          exchange.getResponseHeaders().set("content-type", "application/json");
          Upstream.answer(exchange, 200, ANSWER);
        });
  }

  @AfterEach
  void stop() {
    client.close();
    controlPlane.close();
    engine.close();
  }

  @Test
  void unixSocket_requestThroughEnvoy_isPlannedAndObserved() throws Exception {
    String address = "unix:" + folder.resolve("ext-proc.sock");
    ExtProcServer service = service(address, "");
    try (EnvoyProcess envoy = envoy(address, "")) {
      assertThat(service.port()).isEqualTo(-1);
      assertThat(post(envoy).statusCode()).isEqualTo(200);
      assertPlannedAndObserved(service, envoy);

      service.close();
      assertThat(post(envoy).statusCode()).as("past a service that is gone").isEqualTo(200);
    } finally {
      service.close();
    }
  }

  @Test
  void tls_clientCertificates_onlyTheTrustedOneIsServed() throws Exception {
    Certificate services = certificate("service");
    Certificate envoys = certificate("envoy");
    Certificate strangers = certificate("stranger");
    try (ExtProcServer service = service("127.0.0.1:0", "tls: " + tls(services, envoys))) {
      String address = "127.0.0.1:" + service.port();
      try (EnvoyProcess envoy = envoy(address, "ext_proc_tls: " + tls(envoys, services))) {
        assertThat(post(envoy).statusCode()).isEqualTo(200);
        assertPlannedAndObserved(service, envoy);
      }

      assertThat(health(address, trusting(services, envoys))).isEqualTo(ServingStatus.SERVING);
      assertRefused(address, trusting(services, strangers));
      assertRefused(
          address,
          TlsChannelCredentials.newBuilder().trustManager(services.chain().toFile()).build());
      assertRefused(address, InsecureChannelCredentials.create());
    }
  }

  private void assertPlannedAndObserved(ExtProcServer service, EnvoyProcess envoy) {
    assertThat(metrics(service))
        .contains("warmpath_requests_planned_total{mode=\"active\",route=\"chat\"} 1.0");
    Poll.until(
        "its usage is known",
        SOON,
        () ->
            metrics(service).contains("warmpath_tokens_total{kind=\"output\",route=\"chat\"} 7.0"),
        () -> metrics(service));
    assertThat(envoy.admin().stat("http.warmpath.ext_proc.decide.failure_mode_allowed")).isZero();
    assertThat(envoy.warnings()).isEmpty();
  }

  private static String metrics(ExtProcServer service) {
    return Http.call("GET", "http://127.0.0.1:%d/metrics".formatted(service.adminPort()));
  }

  private HttpResponse<String> post(EnvoyProcess envoy) throws IOException, InterruptedException {
    URI uri =
        URI.create(
            "http://127.0.0.1:%d%s".formatted(envoy.admin().listenerPort("warmpath"), Chats.PATH));
    return client.send(
        HttpRequest.newBuilder(uri)
            .timeout(SOON)
            .POST(BodyPublishers.ofByteArray(Chats.body(8, false, "You are brief.", "Why?")))
            .build(),
        BodyHandlers.ofString());
  }

  /** Small bodies and few of them, so that the warm-up is short. */
  private ExtProcServer service(String address, String more)
      throws IOException, InterruptedException {
    return ExtProcServer.start(
        ControlPlaneHarness.config(
            """
            ext_proc: {address: '%s', admin_address: '127.0.0.1:0', state_directory: '%s',
                       max_body_bytes: 8KiB, warm_up_exchanges: 50, %s}
            %s\
            """
                .formatted(address, folder, more, traffic())),
        CatalogueFile.load(List.of()));
  }

  /** An Envoy that finds the service healthy. */
  private EnvoyProcess envoy(String extProcAddress, String more) {
    Snapshot snapshot =
        ControlPlaneHarness.snapshot(
            ControlPlaneHarness.config(
                """
                envoy:
                  listener_address: 127.0.0.1:0
                  ext_proc_addresses: ['%s']
                  max_body_bytes: 8KiB
                  # A busy machine may be late; being late is not the subject.
                  message_timeout: 10s
                  ext_proc_probe_interval: 2s
                  %s
                %s\
                """
                    .formatted(extProcAddress, more, traffic())));
    controlPlane.publish(snapshot);
    EnvoyProcess envoy = controlPlane.startEnvoy();
    controlPlane.await(new Event.Acked(XdsType.ROUTE, snapshot.version(XdsType.ROUTE)));
    for (String cluster : List.of("warmpath_decide", "warmpath_watch")) {
      Poll.until(
          cluster + " is healthy",
          SOON,
          () -> envoy.admin().stat("cluster.%s.membership_healthy".formatted(cluster)) == 1,
          envoy::logTail);
    }
    return envoy;
  }

  private String traffic() {
    return """
    pools:
    - {name: engines, endpoints: [{address: '%s'}]}
    routes:
    - {id: chat, path_prefix: /v1/chat, pool: engines, pick: active}
    """
        .formatted(engine.address());
  }

  private Certificate certificate(String name) throws Exception {
    return Certificate.selfSigned(folder, name, "dns:localhost,ip:127.0.0.1");
  }

  private static String tls(Certificate own, Certificate trusted) {
    return "{certificate_file: '%s', private_key_file: '%s', trusted_ca_file: '%s'}"
        .formatted(own.chain(), own.key(), trusted.chain());
  }

  private static ChannelCredentials trusting(Certificate server, Certificate own)
      throws IOException {
    return TlsChannelCredentials.newBuilder()
        .trustManager(server.chain().toFile())
        .keyManager(own.chain().toFile(), own.key().toFile())
        .build();
  }

  private static void assertRefused(String address, ChannelCredentials credentials) {
    assertThatExceptionOfType(StatusRuntimeException.class)
        .isThrownBy(() -> health(address, credentials))
        .returns(Status.Code.UNAVAILABLE, refusal -> refusal.getStatus().getCode());
  }

  private static ServingStatus health(String address, ChannelCredentials credentials) {
    ManagedChannel channel = Grpc.newChannelBuilder(address, credentials).build();
    try {
      return HealthGrpc.newBlockingStub(channel)
          .withDeadlineAfter(5, SECONDS)
          .check(HealthCheckRequest.getDefaultInstance())
          .getStatus();
    } finally {
      channel.shutdownNow();
    }
  }
}

package dev.warmpath.e2e.envoy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class EnvoyProcessIT {
  private static final String BOOTSTRAP =
      """
      admin: {address: {socket_address: {address: 127.0.0.1, port_value: 0}}}
      static_resources:
        listeners:
        - name: main
          address: {socket_address: {address: 127.0.0.1, port_value: 0}}
          filter_chains:
          - filters:
            - name: hcm
              typed_config:
                '@type': type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
                stat_prefix: main
                route_config:
                  virtual_hosts:
                  - name: v
                    domains: ['*']
                    routes:
                    - match: {prefix: /}
                      direct_response: {status: 200, body: {inline_string: hello}}
                http_filters:
                - name: envoy.filters.http.router
                  typed_config:
                    '@type': type.googleapis.com/envoy.extensions.filters.http.router.v3.Router
      """;

  @Test
  void start_goodBootstrap_servesAndWarnsOfNothing() throws IOException, InterruptedException {
    try (var envoy = EnvoyProcess.start(BOOTSTRAP);
        var client = HttpClient.newHttpClient()) {
      var response =
          client.send(
              HttpRequest.newBuilder(
                      URI.create("http://127.0.0.1:" + envoy.admin().listenerPort("main")))
                  .build(),
              HttpResponse.BodyHandlers.ofString());
      assertThat(response.body()).isEqualTo("hello");
      assertThat(envoy.admin().stat("http.main.downstream_rq_2xx")).isEqualTo(1);
      assertThat(envoy.admin().configDump().path("configs")).isNotEmpty();
      assertThat(envoy.warnings()).isEmpty();
    }
  }

  @Test
  void start_twoAtOnce_bothLive() {
    try (var one = EnvoyProcess.start(BOOTSTRAP, EnvoyProcess.Options.DEFAULTS.withConcurrency(1));
        var other = EnvoyProcess.start(BOOTSTRAP)) {
      assertThat(one.admin().isReady()).isTrue();
      assertThat(other.admin().stat("server.concurrency")).isEqualTo(2);
    }
  }

  @Test
  void start_badBootstrap_throwsWithTheLog() {
    assertThatThrownBy(() -> EnvoyProcess.start("admin: {addres: 1}"))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("addres");
  }

  @Test
  void pauseResumeKill_reachThisProcess() {
    try (var envoy = EnvoyProcess.start(BOOTSTRAP)) {
      envoy.pause();
      envoy.resume();
      envoy.awaitReady(Duration.ofSeconds(5));
      envoy.kill();
      assertThat(envoy.isAlive()).isFalse();
    }
  }

  @Test
  void close_whilePaused_endsIt() {
    var envoy = EnvoyProcess.start(BOOTSTRAP);
    envoy.pause();
    envoy.close();
    assertThat(envoy.handle().isAlive()).isFalse();
  }
}

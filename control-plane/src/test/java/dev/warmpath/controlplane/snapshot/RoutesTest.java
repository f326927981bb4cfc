package dev.warmpath.controlplane.snapshot;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmpath.config.v1.Config;
import dev.warmpath.config.v1.Envoy;
import io.envoyproxy.envoy.config.route.v3.RetryPolicy;
import io.envoyproxy.envoy.config.route.v3.Route;
import io.envoyproxy.envoy.config.route.v3.RouteAction.HashPolicy;
import io.envoyproxy.envoy.config.route.v3.RouteConfiguration;
import io.envoyproxy.envoy.extensions.filters.http.buffer.v3.BufferPerRoute;
import io.envoyproxy.envoy.extensions.filters.http.ext_proc.v3.ExtProcPerRoute;
import io.envoyproxy.envoy.extensions.filters.http.ext_proc.v3.ProcessingMode;
import io.envoyproxy.envoy.extensions.filters.http.ext_proc.v3.ProcessingMode.BodySendMode;
import io.envoyproxy.envoy.extensions.filters.http.ext_proc.v3.ProcessingMode.HeaderSendMode;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RoutesTest {
  private static final int LIMIT = 4_194_304;
  private static final Snapshot SMALL = Fixtures.snapshot(Fixtures.small());

  private static Snapshot refusing() {
    return Fixtures.snapshot(
        Fixtures.small().toBuilder()
            .setEnvoy(Fixtures.small().getEnvoy().toBuilder().setOversize(Envoy.Oversize.REFUSE))
            .build());
  }

  private static ExtProcPerRoute decide(Route route) {
    return Fixtures.unpack(
        route.getTypedPerFilterConfigOrThrow("warmpath.decide"), ExtProcPerRoute.class);
  }

  @Test
  void routes_order_isThatOfTheFileAndBySize() {
    assertThat(Fixtures.routes(SMALL))
        .extracting(Route::getName)
        .containsExactly(
            "claude/oversize", "claude/chunked", "claude", "chat/oversize", "chat/chunked", "chat");
  }

  @Test
  void routes_unknownCluster_wouldBeRefusedByEnvoy() {
    var routes =
        Fixtures.unpack(
            SMALL.of(XdsType.ROUTE).byName().firstEntry().getValue(), RouteConfiguration.class);

    assertThat(routes.getValidateClusters().getValue()).isTrue();
    assertThat(routes.getVirtualHosts(0).getDomainsList()).containsExactly("*");
  }

  @Test
  void match_pathAndHeaders_areExact() {
    Config config =
        Fixtures.config(
            Fixtures.SMALL
                + """
                - id: beta
                  path_prefix: /beta
                  headers: {x-b: "2", x-a: "1"}
                  pool: llama
                """);
    var match = Fixtures.route(Fixtures.snapshot(config), "beta").getMatch();

    assertThat(match.getPrefix()).isEqualTo("/beta");
    assertThat(match.getHeadersList())
        .extracting(header -> header.getName() + "=" + header.getStringMatch().getExact())
        .containsExactly("x-a=1", "x-b=2");
  }

  @Test
  void normal_bufferLimit_hasRoomForEdits() {
    Route route = Fixtures.route(SMALL, "chat");

    assertThat(Fixtures.bufferLimit(route)).isEqualTo(LIMIT + 65_536L);
    assertThat(route.getTypedPerFilterConfigMap()).isEmpty();
    assertThat(route.getRequestHeadersToRemoveList()).containsExactly("accept-encoding");
  }

  @Test
  void oversize_pass_bodyIsNotSentToTheService() {
    Route route = Fixtures.route(SMALL, "chat/oversize");
    var length = route.getMatch().getHeaders(0);

    assertThat(length.getName()).isEqualTo("content-length");
    assertThat(length.getRangeMatch().getStart()).isEqualTo(LIMIT + 1L);
    assertThat(length.getRangeMatch().getEnd()).isEqualTo(Long.MAX_VALUE);
    var mode = decide(route).getOverrides().getProcessingMode();
    assertThat(mode.getRequestBodyMode()).isEqualTo(BodySendMode.NONE);
    assertThat(mode.getRequestHeaderMode()).isEqualTo(HeaderSendMode.SEND);
    assertThat(mode.getResponseHeaderMode()).isEqualTo(HeaderSendMode.SKIP);
    assertThat(route.getRoute()).isEqualTo(Fixtures.route(SMALL, "chat").getRoute());
  }

  @Test
  void chunked_pass_onlyTheBeginningIsRead() {
    Route route = Fixtures.route(SMALL, "chat/chunked");

    assertThat(route.getMatch().getHeaders(0).getPresentMatch()).isFalse();
    assertThat(route.getMatch().getHeaders(0).hasPresentMatch()).isTrue();
    assertThat(decide(route).getOverrides().getProcessingMode().getRequestBodyMode())
        .isEqualTo(BodySendMode.BUFFERED_PARTIAL);
    assertThat(Fixtures.bufferLimit(route)).isEqualTo(LIMIT);
  }

  @Test
  void streamUsage_active_sendsTheResponsesOfRequestsThatCanBeEdited() {
    for (String mode : List.of("off", "forecast", "active")) {
      Config config =
          Fixtures.config(
              Fixtures.SMALL
                  + "- {id: asked, headers: {x-a: b}, pool: llama, stream_usage: %s}\n"
                      .formatted(mode));
      Snapshot snapshot = Fixtures.snapshot(config);
      Route route = Fixtures.route(snapshot, "asked");
      if (!mode.equals("active")) {
        assertThat(route.getTypedPerFilterConfigMap()).doesNotContainKey("warmpath.decide");
        continue;
      }
      ProcessingMode asked = decide(route).getOverrides().getProcessingMode();
      assertThat(asked.getRequestHeaderMode()).isEqualTo(HeaderSendMode.SEND);
      assertThat(asked.getRequestBodyMode()).isEqualTo(BodySendMode.BUFFERED);
      assertThat(asked.getResponseHeaderMode()).isEqualTo(HeaderSendMode.SEND);
      assertThat(asked.getResponseBodyMode()).isEqualTo(BodySendMode.STREAMED);
      for (String name : List.of("asked/chunked", "asked/oversize", "chat/chunked")) {
        ProcessingMode other =
            decide(Fixtures.route(snapshot, name)).getOverrides().getProcessingMode();
        assertThat(other.getResponseHeaderMode()).as(name).isEqualTo(HeaderSendMode.SKIP);
        assertThat(other.getResponseBodyMode()).as(name).isEqualTo(BodySendMode.NONE);
      }
    }
  }

  @Test
  void oversize_refuse_isAnsweredBy413WithoutTheService() {
    Route route = Fixtures.route(refusing(), "chat/oversize");

    assertThat(route.getDirectResponse().getStatus()).isEqualTo(413);
    assertThat(route.getDirectResponse().getBody().getInlineString())
        .contains("larger than 4194304 bytes");
    assertThat(decide(route).getDisabled()).isTrue();
  }

  @Test
  void chunked_refuse_isBufferedByEnvoyItself() {
    Route route = Fixtures.route(refusing(), "chat/chunked");
    var buffer =
        Fixtures.unpack(
            route.getTypedPerFilterConfigOrThrow("envoy.filters.http.buffer"),
            BufferPerRoute.class);

    assertThat(buffer.getBuffer().getMaxRequestBytes().getValue()).isEqualTo(LIMIT);
    assertThat(route.getTypedPerFilterConfigMap()).doesNotContainKey("warmpath.decide");
  }

  @ParameterizedTest
  @CsvSource({
    "ROOT,         x-warmpath-key-root x-session-id",
    "CONVERSATION, x-warmpath-key-conversation x-session-id",
    "SESSION,      x-session-id",
    "NONE,         ''",
  })
  void hash_eachKey_isTerminalAndFallsBackOnTheSession(HashKey key, String headers) {
    Config config = Fixtures.small();
    Snapshot snapshot =
        SnapshotBuilder.build(config, Decisions.of(config).withHashKey("chat", key));

    for (String name : List.of("chat", "chat/oversize", "chat/chunked")) {
      List<HashPolicy> policies = Fixtures.route(snapshot, name).getRoute().getHashPolicyList();
      assertThat(policies).allMatch(HashPolicy::getTerminal);
      assertThat(policies.stream().map(policy -> policy.getHeader().getHeaderName()))
          .containsExactly(headers.isEmpty() ? new String[0] : headers.split(" ", -1));
    }
  }

  @Test
  void timeouts_streams_endBySilenceOnly() {
    for (String name : List.of("chat", "claude")) {
      var action = Fixtures.route(SMALL, name).getRoute();
      assertThat(action.hasTimeout()).isTrue();
      assertThat(action.getTimeout().getSeconds()).isZero();
      assertThat(action.getIdleTimeout().getSeconds()).isEqualTo(300);
    }
  }

  @Test
  void retry_pool_takesTheNextEndpointBeforeResponseHeaders() {
    RetryPolicy retry = Fixtures.route(SMALL, "chat").getRoute().getRetryPolicy();

    assertThat(retry.getRetryOn().split(",", -1))
        .containsExactlyInAnyOrder(
            "connect-failure", "refused-stream", "reset", "retriable-status-codes");
    assertThat(retry.getRetriableStatusCodesList()).containsExactly(502, 503, 504);
    assertThat(retry.getNumRetries().getValue()).isEqualTo(1);
    assertThat(retry.getPerTryIdleTimeout())
        .isEqualTo(Fixtures.small().getPools(0).getPerTryIdleTimeout());
    assertThat(retry.getRetryHostPredicate(0).getName())
        .isEqualTo("envoy.retry_host_predicates.previous_hosts");
  }

  @ParameterizedTest
  @CsvSource({"1, 1", "2, 1", "3, 2", "8, 7"})
  void retry_pool_asManyAsThePlanLists(int listed, int retries) {
    Config config =
        Fixtures.small().toBuilder()
            .setPools(0, Fixtures.small().getPools(0).toBuilder().setListedEndpoints(listed))
            .build();

    assertThat(
            Fixtures.route(Fixtures.snapshot(config), "chat")
                .getRoute()
                .getRetryPolicy()
                .getNumRetries()
                .getValue())
        .isEqualTo(retries);
  }

  @Test
  void retry_provider_repeatsNothingThatMayBeBilled() {
    RetryPolicy retry = Fixtures.route(SMALL, "claude").getRoute().getRetryPolicy();

    assertThat(retry.getRetryOn().split(",", -1))
        .containsExactlyInAnyOrder("connect-failure", "refused-stream", "retriable-status-codes");
    assertThat(retry.getRetriableStatusCodesList()).containsExactly(429, 529);
    assertThat(retry.getRateLimitedRetryBackOff().getResetHeaders(0).getName())
        .isEqualTo("retry-after");
    assertThat(retry.hasPerTryIdleTimeout()).isFalse();
  }

  @ParameterizedTest
  @CsvSource({
    "api.example:443,  false, api.example",
    "api.example:8443, false, api.example:8443",
    "127.0.0.1:80,     true,  127.0.0.1",
    "127.0.0.1:8080,   true,  127.0.0.1:8080",
  })
  void provider_host_isItsOwnWithoutTheDefaultPort(String address, boolean plaintext, String host) {
    Config config =
        Fixtures.small().toBuilder()
            .setProviders(
                0,
                Fixtures.small().getProviders(0).toBuilder()
                    .setAddress(address)
                    .setPlaintext(plaintext))
            .build();
    var action = Fixtures.route(Fixtures.snapshot(config), "claude").getRoute();

    assertThat(action.getHostRewriteLiteral()).isEqualTo(host);
    assertThat(action.getCluster()).isEqualTo("claude");
    assertThat(action.getHashPolicyList()).isEmpty();
  }
}

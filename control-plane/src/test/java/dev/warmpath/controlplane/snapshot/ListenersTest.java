package dev.warmpath.controlplane.snapshot;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Duration;
import com.google.protobuf.UnknownFieldSet;
import dev.warmpath.config.v1.Config;
import dev.warmpath.config.v1.Tenant;
import dev.warmpath.config.v1.Tls;
import io.envoyproxy.envoy.config.common.mutation_rules.v3.HeaderMutation;
import io.envoyproxy.envoy.extensions.access_loggers.file.v3.FileAccessLog;
import io.envoyproxy.envoy.extensions.access_loggers.grpc.v3.HttpGrpcAccessLogConfig;
import io.envoyproxy.envoy.extensions.filters.http.ext_proc.v3.ExternalProcessor;
import io.envoyproxy.envoy.extensions.filters.http.ext_proc.v3.ProcessingMode.BodySendMode;
import io.envoyproxy.envoy.extensions.filters.http.ext_proc.v3.ProcessingMode.HeaderSendMode;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpFilter;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext;
import io.envoyproxy.envoy.type.matcher.v3.StringMatcher;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class ListenersTest {
  private static HttpConnectionManager manager(Config config) {
    return Fixtures.manager(Fixtures.snapshot(config));
  }

  private static ExternalProcessor decide(Config config) {
    return Fixtures.filter(
        manager(config).getHttpFiltersList(), "warmpath.decide", ExternalProcessor.class);
  }

  /** What is removed: names, and prefixes with a star. */
  static List<String> removed(List<HttpFilter> filters, String name) throws Exception {
    var removed = new ArrayList<String>();
    for (HeaderMutation mutation :
        Fixtures.filter(
                filters,
                name,
                io.envoyproxy.envoy.extensions.filters.http.header_mutation.v3.HeaderMutation.class)
            .getMutations()
            .getRequestMutationsList()) {
      if (mutation.hasRemove()) {
        removed.add(mutation.getRemove());
      } else {
        var onMatch =
            UnknownFieldSet.parseFrom(
                mutation.getUnknownFields().getField(3).getLengthDelimitedList().getFirst());
        removed.add(
            StringMatcher.parseFrom(onMatch.getField(1).getLengthDelimitedList().getFirst())
                    .getPrefix()
                + "*");
      }
    }
    return removed;
  }

  @Test
  void filters_order_stripsFirstAndWatchesLast() {
    assertThat(manager(Fixtures.small()).getHttpFiltersList())
        .extracting(HttpFilter::getName)
        .containsExactly(
            "warmpath.strip",
            "envoy.filters.http.buffer",
            "warmpath.decide",
            "warmpath.watch",
            "envoy.filters.http.router");
  }

  @Test
  void strip_reservedAndTenantHeader_areRemoved() throws Exception {
    Config config =
        Fixtures.small().toBuilder()
            .setTenant(Tenant.newBuilder().setAuthenticatedHeader("x-tenant"))
            .build();

    assertThat(removed(manager(config).getHttpFiltersList(), "warmpath.strip"))
        .containsExactly("x-gateway-destination-endpoint", "x-warmpath-*", "x-envoy-*", "x-tenant");
  }

  @Test
  void decide_modes_bufferTheBodyAndSendHeaders() {
    ExternalProcessor decide = decide(Fixtures.small());

    assertThat(decide.getFailureModeAllow()).isTrue();
    assertThat(decide.getGrpcService().getEnvoyGrpc().getClusterName())
        .isEqualTo("warmpath_decide");
    assertThat(decide.getProcessingMode().getRequestHeaderMode()).isEqualTo(HeaderSendMode.SEND);
    assertThat(decide.getProcessingMode().getRequestBodyMode()).isEqualTo(BodySendMode.BUFFERED);
    assertThat(decide.getProcessingMode().getResponseHeaderMode()).isEqualTo(HeaderSendMode.SKIP);
    assertThat(decide.getProcessingMode().getResponseBodyMode()).isEqualTo(BodySendMode.NONE);
    assertThat(decide.getMessageTimeout()).isEqualTo(Messages.millis(100));
    assertThat(decide.getAllowModeOverride()).isFalse();
    assertThat(decide.getRouteCacheAction()).isEqualTo(ExternalProcessor.RouteCacheAction.RETAIN);
    assertThat(decide.getRequestAttributesList()).contains("xds.route_name", "xds.cluster_name");
    assertThat(decide.getMetadataOptions().getReceivingNamespaces().getUntypedList())
        .containsExactly("warmpath", "envoy.lb");
  }

  @Test
  void decide_mutations_allowOurHeadersAndNothingElse() {
    var rules = decide(Fixtures.small()).getMutationRules();
    Pattern allowed = Pattern.compile(rules.getAllowExpression().getRegex());

    assertThat(rules.getDisallowAll().getValue()).isTrue();
    assertThat(rules.hasDisallowIsError()).isFalse();
    assertThat(
            List.of(
                "x-warmpath-key-root",
                "x-warmpath-key-conversation",
                "x-gateway-destination-endpoint",
                "x-grok-conv-id",
                "x-session-affinity",
                "content-length"))
        .allMatch(name -> allowed.matcher(name).matches());
    assertThat(
            List.of(
                "authorization",
                ":path",
                "host",
                "x-warmpath-key",
                "x-warmpath-other",
                "x-session-id",
                "cookie"))
        .noneMatch(name -> allowed.matcher(name).matches());
  }

  @Test
  void decide_credentials_staySecret() {
    Config config =
        Fixtures.small().toBuilder()
            .setProviders(
                0,
                Fixtures.small().getProviders(0).toBuilder()
                    .setCredentialHeader("x-own-credential"))
            .build();

    assertThat(hidden(config))
        .contains("authorization", "x-api-key", "cookie", "x-own-credential")
        .isSorted();
  }

  @Test
  void decide_tenantByApiKey_seesThatHeaderOnly() {
    Config config =
        Fixtures.small().toBuilder()
            .setTenant(Tenant.newBuilder().setApiKeyHeader("authorization"))
            .build();

    assertThat(hidden(config)).doesNotContain("authorization").contains("x-api-key", "cookie");
  }

  private static List<String> hidden(Config config) {
    return decide(config).getForwardRules().getDisallowedHeaders().getPatternsList().stream()
        .map(StringMatcher::getExact)
        .toList();
  }

  @Test
  void watch_observes_andCanTouchNothing() {
    ExternalProcessor watch =
        Fixtures.filter(
            manager(Fixtures.small()).getHttpFiltersList(),
            "warmpath.watch",
            ExternalProcessor.class);

    assertThat(watch.getObservabilityMode()).isTrue();
    assertThat(watch.getFailureModeAllow()).isTrue();
    assertThat(watch.getGrpcService().getEnvoyGrpc().getClusterName()).isEqualTo("warmpath_watch");
    assertThat(watch.getProcessingMode().getRequestHeaderMode()).isEqualTo(HeaderSendMode.SKIP);
    assertThat(watch.getProcessingMode().getRequestBodyMode()).isEqualTo(BodySendMode.NONE);
    assertThat(watch.getProcessingMode().getResponseHeaderMode()).isEqualTo(HeaderSendMode.SEND);
    assertThat(watch.getProcessingMode().getResponseBodyMode()).isEqualTo(BodySendMode.STREAMED);
    assertThat(watch.getDeferredCloseTimeout()).isEqualTo(Messages.millis(300));
    assertThat(watch.getResponseAttributesList())
        .contains("upstream.address", "response.code", "upstream.request_attempt_count");
    assertThat(watch.getMetadataOptions().getForwardingNamespaces().getUntypedList())
        .containsExactly("warmpath", "envoy.lb");
  }

  @Test
  void accessLog_always_goesToTheServiceAndToAFileIfNamed() {
    HttpConnectionManager manager = manager(Fixtures.small());
    assertThat(manager.getAccessLogList()).hasSize(1);
    var grpc =
        Fixtures.unpack(manager.getAccessLog(0).getTypedConfig(), HttpGrpcAccessLogConfig.class)
            .getCommonConfig();
    assertThat(grpc.getLogName()).isEqualTo("warmpath");
    assertThat(grpc.getGrpcService().getEnvoyGrpc().getClusterName()).isEqualTo("warmpath_watch");
    assertThat(grpc.getBufferFlushInterval()).isEqualTo(Messages.millis(100));

    Config config =
        Fixtures.small().toBuilder()
            .setEnvoy(Fixtures.small().getEnvoy().toBuilder().setAccessLogFile("/dev/stdout"))
            .build();
    var file =
        Fixtures.unpack(manager(config).getAccessLog(1).getTypedConfig(), FileAccessLog.class);
    assertThat(file.getPath()).isEqualTo("/dev/stdout");
    assertThat(file.getLogFormat().getJsonFormat().getFieldsOrThrow("path").getStringValue())
        .as("a query may carry an API key")
        .isEqualTo("%PATH(NQ)%");
  }

  @Test
  void manager_hardening_isOn() {
    HttpConnectionManager manager = manager(Fixtures.small());

    assertThat(manager.getUseRemoteAddress().getValue()).isTrue();
    assertThat(manager.getNormalizePath().getValue()).isTrue();
    assertThat(manager.getMergeSlashes()).isFalse();
    assertThat(manager.getStreamIdleTimeout())
        .isEqualTo(Duration.newBuilder().setSeconds(300).build());
    assertThat(manager.getRequestHeadersTimeout().getSeconds()).isEqualTo(10);
    assertThat(manager.hasRequestTimeout()).as("would cut streams of tokens").isFalse();
  }

  @Test
  void tls_withAuthorities_demandsClientCertificatesAndNamesOnlyFiles() {
    Config config =
        Fixtures.small().toBuilder()
            .setEnvoy(
                Fixtures.small().getEnvoy().toBuilder()
                    .setListenerTls(
                        Tls.newBuilder()
                            .setCertificateFile("/tls/crt")
                            .setPrivateKeyFile("/tls/key")
                            .setTrustedCaFile("/tls/ca")))
            .build();
    Snapshot snapshot = Fixtures.snapshot(config);
    var context =
        Fixtures.tls(
            Fixtures.listener(snapshot).getFilterChains(0).getTransportSocket(),
            DownstreamTlsContext.class);

    assertThat(context.getRequireClientCertificate().getValue()).isTrue();
    assertThat(context.getCommonTlsContext().getAlpnProtocolsList())
        .containsExactly("h2", "http/1.1");
    assertThat(
            Fixtures.secret(snapshot, "listener/certificate")
                .getTlsCertificate()
                .getPrivateKey()
                .getFilename())
        .isEqualTo("/tls/key");
    assertThat(
            Fixtures.secret(snapshot, "listener/authorities")
                .getValidationContext()
                .getTrustedCa()
                .getFilename())
        .isEqualTo("/tls/ca");
    assertThat(Fixtures.listener(Fixtures.snapshot(Fixtures.small())).getFilterChains(0))
        .matches(chain -> !chain.hasTransportSocket());
  }
}

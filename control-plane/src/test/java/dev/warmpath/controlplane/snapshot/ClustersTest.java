package dev.warmpath.controlplane.snapshot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.warmpath.config.v1.AwsSigning;
import dev.warmpath.config.v1.Config;
import dev.warmpath.config.v1.Tls;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.cluster.v3.LoadBalancingPolicy;
import io.envoyproxy.envoy.config.core.v3.HealthStatus;
import io.envoyproxy.envoy.config.endpoint.v3.LbEndpoint;
import io.envoyproxy.envoy.extensions.clusters.dns.v3.DnsCluster;
import io.envoyproxy.envoy.extensions.filters.http.aws_request_signing.v3.AwsRequestSigning;
import io.envoyproxy.envoy.extensions.filters.http.credential_injector.v3.CredentialInjector;
import io.envoyproxy.envoy.extensions.http.injected_credentials.generic.v3.Generic;
import io.envoyproxy.envoy.extensions.load_balancing_policies.maglev.v3.Maglev;
import io.envoyproxy.envoy.extensions.load_balancing_policies.override_host.v3.OverrideHost;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ClustersTest {
  private static final Snapshot SMALL = Fixtures.snapshot(Fixtures.small());

  private static OverrideHost overrideHost(Snapshot snapshot) {
    return Fixtures.unpack(
        policy(Fixtures.cluster(snapshot, "llama").getLoadBalancingPolicy()).getTypedConfig(),
        OverrideHost.class);
  }

  private static io.envoyproxy.envoy.config.core.v3.TypedExtensionConfig policy(
      LoadBalancingPolicy policy) {
    assertThat(policy.getPoliciesList()).hasSize(1);
    return policy.getPolicies(0).getTypedExtensionConfig();
  }

  @Test
  void pool_endpointsPicked_comeByMetadataAndAreWrittenDown() {
    OverrideHost overrideHost = overrideHost(SMALL);

    assertThat(overrideHost.getOverrideHostSourcesList()).hasSize(1);
    var source = overrideHost.getOverrideHostSources(0);
    assertThat(source.getHeader()).as("a client could forge it").isEmpty();
    assertThat(source.getMetadata().getKey()).isEqualTo("envoy.lb");
    assertThat(source.getMetadata().getPath(0).getKey())
        .isEqualTo("x-gateway-destination-endpoint");
    assertThat(overrideHost.getSelectedHostKey().getPath(0).getKey())
        .isEqualTo("x-gateway-destination-endpoint-served");
  }

  @Test
  void pool_fallback_isMaglevOfBoundedLoad() {
    var maglev =
        Fixtures.unpack(
            policy(overrideHost(SMALL).getFallbackPolicy()).getTypedConfig(), Maglev.class);

    assertThat(maglev.getTableSize().getValue()).isEqualTo(65_537);
    assertThat(maglev.getConsistentHashingLbConfig().getHashBalanceFactor().getValue())
        .isEqualTo(150);
  }

  @Test
  void pool_noRouteHashes_fallbackIsLeastRequest() {
    Config config = Fixtures.small();
    Snapshot snapshot =
        SnapshotBuilder.build(config, Decisions.of(config).withHashKey("chat", HashKey.NONE));

    assertThat(policy(overrideHost(snapshot).getFallbackPolicy()).getName())
        .isEqualTo("envoy.load_balancing_policies.least_request");
  }

  @Test
  void pool_keyThatTheLoopMayChoose_fallbackIsMaglevWithoutAKeyToo() {
    Config config = Fixtures.config(Fixtures.SMALL + "loops: {hash_key: ACTIVE}\n");
    Snapshot snapshot =
        SnapshotBuilder.build(config, Decisions.of(config).withHashKey("chat", HashKey.NONE));

    assertThat(policy(overrideHost(snapshot).getFallbackPolicy()).getName())
        .isEqualTo("envoy.load_balancing_policies.maglev");
    assertThat(Fixtures.route(snapshot, "chat").getRoute().getHashPolicyCount()).isZero();
  }

  @Test
  void pool_oneOfTwoRoutesHashes_fallbackIsMaglev() {
    Config config =
        Fixtures.config(
            Fixtures.SMALL
                + """
                - id: other
                  path_prefix: /other
                  pool: llama
                  hash_key: none
                """);

    assertThat(policy(overrideHost(Fixtures.snapshot(config)).getFallbackPolicy()).getName())
        .isEqualTo("envoy.load_balancing_policies.maglev");
  }

  @Test
  void pool_cluster_survivesDeathsAndRemovals() {
    Cluster cluster = Fixtures.cluster(SMALL, "llama");

    assertThat(cluster.getType()).isEqualTo(Cluster.DiscoveryType.EDS);
    assertThat(cluster.getIgnoreHealthOnHostRemoval()).isTrue();
    assertThat(cluster.getCloseConnectionsOnHostHealthFailure()).isFalse();
    assertThat(cluster.getCommonLbConfig().getCloseConnectionsOnHostSetChange()).isFalse();
    assertThat(cluster.getCommonLbConfig().getHealthyPanicThreshold().getValue()).isEqualTo(1);
    assertThat(cluster.getCircuitBreakers().getThresholds(0).getMaxRequests().getValue())
        .isEqualTo(20_000);
    assertThat(cluster.getCircuitBreakers().getThresholds(0).getMaxRetries().getValue())
        .isEqualTo(20_000);
    assertThat(cluster.getOutlierDetection().getEnforcingConsecutive5Xx().getValue()).isZero();
  }

  @Test
  void pool_upstream_seesNoReservedHeader() throws Exception {
    var filters = Fixtures.http(Fixtures.cluster(SMALL, "llama")).getHttpFiltersList();

    assertThat(ListenersTest.removed(filters, "warmpath.strip_upstream"))
        .containsExactly("x-gateway-destination-endpoint", "x-warmpath-*");
    assertThat(filters.getLast().getName()).isEqualTo("envoy.filters.http.upstream_codec");
  }

  @Test
  void endpoints_decisions_becomeWeightHealthAndStableIdentity() {
    Config config = Fixtures.small();
    Decisions decisions =
        Decisions.of(config)
            .withWeight("llama", "b", 1234)
            .withHealth("llama", "a", Health.UNHEALTHY)
            .withHealth("llama", "b", Health.DRAINING);
    List<LbEndpoint> endpoints =
        Fixtures.assignment(SnapshotBuilder.build(config, decisions), "llama")
            .getEndpoints(0)
            .getLbEndpointsList();

    assertThat(endpoints)
        .extracting(ClustersTest::hashKey)
        .as("in the order of the ids")
        .containsExactly("a", "b");
    assertThat(endpoints)
        .extracting(LbEndpoint::getHealthStatus)
        .containsExactly(HealthStatus.UNHEALTHY, HealthStatus.DRAINING);
    assertThat(endpoints)
        .extracting(endpoint -> endpoint.getLoadBalancingWeight().getValue())
        .containsExactly(2000, 1234);
    assertThat(endpoints.getFirst().getEndpoint().getAddress().getSocketAddress().getAddress())
        .isEqualTo("10.0.0.1");
  }

  private static String hashKey(LbEndpoint endpoint) {
    var metadata = endpoint.getMetadata().getFilterMetadataOrThrow("envoy.lb");
    assertThat(metadata.getFieldsOrThrow("id")).isEqualTo(metadata.getFieldsOrThrow("hash_key"));
    return metadata.getFieldsOrThrow("hash_key").getStringValue();
  }

  @ParameterizedTest
  @CsvSource({
    "1, 65537",
    "10, 65537",
    "11, 130003",
    "20, 130003",
    "100, 650011",
    "101, 655373",
    "1000, 655373"
  })
  void maglev_tableSize_isAPrimeThatSeldomChanges(int endpoints, int size) {
    assertThat(MaglevTable.size(endpoints)).isEqualTo(size);
  }

  @Test
  void provider_byName_isVerifiedAgainstIt() {
    Cluster cluster = Fixtures.cluster(SMALL, "claude");
    var tls = Fixtures.tls(cluster.getTransportSocket(), UpstreamTlsContext.class);

    assertThat(tls.getSni()).isEqualTo("api.anthropic.example");
    assertThat(tls.getAutoSniSanValidation()).isTrue();
    assertThat(
            Fixtures.secret(SMALL, "provider/claude/authorities")
                .getValidationContext()
                .getTrustedCa()
                .getFilename())
        .isEqualTo("/etc/ssl/certs/ca-certificates.crt");
    assertThat(cluster.getClusterType().getName()).isEqualTo("envoy.clusters.dns");
    assertThat(
            Fixtures.unpack(cluster.getClusterType().getTypedConfig(), DnsCluster.class)
                .getAllAddressesInSingleEndpoint())
        .isTrue();
  }

  @Test
  void provider_byIp_isVerifiedAgainstTheAddressWithoutSni() {
    Config config =
        Fixtures.small().toBuilder()
            .setProviders(
                0, Fixtures.small().getProviders(0).toBuilder().setAddress("192.0.2.1:443"))
            .build();
    var tls =
        Fixtures.tls(
            Fixtures.cluster(Fixtures.snapshot(config), "claude").getTransportSocket(),
            UpstreamTlsContext.class);

    assertThat(tls.getSni()).isEmpty();
    assertThat(
            tls.getCommonTlsContext()
                .getCombinedValidationContext()
                .getDefaultValidationContext()
                .getMatchTypedSubjectAltNames(0)
                .getMatcher()
                .getExact())
        .isEqualTo("192.0.2.1");
  }

  @Test
  void provider_credential_isInjectedFromAFileAfterTheClientsIsGone() throws Exception {
    var filters = Fixtures.http(Fixtures.cluster(SMALL, "claude")).getHttpFiltersList();
    var injector =
        Fixtures.filter(
            filters, "envoy.filters.http.credential_injector", CredentialInjector.class);
    var generic = Fixtures.unpack(injector.getCredential().getTypedConfig(), Generic.class);

    assertThat(injector.getOverwrite()).isTrue();
    assertThat(injector.getAllowRequestWithoutCredential()).isFalse();
    assertThat(generic.getHeader()).isEqualTo("x-api-key");
    assertThat(
            Fixtures.secret(SMALL, generic.getCredential().getName())
                .getGenericSecret()
                .getSecret()
                .getFilename())
        .isEqualTo("/secrets/claude");
    assertThat(ListenersTest.removed(filters, "warmpath.strip_upstream"))
        .contains("x-warmpath-*", "x-forwarded-*", "authorization", "x-goog-api-key")
        .doesNotContain("x-api-key");
    assertThat(filters)
        .extracting(filter -> filter.getName())
        .containsExactly(
            "warmpath.strip_upstream",
            "envoy.filters.http.credential_injector",
            "envoy.filters.http.upstream_codec");
  }

  @Test
  void provider_awsSigning_signsLastAndTheClientsCredentialIsGone() throws Exception {
    Config config =
        Fixtures.small().toBuilder()
            .setProviders(
                0,
                Fixtures.small().getProviders(0).toBuilder()
                    .clearCredentialFile()
                    .setAwsSigning(
                        AwsSigning.newBuilder()
                            .setRegion("eu-west-1")
                            .setService("bedrock")
                            .setCredentialsFile("/secrets/aws")
                            .setProfile("models")))
            .build();

    var filters =
        Fixtures.http(Fixtures.cluster(Fixtures.snapshot(config), "claude")).getHttpFiltersList();

    var signing =
        Fixtures.filter(filters, "envoy.filters.http.aws_request_signing", AwsRequestSigning.class);
    assertThat(signing.getServiceName()).isEqualTo("bedrock");
    assertThat(signing.getRegion()).isEqualTo("eu-west-1");
    assertThat(signing.getUseUnsignedPayload()).isFalse();
    var file = signing.getCredentialProvider().getCredentialsFileProvider();
    assertThat(file.getCredentialsDataSource().getFilename()).isEqualTo("/secrets/aws");
    assertThat(file.getProfile()).isEqualTo("models");
    assertThat(ListenersTest.removed(filters, "warmpath.strip_upstream"))
        .contains("authorization", "x-api-key", "x-amz-*");
    assertThat(filters)
        .extracting(filter -> filter.getName())
        .containsExactly(
            "warmpath.strip_upstream",
            "envoy.filters.http.aws_request_signing",
            "envoy.filters.http.upstream_codec");
  }

  @Test
  void provider_plaintext_hasNoTls() {
    Config config =
        Fixtures.small().toBuilder()
            .setProviders(
                0,
                Fixtures.small().getProviders(0).toBuilder()
                    .setAddress("127.0.0.1:8080")
                    .setPlaintext(true)
                    .clearCredentialFile())
            .build();
    Snapshot snapshot = Fixtures.snapshot(config);
    Cluster cluster = Fixtures.cluster(snapshot, "claude");

    assertThat(cluster.hasTransportSocket()).isFalse();
    assertThat(snapshot.of(XdsType.SECRET).byName()).isEmpty();
    assertThat(Fixtures.http(cluster).getHttpFiltersList()).hasSize(2);
  }

  @ParameterizedTest
  @ValueSource(strings = {"warmpath_decide", "warmpath_watch"})
  void extProc_cluster_diesWell(String name) {
    Cluster cluster = Fixtures.cluster(SMALL, name);
    var health = cluster.getHealthChecks(0);
    var keepalive =
        Fixtures.http(cluster)
            .getExplicitHttpConfig()
            .getHttp2ProtocolOptions()
            .getConnectionKeepalive();

    assertThat(health.getInterval()).isEqualTo(Messages.millis(50));
    assertThat(health.getTimeout()).isEqualTo(Messages.millis(50));
    assertThat(health.getNoTrafficInterval()).isEqualTo(Messages.millis(50));
    assertThat(health.getUnhealthyThreshold().getValue()).isEqualTo(2);
    assertThat(health.getHealthyThreshold().getValue()).isEqualTo(1);
    assertThat(health.hasGrpcHealthCheck()).isTrue();
    assertThat(cluster.getCommonLbConfig().hasHealthyPanicThreshold()).isTrue();
    assertThat(cluster.getCommonLbConfig().getHealthyPanicThreshold().getValue()).isZero();
    assertThat(keepalive.getInterval()).isEqualTo(Messages.millis(100));
    assertThat(keepalive.getTimeout()).isEqualTo(Messages.millis(100));
    assertThat(keepalive.hasIntervalJitter()).isTrue();
    assertThat(cluster.getConnectTimeout()).isEqualTo(Messages.millis(50));
    assertThat(cluster.getLbPolicy()).isEqualTo(Cluster.LbPolicy.LEAST_REQUEST);
    assertThat(cluster.getCircuitBreakers().getThresholds(0).getMaxPendingRequests().getValue())
        .isEqualTo(20_000);
  }

  @Test
  void extProc_probeInterval_setsHealthCheckAndKeepalive() {
    Config config =
        Fixtures.small().toBuilder()
            .setEnvoy(
                Fixtures.small().getEnvoy().toBuilder()
                    .setExtProcProbeInterval(Messages.millis(700)))
            .build();
    Cluster cluster = Fixtures.cluster(Fixtures.snapshot(config), "warmpath_watch");
    var check = cluster.getHealthChecks(0);

    assertThat(cluster.getConnectTimeout()).isEqualTo(Messages.millis(700));
    assertThat(check.getTimeout()).isEqualTo(Messages.millis(700));
    assertThat(check.getInterval()).isEqualTo(Messages.millis(700));
    assertThat(check.getNoTrafficInterval()).isEqualTo(Messages.millis(700));
    assertThat(check.getUnhealthyInterval()).isEqualTo(Messages.millis(700));
    assertThat(Fixtures.http(cluster).getExplicitHttpConfig().getHttp2ProtocolOptions())
        .extracting(options -> options.getConnectionKeepalive().getInterval())
        .isEqualTo(Messages.millis(1400));
  }

  @Test
  void extProc_unixSocketAndTls_areSpoken() {
    Config config =
        Fixtures.small().toBuilder()
            .setEnvoy(
                Fixtures.small().getEnvoy().toBuilder()
                    .clearExtProcAddresses()
                    .addExtProcAddresses("unix:/run/warmpath.sock")
                    .addExtProcAddresses("[2001:db8::1]:9000")
                    .setExtProcTls(Tls.newBuilder().setTrustedCaFile("/tls/ca")))
            .build();
    Snapshot snapshot = Fixtures.snapshot(config);
    Cluster cluster = Fixtures.cluster(snapshot, "warmpath_decide");
    var endpoints = cluster.getLoadAssignment().getEndpoints(0).getLbEndpointsList();

    assertThat(endpoints.get(0).getEndpoint().getAddress().getSocketAddress().getAddress())
        .isEqualTo("2001:db8::1");
    assertThat(endpoints.get(1).getEndpoint().getAddress().getPipe().getPath())
        .isEqualTo("/run/warmpath.sock");
    assertThat(cluster.hasTransportSocket()).isTrue();
    assertThat(cluster.getConnectTimeout()).as("with a handshake").isEqualTo(Messages.millis(250));
    assertThat(snapshot.of(XdsType.SECRET).byName()).containsKey("ext_proc/authorities");
  }

  @Test
  void bootstrap_text_namesNodeAndControlPlane() {
    String yaml =
        EnvoyBootstrap.yaml(
            new EnvoyBootstrap.Node(
                "it's me",
                "edge",
                "127.0.0.1:9901",
                "cp.example:18000",
                Tls.newBuilder().setTrustedCaFile("/tls/ca").build()));

    assertThat(yaml)
        .contains("id: 'it''s me'")
        .contains("cluster: 'edge'")
        .contains("type: STRICT_DNS")
        .contains("sni: 'cp.example'")
        .contains("filename: '/tls/ca'")
        .contains("global_downstream_max_connections");
  }

  @Test
  void bootstrap_unsafe_isRefused() {
    Tls none = Tls.getDefaultInstance();

    assertThatThrownBy(() -> new EnvoyBootstrap.Node("n", "c", "0.0.0.0:9901", "127.0.0.1:1", none))
        .hasMessageContaining("adminAddress: 0.0.0.0:9901");
    assertThatThrownBy(
            () -> new EnvoyBootstrap.Node("n", "c", "127.0.0.1:9901", "10.0.0.1:1", none))
        .hasMessageContaining("expected: TLS");
    assertThatThrownBy(() -> new EnvoyBootstrap.Node("", "c", "127.0.0.1:1", "127.0.0.1:1", none))
        .hasMessageContaining("expected: a node id");
  }
}

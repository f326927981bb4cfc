package dev.warmpath.controlplane.snapshot;

import static dev.warmpath.controlplane.snapshot.Messages.any;
import static dev.warmpath.controlplane.snapshot.Messages.extension;
import static dev.warmpath.controlplane.snapshot.Messages.millis;
import static dev.warmpath.controlplane.snapshot.Messages.seconds;
import static dev.warmpath.controlplane.snapshot.Messages.uint32;
import static dev.warmpath.controlplane.snapshot.Messages.uint64;

import com.google.protobuf.Message;
import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import dev.warmpath.config.v1.Endpoint;
import dev.warmpath.config.v1.Pool;
import dev.warmpath.controlplane.snapshot.Decisions.EndpointDecision;
import dev.warmpath.wire.Names;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.cluster.v3.Cluster.CommonLbConfig;
import io.envoyproxy.envoy.config.cluster.v3.Cluster.EdsClusterConfig;
import io.envoyproxy.envoy.config.cluster.v3.LoadBalancingPolicy;
import io.envoyproxy.envoy.config.cluster.v3.OutlierDetection;
import io.envoyproxy.envoy.config.core.v3.HealthStatus;
import io.envoyproxy.envoy.config.core.v3.Http1ProtocolOptions;
import io.envoyproxy.envoy.config.core.v3.Metadata;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;
import io.envoyproxy.envoy.config.endpoint.v3.LbEndpoint;
import io.envoyproxy.envoy.config.endpoint.v3.LocalityLbEndpoints;
import io.envoyproxy.envoy.extensions.load_balancing_policies.common.v3.ConsistentHashingLbConfig;
import io.envoyproxy.envoy.extensions.load_balancing_policies.least_request.v3.LeastRequest;
import io.envoyproxy.envoy.extensions.load_balancing_policies.maglev.v3.Maglev;
import io.envoyproxy.envoy.extensions.load_balancing_policies.override_host.v3.OverrideHost;
import io.envoyproxy.envoy.extensions.upstreams.http.v3.HttpProtocolOptions;
import io.envoyproxy.envoy.type.metadata.v3.MetadataKey;
import io.envoyproxy.envoy.type.v3.Percent;
import java.util.Comparator;

/** The cluster of a pool, and its endpoints. */
final class PoolClusters {
  /** Metadata by which hashing knows an endpoint; keeps its keys when its address changes. */
  private static final String HASH_KEY = "hash_key";

  /** Metadata by which the observer knows it. */
  private static final String ID = "id";

  /** Where override_host tells who served. */
  private static final String SERVED = Names.DESTINATION + "-served";

  /** uvicorn, in which vLLM and SGLang run, closes a connection that was idle for 5 s. */
  private static final int IDLE_SECONDS = 4;

  private static final int CONNECT_TIMEOUT_MILLIS = 500;

  /** Load of one endpoint above the mean, in percent, at which its keys go to the next. */
  private static final int HASH_BALANCE_FACTOR = 150;

  /**
   * Below this share of healthy endpoints Envoy ignores health. Its default of 50 % would send half
   * of a pool's traffic to dead endpoints after half of them died; 0 would answer 503 when all are
   * called unhealthy, though whoever says so may be wrong. With 1 % the living get everything, and
   * if there is none, all are tried.
   */
  private static final double PANIC_PERCENT = 1;

  private PoolClusters() {}

  /**
   * @param hashed whether any route to the pool hashes or may come to; else the fallback is least
   *     requests. Both are the fallback only: what the picker lists comes first.
   */
  static Cluster cluster(Pool pool, boolean hashed) {
    return Cluster.newBuilder()
        .setName(pool.getName())
        .setType(Cluster.DiscoveryType.EDS)
        .setEdsClusterConfig(EdsClusterConfig.newBuilder().setEdsConfig(AdsSources.ads()))
        .setConnectTimeout(millis(CONNECT_TIMEOUT_MILLIS))
        .setLoadBalancingPolicy(overrideHost(hashed ? maglev(pool) : leastRequest()))
        .setCommonLbConfig(
            CommonLbConfig.newBuilder()
                .setHealthyPanicThreshold(Percent.newBuilder().setValue(PANIC_PERCENT)))
        // What EDS no longer lists is gone, even if it still answers.
        .setIgnoreHealthOnHostRemoval(true)
        .setOutlierDetection(outlierDetection())
        .setCircuitBreakers(Upstreams.circuitBreakers())
        .setUpstreamConnectionOptions(Upstreams.keepalive())
        .putTypedExtensionProtocolOptions(
            Upstreams.HTTP_OPTIONS,
            any(
                HttpProtocolOptions.newBuilder()
                    .setCommonHttpProtocolOptions(Upstreams.idleAfter(IDLE_SECONDS))
                    .setExplicitHttpConfig(
                        HttpProtocolOptions.ExplicitHttpConfig.newBuilder()
                            .setHttpProtocolOptions(Http1ProtocolOptions.getDefaultInstance()))
                    .addHttpFilters(
                        ReservedHeaders.filter(
                            "warmpath.strip_upstream", ReservedHeaders.removals()))
                    .addHttpFilters(Upstreams.codec())
                    .build()))
        .build();
  }

  /** The endpoints in the order of their ids. */
  static ClusterLoadAssignment assignment(Pool pool, Decisions decisions) {
    LocalityLbEndpoints.Builder locality = LocalityLbEndpoints.newBuilder();
    pool.getEndpointsList().stream()
        .sorted(Comparator.comparing(Endpoint::getId))
        .forEach(
            endpoint ->
                locality.addLbEndpoints(
                    endpoint(endpoint, decisions.endpoint(pool.getName(), endpoint.getId()))));
    return ClusterLoadAssignment.newBuilder()
        .setClusterName(pool.getName())
        .addEndpoints(locality)
        .build();
  }

  private static LbEndpoint endpoint(Endpoint endpoint, EndpointDecision decision) {
    Value id = Value.newBuilder().setStringValue(endpoint.getId()).build();
    return LbEndpoint.newBuilder()
        .setEndpoint(
            io.envoyproxy.envoy.config.endpoint.v3.Endpoint.newBuilder()
                .setAddress(Addresses.of(endpoint.getAddress())))
        .setLoadBalancingWeight(uint32(decision.weight()))
        .setHealthStatus(
            switch (decision.health()) {
              case HEALTHY -> HealthStatus.HEALTHY;
              case UNHEALTHY -> HealthStatus.UNHEALTHY;
              case DRAINING -> HealthStatus.DRAINING;
            })
        .setMetadata(
            Metadata.newBuilder()
                .putFilterMetadata(
                    Names.ENDPOINT_NAMESPACE,
                    Struct.newBuilder().putFields(HASH_KEY, id).putFields(ID, id).build()))
        .build();
  }

  /**
   * Takes the endpoints that the service picked, from metadata, which no client can forge; writes
   * down which one served; without a pick, or with all of it tried, uses the fallback.
   */
  private static LoadBalancingPolicy overrideHost(LoadBalancingPolicy fallback) {
    return policy(
        "envoy.load_balancing_policies.override_host",
        OverrideHost.newBuilder()
            .addOverrideHostSources(
                OverrideHost.OverrideHostSource.newBuilder()
                    .setMetadata(lbMetadata(Names.DESTINATION)))
            .setSelectedHostKey(lbMetadata(SERVED))
            .setFallbackPolicy(fallback)
            .build());
  }

  private static LoadBalancingPolicy maglev(Pool pool) {
    return policy(
        "envoy.load_balancing_policies.maglev",
        Maglev.newBuilder()
            .setTableSize(uint64(MaglevTable.size(pool.getEndpointsCount())))
            .setConsistentHashingLbConfig(
                ConsistentHashingLbConfig.newBuilder()
                    .setHashBalanceFactor(uint32(HASH_BALANCE_FACTOR)))
            .build());
  }

  private static LoadBalancingPolicy leastRequest() {
    return policy("envoy.load_balancing_policies.least_request", LeastRequest.getDefaultInstance());
  }

  private static LoadBalancingPolicy policy(String name, Message config) {
    return LoadBalancingPolicy.newBuilder()
        .addPolicies(
            LoadBalancingPolicy.Policy.newBuilder()
                .setTypedExtensionConfig(extension(name, config)))
        .build();
  }

  private static MetadataKey lbMetadata(String key) {
    return MetadataKey.newBuilder()
        .setKey(Names.ENDPOINT_NAMESPACE)
        .addPath(MetadataKey.PathSegment.newBuilder().setKey(key))
        .build();
  }

  /**
   * For the fallback only: override_host ignores ejection, and the picker ejects by itself. Only
   * what says that the endpoint is away counts, connection failures included; a 500 may be the
   * request's fault.
   */
  private static OutlierDetection outlierDetection() {
    return OutlierDetection.newBuilder()
        .setInterval(seconds(1))
        .setBaseEjectionTime(seconds(10))
        .setMaxEjectionPercent(uint32(50))
        .setConsecutiveGatewayFailure(uint32(5))
        .setEnforcingConsecutiveGatewayFailure(uint32(100))
        .setEnforcingConsecutive5Xx(uint32(0))
        .setEnforcingSuccessRate(uint32(0))
        .build();
  }
}

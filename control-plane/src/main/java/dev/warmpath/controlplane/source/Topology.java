package dev.warmpath.controlplane.source;

import com.google.protobuf.util.Durations;
import dev.warmpath.config.v1.Config;
import dev.warmpath.config.v1.Pool;
import dev.warmpath.config.v1.Route;
import java.util.List;

/**
 * What there is to observe and to decide about: the pools with their endpoints, and the routes to
 * them. A view of one accepted configuration, immutable; whoever brings endpoints from elsewhere
 * (Kubernetes) produces the same view.
 *
 * @param poolRoutes ids of the routes to pools: those whose hash key a loop may choose
 */
public record Topology(List<PoolTarget> pools, List<String> poolRoutes) {

  /**
   * One pool.
   *
   * @param scrapeIntervalNanos between two reads of an engine's metrics, and between two probes
   * @param healthPath of the probe; empty: none
   * @param cacheTokens what one engine's prefix cache holds until its metrics tell
   * @param prefillTokensPerSecond of one engine until it was measured
   */
  public record PoolTarget(
      String name,
      EngineKind engine,
      String metricsPath,
      String healthPath,
      long scrapeIntervalNanos,
      double prefillTokensPerSecond,
      long cacheTokens,
      List<EndpointTarget> endpoints) {
    public PoolTarget {
      endpoints = List.copyOf(endpoints);
    }
  }

  /**
   * One endpoint.
   *
   * @param id stays when the address changes
   * @param address {@code ip:port}
   * @param weight as configured
   * @param drain the configuration wants no new requests there
   */
  public record EndpointTarget(String id, String address, int weight, boolean drain) {}

  public Topology {
    pools = List.copyOf(pools);
    poolRoutes = List.copyOf(poolRoutes);
  }

  /** The view of a configuration that the reader has accepted and completed with its defaults. */
  public static Topology of(Config config) {
    return new Topology(
        config.getPoolsList().stream().map(Topology::pool).toList(),
        config.getRoutesList().stream().filter(Route::hasPool).map(Route::getId).toList());
  }

  private static PoolTarget pool(Pool pool) {
    return new PoolTarget(
        pool.getName(),
        EngineKind.of(pool.getEngine()),
        pool.getMetricsPath(),
        pool.getHealthPath(),
        Durations.toNanos(pool.getScrapeInterval()),
        pool.getPrefillTokensPerSecond(),
        pool.getCacheTokens(),
        pool.getEndpointsList().stream()
            .map(
                endpoint ->
                    new EndpointTarget(
                        endpoint.getId(),
                        endpoint.getAddress(),
                        endpoint.getWeight(),
                        endpoint.getDrain()))
            .toList());
  }
}

package dev.warmpath.controlplane.snapshot;

import com.google.protobuf.Any;
import com.google.protobuf.Message;
import dev.warmpath.config.v1.Config;
import dev.warmpath.config.v1.Mode;
import dev.warmpath.config.v1.Pool;
import dev.warmpath.config.v1.Provider;
import dev.warmpath.config.v1.Route;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Builds all that an Envoy is told, from a configuration and the decisions made under it.
 *
 * <p>A function: the same configuration and decisions give the same bytes and versions, in any JVM
 * and at any time. Which change touches what follows from what each resource is made of, and is
 * kept so on purpose: a weight or a health changes only EDS, a hash key only RDS, neither of which
 * cuts a stream or closes a connection. So a pool whose routes' keys may be chosen while it runs
 * falls back to maglev whatever the choice, and a route without a key to an endpoint at random, by
 * weight. Only where no loop may choose does a pool without a hashing route fall back to least
 * requests; to begin or to stop hashing there is a change of the configuration, and of CDS.
 */
public final class SnapshotBuilder {
  private SnapshotBuilder() {}

  /**
   * The snapshot.
   *
   * @param config as the configuration reader returns it, defaults filled in
   * @param decisions made for this configuration ({@link Decisions#fitted} makes them so)
   * @throws IllegalArgumentException naming what does not fit together, or what Envoy would refuse
   */
  public static Snapshot build(Config config, Decisions decisions) {
    if (!config.hasEnvoy()) {
      throw new IllegalArgumentException("envoy: none (expected: the Envoy to configure)");
    }
    ClusterNames.requireDistinct(config);
    requireDistinctRoutes(config);

    var secrets = new TlsSecrets();
    Resources clusters = Resources.of(clusters(config, decisions, secrets));
    Resources listeners = Resources.of(one(Listeners.NAME, Listeners.listener(config, secrets)));
    Resources routes = Resources.of(one(Routes.NAME, Routes.routes(config, decisions)));

    var byType = new EnumMap<XdsType, Resources>(XdsType.class);
    byType.put(XdsType.CLUSTER, clusters);
    byType.put(XdsType.SECRET, secrets.resources());
    byType.put(XdsType.ENDPOINT, endpoints(config, decisions, clusters.version()));
    byType.put(XdsType.LISTENER, listeners);
    byType.put(XdsType.ROUTE, routes);
    return new Snapshot(byType);
  }

  private static void requireDistinctRoutes(Config config) {
    Set<String> ids = new HashSet<>();
    for (Route route : config.getRoutesList()) {
      if (!ids.add(route.getId())) {
        throw new IllegalArgumentException(
            "routes: " + route.getId() + " (expected: an id that no other route has)");
      }
    }
  }

  private static SortedMap<String, Any> clusters(
      Config config, Decisions decisions, TlsSecrets secrets) {
    boolean chosenLive = config.getLoops().getHashKey() == Mode.ACTIVE;
    Set<String> hashed = new HashSet<>();
    for (Route route : config.getRoutesList()) {
      if (route.hasPool() && (chosenLive || decisions.hashKey(route.getId()) != HashKey.NONE)) {
        hashed.add(route.getPool());
      }
    }
    var clusters = new TreeMap<String, Any>();
    for (String name : new String[] {ClusterNames.DECIDE, ClusterNames.WATCH}) {
      put(clusters, ExtProcClusters.cluster(name, config.getEnvoy(), secrets));
    }
    for (Pool pool : config.getPoolsList()) {
      put(clusters, PoolClusters.cluster(pool, hashed.contains(pool.getName())));
    }
    for (Provider provider : config.getProvidersList()) {
      put(clusters, ProviderClusters.cluster(provider, secrets));
    }
    return clusters;
  }

  private static void put(Map<String, Any> clusters, Cluster cluster) {
    clusters.put(cluster.getName(), Messages.any(cluster));
  }

  /**
   * An Envoy whose clusters changed asks for their endpoints again and lets them wait until it has
   * them. So the version of the endpoints changes with that of the clusters: then they are sent by
   * themselves, and an Envoy that lost its stream between the two is known by its old version.
   */
  private static Resources endpoints(Config config, Decisions decisions, String clusterVersion) {
    var endpoints = new TreeMap<String, Any>();
    for (Pool pool : config.getPoolsList()) {
      endpoints.put(pool.getName(), Messages.any(PoolClusters.assignment(pool, decisions)));
    }
    return Resources.salted(clusterVersion, endpoints);
  }

  private static SortedMap<String, Any> one(String name, Message resource) {
    var map = new TreeMap<String, Any>();
    map.put(name, Messages.any(resource));
    return map;
  }
}

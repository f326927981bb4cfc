package dev.warmpath.controlplane.snapshot;

import dev.warmpath.config.v1.Config;
import dev.warmpath.config.v1.Pool;
import dev.warmpath.config.v1.Route;
import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Everything about the traffic that loops and operators may change while the configuration stays:
 * weight and health of each endpoint, hash key of each route. With a {@code Config} it determines a
 * snapshot to the byte, so whoever persists both can serve the same snapshot after a restart.
 *
 * <p>Immutable. Iteration is in the order of the names, so that equal decisions serialise equally.
 * It is a whole: {@link #of} and {@link #fitted} give one that names exactly the pools, endpoints
 * and routes of a configuration, and the {@code with…} methods keep it so.
 *
 * @param pools by the pool's name, then by the endpoint's id ({@code Endpoint.id}, which the
 *     configuration reader fills with the address where the file has none)
 * @param hashKeys by the route's id; only routes to a pool are here
 */
public record Decisions(
    SortedMap<String, SortedMap<String, EndpointDecision>> pools,
    SortedMap<String, HashKey> hashKeys) {

  /** Largest weight that an endpoint may have. The configuration's own bound. */
  public static final int MAX_WEIGHT = 100_000;

  /**
   * What was decided about one endpoint.
   *
   * @param weight its share of the fallback's traffic, 1 to {@link #MAX_WEIGHT}: Envoy refuses 0
   */
  public record EndpointDecision(int weight, Health health) {
    public EndpointDecision {
      if (weight < 1 || weight > MAX_WEIGHT) {
        throw new IllegalArgumentException(
            "weight: " + weight + " (expected: 1 to " + MAX_WEIGHT + ")");
      }
    }

    public EndpointDecision withWeight(int newWeight) {
      return new EndpointDecision(newWeight, health);
    }

    public EndpointDecision withHealth(Health newHealth) {
      return new EndpointDecision(weight, newHealth);
    }
  }

  public Decisions {
    var copy = new TreeMap<String, SortedMap<String, EndpointDecision>>();
    pools.forEach(
        (pool, endpoints) ->
            copy.put(pool, Collections.unmodifiableSortedMap(new TreeMap<>(endpoints))));
    pools = Collections.unmodifiableSortedMap(copy);
    hashKeys = Collections.unmodifiableSortedMap(new TreeMap<>(hashKeys));
  }

  /** What the file says, before any loop has decided anything. */
  public static Decisions of(Config config) {
    var pools = new TreeMap<String, SortedMap<String, EndpointDecision>>();
    for (Pool pool : config.getPoolsList()) {
      var endpoints = new TreeMap<String, EndpointDecision>();
      pool.getEndpointsList()
          .forEach(
              endpoint ->
                  endpoints.put(
                      endpoint.getId(),
                      new EndpointDecision(
                          endpoint.getWeight(),
                          endpoint.getDrain() ? Health.DRAINING : Health.HEALTHY)));
      pools.put(pool.getName(), endpoints);
    }
    var hashKeys = new TreeMap<String, HashKey>();
    for (Route route : config.getRoutesList()) {
      if (route.hasPool()) {
        hashKeys.put(route.getId(), HashKey.of(route.getHashKey()));
      }
    }
    return new Decisions(pools, hashKeys);
  }

  /**
   * These decisions for another configuration: what it still names keeps its decision, what is new
   * gets the configured one, the rest is dropped. The configuration's {@code drain} always holds:
   * an endpoint that it drains is {@link Health#DRAINING}, and one that it drains no longer is
   * {@link Health#HEALTHY} again.
   */
  public Decisions fitted(Config config) {
    Decisions configured = of(config);
    var fittedPools = new TreeMap<String, SortedMap<String, EndpointDecision>>();
    configured.pools.forEach(
        (pool, endpoints) -> {
          var known = pools.getOrDefault(pool, Collections.emptySortedMap());
          var fitted = new TreeMap<String, EndpointDecision>();
          endpoints.forEach((id, wanted) -> fitted.put(id, fitted(known.get(id), wanted)));
          fittedPools.put(pool, fitted);
        });
    var fittedKeys = new TreeMap<String, HashKey>();
    configured.hashKeys.forEach(
        (route, key) -> fittedKeys.put(route, hashKeys.getOrDefault(route, key)));
    return new Decisions(fittedPools, fittedKeys);
  }

  private static EndpointDecision fitted(
      @Nullable EndpointDecision known, EndpointDecision configured) {
    if (known == null) {
      return configured;
    }
    boolean drained = configured.health() == Health.DRAINING;
    boolean wasDrained = known.health() == Health.DRAINING;
    return drained || wasDrained ? known.withHealth(configured.health()) : known;
  }

  /**
   * What was decided about an endpoint.
   *
   * @throws IllegalArgumentException when there is no such pool or endpoint
   */
  public EndpointDecision endpoint(String pool, String endpointId) {
    SortedMap<String, EndpointDecision> endpoints = pools.get(pool);
    EndpointDecision decision = endpoints == null ? null : endpoints.get(endpointId);
    if (decision == null) {
      throw new IllegalArgumentException(
          "endpoint: " + pool + "/" + endpointId + " (expected: one of the decided)");
    }
    return decision;
  }

  /**
   * The key of a route to a pool.
   *
   * @throws IllegalArgumentException when there is no such route
   */
  public HashKey hashKey(String route) {
    HashKey key = hashKeys.get(route);
    if (key == null) {
      throw new IllegalArgumentException(
          "route: " + route + " (expected: one of " + hashKeys.keySet() + ")");
    }
    return key;
  }

  /** These decisions with another weight for one endpoint, which must be known. */
  public Decisions withWeight(String pool, String endpointId, int weight) {
    return with(pool, endpointId, decision -> decision.withWeight(weight));
  }

  /** These decisions with another health for one endpoint, which must be known. */
  public Decisions withHealth(String pool, String endpointId, Health health) {
    return with(pool, endpointId, decision -> decision.withHealth(health));
  }

  /** These decisions with another key for one route, which must be known. */
  public Decisions withHashKey(String route, HashKey key) {
    if (hashKey(route) == key) {
      return this;
    }
    var changed = new TreeMap<>(hashKeys);
    changed.put(route, key);
    return new Decisions(pools, changed);
  }

  private Decisions with(String pool, String endpointId, UnaryOperator<EndpointDecision> change) {
    EndpointDecision old = endpoint(pool, endpointId);
    EndpointDecision changed = change.apply(old);
    if (changed.equals(old)) {
      return this;
    }
    var changedPools = new TreeMap<>(pools);
    var changedEndpoints = new TreeMap<>(pools.getOrDefault(pool, new TreeMap<>()));
    changedEndpoints.put(endpointId, changed);
    changedPools.put(pool, changedEndpoints);
    return new Decisions(changedPools, hashKeys);
  }
}

package dev.warmpath.controlplane.loop;

import dev.warmpath.config.v1.Config;
import dev.warmpath.controlplane.snapshot.Decisions;
import dev.warmpath.controlplane.snapshot.HashKey;
import dev.warmpath.controlplane.snapshot.Health;
import java.util.Collections;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What loops and operators have decided otherwise than the configuration says: exactly what has to
 * survive a restart. Laid over a configuration it gives the {@link Decisions} that are served; what
 * it doesn't name stays as configured, so a change of the file shows at once wherever no loop has
 * spoken. Immutable and ordered.
 *
 * @param version greater by one with each change
 * @param weights by the weight loop
 * @param unhealthy by the health loop
 * @param hashKeys by the hash key loop, by route
 * @param drained by an operator
 * @param frozen loops that an operator has stopped
 */
public record Standing(
    long version,
    SortedMap<EndpointName, Integer> weights,
    SortedSet<EndpointName> unhealthy,
    SortedMap<String, HashKey> hashKeys,
    SortedSet<EndpointName> drained,
    SortedSet<LoopName> frozen) {

  /** Nothing but the configuration. */
  public static final Standing NONE =
      new Standing(
          0,
          Collections.emptySortedMap(),
          Collections.emptySortedSet(),
          Collections.emptySortedMap(),
          Collections.emptySortedSet(),
          Collections.emptySortedSet());

  public Standing {
    if (version < 0) {
      throw new IllegalArgumentException("version: " + version + " (expected: from 0)");
    }
    weights = Collections.unmodifiableSortedMap(new TreeMap<>(weights));
    unhealthy = Collections.unmodifiableSortedSet(new TreeSet<>(unhealthy));
    hashKeys = Collections.unmodifiableSortedMap(new TreeMap<>(hashKeys));
    drained = Collections.unmodifiableSortedSet(new TreeSet<>(drained));
    frozen = Collections.unmodifiableSortedSet(new TreeSet<>(frozen));
  }

  /** The decisions that it makes of a configuration. A drain beats bad health. */
  public Decisions over(Config config) {
    Decisions configured = Decisions.of(config);
    var pools = new TreeMap<String, SortedMap<String, Decisions.EndpointDecision>>();
    configured
        .pools()
        .forEach(
            (pool, endpoints) -> {
              var decided = new TreeMap<String, Decisions.EndpointDecision>();
              endpoints.forEach(
                  (id, endpoint) -> decided.put(id, over(new EndpointName(pool, id), endpoint)));
              pools.put(pool, decided);
            });
    var keys = new TreeMap<>(configured.hashKeys());
    keys.replaceAll((route, key) -> hashKeys.getOrDefault(route, key));
    return new Decisions(pools, keys);
  }

  private Decisions.EndpointDecision over(
      EndpointName name, Decisions.EndpointDecision configured) {
    Health health = configured.health();
    if (drained.contains(name)) {
      health = Health.DRAINING;
    } else if (health == Health.HEALTHY && unhealthy.contains(name)) {
      health = Health.UNHEALTHY;
    }
    return new Decisions.EndpointDecision(weights.getOrDefault(name, configured.weight()), health);
  }

  /** With a loop's change, under the next version. */
  public Standing with(Change change) {
    return switch (change) {
      case Change.Weights(String pool, _, var proposed) -> {
        var next = new TreeMap<>(weights);
        proposed.forEach((id, weight) -> next.put(new EndpointName(pool, id), weight));
        yield new Standing(version + 1, next, unhealthy, hashKeys, drained, frozen);
      }
      case Change.EndpointHealth(EndpointName endpoint, _, Health proposed) ->
          new Standing(
              version + 1,
              weights,
              changed(unhealthy, endpoint, proposed == Health.UNHEALTHY),
              hashKeys,
              drained,
              frozen);
      case Change.RouteHashKey(String route, _, HashKey proposed) -> {
        var next = new TreeMap<>(hashKeys);
        next.put(route, proposed);
        yield new Standing(version + 1, weights, unhealthy, next, drained, frozen);
      }
    };
  }

  /** With an endpoint drained by an operator, or no longer; the same when it is so already. */
  public Standing withDrain(EndpointName endpoint, boolean drain) {
    return drained.contains(endpoint) == drain
        ? this
        : new Standing(
            version + 1, weights, unhealthy, hashKeys, changed(drained, endpoint, drain), frozen);
  }

  /** With a loop stopped by an operator, or no longer; the same when it is so already. */
  public Standing withFreeze(LoopName loop, boolean freeze) {
    return frozen.contains(loop) == freeze
        ? this
        : new Standing(
            version + 1, weights, unhealthy, hashKeys, drained, changed(frozen, loop, freeze));
  }

  /**
   * Without what a configuration doesn't know any more, and without what loops other than these
   * have decided: a loop that may not act has no say. The same when that is nothing.
   */
  public Standing fitted(Config config, Set<LoopName> active) {
    var endpoints = new HashSet<EndpointName>();
    Decisions configured = Decisions.of(config);
    configured
        .pools()
        .forEach(
            (pool, ids) -> ids.keySet().forEach(id -> endpoints.add(new EndpointName(pool, id))));
    var keptWeights = new TreeMap<>(weights);
    var keptUnhealthy = new TreeSet<>(unhealthy);
    var keptKeys = new TreeMap<>(hashKeys);
    var keptDrains = new TreeSet<>(drained);
    keptWeights.keySet().retainAll(endpoints);
    keptUnhealthy.retainAll(endpoints);
    keptKeys.keySet().retainAll(configured.hashKeys().keySet());
    keptDrains.retainAll(endpoints);
    for (LoopName loop : EnumSet.allOf(LoopName.class)) {
      if (!active.contains(loop)) {
        switch (loop) {
          case WEIGHT -> keptWeights.clear();
          case HEALTH -> keptUnhealthy.clear();
          case HASH_KEY -> keptKeys.clear();
        }
      }
    }
    boolean same =
        keptWeights.equals(weights)
            && keptUnhealthy.equals(unhealthy)
            && keptKeys.equals(hashKeys)
            && keptDrains.equals(drained);
    return same
        ? this
        : new Standing(version + 1, keptWeights, keptUnhealthy, keptKeys, keptDrains, frozen);
  }

  private static <T extends Comparable<T>> SortedSet<T> changed(
      SortedSet<T> set, T element, boolean present) {
    var next = new TreeSet<>(set);
    if (present) {
      next.add(element);
    } else {
      next.remove(element);
    }
    return next;
  }
}

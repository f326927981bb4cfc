package dev.warmpath.controlplane.loop;

import dev.warmpath.config.v1.Mode;
import dev.warmpath.controlplane.loop.FleetState.EndpointSignals;
import dev.warmpath.controlplane.loop.FleetState.Failures;
import dev.warmpath.controlplane.loop.FleetState.KeySignals;
import dev.warmpath.controlplane.loop.FleetState.PoolSignals;
import dev.warmpath.controlplane.loop.FleetState.Probes;
import dev.warmpath.controlplane.loop.FleetState.Rate;
import dev.warmpath.controlplane.loop.FleetState.RouteSignals;
import dev.warmpath.controlplane.snapshot.Decisions;
import dev.warmpath.controlplane.snapshot.Decisions.EndpointDecision;
import dev.warmpath.controlplane.snapshot.HashKey;
import dev.warmpath.controlplane.snapshot.Health;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/** One pool {@code chat} and one route {@code chat}, as the loops see them. */
final class Fixtures {
  static final String POOL = "chat";
  static final long SECOND = 1_000_000_000L;

  static final LoopSettings SETTINGS =
      new LoopSettings(
          Mode.ACTIVE, Mode.ACTIVE, Mode.ACTIVE, SECOND, 60 * SECOND, 0.15, 0.2, 3, 2, 0.5);

  private Fixtures() {}

  static EndpointName name(String id) {
    return new EndpointName(POOL, id);
  }

  static EndpointSignals rated(String id, int configuredWeight, Rate rate) {
    return new EndpointSignals(
        name(id), id + ":80", configuredWeight, Probes.NONE, null, rate, Failures.NONE);
  }

  static EndpointSignals rated(String id, double tokensPerSecond) {
    return rated(id, 1000, new Rate(tokensPerSecond, 0));
  }

  static EndpointSignals probed(String id, int failures, int successes, boolean fresh) {
    return new EndpointSignals(
        name(id),
        id + ":80",
        1000,
        new Probes(failures, successes, fresh, "connection refused"),
        null,
        Rate.NEVER_MEASURED,
        Failures.NONE);
  }

  static EndpointSignals erring(String id, double exchanges, double failures) {
    return new EndpointSignals(
        name(id),
        id + ":80",
        1000,
        new Probes(0, 10, true, "status 200"),
        null,
        Rate.NEVER_MEASURED,
        new Failures(exchanges, failures));
  }

  static FleetState state(long nowNanos, List<EndpointSignals> endpoints) {
    return new FleetState(
        nowNanos, true, List.of(new PoolSignals(POOL, endpoints)), Collections.emptySortedMap());
  }

  static FleetState keys(long nowNanos, SortedMap<Integer, KeySignals> keys) {
    return new FleetState(
        nowNanos, true, List.of(), new TreeMap<>(Map.of("chat", new RouteSignals(keys))));
  }

  /** Decisions about endpoints of the given weights, healthy. */
  static Decisions weights(SortedMap<String, Integer> weights) {
    var endpoints = new TreeMap<String, EndpointDecision>();
    weights.forEach(
        (id, weight) -> endpoints.put(id, new EndpointDecision(weight, Health.HEALTHY)));
    return decisions(endpoints, HashKey.CONVERSATION);
  }

  static Decisions decisions(SortedMap<String, EndpointDecision> endpoints, HashKey key) {
    var pools = new TreeMap<String, SortedMap<String, EndpointDecision>>();
    pools.put(POOL, endpoints);
    var keys = new TreeMap<String, HashKey>();
    keys.put("chat", key);
    return new Decisions(pools, keys);
  }

  /** What was decided about the pool's endpoints, by id. */
  static SortedMap<String, EndpointDecision> endpoints(Decisions decisions) {
    return decisions.pools().getOrDefault(POOL, Collections.emptySortedMap());
  }

  /** Healthy endpoints of weight 1000. */
  static Decisions healthy(String... ids) {
    var weights = new TreeMap<String, Integer>();
    for (String id : ids) {
      weights.put(id, 1000);
    }
    return weights(weights);
  }

  /** The decisions that a change makes of others. */
  static Decisions applied(Decisions before, Change change) {
    return switch (change) {
      case Change.Weights(String pool, _, var proposed) -> {
        Decisions after = before;
        for (var one : proposed.entrySet()) {
          after = after.withWeight(pool, one.getKey(), one.getValue());
        }
        yield after;
      }
      case Change.EndpointHealth(EndpointName endpoint, _, Health proposed) ->
          before.withHealth(endpoint.pool(), endpoint.id(), proposed);
      case Change.RouteHashKey(String route, _, HashKey proposed) ->
          before.withHashKey(route, proposed);
    };
  }

  static Decisions applied(Decisions before, Loop.Outcome outcome) {
    Decisions after = before;
    for (Loop.Proposal proposal : outcome.proposals()) {
      after = applied(after, proposal.change());
    }
    return after;
  }
}

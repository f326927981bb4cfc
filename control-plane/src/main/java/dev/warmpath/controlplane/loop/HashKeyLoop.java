package dev.warmpath.controlplane.loop;

import static java.util.Locale.ROOT;

import dev.warmpath.config.v1.Route;
import dev.warmpath.controlplane.loop.Change.RouteHashKey;
import dev.warmpath.controlplane.loop.FleetState.KeySignals;
import dev.warmpath.controlplane.loop.FleetState.RouteSignals;
import dev.warmpath.controlplane.snapshot.Decisions;
import dev.warmpath.controlplane.snapshot.HashKey;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Chooses the key of each route's fallback hash from its shadow evaluation. A key's cost is the
 * share of prompt tokens that the busiest endpoint would have to prefill, relative to an even
 * spread without any cache:
 *
 * <pre>cost = (1 − hit rate) × imbalance</pre>
 *
 * A key that finds every prefix but sends all of it to one engine, and one that spreads evenly but
 * finds nothing, both cost much. The cheapest key takes over once it has been cheaper than the one
 * in force by {@link #MARGIN} at {@link #AGREEMENTS} looks in a row, on at least {@link
 * #MIN_TOKENS} tokens of evidence for both, and not sooner than {@link #REST_LOOKS} looks after the
 * last change of the route: each change moves nearly all keys.
 */
public final class HashKeyLoop implements Loop {

  /**
   * Below this relative gain a change costs more cold prefills than it saves. Guess, unmeasured.
   */
  static final double MARGIN = 0.1;

  static final int AGREEMENTS = 30;
  static final int REST_LOOKS = 300;

  /** About fifty prompts of the trace in routing.md's terms. Guess, unmeasured. */
  static final double MIN_TOKENS = 500_000;

  private final Blackout blackout;
  private final Map<String, RouteMemory> memories = new HashMap<>();

  /** What the loop remembers of a route. */
  private static final class RouteMemory {
    private HashKey favourite = HashKey.CONVERSATION;
    private int agreements;
    private int looksToRest;
  }

  public HashKeyLoop(LoopSettings settings) {
    this.blackout = new Blackout(settings.blackoutNanos());
  }

  @Override
  public LoopName name() {
    return LoopName.HASH_KEY;
  }

  @Override
  public Outcome look(FleetState state, Decisions inForce) {
    if (blackout.lasts(state.nowNanos())) {
      return Outcome.NOTHING;
    }
    var proposals = new ArrayList<Proposal>();
    var held = new ArrayList<String>();
    memories.keySet().retainAll(state.routes().keySet());
    state
        .routes()
        .forEach(
            (route, signals) -> route(route, signals, inForce.hashKey(route), proposals, held));
    return new Outcome(proposals, held);
  }

  private void route(
      String route,
      RouteSignals signals,
      HashKey inForce,
      List<Proposal> proposals,
      List<String> held) {
    RouteMemory memory = memories.computeIfAbsent(route, _ -> new RouteMemory());
    memory.looksToRest = Math.max(0, memory.looksToRest - 1);
    KeySignals current = signals.keys().get(number(inForce));
    if (current == null || current.tokens() < MIN_TOKENS) {
      memory.agreements = 0;
      return;
    }
    HashKey best = inForce;
    for (HashKey key : HashKey.values()) {
      KeySignals candidate = signals.keys().get(number(key));
      KeySignals leader = signals.keys().get(number(best));
      if (candidate != null
          && leader != null
          && candidate.tokens() >= MIN_TOKENS
          && cost(candidate) < cost(leader)) {
        best = key;
      }
    }
    KeySignals winner = signals.keys().get(number(best));
    if (winner == null || best == inForce || cost(winner) > (1 - MARGIN) * cost(current)) {
      memory.agreements = 0;
      return;
    }
    if (best != memory.favourite) {
      memory.favourite = best;
      memory.agreements = 0;
    }
    memory.agreements = Math.min(AGREEMENTS, memory.agreements + 1);
    String reason = "expected " + describe(best, winner) + " against " + describe(inForce, current);
    if (memory.agreements < AGREEMENTS || memory.looksToRest > 0) {
      held.add(
          "%s: %s; agreed %d of %d times, %d looks to rest"
              .formatted(route, reason, memory.agreements, AGREEMENTS, memory.looksToRest));
      return;
    }
    memory.agreements = 0;
    memory.looksToRest = REST_LOOKS;
    proposals.add(new Proposal(name(), new RouteHashKey(route, inForce, best), reason));
  }

  /** The number by which replicas report it: that of the configuration's enum. */
  private static int number(HashKey key) {
    return switch (key) {
      case ROOT -> Route.HashKey.ROOT_VALUE;
      case CONVERSATION -> Route.HashKey.CONVERSATION_VALUE;
      case SESSION -> Route.HashKey.SESSION_VALUE;
      case NONE -> Route.HashKey.NONE_VALUE;
    };
  }

  private static double hitRate(KeySignals key) {
    return key.tokens() > 0 ? Math.min(1, key.hitTokens() / key.tokens()) : 0;
  }

  static double cost(KeySignals key) {
    return (1 - hitRate(key)) * key.imbalance();
  }

  private static String describe(HashKey name, KeySignals key) {
    return String.format(
        ROOT,
        "%s cost %.3f (hit rate %.3f, imbalance %.2f)",
        name,
        cost(key),
        hitRate(key),
        key.imbalance());
  }
}

package dev.warmpath.extproc.exchange;

import dev.warmpath.config.v1.Config;
import dev.warmpath.config.v1.Pool;
import dev.warmpath.config.v1.Route;
import dev.warmpath.extproc.pick.HashKeyShadow;
import dev.warmpath.extproc.pick.PrefixBlocks;
import java.util.HashMap;
import java.util.Map;

/** The shadow evaluation of hash keys of each pool route, for the control plane. Thread-safe. */
public final class HashKeyShadows {

  /** Blocks of one shadow cache before sampling. */
  private static final int MAX_BLOCKS = 1 << 16;

  /** Keeps two sessions apart; 0 stands for none. */
  private static final long MIX = 0x9E3779B97F4A7C15L;

  private final Map<String, HashKeyShadow> byRoute;

  private HashKeyShadows(Map<String, HashKeyShadow> byRoute) {
    this.byRoute = Map.copyOf(byRoute);
  }

  static HashKeyShadows of(Config config) {
    Map<String, Pool> pools = new HashMap<>();
    config.getPoolsList().forEach(pool -> pools.put(pool.getName(), pool));
    Map<String, HashKeyShadow> byRoute = new HashMap<>();
    for (Route route : config.getRoutesList()) {
      Pool pool = pools.get(route.getPool());
      if (pool != null) {
        byRoute.put(
            route.getId(),
            new HashKeyShadow(pool.getEndpointsCount(), pool.getCacheTokens(), MAX_BLOCKS));
      }
    }
    return new HashKeyShadows(byRoute);
  }

  /**
   * A prompt has come.
   *
   * @param root exported key; 0: none
   * @param session value of the session header; empty: absent
   */
  void arrive(RouteEntry route, PrefixBlocks prefix, long root, long conversation, String session) {
    if (!HashKeyShadow.isSampled(conversation)) {
      return;
    }
    HashKeyShadow shadow = byRoute.get(route.id());
    if (shadow != null) {
      long sessionHash = session.isEmpty() ? 0 : session.hashCode() * MIX | 1;
      shadow.arrive(prefix, root, conversation, sessionHash);
    }
  }

  /** By route, what came since the last call. */
  public Map<String, Map<HashKeyShadow.Key, HashKeyShadow.Sums>> drain() {
    Map<String, Map<HashKeyShadow.Key, HashKeyShadow.Sums>> drained = new HashMap<>();
    byRoute.forEach((route, shadow) -> drained.put(route, shadow.drain()));
    return drained;
  }
}

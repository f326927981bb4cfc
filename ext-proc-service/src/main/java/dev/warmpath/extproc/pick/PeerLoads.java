package dev.warmpath.extproc.pick;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What other replicas have under way, each one's last word, until it is {@value #TTL_NANOS} ns old.
 * Owned by a {@link PoolPicker}, touched only under its lock.
 */
final class PeerLoads {

  /** A peer's load is void when it has not been renewed for this long. */
  static final long TTL_NANOS = 5_000_000_000L;

  /** Peers whose load is kept; more than a fleet has. */
  static final int MAX_PEERS = 1024;

  private record PeerLoad(List<EndpointLoad> endpoints, long receivedNanos) {}

  private final Map<Long, PeerLoad> byIncarnation = new HashMap<>();

  void put(long incarnation, List<EndpointLoad> load, long nowNanos) {
    if (byIncarnation.size() < MAX_PEERS || byIncarnation.containsKey(incarnation)) {
      byIncarnation.put(incarnation, new PeerLoad(List.copyOf(load), nowNanos));
    }
  }

  /** True: it was known. */
  boolean remove(long incarnation) {
    return byIncarnation.remove(incarnation) != null;
  }

  /** Drops what is too old. True: there was something. */
  boolean expire(long nowNanos) {
    return !byIncarnation.isEmpty()
        && byIncarnation.values().removeIf(p -> nowNanos - p.receivedNanos() > TTL_NANOS);
  }

  /** Writes each endpoint's sums. */
  void sumInto(Map<String, PoolEndpoint> endpoints) {
    for (PoolEndpoint endpoint : endpoints.values()) {
      endpoint.peerInFlight = 0;
      endpoint.peerPendingTokens = 0;
      endpoint.peerUtilisation = 0;
    }
    for (PeerLoad peer : byIncarnation.values()) {
      for (EndpointLoad load : peer.endpoints()) {
        PoolEndpoint endpoint = endpoints.get(load.address());
        if (endpoint != null) {
          endpoint.peerInFlight += load.requestsInFlight();
          endpoint.peerPendingTokens += load.pendingTokens();
          endpoint.peerUtilisation += load.utilisation();
        }
      }
    }
  }
}

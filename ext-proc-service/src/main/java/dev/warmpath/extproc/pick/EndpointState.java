package dev.warmpath.extproc.pick;

import java.util.Objects;

/**
 * One endpoint of a pool as the control plane, or the configuration file, last described it.
 * Immutable.
 *
 * @param address {@code ip:port}, as Envoy's EDS has it; unique in a pool
 * @param id a name that stays when the address changes; orders the endpoints for a key
 * @param health whether it may be picked
 * @param prefillTokensPerSecond measured prefill rate; 0: unknown
 * @param cacheTokens tokens that its prefix cache holds; 0: unknown
 * @param requestsRunning as its metrics say; -1: unknown
 * @param requestsWaiting as its metrics say; -1: unknown
 * @param engineEpoch changes when the engine restarted, so that its cache is empty; 0: unknown
 */
public record EndpointState(
    String address,
    String id,
    Health health,
    double prefillTokensPerSecond,
    long cacheTokens,
    int requestsRunning,
    int requestsWaiting,
    long engineEpoch) {

  /** Whether an endpoint takes new requests. */
  public enum Health {
    /** It does. */
    HEALTHY,
    /** It can't. */
    UNHEALTHY,
    /** It may finish what it has. */
    DRAINING
  }

  public EndpointState {
    Objects.requireNonNull(health, "health");
    if (address.isEmpty()) {
      throw new IllegalArgumentException("address is empty (expected: ip:port)");
    }
    if (id.isEmpty()) {
      throw new IllegalArgumentException("id of " + address + " is empty (expected: a name)");
    }
    if (!(prefillTokensPerSecond >= 0) || Double.isInfinite(prefillTokensPerSecond)) {
      throw new IllegalArgumentException(
          "prefillTokensPerSecond of %s: %s (expected: a finite number >= 0)"
              .formatted(address, prefillTokensPerSecond));
    }
    if (cacheTokens < 0) {
      throw new IllegalArgumentException(
          "cacheTokens of %s: %d (expected: >= 0)".formatted(address, cacheTokens));
    }
    if (requestsRunning < -1 || requestsWaiting < -1) {
      throw new IllegalArgumentException(
          "requests of %s: running %d, waiting %d (expected: >= -1)"
              .formatted(address, requestsRunning, requestsWaiting));
    }
  }

  /** A healthy endpoint of which nothing else is known; its id is its address. */
  public static EndpointState of(String address) {
    return new EndpointState(address, address, Health.HEALTHY, 0, 0, -1, -1, 0);
  }
}

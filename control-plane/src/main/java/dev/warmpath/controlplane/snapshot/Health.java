package dev.warmpath.controlplane.snapshot;

/** What Envoy is told about an endpoint. */
public enum Health {
  /** Takes requests. */
  HEALTHY,
  /** Takes no new requests; counts as lost where Envoy weighs how much of a pool is left. */
  UNHEALTHY,
  /**
   * Takes no new requests; requests under way finish. Envoy leaves it out of its arithmetic of how
   * much of a pool is left.
   */
  DRAINING
}

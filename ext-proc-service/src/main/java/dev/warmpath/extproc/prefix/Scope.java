package dev.warmpath.extproc.prefix;

/**
 * Who shares a cache, and so who shares keys.
 *
 * @param lane what kind of cache it is, which decides what voids it
 * @param isolationScope the pool, or the tenant in it, or the provider's account; never anything
 *     that a client can choose
 * @param model as it is routed
 */
public record Scope(Lane lane, String isolationScope, String model) {

  /** Where requests go. */
  public enum Lane {
    /** A pool of engines, whose caches hold what their chat template has rendered. */
    POOL,
    /** An account at a provider, whose documents say what voids its caches. */
    PROVIDER
  }
}

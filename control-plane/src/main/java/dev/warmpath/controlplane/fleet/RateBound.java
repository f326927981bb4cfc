package dev.warmpath.controlplane.fleet;

/**
 * So much in a second and no more, of which a second's worth may come at once. Confined to its
 * owner.
 */
final class RateBound {

  private static final double SECOND_NANOS = 1e9;

  private final int perSecond;
  private double room;
  private long lastNanos;

  RateBound(int perSecond, long nowNanos) {
    this.perSecond = perSecond;
    room = perSecond;
    lastNanos = nowNanos;
  }

  /** Takes an amount, all of it or none. */
  boolean take(long amount, long nowNanos) {
    room = Math.min(perSecond, room + (nowNanos - lastNanos) / SECOND_NANOS * perSecond);
    lastNanos = nowNanos;
    if (amount > room) {
      return false;
    }
    room -= amount;
    return true;
  }
}

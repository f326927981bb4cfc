package dev.warmpath.controlplane.signals;

/**
 * A sum that forgets exponentially: what was added one half-life ago counts half. Mutable, confined
 * to its owner.
 */
final class Decaying {
  private final long halfLifeNanos;
  private double sum;
  private long asOfNanos;

  Decaying(long halfLifeNanos, long nowNanos) {
    this.halfLifeNanos = halfLifeNanos;
    this.asOfNanos = nowNanos;
  }

  void add(double amount, long nowNanos) {
    sum = at(nowNanos) + amount;
    asOfNanos = nowNanos;
  }

  double at(long nowNanos) {
    long age = Math.max(0, nowNanos - asOfNanos);
    return sum * Math.exp(-Math.log(2) * age / halfLifeNanos);
  }
}

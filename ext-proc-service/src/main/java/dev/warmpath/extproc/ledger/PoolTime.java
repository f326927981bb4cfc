package dev.warmpath.extproc.ledger;

/**
 * Endpoint-seconds of one pool: how many there were, and how many of them were busy with prefill,
 * so that what idling costs stands beside what requests cost. Thread-safe: a leaf lock.
 */
public final class PoolTime {

  // All guarded by this.
  private int endpoints;
  private long sinceNanos;
  private double endpointSeconds;
  private double busySeconds;

  /**
   * Endpoint-seconds until now.
   *
   * @param endpointSeconds that there were
   * @param busySeconds of those, with prefill; by estimate it may be a little more than there were
   */
  public record Seconds(double endpointSeconds, double busySeconds) {

    /** Seconds that nobody used. */
    public double idleSeconds() {
      return Math.max(0, endpointSeconds - busySeconds);
    }

    /** What idling cost, in nano-USD. */
    public long idleNanoUsd(double usdPerEndpointHour) {
      return Math.round(idleSeconds() * usdPerEndpointHour / 3600 * 1e9);
    }
  }

  /** A pool without endpoints. */
  public PoolTime(long nowNanos) {
    sinceNanos = nowNanos;
  }

  /** The pool has this many endpoints from now on. */
  public synchronized void endpoints(int count, long nowNanos) {
    if (count < 0) {
      throw new IllegalArgumentException("count: " + count + " (expected: >= 0)");
    }
    pass(nowNanos);
    endpoints = count;
  }

  /** An endpoint was busy. */
  public synchronized void busy(double seconds) {
    busySeconds += Math.max(0, seconds);
  }

  /** What there was until now. */
  public synchronized Seconds until(long nowNanos) {
    pass(nowNanos);
    return new Seconds(endpointSeconds, busySeconds);
  }

  private void pass(long nowNanos) {
    long passed = nowNanos - sinceNanos;
    if (passed > 0) {
      endpointSeconds += endpoints * (passed / 1e9);
      sinceNanos = nowNanos;
    }
  }
}

package dev.warmpath.controlplane.loop;

/** Watches only, for some time after the first look. Confined to its loop. */
final class Blackout {
  private final long lengthNanos;
  private boolean begun;
  private long beganNanos;

  Blackout(long lengthNanos) {
    this.lengthNanos = lengthNanos;
  }

  /** Whether it still lasts; begins with the first call. */
  boolean lasts(long nowNanos) {
    if (!begun) {
      begun = true;
      beganNanos = nowNanos;
    }
    return nowNanos - beganNanos < lengthNanos;
  }
}

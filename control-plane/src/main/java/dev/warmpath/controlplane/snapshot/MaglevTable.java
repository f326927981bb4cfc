package dev.warmpath.controlplane.snapshot;

import java.math.BigInteger;

/**
 * The size of a maglev table.
 *
 * <p>Too small a table moves more keys than a weight change needs: with 100 endpoints 65,537 slots
 * move 3.0 times the ideal, 655,373 slots 1.5 times; with 10 endpoints 65,537 slots move 1.02 to
 * 1.12 times. That is some 6,500 slots per endpoint. Too large a one costs Envoy's main thread: 21
 * ms a push at 655,373 slots and 100 endpoints. (Measured on Envoy 1.40.)
 */
final class MaglevTable {
  static final int SLOTS_PER_ENDPOINT = 6_500;

  /** Prime, and Envoy's own default. */
  static final int MIN_SIZE = 65_537;

  /** Prime. */
  static final int MAX_SIZE = 655_373;

  private MaglevTable() {}

  /**
   * A prime of at least {@link #SLOTS_PER_ENDPOINT} per endpoint, within the bounds.
   *
   * <p>It counts in steps of ten endpoints, so that adding or removing one seldom changes the size:
   * a changed size is another table, in which nearly every key moves, where the same size moves
   * only one endpoint's share.
   */
  static int size(int endpoints) {
    if (endpoints < 1) {
      throw new IllegalArgumentException("endpoints: " + endpoints + " (expected: at least 1)");
    }
    long stepped = (endpoints + 9L) / 10 * 10;
    long wanted = stepped * SLOTS_PER_ENDPOINT;
    if (wanted <= MIN_SIZE) {
      return MIN_SIZE;
    }
    if (wanted >= MAX_SIZE) {
      return MAX_SIZE;
    }
    return BigInteger.valueOf(wanted - 1).nextProbablePrime().intValueExact();
  }
}

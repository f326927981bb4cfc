package dev.warmpath.e2e.demo;

import java.util.Arrays;

/**
 * The figures of one phase. Times are simulated: what passed, times the speedup.
 *
 * @param requests that were sent
 * @param failed of these
 * @param passedThrough of these, those that no processor planned
 * @param firstTokenMillis of the streamed requests that succeeded, from when each was due,
 *     ascending
 * @param seconds that the phase took
 */
@SuppressWarnings("ArrayRecordComponent") // Never compared.
record Phase(
    Served served,
    int requests,
    int failed,
    int passedThrough,
    double[] firstTokenMillis,
    double seconds) {

  /** What an engine costs in an hour, in US dollars; a rented H100 at a round price. */
  static final double ENGINE_USD_PER_HOUR = 2.5;

  private static final double SECONDS_PER_HOUR = 3_600;

  double meanFirstTokenMillis() {
    return Arrays.stream(firstTokenMillis).average().orElse(0);
  }

  /** The least value that is not exceeded by {@code share} of all; 0 when there are none. */
  double firstTokenMillis(double share) {
    int count = firstTokenMillis.length;
    return count == 0
        ? 0
        : firstTokenMillis[Math.clamp((int) Math.ceil(share * count) - 1, 0, count - 1)];
  }

  /** The engines' busy time at their price. */
  double engineUsd() {
    return served.totalBusySeconds() / SECONDS_PER_HOUR * ENGINE_USD_PER_HOUR;
  }

  /** What the engines cost while their prefill had nothing to do. */
  double idleUsd() {
    double all = seconds * served.busySeconds().length / SECONDS_PER_HOUR * ENGINE_USD_PER_HOUR;
    return Math.max(0, all - engineUsd());
  }

  /** The provider's bill and the engines' busy time, of 1,000 requests. */
  double usdPer1000() {
    return per1000(served.providerUsd() + engineUsd());
  }

  double per1000(double usd) {
    return requests == 0 ? 0 : usd / requests * 1_000;
  }
}

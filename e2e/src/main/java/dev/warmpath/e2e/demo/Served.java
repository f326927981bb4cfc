package dev.warmpath.e2e.demo;

import java.util.Arrays;

/**
 * What engines and provider say that they did in one phase.
 *
 * @param providerUsd the provider's bill
 * @param busySeconds that each engine's prefill was busy, in simulated time
 */
@SuppressWarnings("ArrayRecordComponent") // Never compared.
record Served(Tokens pool, Tokens provider, double providerUsd, double[] busySeconds) {

  /** Tokens of input by where they came from, and of output. */
  record Tokens(long read, long written, long uncached, long output) {
    long input() {
      return read + written + uncached;
    }

    Tokens plus(Tokens other) {
      return new Tokens(
          read + other.read,
          written + other.written,
          uncached + other.uncached,
          output + other.output);
    }

    /** Read ÷ all input; 0 when there was none. */
    double hitRate() {
      return input() == 0 ? 0 : read / (double) input();
    }
  }

  Tokens all() {
    return pool.plus(provider);
  }

  double totalBusySeconds() {
    return Arrays.stream(busySeconds).sum();
  }

  /** Of the engines' busy seconds, max ÷ mean; 1 when none was busy. */
  double imbalance() {
    double total = totalBusySeconds();
    return total == 0 ? 1 : Arrays.stream(busySeconds).max().orElse(0) * busySeconds.length / total;
  }
}

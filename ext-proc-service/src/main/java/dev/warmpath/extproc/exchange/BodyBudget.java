package dev.warmpath.extproc.exchange;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Bounds what the service holds at once: bytes of bodies that Envoy was invited to send, and open
 * exchanges. Thread-safe and lock-free; a reservation that does not fit leaves no trace.
 */
final class BodyBudget {

  private final long maxBytes;
  private final int maxExchanges;
  private final AtomicLong bytes = new AtomicLong();
  private final AtomicInteger exchanges = new AtomicInteger();

  BodyBudget(long maxBytes, int maxExchanges) {
    this.maxBytes = maxBytes;
    this.maxExchanges = maxExchanges;
  }

  /** Opens an exchange; false: there are too many. */
  boolean openExchange() {
    if (exchanges.incrementAndGet() > maxExchanges) {
      exchanges.decrementAndGet();
      return false;
    }
    return true;
  }

  void closeExchange() {
    exchanges.decrementAndGet();
  }

  /** Reserves room for a body; false: it does not fit. */
  boolean reserve(long bodyBytes) {
    if (bytes.addAndGet(bodyBytes) > maxBytes) {
      bytes.addAndGet(-bodyBytes);
      return false;
    }
    return true;
  }

  void release(long bodyBytes) {
    bytes.addAndGet(-bodyBytes);
  }

  long bytesInFlight() {
    return bytes.get();
  }

  int openExchanges() {
    return exchanges.get();
  }
}

package dev.warmpath.e2e.economics;

import dev.warmpath.extproc.provider.ModelEntry;
import dev.warmpath.extproc.provider.Prices;
import java.util.HashMap;
import java.util.Map;

/**
 * A provider's cache and what it bills, by Anthropic's rules: a marker reads the longest prefix
 * that was written where it stands or up to so many blocks before, a hit refreshes it, what lies
 * between is written for the lifetime of the next marker, can be read once the response began, and
 * a prefix below the minimum is not written.
 */
final class Bill {

  static final int HOUR_SECONDS = 3600;

  private static final class Entry {
    long readableFrom;
    long heldUntil;
    long lifetime;
  }

  private final ModelEntry model;
  private final Prices prices;
  private final Map<Long, Entry> entries = new HashMap<>();
  private double usd;

  Bill(ModelEntry model, Prices prices) {
    this.model = model;
    this.prices = prices;
  }

  double usd() {
    return usd;
  }

  int lookbackBlocks() {
    return model.lookbackBlocks();
  }

  Prices prices() {
    return prices;
  }

  boolean isWritable(long tokens) {
    return tokens >= model.minCacheTokens();
  }

  /** Whether a request at a time would find a prefix. */
  boolean isReadable(long key, long nanos) {
    Entry entry = entries.get(key);
    return entry != null && entry.readableFrom <= nanos && nanos < entry.heldUntil;
  }

  /** Whether another request is still writing it. */
  boolean isWritten(long key, long nanos) {
    Entry entry = entries.get(key);
    return entry != null && nanos < entry.readableFrom;
  }

  /**
   * Bills a request's input.
   *
   * @param seconds the lifetime of each boundary's marker; 0: none
   */
  void add(Arrival request, int[] seconds) {
    int[] markers = new int[request.keys().length];
    int count = 0;
    int longest = HOUR_SECONDS;
    for (int boundary = 0; boundary < seconds.length; boundary++) {
      if (seconds[boundary] > 0) {
        if (!request.has(boundary) || seconds[boundary] > longest || ++count > model.maxMarkers()) {
          throw new IllegalArgumentException("a marker that the provider refuses");
        }
        longest = seconds[boundary];
        if (isWritable(request.tokens(boundary))) {
          markers[request.boundaries()[boundary]] = seconds[boundary];
        }
      }
    }
    long read = read(request, markers);
    usd += read * prices.cacheReadUsd() / 1e6;
    long before = read;
    for (int end = 0; end < markers.length; end++) {
      if (markers[end] == 0) {
        continue;
      }
      long tokens = request.tokens()[end];
      boolean hour = markers[end] == HOUR_SECONDS;
      usd +=
          Math.max(0, tokens - before)
              * (hour ? prices.cacheWrite1hUsd() : prices.cacheWrite5mUsd())
              / 1e6;
      before = Math.max(before, tokens);
      write(request, end, markers[end] * Traffic.SECOND);
    }
    usd += (request.allTokens() - before) * prices.inputUsd() / 1e6;
  }

  /** Tokens of the longest prefix that a marker finds, which is refreshed. */
  private long read(Arrival request, int[] markers) {
    int found = -1;
    Entry hit = null;
    for (int end = 0; end < markers.length; end++) {
      for (int back = end;
          markers[end] > 0
              && back > found
              && request.blocks()[end] - request.blocks()[back] <= lookbackBlocks();
          back--) {
        if (isReadable(request.keys()[back], request.nanos())) {
          found = back;
          hit = entries.get(request.keys()[back]);
        }
      }
    }
    if (hit == null) {
      return 0;
    }
    hit.heldUntil = request.nanos() + hit.lifetime;
    return request.tokens()[found];
  }

  private void write(Arrival request, int end, long lifetime) {
    Entry entry = entries.computeIfAbsent(request.keys()[end], _ -> new Entry());
    if (request.nanos() < entry.heldUntil && entry.readableFrom <= request.nanos()) {
      entry.heldUntil = request.nanos() + entry.lifetime;
      return;
    }
    if (request.nanos() >= entry.heldUntil) {
      entry.readableFrom = request.nanos() + request.answerNanos();
      entry.lifetime = lifetime;
      entry.heldUntil = request.nanos() + lifetime;
    }
  }
}

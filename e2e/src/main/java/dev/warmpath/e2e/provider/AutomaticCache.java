package dev.warmpath.e2e.provider;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The cache of an API that looks for the longest known prefix by itself, on servers that are chosen
 * by key: what one of them holds no other one sees. Prefixes of one key that come more often than
 * {@link #MAX_KEY_RATE} times a minute go on to another server. A hit renews an entry.
 *
 * <p>Not thread-safe; knows no clock.
 */
final class AutomaticCache {
  /** Requests a minute and key that one server takes. */
  static final int MAX_KEY_RATE = 15;

  private static final long MINUTE_NANOS = 60_000_000_000L;
  private static final int SWEEP_EVERY = 100_000;

  private record Name(String server, CachedPrefix prefix) {}

  private record Entry(long ttlNanos, long expiresNanos) {}

  /** What came by one key in the minute that has begun. */
  private static final class Rate {
    long sinceNanos;
    int requests;
  }

  private final Map<Name, Entry> entries = new HashMap<>();
  private final Map<String, Rate> rates = new HashMap<>();
  private int writesSinceSweep;

  /** The server that takes a request of this key now. */
  String server(String key, long nowNanos) {
    Rate rate = rates.computeIfAbsent(key, _ -> new Rate());
    if (rate.requests == 0 || nowNanos - rate.sinceNanos >= MINUTE_NANOS) {
      rate.sinceNanos = nowNanos;
      rate.requests = 0;
    }
    return key + '\0' + rate.requests++ / MAX_KEY_RATE;
  }

  /** The last of {@code prefixes}, shortest first, that the server holds, renewed; -1: none. */
  int longest(String server, List<CachedPrefix> prefixes, long nowNanos) {
    for (int i = prefixes.size() - 1; i >= 0; i--) {
      var name = new Name(server, prefixes.get(i));
      Entry entry = entries.get(name);
      if (entry != null && entry.expiresNanos - nowNanos > 0) {
        entries.put(name, new Entry(entry.ttlNanos, nowNanos + entry.ttlNanos));
        return i;
      }
    }
    return -1;
  }

  void write(String server, CachedPrefix prefix, long ttlNanos, long nowNanos) {
    entries.put(new Name(server, prefix), new Entry(ttlNanos, nowNanos + ttlNanos));
    if (++writesSinceSweep >= SWEEP_EVERY) {
      writesSinceSweep = 0;
      entries.values().removeIf(entry -> entry.expiresNanos - nowNanos <= 0);
      rates.values().removeIf(rate -> nowNanos - rate.sinceNanos >= MINUTE_NANOS);
    }
  }
}

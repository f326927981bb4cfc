package dev.warmpath.extproc.exchange;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * In how many shards the requests of one {@code prompt_cache_key} go, so that none has more of them
 * in a minute than its provider serves from one cache: a power of two that doubles as soon as a
 * minute's requests are too many, and halves after a minute in which a quarter would have done.
 *
 * <p>Bounded: the key not seen for the longest time is forgotten, and then has one shard.
 * Thread-safe.
 */
final class KeyShards {

  static final int MAX_SHARDS = 1024;

  private static final long WINDOW_NANOS = 60_000_000_000L;

  private static final class Rate {
    long windowNanos;
    int requests;
    int shards = 1;

    Rate(long nowNanos) {
      windowNanos = nowNanos;
    }
  }

  private final int maxKeys;

  // Guarded by this.
  private final LinkedHashMap<Long, Rate> rates;

  KeyShards(int maxKeys) {
    this.maxKeys = maxKeys;
    rates =
        new LinkedHashMap<>(16, 0.75f, /* accessOrder= */ true) {
          @Override
          protected boolean removeEldestEntry(Map.Entry<Long, Rate> eldest) {
            return size() > KeyShards.this.maxKeys;
          }
        };
  }

  /**
   * Takes notice of a request.
   *
   * @param perMinute requests that one shard may have in a minute; 0: not known, so that there is
   *     one shard
   * @return the number of shards, at least 1
   */
  synchronized int arrive(long key, int perMinute, long nowNanos) {
    if (perMinute <= 0) {
      return 1;
    }
    Rate rate = rates.computeIfAbsent(key, _ -> new Rate(nowNanos));
    long elapsedNanos = nowNanos - rate.windowNanos;
    if (elapsedNanos >= WINDOW_NANOS) {
      // Minutes without a request are over, too, and each would have halved.
      for (long windows = elapsedNanos / WINDOW_NANOS; windows > 0 && rate.shards > 1; windows--) {
        if (4L * rate.requests <= (long) perMinute * rate.shards) {
          rate.shards /= 2;
        }
        rate.requests = 0;
      }
      rate.requests = 0;
      rate.windowNanos = nowNanos;
    }
    rate.requests++;
    while (rate.requests > (long) perMinute * rate.shards && rate.shards < MAX_SHARDS) {
      rate.shards *= 2;
    }
    return rate.shards;
  }

  /** Bound of {@link #size}. */
  int max() {
    return maxKeys;
  }

  /** Keys whose rate is known. */
  synchronized int size() {
    return rates.size();
  }
}

package dev.warmpath.controlplane.fleet;

import dev.warmpath.fleet.v1.CacheKeyRate;
import dev.warmpath.fleet.v1.CacheKeyRates;
import dev.warmpath.fleet.v1.CacheKeyShardCount;
import dev.warmpath.wire.ShardCount;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * In how many shards all replicas split each {@code prompt_cache_key}: {@link ShardCount} of the
 * requests that they saw together in a minute. What a replica said of a key replaces what it said
 * before and holds for a minute, in which those requests were; so a report that is late, lost or
 * comes twice changes nothing. A replica that is gone takes its share with it.
 *
 * <p>A key that is new here begins with the shards that its first replica uses, so that a control
 * plane that has just started doesn't merge what others split before.
 *
 * <p>Bounded in keys, of which the one that was not told of for the longest time goes first, and
 * for each by the replicas. Confined to its owner, but for {@link #size}.
 */
final class CacheKeyBook {

  /** What one replica said of one key. */
  private record Word(long requests, int perMinute, long heardNanos) {}

  private static final class Key {
    private final Map<Long, Word> words = new HashMap<>();
    private final ShardCount count;
    private boolean wasSplit;

    Key(int shards, long nowNanos) {
      count = new ShardCount(shards, nowNanos);
      wasSplit = shards > 1;
    }

    void look(long nowNanos) {
      long requests = 0;
      // Replicas with different catalogues may differ: the lowest rate holds in both.
      int perMinute = Integer.MAX_VALUE;
      Iterator<Word> heard = words.values().iterator();
      while (heard.hasNext()) {
        Word word = heard.next();
        if (nowNanos - word.heardNanos() >= ShardCount.MINUTE_NANOS) {
          heard.remove();
        } else {
          requests += word.requests();
          perMinute = Math.min(perMinute, word.perMinute());
        }
      }
      wasSplit |= count.follow(requests, perMinute, nowNanos) > 1;
    }

    boolean isForgotten() {
      return words.isEmpty() && count.shards() == 1;
    }
  }

  private final int maxKeys;

  /** The one not told of for the longest time first. */
  private final LinkedHashMap<Long, Key> keys = new LinkedHashMap<>();

  private final AtomicInteger size = new AtomicInteger();

  CacheKeyBook(int maxKeys) {
    this.maxKeys = maxKeys;
  }

  /**
   * A replica's word. What makes no sense is left out.
   *
   * @return the counts that it changed
   */
  List<CacheKeyShardCount> told(long incarnation, CacheKeyRates rates, long nowNanos) {
    List<CacheKeyShardCount> changed = new ArrayList<>();
    for (CacheKeyRate rate : rates.getKeysList()) {
      if (rate.getPerMinute() <= 0) {
        continue;
      }
      Key key = keys.get(rate.getKey());
      int before = 1;
      if (key == null) {
        key = new Key(ShardCount.isValid(rate.getShards()) ? rate.getShards() : 1, nowNanos);
      } else {
        before = key.count.shards();
      }
      keys.putLast(rate.getKey(), key);
      if (keys.size() > maxKeys) {
        var _ = keys.pollFirstEntry();
      }
      key.words.put(
          incarnation,
          new Word(Integer.toUnsignedLong(rate.getRequests()), rate.getPerMinute(), nowNanos));
      key.look(nowNanos);
      if (key.count.shards() != before) {
        changed.add(count(rate.getKey(), key));
      }
    }
    size.set(keys.size());
    return changed;
  }

  /**
   * Lets time pass. To be called every few seconds.
   *
   * @return the count of every key that is split, or was not long ago
   */
  List<CacheKeyShardCount> counts(long nowNanos) {
    List<CacheKeyShardCount> counts = new ArrayList<>();
    Iterator<Map.Entry<Long, Key>> all = keys.entrySet().iterator();
    while (all.hasNext()) {
      Map.Entry<Long, Key> entry = all.next();
      Key key = entry.getValue();
      key.look(nowNanos);
      if (key.wasSplit) {
        counts.add(count(entry.getKey(), key));
      }
      if (key.isForgotten()) {
        all.remove();
      }
    }
    size.set(keys.size());
    return counts;
  }

  /** A replica is gone. */
  void gone(long incarnation) {
    keys.values().forEach(key -> key.words.remove(incarnation));
  }

  /** Keys that are known; any thread. */
  int size() {
    return size.get();
  }

  /** Bound of {@link #size}. */
  int max() {
    return maxKeys;
  }

  private static CacheKeyShardCount count(long name, Key key) {
    return CacheKeyShardCount.newBuilder().setKey(name).setShards(key.count.shards()).build();
  }
}

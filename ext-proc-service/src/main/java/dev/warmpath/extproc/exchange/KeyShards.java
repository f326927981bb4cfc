package dev.warmpath.extproc.exchange;

import dev.warmpath.wire.ShardCount;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * In how many shards the requests of each {@code prompt_cache_key} go. All replicas must agree on
 * it, or a conversation has another shard at each: so what the control plane told of a key goes, as
 * long as it is fresh. Without it the replica goes by the requests that it sees itself, after the
 * same rule, {@link ShardCount}.
 *
 * <p>Bounded: the key not seen for the longest time is forgotten, and then has one shard; a key
 * that was only told of goes before all others. Thread-safe.
 */
public final class KeyShards {

  /** Keys that the control plane is told of at once, the busiest first. */
  static final int MAX_TOLD = 10_000;

  /** Keys that are looked at for it, the ones seen last: some milliseconds under the lock. */
  private static final int MAX_LOOKED_AT = 100_000;

  /** Of a minute: requests count for 55 to 60 s. */
  private static final int SPANS = 12;

  private static final long SPAN_NANOS = ShardCount.MINUTE_NANOS / SPANS;

  /**
   * A key's last minute at this replica.
   *
   * @param requests seen here
   * @param perMinute that one shard may have
   * @param shards in use
   */
  public record Use(long key, int requests, int perMinute, int shards) {}

  /** One key's requests by span, as they pass, and its shards. */
  private static final class Key {
    private final ShardCount own;
    private final int[] spans = new int[SPANS];
    private int span;
    private long spanStartNanos;
    private int requests;
    private int perMinute;
    private int toldShards; // 0: nothing yet
    private long toldNanos;

    Key(long nowNanos) {
      own = new ShardCount(nowNanos);
      spanStartNanos = nowNanos;
    }

    /** Looks at the end of each span, so that it doesn't matter when somebody asks. */
    void pass(long nowNanos) {
      while (nowNanos - spanStartNanos >= SPAN_NANOS && (requests > 0 || own.shards() > 1)) {
        spanStartNanos += SPAN_NANOS;
        span = (span + 1) % SPANS;
        requests -= spans[span];
        spans[span] = 0;
        own.follow(requests, perMinute, spanStartNanos);
      }
      if (nowNanos - spanStartNanos >= SPAN_NANOS) {
        spanStartNanos = nowNanos; // Nothing is left that could pass.
      }
    }

    void arrive(int limit, long nowNanos) {
      pass(nowNanos);
      perMinute = limit;
      spans[span]++;
      requests++;
      own.follow(requests, perMinute, nowNanos);
    }

    int shards(long nowNanos) {
      return toldShards > 0 && nowNanos - toldNanos < ShardCount.FRESH_NANOS
          ? toldShards
          : own.shards();
    }
  }

  private final int maxKeys;

  /** The one not seen for the longest time first. Guarded by this. */
  private final LinkedHashMap<Long, Key> keys = new LinkedHashMap<>();

  KeyShards(int maxKeys) {
    this.maxKeys = maxKeys;
  }

  /**
   * Takes notice of a request.
   *
   * @param perMinute requests that one shard may have in a minute; 0: not known, so that there is
   *     one shard
   * @return the number of shards, at least 1
   */
  public synchronized int arrive(long name, int perMinute, long nowNanos) {
    if (perMinute <= 0) {
      return 1;
    }
    Key key = keys.get(name);
    if (key == null) {
      key = new Key(nowNanos);
    }
    keys.putLast(name, key);
    if (keys.size() > maxKeys) {
      var _ = keys.pollFirstEntry();
    }
    key.arrive(perMinute, nowNanos);
    return key.shards(nowNanos);
  }

  /**
   * The control plane tells of a key. Of one without requests it is kept only while there is room.
   *
   * @param shards that all replicas use; what can't be a count is left out
   */
  public synchronized void told(long name, int shards, long nowNanos) {
    if (!ShardCount.isValid(shards)) {
      return;
    }
    Key key = keys.get(name);
    if (key == null) {
      if (keys.size() >= maxKeys) {
        return;
      }
      key = new Key(nowNanos);
      keys.putFirst(name, key);
    }
    key.toldShards = shards;
    key.toldNanos = nowNanos;
  }

  /** Keys with requests in the last minute, the busiest first, at most {@value #MAX_TOLD}. */
  public List<Use> lastMinute(long nowNanos) {
    List<Use> uses = new ArrayList<>();
    synchronized (this) {
      for (Map.Entry<Long, Key> entry : keys.sequencedEntrySet().reversed()) {
        Key key = entry.getValue();
        key.pass(nowNanos);
        if (key.requests == 0 || uses.size() == MAX_LOOKED_AT) {
          break; // Those before were seen even longer ago.
        }
        uses.add(new Use(entry.getKey(), key.requests, key.perMinute, key.shards(nowNanos)));
      }
    }
    uses.sort(Comparator.comparingInt(Use::requests).reversed());
    return List.copyOf(uses.subList(0, Math.min(MAX_TOLD, uses.size())));
  }

  /** Bound of {@link #size}. */
  int max() {
    return maxKeys;
  }

  /** Keys whose rate or count is known. */
  synchronized int size() {
    return keys.size();
  }
}

package dev.warmpath.extproc.exchange;

import dev.warmpath.wire.ShardCount;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntConsumer;

/**
 * In how many shards the requests of each {@code prompt_cache_key} go. All replicas must agree on
 * it, or a conversation has another shard at each: so what the control plane told of a key goes, as
 * long as it is fresh. Without it the replica goes by the requests that it sees itself, after the
 * same rule, {@link ShardCount}.
 *
 * <p>Bounded: the key not seen for the longest time is forgotten, and then has one shard; a key
 * that was only told of goes before all others. Thread-safe; requests wait for its lock no longer
 * than it takes to look at {@value #MAX_AT_ONCE} keys.
 */
public final class KeyShards {

  /** Keys that the control plane is told of at once, the busiest first. */
  static final int MAX_TOLD = 10_000;

  /** Keys that are looked at for it, the ones seen last. */
  private static final int MAX_LOOKED_AT = 100_000;

  /** Of these, as many as are looked at before others have the lock: some 0.1 ms. */
  static final int MAX_AT_ONCE = 1_024;

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

  /**
   * One key's requests by span, as they pass, and its shards; an element of the list of all keys by
   * when they were seen. What is not among the {@link #keys} is a mark in that list.
   */
  private static final class Key {
    private final long name;
    private final boolean isMark;
    private Key newer = this;
    private Key older = this;

    /** Of all arrivals the number of its last, and of all walks that of the last which met it. */
    private long arrival;

    private long walk;
    private final ShardCount own;
    private final int[] spans = new int[SPANS];
    private int span;
    private long spanStartNanos;
    private int requests;
    private int perMinute;
    private int toldShards; // 0: nothing yet
    private long toldNanos;

    Key(long name, boolean isMark, long nowNanos) {
      this.name = name;
      this.isMark = isMark;
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
  private final IntConsumer released;

  // All of it guarded by this. The map never grows, which would take longer than a look.
  private final HashMap<Long, Key> keys;
  private final Key ends = new Key(0, /* isMark= */ true, 0);
  private long arrivals;
  private long walks;

  KeyShards(int maxKeys) {
    this(maxKeys, _ -> {});
  }

  /**
   * @param released is told how many keys were looked at, each time others may have the lock
   */
  KeyShards(int maxKeys, IntConsumer released) {
    this.maxKeys = maxKeys;
    this.released = released;
    keys = HashMap.newHashMap(maxKeys + 1);
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
      key = new Key(name, /* isMark= */ false, nowNanos);
      keys.put(name, key);
    }
    remove(key);
    insert(key, ends);
    key.arrival = ++arrivals;
    if (keys.size() > maxKeys) {
      forgetOldest();
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
      key = new Key(name, /* isMark= */ false, nowNanos);
      keys.put(name, key);
      insert(key, ends.newer);
    }
    key.toldShards = shards;
    key.toldNanos = nowNanos;
  }

  /**
   * Keys with requests in the last minute, the busiest first, at most {@value #MAX_TOLD}. Requests
   * that come meanwhile count or don't; a key that is met by none of two ways through the list, as
   * it had two of them at the wrong times, is left to the next call.
   */
  public List<Use> lastMinute(long nowNanos) {
    Map<Long, Use> uses = new HashMap<>();
    var mark = new Key(0, /* isMark= */ true, nowNanos);
    long walk;
    long before;
    synchronized (this) {
      walk = ++walks;
      before = arrivals;
      insert(mark, ends);
    }
    try {
      look(mark, walk, 0, nowNanos, uses);
      // Those that came meanwhile, from behind the mark to before it.
      synchronized (this) {
        remove(mark);
        insert(mark, ends);
      }
      look(mark, walk, before, nowNanos, uses);
    } finally {
      synchronized (this) {
        remove(mark);
      }
    }
    List<Use> busiest = new ArrayList<>(uses.values());
    busiest.sort(Comparator.comparingInt(Use::requests).reversed());
    return List.copyOf(busiest.subList(0, Math.min(MAX_TOLD, busiest.size())));
  }

  /** Looks at the keys behind a mark, a part of them at a time, up to those that came before. */
  private void look(Key mark, long walk, long before, long nowNanos, Map<Long, Use> uses) {
    int looks;
    do {
      looks = lookAtSome(mark, walk, before, nowNanos, uses);
      released.accept(looks);
    } while (looks == MAX_AT_ONCE);
  }

  private synchronized int lookAtSome(
      Key mark, long walk, long before, long nowNanos, Map<Long, Use> uses) {
    int looks = 0;
    Key key = mark.older;
    for (; looks < MAX_AT_ONCE && key != ends; key = key.older, looks++) {
      if (key.isMark) {
        continue;
      }
      key.pass(nowNanos);
      if (key.arrival <= before || key.requests == 0 || uses.size() == MAX_LOOKED_AT) {
        return looks; // Those behind it were seen even longer ago.
      }
      if (key.walk != walk) {
        key.walk = walk;
        uses.putIfAbsent(
            key.name, new Use(key.name, key.requests, key.perMinute, key.shards(nowNanos)));
      }
    }
    remove(mark);
    insert(mark, key.newer);
    return looks;
  }

  private static void remove(Key key) {
    key.newer.older = key.older;
    key.older.newer = key.newer;
  }

  /** Behind one that is newer, or is the list's own. */
  private static void insert(Key key, Key newer) {
    key.newer = newer;
    key.older = newer.older;
    key.older.newer = key;
    newer.older = key;
  }

  private void forgetOldest() {
    Key oldest = ends.newer;
    while (oldest.isMark) {
      oldest = oldest.newer;
    }
    remove(oldest);
    keys.remove(oldest.name);
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

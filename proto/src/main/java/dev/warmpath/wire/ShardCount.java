package dev.warmpath.wire;

/**
 * In how many shards the requests of one {@code prompt_cache_key} go, so that none has more of them
 * in a minute than its provider serves from one cache: a power of two that grows as soon as a
 * minute's requests are too many, and halves after a minute in which a quarter would have done.
 *
 * <p>Replicas follow it with the requests that they see themselves, the control plane with those of
 * all replicas; what it says goes wherever it is heard. Not thread-safe; owned by one key.
 */
public final class ShardCount {
  /** Most that there are: 15,360 requests a minute at OpenAI's rate. */
  public static final int MAX = 1024;

  /** What rates are by. */
  public static final long MINUTE_NANOS = 60_000_000_000L;

  /** How often replicas tell of their requests, and the control plane of the counts. */
  public static final long TELL_NANOS = 5_000_000_000L;

  /** For how long a replica goes by what it was told: two tellings may be lost or late. */
  public static final long FRESH_NANOS = 3 * TELL_NANOS;

  private int shards;
  private long neededNanos;

  /** One shard. */
  public ShardCount(long nowNanos) {
    this(1, nowNanos);
  }

  /**
   * As many as were in use elsewhere.
   *
   * @param shards as {@link #isValid} has it
   */
  public ShardCount(int shards, long nowNanos) {
    if (!isValid(shards)) {
      throw new IllegalArgumentException(
          "shards: " + shards + " (expected: a power of two from 1 to " + MAX + ")");
    }
    this.shards = shards;
    neededNanos = nowNanos;
  }

  /** Whether a number can be a count at all. */
  public static boolean isValid(int shards) {
    return shards >= 1 && shards <= MAX && Integer.bitCount(shards) == 1;
  }

  /**
   * Goes with the rate. To be called whenever it rises, and every few seconds while there is more
   * than one shard.
   *
   * @param requests of the last minute
   * @param perMinute that one shard may have
   * @return the number of shards
   */
  public int follow(long requests, int perMinute, long nowNanos) {
    while (requests > (long) perMinute * shards && shards < MAX) {
      shards *= 2;
    }
    if (4 * requests > (long) perMinute * shards) {
      neededNanos = nowNanos;
    } else if (shards > 1 && nowNanos - neededNanos >= MINUTE_NANOS) {
      shards /= 2;
      neededNanos = nowNanos;
    }
    return shards;
  }

  /** The number of shards, at least 1. */
  public int shards() {
    return shards;
  }
}

package dev.warmpath.extproc.pick;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What one cache is believed to hold: an LRU of prefix blocks, bounded by their tokens, as an
 * engine's KV cache is, and by their number, which bounds memory. Also the shadow caches of the
 * ledger. One owner; not thread-safe.
 *
 * <p>A block's hash covers all before it, so a block is of use only with everything before it. A
 * prompt is therefore touched last block first: each block is then younger than what follows it,
 * eviction takes leaves first, and what is held stays closed under "everything before". That makes
 * {@link #longestPrefix} a search in O(log blocks). Only {@link #truncate} can break it, where
 * another prompt branches off behind the cut; {@link #verifiedPrefix} then walks.
 *
 * <p>The table is open addressing with linear probing; keys, list links and tokens lie in four
 * primitive arrays, 20 bytes a slot. A multiply-shift takes hashes to slots, so the length needs no
 * power of two, and growth by a quarter keeps the load between 0.56 and 0.7: at most 36 bytes a
 * block once beyond the smallest table. Removal shifts back, so there are no tombstones.
 */
public final class Belief {

  /** Bytes that a belief of more than a few dozen blocks takes for each, at most. */
  public static final int MAX_BYTES_PER_BLOCK = 40;

  /** The largest bound on blocks that a belief may be given. */
  public static final int MAX_BLOCKS = 1 << 24;

  private static final int BYTES_PER_SLOT = Long.BYTES + 3 * Integer.BYTES;
  private static final int SMALLEST_TABLE = 32;

  /**
   * Misses probe 6 slots on average at this load, 50 at 0.9 (Knuth, TAOCP 3, 6.4, linear probing);
   * eight keys share a cache line.
   */
  private static final double MAX_LOAD = 0.7;

  private static final double GROWTH = 1.25;

  /** 2^64 / golden ratio: spreads keys that are not themselves hashes, as peers may send. */
  private static final long MIX = 0x9E3779B97F4A7C15L;

  /** A free slot. A block whose hash is this is kept as {@link #MIX}. */
  private static final long FREE = 0;

  private static final int NONE = -1;

  private final int maxBlocks;
  private long capacityTokens;

  private long[] keys = new long[SMALLEST_TABLE];
  private int[] older = new int[SMALLEST_TABLE];
  private int[] younger = new int[SMALLEST_TABLE];
  private int[] tokens = new int[SMALLEST_TABLE];
  private int growAt = (int) (SMALLEST_TABLE * MAX_LOAD);
  private int youngest = NONE;
  private int oldest = NONE;

  private int blocks;
  private long heldTokens;
  private long evictedBlocks;

  /** Whether a cut may have left blocks without what comes before them. */
  private boolean holes;

  /** Second of the last use, where blocks have a lifetime; null where they don't. */
  private int @Nullable [] usedAt;

  private long nowSeconds;

  /**
   * An empty one.
   *
   * @param capacityTokens tokens that it holds at most
   * @param maxBlocks blocks that it holds at most, up to {@link #MAX_BLOCKS}
   */
  public Belief(long capacityTokens, int maxBlocks) {
    if (maxBlocks < 1 || maxBlocks > MAX_BLOCKS) {
      throw new IllegalArgumentException(
          "maxBlocks: %d (expected: 1 to %d)".formatted(maxBlocks, MAX_BLOCKS));
    }
    this.maxBlocks = maxBlocks;
    this.capacityTokens = checkedCapacity(capacityTokens);
  }

  /**
   * An empty one whose blocks also go when they were not used for a while, as at providers: {@link
   * #expire} takes them. 4 bytes more for each slot.
   */
  public static Belief withLifetime(long capacityTokens, int maxBlocks) {
    Belief belief = new Belief(capacityTokens, maxBlocks);
    belief.usedAt = new int[SMALLEST_TABLE];
    return belief;
  }

  /** Blocks held. */
  public int blocks() {
    return blocks;
  }

  /** Tokens held. */
  public long tokens() {
    return heldTokens;
  }

  /** Tokens that it holds at most. */
  public long capacityTokens() {
    return capacityTokens;
  }

  /** Sets the tokens that it holds at most; what is too much goes, oldest first. */
  public void capacityTokens(long tokens) {
    capacityTokens = checkedCapacity(tokens);
    evictDownTo(capacityTokens, maxBlocks);
  }

  /** Blocks that had to go for others, since it was made. */
  public long evictedBlocks() {
    return evictedBlocks;
  }

  /** Bytes of its arrays. */
  public long bytes() {
    return (long) keys.length * (usedAt == null ? BYTES_PER_SLOT : BYTES_PER_SLOT + Integer.BYTES);
  }

  /**
   * Number of leading blocks that are held. Where a cut has left holes it may be too large, never
   * too small.
   */
  public int longestPrefix(PrefixBlocks prefix) {
    return longestPrefix(prefix.blockArray(), prefix.count());
  }

  int longestPrefix(long[] chain, int count) {
    if (count == 0 || find(chain[0]) == NONE) {
      return 0;
    }
    // Doubling steps first: most endpoints hold little of a prompt, and that little is at its root.
    int held = 1;
    int atMost = count;
    for (int step = 1; held < atMost; step <<= 1) {
      int probe = Math.min(held + step, atMost);
      if (find(chain[probe - 1]) == NONE) {
        atMost = probe - 1;
        break;
      }
      held = probe;
    }
    while (held < atMost) {
      int middle = (held + atMost + 1) >>> 1;
      if (find(chain[middle - 1]) == NONE) {
        atMost = middle - 1;
      } else {
        held = middle;
      }
    }
    return held;
  }

  /**
   * The true number of leading blocks that are held, given {@link #longestPrefix}'s answer: walks
   * only if a cut may have left holes.
   */
  int verifiedPrefix(long[] chain, int longestPrefix) {
    if (!holes) {
      return longestPrefix;
    }
    for (int i = 0; i < longestPrefix; i++) {
      if (find(chain[i]) == NONE) {
        return i;
      }
    }
    return longestPrefix;
  }

  /** Makes a prompt's blocks held and youngest, its root the youngest of all. */
  public void place(PrefixBlocks prefix) {
    place(prefix.blockArray(), prefix.tokensUpToArray(), prefix.count());
  }

  /** The same for the first blocks of a prompt. */
  public void place(PrefixBlocks prefix, int blockCount) {
    place(
        prefix.blockArray(),
        prefix.tokensUpToArray(),
        Objects.checkIndex(blockCount, prefix.count() + 1));
  }

  void place(long[] chain, int[] tokensUpTo, int count) {
    int fitting = Math.min(count, maxBlocks);
    while (fitting > 0 && tokensUpTo[fitting - 1] > capacityTokens) {
      fitting--;
    }
    for (int i = fitting - 1; i >= 0; i--) {
      touch(chain[i], tokensUpTo[i] - (i == 0 ? 0 : tokensUpTo[i - 1]));
    }
    evictDownTo(capacityTokens, maxBlocks);
  }

  /** Forgets a prompt's blocks from the given one on. */
  public void truncate(PrefixBlocks prefix, int from) {
    truncate(prefix.blockArray(), from, prefix.count());
  }

  void truncate(long[] chain, int from, int count) {
    for (int i = from; i < count; i++) {
      int slot = find(chain[i]);
      if (slot != NONE) {
        remove(slot);
        holes = true;
      }
    }
    holes &= blocks > 0;
  }

  /**
   * Sets the time of the uses that follow, and forgets blocks that were last used before a given
   * one. Only for a belief {@link #withLifetime}.
   *
   * @param nowSeconds never falls; seconds since any fixed time, less than 2^31
   * @param lifetimeSeconds a block used longer ago is gone
   */
  public void expire(long nowSeconds, long lifetimeSeconds) {
    int[] used = Objects.requireNonNull(usedAt, "made without lifetime");
    this.nowSeconds = nowSeconds;
    while (blocks > 0 && used[oldest] < nowSeconds - lifetimeSeconds) {
      evictOldest();
    }
  }

  /** Forgets all. */
  public void clear() {
    allocate(SMALLEST_TABLE);
    blocks = 0;
    heldTokens = 0;
    holes = false;
  }

  private void touch(long hash, int itsTokens) {
    int slot = find(hash);
    if (slot != NONE) {
      heldTokens += itsTokens - tokens[slot];
      tokens[slot] = itsTokens;
      unlink(slot);
      linkYoungest(slot);
      return;
    }
    if (blocks == maxBlocks) {
      evictOldest();
    }
    if (blocks == growAt) {
      grow();
    }
    insertYoungest(key(hash), itsTokens);
    blocks++;
    heldTokens += itsTokens;
  }

  private void evictDownTo(long mostTokens, int mostBlocks) {
    while (blocks > 0 && (heldTokens > mostTokens || blocks > mostBlocks)) {
      evictOldest();
    }
  }

  private void evictOldest() {
    remove(oldest);
    evictedBlocks++;
  }

  private int find(long hash) {
    long key = key(hash);
    long[] table = keys;
    int slot = home(key, table.length);
    while (true) {
      long found = table[slot];
      if (found == key) {
        return slot;
      }
      if (found == FREE) {
        return NONE;
      }
      if (++slot == table.length) {
        slot = 0;
      }
    }
  }

  private static long key(long hash) {
    return hash == FREE ? MIX : hash;
  }

  private static int home(long key, int slots) {
    return (int) Math.unsignedMultiplyHigh(key * MIX, slots);
  }

  private void insertYoungest(long key, int itsTokens) {
    int slot = home(key, keys.length);
    while (keys[slot] != FREE) {
      if (++slot == keys.length) {
        slot = 0;
      }
    }
    keys[slot] = key;
    tokens[slot] = itsTokens;
    linkYoungest(slot);
  }

  private void linkYoungest(int slot) {
    older[slot] = youngest;
    younger[slot] = NONE;
    if (youngest == NONE) {
      oldest = slot;
    } else {
      younger[youngest] = slot;
    }
    youngest = slot;
    if (usedAt != null) {
      usedAt[slot] = (int) nowSeconds;
    }
  }

  private void unlink(int slot) {
    relink(older[slot], younger[slot]);
  }

  /** Makes the two neighbours; either may be the list's end. */
  private void relink(int olderOne, int youngerOne) {
    if (olderOne == NONE) {
      oldest = youngerOne;
    } else {
      younger[olderOne] = youngerOne;
    }
    if (youngerOne == NONE) {
      youngest = olderOne;
    } else {
      older[youngerOne] = olderOne;
    }
  }

  private void remove(int slot) {
    unlink(slot);
    blocks--;
    heldTokens -= tokens[slot];
    int hole = slot;
    int next = slot;
    while (true) {
      if (++next == keys.length) {
        next = 0;
      }
      long key = keys[next];
      if (key == FREE) {
        break;
      }
      // It may move into the hole unless its home lies behind the hole.
      if (distance(home(key, keys.length), next) >= distance(hole, next)) {
        move(next, hole);
        hole = next;
      }
    }
    keys[hole] = FREE;
  }

  private int distance(int from, int to) {
    return to >= from ? to - from : to - from + keys.length;
  }

  private void move(int from, int to) {
    keys[to] = keys[from];
    tokens[to] = tokens[from];
    int itsOlder = older[from];
    int itsYounger = younger[from];
    older[to] = itsOlder;
    younger[to] = itsYounger;
    if (usedAt != null) {
      usedAt[to] = usedAt[from];
    }
    if (itsOlder == NONE) {
      oldest = to;
    } else {
      younger[itsOlder] = to;
    }
    if (itsYounger == NONE) {
      youngest = to;
    } else {
      older[itsYounger] = to;
    }
  }

  private void grow() {
    long[] oldKeys = keys;
    int[] oldYounger = younger;
    int[] oldTokens = tokens;
    int[] oldUsedAt = usedAt;
    int slot = oldest;
    int enough = (int) Math.ceil((maxBlocks + 1) / MAX_LOAD);
    allocate(Math.min((int) Math.ceil(oldKeys.length * GROWTH), Math.max(enough, SMALLEST_TABLE)));
    while (slot != NONE) {
      insertYoungest(oldKeys[slot], oldTokens[slot]);
      if (usedAt != null && oldUsedAt != null) {
        usedAt[youngest] = oldUsedAt[slot];
      }
      slot = oldYounger[slot];
    }
  }

  private void allocate(int slots) {
    keys = new long[slots];
    older = new int[slots];
    younger = new int[slots];
    tokens = new int[slots];
    if (usedAt != null) {
      usedAt = new int[slots];
    }
    growAt = (int) (slots * MAX_LOAD);
    youngest = NONE;
    oldest = NONE;
  }

  private static long checkedCapacity(long tokens) {
    if (tokens < 1) {
      throw new IllegalArgumentException("capacityTokens: " + tokens + " (expected: >= 1)");
    }
    return tokens;
  }
}

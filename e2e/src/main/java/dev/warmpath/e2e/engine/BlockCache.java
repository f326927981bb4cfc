package dev.warmpath.e2e.engine;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The prefix cache of an engine: a bounded set of blocks that evicts the least recently used one,
 * leaves before what they hang on. A block is named by the hash of itself and all before it, so
 * that a prompt is a chain of names. Not thread-safe.
 *
 * <p>Leaf first needs no tree: a chain is always touched from its end to its start, so no block is
 * ever older than one that hangs on it. vLLM frees the blocks of a request in the same order.
 */
public final class BlockCache {
  private final int capacityBlocks;
  private final Map<Long, Boolean> blocks = new LinkedHashMap<>(1024, 0.75f, true);

  /**
   * An empty one.
   *
   * @param capacityBlocks >= 1
   */
  public BlockCache(int capacityBlocks) {
    if (capacityBlocks < 1) {
      throw new IllegalArgumentException(capacityBlocks + " (expected: capacityBlocks >= 1)");
    }
    this.capacityBlocks = capacityBlocks;
  }

  /** How many blocks from the start of {@code chain} it holds; refreshes nothing. */
  public int match(long[] chain) {
    int matched = 0;
    while (matched < chain.length && blocks.containsKey(chain[matched])) {
      matched++;
    }
    return matched;
  }

  /** Makes {@code chain} the most recently used; of one that does not fit, its start stays. */
  public void insert(long[] chain) {
    for (int i = chain.length - 1; i >= 0; i--) {
      blocks.put(chain[i], Boolean.TRUE);
    }
    Iterator<Long> eldest = blocks.keySet().iterator();
    for (int excess = blocks.size() - capacityBlocks; excess > 0; excess--) {
      eldest.next();
      eldest.remove();
    }
  }

  public int size() {
    return blocks.size();
  }

  public int capacityBlocks() {
    return capacityBlocks;
  }

  public void clear() {
    blocks.clear();
  }
}

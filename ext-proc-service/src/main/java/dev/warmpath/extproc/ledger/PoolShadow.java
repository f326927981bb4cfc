package dev.warmpath.extproc.ledger;

import dev.warmpath.extproc.pick.Belief;
import dev.warmpath.extproc.pick.PrefixBlocks;
import java.util.ArrayList;
import java.util.List;

/**
 * The two pools that a pool is compared with: naive, round robin over as many caches as the pool
 * has endpoints, each as large; and possible, one cache as large as all of them. Number and size
 * are those of the configuration, whatever engines tell later. Thread-safe: a leaf lock. Memory:
 * two beliefs' worth of {@code maxBlocks} per endpoint.
 */
public final class PoolShadow {

  // All guarded by this.
  private final List<Belief> naive = new ArrayList<>();
  private final Belief possible;
  private int next;

  /**
   * Shadows of a pool.
   *
   * @param endpoints number of its endpoints, at least 1
   * @param cacheTokens what each one's prefix cache holds
   * @param maxBlocks blocks that the shadow of one endpoint may hold
   */
  public PoolShadow(int endpoints, long cacheTokens, int maxBlocks) {
    if (endpoints < 1 || cacheTokens < 1) {
      throw new IllegalArgumentException(
          "%d endpoints of %d tokens (expected: >= 1 each)".formatted(endpoints, cacheTokens));
    }
    for (int i = 0; i < endpoints; i++) {
      naive.add(new Belief(cacheTokens, maxBlocks));
    }
    long blocks = Math.min((long) maxBlocks * endpoints, Belief.MAX_BLOCKS);
    possible = new Belief(cacheTokens * endpoints, (int) blocks);
  }

  /**
   * A prompt has come: what it finds in both, where it then stays.
   *
   * @param plannedReadTokens what the picked endpoint is believed to hold of it
   */
  public synchronized Shadow arrive(PrefixBlocks prefix, int plannedReadTokens) {
    Shadow unplanned = arrive(prefix);
    return new Shadow(
        unplanned.promptTokens(),
        unplanned.naiveReadTokens(),
        0,
        plannedReadTokens,
        0,
        unplanned.possibleReadTokens());
  }

  /** As above, for a prompt for which no endpoint was picked. */
  public synchronized Shadow arrive(PrefixBlocks prefix) {
    next = next + 1 < naive.size() ? next + 1 : 0;
    return new Shadow(
        prefix.promptTokens(),
        readAndPlace(naive.get(next), prefix),
        0,
        readAndPlace(possible, prefix));
  }

  private static int readAndPlace(Belief cache, PrefixBlocks prefix) {
    int read = prefix.tokensUpTo(cache.longestPrefix(prefix));
    cache.place(prefix);
    return read;
  }
}

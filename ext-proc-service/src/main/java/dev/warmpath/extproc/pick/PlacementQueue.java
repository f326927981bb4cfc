package dev.warmpath.extproc.pick;

import java.util.ArrayDeque;
import java.util.List;

/**
 * Placements that wait to be told to peers, oldest first; what is too much goes, oldest first.
 * Owned by a {@link PoolPicker}, touched only under its lock.
 */
final class PlacementQueue {

  /** Placements that wait at most. */
  static final int MAX_PLACEMENTS = 4096;

  /** Blocks of those at most. */
  static final int MAX_BLOCKS = 1 << 20;

  private final ArrayDeque<Placement> queue = new ArrayDeque<>();
  private long blocks;
  private long dropped;

  void add(Placement placement) {
    queue.add(placement);
    blocks += placement.blocks().length;
    while (queue.size() > MAX_PLACEMENTS || blocks > MAX_BLOCKS) {
      blocks -= queue.remove().blocks().length;
      dropped++;
    }
  }

  List<Placement> drain() {
    List<Placement> drained = List.copyOf(queue);
    queue.clear();
    blocks = 0;
    return drained;
  }

  long dropped() {
    return dropped;
  }
}

package dev.warmpath.extproc.pick;

import java.util.ArrayDeque;
import java.util.ArrayList;
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

  /** The oldest, of together at most so many blocks, and at least one; the others wait. */
  List<Placement> drain(int maxBlocks) {
    var drained = new ArrayList<Placement>();
    long room = maxBlocks;
    for (Placement next = queue.peek(); next != null; next = queue.peek()) {
      room -= next.blocks().length;
      if (room < 0 && !drained.isEmpty()) {
        break;
      }
      drained.add(queue.remove());
      blocks -= next.blocks().length;
    }
    return drained;
  }

  long dropped() {
    return dropped;
  }
}

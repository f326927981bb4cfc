package dev.warmpath.extproc.pick;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;

/** The obvious LRU of prefix blocks, leaf first, by count: what an engine is, in one page. */
final class LruOracle {

  /** Oldest first. */
  private final Map<Long, Boolean> blocks = new LinkedHashMap<>(16, 0.75f, true);

  private final int capacity;

  LruOracle(int capacity) {
    this.capacity = capacity;
  }

  int longestPrefix(long[] chain) {
    int held = 0;
    while (held < chain.length && blocks.containsKey(chain[held])) {
      held++;
    }
    return held;
  }

  void place(long[] chain) {
    for (int i = Math.min(chain.length, capacity) - 1; i >= 0; i--) {
      blocks.put(chain[i], true);
    }
    Iterator<Long> oldest = blocks.keySet().iterator();
    while (blocks.size() > capacity) {
      oldest.next();
      oldest.remove();
    }
  }

  int size() {
    return blocks.size();
  }
}

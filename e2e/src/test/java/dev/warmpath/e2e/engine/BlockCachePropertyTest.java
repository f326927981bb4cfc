package dev.warmpath.e2e.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

class BlockCachePropertyTest {
  /** A block of the naive model: when it was used, and how many blocks hang on it. */
  private static final class Node {
    final long parent;
    long used;

    Node(long parent) {
      this.parent = parent;
    }
  }

  /** Evicts leaf by leaf the one used longest ago, by looking at all. */
  private static final class NaiveCache {
    final Map<Long, Node> nodes = new HashMap<>();
    final int capacity;
    long clock;

    NaiveCache(int capacity) {
      this.capacity = capacity;
    }

    void insert(long[] chain) {
      clock++;
      long parent = 0;
      for (long block : chain) {
        long above = parent;
        nodes.computeIfAbsent(block, _ -> new Node(above)).used = clock;
        parent = block;
      }
      while (nodes.size() > capacity) {
        nodes.remove(
            nodes.keySet().stream()
                .filter(id -> nodes.values().stream().noneMatch(node -> node.parent == id))
                .min((a, b) -> Long.compare(used(a), used(b)))
                .orElseThrow());
      }
    }

    private long used(long id) {
      Node node = nodes.get(id);
      return node == null ? 0 : node.used;
    }
  }

  @Property(tries = 300)
  void insert_anyChains_sameBlocksAsLeafFirstByBruteForce(
      @ForAll @Size(max = 30)
          List<@Size(min = 1, max = 6) List<@IntRange(min = 1, max = 3) Integer>> prompts,
      @ForAll @IntRange(min = 1, max = 12) int capacity) {
    var cache = new BlockCache(capacity);
    var naive = new NaiveCache(capacity);
    for (List<Integer> prompt : prompts) {
      long[] chain = new long[prompt.size()];
      long hash = 7;
      for (int i = 0; i < chain.length; i++) {
        hash = hash * 31 + prompt.get(i);
        chain[i] = hash;
      }
      cache.insert(chain);
      naive.insert(chain);
      assertThat(cache.size()).isEqualTo(naive.nodes.size());
      for (long block : naive.nodes.keySet()) {
        assertThat(cache.match(new long[] {block})).isEqualTo(1);
      }
    }
  }
}

package dev.warmpath.e2e.provider;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;

/** The simulated provider's cache, for tests of others who keep the same books. */
public final class SimulatedCache {

  private record Awaited(long nanos, PromptCache.Plan plan) {}

  private final PromptCache cache = new PromptCache();
  private final PriorityQueue<Awaited> awaited =
      new PriorityQueue<>(Comparator.comparingLong(Awaited::nanos));
  private final int minimumTokens;

  public SimulatedCache(int minimumTokens) {
    this.minimumTokens = minimumTokens;
  }

  /**
   * A request whose prompt is given by some of its prefixes: the key, tokens and blocks up to the
   * end of each, and the seconds of the marker there, 0 for none. In the order of time.
   */
  public MessageUsage add(long nanos, long answerNanos, long[][] prefixes) {
    while (!awaited.isEmpty() && awaited.peek().nanos() <= nanos) {
      Awaited begun = awaited.remove();
      cache.begun(begun.plan(), begun.nanos());
    }
    List<PromptBlock> blocks = new ArrayList<>();
    for (long[] prefix : prefixes) {
      long before = blocks.isEmpty() ? 0 : blocks.getLast().endTokens();
      while (blocks.size() < prefix[2] - 1) {
        blocks.add(new PromptBlock("", new CachedPrefix(prefix[0], blocks.size() + 1L), before, 0));
      }
      blocks.add(new PromptBlock("", new CachedPrefix(prefix[0], 0), prefix[1], (int) prefix[3]));
    }
    PromptCache.Plan plan = cache.read(blocks, minimumTokens, nanos);
    awaited.add(new Awaited(nanos + answerNanos, plan));
    return plan.usage();
  }
}

package dev.warmpath.e2e.provider;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Anthropic's prompt cache. A marker writes one entry, the prefix that ends with its block,
 * readable once the response of its writer begins; a marker reads the longest entry among its own
 * block and the 19 before. A hit renews the entry's lifetime, which counts from the start of
 * requests. What is shorter than the model's minimum is silently neither written nor read.
 *
 * <p>Not thread-safe; knows no clock.
 */
final class PromptCache {
  /** Blocks that a marker looks at, its own included. */
  static final int LOOKBACK_BLOCKS = 20;

  private static final int FIVE_MINUTES_SECONDS = 300;
  private static final long NANOS_PER_SECOND = 1_000_000_000;
  private static final int SWEEP_EVERY = 4_096;

  private record Entry(long ttlNanos, long expiresNanos) {}

  /** An entry that will be readable when its writer's response begins. */
  private record Write(CachedPrefix prefix, int ttlSeconds) {}

  /** What a request reads and writes. */
  static final class Plan {
    private final MessageUsage usage;
    private final List<Write> writes;
    private final long startNanos;

    private Plan(MessageUsage usage, List<Write> writes, long startNanos) {
      this.usage = usage;
      this.writes = writes;
      this.startNanos = startNanos;
    }

    /** Without output. */
    MessageUsage usage() {
      return usage;
    }
  }

  private final Map<CachedPrefix, Entry> entries = new HashMap<>();
  private int writesSinceSweep;

  /** Reads for a request that starts now, and says what it will write. */
  Plan read(List<PromptBlock> blocks, int minimumTokens, long nowNanos) {
    int readBlock = -1;
    for (int i = 0; i < blocks.size(); i++) {
      if (isBreakpoint(blocks.get(i), minimumTokens)) {
        readBlock = Math.max(readBlock, lookBack(blocks, i, nowNanos));
      }
    }
    long read = readBlock < 0 ? 0 : blocks.get(readBlock).endTokens();
    long written5m = 0;
    long written1h = 0;
    long covered = read;
    var writes = new ArrayList<Write>();
    for (int i = readBlock + 1; i < blocks.size(); i++) {
      PromptBlock block = blocks.get(i);
      if (isBreakpoint(block, minimumTokens)) {
        long tokens = block.endTokens() - covered;
        if (block.ttlSeconds() == FIVE_MINUTES_SECONDS) {
          written5m += tokens;
        } else {
          written1h += tokens;
        }
        covered = block.endTokens();
        writes.add(new Write(block.prefix(), block.ttlSeconds()));
      }
    }
    long total = blocks.isEmpty() ? 0 : blocks.getLast().endTokens();
    return new Plan(
        new MessageUsage(read, written5m, written1h, total - covered, 0), writes, nowNanos);
  }

  /** The response has begun: what the request wrote can be read from now on. */
  void begun(Plan plan, long nowNanos) {
    for (Write write : plan.writes) {
      long ttlNanos = write.ttlSeconds * NANOS_PER_SECOND;
      entries.merge(
          write.prefix,
          new Entry(ttlNanos, plan.startNanos + ttlNanos),
          (old, fresh) -> old.expiresNanos - fresh.expiresNanos > 0 ? old : fresh);
    }
    writesSinceSweep += plan.writes.size();
    if (writesSinceSweep >= SWEEP_EVERY) {
      writesSinceSweep = 0;
      entries.values().removeIf(entry -> entry.expiresNanos - nowNanos <= 0);
    }
  }

  void clear() {
    entries.clear();
  }

  private static boolean isBreakpoint(PromptBlock block, int minimumTokens) {
    return block.ttlSeconds() > 0 && block.endTokens() >= minimumTokens;
  }

  /** The block of the longest entry that the marker at {@code from} finds, renewed; -1: none. */
  private int lookBack(List<PromptBlock> blocks, int from, long nowNanos) {
    for (int i = from; i >= 0 && i > from - LOOKBACK_BLOCKS; i--) {
      CachedPrefix prefix = blocks.get(i).prefix();
      Entry entry = entries.get(prefix);
      if (entry != null && entry.expiresNanos - nowNanos > 0) {
        entries.put(prefix, new Entry(entry.ttlNanos, nowNanos + entry.ttlNanos));
        return i;
      }
    }
    return -1;
  }
}

package dev.warmpath.e2e.economics;

import dev.warmpath.e2e.provider.MessageUsage;
import dev.warmpath.extproc.provider.ModelEntry;
import dev.warmpath.extproc.provider.Prices;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A provider's cache and what it bills, by Anthropic's rules. A marker reads the longest prefix
 * that was written where it stands or in the blocks before, so many with its own, and renews it.
 * What lies behind the longest of these is written up to the markers there, for the lifetime of
 * each, and can be read once the response began; a marker before it writes nothing. A prefix below
 * the minimum is neither read nor written.
 */
final class Bill {

  static final int HOUR_SECONDS = 3600;

  /** What can be read once its writer's response began. */
  private record Write(long readableFrom, long heldUntil, long lifetime) {}

  /** Of a prefix. */
  private static final class Entry {
    private final List<Write> writes = new ArrayList<>(1);
    private long heldUntil = Long.MIN_VALUE;
    private long lifetime;

    boolean isReadable(long nanos) {
      for (int i = 0; i < writes.size(); i++) {
        Write write = writes.get(i);
        if (write.readableFrom <= nanos) {
          if (write.heldUntil >= heldUntil) {
            heldUntil = write.heldUntil;
            lifetime = write.lifetime;
          }
          writes.remove(i--);
        }
      }
      return nanos < heldUntil;
    }
  }

  private final ModelEntry model;
  private final Prices prices;
  private final Map<Long, Entry> entries = new HashMap<>();
  private double usd;

  Bill(ModelEntry model, Prices prices) {
    this.model = model;
    this.prices = prices;
  }

  double usd() {
    return usd;
  }

  int lookbackBlocks() {
    return model.lookbackBlocks();
  }

  Prices prices() {
    return prices;
  }

  boolean isWritable(long tokens) {
    return tokens >= model.minCacheTokens();
  }

  /** Whether a request at a time would find a prefix. */
  boolean isReadable(long key, long nanos) {
    Entry entry = entries.get(key);
    return entry != null && entry.isReadable(nanos);
  }

  /** Whether another request is still writing it, and none has written it. */
  boolean isWritten(long key, long nanos) {
    Entry entry = entries.get(key);
    return entry != null && !entry.isReadable(nanos) && !entry.writes.isEmpty();
  }

  /** How long a prefix that can be read will be held without a hit, of its lifetime: 0 to 1. */
  double shareLeft(long key, long nanos) {
    Entry entry = entries.get(key);
    return entry == null || !entry.isReadable(nanos)
        ? 0
        : (double) (entry.heldUntil - nanos) / entry.lifetime;
  }

  /** Whether what can be read was written for an hour. */
  boolean isHeldForAnHour(long key) {
    Entry entry = entries.get(key);
    return entry != null && entry.lifetime == HOUR_SECONDS * Traffic.SECOND;
  }

  /**
   * The end of the longest prefix that a marker finds.
   *
   * @param end where it stands
   * @return below 0: it finds none
   */
  int found(Arrival request, int end) {
    for (int back = end;
        back >= 0 && request.blocks()[end] - request.blocks()[back] < lookbackBlocks();
        back--) {
      if (isReadable(request.keys()[back], request.nanos())) {
        return back;
      }
    }
    return -1;
  }

  /**
   * Bills a request's input.
   *
   * @param seconds the lifetime of each boundary's marker; 0: none
   * @return without output
   */
  MessageUsage add(Arrival request, int[] seconds) {
    int[] markers = new int[request.keys().length];
    int count = 0;
    int longest = HOUR_SECONDS;
    for (int boundary = 0; boundary < seconds.length; boundary++) {
      if (seconds[boundary] > 0) {
        if (!request.has(boundary) || seconds[boundary] > longest || ++count > model.maxMarkers()) {
          throw new IllegalArgumentException("a marker that the provider refuses");
        }
        longest = seconds[boundary];
        if (isWritable(request.tokens(boundary))) {
          markers[request.boundaries()[boundary]] = seconds[boundary];
        }
      }
    }
    int found = read(request, markers);
    long read = found < 0 ? 0 : request.tokens()[found];
    long before = read;
    long minutes = 0;
    long hour = 0;
    for (int end = found + 1; end < markers.length; end++) {
      if (markers[end] > 0) {
        long tokens = request.tokens()[end] - before;
        minutes += markers[end] == HOUR_SECONDS ? 0 : tokens;
        hour += markers[end] == HOUR_SECONDS ? tokens : 0;
        before = request.tokens()[end];
        write(request, end, markers[end] * Traffic.SECOND);
      }
    }
    MessageUsage usage = new MessageUsage(read, minutes, hour, request.allTokens() - before, 0);
    usd +=
        (usage.read() * prices.cacheReadUsd()
                + usage.written5m() * prices.cacheWrite5mUsd()
                + usage.written1h() * prices.cacheWrite1hUsd()
                + usage.uncached() * prices.inputUsd())
            / 1e6;
    return usage;
  }

  /** Renews what each marker finds, and tells the end of the longest. */
  private int read(Arrival request, int[] markers) {
    int longest = -1;
    for (int end = 0; end < markers.length; end++) {
      int found = markers[end] > 0 ? found(request, end) : -1;
      Entry hit = found < 0 ? null : entries.get(request.keys()[found]);
      if (hit != null) {
        hit.heldUntil = request.nanos() + hit.lifetime;
      }
      longest = Math.max(longest, found);
    }
    return longest;
  }

  private void write(Arrival request, int end, long lifetime) {
    entries
        .computeIfAbsent(request.keys()[end], _ -> new Entry())
        .writes
        .add(
            new Write(
                request.nanos() + request.answerNanos(), request.nanos() + lifetime, lifetime));
  }
}

package dev.warmpath.extproc.volatility;

import java.util.LinkedHashMap;
import java.util.Map;

/** The values last seen at a place, by hash, and how many different ones there were. Bounded. */
final class RecentValues {

  private static final int MAX_VALUES = 64;

  /** Twice the shortest lifetime that providers promise; within it a value met again is cached. */
  private static final long REUSE_NANOS = 600_000_000_000L;

  private final Map<Long, Long> seenAt =
      new LinkedHashMap<>(16, 0.75f, /* accessOrder= */ true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Long, Long> eldest) {
          return size() > MAX_VALUES;
        }
      };
  private int different;

  /** Takes a value; whether it is new here, or was seen too long ago to be cached still. */
  boolean isNew(long value, long nowNanos) {
    Long before = seenAt.put(value, nowNanos);
    if (before == null) {
      different++;
    }
    return before == null || nowNanos - before > REUSE_NANOS;
  }

  /** Those that the bound made forgotten count again when they return. */
  int different() {
    return different;
  }
}

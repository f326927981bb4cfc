package dev.warmpath.extproc.exchange;

import dev.warmpath.extproc.prompt.Dialect;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;

/**
 * Which provider refused a field that we added, at which API and for which model, and until when it
 * is not added again: a time that doubles with each refusal. Learned here, or told by other
 * replicas. Thread-safe; bounded by {@value #MAX_ENTRIES} entries, beyond which nothing is added
 * for others (the safe side).
 */
public final class Rejections {

  static final int MAX_ENTRIES = 10_000;
  static final long FIRST_PAUSE_NANOS = 60_000_000_000L;
  static final long LONGEST_PAUSE_NANOS = 24 * 3_600_000_000_000L;

  /** After so long without a refusal the next one counts as the first. */
  static final long FORGOTTEN_NANOS = 24 * 3_600_000_000_000L;

  /**
   * What is refused.
   *
   * @param cluster the provider or pool that refuses
   * @param api at which it does
   * @param model as the client named it
   * @param name of the member; with dots, of one inside another, which then goes on without it
   */
  public record Field(String cluster, Dialect api, String model, String name) {}

  private record Pause(long untilNanos, long lengthNanos) {}

  /**
   * A refusal to tell the other replicas of.
   *
   * @param field that was refused
   * @param pauseNanos how long it is not added
   */
  public record Rejection(Field field, long pauseNanos) {}

  // Guarded by this.
  private final Map<Field, Pause> pauses = new HashMap<>();
  private final Queue<Rejection> untold = new ArrayDeque<>();
  private long clearedNanos;

  /**
   * What of an edit a refusal is about.
   *
   * @param named as the error names it
   * @param added what the request had by the edit alone
   * @return the narrowest of these that it may mean; empty: it is about something else
   */
  static String ours(String named, List<String> added) {
    if (named.isEmpty() || added.contains(named)) {
      return named;
    }
    for (String field : added) {
      // A `ttl` of nobody's, or one that is missed where we sent none.
      if (field.endsWith("." + named) || named.startsWith(field + ".")) {
        return field;
      }
    }
    return "";
  }

  /** A request that we had edited was refused. */
  synchronized void rejected(Field field, long nowNanos) {
    Pause last = pauses.get(field);
    if (last != null && nowNanos - last.untilNanos() < 0) {
      // Refused before the pause was known everywhere: the same refusal, not another.
      return;
    }
    long length =
        last == null || forgotten(last, nowNanos)
            ? FIRST_PAUSE_NANOS
            : Math.min(2 * last.lengthNanos(), LONGEST_PAUSE_NANOS);
    pause(field, length, nowNanos);
    if (untold.size() < MAX_ENTRIES) {
      untold.add(new Rejection(field, length));
    }
  }

  /** Another replica's refusal. */
  public synchronized void told(Rejection rejection, long nowNanos) {
    long left = Math.clamp(rejection.pauseNanos(), 0, LONGEST_PAUSE_NANOS);
    Pause last = pauses.get(rejection.field());
    if (last != null && nowNanos + left - last.untilNanos() <= 0) {
      return;
    }
    // What is told is what is left of it, which says little of how long it was.
    long length =
        Math.max(left, last == null || forgotten(last, nowNanos) ? 0 : last.lengthNanos());
    put(
        rejection.field(),
        new Pause(nowNanos + left, Math.max(length, FIRST_PAUSE_NANOS)),
        nowNanos);
  }

  /** Whether a field may be added. */
  synchronized boolean allows(Field field, long nowNanos) {
    if (pauses.isEmpty()) {
      return true;
    }
    Pause pause = pauses.get(field);
    if (pause != null) {
      return nowNanos - pause.untilNanos() >= 0;
    }
    if (pauses.size() >= MAX_ENTRIES && nowNanos - clearedNanos >= FIRST_PAUSE_NANOS) {
      clearedNanos = nowNanos;
      pauses.values().removeIf(each -> nowNanos - each.untilNanos() >= 0);
    }
    return pauses.size() < MAX_ENTRIES;
  }

  /** Refusals that other replicas have not been told of. */
  public synchronized List<Rejection> drainUntold() {
    List<Rejection> drained = new ArrayList<>(untold);
    untold.clear();
    return drained;
  }

  private static boolean forgotten(Pause pause, long nowNanos) {
    return nowNanos - pause.untilNanos() > FORGOTTEN_NANOS;
  }

  private void pause(Field field, long lengthNanos, long nowNanos) {
    put(field, new Pause(nowNanos + lengthNanos, lengthNanos), nowNanos);
  }

  private void put(Field field, Pause pause, long nowNanos) {
    if (pauses.size() >= MAX_ENTRIES) {
      pauses.values().removeIf(each -> forgotten(each, nowNanos));
    }
    if (pauses.size() < MAX_ENTRIES || pauses.containsKey(field)) {
      pauses.put(field, pause);
    }
  }
}

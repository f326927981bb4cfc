package dev.warmpath.extproc.exchange;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;

/**
 * Which provider and model refused a field that we added, and until when it is not added again: a
 * time that doubles with each refusal. Learned here, or told by other replicas. Thread-safe;
 * bounded by {@value #MAX_ENTRIES} entries, beyond which nothing is annotated for unknown pairs
 * (the safe side).
 */
public final class Rejections {

  static final int MAX_ENTRIES = 10_000;
  static final long FIRST_PAUSE_NANOS = 60_000_000_000L;
  static final long LONGEST_PAUSE_NANOS = 24 * 3_600_000_000_000L;

  /** After so long without a refusal the next one counts as the first. */
  static final long FORGOTTEN_NANOS = 24 * 3_600_000_000_000L;

  private record Key(String cluster, String model, String field) {}

  private record Pause(long untilNanos, long lengthNanos) {}

  /**
   * A refusal to tell the other replicas of.
   *
   * @param cluster the provider or pool that refused
   * @param model as the client named it
   * @param field that was refused
   * @param pauseNanos how long the field is not added
   */
  public record Rejection(String cluster, String model, String field, long pauseNanos) {}

  // Guarded by this.
  private final Map<Key, Pause> pauses = new HashMap<>();
  private final Queue<Rejection> untold = new ArrayDeque<>();

  /** A request that we had edited was refused. */
  synchronized void rejected(String cluster, String model, String field, long nowNanos) {
    Key key = new Key(cluster, model, field);
    Pause last = pauses.get(key);
    if (last != null && nowNanos - last.untilNanos() < 0) {
      // Refused before the pause was known everywhere: the same refusal, not another.
      return;
    }
    long length =
        last == null || forgotten(last, nowNanos)
            ? FIRST_PAUSE_NANOS
            : Math.min(2 * last.lengthNanos(), LONGEST_PAUSE_NANOS);
    pause(key, length, nowNanos);
    if (untold.size() < MAX_ENTRIES) {
      untold.add(new Rejection(cluster, model, field, length));
    }
  }

  /** Another replica's refusal. */
  public synchronized void told(Rejection rejection, long nowNanos) {
    long length = Math.clamp(rejection.pauseNanos(), 0, LONGEST_PAUSE_NANOS);
    pause(new Key(rejection.cluster(), rejection.model(), rejection.field()), length, nowNanos);
  }

  /** Whether a field may be added. */
  synchronized boolean allows(String cluster, String model, String field, long nowNanos) {
    if (pauses.isEmpty()) {
      return true;
    }
    Pause pause = pauses.get(new Key(cluster, model, field));
    return pause == null ? pauses.size() < MAX_ENTRIES : nowNanos - pause.untilNanos() >= 0;
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

  private void pause(Key key, long lengthNanos, long nowNanos) {
    if (pauses.size() >= MAX_ENTRIES) {
      pauses.values().removeIf(pause -> forgotten(pause, nowNanos));
    }
    if (pauses.size() < MAX_ENTRIES || pauses.containsKey(key)) {
      pauses.put(key, new Pause(nowNanos + lengthNanos, lengthNanos));
    }
  }
}

package dev.warmpath.extproc.annotate;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * Sightings that wait for other replicas to be told. Bounded by the prefixes that they name: the
 * oldest gives way, since what is told late is worth least. Not thread-safe.
 */
final class SightingQueue {

  private final int maxPrefixes;
  private final Deque<Sighting> waiting = new ArrayDeque<>();
  private int prefixes;
  private long dropped;

  /**
   * @param maxPrefixes 0: nobody is told
   */
  SightingQueue(int maxPrefixes) {
    if (maxPrefixes < 0) {
      throw new IllegalArgumentException("maxPrefixes: %d (expected: >= 0)".formatted(maxPrefixes));
    }
    this.maxPrefixes = maxPrefixes;
  }

  int maxPrefixes() {
    return maxPrefixes;
  }

  /** Whether anybody is told. */
  boolean isOpen() {
    return maxPrefixes > 0;
  }

  void add(Sighting sighting) {
    if (sighting.prefixes() == 0) {
      return;
    }
    waiting.addLast(sighting);
    prefixes += sighting.prefixes();
    while (prefixes > maxPrefixes) {
      dropped += remove().prefixes();
    }
  }

  /**
   * The oldest, and no more.
   *
   * @param most prefixes that they may name; the first of them may name more
   */
  List<Sighting> drain(int most) {
    List<Sighting> drained = new ArrayList<>();
    int room = most;
    while (!waiting.isEmpty() && (drained.isEmpty() || waiting.getFirst().prefixes() <= room)) {
      Sighting next = remove();
      room -= next.prefixes();
      drained.add(next);
    }
    return drained;
  }

  private Sighting remove() {
    Sighting first = waiting.removeFirst();
    prefixes -= first.prefixes();
    return first;
  }

  /** Prefixes of those that gave way. */
  long dropped() {
    return dropped;
  }
}

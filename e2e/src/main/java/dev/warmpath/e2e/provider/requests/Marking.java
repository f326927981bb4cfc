package dev.warmpath.e2e.provider.requests;

import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.random.RandomGenerator;

/**
 * Where a client puts its markers: some clients nowhere, some at the limit.
 *
 * @param places among those that can be marked, in order
 * @param hours how many of the first ask for an hour
 */
record Marking(List<Integer> places, int hours) {
  /** Any that is allowed. */
  static Marking any(int candidates, int max, RandomGenerator random) {
    int count =
        switch (random.nextInt(8)) {
          case 0, 1, 2, 3 -> 0;
          case 4 -> 1;
          case 5 -> 1 + random.nextInt(max);
          default -> max;
        };
    return of(Math.min(count, candidates), candidates, random);
  }

  private static Marking of(int count, int candidates, RandomGenerator random) {
    var places = new TreeSet<Integer>();
    while (places.size() < count) {
      // Often among the last, as with conversations that are marked as they grow.
      places.add(
          random.nextBoolean()
              ? random.nextInt(candidates)
              : candidates - 1 - random.nextInt(Math.min(candidates, count)));
    }
    return new Marking(
        new ArrayList<>(places), random.nextInt(3) == 0 ? random.nextInt(count + 1) : 0);
  }

  int count() {
    return places.size();
  }
}

package dev.warmpath.e2e.economics;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;

/** A kind of traffic at one route. A seed draws rates, sizes and gaps, and then the requests. */
interface Workload {

  String name();

  /** Adds at least so many requests, in any order. */
  void draw(Random random, int requests, List<Arrival> to);

  /** So many requests, in the order of their arrival. */
  default List<Arrival> requests(int count, long seed) {
    List<Arrival> all = new ArrayList<>();
    draw(new Random(31 * seed + name().hashCode()), count, all);
    all.sort(Comparator.comparingLong(Arrival::nanos));
    return all.subList(0, count);
  }
}

package dev.warmpath.e2e.economics;

import dev.warmpath.extproc.annotate.PayingMarkers;
import dev.warmpath.extproc.annotate.Sighting;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Random;

/**
 * Some replicas of Warmpath: each request goes to one of them by chance, as Envoy spreads them.
 * Where they tell each other, what one sees the others know 100 ms to a second later, as over the
 * fleet stream: batches leave every 100 ms, and each is under way for up to 900 ms.
 */
final class Fleet implements MarkerPolicy {

  private static final long PERIOD_NANOS = Traffic.SECOND / 10;
  private static final int LONGEST_WAY_MILLIS = 900;
  private static final int MAX_UNTOLD = 10_000;

  /** One of which the others are told. */
  private record Batch(Replica from, long arrivalNanos, List<Sighting> sightings) {}

  /** One of the fleet. */
  private final class Replica {
    private final PayingMarkers markers =
        new PayingMarkers(MarkerPolicy.Warmpath.MAX_PREFIXES, tells ? MAX_UNTOLD : 0);
    private final MarkerPolicy.Warmpath policy = new MarkerPolicy.Warmpath(markers);

    /** Messages from one replica to another don't overtake each other. */
    private long lastArrivalNanos = Long.MIN_VALUE;
  }

  private final boolean tells;
  private final Random random;
  private final List<Replica> replicas = new ArrayList<>();
  private final IdentityHashMap<Arrival, Replica> awaited = new IdentityHashMap<>();
  private final Deque<Batch> underWay = new ArrayDeque<>();
  private long periodEndNanos;

  /**
   * @param tells whether they tell each other what they see
   * @param seed draws who gets a request, and how long messages take
   */
  Fleet(int size, boolean tells, long seed) {
    this.tells = tells;
    random = new Random(seed);
    for (int i = 0; i < size; i++) {
      replicas.add(new Replica());
    }
  }

  @Override
  public void decide(Arrival request, int[] seconds, Bill bill) {
    passTo(request.nanos());
    Replica replica = replicas.get(random.nextInt(replicas.size()));
    awaited.put(request, replica);
    replica.policy.decide(request, seconds, bill);
  }

  @Override
  public void answered(Arrival request) {
    passTo(request.nanos() + request.answerNanos());
    Replica replica = awaited.remove(request);
    if (replica != null) {
      replica.policy.answered(request);
    }
  }

  /** Lets the periods go by in which messages leave and arrive. */
  private void passTo(long nanos) {
    if (nanos - periodEndNanos > 100 * PERIOD_NANOS && underWay.isEmpty()) {
      tell(periodEndNanos);
      deliver(periodEndNanos + Traffic.SECOND);
      periodEndNanos = nanos;
    }
    while (nanos - periodEndNanos >= 0) {
      tell(periodEndNanos);
      deliver(periodEndNanos);
      periodEndNanos += PERIOD_NANOS;
    }
  }

  private void tell(long nanos) {
    for (Replica replica : tells ? replicas : List.<Replica>of()) {
      List<Sighting> sightings = replica.markers.drainUntold(MAX_UNTOLD);
      if (!sightings.isEmpty()) {
        long wayNanos = random.nextInt(LONGEST_WAY_MILLIS) * (Traffic.SECOND / 1000);
        replica.lastArrivalNanos = Math.max(replica.lastArrivalNanos, nanos + wayNanos);
        underWay.add(new Batch(replica, replica.lastArrivalNanos, sightings));
      }
    }
  }

  private void deliver(long nanos) {
    underWay.removeIf(
        batch -> {
          boolean isHere = batch.arrivalNanos() <= nanos;
          if (isHere) {
            for (Replica replica : replicas) {
              if (replica != batch.from()) {
                batch.sightings().forEach(replica.markers::told);
              }
            }
          }
          return isHere;
        });
  }
}

package dev.warmpath.extproc.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmpath.extproc.annotate.Boundary;
import dev.warmpath.extproc.annotate.PayingMarkers;
import dev.warmpath.extproc.provider.PriceFactors;
import dev.warmpath.fleet.v1.Sightings;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/**
 * A stream that does to messages what it likes makes nobody want markers. Questions come back too
 * rarely to pay, a tenth of them a minute later and the rest never; one replica that sees all of
 * them marks no more than it tries. However batches are lost, doubled, late or swapped, each of
 * some replicas marks at most as many as that one and those that it may try itself.
 */
class PeerSightingsPropertyTest {

  private static final long MILLI = 1_000_000L;
  private static final int REPLICAS = 3;
  private static final int REQUESTS = 2_000;

  /** Position of the boundary in what was chosen. */
  private static final int CONVERSATION = 3;

  /** As docs/economics.md says. */
  private static final int TRIED = 64;

  private static final PriceFactors PRICES = new PriceFactors(0.1, 1.25, 2, null);

  private record Event(long nanos, Runnable what) {}

  private static final class Replica {
    private final PayingMarkers markers;
    private final PeerSightings sightings;
    private int marked;

    Replica(long incarnation, int perSecond) {
      markers = new PayingMarkers(65_536, perSecond);
      sightings = new PeerSightings("r", incarnation, markers);
    }

    /** What to do once the response begins. */
    PayingMarkers.Chosen ask(long question, long nanos) {
      var chosen = new PayingMarkers.Chosen();
      var offer = new PayingMarkers.Offer();
      offer.clear(300);
      offer.end(7);
      offer.boundary(Boundary.SYSTEM, 4_000, 1);
      offer.mayMark(Boundary.SYSTEM, 300, 3600);
      offer.end(question);
      offer.boundary(Boundary.CONVERSATION, 12_000, 30);
      offer.mayMark(Boundary.CONVERSATION, 300, 3600);
      markers.choose("route", "scope", offer, 4, 20, PRICES, nanos, chosen);
      marked += chosen.seconds[CONVERSATION] > 0 ? 1 : 0;
      return chosen;
    }
  }

  @Property(tries = 12)
  void batches_lostDoubledLateOrSwapped_makeNoMarkersAppear(@ForAll long seed) {
    Random random = new Random(seed);
    Replica alone = new Replica(99, 0);
    List<Replica> replicas = new ArrayList<>();
    for (int i = 0; i < REPLICAS; i++) {
      replicas.add(new Replica(i + 1, 10_000));
    }
    PriorityQueue<Event> events = new PriorityQueue<>(Comparator.comparingLong(Event::nanos));
    long end = 0;
    for (int i = 0; i < REQUESTS; i++) {
      end += random.nextInt(800) * MILLI;
      long question = random.nextLong() | 1;
      request(events, question, end, replicas, alone, random);
      if (random.nextInt(10) == 0) {
        request(events, question, end + 60_000 * MILLI, replicas, alone, random);
      }
    }
    double lost = random.nextDouble();
    int most = 1 + random.nextInt(5);
    for (long period = 0; period < end; period += 100 * MILLI) {
      long nanos = period;
      events.add(new Event(nanos, () -> tell(events, nanos, replicas, lost, most, random)));
    }

    while (!events.isEmpty()) {
      events.remove().what().run();
    }

    assertThat(alone.marked).isLessThanOrEqualTo(2 * TRIED);
    for (Replica replica : replicas) {
      assertThat(replica.marked).isLessThanOrEqualTo(TRIED + alone.marked);
    }
  }

  private static void request(
      PriorityQueue<Event> events,
      long question,
      long nanos,
      List<Replica> replicas,
      Replica alone,
      Random random) {
    Replica replica = replicas.get(random.nextInt(REPLICAS));
    long answerNanos = nanos + (300 + random.nextInt(3_000)) * MILLI;
    for (Replica each : List.of(replica, alone)) {
      events.add(
          new Event(
              nanos,
              () -> {
                PayingMarkers.Chosen chosen = each.ask(question, nanos);
                events.add(
                    new Event(
                        answerNanos,
                        () -> each.markers.answered(chosen.keys, chosen.marked(), answerNanos)));
              }));
    }
  }

  /** Each message arrives never or up to so many times, up to eight seconds later, in any order. */
  private static void tell(
      PriorityQueue<Event> events,
      long nanos,
      List<Replica> replicas,
      double lost,
      int most,
      Random random) {
    for (Replica from : replicas) {
      Sightings message = from.sightings.next(nanos);
      for (Replica to : replicas) {
        if (message == null || random.nextDouble() < lost) {
          continue;
        }
        for (int copies = 1 + random.nextInt(most); copies > 0; copies--) {
          long arrival = nanos + random.nextInt(random.nextBoolean() ? 200 : 8_000) * MILLI;
          events.add(new Event(arrival, () -> to.sightings.receive(message, arrival)));
        }
      }
    }
  }
}

package dev.warmpath.extproc.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmpath.extproc.annotate.Boundary;
import dev.warmpath.extproc.annotate.PayingMarkers;
import dev.warmpath.extproc.provider.PriceFactors;
import dev.warmpath.fleet.v1.Sightings;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class PeerSightingsTest {

  private static final long SECOND = 1_000_000_000L;
  private static final PriceFactors PRICES = new PriceFactors(0.1, 1.25, 2, null);

  /** Clocks of two machines have nothing in common. */
  private static final long APART = 77_777 * SECOND;

  private final Replica one = new Replica(1, 10_000);
  private final Replica two = new Replica(2, 10_000);
  private long nowNanos = 5 * SECOND;

  /** A replica whose clock is its incarnation times {@link #APART} ahead. */
  private final class Replica {
    private final long incarnation;
    private final PayingMarkers markers;
    private final PeerSightings sightings;
    private final PayingMarkers.Chosen chosen = new PayingMarkers.Chosen();

    Replica(long incarnation, int perSecond) {
      this.incarnation = incarnation;
      markers = new PayingMarkers(4096, perSecond);
      sightings = new PeerSightings("replica-" + incarnation, incarnation, markers);
    }

    long clock() {
      return nowNanos + incarnation * APART;
    }

    void ask(long system) {
      var offer = new PayingMarkers.Offer();
      offer.clear(300);
      offer.end(system);
      offer.boundary(Boundary.SYSTEM, 4_000, 4);
      offer.mayMark(Boundary.SYSTEM, 300, 3600);
      markers.choose("route", "scope\ntenant", offer, 4, 20, PRICES, clock(), chosen);
    }

    void answer() {
      markers.answered(chosen.keys, chosen.marked(), clock());
    }

    Sightings tell() {
      return Objects.requireNonNull(sightings.next(clock()));
    }

    void hear(Sightings message) {
      sightings.receive(message, clock());
    }
  }

  @Test
  void request_andItsAnswer_areKnownToAnotherReplica() {
    one.ask(7);
    Sightings request = one.tell();
    one.answer();
    Sightings answer = one.tell();
    assertThat(one.sightings.next(one.clock())).as("told once").isNull();

    two.hear(request);
    two.ask(7);
    assertThat(two.chosen.written[1]).as("the other one writes it").isTrue();
    two.hear(answer);
    two.ask(7);

    assertThat(two.chosen.expectsRead).isTrue();
    assertThat(one.sightings.told()).isEqualTo(2 + 8).isEqualTo(two.sightings.heard() + 6);
    assertThat(two.sightings.late()).isZero();
  }

  @Test
  void message_holdsNoMoreThanHashesRouteAndScope() {
    one.ask(7);
    one.answer();

    Sightings message = one.tell();

    assertThat(message.getSourcesList())
        .singleElement()
        .satisfies(
            source -> {
              assertThat(source.getRoute()).isEqualTo("route");
              assertThat(source.getScope()).isEqualTo("scope\ntenant");
            });
    assertThat(message.getSightingsList()).hasSize(2);
    assertThat(message.getSerializedSize()).isLessThan(200);
  }

  @Test
  void message_heardTwiceOrOwn_countsForNothing() {
    one.ask(7);
    Sightings request = one.tell();
    two.hear(request);
    long heard = two.sightings.heard();

    two.hear(request);
    one.hear(request);

    assertThat(two.sightings.heard()).isEqualTo(heard).isPositive();
    assertThat(two.sightings.late()).isEqualTo(heard);
    assertThat(one.sightings.heard()).isZero();
  }

  @Test
  void message_thatWasUnderWayTooLong_countsForNothing() {
    one.ask(7);
    two.hear(one.tell());
    one.ask(8);
    Sightings slow = one.tell();

    nowNanos += PeerSightings.MAX_AGE_NANOS + 1;
    two.hear(slow);
    two.ask(8);

    assertThat(two.chosen.written[1]).isFalse();
    assertThat(two.sightings.late()).isEqualTo(2);
  }

  @Test
  void sighting_thatWaitedTooLongHere_isNotTold() {
    one.ask(7);
    nowNanos += PeerSightings.MAX_AGE_NANOS + 1;

    assertThat(one.sightings.next(one.clock())).isNull();
    assertThat(one.sightings.late()).isEqualTo(2);
    assertThat(one.sightings.told()).isZero();
  }

  @Test
  void requests_moreThanAreToldInASecond_areBoundedByPeriodAndSecond() {
    Replica busy = new Replica(3, 200);
    for (int i = 1; i <= 1000; i++) {
      busy.ask(i);
    }
    int prefixes = 0;
    for (int period = 0; period < 10; period++) {
      Sightings message = busy.tell();
      assertThat(message.getSightingsCount()).isEqualTo(10);
      prefixes += 2 * message.getSightingsCount();
    }

    assertThat(prefixes).isEqualTo(200);
    assertThat(busy.sightings.next(busy.clock())).isNull();
    assertThat(busy.sightings.left()).isEqualTo(1800);
  }

  @Test
  void replica_thatTellsNothing_hearsNothing() {
    Replica alone = new Replica(4, 0);
    one.ask(7);
    alone.hear(one.tell());
    alone.ask(7);

    assertThat(alone.sightings.heard()).isZero();
    assertThat(alone.sightings.next(alone.clock())).isNull();
  }
}

package dev.warmpath.extproc.fleet;

import dev.warmpath.extproc.annotate.Boundary;
import dev.warmpath.extproc.annotate.PayingMarkers;
import dev.warmpath.extproc.annotate.Sighting;
import dev.warmpath.fleet.v1.SeenBoundary;
import dev.warmpath.fleet.v1.SeenRequest;
import dev.warmpath.fleet.v1.SeenResponse;
import dev.warmpath.fleet.v1.SightingSource;
import dev.warmpath.fleet.v1.Sightings;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Tells other replicas what this one saw of prefixes, and this one what they saw. What is heard
 * twice, or older than {@link #MAX_AGE_NANOS}, counts for nothing.
 *
 * <p>Confined to the fleet client's thread, but for its counts. Bounded: a message names a tenth of
 * the prefixes that a second may name, since there are ten periods in it; what waits for longer
 * than a second gives way ({@link PayingMarkers}).
 */
final class PeerSightings {

  /**
   * By then nearly all responses have begun, and what was written is known otherwise; a message
   * that took so long shows that nothing is known of the time between.
   */
  static final long MAX_AGE_NANOS = 5_000_000_000L;

  private static final int PERIODS_PER_SECOND = 1_000 / FleetClient.PERIOD_MILLIS;

  private final String replica;
  private final long incarnation;
  private final PayingMarkers markers;
  private final int batchPrefixes;
  private final MessageLag lags = new MessageLag();
  private long sequence;
  private final AtomicLong told = new AtomicLong();
  private final AtomicLong heard = new AtomicLong();
  private final AtomicLong late = new AtomicLong();

  PeerSightings(String replica, long incarnation, PayingMarkers markers) {
    this.replica = replica;
    this.incarnation = incarnation;
    this.markers = markers;
    batchPrefixes = Math.ceilDiv(markers.maxUntold(), PERIODS_PER_SECOND);
  }

  /** Prefixes of which other replicas were told. */
  long told() {
    return told.get();
  }

  /** Prefixes of which this one was told, and learned from it. */
  long heard() {
    return heard.get();
  }

  /** Prefixes that were told too late, by this replica or others, or twice. */
  long late() {
    return late.get();
  }

  /** Prefixes that were left out, since there were too many. */
  long left() {
    return markers.leftUntold();
  }

  /** What is to be told in this period; null: nothing. */
  @Nullable Sightings next(long nowNanos) {
    Sightings.Builder message = Sightings.newBuilder();
    Map<SightingSource, Integer> sources = new LinkedHashMap<>();
    for (Sighting sighting : markers.drainUntold(batchPrefixes)) {
      long age = nowNanos - sighting.nanos();
      if (age > MAX_AGE_NANOS) {
        late.addAndGet(sighting.prefixes());
      } else {
        message.addSightings(message(sighting, Math.max(0, age), sources));
        told.addAndGet(sighting.prefixes());
      }
    }
    if (message.getSightingsCount() == 0) {
      return null;
    }
    return message
        .setReplica(replica)
        .setIncarnation(incarnation)
        .setSequence(++sequence)
        .setSentNanos(nowNanos)
        .addAllSources(sources.keySet())
        .build();
  }

  private static dev.warmpath.fleet.v1.Sighting message(
      Sighting sighting, long age, Map<SightingSource, Integer> sources) {
    var message = dev.warmpath.fleet.v1.Sighting.newBuilder().setAgeNanos(age);
    switch (sighting) {
      case Sighting.Request request -> {
        SightingSource source =
            SightingSource.newBuilder().setRoute(request.route()).setScope(request.scope()).build();
        int known = sources.size();
        Integer position = sources.putIfAbsent(source, known);
        SeenRequest.Builder seen =
            message
                .getRequestBuilder()
                .setSource(position == null ? known : position)
                .setRead(request.read());
        for (Sighting.At at : request.boundaries()) {
          seen.addBoundaries(
              SeenBoundary.newBuilder()
                  .setBoundary(boundary(at.boundary()))
                  .setPrefix(at.key())
                  .setMarkedSeconds(at.markedSeconds())
                  .setTried(at.tried())
                  .setPaddingTokens(at.paddingTokens()));
        }
        for (long key : request.earlier()) {
          seen.addEarlier(key);
        }
      }
      case Sighting.Answer(_, long[] keys, long[] marked) ->
          message.setAnswer(response(keys, marked));
      case Sighting.Failure(_, long[] marked) -> message.setFailure(response(new long[0], marked));
      case Sighting.NothingRead(_, long[] keys) ->
          message.setNothingRead(response(keys, new long[0]));
    }
    return message.build();
  }

  private static SeenResponse response(long[] keys, long[] marked) {
    SeenResponse.Builder response = SeenResponse.newBuilder();
    for (long key : keys) {
      if (key != 0) {
        response.addPrefixes(key);
      }
    }
    for (long key : marked) {
      if (key != 0) {
        response.addMarked(key);
      }
    }
    return response.build();
  }

  /** Another replica tells. */
  void receive(Sightings message, long nowNanos) {
    if (message.getIncarnation() == incarnation || batchPrefixes == 0) {
      return;
    }
    OptionalLong lag =
        lags.heard(
            message.getIncarnation(), message.getSequence(), message.getSentNanos(), nowNanos);
    for (dev.warmpath.fleet.v1.Sighting each : message.getSightingsList()) {
      long age = Math.max(0, each.getAgeNanos()) + lag.orElse(0);
      Sighting sighting = sighting(each, message.getSourcesList(), nowNanos - age);
      if (sighting == null) {
        continue;
      }
      if (lag.isEmpty() || age > MAX_AGE_NANOS || age < 0) {
        late.addAndGet(sighting.prefixes());
      } else {
        markers.told(sighting);
        heard.addAndGet(sighting.prefixes());
      }
    }
  }

  /** Null: a newer replica says something that isn't known here. */
  private static @Nullable Sighting sighting(
      dev.warmpath.fleet.v1.Sighting message, List<SightingSource> sources, long nanos) {
    return switch (message.getWhatCase()) {
      case REQUEST -> {
        SeenRequest request = message.getRequest();
        int source = request.getSource();
        if (source < 0 || source >= sources.size()) {
          yield null;
        }
        List<Sighting.At> boundaries = new ArrayList<>();
        for (SeenBoundary each : request.getBoundariesList()) {
          Boundary boundary = boundary(each.getBoundary());
          if (boundary != null && each.getMarkedSeconds() >= 0) {
            boundaries.add(
                new Sighting.At(
                    boundary,
                    each.getPrefix(),
                    each.getMarkedSeconds(),
                    each.getTried(),
                    each.getPaddingTokens()));
          }
        }
        yield new Sighting.Request(
            nanos,
            sources.get(source).getRoute(),
            sources.get(source).getScope(),
            boundaries,
            array(request.getEarlierList()),
            request.getRead());
      }
      case ANSWER ->
          new Sighting.Answer(
              nanos,
              array(message.getAnswer().getPrefixesList()),
              array(message.getAnswer().getMarkedList()));
      case FAILURE -> new Sighting.Failure(nanos, array(message.getFailure().getMarkedList()));
      case NOTHING_READ ->
          new Sighting.NothingRead(nanos, array(message.getNothingRead().getPrefixesList()));
      case WHAT_NOT_SET -> null;
    };
  }

  private static long[] array(List<Long> keys) {
    return keys.stream().mapToLong(Long::longValue).toArray();
  }

  private static SeenBoundary.Boundary boundary(Boundary boundary) {
    return switch (boundary) {
      case TOOLS -> SeenBoundary.Boundary.TOOLS;
      case SYSTEM -> SeenBoundary.Boundary.SYSTEM;
      case PREVIOUS_TURN -> SeenBoundary.Boundary.PREVIOUS_TURN;
      case CONVERSATION -> SeenBoundary.Boundary.CONVERSATION;
    };
  }

  private static @Nullable Boundary boundary(SeenBoundary.Boundary boundary) {
    return switch (boundary) {
      case TOOLS -> Boundary.TOOLS;
      case SYSTEM -> Boundary.SYSTEM;
      case PREVIOUS_TURN -> Boundary.PREVIOUS_TURN;
      case CONVERSATION -> Boundary.CONVERSATION;
      case BOUNDARY_UNSPECIFIED, UNRECOGNIZED -> null;
    };
  }
}

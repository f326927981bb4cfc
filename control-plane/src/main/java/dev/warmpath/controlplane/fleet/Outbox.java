package dev.warmpath.controlplane.fleet;

import dev.warmpath.fleet.v1.CacheKeyShardCount;
import dev.warmpath.fleet.v1.CacheKeyShards;
import dev.warmpath.fleet.v1.ControlMessage;
import dev.warmpath.fleet.v1.EndpointView;
import dev.warmpath.fleet.v1.LedgerAck;
import dev.warmpath.fleet.v1.Load;
import dev.warmpath.fleet.v1.Outcome;
import dev.warmpath.fleet.v1.Outcomes;
import dev.warmpath.fleet.v1.PeerGone;
import dev.warmpath.fleet.v1.Placements;
import dev.warmpath.fleet.v1.Rejection;
import dev.warmpath.fleet.v1.Rejections;
import dev.warmpath.fleet.v1.SeenResponse;
import dev.warmpath.fleet.v1.Sighting;
import dev.warmpath.fleet.v1.Sightings;
import dev.warmpath.fleet.v1.Welcome;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What waits to be sent to one replica, in bounded memory however slowly it reads. Whole states
 * replace their predecessors: the view, each peer's load, each cache key's shards, the ledger's
 * acknowledgement. Of what is additive the oldest is dropped, and counted: placements and sightings
 * lose precision only, outcomes leave the owner to its own timeout. Confined to its owner.
 *
 * <p>Out comes first what the rest rests on: welcome, view, who is gone, then what ends things,
 * then what informs.
 */
final class Outbox {
  /** 2 MiB of hashes: about a hundred prompts of the longest kind. */
  static final int MAX_PLACEMENT_BLOCKS = 262_144;

  /** Each placement has an address besides its blocks. */
  static final int MAX_PLACEMENTS = 16_384;

  static final int MAX_OUTCOMES = 10_000;

  /** A second's worth of what ten busy replicas tell, a megabyte. */
  static final int MAX_SIGHTED_PREFIXES = 100_000;

  static final int MAX_REJECTIONS = 1_000;
  static final int MAX_GONE = 1_000;

  /** Outcomes, rejections and cache keys that go into one message: far below gRPC's 4 MiB. */
  private static final int BATCH = 1_000;

  private @Nullable Welcome welcome;
  private @Nullable EndpointView view;
  private @Nullable LedgerAck ledgerAck;
  private final Map<Long, PeerGone> gone = new LinkedHashMap<>();
  private final Map<Long, Load> loads = new LinkedHashMap<>();
  private final Deque<Rejection> rejections = new ArrayDeque<>();
  private final Deque<Outcome> outcomes = new ArrayDeque<>();
  private final int maxCacheKeys;
  private final LinkedHashMap<Long, CacheKeyShardCount> cacheKeys = new LinkedHashMap<>();
  private final Deque<Placements> placements = new ArrayDeque<>();
  private long placementBlocks;
  private long placementCount;
  private long droppedPlacements;
  private long droppedOutcomes;
  private final Deque<Sightings> sightings = new ArrayDeque<>();
  private long sightedPrefixes;
  private long droppedSightings;

  /**
   * @param maxCacheKeys of which counts wait; beyond it the oldest is dropped, and told again soon
   */
  Outbox(int maxCacheKeys) {
    this.maxCacheKeys = maxCacheKeys;
  }

  void welcome(Welcome message) {
    welcome = message;
  }

  void view(EndpointView message) {
    view = message;
  }

  void ledgerAck(long sequence) {
    ledgerAck = LedgerAck.newBuilder().setSequence(sequence).build();
  }

  void load(Load message) {
    loads.put(message.getIncarnation(), message);
  }

  /** A peer is gone: its load is void, whether it was sent or not. */
  void gone(PeerGone message) {
    loads.remove(message.getIncarnation());
    gone.put(message.getIncarnation(), message);
    dropOldest(gone);
  }

  void rejections(List<Rejection> messages) {
    rejections.addAll(messages);
    while (rejections.size() > MAX_REJECTIONS) {
      rejections.removeFirst();
    }
  }

  void cacheKeys(List<CacheKeyShardCount> counts) {
    for (CacheKeyShardCount count : counts) {
      cacheKeys.put(count.getKey(), count);
      if (cacheKeys.size() > maxCacheKeys) {
        CacheKeyShardCount _ = pollFirst(cacheKeys);
      }
    }
  }

  void outcomes(List<Outcome> messages) {
    outcomes.addAll(messages);
    while (outcomes.size() > MAX_OUTCOMES) {
      outcomes.removeFirst();
      droppedOutcomes++;
    }
  }

  void placements(Placements message) {
    placements.addLast(message);
    placementBlocks += blocks(message);
    placementCount += count(message);
    while (placementBlocks > MAX_PLACEMENT_BLOCKS || placementCount > MAX_PLACEMENTS) {
      Placements oldest = placements.removeFirst();
      placementBlocks -= blocks(oldest);
      placementCount -= count(oldest);
      droppedPlacements += count(oldest);
    }
  }

  void sightings(Sightings message) {
    sightings.addLast(message);
    sightedPrefixes += prefixes(message);
    while (sightedPrefixes > MAX_SIGHTED_PREFIXES) {
      Sightings oldest = sightings.removeFirst();
      sightedPrefixes -= prefixes(oldest);
      droppedSightings += prefixes(oldest);
    }
  }

  /** Prefixes of sightings given up so far. */
  long droppedSightings() {
    return droppedSightings;
  }

  /** Placements given up so far. */
  long droppedPlacements() {
    return droppedPlacements;
  }

  /** Outcomes given up so far. */
  long droppedOutcomes() {
    return droppedOutcomes;
  }

  /** What is to be sent next; null: nothing waits. */
  @Nullable ControlMessage poll() {
    var message = ControlMessage.newBuilder();
    if (welcome != null) {
      message.setWelcome(welcome);
      welcome = null;
    } else if (view != null) {
      message.setEndpointView(view);
      view = null;
    } else if (!gone.isEmpty()) {
      message.setPeerGone(pollFirst(gone));
    } else if (ledgerAck != null) {
      message.setLedgerAck(ledgerAck);
      ledgerAck = null;
    } else if (!rejections.isEmpty()) {
      message.setRejections(Rejections.newBuilder().addAllRejections(pollBatch(rejections)));
    } else if (!outcomes.isEmpty()) {
      message.setOutcomes(Outcomes.newBuilder().addAllOutcomes(pollBatch(outcomes)));
    } else if (!cacheKeys.isEmpty()) {
      var batch = CacheKeyShards.newBuilder();
      while (batch.getKeysCount() < BATCH && !cacheKeys.isEmpty()) {
        batch.addKeys(pollFirst(cacheKeys));
      }
      message.setCacheKeyShards(batch);
    } else if (!loads.isEmpty()) {
      message.setPeerLoad(pollFirst(loads));
    } else if (!sightings.isEmpty()) {
      Sightings first = sightings.removeFirst();
      sightedPrefixes -= prefixes(first);
      message.setPeerSightings(first);
    } else if (!placements.isEmpty()) {
      Placements first = placements.removeFirst();
      placementBlocks -= blocks(first);
      placementCount -= count(first);
      message.setPeerPlacements(first);
    } else {
      return null;
    }
    return message.build();
  }

  private static <V> V pollFirst(Map<Long, V> map) {
    Iterator<V> values = map.values().iterator();
    V first = values.next();
    values.remove();
    return first;
  }

  private static <T> List<T> pollBatch(Deque<T> queue) {
    var batch = new ArrayList<T>(Math.min(BATCH, queue.size()));
    while (batch.size() < BATCH && !queue.isEmpty()) {
      batch.add(queue.removeFirst());
    }
    return batch;
  }

  private static void dropOldest(Map<Long, PeerGone> map) {
    if (map.size() > MAX_GONE) {
      PeerGone _ = pollFirst(map);
    }
  }

  /** Prefixes that a message names, by which it is bounded; at least 1. */
  static long prefixes(Sightings message) {
    long prefixes = 1;
    for (Sighting sighting : message.getSightingsList()) {
      prefixes +=
          switch (sighting.getWhatCase()) {
            case REQUEST ->
                1
                    + sighting.getRequest().getBoundariesCount()
                    + sighting.getRequest().getEarlierCount();
            case ANSWER -> prefixes(sighting.getAnswer());
            case FAILURE -> prefixes(sighting.getFailure());
            case NOTHING_READ -> prefixes(sighting.getNothingRead());
            case WHAT_NOT_SET -> 1;
          };
    }
    return prefixes;
  }

  private static long prefixes(SeenResponse response) {
    return (long) response.getPrefixesCount() + response.getMarkedCount();
  }

  private static int count(Placements message) {
    return message.getPlacementsCount() + message.getResponsesCount();
  }

  private static long blocks(Placements message) {
    long blocks = 0;
    for (int i = 0; i < message.getPlacementsCount(); i++) {
      blocks += message.getPlacements(i).getBlocksCount();
    }
    return blocks;
  }
}

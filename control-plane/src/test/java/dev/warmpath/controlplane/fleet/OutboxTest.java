package dev.warmpath.controlplane.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmpath.fleet.v1.CacheKeyShardCount;
import dev.warmpath.fleet.v1.CacheKeyShards;
import dev.warmpath.fleet.v1.ControlMessage;
import dev.warmpath.fleet.v1.ControlMessage.MessageCase;
import dev.warmpath.fleet.v1.EndpointView;
import dev.warmpath.fleet.v1.Load;
import dev.warmpath.fleet.v1.Outcome;
import dev.warmpath.fleet.v1.PeerGone;
import dev.warmpath.fleet.v1.Placement;
import dev.warmpath.fleet.v1.Placements;
import dev.warmpath.fleet.v1.Rejection;
import dev.warmpath.fleet.v1.SeenResponse;
import dev.warmpath.fleet.v1.Sighting;
import dev.warmpath.fleet.v1.Sightings;
import dev.warmpath.fleet.v1.Welcome;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

class OutboxTest {
  private static final int MAX_CACHE_KEYS = 2_500;

  private final Outbox outbox = new Outbox(MAX_CACHE_KEYS);

  @Test
  void messages_ofAllKinds_comeInTheirOrder() {
    outbox.placements(placements(1, 1));
    outbox.sightings(sightings(1, 1));
    outbox.load(load(1));
    outbox.cacheKeys(List.of(CacheKeyShardCount.getDefaultInstance()));
    outbox.outcomes(List.of(Outcome.getDefaultInstance()));
    outbox.rejections(List.of(Rejection.getDefaultInstance()));
    outbox.ledgerAck(4);
    outbox.gone(gone(2));
    outbox.view(EndpointView.getDefaultInstance());
    outbox.welcome(Welcome.getDefaultInstance());
    assertThat(drain())
        .extracting(ControlMessage::getMessageCase)
        .containsExactly(
            MessageCase.WELCOME,
            MessageCase.ENDPOINT_VIEW,
            MessageCase.PEER_GONE,
            MessageCase.LEDGER_ACK,
            MessageCase.REJECTIONS,
            MessageCase.OUTCOMES,
            MessageCase.CACHE_KEY_SHARDS,
            MessageCase.PEER_LOAD,
            MessageCase.PEER_SIGHTINGS,
            MessageCase.PEER_PLACEMENTS);
  }

  @Test
  void sightings_neverRead_areBoundedOldestFirstAndCounted() {
    int each = Outbox.MAX_SIGHTED_PREFIXES / 10;
    for (int i = 1; i <= 25; i++) {
      outbox.sightings(sightings(i, each - 1));
    }
    assertThat(outbox.droppedSightings()).isEqualTo(15L * each);
    assertThat(drain())
        .extracting(message -> message.getPeerSightings().getSequence())
        .containsExactly(16L, 17L, 18L, 19L, 20L, 21L, 22L, 23L, 24L, 25L);
  }

  private static Sightings sightings(long sequence, int prefixes) {
    return Sightings.newBuilder()
        .setSequence(sequence)
        .addSightings(
            Sighting.newBuilder()
                .setAnswer(
                    SeenResponse.newBuilder().addAllPrefixes(Collections.nCopies(prefixes, 7L))))
        .build();
  }

  @Test
  void states_newer_replaceOlder() {
    outbox.load(load(1).toBuilder().setReplica("old").build());
    outbox.load(load(1).toBuilder().setReplica("new").build());
    outbox.view(EndpointView.newBuilder().setVersion(1).build());
    outbox.view(EndpointView.newBuilder().setVersion(2).build());
    assertThat(drain())
        .satisfiesExactly(
            view -> assertThat(view.getEndpointView().getVersion()).isEqualTo(2),
            load -> assertThat(load.getPeerLoad().getReplica()).isEqualTo("new"));
  }

  @Test
  void peer_gone_takesItsUnsentLoadWithIt() {
    outbox.load(load(1));
    outbox.gone(gone(1));
    assertThat(drain())
        .extracting(ControlMessage::getMessageCase)
        .containsExactly(MessageCase.PEER_GONE);
  }

  @Test
  void cacheKeys_neverRead_areBoundedOldestFirstAndTheLatestCountGoes() {
    for (int key = 0; key < 10_000; key++) {
      outbox.cacheKeys(List.of(count(key, 2), count(key, 4)));
    }
    List<CacheKeyShards> kept = drain().stream().map(ControlMessage::getCacheKeyShards).toList();
    assertThat(kept).extracting(CacheKeyShards::getKeysCount).containsExactly(1_000, 1_000, 500);
    assertThat(kept.getFirst().getKeys(0)).isEqualTo(count(7_500, 4));
    assertThat(kept.getLast().getKeys(499)).isEqualTo(count(9_999, 4));
  }

  private static CacheKeyShardCount count(long key, int shards) {
    return CacheKeyShardCount.newBuilder().setKey(key).setShards(shards).build();
  }

  @Test
  void placements_neverRead_areBoundedOldestFirst() {
    for (int i = 0; i < 100_000; i++) {
      outbox.placements(placements(1, 100).toBuilder().setReplica("n" + i).build());
    }
    List<ControlMessage> kept = drain();
    assertThat(kept).hasSize(Outbox.MAX_PLACEMENT_BLOCKS / 100);
    assertThat(kept.getLast().getPeerPlacements().getReplica()).isEqualTo("n99999");
    assertThat(outbox.droppedPlacements()).isEqualTo(100_000 - kept.size());
  }

  @Test
  void placements_withoutBlocks_areBoundedToo() {
    for (int i = 0; i < 100_000; i++) {
      outbox.placements(placements(1, 0));
    }
    assertThat(drain()).hasSize(Outbox.MAX_PLACEMENTS);
  }

  @Test
  void outcomes_neverRead_areBoundedAndSentInBatches() {
    for (int i = 0; i < 100; i++) {
      outbox.outcomes(Collections.nCopies(1_000, Outcome.getDefaultInstance()));
    }
    List<ControlMessage> kept = drain();
    assertThat(kept).hasSize(10);
    assertThat(kept.getFirst().getOutcomes().getOutcomesCount()).isEqualTo(1_000);
    assertThat(outbox.droppedOutcomes()).isEqualTo(90_000);
  }

  @Test
  void departures_neverRead_areBounded() {
    for (long i = 1; i <= 5_000; i++) {
      outbox.gone(gone(i));
    }
    assertThat(drain()).hasSize(Outbox.MAX_GONE);
  }

  private List<ControlMessage> drain() {
    var messages = new ArrayList<ControlMessage>();
    for (ControlMessage next = outbox.poll(); next != null; next = outbox.poll()) {
      messages.add(next);
    }
    return messages;
  }

  private static Load load(long incarnation) {
    return Load.newBuilder().setIncarnation(incarnation).build();
  }

  private static PeerGone gone(long incarnation) {
    return PeerGone.newBuilder().setIncarnation(incarnation).build();
  }

  private static Placements placements(int count, int blocks) {
    var placement = Placement.newBuilder().addAllBlocks(Collections.nCopies(blocks, 1L));
    return Placements.newBuilder()
        .addAllPlacements(Collections.nCopies(count, placement.build()))
        .build();
  }
}

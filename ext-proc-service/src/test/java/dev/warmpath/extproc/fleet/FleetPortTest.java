package dev.warmpath.extproc.fleet;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.UnknownFieldSet;
import dev.warmpath.config.ConfigException;
import dev.warmpath.config.ConfigFile;
import dev.warmpath.config.v1.Config;
import dev.warmpath.extproc.exchange.ExchangeMetrics;
import dev.warmpath.extproc.exchange.Exchanges;
import dev.warmpath.extproc.exchange.Outcome;
import dev.warmpath.extproc.exchange.PlanId;
import dev.warmpath.extproc.ledger.Account;
import dev.warmpath.extproc.ledger.Ledger;
import dev.warmpath.extproc.ledger.Shadow;
import dev.warmpath.extproc.ledger.Tariff;
import dev.warmpath.extproc.ledger.Tokens;
import dev.warmpath.extproc.pick.EndpointStats;
import dev.warmpath.extproc.pick.Pick;
import dev.warmpath.extproc.pick.Plan;
import dev.warmpath.extproc.pick.PoolPicker;
import dev.warmpath.extproc.pick.PrefixBlocks;
import dev.warmpath.extproc.prefix.KeyRing;
import dev.warmpath.extproc.provider.Catalogue;
import dev.warmpath.extproc.usage.Usage;
import dev.warmpath.extproc.volatility.Finding;
import dev.warmpath.extproc.volatility.Site;
import dev.warmpath.extproc.volatility.VolatileKind;
import dev.warmpath.fleet.v1.CacheKeyRate;
import dev.warmpath.fleet.v1.CacheKeyRates;
import dev.warmpath.fleet.v1.CacheKeyShards;
import dev.warmpath.fleet.v1.ClusterView;
import dev.warmpath.fleet.v1.ControlMessage;
import dev.warmpath.fleet.v1.EndpointLoad;
import dev.warmpath.fleet.v1.EndpointState;
import dev.warmpath.fleet.v1.EndpointState.Health;
import dev.warmpath.fleet.v1.EndpointView;
import dev.warmpath.fleet.v1.LedgerAck;
import dev.warmpath.fleet.v1.LedgerDelta;
import dev.warmpath.fleet.v1.LedgerRow;
import dev.warmpath.fleet.v1.Load;
import dev.warmpath.fleet.v1.PeerGone;
import dev.warmpath.fleet.v1.Placement;
import dev.warmpath.fleet.v1.Placements;
import dev.warmpath.fleet.v1.ReplicaMessage;
import dev.warmpath.fleet.v1.ReplicaMessage.MessageCase;
import dev.warmpath.fleet.v1.ResponseHome;
import dev.warmpath.fleet.v1.VolatilityFinding;
import dev.warmpath.fleet.v1.Welcome;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class FleetPortTest {
  private static final long OWN = 0x1234;
  private static final long PEER = 0x5678;
  private static final String A = "127.0.0.1:1001";
  private static final String B = "127.0.0.1:1002";

  private long nowNanos = 1_000_000_000L;
  private final Pick pick = new Pick();
  private final Exchanges exchanges = exchanges();
  private final PoolPicker picker = Objects.requireNonNull(exchanges.pickers().get("llama"));
  private final FleetPort port = new FleetPort("replica-1", OWN, exchanges, () -> nowNanos);

  private Exchanges exchanges() {
    try {
      Config config =
          ConfigFile.parse(
              """
              ext_proc: {address: '127.0.0.1:0', admin_address: '127.0.0.1:0'}
              pools:
              - {name: llama, endpoints: [{address: '%s'}, {address: '%s'}]}
              routes:
              - {id: chat, path_prefix: /v1/chat, pool: llama, pick: active}
              """
                  .formatted(A, B),
              "test");
      byte[] secret = "0123456789abcdef0123456789abcdef".getBytes(UTF_8);
      return Exchanges.of(
          new Exchanges.Parts(
              config,
              new KeyRing(secret, secret),
              secret,
              Catalogue.of(List.of()),
              OWN,
              _ -> {},
              new ExchangeMetrics(new SimpleMeterRegistry(), 10),
              () -> nowNanos,
              Runnable::run));
    } catch (ConfigException e) {
      throw new IllegalStateException(e);
    }
  }

  // Up.

  @Test
  void collect_periods_eachKindHasItsOwn() {
    for (int tick = 0; tick <= 100; tick++) {
      var expected = new ArrayList<>(List.of(MessageCase.LOAD));
      if (tick % 10 == 0) {
        expected.add(MessageCase.FIRST_BYTES);
      }
      if (tick % 50 == 0) {
        expected.add(MessageCase.KEY_STATISTICS);
      }
      if (tick % 100 == 0) {
        expected.add(MessageCase.VOLATILITY);
      }
      if (tick % 20 == 0) {
        record("chat");
        expected.add(MessageCase.LEDGER_DELTA);
      }
      assertThat(collect(tick)).extracting(ReplicaMessage::getMessageCase).isEqualTo(expected);
      acknowledge(Long.MAX_VALUE);
    }
  }

  @Test
  void volatility_finding_isToldWithPlaceAndRemedyAndWithoutAnUnknownCost() {
    VolatilityFinding message =
        VolatilityMessages.of(
                List.of(
                    new Finding(
                        "chat",
                        "m",
                        VolatileKind.TIME_STAMP,
                        Site.SYSTEM,
                        2,
                        1,
                        "",
                        120,
                        20,
                        50,
                        0.5,
                        7,
                        OptionalDouble.of(1000),
                        OptionalDouble.empty())))
            .getFindings(0);

    assertThat(message)
        .isEqualTo(
            VolatilityFinding.newBuilder()
                .setRoute("chat")
                .setModel("m")
                .setKind("time_stamp")
                .setSite("system")
                .setSegment(2)
                .setIndex(1)
                .setOffset(120)
                .setLength(20)
                .setRequests(50)
                .setShare(0.5)
                .setTokensLostPerHour(1000)
                .setRemedy(VolatileKind.TIME_STAMP.remedy())
                .build());
  }

  @Test
  void collect_requestUnderWay_isToldAsLoadUntilItsEnd() {
    Plan plan = dispatch(100, 1);

    Load load = collect(1).getFirst().getLoad();
    assertThat(load.getReplica()).isEqualTo("replica-1");
    assertThat(load.getIncarnation()).isEqualTo(OWN);
    assertThat(load.getEndpointsList())
        .singleElement()
        .returns("llama", EndpointLoad::getCluster)
        .returns(1, EndpointLoad::getRequestsInFlight)
        .returns(100L, EndpointLoad::getPendingTokens);

    picker.end(plan, dev.warmpath.extproc.pick.Outcome.SERVED, nowNanos);
    assertThat(collect(2).getFirst().getLoad().getEndpointsList())
        .extracting(EndpointLoad::getRequestsInFlight)
        .containsOnly(0);
  }

  @Test
  void collect_servedPrompt_isToldOnceAsPlacement() {
    picker.firstByte(dispatch(100, 11, 12), A, 1, nowNanos);

    assertThat(placements(collect(1)))
        .singleElement()
        .isEqualTo(
            Placement.newBuilder()
                .setCluster("llama")
                .setAddress(A)
                .addBlocks(11)
                .addBlocks(12)
                .setTokens(100)
                .build());
    assertThat(placements(collect(2))).isEmpty();
  }

  @Test
  void collect_morePlacedThanAMessageHolds_theRestComesNext() {
    long[] chain = new long[100_000];
    for (int i = 0; i < chain.length; i++) {
      chain[i] = i + 1L;
    }
    picker.firstByte(dispatch(100_000, chain), A, 1, nowNanos);
    picker.firstByte(dispatch(100_000, chain), A, 1, nowNanos);

    for (int tick = 1; tick <= 2; tick++) {
      List<ReplicaMessage> messages = collect(tick);
      assertThat(placements(messages)).hasSize(1);
      assertThat(messages).allMatch(message -> message.getSerializedSize() < 4 << 20);
    }
    assertThat(placements(collect(3))).isEmpty();
  }

  @Test
  void peerPlacements_homesOfResponses_areTakenButNotOwnOnes() {
    for (long incarnation : new long[] {PEER, OWN}) {
      port.receive(
          ControlMessage.newBuilder()
              .setPeerPlacements(
                  Placements.newBuilder()
                      .setIncarnation(incarnation)
                      .addResponses(
                          ResponseHome.newBuilder()
                              .setResponse(incarnation)
                              .setCluster("llama")
                              .setAddress(A)))
              .build());
    }

    assertThat(exchanges.responseHomes().size()).isEqualTo(1);
    assertThat(collect(1)).noneMatch(ReplicaMessage::hasPlacements);
  }

  @Test
  void collect_firstBytes_prefillIsTold() {
    Plan plan = dispatch(10_000, 1);
    nowNanos += 2_000_000_000L;
    String served = pick.address(0);
    picker.firstByte(plan, served, 2_000_000_000L, nowNanos);

    ReplicaMessage told =
        collect(10).stream().filter(ReplicaMessage::hasFirstBytes).findFirst().orElseThrow();
    assertThat(told.getFirstBytes().getEndpointsList())
        .singleElement()
        .satisfies(
            endpoint -> {
              assertThat(endpoint.getCluster()).isEqualTo("llama");
              assertThat(endpoint.getAddress()).isEqualTo(served);
              assertThat(endpoint.getPrefillTokens()).isEqualTo(10_000);
              assertThat(endpoint.getPrefillTokensPerSecond()).isPositive();
            });
  }

  // The ledger.

  @Test
  void ledger_notAcknowledged_isSentAgainUnderTheSameNumber() {
    record("chat");
    LedgerDelta first = deltas(collect(0)).getFirst();
    assertThat(first.getSequence()).isEqualTo(1);
    assertThat(first.getRowsList())
        .singleElement()
        .returns("chat", LedgerRow::getRoute)
        .returns("acme", LedgerRow::getTenant)
        .returns("sonnet", LedgerRow::getModel)
        .returns(1L, LedgerRow::getRequests)
        .satisfies(row -> assertThat(row.getUsage().getUncachedTokens()).isEqualTo(20));

    record("chat");
    record("chat");
    List<LedgerDelta> second = deltas(collect(20));
    assertThat(second.getFirst()).as("a delta never changes").isEqualTo(first);
    assertThat(second).extracting(LedgerDelta::getSequence).containsExactly(1L, 2L);
    assertThat(second.getLast().getRows(0).getRequests()).isEqualTo(2);

    acknowledge(1);
    assertThat(deltas(collect(40))).extracting(LedgerDelta::getSequence).containsExactly(2L);
  }

  @Test
  void ledger_streamOpenedAgain_beginsBehindWhatTheWelcomeSays() {
    for (int tick = 0; tick < 60; tick += 20) {
      record("chat");
      var _ = collect(tick);
    }
    // Two were stored, whose acknowledgements were lost with the stream.
    port.receive(
        ControlMessage.newBuilder().setWelcome(Welcome.newBuilder().setLedgerSequence(2)).build());

    assertThat(deltas(collect(0))).extracting(LedgerDelta::getSequence).containsExactly(3L);
  }

  @Test
  void ledger_controlPlaneAwayForLong_numbersStayBoundedAndNothingIsLost() {
    long exchanged = 2L * Ledger.MAX_UNACKNOWLEDGED;
    for (int i = 0; i < exchanged; i++) {
      record("chat");
      assertThat(deltas(collect(20L * i))).hasSizeLessThanOrEqualTo(Ledger.MAX_UNACKNOWLEDGED);
    }
    long told = requests(deltas(collect(0)));
    assertThat(told).isEqualTo(Ledger.MAX_UNACKNOWLEDGED);
    assertThat(exchanges.ledger().heldBack()).isPositive();

    acknowledge(Ledger.MAX_UNACKNOWLEDGED);
    assertThat(told + requests(deltas(collect(20)))).isEqualTo(exchanged);
  }

  // Shards of cache keys.

  @Test
  void collect_cacheKeys_areToldInBatchesEveryFiveSeconds() {
    for (int key = 0; key < 1_500; key++) {
      exchanges.keyShards().arrive(key, 15, nowNanos);
    }
    for (int i = 0; i < 16; i++) {
      exchanges.keyShards().arrive(7, 15, nowNanos);
    }

    List<CacheKeyRates> told = cacheKeys(collect(0));
    assertThat(told).extracting(CacheKeyRates::getKeysCount).containsExactly(1_000, 500);
    assertThat(told.getFirst().getKeys(0))
        .isEqualTo(
            CacheKeyRate.newBuilder()
                .setKey(7)
                .setRequests(17)
                .setPerMinute(15)
                .setShards(2)
                .build());
    assertThat(cacheKeys(collect(49))).isEmpty();
    assertThat(cacheKeys(collect(50))).as("the whole state, again").isEqualTo(told);
    nowNanos += 60_000_000_000L;
    assertThat(cacheKeys(collect(100))).isEmpty();
  }

  @Test
  void cacheKeyShards_told_areUsedAndNonsenseIsNot() {
    var counts = CacheKeyShards.newBuilder();
    counts.addKeysBuilder().setKey(7).setShards(4);
    counts.addKeysBuilder().setKey(8).setShards(3);
    port.receive(ControlMessage.newBuilder().setCacheKeyShards(counts).build());

    assertThat(exchanges.keyShards().arrive(7, 15, nowNanos)).isEqualTo(4);
    assertThat(exchanges.keyShards().arrive(8, 15, nowNanos)).isEqualTo(1);
    assertThat(cacheKeys(collect(0)).getFirst().getKeysList())
        .as("what is in use, for a control plane that has just started")
        .extracting(CacheKeyRate::getShards)
        .containsExactlyInAnyOrder(4, 1);
  }

  /** Of a newer control plane. */
  @Test
  void message_ofAnUnknownKind_isPassedOver() {
    port.receive(
        ControlMessage.newBuilder()
            .setUnknownFields(
                UnknownFieldSet.newBuilder()
                    .addField(99, UnknownFieldSet.Field.newBuilder().addVarint(1).build())
                    .build())
            .build());
    assertThat(collect(1)).singleElement().matches(ReplicaMessage::hasLoad);
  }

  private static List<CacheKeyRates> cacheKeys(List<ReplicaMessage> messages) {
    return messages.stream()
        .filter(ReplicaMessage::hasCacheKeyRates)
        .map(ReplicaMessage::getCacheKeyRates)
        .toList();
  }

  // Outcomes.

  @Test
  void forward_outcome_isSentOnceWithNothingThatIsUnknown() {
    nowNanos = 5_000;
    port.forward(
        new Outcome(
            new PlanId(PEER, 9),
            Outcome.Source.OBSERVER,
            A,
            "llama",
            200,
            2,
            3_000L,
            Usage.included(100, 64, -1, 7),
            "",
            true,
            true));
    port.forward(outcome(null, null));

    var outcomes = outcomes(collect(1));
    assertThat(outcomes).hasSize(2);
    var known = outcomes.getFirst();
    assertThat(known.getPlanId()).isEqualTo("0000000000005678-0000000000000009");
    assertThat(known.getUpstreamAddress()).isEqualTo(A);
    assertThat(known.getUpstreamCluster()).isEqualTo("llama");
    assertThat(known.getStatus()).isEqualTo(200);
    assertThat(known.getAttempts()).isEqualTo(2);
    assertThat(known.getFirstByteAgeNanos()).isEqualTo(2_000);
    assertThat(known.getUsage().getReadTokens()).isEqualTo(64);
    assertThat(known.getUsage().getOutputTokens()).isEqualTo(7);
    assertThat(known.getUsage().hasWritten5MTokens()).isFalse();
    assertThat(known.getCut() && known.getEnd()).isTrue();
    assertThat(known.getAccessLog()).isFalse();
    assertThat(outcomes.getLast().hasFirstByteAgeNanos()).isFalse();
    assertThat(outcomes.getLast().hasUsage()).isFalse();
    assertThat(outcomes(collect(2))).isEmpty();
  }

  @Test
  void forward_moreThanTheStreamTakes_isDroppedAndCounted() {
    for (int i = 0; i < FleetPort.MAX_QUEUED_OUTCOMES + 3; i++) {
      port.forward(outcome(null, null));
    }

    assertThat(port.droppedOutcomes()).isEqualTo(3);
    assertThat(outcomes(collect(1))).hasSize(FleetPort.MAX_QUEUED_OUTCOMES);
    port.forward(outcome(null, null));
    assertThat(outcomes(collect(2))).hasSize(1);
    assertThat(port.droppedOutcomes()).isEqualTo(3);
  }

  private static Outcome outcome(@Nullable Long firstByteAtNanos, @Nullable Usage usage) {
    return new Outcome(
        new PlanId(PEER, 1),
        Outcome.Source.ACCESS_LOG,
        "",
        "",
        200,
        1,
        firstByteAtNanos,
        usage,
        "",
        false,
        true);
  }

  // Down.

  @Test
  void view_unhealthyAndDraining_areNotPicked() {
    view(state(A).setHealth(Health.UNHEALTHY), state(B).setHealth(Health.DRAINING));
    assertThat(picker.dispatch(prefix(100, 1), nowNanos, pick)).isNull();

    // What the control plane doesn't say of an endpoint's health is no reason to leave it out.
    view(state(A).setHealth(Health.UNHEALTHY), state(B));
    assertThat(dispatch(100, 1)).isNotNull();
    assertThat(pick.address(0)).isEqualTo(B);
    assertThat(pick.count()).isEqualTo(1);
  }

  @Test
  void view_engineOfAnotherEpoch_isBelievedEmpty() {
    view(state(A).setEngineEpoch(1), state(B).setEngineEpoch(1));
    picker.firstByte(dispatch(100, 1), A, 1, nowNanos);
    assertThat(stats(A).believedBlocks()).isEqualTo(1);
    view(state(A).setEngineEpoch(1), state(B).setEngineEpoch(1));
    assertThat(stats(A).believedBlocks()).isEqualTo(1);

    // Another control plane counts for itself.
    port.receive(ControlMessage.newBuilder().setWelcome(Welcome.getDefaultInstance()).build());
    view(state(A).setEngineEpoch(9), state(B).setEngineEpoch(9));
    assertThat(stats(A).believedBlocks()).isEqualTo(1);

    view(state(A).setEngineEpoch(10), state(B).setEngineEpoch(9));
    assertThat(stats(A).believedBlocks()).isZero();
  }

  @Test
  void view_ofAnUnknownCluster_isLeftOut() {
    port.receive(
        ControlMessage.newBuilder()
            .setEndpointView(
                EndpointView.newBuilder()
                    .addClusters(
                        ClusterView.newBuilder().setCluster("other").addEndpoints(state(A))))
            .build());

    assertThat(picker.stats(nowNanos).endpoints()).hasSize(2);
  }

  @Test
  void peerLoad_countsUntilThePeerIsGone_andOurOwnEchoDoesNot() {
    peerLoad(PEER, 3, 400);
    assertThat(stats(A).peerRequestsInFlight()).isEqualTo(3);
    assertThat(stats(A).peerPendingTokens()).isEqualTo(400);
    peerLoad(OWN, 50, 50);
    assertThat(stats(A).peerRequestsInFlight()).isEqualTo(3);

    port.receive(
        ControlMessage.newBuilder()
            .setPeerGone(PeerGone.newBuilder().setIncarnation(PEER))
            .build());
    assertThat(stats(A).peerRequestsInFlight()).isZero();
  }

  @Test
  void peerLoad_thatLeavesAPoolOut_isNoneThere() {
    peerLoad(PEER, 3, 400);
    port.receive(
        ControlMessage.newBuilder().setPeerLoad(Load.newBuilder().setIncarnation(PEER)).build());

    assertThat(stats(A).peerRequestsInFlight()).isZero();
  }

  @Test
  void peerPlacements_areBelieved_andOurOwnEchoIsNot() {
    peerPlacement(OWN, 21, 22, 23);
    assertThat(stats(A).believedBlocks()).isZero();
    peerPlacement(PEER, 21, 22);

    assertThat(stats(A).believedBlocks()).isEqualTo(2);
    assertThat(stats(B).believedBlocks()).isZero();
  }

  // What it takes.

  private List<ReplicaMessage> collect(long ticks) {
    var messages = new ArrayList<ReplicaMessage>();
    port.collect(ticks, messages);
    return messages;
  }

  private static List<Placement> placements(List<ReplicaMessage> messages) {
    return messages.stream()
        .filter(ReplicaMessage::hasPlacements)
        .flatMap(message -> message.getPlacements().getPlacementsList().stream())
        .toList();
  }

  private static List<dev.warmpath.fleet.v1.Outcome> outcomes(List<ReplicaMessage> messages) {
    return messages.stream()
        .filter(ReplicaMessage::hasOutcomes)
        .flatMap(message -> message.getOutcomes().getOutcomesList().stream())
        .toList();
  }

  private static List<LedgerDelta> deltas(List<ReplicaMessage> messages) {
    return messages.stream()
        .filter(ReplicaMessage::hasLedgerDelta)
        .map(ReplicaMessage::getLedgerDelta)
        .toList();
  }

  private static long requests(List<LedgerDelta> deltas) {
    return deltas.stream()
        .flatMap(delta -> delta.getRowsList().stream())
        .mapToLong(LedgerRow::getRequests)
        .sum();
  }

  private void record(String route) {
    exchanges
        .ledger()
        .record(
            new Account(
                route,
                "acme",
                "sonnet",
                Account.Mode.ACTIVE,
                Account.Annotation.NOT_OURS,
                new Tokens(10, 0, 0, 20, 5),
                new Shadow(30, 0, 0, 0, 0, 0),
                new Tariff.Unknown(),
                true));
  }

  private void acknowledge(long sequence) {
    port.receive(
        ControlMessage.newBuilder()
            .setLedgerAck(LedgerAck.newBuilder().setSequence(sequence))
            .build());
  }

  private static PrefixBlocks prefix(int tokens, long... blocks) {
    var prefix = new PrefixBlocks();
    for (int i = 0; i < blocks.length; i++) {
      prefix.add(blocks[i], (int) ((long) tokens * (i + 1) / blocks.length));
    }
    return prefix.promptTokens(tokens).tieKey(1);
  }

  private Plan dispatch(int tokens, long... blocks) {
    return Objects.requireNonNull(picker.dispatch(prefix(tokens, blocks), nowNanos, pick));
  }

  private EndpointStats stats(String address) {
    return picker.stats(nowNanos).endpoints().stream()
        .filter(endpoint -> endpoint.address().equals(address))
        .findFirst()
        .orElseThrow();
  }

  private static EndpointState.Builder state(String address) {
    return EndpointState.newBuilder().setAddress(address);
  }

  private void view(EndpointState.Builder... endpoints) {
    var cluster = ClusterView.newBuilder().setCluster("llama");
    for (EndpointState.Builder endpoint : endpoints) {
      cluster.addEndpoints(endpoint);
    }
    port.receive(
        ControlMessage.newBuilder()
            .setEndpointView(EndpointView.newBuilder().addClusters(cluster))
            .build());
  }

  private void peerLoad(long incarnation, int requestsInFlight, long pendingTokens) {
    port.receive(
        ControlMessage.newBuilder()
            .setPeerLoad(
                Load.newBuilder()
                    .setIncarnation(incarnation)
                    .addEndpoints(
                        EndpointLoad.newBuilder()
                            .setCluster("llama")
                            .setAddress(A)
                            .setRequestsInFlight(requestsInFlight)
                            .setPendingTokens(pendingTokens)))
            .build());
  }

  private void peerPlacement(long incarnation, long... blocks) {
    var placement = Placement.newBuilder().setCluster("llama").setAddress(A).setTokens(100);
    for (long block : blocks) {
      placement.addBlocks(block);
    }
    port.receive(
        ControlMessage.newBuilder()
            .setPeerPlacements(
                Placements.newBuilder().setIncarnation(incarnation).addPlacements(placement))
            .build());
  }
}

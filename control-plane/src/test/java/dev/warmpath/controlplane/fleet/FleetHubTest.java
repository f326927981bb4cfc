package dev.warmpath.controlplane.fleet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import com.google.protobuf.UnknownFieldSet;
import dev.warmpath.controlplane.signals.ReplicaReport;
import dev.warmpath.fleet.v1.CacheKeyRate;
import dev.warmpath.fleet.v1.CacheKeyRates;
import dev.warmpath.fleet.v1.CacheKeyShardCount;
import dev.warmpath.fleet.v1.ControlMessage;
import dev.warmpath.fleet.v1.ControlMessage.MessageCase;
import dev.warmpath.fleet.v1.EndpointFirstBytes;
import dev.warmpath.fleet.v1.EndpointLoad;
import dev.warmpath.fleet.v1.EndpointView;
import dev.warmpath.fleet.v1.FirstBytes;
import dev.warmpath.fleet.v1.FleetGrpc;
import dev.warmpath.fleet.v1.Hello;
import dev.warmpath.fleet.v1.KeyStatistics;
import dev.warmpath.fleet.v1.LedgerDelta;
import dev.warmpath.fleet.v1.LedgerRow;
import dev.warmpath.fleet.v1.Load;
import dev.warmpath.fleet.v1.Outcome;
import dev.warmpath.fleet.v1.Outcomes;
import dev.warmpath.fleet.v1.Placement;
import dev.warmpath.fleet.v1.Placements;
import dev.warmpath.fleet.v1.Rejection;
import dev.warmpath.fleet.v1.Rejections;
import dev.warmpath.fleet.v1.ReplicaMessage;
import dev.warmpath.fleet.v1.SeenResponse;
import dev.warmpath.fleet.v1.Sighting;
import dev.warmpath.fleet.v1.Sightings;
import dev.warmpath.fleet.v1.Usage;
import dev.warmpath.fleet.v1.Volatility;
import dev.warmpath.fleet.v1.VolatilityFinding;
import dev.warmpath.store.v1.Ledger;
import dev.warmpath.wire.ShardCount;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Fake replicas over real gRPC on loopback, so that flow control is the real one. */
class FleetHubTest {
  private static final long PATIENCE_SECONDS = 10;

  private final AtomicLong nanos = new AtomicLong();
  private final LedgerBook ledger = new LedgerBook(Ledger.getDefaultInstance());
  private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
  private final BlockingQueue<ReplicaReport> reports = new LinkedBlockingQueue<>();
  private final BlockingQueue<Long> departures = new LinkedBlockingQueue<>();
  private final List<Replica> replicas = new ArrayList<>();
  private final FleetHub hub =
      new FleetHub(
          new FleetHub.Setup(3, 16, ledger, nanos::get, () -> 0),
          new FleetHub.Listener() {
            @Override
            public void reported(long incarnation, ReplicaReport report) {
              reports.add(report);
            }

            @Override
            public void replicaGone(long incarnation) {
              departures.add(incarnation);
            }
          },
          meters);
  private Server server = NettyServerBuilder.forPort(0).build();

  @BeforeEach
  void start() throws IOException {
    var builder =
        NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    hub.bindTo(builder);
    server = builder.build().start();
  }

  @AfterEach
  void stop() {
    replicas.forEach(Replica::abort);
    server.shutdownNow();
  }

  @Test
  void load_ofOne_reachesTheOtherInItsOwnName() throws Exception {
    Replica one = join(1);
    Replica two = join(2);
    one.send(
        ReplicaMessage.newBuilder()
            .setLoad(load().toBuilder().setReplica("forged").setIncarnation(2))
            .build());
    Load relayed = two.next(MessageCase.PEER_LOAD).getPeerLoad();
    assertThat(relayed.getIncarnation()).isEqualTo(1);
    assertThat(relayed.getReplica()).isEqualTo("replica-1");
    assertThat(relayed.getEndpoints(0).getPendingTokens()).isEqualTo(42);
  }

  @Test
  void newcomer_anyOne_learnsViewLoadsAndRejections() throws Exception {
    hub.publish(EndpointView.newBuilder().setVersion(5).build());
    Replica one = join(1);
    one.send(ReplicaMessage.newBuilder().setLoad(load()).build());
    one.send(rejection(1_000));
    Replica witness = join(2);
    assertThat(witness.next(MessageCase.REJECTIONS)).isNotNull();
    nanos.set(400);
    Replica two = join(3);
    assertThat(two.next(MessageCase.ENDPOINT_VIEW).getEndpointView().getVersion()).isEqualTo(5);
    assertThat(two.next(MessageCase.REJECTIONS).getRejections().getRejections(0).getPauseNanos())
        .isEqualTo(600);
    assertThat(two.next(MessageCase.PEER_LOAD).getPeerLoad().getIncarnation()).isEqualTo(1);
  }

  @Test
  void newcomer_rejectionsOfTwoApis_learnsBoth() throws Exception {
    Replica one = join(1);
    Replica witness = join(2);
    one.send(rejection("openai_chat", 1_000));
    one.send(rejection("openai_responses", 1_000));
    one.send(rejection("openai_responses", 2_000));
    int told = 0;
    while (told < 3) {
      told += witness.next(MessageCase.REJECTIONS).getRejections().getRejectionsCount();
    }
    Replica newcomer = join(3);

    assertThat(newcomer.next(MessageCase.REJECTIONS).getRejections().getRejectionsList())
        .extracting(Rejection::getApi, Rejection::getPauseNanos)
        .containsExactly(tuple("openai_chat", 1_000L), tuple("openai_responses", 2_000L));
  }

  @Test
  void replica_gone_isToldToItsPeersAndToUs() throws Exception {
    Replica one = join(1);
    Replica two = join(2);
    one.abort();
    assertThat(two.next(MessageCase.PEER_GONE).getPeerGone().getIncarnation()).isEqualTo(1);
    assertThat(departures.poll(PATIENCE_SECONDS, TimeUnit.SECONDS)).isEqualTo(1);
  }

  @Test
  void replica_backBeforeItsOldStreamEnded_isNotGone() throws Exception {
    Replica first = join(1);
    Replica two = join(2);
    Replica again = join(1);
    assertThat(first.end.get(PATIENCE_SECONDS, TimeUnit.SECONDS).getCode())
        .isEqualTo(Status.Code.ABORTED);
    again.send(ReplicaMessage.newBuilder().setLoad(load()).build());
    // A load, and no word of a departure before it.
    assertThat(two.take().getMessageCase()).isEqualTo(MessageCase.PEER_LOAD);
    assertThat(departures).isEmpty();
  }

  @Test
  void outcome_ofAnothersPlan_reachesItsOwnerOnly() throws Exception {
    Replica one = join(1);
    Replica two = join(0xabcdef0123456789L);
    one.send(
        ReplicaMessage.newBuilder()
            .setOutcomes(
                Outcomes.newBuilder()
                    .addOutcomes(Outcome.newBuilder().setPlanId("abcdef0123456789-77"))
                    .addOutcomes(Outcome.newBuilder().setPlanId("00000000000000ff-1"))
                    .addOutcomes(Outcome.newBuilder().setPlanId("no plan id at all"))
                    .addOutcomes(Outcome.newBuilder().setPlanId("short")))
            .build());
    Outcomes relayed = two.next(MessageCase.OUTCOMES).getOutcomes();
    assertThat(relayed.getOutcomesList())
        .extracting(Outcome::getPlanId)
        .containsExactly("abcdef0123456789-77");
    assertThat(meters.get("warmpath.fleet.orphans").counter().count()).isEqualTo(3);
  }

  @Test
  void ledgerDelta_sentAgain_countsOnceAndIsAcknowledgedOnceSaved() throws Exception {
    Replica one = join(1);
    one.send(delta(1));
    one.send(delta(1));
    one.send(ReplicaMessage.newBuilder().setFirstBytes(FirstBytes.getDefaultInstance()).build());
    assertThat(reports.poll(PATIENCE_SECONDS, TimeUnit.SECONDS)).isNotNull();
    assertThat(ledger.rows()).singleElement().extracting(LedgerRow::getRequests).isEqualTo(3L);
    hub.ledgerSaved(ledger.saved(ledger.save()));
    assertThat(one.next(MessageCase.LEDGER_ACK).getLedgerAck().getSequence()).isEqualTo(1);
    one.abort();
    assertThat(departures.poll(PATIENCE_SECONDS, TimeUnit.SECONDS)).isEqualTo(1);
    Replica again = connect(1);
    assertThat(again.next(MessageCase.WELCOME).getWelcome().getLedgerSequence()).isEqualTo(1);
  }

  /** The observer's stream and the decision may end at different replicas. */
  @Test
  void outcome_told_arrivesWholeAtTheOwnerOnWhicheverStreamItHas() throws Exception {
    var outcome =
        Outcome.newBuilder()
            .setPlanId("000000000000000b-2a")
            .setUpstreamAddress("1.2.3.4:5")
            .setUpstreamCluster("chat")
            .setStatus(200)
            .setFirstByteAgeNanos(7)
            .setUsage(Usage.newBuilder().setReadTokens(900).setOutputTokens(0))
            .setEnd(true)
            .setAttempts(2)
            .build();
    var told = ReplicaMessage.newBuilder().setOutcomes(Outcomes.newBuilder().addOutcomes(outcome));
    Replica one = join(0xa);
    Replica owner = join(0xb);
    one.send(told.build());
    assertThat(owner.next(MessageCase.OUTCOMES).getOutcomes().getOutcomesList())
        .containsExactly(outcome);

    owner.abort();
    assertThat(departures.poll(PATIENCE_SECONDS, TimeUnit.SECONDS)).isEqualTo(0xb);
    one.send(told.build());
    awaitCount("warmpath.fleet.orphans", 1);
    Replica back = join(0xb);
    one.send(told.build());
    assertThat(back.next(MessageCase.OUTCOMES).getOutcomes().getOutcomesList())
        .containsExactly(outcome);
    assertThat(owner.received).noneMatch(ControlMessage::hasOutcomes);
    assertThat(meters.get("warmpath.fleet.orphans").counter().count()).isEqualTo(1);
  }

  @Test
  void ledgerDeltas_sentAgainOnANewStream_countOnce() throws Exception {
    Replica one = join(1);
    one.send(delta(1));
    one.send(delta(2));
    awaitRequests(6);
    hub.ledgerSaved(ledger.saved(ledger.save()));
    assertThat(one.next(MessageCase.LEDGER_ACK).getLedgerAck().getSequence()).isEqualTo(2);
    // Counted, but not on the disk when the stream ends: the replica must send it again.
    one.send(delta(3));
    awaitRequests(9);
    one.abort();
    assertThat(departures.poll(PATIENCE_SECONDS, TimeUnit.SECONDS)).isEqualTo(1);

    Replica again = connect(1);
    assertThat(again.next(MessageCase.WELCOME).getWelcome().getLedgerSequence()).isEqualTo(2);
    Replica other = join(2);
    again.send(delta(3));
    again.send(delta(4));
    other.send(delta(1));
    awaitRequests(15);
    hub.ledgerSaved(ledger.saved(ledger.save()));
    assertThat(again.next(MessageCase.LEDGER_ACK).getLedgerAck().getSequence()).isEqualTo(4);
    assertThat(ledger.rows()).singleElement().extracting(LedgerRow::getRequests).isEqualTo(15L);
    assertThat(ledger.gaps()).isZero();
  }

  @Test
  void cacheKey_tooBusyForOneShard_allAreToldAtOnceAndNewcomersToo() throws Exception {
    Replica one = join(1);
    Replica two = join(2);
    one.send(cacheKey(7, 22));
    for (Replica replica : List.of(one, two)) {
      assertThat(toldOf(replica)).containsExactly(shards(7, 2));
    }
    two.send(cacheKey(7, 22));
    for (Replica replica : List.of(one, two)) {
      assertThat(toldOf(replica)).containsExactly(shards(7, 4));
    }
    assertThat(toldOf(join(3))).containsExactly(shards(7, 4));
    assertThat(meters.get("warmpath.fleet.cache.keys").gauge().value()).isEqualTo(1);
    assertThat(meters.get("warmpath.fleet.cache.keys.max").gauge().value()).isEqualTo(16);
  }

  @Test
  void cacheKeys_whileNothingChanges_areToldAgainEveryFewSeconds() throws Exception {
    Replica one = join(1);
    one.send(cacheKey(7, 16));
    assertThat(toldOf(one)).containsExactly(shards(7, 2));

    nanos.set(ShardCount.TELL_NANOS - 1);
    hub.publish(EndpointView.newBuilder().setVersion(1).build());
    assertThat(one.take().getEndpointView().getVersion()).isEqualTo(1);
    nanos.set(ShardCount.TELL_NANOS);
    hub.publish(EndpointView.newBuilder().setVersion(2).build());
    assertThat(one.take().getEndpointView().getVersion()).isEqualTo(2);
    assertThat(one.take().getCacheKeyShards().getKeysList()).containsExactly(shards(7, 2));
    hub.publish(EndpointView.newBuilder().setVersion(3).build());
    assertThat(one.take().getEndpointView().getVersion()).isEqualTo(3);
  }

  @Test
  void cacheKey_ofAReplicaThatIsGone_isSplitByWhatTheOthersHaveOnly() throws Exception {
    Replica one = join(1);
    Replica two = join(2);
    one.send(cacheKey(7, 20));
    assertThat(toldOf(two)).containsExactly(shards(7, 2));
    one.abort();
    assertThat(two.next(MessageCase.PEER_GONE)).isNotNull();
    two.send(cacheKey(7, 30)); // 50 with those of the other, which would take four.
    two.send(cacheKey(8, 16));
    assertThat(toldOf(two)).containsExactly(shards(8, 2));
  }

  private static ReplicaMessage sightings(long sequence, int prefixes) {
    return ReplicaMessage.newBuilder()
        .setSightings(
            Sightings.newBuilder()
                .setReplica("somebody else")
                .setSequence(sequence)
                .addSightings(
                    Sighting.newBuilder()
                        .setAnswer(
                            SeenResponse.newBuilder()
                                .addAllPrefixes(Collections.nCopies(prefixes, 7L)))))
        .build();
  }

  @Test
  void sightings_ofAReplica_goToTheOthersUnderItsName() throws Exception {
    Replica one = join(1);
    Replica two = join(2);
    Replica three = join(3);
    one.send(sightings(5, 2));
    for (Replica other : List.of(two, three)) {
      Sightings told = other.next(MessageCase.PEER_SIGHTINGS).getPeerSightings();
      assertThat(told.getReplica()).isEqualTo("replica-1");
      assertThat(told.getIncarnation()).isEqualTo(1);
      assertThat(told.getSequence()).isEqualTo(5);
      assertThat(told.getSightings(0).getAnswer().getPrefixesList()).containsExactly(7L, 7L);
    }
    two.send(sightings(6, 1));
    assertThat(one.next(MessageCase.PEER_SIGHTINGS).getPeerSightings().getSequence())
        .as("not its own")
        .isEqualTo(6);
  }

  /** Its prefixes are other hashes, which would only fill the memories of the rest. */
  @Test
  void sightings_ofAReplicaWithAnotherSecret_goToNobodyElse() throws Exception {
    Replica one = join(1);
    var stranger = new Replica();
    ReplicaMessage.Builder hello = hello(2).toBuilder();
    hello.getHelloBuilder().setIndexSecretTag(99);
    stranger.send(hello.build());
    assertThat(stranger.next(MessageCase.WELCOME)).isNotNull();
    stranger.send(sightings(1, 1));
    Replica three = join(3);
    three.send(sightings(2, 1));

    assertThat(one.next(MessageCase.PEER_SIGHTINGS).getPeerSightings().getSequence()).isEqualTo(2);
  }

  @Test
  void sightings_moreThanInASecond_areDroppedAndCounted() throws Exception {
    Replica one = join(1);
    Replica two = join(2);
    one.send(sightings(1, FleetHub.MAX_SIGHTED_PREFIXES_PER_SECOND - 1));
    one.send(sightings(2, 9));
    awaitCount("warmpath.fleet.dropped.sightings", 10);
    nanos.addAndGet(1_000_000);
    one.send(sightings(3, 9));

    assertThat(two.next(MessageCase.PEER_SIGHTINGS).getPeerSightings().getSequence()).isEqualTo(1);
    assertThat(two.next(MessageCase.PEER_SIGHTINGS).getPeerSightings().getSequence()).isEqualTo(3);
    assertThat(meters.get("warmpath.fleet.dropped.sightings").counter().count()).isEqualTo(10);
  }

  /** What a newer replica says is additive: it costs nothing that is older. */
  @Test
  void message_ofAnUnknownKind_isPassedOver() throws Exception {
    Replica one = join(1);
    one.send(
        ReplicaMessage.newBuilder()
            .setUnknownFields(
                UnknownFieldSet.newBuilder()
                    .addField(99, UnknownFieldSet.Field.newBuilder().addVarint(1).build())
                    .build())
            .build());
    one.send(cacheKey(7, 16));
    assertThat(toldOf(one)).containsExactly(shards(7, 2));
  }

  private static List<CacheKeyShardCount> toldOf(Replica replica) throws InterruptedException {
    return replica.next(MessageCase.CACHE_KEY_SHARDS).getCacheKeyShards().getKeysList();
  }

  private static CacheKeyShardCount shards(long key, int shards) {
    return CacheKeyShardCount.newBuilder().setKey(key).setShards(shards).build();
  }

  private static ReplicaMessage cacheKey(long key, int requests) {
    return ReplicaMessage.newBuilder()
        .setCacheKeyRates(
            CacheKeyRates.newBuilder()
                .addKeys(
                    CacheKeyRate.newBuilder()
                        .setKey(key)
                        .setRequests(requests)
                        .setPerMinute(15)
                        .setShards(1)))
        .build();
  }

  @Test
  void firstBytes_reported_becomeOurTypes() throws Exception {
    Replica one = join(1);
    one.send(
        ReplicaMessage.newBuilder()
            .setFirstBytes(
                FirstBytes.newBuilder()
                    .addEndpoints(
                        EndpointFirstBytes.newBuilder()
                            .setCluster("chat")
                            .setAddress("1.2.3.4:5")
                            .setCount(3)
                            .setFailures(1)
                            .setPrefillTokens(100)
                            .setPrefillTokensPerSecond(8000)))
            .build());
    assertThat(reports.poll(PATIENCE_SECONDS, TimeUnit.SECONDS))
        .isEqualTo(
            new ReplicaReport.FirstBytes(
                List.of(
                    new ReplicaReport.EndpointFirstBytes("chat", "1.2.3.4:5", 4, 1, 100, 8000))));
  }

  @Test
  void volatility_ofAReplica_isShownUntilItIsGone() throws Exception {
    Replica one = join(1);
    Volatility first = volatility("date");
    one.send(ReplicaMessage.newBuilder().setVolatility(volatility("uuid")).build());
    one.send(ReplicaMessage.newBuilder().setVolatility(first).build());
    one.send(rejection(1_000));
    // What is sent is taken in order, so that a report behind it has been.
    one.send(ReplicaMessage.newBuilder().setKeyStatistics(KeyStatistics.newBuilder()).build());
    assertThat(reports.poll(PATIENCE_SECONDS, TimeUnit.SECONDS)).isNotNull();

    assertThat(hub.volatility()).containsExactly(Map.entry(1L, first));

    one.abort();
    assertThat(departures.poll(PATIENCE_SECONDS, TimeUnit.SECONDS)).isEqualTo(1);
    assertThat(hub.volatility()).isEmpty();
  }

  private static Volatility volatility(String kind) {
    return Volatility.newBuilder()
        .addFindings(VolatilityFinding.newBuilder().setRoute("chat").setKind(kind))
        .build();
  }

  @Test
  void hello_missingOrTwice_endsTheStream() throws Exception {
    var silent = new Replica();
    silent.send(ReplicaMessage.newBuilder().setLoad(load()).build());
    assertThat(silent.end.get(PATIENCE_SECONDS, TimeUnit.SECONDS).getCode())
        .isEqualTo(Status.Code.INVALID_ARGUMENT);
    Replica one = join(1);
    one.send(hello(1));
    assertThat(one.end.get(PATIENCE_SECONDS, TimeUnit.SECONDS).getCode())
        .isEqualTo(Status.Code.INVALID_ARGUMENT);
  }

  /** Once gRPC's default of 4 MiB ended such a stream, and ended it again after every resend. */
  @Test
  void ledgerDelta_ofAsManyLongRowsAsThereMayBe_isCounted() throws Exception {
    var row =
        LedgerRow.newBuilder()
            .setRoute("r".repeat(63))
            .setTenant("t".repeat(128))
            .setModel("m".repeat(128))
            .setActualNanousd(Long.MAX_VALUE)
            .setNaiveNanousd(Long.MAX_VALUE)
            .setPossibleNanousd(Long.MAX_VALUE)
            .setPlannedNanousd(Long.MAX_VALUE)
            .setNaiveReadTokens(Long.MAX_VALUE)
            .setPossibleReadTokens(Long.MAX_VALUE)
            .setPlannedReadTokens(Long.MAX_VALUE)
            .setUsage(
                Usage.newBuilder()
                    .setReadTokens(Long.MAX_VALUE)
                    .setWritten5MTokens(Long.MAX_VALUE)
                    .setWritten1HTokens(Long.MAX_VALUE)
                    .setUncachedTokens(Long.MAX_VALUE)
                    .setOutputTokens(Long.MAX_VALUE)
                    .setInputTokens(Long.MAX_VALUE))
            .setRequests(1)
            .build();
    Replica one = join(1);
    one.send(
        ReplicaMessage.newBuilder()
            .setLedgerDelta(
                LedgerDelta.newBuilder()
                    .setSequence(1)
                    .addAllRows(Collections.nCopies(10_001, row)))
            .build());
    one.send(ReplicaMessage.newBuilder().setFirstBytes(FirstBytes.getDefaultInstance()).build());
    assertThat(reports.poll(PATIENCE_SECONDS, TimeUnit.SECONDS)).isNotNull();
    assertThat(ledger.rows()).singleElement().extracting(LedgerRow::getRequests).isEqualTo(10_001L);
    assertThat(meters.get("warmpath.fleet.oversize").counter().count()).isZero();
  }

  @Test
  void message_tooLong_endsTheStreamAndIsCounted() throws Exception {
    Replica one = join(1);
    one.send(
        ReplicaMessage.newBuilder()
            .setLoad(
                Load.newBuilder()
                    .addEndpoints(
                        EndpointLoad.newBuilder()
                            .setCluster("x".repeat(FleetHub.MAX_MESSAGE_BYTES))))
            .build());
    assertThat(one.end.get(PATIENCE_SECONDS, TimeUnit.SECONDS).isOk()).isFalse();
    assertThat(departures.poll(PATIENCE_SECONDS, TimeUnit.SECONDS)).isEqualTo(1);
    assertThat(meters.get("warmpath.fleet.oversize").counter().count()).isEqualTo(1);
  }

  @Test
  void replicas_tooMany_areRefused() throws Exception {
    for (int i = 1; i <= 3; i++) {
      join(i);
    }
    Replica fourth = connect(4);
    assertThat(fourth.end.get(PATIENCE_SECONDS, TimeUnit.SECONDS).getCode())
        .isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
    assertThat(meters.get("warmpath.fleet.oversize").counter().count()).isZero();
    replicas.getFirst().abort();
    assertThat(departures.poll(PATIENCE_SECONDS, TimeUnit.SECONDS)).isEqualTo(1);
    assertThat(join(5)).isNotNull();
  }

  @Test
  void replica_thatDoesNotRead_costsBoundedMemoryAndNobodyElse() throws Exception {
    Replica talker = join(1);
    Replica listener = join(2);
    Replica deaf = join(3);
    deaf.deafen();
    // 32 MiB of blocks: more than flow control and the outbox hold together.
    var placement = Placement.newBuilder().addAllBlocks(Collections.nCopies(4_096, 1L)).build();
    for (int i = 0; i < 1_000; i++) {
      talker.send(
          ReplicaMessage.newBuilder()
              .setPlacements(Placements.newBuilder().addPlacements(placement))
              .build());
    }
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
    while (dropped() < 500) {
      assertThat(System.nanoTime()).as("dropped: " + dropped()).isLessThan(deadline);
      LockSupport.parkNanos(5_000_000);
    }
    assertThat(listener.next(MessageCase.PEER_PLACEMENTS)).isNotNull();
    talker.send(ReplicaMessage.newBuilder().setLoad(load()).build());
    assertThat(listener.next(MessageCase.PEER_LOAD)).isNotNull();
  }

  /** A real stream is watched here. */
  private void awaitRequests(long wanted) {
    await(() -> ledger.rows().stream().mapToLong(LedgerRow::getRequests).sum(), wanted);
  }

  private void awaitCount(String counter, long wanted) {
    await(() -> (long) meters.get(counter).counter().count(), wanted);
  }

  private static void await(LongSupplier seen, long wanted) {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
    while (seen.getAsLong() < wanted) {
      assertThat(System.nanoTime()).as("seen: " + seen.getAsLong()).isLessThan(deadline);
      LockSupport.parkNanos(5_000_000);
    }
  }

  private double dropped() {
    return meters.get("warmpath.fleet.dropped.placements").counter().count();
  }

  /** Connects and waits to be welcome. */
  private Replica join(long incarnation) throws InterruptedException {
    Replica replica = connect(incarnation);
    assertThat(replica.next(MessageCase.WELCOME)).isNotNull();
    return replica;
  }

  private Replica connect(long incarnation) {
    var replica = new Replica();
    replica.send(hello(incarnation));
    return replica;
  }

  private static ReplicaMessage hello(long incarnation) {
    return ReplicaMessage.newBuilder()
        .setHello(
            Hello.newBuilder().setReplica("replica-" + incarnation).setIncarnation(incarnation))
        .build();
  }

  private static Load load() {
    return Load.newBuilder()
        .addEndpoints(EndpointLoad.newBuilder().setAddress("1.2.3.4:5").setPendingTokens(42))
        .build();
  }

  private static ReplicaMessage rejection(long pauseNanos) {
    return rejection("openai_chat", pauseNanos);
  }

  private static ReplicaMessage rejection(String api, long pauseNanos) {
    return ReplicaMessage.newBuilder()
        .setRejections(
            Rejections.newBuilder()
                .addRejections(
                    Rejection.newBuilder()
                        .setProvider("p")
                        .setApi(api)
                        .setField("cache_control")
                        .setPauseNanos(pauseNanos)))
        .build();
  }

  private static ReplicaMessage delta(long sequence) {
    return ReplicaMessage.newBuilder()
        .setLedgerDelta(
            LedgerDelta.newBuilder()
                .setSequence(sequence)
                .addRows(LedgerRow.newBuilder().setRoute("r").setRequests(3)))
        .build();
  }

  /** A replica with a connection of its own. */
  private final class Replica implements ClientResponseObserver<ReplicaMessage, ControlMessage> {
    private final ManagedChannel channel;
    private final BlockingQueue<ControlMessage> received = new LinkedBlockingQueue<>();
    private final CompletableFuture<Status> end = new CompletableFuture<>();
    private volatile @Nullable ClientCallStreamObserver<ReplicaMessage> requests;
    private volatile boolean deaf;

    Replica() {
      channel =
          NettyChannelBuilder.forAddress(
                  new InetSocketAddress(InetAddress.getLoopbackAddress(), server.getPort()))
              .usePlaintext()
              .build();
      replicas.add(this);
      var _ = FleetGrpc.newStub(channel).connect(this);
    }

    @Override
    public void beforeStart(ClientCallStreamObserver<ReplicaMessage> stream) {
      requests = stream;
      stream.disableAutoRequestWithInitial(1);
    }

    @Override
    public void onNext(ControlMessage message) {
      received.add(message);
      if (!deaf) {
        stream().request(1);
      }
    }

    @Override
    public void onError(Throwable failure) {
      end.complete(Status.fromThrowable(failure));
    }

    @Override
    public void onCompleted() {
      end.complete(Status.OK);
    }

    void send(ReplicaMessage message) {
      stream().onNext(message);
    }

    void deafen() {
      deaf = true;
    }

    void abort() {
      channel.shutdownNow();
    }

    ControlMessage take() throws InterruptedException {
      return Objects.requireNonNull(received.poll(PATIENCE_SECONDS, TimeUnit.SECONDS), "message");
    }

    /** The next message of a kind; others are passed over. */
    ControlMessage next(MessageCase kind) throws InterruptedException {
      while (true) {
        ControlMessage message = take();
        if (message.getMessageCase() == kind) {
          return message;
        }
      }
    }

    private ClientCallStreamObserver<ReplicaMessage> stream() {
      return Objects.requireNonNull(requests);
    }
  }
}

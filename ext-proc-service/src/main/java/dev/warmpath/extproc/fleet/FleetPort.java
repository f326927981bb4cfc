package dev.warmpath.extproc.fleet;

import dev.warmpath.config.v1.Route;
import dev.warmpath.extproc.exchange.Exchanges;
import dev.warmpath.extproc.exchange.FirstBytes;
import dev.warmpath.extproc.exchange.HashKeyShadows;
import dev.warmpath.extproc.exchange.KeyShards;
import dev.warmpath.extproc.exchange.Outcome;
import dev.warmpath.extproc.exchange.Outcomes;
import dev.warmpath.extproc.exchange.PlanId;
import dev.warmpath.extproc.exchange.PrefixWatch;
import dev.warmpath.extproc.exchange.Rejections;
import dev.warmpath.extproc.exchange.ResponseHomes;
import dev.warmpath.extproc.ledger.Ledger;
import dev.warmpath.extproc.pick.EndpointLoad;
import dev.warmpath.extproc.pick.EndpointState;
import dev.warmpath.extproc.pick.HashKeyShadow;
import dev.warmpath.extproc.pick.Placement;
import dev.warmpath.extproc.pick.PoolPicker;
import dev.warmpath.extproc.pick.Prefill;
import dev.warmpath.extproc.prompt.Dialect;
import dev.warmpath.extproc.usage.Usage;
import dev.warmpath.fleet.v1.CacheKeyRate;
import dev.warmpath.fleet.v1.CacheKeyRates;
import dev.warmpath.fleet.v1.CacheKeyShardCount;
import dev.warmpath.fleet.v1.ClusterView;
import dev.warmpath.fleet.v1.ControlMessage;
import dev.warmpath.fleet.v1.EndpointFirstBytes;
import dev.warmpath.fleet.v1.EndpointView;
import dev.warmpath.fleet.v1.KeyStatistics;
import dev.warmpath.fleet.v1.Load;
import dev.warmpath.fleet.v1.Placements;
import dev.warmpath.fleet.v1.Rejection;
import dev.warmpath.fleet.v1.ReplicaMessage;
import dev.warmpath.fleet.v1.ResponseHome;
import dev.warmpath.fleet.v1.Sightings;
import dev.warmpath.wire.ShardCount;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/**
 * Translates between the fleet stream's messages and what this replica knows: load, placements,
 * outcomes, first bytes, refusals, sightings of prefixes and the rates of cache keys go up;
 * endpoints, peers' load, placements and sightings, and the keys' shards come down. Called on the
 * fleet client's thread; {@link #forward} from any.
 */
public final class FleetPort implements FleetClient.Port {

  /** Outcomes for other replicas that wait for the stream; more are dropped and counted. */
  static final int MAX_QUEUED_OUTCOMES = 10_000;

  /** Blocks in one message of placements: 8 bytes each, well below gRPC's 4 MiB. */
  private static final int MAX_PLACED_BLOCKS = 128 * 1024;

  private static final int FIRST_BYTES_EVERY_TICKS = 10;
  private static final int LEDGER_EVERY_TICKS = 20;
  private static final int KEYS_EVERY_TICKS = 50;
  private static final int VOLATILITY_EVERY_TICKS = 100;
  private static final int CACHE_KEYS_EVERY_TICKS =
      (int) (ShardCount.TELL_NANOS / (FleetClient.PERIOD_MILLIS * 1_000_000L));

  /** Cache keys in one message: some 20 bytes each. */
  static final int CACHE_KEYS_BATCH = 1_000;

  private final String replica;
  private final long incarnation;
  private final Map<String, PoolPicker> pickers;
  private final Outcomes outcomes;
  private final ResponseHomes responseHomes;
  private final FirstBytes firstBytes;
  private final Rejections rejections;
  private final PeerSightings sightings;
  private final KeyShards keyShards;
  private final HashKeyShadows hashKeys;
  private final PrefixWatch prefixWatch;
  private final Ledger ledger;
  private final LongSupplier clock;
  private final ArrayBlockingQueue<Outcome> toOthers =
      new ArrayBlockingQueue<>(MAX_QUEUED_OUTCOMES);
  private final AtomicLong droppedOutcomes = new AtomicLong();
  private final EngineEpochs epochs = new EngineEpochs();

  /**
   * @param replica the configured name of this one
   * @param incarnation random number of this process
   * @param exchanges its data path
   * @param clock nanoseconds, monotonic
   */
  public FleetPort(String replica, long incarnation, Exchanges exchanges, LongSupplier clock) {
    this.replica = replica;
    this.incarnation = incarnation;
    pickers = exchanges.pickers();
    outcomes = exchanges.outcomes();
    responseHomes = exchanges.responseHomes();
    firstBytes = exchanges.firstBytes();
    rejections = exchanges.rejections();
    sightings = new PeerSightings(replica, incarnation, exchanges.payingMarkers());
    keyShards = exchanges.keyShards();
    hashKeys = exchanges.hashKeys();
    prefixWatch = exchanges.prefixWatch();
    ledger = exchanges.ledger();
    this.clock = clock;
  }

  /** Sends an outcome to the replica that owns its plan, at the next period. */
  public void forward(Outcome outcome) {
    if (!toOthers.offer(outcome)) {
      droppedOutcomes.incrementAndGet();
    }
  }

  /** Outcomes that were dropped since the stream did not take them. */
  public long droppedOutcomes() {
    return droppedOutcomes.get();
  }

  /** Prefixes of which other replicas were told. */
  public long toldPrefixes() {
    return sightings.told();
  }

  /** Prefixes of which other replicas told. */
  public long heardPrefixes() {
    return sightings.heard();
  }

  /** Prefixes of which nobody was told, since there were too many in a second. */
  public long leftPrefixes() {
    return sightings.left();
  }

  /** Prefixes that were told, here or there, too late to be of use, or twice. */
  public long latePrefixes() {
    return sightings.late();
  }

  @Override
  public void collect(long ticks, List<ReplicaMessage> messages) {
    long nowNanos = clock.getAsLong();
    messages.add(ReplicaMessage.newBuilder().setLoad(load(nowNanos)).build());
    Placements placements = placements();
    if (placements.getPlacementsCount() > 0 || placements.getResponsesCount() > 0) {
      messages.add(ReplicaMessage.newBuilder().setPlacements(placements).build());
    }
    collectOutcomes(nowNanos, messages);
    collectRejections(messages);
    Sightings seen = sightings.next(nowNanos);
    if (seen != null) {
      messages.add(ReplicaMessage.newBuilder().setSightings(seen).build());
    }
    if (ticks % FIRST_BYTES_EVERY_TICKS == 0) {
      collectFirstBytes(messages);
    }
    if (ticks % KEYS_EVERY_TICKS == 0) {
      collectHashKeys(messages);
    }
    if (ticks % VOLATILITY_EVERY_TICKS == 0) {
      messages.add(
          ReplicaMessage.newBuilder()
              .setVolatility(VolatilityMessages.of(prefixWatch.findings(nowNanos)))
              .build());
    }
    if (ticks % CACHE_KEYS_EVERY_TICKS == 0) {
      collectCacheKeys(nowNanos, messages);
    }
    if (ticks % LEDGER_EVERY_TICKS == 0) {
      collectLedger(messages);
    }
  }

  /** The busiest come first, so that what is cut off anywhere is what matters least. */
  private void collectCacheKeys(long nowNanos, List<ReplicaMessage> messages) {
    List<KeyShards.Use> uses = keyShards.lastMinute(nowNanos);
    for (int from = 0; from < uses.size(); from += CACHE_KEYS_BATCH) {
      CacheKeyRates.Builder batch = CacheKeyRates.newBuilder();
      for (KeyShards.Use use : uses.subList(from, Math.min(from + CACHE_KEYS_BATCH, uses.size()))) {
        batch.addKeys(
            CacheKeyRate.newBuilder()
                .setKey(use.key())
                .setRequests(use.requests())
                .setPerMinute(use.perMinute())
                .setShards(use.shards()));
      }
      messages.add(ReplicaMessage.newBuilder().setCacheKeyRates(batch).build());
    }
  }

  /** One new delta a period, and those that wait for their acknowledgement. */
  private void collectLedger(List<ReplicaMessage> messages) {
    var _ = ledger.drainDelta();
    ledger
        .pendingAfter(0)
        .forEach(
            delta ->
                messages.add(
                    ReplicaMessage.newBuilder()
                        .setLedgerDelta(LedgerMessages.delta(delta))
                        .build()));
  }

  private Load load(long nowNanos) {
    Load.Builder load = Load.newBuilder().setReplica(replica).setIncarnation(incarnation);
    pickers.forEach(
        (cluster, picker) -> {
          for (EndpointLoad endpoint : picker.localLoad(nowNanos)) {
            load.addEndpoints(
                dev.warmpath.fleet.v1.EndpointLoad.newBuilder()
                    .setCluster(cluster)
                    .setAddress(endpoint.address())
                    .setRequestsInFlight(endpoint.requestsInFlight())
                    .setPendingTokens(endpoint.pendingTokens())
                    .setUtilisation(endpoint.utilisation()));
          }
        });
    return load.build();
  }

  private Placements placements() {
    Placements.Builder placements =
        Placements.newBuilder().setReplica(replica).setIncarnation(incarnation);
    for (ResponseHomes.Home home : responseHomes.drainUntold()) {
      placements.addResponses(
          ResponseHome.newBuilder()
              .setResponse(home.response())
              .setCluster(home.cluster())
              .setAddress(home.address()));
    }
    int room = MAX_PLACED_BLOCKS;
    for (Map.Entry<String, PoolPicker> entry : pickers.entrySet()) {
      if (room <= 0) {
        break; // They wait for the next period.
      }
      for (Placement placement : entry.getValue().drainPlacements(room)) {
        room -= placement.blocks().length;
        var message =
            dev.warmpath.fleet.v1.Placement.newBuilder()
                .setCluster(entry.getKey())
                .setAddress(placement.address())
                .setTokens(placement.tokens());
        for (long block : placement.blocks()) {
          message.addBlocks(block);
        }
        placements.addPlacements(message);
      }
    }
    return placements.build();
  }

  private void collectOutcomes(long nowNanos, List<ReplicaMessage> messages) {
    List<Outcome> drained = new ArrayList<>();
    if (toOthers.drainTo(drained) > 0) {
      var message = dev.warmpath.fleet.v1.Outcomes.newBuilder();
      drained.forEach(outcome -> message.addOutcomes(toMessage(outcome, nowNanos)));
      messages.add(ReplicaMessage.newBuilder().setOutcomes(message).build());
    }
  }

  private void collectRejections(List<ReplicaMessage> messages) {
    List<Rejections.Rejection> drained = rejections.drainUntold();
    if (drained.isEmpty()) {
      return;
    }
    var message = dev.warmpath.fleet.v1.Rejections.newBuilder().setReplica(replica);
    for (Rejections.Rejection rejection : drained) {
      message.addRejections(
          Rejection.newBuilder()
              .setProvider(rejection.field().cluster())
              .setApi(rejection.field().api().label())
              .setModel(rejection.field().model())
              .setField(rejection.field().name())
              .setPauseNanos(rejection.pauseNanos()));
    }
    messages.add(ReplicaMessage.newBuilder().setRejections(message).build());
  }

  private void collectFirstBytes(List<ReplicaMessage> messages) {
    Map<String, EndpointFirstBytes.Builder> byEndpoint = new HashMap<>();
    for (FirstBytes.Sum sum : firstBytes.drain()) {
      endpoint(byEndpoint, sum.cluster(), sum.address())
          .setCount(sum.count())
          .setSumNanos(sum.sumNanos())
          .setFailures(sum.failures());
    }
    pickers.forEach(
        (cluster, picker) -> {
          for (Prefill prefill : picker.drainPrefills()) {
            endpoint(byEndpoint, cluster, prefill.address())
                .setPrefillTokens(prefill.tokens())
                .setPrefillTokensPerSecond(prefill.tokensPerSecond());
          }
        });
    var message = dev.warmpath.fleet.v1.FirstBytes.newBuilder();
    byEndpoint.values().forEach(message::addEndpoints);
    messages.add(ReplicaMessage.newBuilder().setFirstBytes(message).build());
  }

  private void collectHashKeys(List<ReplicaMessage> messages) {
    KeyStatistics.Builder message = KeyStatistics.newBuilder();
    hashKeys
        .drain()
        .forEach(
            (route, keys) -> {
              var ofRoute = message.addRoutesBuilder().setRoute(route);
              for (HashKeyShadow.Sums sums : keys.values()) {
                var ofKey =
                    ofRoute
                        .addKeysBuilder()
                        .setHashKey(hashKey(sums.key()).getNumber())
                        .setTokens(sums.tokens())
                        .setHitTokens(sums.hitTokens());
                for (long tokens : sums.endpointTokens()) {
                  ofKey.addEndpointTokens(tokens);
                }
              }
            });
    messages.add(ReplicaMessage.newBuilder().setKeyStatistics(message).build());
  }

  private static Route.HashKey hashKey(HashKeyShadow.Key key) {
    return switch (key) {
      case ROOT -> Route.HashKey.ROOT;
      case CONVERSATION -> Route.HashKey.CONVERSATION;
      case SESSION -> Route.HashKey.SESSION;
      case NONE -> Route.HashKey.NONE;
    };
  }

  private static EndpointFirstBytes.Builder endpoint(
      Map<String, EndpointFirstBytes.Builder> byEndpoint, String cluster, String address) {
    return byEndpoint.computeIfAbsent(
        cluster + '\n' + address,
        _ -> EndpointFirstBytes.newBuilder().setCluster(cluster).setAddress(address));
  }

  @Override
  public void receive(ControlMessage message) {
    long nowNanos = clock.getAsLong();
    switch (message.getMessageCase()) {
      case WELCOME -> {
        epochs.newStream();
        ledger.acknowledge(message.getWelcome().getLedgerSequence());
      }
      case LEDGER_ACK -> ledger.acknowledge(message.getLedgerAck().getSequence());
      case ENDPOINT_VIEW -> view(message.getEndpointView(), nowNanos);
      case PEER_LOAD -> peerLoad(message.getPeerLoad(), nowNanos);
      case PEER_PLACEMENTS -> peerPlacements(message.getPeerPlacements(), nowNanos);
      case PEER_GONE -> {
        long gone = message.getPeerGone().getIncarnation();
        pickers.values().forEach(picker -> picker.peerGone(gone));
      }
      case OUTCOMES ->
          message.getOutcomes().getOutcomesList().forEach(outcome -> forwarded(outcome, nowNanos));
      case REJECTIONS ->
          message
              .getRejections()
              .getRejectionsList()
              .forEach(rejection -> peerRejection(rejection, nowNanos));
      case CACHE_KEY_SHARDS -> {
        for (CacheKeyShardCount count : message.getCacheKeyShards().getKeysList()) {
          keyShards.told(count.getKey(), count.getShards(), nowNanos);
        }
      }
      case PEER_SIGHTINGS -> sightings.receive(message.getPeerSightings(), nowNanos);
      case MESSAGE_NOT_SET -> {}
    }
  }

  private void peerRejection(Rejection rejection, long nowNanos) {
    Dialect api = Dialect.ofLabel(rejection.getApi());
    if (api == null) {
      // Of a version that knows more APIs.
      return;
    }
    rejections.told(
        new Rejections.Rejection(
            new Rejections.Field(
                rejection.getProvider(), api, rejection.getModel(), rejection.getField()),
            rejection.getPauseNanos()),
        nowNanos);
  }

  private void view(EndpointView view, long nowNanos) {
    for (ClusterView cluster : view.getClustersList()) {
      PoolPicker picker = pickers.get(cluster.getCluster());
      if (picker != null) {
        picker.endpoints(
            cluster.getEndpointsList().stream()
                .map(endpoint -> state(cluster.getCluster(), endpoint))
                .toList(),
            nowNanos);
      }
    }
    epochs.keepOnly(view);
  }

  private EndpointState state(String cluster, dev.warmpath.fleet.v1.EndpointState state) {
    return new EndpointState(
        state.getAddress(),
        state.getId().isEmpty() ? state.getAddress() : state.getId(),
        switch (state.getHealth()) {
          case HEALTHY, HEALTH_UNSPECIFIED, UNRECOGNIZED -> EndpointState.Health.HEALTHY;
          case UNHEALTHY -> EndpointState.Health.UNHEALTHY;
          case DRAINING -> EndpointState.Health.DRAINING;
        },
        state.getPrefillTokensPerSecond(),
        state.getCacheTokens(),
        state.hasRequestsRunning() ? state.getRequestsRunning() : -1,
        state.hasRequestsWaiting() ? state.getRequestsWaiting() : -1,
        epochs.local(cluster, state.getAddress(), state.getEngineEpoch()));
  }

  private void peerLoad(Load load, long nowNanos) {
    if (load.getIncarnation() == incarnation) {
      return;
    }
    Map<String, List<EndpointLoad>> byCluster = new HashMap<>();
    for (var endpoint : load.getEndpointsList()) {
      byCluster
          .computeIfAbsent(endpoint.getCluster(), _ -> new ArrayList<>())
          .add(
              new EndpointLoad(
                  endpoint.getAddress(),
                  endpoint.getRequestsInFlight(),
                  endpoint.getPendingTokens(),
                  endpoint.getUtilisation()));
    }
    pickers.forEach(
        (cluster, picker) ->
            picker.peerLoad(
                load.getIncarnation(), byCluster.getOrDefault(cluster, List.of()), nowNanos));
  }

  private void peerPlacements(Placements placements, long nowNanos) {
    if (placements.getIncarnation() == incarnation) {
      return;
    }
    for (ResponseHome home : placements.getResponsesList()) {
      responseHomes.told(
          new ResponseHomes.Home(home.getResponse(), home.getCluster(), home.getAddress()),
          nowNanos);
    }
    for (var placement : placements.getPlacementsList()) {
      PoolPicker picker = pickers.get(placement.getCluster());
      if (picker != null) {
        long[] blocks = new long[placement.getBlocksCount()];
        for (int i = 0; i < blocks.length; i++) {
          blocks[i] = placement.getBlocks(i);
        }
        picker.peerPlacement(placement.getAddress(), blocks, placement.getTokens());
      }
    }
  }

  private static dev.warmpath.fleet.v1.Outcome toMessage(Outcome outcome, long nowNanos) {
    var message =
        dev.warmpath.fleet.v1.Outcome.newBuilder()
            .setPlanId(outcome.planId().toString())
            .setUpstreamAddress(outcome.upstreamAddress())
            .setUpstreamCluster(outcome.upstreamCluster())
            .setStatus(outcome.status())
            .setAttempts(outcome.attempts())
            .setCut(outcome.cut())
            .setEnd(outcome.end())
            .setRejectedField(outcome.rejectedField())
            .setAccessLog(outcome.source() == Outcome.Source.ACCESS_LOG);
    Long firstByteAtNanos = outcome.firstByteAtNanos();
    if (firstByteAtNanos != null) {
      message.setFirstByteAgeNanos(Math.max(0, nowNanos - firstByteAtNanos));
    }
    Usage usage = outcome.usage();
    if (usage != null) {
      var tokens = message.getUsageBuilder();
      setKnown(usage.readTokens(), tokens::setReadTokens);
      setKnown(usage.writtenTokens(), tokens::setWrittenTokens);
      setKnown(usage.written5mTokens(), tokens::setWritten5MTokens);
      setKnown(usage.written1hTokens(), tokens::setWritten1HTokens);
      setKnown(usage.uncachedTokens(), tokens::setUncachedTokens);
      setKnown(usage.inputTokens(), tokens::setInputTokens);
      setKnown(usage.outputTokens(), tokens::setOutputTokens);
    }
    return message.build();
  }

  private static void setKnown(long tokens, java.util.function.LongConsumer setter) {
    if (tokens >= 0) {
      setter.accept(tokens);
    }
  }

  private void forwarded(dev.warmpath.fleet.v1.Outcome message, long nowNanos) {
    PlanId planId = PlanId.parse(message.getPlanId());
    if (planId == null) {
      return;
    }
    var tokens = message.getUsage();
    outcomes.forwarded(
        new Outcome(
            planId,
            message.getAccessLog() ? Outcome.Source.ACCESS_LOG : Outcome.Source.OBSERVER,
            message.getUpstreamAddress(),
            message.getUpstreamCluster(),
            message.getStatus(),
            message.getAttempts(),
            message.hasFirstByteAgeNanos() ? nowNanos - message.getFirstByteAgeNanos() : null,
            message.hasUsage()
                ? new Usage(
                    tokens.hasReadTokens() ? tokens.getReadTokens() : -1,
                    tokens.hasWrittenTokens() ? tokens.getWrittenTokens() : -1,
                    tokens.hasWritten5MTokens() ? tokens.getWritten5MTokens() : -1,
                    tokens.hasWritten1HTokens() ? tokens.getWritten1HTokens() : -1,
                    tokens.hasUncachedTokens() ? tokens.getUncachedTokens() : -1,
                    tokens.hasInputTokens() ? tokens.getInputTokens() : -1,
                    tokens.hasOutputTokens() ? tokens.getOutputTokens() : -1)
                : null,
            message.getRejectedField(),
            message.getCut(),
            message.getEnd()),
        nowNanos);
  }
}

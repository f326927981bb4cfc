package dev.warmpath.controlplane.fleet;

import com.google.protobuf.ByteString;
import com.google.protobuf.TextFormat;
import dev.warmpath.controlplane.signals.ReplicaReport;
import dev.warmpath.fleet.v1.CacheKeyShardCount;
import dev.warmpath.fleet.v1.ControlMessage;
import dev.warmpath.fleet.v1.EndpointView;
import dev.warmpath.fleet.v1.FleetGrpc;
import dev.warmpath.fleet.v1.Hello;
import dev.warmpath.fleet.v1.Load;
import dev.warmpath.fleet.v1.Outcome;
import dev.warmpath.fleet.v1.PeerGone;
import dev.warmpath.fleet.v1.Placements;
import dev.warmpath.fleet.v1.Rejection;
import dev.warmpath.fleet.v1.ReplicaMessage;
import dev.warmpath.fleet.v1.Sightings;
import dev.warmpath.fleet.v1.Volatility;
import dev.warmpath.fleet.v1.Welcome;
import dev.warmpath.wire.ShardCount;
import io.grpc.Context;
import io.grpc.Metadata;
import io.grpc.ServerBuilder;
import io.grpc.ServerStreamTracer;
import io.grpc.Status;
import io.grpc.SynchronizationContext;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The control plane's end of the fleet stream. Tells every replica what the others have under way
 * and placed, and what they saw of prefixes at providers, hands outcomes to the replica that owns
 * the plan, spreads rejections, says in how many shards cache keys go, passes on views, counts
 * ledger deltas, and reports to the {@link Listener} what was measured.
 *
 * <p>All state is confined to one {@link SynchronizationContext}; gRPC's threads and callers enter
 * it by {@code execute}. A replica is known by its incarnation, and speaks for itself only: name
 * and incarnation of what it reports are set here. Bounds: replicas, one inbound message under way
 * per replica, an {@link Outbox} each, {@link #MAX_REJECTIONS} rejections, a {@link CacheKeyBook},
 * {@link #MAX_SIGHTED_PREFIXES_PER_SECOND} prefixes of sightings.
 */
public final class FleetHub extends FleetGrpc.FleetImplBase {
  private static final Logger log = LoggerFactory.getLogger(FleetHub.class);

  static final int MAX_REJECTIONS = 1_000;

  /**
   * Prefixes of sightings that are passed on in a second, of all replicas together; each of them
   * goes to all others. At 64 replicas that is some 60 MB/s. More of a thing that is so busy is
   * hardly needed: what comes back rarely is what one replica alone doesn't see.
   */
  static final int MAX_SIGHTED_PREFIXES_PER_SECOND = 100_000;

  /** Findings of one replica that are shown. */
  static final int MAX_FINDINGS = 1_000;

  /**
   * Longest message of a replica. The longest is a ledger delta of 10,000 rows: with route, tenant
   * and model at their longest a row has about 500 bytes, and up to 1,200 if none of the characters
   * is ASCII.
   */
  static final int MAX_MESSAGE_BYTES = 16 << 20;

  /** Longest that a replica that connects later is told of a rejection. */
  private static final long MAX_PAUSE_NANOS = 7 * 86_400_000_000_000L;

  private static final int MAX_NAME_CHARS = 128;
  private static final int INCARNATION_DIGITS = 16;

  /** Who is told what replicas observed. Called inside the hub's context: must not block. */
  public interface Listener {
    void reported(long incarnation, ReplicaReport report);

    void replicaGone(long incarnation);
  }

  private final SynchronizationContext context =
      new SynchronizationContext(
          (_, failure) -> log.error("The fleet hub failed at one message.", failure));
  private final int maxReplicas;
  private final LedgerBook ledger;
  private final LongSupplier nanoClock;
  private final LongSupplier unixMillis;
  private final Listener listener;

  // Confined to the context.
  private final Map<Long, Replica> replicas = new LinkedHashMap<>();

  /** By what is refused: the rejection without its pause. */
  private final Map<Rejection, Pause> pauses = new LinkedHashMap<>();

  private final CacheKeyBook cacheKeys;
  private final RateBound sightings;
  private @Nullable EndpointView view;
  private long cacheKeysToldNanos;
  private int streams;

  /** What connected replicas have found, by incarnation; each report is bounded by its message. */
  private final Map<Long, Volatility> volatility = new ConcurrentHashMap<>();

  private final AtomicInteger connected = new AtomicInteger();
  private final Agreement agreement;
  private final Counter refused;
  private final Counter oversize;
  private final Counter orphans;
  private final Counter droppedPlacements;
  private final Counter droppedOutcomes;
  private final Counter droppedSightings;

  /** A rejection, and until when it holds. */
  private record Pause(Rejection rejection, long untilNanos) {
    Rejection remaining(long nowNanos) {
      return rejection.toBuilder().setPauseNanos(untilNanos - nowNanos).build();
    }
  }

  /** Settings and partners of a hub. */
  public record Setup(
      int maxReplicas,
      int maxCacheKeys,
      LedgerBook ledger,
      LongSupplier nanoClock,
      LongSupplier unixMillis) {}

  public FleetHub(Setup setup, Listener listener, MeterRegistry meters) {
    this.maxReplicas = setup.maxReplicas();
    this.ledger = setup.ledger();
    this.nanoClock = setup.nanoClock();
    this.unixMillis = setup.unixMillis();
    this.listener = listener;
    cacheKeys = new CacheKeyBook(setup.maxCacheKeys());
    cacheKeysToldNanos = nanoClock.getAsLong();
    sightings = new RateBound(MAX_SIGHTED_PREFIXES_PER_SECOND, nanoClock.getAsLong());
    Gauge.builder("warmpath.fleet.replicas", connected, AtomicInteger::get)
        .description("ext_proc replicas that are connected.")
        .register(meters);
    Gauge.builder("warmpath.fleet.cache.keys", cacheKeys, CacheKeyBook::size)
        .description("Keys (prompt_cache_key) whose rate at all replicas together is known.")
        .register(meters);
    Gauge.builder("warmpath.fleet.cache.keys.max", cacheKeys, CacheKeyBook::max)
        .description("Bound of warmpath.fleet.cache.keys.")
        .register(meters);
    agreement = new Agreement(meters);
    refused =
        Counter.builder("warmpath.fleet.refused")
            .description("Streams refused: too many replicas, or no proper Hello.")
            .register(meters);
    oversize =
        Counter.builder("warmpath.fleet.oversize")
            .description("Streams ended because a message was longer than is taken.")
            .register(meters);
    orphans =
        Counter.builder("warmpath.fleet.orphans")
            .description("Outcomes for plans whose owner isn't connected.")
            .register(meters);
    droppedPlacements =
        Counter.builder("warmpath.fleet.dropped.placements")
            .description("Placements not passed on because a replica read too slowly.")
            .register(meters);
    droppedOutcomes =
        Counter.builder("warmpath.fleet.dropped.outcomes")
            .description("Outcomes not passed on because their owner read too slowly.")
            .register(meters);
    droppedSightings =
        Counter.builder("warmpath.fleet.dropped.sightings")
            .description(
                "Prefixes of sightings not passed on because they were too many in a second, or "
                    + "because a replica read too slowly.")
            .register(meters);
  }

  /**
   * Adds the service, and the bound of its messages, to a server that is being built. The bound
   * holds for the whole server.
   */
  public void bindTo(ServerBuilder<?> server) {
    server
        .addService(this)
        .maxInboundMessageSize(MAX_MESSAGE_BYTES)
        .addStreamTracerFactory(EndTracer.factory());
  }

  /** Keeps what gRPC ended a stream for, which its cancel handler isn't told. */
  private static final class EndTracer extends ServerStreamTracer {
    private static final Context.Key<EndTracer> KEY = Context.key("warmpath.fleet.end");

    private volatile Status end = Status.OK;

    static ServerStreamTracer.Factory factory() {
      return new ServerStreamTracer.Factory() {
        @Override
        public ServerStreamTracer newServerStreamTracer(String method, Metadata headers) {
          return new EndTracer();
        }
      };
    }

    @Override
    public Context filterContext(Context context) {
      return context.withValue(KEY, this);
    }

    @Override
    public void streamClosed(Status status) {
      end = status;
    }
  }

  @Override
  public StreamObserver<ReplicaMessage> connect(StreamObserver<ControlMessage> responses) {
    var stream = new Stream((ServerCallStreamObserver<ControlMessage>) responses);
    stream.begin();
    return stream;
  }

  /** Sends a view to every replica, and to those that connect later. */
  public void publish(EndpointView next) {
    context.execute(
        () -> {
          view = next;
          for (Replica replica : replicas.values()) {
            replica.outbox.view(next);
            replica.pump();
          }
          // Views come at least once a second: what is to be logged or told later is, then.
          compare();
          tellCacheKeys();
        });
  }

  /**
   * Another configuration is in force.
   *
   * @param digest as replicas make it of what they read
   */
  public void configured(ByteString digest) {
    context.execute(
        () -> {
          agreement.configured(digest);
          compare();
        });
  }

  /** Where replicas differ from the configuration in force or from one another; any thread. */
  public List<String> complaints() {
    return agreement.complaints();
  }

  /** Why prefixes do not repeat, as connected replicas have found, each by its incarnation. */
  public Map<Long, Volatility> volatility() {
    return new TreeMap<>(volatility);
  }

  private static Volatility bounded(Volatility report) {
    return report.getFindingsCount() <= MAX_FINDINGS
        ? report
        : Volatility.newBuilder()
            .addAllFindings(report.getFindingsList().subList(0, MAX_FINDINGS))
            .build();
  }

  private void compare() {
    agreement.look(
        replicas.values().stream().map(replica -> replica.hello).toList(), nanoClock.getAsLong());
  }

  /** Tells replicas which of their deltas were saved. */
  public void ledgerSaved(Map<Long, Long> sequences) {
    context.execute(
        () ->
            sequences.forEach(
                (incarnation, sequence) -> {
                  Replica replica = replicas.get(incarnation);
                  if (replica != null && Long.compareUnsigned(sequence, replica.acked) > 0) {
                    replica.acked = sequence;
                    replica.outbox.ledgerAck(sequence);
                    replica.pump();
                  }
                }));
  }

  /** Ends every stream; replicas connect anew, here or to another control plane. */
  public void close() {
    context.execute(
        () -> {
          for (Replica replica : List.copyOf(replicas.values())) {
            replica.stream.end(Status.UNAVAILABLE.withDescription("the control plane stops"));
          }
        });
  }

  /** A connected replica. Confined to the context. */
  private final class Replica {
    private final Hello hello;
    private final Stream stream;
    private final Outbox outbox = new Outbox(cacheKeys.max());
    private @Nullable Load load;
    private long acked;

    Replica(Hello hello, Stream stream) {
      this.hello = hello;
      this.stream = stream;
    }

    void pump() {
      stream.pump();
    }
  }

  /** Where a stream stands. */
  private sealed interface Phase {
    /** Open; Hello hasn't come. */
    record Waiting() implements Phase {}

    /** Hello has come. */
    record Joined(Replica replica) implements Phase {}

    /** Over, from either side. */
    record Ended() implements Phase {}
  }

  /** One stream. Its callbacks only enter the context. */
  private final class Stream implements StreamObserver<ReplicaMessage> {
    private final ServerCallStreamObserver<ControlMessage> responses;
    private Phase phase = new Phase.Waiting();
    private long droppedPlacementsSeen;
    private long droppedOutcomesSeen;
    private long droppedSightingsSeen;

    Stream(ServerCallStreamObserver<ControlMessage> responses) {
      this.responses = responses;
    }

    void begin() {
      responses.disableAutoRequest();
      EndTracer tracer = EndTracer.KEY.get();
      responses.setOnCancelHandler(
          () ->
              context.execute(
                  () -> {
                    if (tracer != null) {
                      cancelled(tracer.end);
                    }
                    ended();
                  }));
      responses.setOnReadyHandler(() -> context.execute(this::pump));
      context.execute(this::admit);
      responses.request(1);
    }

    /** Ended by the other side or by gRPC. */
    private void cancelled(Status status) {
      if (!(phase instanceof Phase.Ended) && status.getCode() == Status.Code.RESOURCE_EXHAUSTED) {
        oversize.increment();
        log.warn("A replica's stream was ended: {}", status.getDescription());
      }
    }

    private void admit() {
      streams++;
      if (streams > maxReplicas) {
        refused.increment();
        end(
            Status.RESOURCE_EXHAUSTED.withDescription(
                "replicas: " + streams + " (expected: at most " + maxReplicas + ")"));
      }
    }

    @Override
    public void onNext(ReplicaMessage message) {
      context.execute(
          () -> {
            receive(message);
            if (!(phase instanceof Phase.Ended)) {
              responses.request(1);
            }
          });
    }

    @Override
    public void onError(Throwable failure) {
      context.execute(this::ended);
    }

    @Override
    public void onCompleted() {
      context.execute(
          () -> {
            if (!(phase instanceof Phase.Ended)) {
              responses.onCompleted();
            }
            ended();
          });
    }

    private void receive(ReplicaMessage message) {
      switch (phase) {
        case Phase.Waiting() -> {
          Hello hello = message.getHello();
          if (!message.hasHello()
              || hello.getIncarnation() == 0
              || hello.getReplica().isEmpty()
              || hello.getReplica().length() > MAX_NAME_CHARS) {
            refused.increment();
            end(
                Status.INVALID_ARGUMENT.withDescription(
                    "first message: "
                        + message.getMessageCase()
                        + " (expected: HELLO with a name and an incarnation)"));
          } else {
            join(hello);
          }
        }
        case Phase.Joined(Replica replica) -> dispatch(replica, message);
        case Phase.Ended() -> {}
      }
    }

    private void join(Hello hello) {
      var replica = new Replica(hello, this);
      phase = new Phase.Joined(replica);
      Replica known = replicas.put(hello.getIncarnation(), replica);
      if (known != null) {
        // The same process came back before its old stream was seen to end: nobody is gone.
        known.stream.end(Status.ABORTED.withDescription("replaced by a new stream"));
      }
      connected.set(replicas.size());
      compare();
      log.info(
          "Replica {} connected, incarnation {}.",
          TextFormat.escapeBytes(hello.getReplicaBytes()),
          Long.toHexString(hello.getIncarnation()));
      replica.acked = ledger.savedSequence(hello.getIncarnation());
      replica.outbox.welcome(Welcome.newBuilder().setLedgerSequence(replica.acked).build());
      if (view != null) {
        replica.outbox.view(view);
      }
      for (Replica peer : replicas.values()) {
        if (peer != replica && peer.load != null) {
          replica.outbox.load(peer.load);
        }
      }
      long now = nanoClock.getAsLong();
      pauses.values().removeIf(pause -> pause.untilNanos - now <= 0);
      replica.outbox.rejections(
          pauses.values().stream().map(pause -> pause.remaining(now)).toList());
      replica.outbox.cacheKeys(cacheKeys.counts(now));
      pump();
    }

    /** Ends the stream from this side. */
    void end(Status status) {
      if (!(phase instanceof Phase.Ended)) {
        responses.onError(status.asRuntimeException());
        ended();
      }
    }

    private void ended() {
      Phase before = phase;
      if (before instanceof Phase.Ended) {
        return;
      }
      phase = new Phase.Ended();
      streams--;
      if (before instanceof Phase.Joined(Replica replica)) {
        left(replica);
      }
    }

    /** Sends what waits, as long as the transport takes it. */
    void pump() {
      if (!(phase instanceof Phase.Joined(Replica replica))) {
        return;
      }
      while (responses.isReady()) {
        ControlMessage message = replica.outbox.poll();
        if (message == null) {
          break;
        }
        responses.onNext(message);
      }
      droppedPlacements.increment(
          (double) (replica.outbox.droppedPlacements() - droppedPlacementsSeen));
      droppedPlacementsSeen = replica.outbox.droppedPlacements();
      droppedOutcomes.increment((double) (replica.outbox.droppedOutcomes() - droppedOutcomesSeen));
      droppedOutcomesSeen = replica.outbox.droppedOutcomes();
      droppedSightings.increment(
          (double) (replica.outbox.droppedSightings() - droppedSightingsSeen));
      droppedSightingsSeen = replica.outbox.droppedSightings();
    }
  }

  private void left(Replica replica) {
    long incarnation = replica.hello.getIncarnation();
    if (!replicas.remove(incarnation, replica)) {
      return;
    }
    volatility.remove(incarnation);
    cacheKeys.gone(incarnation);
    connected.set(replicas.size());
    compare();
    log.info("Replica {} is gone.", Long.toHexString(incarnation));
    listener.replicaGone(incarnation);
    var gone =
        PeerGone.newBuilder()
            .setReplica(replica.hello.getReplica())
            .setIncarnation(incarnation)
            .build();
    for (Replica peer : replicas.values()) {
      peer.outbox.gone(gone);
      peer.pump();
    }
  }

  private void dispatch(Replica from, ReplicaMessage message) {
    long incarnation = from.hello.getIncarnation();
    switch (message.getMessageCase()) {
      case LOAD -> {
        Load load =
            message.getLoad().toBuilder()
                .setReplica(from.hello.getReplica())
                .setIncarnation(incarnation)
                .build();
        from.load = load;
        for (Replica peer : replicas.values()) {
          if (peer != from) {
            peer.outbox.load(load);
            peer.pump();
          }
        }
      }
      case PLACEMENTS -> {
        Placements placements =
            message.getPlacements().toBuilder()
                .setReplica(from.hello.getReplica())
                .setIncarnation(incarnation)
                .build();
        for (Replica peer : replicas.values()) {
          if (peer != from) {
            peer.outbox.placements(placements);
            peer.pump();
          }
        }
      }
      case SIGHTINGS -> sightings(from, message.getSightings());
      case OUTCOMES -> outcomes(message.getOutcomes().getOutcomesList());
      case FIRST_BYTES ->
          listener.reported(incarnation, Reports.firstBytes(message.getFirstBytes()));
      case KEY_STATISTICS ->
          listener.reported(incarnation, Reports.keys(message.getKeyStatistics()));
      case REJECTIONS -> rejections(from, message.getRejections().getRejectionsList());
      case CACHE_KEY_RATES ->
          tell(cacheKeys.told(incarnation, message.getCacheKeyRates(), nanoClock.getAsLong()));
      case LEDGER_DELTA ->
          ledger.count(incarnation, message.getLedgerDelta(), unixMillis.getAsLong());
      case VOLATILITY -> {
        Volatility report = message.getVolatility();
        volatility.put(incarnation, bounded(report));
      }
      case HELLO ->
          from.stream.end(
              Status.INVALID_ARGUMENT.withDescription("a second HELLO (expected: one)"));
      case MESSAGE_NOT_SET -> {
        // A newer replica says something that we don't know: additive, so nothing is lost.
      }
    }
  }

  /** All counts, once in a while: what replicas don't hear again they soon don't go by. */
  private void tellCacheKeys() {
    long now = nanoClock.getAsLong();
    if (now - cacheKeysToldNanos >= ShardCount.TELL_NANOS) {
      cacheKeysToldNanos = now;
      tell(cacheKeys.counts(now));
    }
  }

  private void tell(List<CacheKeyShardCount> counts) {
    if (!counts.isEmpty()) {
      for (Replica replica : replicas.values()) {
        replica.outbox.cacheKeys(counts);
        replica.pump();
      }
    }
  }

  /** Prefixes of replicas with another index secret would be others here. */
  private void sightings(Replica from, Sightings message) {
    long prefixes = Outbox.prefixes(message);
    if (!sightings.take(prefixes, nanoClock.getAsLong())) {
      droppedSightings.increment((double) prefixes);
      return;
    }
    Sightings own =
        message.toBuilder()
            .setReplica(from.hello.getReplica())
            .setIncarnation(from.hello.getIncarnation())
            .build();
    for (Replica peer : replicas.values()) {
      if (peer != from && peer.hello.getIndexSecretTag() == from.hello.getIndexSecretTag()) {
        peer.outbox.sightings(own);
        peer.pump();
      }
    }
  }

  private void outcomes(List<Outcome> outcomes) {
    var byOwner = new HashMap<Replica, List<Outcome>>();
    for (Outcome outcome : outcomes) {
      Replica owner = owner(outcome.getPlanId());
      if (owner == null) {
        orphans.increment();
      } else {
        byOwner.computeIfAbsent(owner, _ -> new ArrayList<>()).add(outcome);
      }
    }
    byOwner.forEach(
        (owner, own) -> {
          owner.outbox.outcomes(own);
          owner.pump();
        });
  }

  private @Nullable Replica owner(String planId) {
    if (planId.length() < INCARNATION_DIGITS) {
      return null;
    }
    try {
      return replicas.get(Long.parseUnsignedLong(planId, 0, INCARNATION_DIGITS, 16));
    } catch (NumberFormatException _) {
      return null;
    }
  }

  private void rejections(Replica from, List<Rejection> fresh) {
    for (Rejection rejection : fresh) {
      Rejection key = rejection.toBuilder().clearPauseNanos().build();
      long pauseNanos = Math.clamp(rejection.getPauseNanos(), 0, MAX_PAUSE_NANOS);
      pauses.remove(key);
      pauses.put(key, new Pause(rejection, nanoClock.getAsLong() + pauseNanos));
      if (pauses.size() > MAX_REJECTIONS) {
        pauses.remove(pauses.keySet().iterator().next());
      }
    }
    for (Replica peer : replicas.values()) {
      if (peer != from) {
        peer.outbox.rejections(fresh);
        peer.pump();
      }
    }
  }
}

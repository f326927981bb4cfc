package dev.warmpath.e2e;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.warmpath.config.ConfigException;
import dev.warmpath.config.ConfigFile;
import dev.warmpath.controlplane.fleet.FleetHub;
import dev.warmpath.controlplane.fleet.LedgerBook;
import dev.warmpath.controlplane.signals.ReplicaReport;
import dev.warmpath.extproc.CatalogueFile;
import dev.warmpath.extproc.annotate.CacheRouting;
import dev.warmpath.extproc.exchange.ExchangeMetrics;
import dev.warmpath.extproc.exchange.Exchanges;
import dev.warmpath.extproc.fleet.FleetPort;
import dev.warmpath.extproc.prefix.KeyRing;
import dev.warmpath.extproc.prompt.Dialect;
import dev.warmpath.extproc.prompt.Prompt;
import dev.warmpath.extproc.prompt.PromptScanner;
import dev.warmpath.extproc.prompt.Verdict;
import dev.warmpath.extproc.provider.CacheRules;
import dev.warmpath.extproc.provider.Catalogue;
import dev.warmpath.extproc.provider.ModelEntry;
import dev.warmpath.fleet.v1.CacheKeyShardCount;
import dev.warmpath.fleet.v1.ControlMessage;
import dev.warmpath.fleet.v1.EndpointView;
import dev.warmpath.fleet.v1.FleetGrpc;
import dev.warmpath.fleet.v1.Hello;
import dev.warmpath.fleet.v1.ReplicaMessage;
import dev.warmpath.store.v1.Ledger;
import dev.warmpath.wire.ShardCount;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Both ends of the fleet stream over real gRPC; the periods and all clocks are the test's. */
class CacheKeyAgreementTest {
  private static final int PATIENCE_SECONDS = 10;
  private static final long SECOND = 1_000_000_000L;
  private static final long KEY = 0xAB;
  private static final int CONVERSATIONS = 200;
  private static final Catalogue CATALOGUE = CatalogueFile.load(List.of());
  private static final ModelEntry MODEL =
      CATALOGUE.find("openai", Dialect.OPENAI_CHAT, "gpt-5.5").orElseThrow();

  private static final FleetHub.Listener NOBODY =
      new FleetHub.Listener() {
        @Override
        public void reported(long incarnation, ReplicaReport report) {}

        @Override
        public void replicaGone(long incarnation) {}
      };

  private final int perMinute =
      MODEL.cache().keyRate().map(CacheRules.KeyRate::perMinute).orElseThrow();
  private final Prompt prompt = new Prompt();
  private final List<Replica> replicas = new ArrayList<>();
  private final AtomicLong clock = new AtomicLong();
  private FleetHub hub;
  private Server controlPlane;

  @BeforeEach
  void start() throws IOException {
    byte[] body = "{\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}".getBytes(UTF_8);
    assertThat(
            new PromptScanner(new PromptScanner.Limits(1 << 20, 64, 64))
                .scan(body, body.length, Dialect.OPENAI_CHAT, prompt))
        .isEqualTo(Verdict.OK);
    hub = hub();
    controlPlane = serve();
  }

  @AfterEach
  void stop() {
    replicas.forEach(replica -> replica.channel.shutdownNow());
    controlPlane.shutdownNow();
  }

  private FleetHub hub() {
    return new FleetHub(
        new FleetHub.Setup(
            8,
            1_000,
            new LedgerBook(Ledger.getDefaultInstance()),
            clock::get,
            () -> clock.get() / 1_000_000),
        NOBODY,
        new SimpleMeterRegistry());
  }

  private Server serve() throws IOException {
    var server =
        NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    hub.bindTo(server);
    return server.build().start();
  }

  @Test
  void key_atOneAndAHalfTimesTheRatePerReplica_isSplitAlikeAtAll() throws Exception {
    Replica one = new Replica(1);
    Replica two = new Replica(2);
    minuteOfRequests(3 * perMinute / 2, one, two);
    assertThat(one.shards()).as("what it sees alone").isEqualTo(2);
    assertThat(two.shards()).isEqualTo(2);

    one.tell();
    two.tell();
    one.hearOf(4);
    two.hearOf(4);
    assertAgreed(4, one, two);

    Replica newcomer = new Replica(3);
    newcomer.hearOf(4);
    assertAgreed(4, one, two, newcomer);
  }

  @Test
  void replicas_thatHearNothing_goByThemselvesUntilToldAgain() throws Exception {
    Replica one = new Replica(1);
    Replica two = new Replica(2);
    minuteOfRequests(3 * perMinute / 2, one, two);
    one.tell();
    two.tell();
    one.hearOf(4);
    two.hearOf(4);

    clock.addAndGet(ShardCount.FRESH_NANOS - 1);
    assertThat(one.shards()).isEqualTo(4);
    clock.addAndGet(1);
    assertThat(one.shards()).isEqualTo(2);
    assertThat(two.shards()).isEqualTo(2);

    hub.publish(EndpointView.getDefaultInstance());
    one.hearOf(4);
    assertThat(one.shards()).isEqualTo(4);
  }

  /** One that knows nothing of the other replica's requests must not merge what was split. */
  @Test
  void controlPlane_restarted_beginsWithTheShardsInUse() throws Exception {
    Replica one = new Replica(1);
    Replica two = new Replica(2);
    minuteOfRequests(3 * perMinute / 2, one, two);
    one.tell();
    two.tell();
    one.hearOf(4);
    two.hearOf(4);

    controlPlane.shutdownNow();
    hub = hub();
    controlPlane = serve();
    one.connect();
    two.connect();
    one.tell();
    one.hearOf(4);
    two.hearOf(4);
    clock.addAndGet(ShardCount.TELL_NANOS);
    assertAgreed(4, one, two);
  }

  private void minuteOfRequests(int requests, Replica... each) {
    long start = clock.get();
    for (int i = 0; i < requests; i++) {
      clock.set(start + i * (60 * SECOND / requests));
      for (Replica replica : each) {
        var _ = replica.request(i);
      }
    }
  }

  /** The requests of the same conversation have the same key wherever they arrive. */
  private void assertAgreed(int shards, Replica... each) {
    for (Replica replica : each) {
      List<String> keys = replica.keys();
      assertThat(keys).isEqualTo(each[0].keys());
      assertThat(keys.stream().distinct()).hasSize(shards);
    }
  }

  /** A replica's data path and its end of the stream, whose periods the test makes. */
  private final class Replica {
    private final long incarnation;
    private final Exchanges exchanges;
    private final FleetPort port;
    private final BlockingQueue<ControlMessage> received = new LinkedBlockingQueue<>();
    private ManagedChannel channel;
    private StreamObserver<ReplicaMessage> stream;

    Replica(long incarnation) throws ConfigException {
      this.incarnation = incarnation;
      byte[] secret = "0123456789abcdef0123456789abcdef".getBytes(UTF_8);
      exchanges =
          Exchanges.of(
              new Exchanges.Parts(
                  ConfigFile.parse(
                      """
                      ext_proc: {address: '127.0.0.1:0', admin_address: '127.0.0.1:0'}
                      pools: [{name: llama, endpoints: [{address: '127.0.0.1:1'}]}]
                      routes: [{id: chat, path_prefix: /v1/chat, pool: llama}]
                      """,
                      "test"),
                  new KeyRing(secret, secret),
                  secret,
                  CATALOGUE,
                  incarnation,
                  _ -> {},
                  new ExchangeMetrics(new SimpleMeterRegistry(), 10),
                  clock::get,
                  Runnable::run));
      port = new FleetPort("replica-" + incarnation, incarnation, exchanges, clock::get);
      replicas.add(this);
      connect();
    }

    void connect() {
      if (channel != null) {
        channel.shutdownNow();
      }
      received.clear();
      channel =
          Grpc.newChannelBuilder(
                  "127.0.0.1:" + controlPlane.getPort(), InsecureChannelCredentials.create())
              .build();
      stream =
          FleetGrpc.newStub(channel)
              .connect(
                  new StreamObserver<>() {
                    @Override
                    public void onNext(ControlMessage message) {
                      received.add(message);
                    }

                    @Override
                    public void onError(Throwable error) {}

                    @Override
                    public void onCompleted() {}
                  });
      stream.onNext(
          ReplicaMessage.newBuilder()
              .setHello(
                  Hello.newBuilder()
                      .setReplica("replica-" + incarnation)
                      .setIncarnation(incarnation))
              .build());
    }

    /** Lets the first period of a stream pass, which tells everything. */
    void tell() {
      List<ReplicaMessage> messages = new ArrayList<>();
      port.collect(0, messages);
      messages.forEach(stream::onNext);
    }

    /** Takes what comes, up to the word that the key has so many shards. */
    void hearOf(int shards) throws InterruptedException {
      var wanted = CacheKeyShardCount.newBuilder().setKey(KEY).setShards(shards).build();
      ControlMessage message;
      do {
        message = received.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
        assertThat(message).as("a message before %s", wanted).isNotNull();
        port.receive(message);
      } while (!message.getCacheKeyShards().getKeysList().contains(wanted));
    }

    /** A request of a conversation; the key that its provider is told. */
    String request(long conversation) {
      return CacheRouting.of(
              prompt,
              MODEL,
              new CacheRouting.Keys(KEY, 0x9E3779B97F4A7C15L * (conversation + 1)),
              root -> exchanges.keyShards().arrive(root, perMinute, clock.get()))
          .value();
    }

    /** A request of each of many conversations. */
    List<String> keys() {
      return LongStream.range(0, CONVERSATIONS).mapToObj(this::request).toList();
    }

    /** In use; takes one request to find out. */
    int shards() {
      return exchanges.keyShards().arrive(KEY, perMinute, clock.get());
    }
  }
}

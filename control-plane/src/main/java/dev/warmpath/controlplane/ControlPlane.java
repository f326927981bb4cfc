package dev.warmpath.controlplane;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.warmpath.config.Address;
import dev.warmpath.config.Fault;
import dev.warmpath.config.v1.Config;
import dev.warmpath.config.v1.Mode;
import dev.warmpath.config.v1.Tls;
import dev.warmpath.controlplane.admin.AdminServer;
import dev.warmpath.controlplane.admin.AdminServer.Reply;
import dev.warmpath.controlplane.admin.AdminServer.Switch;
import dev.warmpath.controlplane.audit.AuditLog;
import dev.warmpath.controlplane.discovery.DiscoveryServer;
import dev.warmpath.controlplane.discovery.NodePolicy;
import dev.warmpath.controlplane.fleet.EndpointViews;
import dev.warmpath.controlplane.fleet.FleetHub;
import dev.warmpath.controlplane.fleet.LedgerBook;
import dev.warmpath.controlplane.loop.EndpointName;
import dev.warmpath.controlplane.loop.HashKeyLoop;
import dev.warmpath.controlplane.loop.HealthLoop;
import dev.warmpath.controlplane.loop.Loop;
import dev.warmpath.controlplane.loop.LoopName;
import dev.warmpath.controlplane.loop.LoopSettings;
import dev.warmpath.controlplane.loop.WeightLoop;
import dev.warmpath.controlplane.signals.EngineWatcher;
import dev.warmpath.controlplane.signals.ReplicaReport;
import dev.warmpath.controlplane.signals.SignalCollector;
import dev.warmpath.controlplane.source.Source;
import dev.warmpath.controlplane.source.Topology;
import dev.warmpath.controlplane.store.LedgerStore;
import dev.warmpath.controlplane.store.StateDirectory;
import dev.warmpath.store.v1.Ledger;
import io.grpc.InsecureServerCredentials;
import io.grpc.Server;
import io.grpc.ServerCredentials;
import io.grpc.TlsServerCredentials;
import io.grpc.netty.NettyServerBuilder;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.File;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One running control plane: the parts and the two threads of control that bind them. The
 * <em>control executor</em> is serial and owns the loops and the {@link DecisionWriter}: ticks,
 * changes of the file and what operators ask for go through it one after the other. The
 * <em>keeper</em> writes the ledger's sums, so that a slow disk delays no decision.
 *
 * <p>Starts serving only after a snapshot was made of the configuration and what was persisted.
 */
public final class ControlPlane implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(ControlPlane.class);

  /** How often the file is looked at, and the ledger saved. */
  private static final long LOOK_SECONDS = 1;

  /** Replicas hear of endpoints at least as often as this. */
  private static final long MAX_VIEW_INTERVAL_NANOS = 500_000_000L;

  private static final int OPERATOR_WAIT_SECONDS = 5;
  private static final int DRAIN_SECONDS = 2;

  /** Replicas end their streams at once; Envoys never do, and keep what they have. */
  private static final int STREAMS_DRAIN_MILLIS = 300;

  private static final int MAX_COMPLAINTS = 20;

  private final Source source;
  private final StateDirectory directory;
  private final AuditLog audit;
  private final PrometheusMeterRegistry meters =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final SignalCollector collector = new SignalCollector();
  private final EngineWatcher watcher;
  private final NodeAnswers answers;
  private final LedgerStore ledgerStore;
  private final LedgerBook ledger;
  private final FleetHub hub;
  private final DecisionWriter writer;
  private final EndpointViews views = new EndpointViews();
  private final ScheduledExecutorService control;
  private final ScheduledExecutorService keeper;
  private final ExecutorService grpcWorkers;
  private final Server server;
  private final AdminServer admin;
  private final Counter tickFailures;

  // Confined to the control executor.
  private List<Loop> loops;
  private LoopSettings settings;
  private long nextTickNanos = System.nanoTime();

  private volatile Map<LoopName, List<String>> held = Map.of();
  private volatile List<String> configurationFaults = List.of();
  private volatile List<String> storeFaults = List.of();

  /**
   * Starts everything.
   *
   * @param config the source's first reading
   * @throws IOException when the state directory or an address can't be had
   * @throws IllegalArgumentException when no snapshot can be made of the configuration
   */
  public static ControlPlane start(Config config, Source source) throws IOException {
    StateDirectory directory =
        StateDirectory.open(Path.of(config.getControlPlane().getStateDirectory()));
    try {
      return new ControlPlane(config, source, directory);
    } catch (IOException | RuntimeException e) {
      directory.close();
      throw e;
    }
  }

  private ControlPlane(Config config, Source source, StateDirectory directory) throws IOException {
    this.source = source;
    this.directory = directory;
    InstantSource clock = InstantSource.system();
    audit = new AuditLog(directory.auditFile(), config.getControlPlane().getMaxAuditBytes());
    answers = new NodeAnswers(audit, clock, meters);
    var discovery = new DiscoveryServer(NodePolicy.of(config.getEnvoy().getNodeIdsList()), answers);
    writer =
        DecisionWriter.begin(
            config, directory.decisions(), discovery, new DecisionWriter.Recorder(audit, clock));
    settings = LoopSettings.of(config);
    loops = loops(settings);
    collector.topology(Topology.of(config));
    watcher = new EngineWatcher(collector, System::nanoTime, meters);
    ledgerStore = directory.ledger();
    LedgerStore.Loaded kept = ledgerStore.load();
    if (!kept.fault().isEmpty()) {
      log.error("The ledger's sums are not whole: {}", kept.fault());
      storeFaults = List.of(kept.fault());
    }
    ledger = new LedgerBook(kept.ledger());
    hub =
        new FleetHub(
            new FleetHub.Setup(
                config.getControlPlane().getMaxReplicas(), ledger, System::nanoTime, clock::millis),
            listener(),
            meters);
    tickFailures =
        Counter.builder("warmpath.tick.failures")
            .description("Looks of the control loops that failed by a fault of ours.")
            .register(meters);
    register();
    control = scheduler("control");
    keeper = scheduler("keeper");
    grpcWorkers =
        Executors.newFixedThreadPool(2, Thread.ofPlatform().daemon().name("grpc-", 0).factory());
    server = server(config, discovery);
    admin = new AdminServer(socket(config.getControlPlane().getAdminAddress()), new Admin());
    watcher.watch(Topology.of(config));
    long period = Math.min(settings.intervalNanos(), MAX_VIEW_INTERVAL_NANOS);
    var _ = control.scheduleAtFixedRate(this::tick, 0, period, TimeUnit.NANOSECONDS);
    var _ =
        control.scheduleWithFixedDelay(
            this::readSource, LOOK_SECONDS, LOOK_SECONDS, TimeUnit.SECONDS);
    var _ =
        keeper.scheduleWithFixedDelay(
            this::keepLedger, LOOK_SECONDS, LOOK_SECONDS, TimeUnit.SECONDS);
    log.info(
        "Serving ADS and the fleet stream on port {}, operators on port {}.",
        server.getPort(),
        admin.port());
  }

  /** The port of ADS and the fleet stream. */
  public int port() {
    return server.getPort();
  }

  /** The port of the operators' server. */
  public int adminPort() {
    return admin.port();
  }

  /** Ends the streams, keeps what there is to keep, and lets go of everything. */
  @Override
  public void close() {
    admin.close();
    hub.close();
    server.shutdown();
    watcher.close();
    control.shutdown();
    keeper.shutdown();
    try {
      if (!server.awaitTermination(STREAMS_DRAIN_MILLIS, TimeUnit.MILLISECONDS)) {
        server.shutdownNow();
      }
      if (!control.awaitTermination(DRAIN_SECONDS, TimeUnit.SECONDS)
          || !keeper.awaitTermination(DRAIN_SECONDS, TimeUnit.SECONDS)) {
        log.warn("Work was still under way at the end.");
      }
    } catch (InterruptedException _) {
      server.shutdownNow();
      Thread.currentThread().interrupt();
    }
    control.shutdownNow();
    keeper.shutdownNow();
    grpcWorkers.shutdownNow();
    keepLedger();
    answers.close();
    audit.close();
    try {
      directory.close();
    } catch (IOException e) {
      log.warn("The state directory can't be let go.", e);
    }
  }

  // On the control executor.

  private void tick() {
    try {
      long now = System.nanoTime();
      var state = collector.state(now);
      if (now - nextTickNanos >= 0) {
        nextTickNanos = now + settings.intervalNanos();
        var nowHeld = new TreeMap<LoopName, List<String>>();
        for (Loop loop : loops) {
          Mode mode = settings.mode(loop.name());
          if (mode == Mode.OFF || writer.served().standing().frozen().contains(loop.name())) {
            continue;
          }
          Loop.Outcome outcome = loop.look(state, writer.basis(mode));
          outcome.proposals().forEach(proposal -> writer.propose(proposal, mode));
          nowHeld.put(loop.name(), outcome.held());
        }
        held = nowHeld;
      }
      views.next(state, writer.served().decisions()).ifPresent(hub::publish);
    } catch (RuntimeException e) {
      tickFailures.increment();
      log.error("A look of the control loops failed.", e);
    }
  }

  private void readSource() {
    try {
      switch (source.read()) {
        case Source.Reading.Unchanged() -> {}
        case Source.Reading.Faulty(var faults) ->
            refuse(faults.stream().map(Fault::toString).toList());
        case Source.Reading.Changed(Config next) -> configure(next);
      }
    } catch (RuntimeException e) {
      tickFailures.increment();
      log.error("The configuration can't be taken up.", e);
    }
  }

  private void configure(Config next) {
    Config now = writer.served().config();
    if (next.equals(now)) {
      configurationFaults = List.of();
      return;
    }
    if (!next.getControlPlane().equals(now.getControlPlane())
        || !next.getEnvoy().getNodeIdsList().equals(now.getEnvoy().getNodeIdsList())) {
      refuse(
          List.of("control_plane, envoy.node_ids: changed (expected: as at the start; restart)"));
      return;
    }
    Optional<String> fault = writer.configure(next);
    if (fault.isPresent()) {
      configurationFaults = List.of(fault.get());
      log.error("The changed configuration is refused, the last good one stays: {}", fault.get());
      return;
    }
    configurationFaults = List.of();
    Topology topology = Topology.of(next);
    collector.topology(topology);
    watcher.watch(topology);
    LoopSettings nextSettings = LoopSettings.of(next);
    if (!nextSettings.equals(settings)) {
      settings = nextSettings;
      loops = loops(nextSettings);
    }
    log.info("The changed configuration is in force.");
  }

  private void refuse(List<String> faults) {
    configurationFaults = faults.stream().limit(MAX_COMPLAINTS).toList();
    String all = String.join("\n", configurationFaults);
    log.error("The changed configuration is refused, the last good one stays:\n{}", all);
    writer.refused(all);
  }

  // On the keeper.

  private void keepLedger() {
    if (!ledger.changed()) {
      return;
    }
    Ledger sums = ledger.save();
    try {
      ledgerStore.save(sums);
    } catch (IOException e) {
      ledger.notSaved();
      storeFaults = List.of("the ledger can't be saved: " + e);
      log.error("The ledger can't be saved; it is tried again.", e);
      return;
    }
    storeFaults = List.of();
    hub.ledgerSaved(ledger.saved(sums));
  }

  // Wiring.

  private static List<Loop> loops(LoopSettings settings) {
    return List.of(
        new WeightLoop(settings, RandomGenerator.getDefault()),
        new HealthLoop(settings),
        new HashKeyLoop(settings));
  }

  private FleetHub.Listener listener() {
    return new FleetHub.Listener() {
      @Override
      public void reported(long incarnation, ReplicaReport report) {
        collector.reported(incarnation, report, System.nanoTime());
      }

      @Override
      public void replicaGone(long incarnation) {
        collector.replicaGone(incarnation);
      }
    };
  }

  private Server server(Config config, DiscoveryServer discovery) throws IOException {
    var builder =
        NettyServerBuilder.forAddress(
                socket(config.getControlPlane().getAddress()),
                credentials(config.getControlPlane().getTls()))
            .executor(grpcWorkers)
            .addService(hub);
    discovery.bindTo(builder);
    return builder.build().start();
  }

  private static ServerCredentials credentials(Tls tls) throws IOException {
    if (tls.getCertificateFile().isEmpty()) {
      return InsecureServerCredentials.create();
    }
    var credentials =
        TlsServerCredentials.newBuilder()
            .keyManager(new File(tls.getCertificateFile()), new File(tls.getPrivateKeyFile()));
    if (!tls.getTrustedCaFile().isEmpty()) {
      credentials
          .trustManager(new File(tls.getTrustedCaFile()))
          .clientAuth(TlsServerCredentials.ClientAuth.REQUIRE);
    }
    return credentials.build();
  }

  private static InetSocketAddress socket(String address) {
    return switch (Address.parse(address)) {
      case Address.Ip ip -> new InetSocketAddress(ip.inet(), ip.port());
      case Address.Host _, Address.Unix _ ->
          throw new IllegalArgumentException(address + " (expected: ip:port)");
    };
  }

  private static ScheduledExecutorService scheduler(String name) {
    return Executors.newSingleThreadScheduledExecutor(
        Thread.ofPlatform().daemon().name(name).factory());
  }

  private void register() {
    Gauge.builder("warmpath.decisions.version", writer, one -> one.served().standing().version())
        .description("Version of the standing decisions.")
        .register(meters);
    Gauge.builder("warmpath.configuration.refused", () -> configurationFaults.isEmpty() ? 0 : 1)
        .description("1 while the last change of the configuration is refused.")
        .register(meters);
    FunctionCounter.builder("warmpath.audit.failures", audit, AuditLog::failures)
        .description("Audit entries that didn't reach the file.")
        .register(meters);
    FunctionCounter.builder("warmpath.ledger.gaps", ledger, LedgerBook::gaps)
        .description("Ledger deltas that replicas dropped before they reached us.")
        .register(meters);
  }

  /** What operators see and do. */
  private final class Admin implements AdminServer.Backend {
    @Override
    public boolean ready() {
      // Nothing listens before the first snapshot is published.
      return true;
    }

    @Override
    public List<String> complaints() {
      var complaints = new ArrayList<String>();
      configurationFaults.forEach(fault -> complaints.add("configuration refused: " + fault));
      storeFaults.forEach(fault -> complaints.add("store: " + fault));
      if (audit.failures() > 0) {
        complaints.add("audit: " + audit.failures() + " entries didn't reach the file");
      }
      return complaints;
    }

    @Override
    public String metrics() {
      return meters.scrape();
    }

    @Override
    public void decisions(JsonGenerator json) throws IOException {
      AdminJson.decisions(writer.served(), LoopSettings.of(writer.served().config()), held, json);
    }

    @Override
    public void audit(JsonGenerator json) throws IOException {
      json.writeStartArray();
      for (var entry : audit.tail()) {
        AuditLog.write(entry, json);
      }
      json.writeEndArray();
    }

    @Override
    public void ledger(JsonGenerator json) throws IOException {
      AdminJson.ledger(ledger.rows(), json);
    }

    @Override
    public Reply drain(String pool, String endpointId, Switch to) {
      var name = new EndpointName(pool, endpointId);
      return onControl(
          () -> {
            var endpoints = writer.served().decisions().pools().get(pool);
            if (endpoints == null || !endpoints.containsKey(endpointId)) {
              return new Reply.Unknown("endpoint: " + name + " (expected: one of /decisions)");
            }
            return reply(writer.drain(name, to == Switch.ON));
          });
    }

    @Override
    public Reply freeze(String loop, Switch to) {
      Optional<LoopName> name = LoopName.of(loop);
      if (name.isEmpty()) {
        return new Reply.Unknown("loop: " + loop + " (expected: weight, health or hash_key)");
      }
      return onControl(() -> reply(writer.freeze(name.get(), to == Switch.ON)));
    }

    private static Reply reply(Optional<String> fault) {
      return fault.isEmpty() ? new Reply.Done() : new Reply.Failed(fault.get());
    }

    private Reply onControl(Callable<Reply> deed) {
      try {
        return control.submit(deed).get(OPERATOR_WAIT_SECONDS, TimeUnit.SECONDS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return new Reply.Failed("interrupted");
      } catch (TimeoutException e) {
        return new Reply.Failed("not done yet; see /audit");
      } catch (ExecutionException e) {
        log.error("What an operator asked for failed.", e);
        return new Reply.Failed("failed, see the log");
      }
    }
  }
}

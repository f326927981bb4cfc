package dev.warmpath.controlplane;

import com.google.protobuf.util.Durations;
import dev.warmpath.config.Address;
import dev.warmpath.config.ConfigDigest;
import dev.warmpath.config.v1.Config;
import dev.warmpath.controlplane.admin.AdminServer;
import dev.warmpath.controlplane.audit.AuditLog;
import dev.warmpath.controlplane.discovery.DiscoveryServer;
import dev.warmpath.controlplane.discovery.NodePolicy;
import dev.warmpath.controlplane.fleet.FleetHub;
import dev.warmpath.controlplane.fleet.LedgerBook;
import dev.warmpath.controlplane.loop.LoopSettings;
import dev.warmpath.controlplane.signals.EngineWatcher;
import dev.warmpath.controlplane.signals.Punctuality;
import dev.warmpath.controlplane.signals.ReplicaReport;
import dev.warmpath.controlplane.signals.SignalCollector;
import dev.warmpath.controlplane.source.Source;
import dev.warmpath.controlplane.source.Topology;
import dev.warmpath.controlplane.store.LedgerStore;
import dev.warmpath.controlplane.store.StateDirectory;
import dev.warmpath.store.v1.Ledger;
import io.grpc.Server;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One running control plane: the parts and the two threads of control that bind them. The
 * <em>control executor</em> is serial and owns the loops and the {@link DecisionWriter}: ticks,
 * changes of the file and what operators ask for go through it one after the other. The
 * <em>keeper</em> writes the ledger's sums and looks at certificates, so that a slow disk delays no
 * decision.
 *
 * <p>Listens only after a snapshot was made of the configuration and what was persisted.
 */
public final class ControlPlane implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(ControlPlane.class);

  /** How often the file is looked at, and the ledger saved. */
  private static final long LOOK_SECONDS = 1;

  /** Replicas hear of a changed endpoint at least this soon. */
  private static final long MAX_TICK_NANOS = 500_000_000L;

  /** For work that is under way at the end. */
  private static final int DRAIN_SECONDS = 2;

  /** Replicas end their streams at once; Envoys never do, and keep what they have. */
  private static final int STREAMS_DRAIN_MILLIS = 300;

  private static final int GRPC_THREADS = 2;

  private final PrometheusMeterRegistry registry =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final Punctuality punctuality = new Punctuality();
  private final SignalCollector collector = new SignalCollector(punctuality);
  private final ScheduledExecutorService control = scheduler("control");
  private final ScheduledExecutorService keeper = scheduler("keeper");

  /** What has to be let go of, the last that was got first. */
  private final Deque<AutoCloseable> held = new ArrayDeque<>();

  private final AuditLog audit;
  private final PlaneMeters meters;
  private final LedgerStore ledgerStore;
  private final LedgerBook ledger;
  private final FleetHub hub;
  private final DiscoveryServer discovery;
  private final LoopRunner runner;
  private final EngineWatcher watcher;
  private final Ticker ticker;
  private final Reconfiguration reconfiguration;
  private final Server server;
  private final AdminServer admin;
  private volatile List<String> storeFaults = List.of();

  /**
   * Starts everything.
   *
   * @param config the source's first reading
   * @throws IOException when the state directory, an address or a certificate can't be had
   * @throws IllegalArgumentException when no snapshot can be made of the configuration
   */
  public static ControlPlane start(Config config, Source source) throws IOException {
    return new ControlPlane(config, source);
  }

  private ControlPlane(Config config, Source source) throws IOException {
    try {
      var own = config.getControlPlane();
      InstantSource clock = InstantSource.system();
      StateDirectory directory = hold(StateDirectory.open(Path.of(own.getStateDirectory())));
      audit = hold(new AuditLog(directory.auditFile(), own.getMaxAuditBytes()));
      NodeAnswers answers = hold(new NodeAnswers(audit, clock, registry));
      ledgerStore = directory.ledger();
      ledger = ledger();
      held.push(this::stopWork);
      meters = new PlaneMeters(registry);
      hub =
          new FleetHub(
              new FleetHub.Setup(
                  own.getMaxReplicas(),
                  own.getMaxCacheKeys(),
                  ledger,
                  System::nanoTime,
                  clock::millis),
              listener(),
              registry);
      discovery =
          new DiscoveryServer(NodePolicy.of(config.getEnvoy().getNodeIdsList()), answers, keeper);
      var writer =
          DecisionWriter.begin(
              config,
              directory.decisions(),
              discovery,
              new DecisionWriter.Recorder(audit, clock, meters::served));
      runner = new LoopRunner(writer, hub::publish, meters, LoopSettings.of(config));
      ticker = new Ticker(control, guarded(() -> runner.tick(collector.state(System.nanoTime()))));
      reconfiguration = new Reconfiguration(source, writer, this::reconfigured);
      meters.follow(writer, audit, ledger, reconfiguration::faults);
      watcher = hold(new EngineWatcher(collector, punctuality, System::nanoTime, registry));
      configured(config);
      ServerTls tls =
          hold(new ServerTls(own.getTls(), keeper, new RefusedClients(System::nanoTime, registry)));
      server = server(socket(own.getAddress()), tls);
      held.push(this::stopServer);
      var desk =
          new OperatorDesk(
              new OperatorDesk.Parts(
                  writer,
                  runner,
                  audit,
                  ledger,
                  hub::volatility,
                  control,
                  this::complaints,
                  registry::scrape));
      admin = hold(new AdminServer(socket(own.getAdminAddress()), desk));
    } catch (IOException | RuntimeException e) {
      close();
      throw e;
    }
    tick(config);
    var _ =
        control.scheduleWithFixedDelay(
            guarded(reconfiguration::look), LOOK_SECONDS, LOOK_SECONDS, TimeUnit.SECONDS);
    var _ =
        keeper.scheduleWithFixedDelay(
            guarded(this::keepLedger), LOOK_SECONDS, LOOK_SECONDS, TimeUnit.SECONDS);
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
    while (!held.isEmpty()) {
      AutoCloseable last = held.pop();
      try {
        last.close();
      } catch (InterruptedException _) {
        Thread.currentThread().interrupt();
      } catch (Exception e) {
        log.warn("At the end, {} failed.", last, e);
      }
    }
  }

  /** A configuration has come into force. */
  private void configured(Config config) {
    Topology topology = Topology.of(config);
    collector.topology(topology);
    watcher.watch(topology);
    runner.settings(LoopSettings.of(config));
    discovery.removalDelay(
        Duration.ofNanos(Durations.toNanos(config.getEnvoy().getClusterRemovalDelay())));
    hub.configured(ConfigDigest.of(config));
  }

  /** Another configuration has come into force, while this runs. */
  private void reconfigured(Config config) {
    configured(config);
    tick(config);
  }

  private void tick(Config config) {
    ticker.every(Math.min(LoopSettings.of(config).intervalNanos(), MAX_TICK_NANOS));
  }

  private List<String> complaints() {
    var complaints = new ArrayList<String>();
    reconfiguration.faults().forEach(fault -> complaints.add("configuration refused: " + fault));
    hub.complaints().forEach(difference -> complaints.add("fleet: " + difference));
    storeFaults.forEach(fault -> complaints.add("store: " + fault));
    if (audit.failures() > 0) {
      complaints.add("audit: " + audit.failures() + " entries didn't reach the file");
    }
    return complaints;
  }

  private LedgerBook ledger() {
    LedgerStore.Loaded kept = ledgerStore.load();
    if (!kept.fault().isEmpty()) {
      log.error("The ledger's sums are not whole: {}", kept.fault());
      storeFaults = List.of(kept.fault());
    }
    return new LedgerBook(kept.ledger());
  }

  /** On the keeper, and once at the end. */
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

  private void stopWork() throws InterruptedException {
    control.shutdown();
    keeper.shutdown();
    if (!control.awaitTermination(DRAIN_SECONDS, TimeUnit.SECONDS)
        || !keeper.awaitTermination(DRAIN_SECONDS, TimeUnit.SECONDS)) {
      log.warn("Work was still under way at the end.");
    }
    control.shutdownNow();
    keeper.shutdownNow();
    keepLedger();
  }

  private void stopServer() throws InterruptedException {
    hub.close();
    server.shutdown();
    if (!server.awaitTermination(STREAMS_DRAIN_MILLIS, TimeUnit.MILLISECONDS)) {
      server.shutdownNow();
    }
  }

  private Server server(InetSocketAddress address, ServerTls tls) throws IOException {
    var workers =
        Executors.newFixedThreadPool(
            GRPC_THREADS, Thread.ofPlatform().daemon().name("grpc-", 0).factory());
    held.push(workers::shutdownNow);
    var builder = tls.server(address).executor(workers);
    hub.bindTo(builder);
    discovery.bindTo(builder);
    return builder.build().start();
  }

  /** A task whose failure is logged and counted, and doesn't end its schedule. */
  private Runnable guarded(Runnable task) {
    return () -> {
      try {
        task.run();
      } catch (RuntimeException e) {
        meters.tickFailed();
        log.error("A tick failed.", e);
      }
    };
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

  private <T extends AutoCloseable> T hold(T part) {
    held.push(part);
    return part;
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
}

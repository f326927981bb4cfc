package dev.warmpath.extproc.server;

import static java.util.concurrent.TimeUnit.MILLISECONDS;
import static java.util.concurrent.TimeUnit.SECONDS;

import com.google.protobuf.util.Durations;
import dev.warmpath.config.ConfigDigest;
import dev.warmpath.config.v1.Config;
import dev.warmpath.config.v1.ExtProc;
import dev.warmpath.extproc.exchange.AccessLog;
import dev.warmpath.extproc.exchange.ExchangeMetrics;
import dev.warmpath.extproc.exchange.Exchanges;
import dev.warmpath.extproc.exchange.ExtProcService;
import dev.warmpath.extproc.fleet.FleetClient;
import dev.warmpath.extproc.fleet.FleetPort;
import dev.warmpath.extproc.prefix.KeyRing;
import dev.warmpath.extproc.prompt.Vectors;
import dev.warmpath.extproc.provider.Catalogue;
import dev.warmpath.fleet.v1.Hello;
import io.envoyproxy.envoy.service.ext_proc.v3.ExternalProcessorGrpc;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.protobuf.services.HealthStatusManager;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.netty.channel.EventLoopGroup;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One ext_proc process, from start to stop. Its health says SERVING only once it is warm, and
 * NOT_SERVING first when it stops or when its event loops stall: Envoy then sends new requests past
 * it, and those that it holds finish.
 */
public final class ExtProcServer implements Closeable {

  private static final Logger log = LoggerFactory.getLogger(ExtProcServer.class);

  private static final int SWEEP_MILLIS = 100;
  private static final long WARM_UP_TIMEOUT_NANOS = SECONDS.toNanos(30);

  /** Longer than any plan waits for its outcome. */
  private static final long FAR_NANOS = TimeUnit.DAYS.toNanos(1);

  /** What is done before the health says SERVING. */
  interface Preparation {
    void run() throws IOException, InterruptedException;
  }

  private final ExtProc settings;
  private final ProcessorServer server;
  private final Exchanges exchanges;
  private final HealthStatusManager health;
  private final Watchdog watchdog;
  private final AdminServer admin;
  private final @Nullable FleetClient fleet;
  private final PrometheusMeterRegistry registry;
  private final ScheduledExecutorService background;
  private final CatalogueWatch models;
  private final SwitchBoard switches;
  private final AtomicBoolean closed = new AtomicBoolean();

  /** Why the health is what it is: serving only while all say so. Thread-safe. */
  private static final class SwitchBoard {
    private final HealthStatusManager health;
    private boolean warm;
    private boolean stalled;
    private boolean stopping;

    SwitchBoard(HealthStatusManager health) {
      this.health = health;
      apply();
    }

    synchronized void warm() {
      warm = true;
      apply();
    }

    synchronized void stalled(boolean now) {
      stalled = now;
      apply();
    }

    synchronized void stopping() {
      stopping = true;
      apply();
    }

    synchronized boolean serving() {
      return warm && !stalled && !stopping;
    }

    synchronized boolean live() {
      return !stalled;
    }

    private void apply() {
      ServingStatus status = serving() ? ServingStatus.SERVING : ServingStatus.NOT_SERVING;
      health.setStatus(HealthStatusManager.SERVICE_NAME_ALL_SERVICES, status);
      health.setStatus(ExternalProcessorGrpc.SERVICE_NAME, status);
    }
  }

  private ExtProcServer(
      ExtProc settings,
      ProcessorServer server,
      Exchanges exchanges,
      HealthStatusManager health,
      Watchdog watchdog,
      AdminServer admin,
      @Nullable FleetClient fleet,
      PrometheusMeterRegistry registry,
      ScheduledExecutorService background,
      CatalogueWatch models,
      SwitchBoard switches) {
    this.settings = settings;
    this.server = server;
    this.exchanges = exchanges;
    this.health = health;
    this.watchdog = watchdog;
    this.admin = admin;
    this.fleet = fleet;
    this.registry = registry;
    this.background = background;
    this.models = models;
    this.switches = switches;
  }

  /**
   * Starts, and returns once it is warm and serving.
   *
   * @param config valid, with {@code ext_proc}
   * @param catalogue of models, as it is
   */
  public static ExtProcServer start(Config config, Catalogue catalogue)
      throws IOException, InterruptedException {
    return start(config, CatalogueWatch.of(catalogue));
  }

  /**
   * Starts, and returns once it is warm and serving.
   *
   * @param config valid, with {@code ext_proc}
   * @param models the catalogue, and what keeps it current
   */
  public static ExtProcServer start(Config config, CatalogueWatch models)
      throws IOException, InterruptedException {
    ExtProc settings = config.getExtProc();
    int exchanges = settings.getWarmUpExchanges();
    Preparation warmUp =
        exchanges == 0
            ? () -> {}
            : () -> {
              WarmUpContext.run(
                  models.catalogue(),
                  settings.getMaxBodyBytes(),
                  new WarmUp.Extent(exchanges, WARM_UP_TIMEOUT_NANOS));
              VectorTrial.ofSamples(settings.getMaxBodyBytes()).run();
            };
    return start(config, models, warmUp);
  }

  /** As above, with another warm-up. */
  static ExtProcServer start(Config config, Catalogue catalogue, Preparation warmUp)
      throws IOException, InterruptedException {
    return start(config, CatalogueWatch.of(catalogue), warmUp);
  }

  private static ExtProcServer start(Config config, CatalogueWatch models, Preparation warmUp)
      throws IOException, InterruptedException {
    ExtProc settings = config.getExtProc();
    Path state = Path.of(settings.getStateDirectory());
    SecretFiles.Loaded secrets = SecretFiles.load(config.getSecrets(), state);
    PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    bindJvm(registry);
    long incarnation = new SecureRandom().nextLong();
    OutcomeRelay relay = new OutcomeRelay(System::nanoTime);
    ScheduledExecutorService background =
        Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().name("warmpath-background").daemon().factory());
    Exchanges exchanges =
        Exchanges.of(
            new Exchanges.Parts(
                config,
                secrets.keys(),
                secrets.tenantSecret(),
                models.catalogue(),
                incarnation,
                relay,
                new ExchangeMetrics(registry, settings.getMaxLabelValues()),
                System::nanoTime,
                background));
    relay.tells(exchanges.pickers().values());
    models.bind(registry);
    FleetClient fleet =
        fleet(config, hello(config, incarnation, secrets.keys()), exchanges, relay, registry);
    HealthStatusManager health = new HealthStatusManager();
    SwitchBoard switches = new SwitchBoard(health);
    ProcessorServer server =
        ProcessorServer.start(
            new ProcessorServer.Options(
                settings.getAddress(),
                settings.getTls(),
                eventLoops(settings),
                settings.getMaxBodyBytes()),
            List.of(
                new ExtProcService(exchanges.context()),
                new AccessLog(exchanges.context()),
                health.getHealthService()),
            List.of(ExtProcService.streamTracer()));
    Watchdog watchdog =
        new Watchdog(
            server.workers(),
            Durations.toNanos(settings.getStallThreshold()),
            System::nanoTime,
            (stalled, nanos) -> {
              log.warn("event loops {}: {} ms", stalled ? "stall" : "run again", nanos / 1_000_000);
              switches.stalled(stalled);
            });
    AdminServer admin =
        AdminServer.start(
            settings.getAdminAddress(),
            switches::live,
            switches::serving,
            () -> {
              exchanges.pickMetrics().refresh();
              exchanges.volatilityMetrics().refresh();
              return registry.scrape();
            },
            () -> LedgerJson.of(exchanges.ledger().totals()));
    Gauge.builder("warmpath.scan.vectors", () -> Vectors.areInUse() ? 1 : 0)
        .description("1 while request bodies are scanned on the Vector API")
        .register(registry);
    Gauge.builder("warmpath.event.loop.stall", watchdog, w -> w.longestStallNanos() / 1e9)
        .description("Seconds since the event loop that has been away longest ran")
        .register(registry);
    ExtProcServer started =
        new ExtProcServer(
            settings,
            server,
            exchanges,
            health,
            watchdog,
            admin,
            fleet,
            registry,
            background,
            models,
            switches);
    started.begin(warmUp);
    return started;
  }

  private void begin(Preparation warmUp) throws IOException, InterruptedException {
    watchdog.start();
    var _ = background.scheduleAtFixedRate(this::sweep, SWEEP_MILLIS, SWEEP_MILLIS, MILLISECONDS);
    models.start(Durations.toNanos(settings.getCatalogueLookInterval()));
    if (fleet != null) {
      fleet.start();
    }
    warmUp.run();
    switches.warm();
    log.info("serving on {}, administration on port {}", settings.getAddress(), admin.port());
  }

  private void sweep() {
    try {
      exchanges.sweep(System.nanoTime());
    } catch (RuntimeException e) {
      // The scheduler would silently stop; the next round takes what this one left.
      log.error("a sweep failed", e);
    }
  }

  /** The TCP port of the ext_proc service; -1 on a Unix socket. */
  public int port() {
    return server.port();
  }

  /** The port of the administration. */
  public int adminPort() {
    return admin.port();
  }

  /** The threads that read and answer. */
  EventLoopGroup eventLoops() {
    return server.workers();
  }

  /** Turns the health off, lets open exchanges finish within the drain timeout, then stops. */
  @Override
  public void close() {
    if (closed.getAndSet(true)) {
      return;
    }
    switches.stopping();
    health.enterTerminalState();
    long deadlineNanos = System.nanoTime() + Durations.toNanos(settings.getDrainTimeout());
    log.info("stopping: {} exchanges are open", exchanges.openExchanges());
    try {
      while (exchanges.openExchanges() > 0 && System.nanoTime() < deadlineNanos) {
        TimeUnit.MILLISECONDS.sleep(SWEEP_MILLIS / 4);
      }
      server.drain(SWEEP_MILLIS);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
    models.close();
    background.shutdownNow();
    // What still waits for a late outcome is settled without, so that the ledger has it.
    exchanges.sweep(System.nanoTime() + FAR_NANOS);
    if (fleet != null) {
      fleet.close();
    }
    watchdog.close();
    server.close();
    admin.close();
    registry.close();
  }

  private static @Nullable FleetClient fleet(
      Config config,
      Hello hello,
      Exchanges exchanges,
      OutcomeRelay relay,
      PrometheusMeterRegistry registry) {
    ExtProc settings = config.getExtProc();
    if (settings.getControlPlaneAddress().isEmpty()) {
      return null;
    }
    FleetPort port =
        new FleetPort(hello.getReplica(), hello.getIncarnation(), exchanges, System::nanoTime);
    relay.to(port::forward);
    Gauge.builder("warmpath.fleet.connected", relay, r -> r.connected() ? 1 : 0)
        .description("1 while the fleet stream is established")
        .register(registry);
    Gauge.builder("warmpath.fleet.outcomes.dropped", port, FleetPort::droppedOutcomes)
        .description("Outcomes for other replicas that the stream did not take in time")
        .register(registry);
    prefixes("told", port, FleetPort::toldPrefixes, registry);
    prefixes("heard", port, FleetPort::heardPrefixes, registry);
    prefixes("late", port, FleetPort::latePrefixes, registry);
    prefixes("left_out", port, FleetPort::leftPrefixes, registry);
    return new FleetClient(ControlPlaneChannel.to(settings), hello, port, relay::connected);
  }

  private static void prefixes(
      String result, FleetPort port, ToDoubleFunction<FleetPort> count, MeterRegistry registry) {
    FunctionCounter.builder("warmpath.fleet.prefixes", port, count)
        .tag("result", result)
        .description(
            "Prefixes of providers' requests that other replicas were told of, or told of; late: "
                + "too late to be of use, or twice; left_out: more than are told in a second")
        .register(registry);
  }

  /** What this process is, and with which configuration and secrets it runs until its end. */
  private static Hello hello(Config config, long incarnation, KeyRing keys) {
    return Hello.newBuilder()
        .setReplica(ReplicaName.of(config.getExtProc()))
        .setIncarnation(incarnation)
        .setVersion(Version.current())
        .setConfigDigest(ConfigDigest.of(config))
        .setIndexSecretTag(keys.indexTag())
        .setExportSecretTag(keys.exportTag())
        .build();
  }

  private static int eventLoops(ExtProc settings) {
    return settings.hasEventLoops()
        ? settings.getEventLoops()
        : Runtime.getRuntime().availableProcessors();
  }

  private static void bindJvm(PrometheusMeterRegistry registry) {
    new JvmMemoryMetrics().bindTo(registry);
    new JvmGcMetrics().bindTo(registry);
    new ProcessorMetrics().bindTo(registry);
  }
}

package dev.warmpath.controlplane.signals;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.warmpath.controlplane.loop.EndpointName;
import dev.warmpath.controlplane.source.Topology;
import dev.warmpath.controlplane.source.Topology.EndpointTarget;
import dev.warmpath.controlplane.source.Topology.PoolTarget;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.HttpTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads the metrics of every engine and probes its health, each at the pool's interval, and tells
 * the {@link SignalCollector}. One request of a kind is under way per endpoint at most; one that
 * isn't answered in time is given up. What an engine answers is bounded by {@link #MAX_BODY_BYTES},
 * and what waits for the thread that parses by {@link #MAX_WAITING_BYTES}; per endpoint the newest.
 *
 * <p>A probe fails when the connection is refused or cut, when the answer isn't 2xx or doesn't come
 * in time. Metrics that can't be read are no failure of the engine: only its numbers grow old. In a
 * pool without a health path the scrape stands in for the probe: any HTTP answer is good.
 *
 * <p>Gives the {@link Punctuality} its beats, and drops what was under way while this process was
 * late: neither an answer nor its absence then tells how the engine does now.
 *
 * <p>Thread-safe. Owns its client and threads; {@link #close} ends them.
 */
public final class EngineWatcher implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(EngineWatcher.class);

  /** A vLLM engine writes about 100 kB. */
  static final int MAX_BODY_BYTES = 8 << 20;

  /** Eight bodies of the longest kind, some hundreds of the usual. */
  private static final int MAX_WAITING_BYTES = 64 << 20;

  /** Latenesses that follow each other sooner are counted and not logged. */
  private static final long LOG_PAUSE_NANOS = 10_000_000_000L;

  private static final String CUT = "connection cut";
  private static final long MIN_TIMEOUT_NANOS = 1_000_000_000L;
  private static final long MAX_TIMEOUT_NANOS = 5_000_000_000L;

  private final SignalCollector collector;
  private final Punctuality punctuality;
  private final LongSupplier nanoClock;
  private final ScheduledExecutorService scheduler;
  private final ExecutorService workers;
  private final ExecutorService parser;
  private final Semaphore waitingBytes = new Semaphore(MAX_WAITING_BYTES);
  private final HttpClient client;
  private final Counter scrapes;
  private final Counter scrapeFailures;
  private final Counter droppedScrapes;
  private final Counter unreadableLines;
  private final Counter probeFailures;
  private final Counter pauses;
  private final Counter lateResults;

  @GuardedBy("this")
  private List<Request> watches = List.of();

  /** Confined to one beat after the other. */
  private long quietUntilNanos;

  /**
   * @param punctuality gets its beats from here
   */
  public EngineWatcher(
      SignalCollector collector,
      Punctuality punctuality,
      LongSupplier nanoClock,
      MeterRegistry meters) {
    this.collector = collector;
    this.punctuality = punctuality;
    this.nanoClock = nanoClock;
    var timer =
        new ScheduledThreadPoolExecutor(
            1, Thread.ofPlatform().daemon().name("engine-watcher").factory());
    timer.setRemoveOnCancelPolicy(true);
    timer.setRejectedExecutionHandler(new ThreadPoolExecutor.DiscardPolicy());
    scheduler = timer;
    workers =
        Executors.newFixedThreadPool(
            2, Thread.ofPlatform().daemon().name("engine-watcher-", 0).factory());
    parser =
        Executors.newSingleThreadExecutor(
            Thread.ofPlatform().daemon().name("engine-parser").factory());
    client =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .followRedirects(HttpClient.Redirect.NEVER)
            .connectTimeout(Duration.ofNanos(MIN_TIMEOUT_NANOS))
            .executor(workers)
            .build();
    scrapes =
        Counter.builder("warmpath.scrapes")
            .description("Reads of engines' metrics that were begun.")
            .register(meters);
    scrapeFailures =
        Counter.builder("warmpath.scrape.failures")
            .description("Reads of engines' metrics that gave none.")
            .register(meters);
    droppedScrapes =
        Counter.builder("warmpath.scrape.dropped")
            .description("Engines' metrics that weren't parsed: newer ones came, or too many wait.")
            .register(meters);
    unreadableLines =
        Counter.builder("warmpath.scrape.unreadable.lines")
            .description("Lines of engines' metrics that made no sense.")
            .register(meters);
    probeFailures =
        Counter.builder("warmpath.probe.failures")
            .description("Health probes of engines that failed.")
            .register(meters);
    pauses =
        Counter.builder("warmpath.pauses")
            .description("Times that this process was paused or starved for half a second or more.")
            .register(meters);
    lateResults =
        Counter.builder("warmpath.late.results")
            .description("Probes and reads of metrics that don't count: this process was late.")
            .register(meters);
    awaitBeat(0);
  }

  /**
   * Watches these endpoints from now on, and no others.
   *
   * @throws IllegalArgumentException when a path is none of a URL; then all goes on as before
   */
  public synchronized void watch(Topology topology) {
    var requests = new ArrayList<Request>();
    for (PoolTarget pool : topology.pools()) {
      for (EndpointTarget endpoint : pool.endpoints()) {
        if (!pool.metricsPath().isEmpty()) {
          requests.add(new Scrape(pool, endpoint));
        }
        if (!pool.healthPath().isEmpty()) {
          requests.add(new Probe(pool, endpoint));
        }
      }
    }
    watches.forEach(Request::end);
    watches = requests;
    watches.forEach(Request::begin);
  }

  @Override
  public synchronized void close() {
    watches.forEach(Request::end);
    watches = List.of();
    scheduler.shutdownNow();
    client.shutdownNow();
    workers.shutdownNow();
    parser.shutdownNow();
  }

  /** A beat takes the way of an answer: from the timer to a worker. */
  private void awaitBeat(long delayNanos) {
    var _ = scheduler.schedule(() -> workers.execute(this::beat), delayNanos, TimeUnit.NANOSECONDS);
  }

  private void beat() {
    long now = nanoClock.getAsLong();
    long lateNanos = punctuality.beat(now);
    if (lateNanos > 0) {
      if (pauses.count() == 0 || now - quietUntilNanos >= 0) {
        log.warn(
            "This process was paused or starved for {} ms: what engines answered meanwhile doesn't"
                + " count, and nothing is decided until it has been in time for a second.",
            TimeUnit.NANOSECONDS.toMillis(lateNanos));
      }
      quietUntilNanos = now + LOG_PAUSE_NANOS;
      pauses.increment();
    }
    awaitBeat(Punctuality.BEAT_NANOS);
  }

  /** One kind of request to one endpoint, sent again and again. */
  private abstract class Request implements Runnable {
    final EndpointName endpoint;
    private final HttpRequest request;
    private final long intervalNanos;
    private final long timeoutNanos;
    private final AtomicBoolean underWay = new AtomicBoolean();
    private volatile boolean over;

    /** Guarded by the watcher. */
    private @Nullable Future<?> schedule;

    Request(PoolTarget pool, EndpointTarget target, String path) {
      this.endpoint = new EndpointName(pool.name(), target.id());
      this.intervalNanos = pool.scrapeIntervalNanos();
      this.timeoutNanos = Math.clamp(intervalNanos, MIN_TIMEOUT_NANOS, MAX_TIMEOUT_NANOS);
      this.request =
          HttpRequest.newBuilder(URI.create("http://" + target.address() + path)).GET().build();
    }

    /** An answer came, of any status. */
    abstract void answered(int status, byte[] body, long nowNanos);

    /** None came. */
    abstract void failed(String reason, long nowNanos);

    /**
     * The first at a random moment of the interval, so that engines aren't asked all at once. After
     * a pause of this process what was missed isn't made up for.
     */
    final void begin() {
      schedule =
          scheduler.scheduleWithFixedDelay(
              this,
              ThreadLocalRandom.current().nextLong(intervalNanos),
              intervalNanos,
              TimeUnit.NANOSECONDS);
    }

    /** What still comes counts no more: another engine may be known by that name by now. */
    final void end() {
      over = true;
      if (schedule != null) {
        schedule.cancel(false);
      }
    }

    final boolean over() {
      return over;
    }

    @Override
    public final void run() {
      if (!underWay.compareAndSet(false, true)) {
        return;
      }
      long sentNanos = nanoClock.getAsLong();
      CompletableFuture<HttpResponse<byte[]>> answer =
          client.sendAsync(
              request, BodyHandlers.limiting(BodyHandlers.ofByteArray(), MAX_BODY_BYTES));
      var giveUp =
          scheduler.schedule(() -> answer.cancel(true), timeoutNanos, TimeUnit.NANOSECONDS);
      // The returned future only repeats the outcome that the callback has dealt with.
      var _ =
          answer.whenComplete(
              (response, failure) -> {
                giveUp.cancel(false);
                underWay.set(false);
                long now = nanoClock.getAsLong();
                if (over) {
                  return;
                }
                if (!punctuality.keptTime(sentNanos, now)) {
                  lateResults.increment();
                } else if (failure == null) {
                  answered(response.statusCode(), response.body(), now);
                } else {
                  failed(reason(failure), now);
                }
              });
    }

    private static String reason(Throwable failure) {
      Throwable cause =
          failure instanceof CompletionException wrapped && wrapped.getCause() != null
              ? wrapped.getCause()
              : failure;
      return switch (cause) {
        case ConnectException _ -> "connection refused";
        case CancellationException _ -> "no answer in time";
        case HttpTimeoutException _ -> "no answer in time";
        case IOException _ -> CUT;
        default -> cause.getClass().getSimpleName();
      };
    }
  }

  /** A body that waits to be parsed, and when it came. */
  private static final class Unparsed {
    private final byte[] body;
    private final long nanos;

    Unparsed(byte[] body, long nanos) {
      this.body = body;
      this.nanos = nanos;
    }
  }

  private final class Scrape extends Request {
    private final PoolTarget pool;
    private final AtomicReference<@Nullable Unparsed> unparsed = new AtomicReference<>();

    Scrape(PoolTarget pool, EndpointTarget endpoint) {
      super(pool, endpoint, pool.metricsPath());
      this.pool = pool;
    }

    @Override
    void answered(int status, byte[] body, long nowNanos) {
      scrapes.increment();
      if (pool.healthPath().isEmpty()) {
        collector.probed(endpoint, true, "metrics answered", nowNanos);
      }
      if (status == 200) {
        parseSoon(new Unparsed(body, nowNanos));
      } else {
        scrapeFailures.increment();
      }
    }

    private void parseSoon(Unparsed next) {
      if (!waitingBytes.tryAcquire(next.body.length)) {
        droppedScrapes.increment();
        return;
      }
      Unparsed older = unparsed.getAndSet(next);
      if (older == null) {
        parser.execute(this::parse);
      } else {
        // Whoever was to parse that one takes this one instead.
        waitingBytes.release(older.body.length);
        droppedScrapes.increment();
      }
    }

    private void parse() {
      Unparsed newest = unparsed.getAndSet(null);
      if (newest == null) {
        return;
      }
      try {
        EngineMetrics.Parsed parsed = EngineMetrics.parse(newest.body, pool.engine());
        unreadableLines.increment(parsed.unreadableLines());
        if (!parsed.known()) {
          scrapeFailures.increment();
        } else if (!over()) {
          collector.scraped(endpoint, parsed.metrics(), newest.nanos);
        }
      } finally {
        waitingBytes.release(newest.body.length);
      }
    }

    @Override
    void failed(String reason, long nowNanos) {
      scrapes.increment();
      scrapeFailures.increment();
      // An answer that broke off may only have been too long.
      if (pool.healthPath().isEmpty() && !reason.equals(CUT)) {
        probeFailures.increment();
        collector.probed(endpoint, false, "metrics: " + reason, nowNanos);
      }
    }
  }

  private final class Probe extends Request {
    Probe(PoolTarget pool, EndpointTarget endpoint) {
      super(pool, endpoint, pool.healthPath());
    }

    @Override
    void answered(int status, byte[] body, long nowNanos) {
      boolean good = status >= 200 && status < 300;
      if (!good) {
        probeFailures.increment();
      }
      collector.probed(endpoint, good, "status " + status, nowNanos);
    }

    @Override
    void failed(String reason, long nowNanos) {
      probeFailures.increment();
      collector.probed(endpoint, false, reason, nowNanos);
    }
  }
}

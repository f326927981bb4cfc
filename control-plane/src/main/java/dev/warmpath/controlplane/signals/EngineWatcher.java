package dev.warmpath.controlplane.signals;

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
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongSupplier;

/**
 * Reads the metrics of every engine and probes its health, each at the pool's interval, and tells
 * the {@link SignalCollector}. One request of a kind is under way per endpoint at most; one that
 * isn't answered in time is given up. What an engine answers is bounded by {@link #MAX_BODY_BYTES}.
 *
 * <p>A probe fails when the connection is refused or cut, when the answer isn't 2xx or doesn't come
 * in time. Metrics that can't be read are no failure of the engine: only its numbers grow old. In a
 * pool without a health path the scrape stands in for the probe: any HTTP answer is good.
 *
 * <p>Thread-safe. Owns its client and threads; {@link #close} ends them.
 */
public final class EngineWatcher implements AutoCloseable {

  /** A vLLM engine writes about 100 kB. */
  static final int MAX_BODY_BYTES = 8 << 20;

  private static final String CUT = "connection cut";
  private static final long MIN_TIMEOUT_NANOS = 1_000_000_000L;
  private static final long MAX_TIMEOUT_NANOS = 5_000_000_000L;

  private final SignalCollector collector;
  private final LongSupplier nanoClock;
  private final ScheduledExecutorService scheduler;
  private final ExecutorService workers;
  private final HttpClient client;
  private final Counter scrapes;
  private final Counter scrapeFailures;
  private final Counter unreadableLines;
  private final Counter probeFailures;

  /** Guarded by this. */
  private List<Future<?>> watches = List.of();

  public EngineWatcher(SignalCollector collector, LongSupplier nanoClock, MeterRegistry meters) {
    this.collector = collector;
    this.nanoClock = nanoClock;
    var timer =
        new ScheduledThreadPoolExecutor(
            1, Thread.ofPlatform().daemon().name("engine-watcher").factory());
    timer.setRemoveOnCancelPolicy(true);
    scheduler = timer;
    workers =
        Executors.newFixedThreadPool(
            2, Thread.ofPlatform().daemon().name("engine-watcher-", 0).factory());
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
    unreadableLines =
        Counter.builder("warmpath.scrape.unreadable.lines")
            .description("Lines of engines' metrics that made no sense.")
            .register(meters);
    probeFailures =
        Counter.builder("warmpath.probe.failures")
            .description("Health probes of engines that failed.")
            .register(meters);
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
    watches.forEach(watch -> watch.cancel(false));
    watches = requests.stream().<Future<?>>map(this::every).toList();
  }

  @Override
  public synchronized void close() {
    watches.forEach(watch -> watch.cancel(false));
    watches = List.of();
    scheduler.shutdownNow();
    client.shutdownNow();
    workers.shutdownNow();
  }

  /** The first at a random moment of the interval, so that engines aren't asked all at once. */
  private ScheduledFuture<?> every(Request request) {
    long interval = request.intervalNanos;
    return scheduler.scheduleAtFixedRate(
        request, ThreadLocalRandom.current().nextLong(interval), interval, TimeUnit.NANOSECONDS);
  }

  /** One kind of request to one endpoint, sent again and again. */
  private abstract class Request implements Runnable {
    final EndpointName endpoint;
    private final HttpRequest request;
    private final long intervalNanos;
    private final long timeoutNanos;
    private final AtomicBoolean underWay = new AtomicBoolean();

    Request(PoolTarget pool, EndpointTarget target, String path) {
      this.endpoint = new EndpointName(pool.name(), target.id());
      this.intervalNanos = pool.scrapeIntervalNanos();
      this.timeoutNanos = Math.clamp(intervalNanos, MIN_TIMEOUT_NANOS, MAX_TIMEOUT_NANOS);
      this.request =
          HttpRequest.newBuilder(URI.create("http://" + target.address() + path)).GET().build();
    }

    /** An answer came, of any status. */
    abstract void answered(int status, byte[] body);

    /** None came. */
    abstract void failed(String reason);

    @Override
    public final void run() {
      if (!underWay.compareAndSet(false, true)) {
        return;
      }
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
                if (failure == null) {
                  answered(response.statusCode(), response.body());
                } else {
                  failed(reason(failure));
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

  private final class Scrape extends Request {
    private final PoolTarget pool;

    Scrape(PoolTarget pool, EndpointTarget endpoint) {
      super(pool, endpoint, pool.metricsPath());
      this.pool = pool;
    }

    @Override
    void answered(int status, byte[] body) {
      scrapes.increment();
      long now = nanoClock.getAsLong();
      if (pool.healthPath().isEmpty()) {
        collector.probed(endpoint, true, "metrics answered", now);
      }
      if (status != 200) {
        scrapeFailures.increment();
        return;
      }
      EngineMetrics.Parsed parsed = EngineMetrics.parse(body, pool.engine());
      unreadableLines.increment(parsed.unreadableLines());
      if (parsed.known()) {
        collector.scraped(endpoint, parsed.metrics(), now);
      } else {
        scrapeFailures.increment();
      }
    }

    @Override
    void failed(String reason) {
      scrapes.increment();
      scrapeFailures.increment();
      // An answer that broke off may only have been too long.
      if (pool.healthPath().isEmpty() && !reason.equals(CUT)) {
        probeFailures.increment();
        collector.probed(endpoint, false, "metrics: " + reason, nanoClock.getAsLong());
      }
    }
  }

  private final class Probe extends Request {
    Probe(PoolTarget pool, EndpointTarget endpoint) {
      super(pool, endpoint, pool.healthPath());
    }

    @Override
    void answered(int status, byte[] body) {
      boolean good = status >= 200 && status < 300;
      if (!good) {
        probeFailures.increment();
      }
      collector.probed(endpoint, good, "status " + status, nanoClock.getAsLong());
    }

    @Override
    void failed(String reason) {
      probeFailures.increment();
      collector.probed(endpoint, false, reason, nanoClock.getAsLong());
    }
  }
}

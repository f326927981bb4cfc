package dev.warmpath.extproc.exchange;

import com.google.protobuf.util.Durations;
import dev.warmpath.config.v1.Config;
import dev.warmpath.config.v1.Route;
import dev.warmpath.config.v1.Volatility;
import dev.warmpath.extproc.prompt.Prompt;
import dev.warmpath.extproc.provider.Catalogue;
import dev.warmpath.extproc.volatility.Arrival;
import dev.warmpath.extproc.volatility.DetectorSettings;
import dev.warmpath.extproc.volatility.Finding;
import dev.warmpath.extproc.volatility.VolatilityDetector;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lets the detector look at a sample of the prompts, since a look costs as much as several plans:
 * some of each route a second. It has one lock; an event loop that finds it taken doesn't wait, its
 * prompt is not looked at. What was not looked at counts all the same, in what the next look stands
 * for. Thread-safe.
 */
public final class PrefixWatch {

  private static final Logger log = LoggerFactory.getLogger(PrefixWatch.class);
  private static final long SECOND_NANOS = 1_000_000_000L;

  /** A report that is older is made anew. */
  private static final long REPORT_NANOS = SECOND_NANOS;

  /** How one route is sampled. Guarded by the lock. */
  private static final class Sample {
    long secondStartNanos = Long.MIN_VALUE;
    int taken;

    /** Requests since the last look. */
    long waiting;
  }

  private final int perSecond;
  private final int maxFindings;
  private final Catalogue catalogue;
  private final Executor executor;
  private final ReentrantLock lock = new ReentrantLock();

  // Guarded by the lock.
  private final VolatilityDetector detector;

  /** The prompt that waits for its look, or has had it. Grows to the largest. */
  private final Prompt waiting = new Prompt();

  private boolean isWaiting;
  private final Map<String, Sample> samples = new HashMap<>();
  private List<Finding> report = List.of();
  private long reportedAtNanos = Long.MIN_VALUE;

  private final LongAdder looks = new LongAdder();
  private final LongAdder busy = new LongAdder();
  private final LongAdder failures = new LongAdder();

  private PrefixWatch(
      Volatility settings,
      VolatilityDetector detector,
      Catalogue catalogue,
      List<Route> routes,
      Executor executor) {
    perSecond = settings.getSamplesPerSecond();
    maxFindings = settings.getMaxFindings();
    this.detector = detector;
    this.catalogue = catalogue;
    this.executor = executor;
    // Routes are configured, which bounds them.
    routes.forEach(route -> samples.put(route.getId(), new Sample()));
  }

  /**
   * Builds it from a valid configuration.
   *
   * @param seed random and secret
   * @param executor where prompts are compared
   */
  static PrefixWatch of(Config config, Catalogue catalogue, long seed, Executor executor) {
    Volatility settings = config.getExtProc().getVolatility();
    DetectorSettings bounds =
        new DetectorSettings(
            settings.getMaxScopes(),
            settings.getMaxApplications(),
            settings.getMaxPlaces(),
            settings.getMaxWords(),
            Math.max(settings.getMaxKeptWords(), settings.getMaxWords()),
            settings.getMinPartings(),
            Durations.toNanos(settings.getWindow()));
    return new PrefixWatch(
        settings,
        new VolatilityDetector(bounds, seed),
        catalogue,
        config.getRoutesList(),
        executor);
  }

  /**
   * A prompt has been scanned; has a copy of it looked at if it is this one's turn, which no
   * request waits for.
   */
  void arrive(Request request, Prompt prompt, long nowNanos) {
    if (perSecond == 0) {
      return;
    }
    if (!lock.tryLock()) {
      busy.increment();
      return;
    }
    try {
      Sample sample = samples.get(request.route().id());
      if (sample == null) {
        return;
      }
      sample.waiting++;
      if (sample.secondStartNanos == Long.MIN_VALUE
          || nowNanos - sample.secondStartNanos >= SECOND_NANOS) {
        sample.secondStartNanos = nowNanos;
        sample.taken = 0;
      }
      if (sample.taken >= perSecond) {
        return;
      }
      if (isWaiting) {
        busy.increment();
        return;
      }
      sample.taken++;
      long requests = sample.waiting;
      sample.waiting = 0;
      prompt.decodeInto(waiting);
      Arrival arrival = arrival(request, prompt, requests);
      isWaiting = true;
      executor.execute(() -> look(arrival, nowNanos));
    } catch (RejectedExecutionException _) {
      // At the end of the process.
      isWaiting = false;
    } catch (RuntimeException e) {
      // A fault of ours here must not cost the request its plan.
      failed(e);
    } finally {
      lock.unlock();
    }
  }

  private void look(Arrival arrival, long nowNanos) {
    lock.lock();
    try {
      looks.increment();
      detector.observe(arrival, waiting, nowNanos);
    } catch (RuntimeException e) {
      failed(e);
    } finally {
      isWaiting = false;
      lock.unlock();
    }
  }

  /** The message is left out: it could quote a prompt. */
  private void failed(RuntimeException e) {
    failures.increment();
    log.error("comparing prompts failed: {} at {}", e.getClass().getName(), firstFrame(e));
  }

  private static String firstFrame(RuntimeException e) {
    StackTraceElement[] frames = e.getStackTrace();
    return frames.length == 0 ? "?" : frames[0].toString();
  }

  private Arrival arrival(Request request, Prompt prompt, long requests) {
    return new Arrival(
        request.route().id(),
        request.scope().lane() + "\n" + request.scope().isolationScope(),
        request.scope().model(),
        request.bytesPerToken(),
        usdPerMillionLost(request, prompt),
        requests);
  }

  /** Of a pool's tokens no price is known: what its engines cost doesn't depend on them. */
  private double usdPerMillionLost(Request request, Prompt prompt) {
    return switch (request.route().target()) {
      case RouteEntry.PoolTarget _ -> Double.NaN;
      case RouteEntry.ProviderTarget provider ->
          catalogue
              .find(provider.catalogue(), request.dialect(), request.scope().model())
              .flatMap(row -> row.prices((long) (prompt.textLength() / request.bytesPerToken())))
              .map(prices -> prices.inputUsd() - prices.cacheReadUsd())
              .orElse(Double.NaN);
    };
  }

  /** What was found, the dearest first; at most as many as are configured. */
  public List<Finding> findings(long nowNanos) {
    lock.lock();
    try {
      if (reportedAtNanos == Long.MIN_VALUE || nowNanos - reportedAtNanos >= REPORT_NANOS) {
        report = detector.findings().stream().limit(maxFindings).toList();
        reportedAtNanos = nowNanos;
      }
      return report;
    } finally {
      lock.unlock();
    }
  }

  /** Words of all prompts that are kept, as hashes of eight bytes. */
  long keptWords() {
    lock.lock();
    try {
      return detector.keptWords();
    } finally {
      lock.unlock();
    }
  }

  /** Prompts that were looked at. */
  long looks() {
    return looks.sum();
  }

  /** Looks that failed by a fault of ours. */
  long failures() {
    return failures.sum();
  }

  /** Prompts that were not, since another one was. */
  long busy() {
    return busy.sum();
  }
}

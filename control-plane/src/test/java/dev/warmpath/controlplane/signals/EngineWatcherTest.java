package dev.warmpath.controlplane.signals;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.warmpath.controlplane.loop.FleetState.EndpointSignals;
import dev.warmpath.controlplane.source.EngineKind;
import dev.warmpath.controlplane.source.Topology;
import dev.warmpath.controlplane.source.Topology.EndpointTarget;
import dev.warmpath.controlplane.source.Topology.PoolTarget;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Against a real HTTP server on loopback. */
class EngineWatcherTest {
  private static final long INTERVAL_NANOS = 20_000_000L;
  private static final long PATIENCE_NANOS = 10_000_000_000L;

  private final AtomicLong pausedNanos = new AtomicLong();
  private final Stall parsing = new Stall();
  private final Stall probing = new Stall();
  private final Punctuality punctuality = new Punctuality();
  private final SignalCollector collector = new SignalCollector(punctuality);
  private final SimpleMeterRegistry meters = new StallingRegistry();
  private final EngineWatcher watcher =
      new EngineWatcher(collector, punctuality, this::now, meters);
  private HttpServer engine;
  private volatile String metrics = "vllm:num_requests_running 3\n";
  private volatile int healthStatus = 200;

  @BeforeEach
  void start() throws IOException {
    engine = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 16);
    engine.createContext("/metrics", exchange -> answer(exchange, 200, metrics));
    engine.createContext("/health", this::health);
    engine.start();
  }

  @AfterEach
  void stop() {
    parsing.end();
    probing.end();
    watcher.close();
    engine.stop(0);
  }

  @Test
  void engine_thatAnswers_isReadAndHealthy() {
    watch("/health");
    EndpointSignals signals =
        await(one -> one.engine() != null && one.probes().consecutiveSuccesses() >= 2);
    assertThat(signals.engine()).isNotNull();
    assertThat(signals.probes().detail()).isEqualTo("status 200");
  }

  @Test
  void metrics_ofGarbage_areNoFailure() {
    metrics = "\u0000{{{ nothing \n of the kind";
    watch("/health");
    EndpointSignals signals = await(one -> one.probes().consecutiveSuccesses() >= 5);
    assertThat(signals.engine()).isNull();
    assertThat(meters.get("warmpath.scrape.failures").counter().count()).isPositive();
  }

  @Test
  void metrics_withoutEnd_areGivenUpAndNoFailure() {
    metrics = "x".repeat(EngineWatcher.MAX_BODY_BYTES + 1);
    watch("");
    awaitCount("warmpath.scrape.failures");
    assertThat(signals().probes().consecutiveFailures()).isZero();
  }

  @Test
  void health_badStatus_isAFailure() {
    healthStatus = 503;
    watch("/health");
    assertThat(await(one -> one.probes().consecutiveFailures() >= 3).probes().detail())
        .isEqualTo("status 503");
  }

  @Test
  void engine_gone_isAFailure() {
    watch("/health");
    await(one -> one.probes().consecutiveSuccesses() >= 1);
    engine.stop(0);
    assertThat(await(one -> one.probes().consecutiveFailures() >= 3).probes().detail())
        .isIn("connection refused", "connection cut");
  }

  @Test
  void scrape_withoutAHealthPath_standsIn() {
    watch("");
    await(one -> one.probes().consecutiveSuccesses() >= 2);
    engine.stop(0);
    await(one -> one.probes().consecutiveFailures() >= 3);
  }

  /** Once such a topology ended the watches in force and began none. */
  @Test
  void watch_thatCannotBegin_leavesTheOldOnesGoing() {
    watch("/health");
    await(one -> one.probes().consecutiveSuccesses() >= 1);

    assertThatThrownBy(() -> watcher.watch(topology("/a b")))
        .isInstanceOf(IllegalArgumentException.class);

    int before = signals().probes().consecutiveSuccesses();
    await(one -> one.probes().consecutiveSuccesses() >= before + 3);
  }

  /** Once a process that had been stopped took what it had missed for failures of engines. */
  @Test
  void result_ofWhatWasUnderWayDuringAPause_saysNothing() throws Exception {
    watch("/health");
    await(one -> one.probes().consecutiveSuccesses() >= 1);
    probing.begin();
    probing.awaitOne();
    pausedNanos.addAndGet(30_000_000_000L);
    probing.end();
    awaitCount("warmpath.late.results");
    EndpointSignals signals = await(one -> one.probes().fresh());
    assertThat(signals.probes().consecutiveFailures()).isZero();
    assertThat(meters.get("warmpath.probe.failures").counter().count()).isZero();
    awaitCount("warmpath.pauses");

    engine.stop(0);
    await(one -> one.probes().consecutiveFailures() >= 3);
  }

  /** Once a slow reading of metrics took the threads from the probes. */
  @Test
  void parsing_thatIsSlow_holdsNoProbeAndTakesTheNewest() throws Exception {
    parsing.begin();
    watch("/health");
    parsing.awaitOne();
    metrics = "vllm:num_requests_running 9\n";
    double before = meters.get("warmpath.scrapes").counter().count();
    await(_ -> meters.get("warmpath.scrapes").counter().count() >= before + 3);
    int probed = signals().probes().consecutiveSuccesses();
    await(one -> one.probes().consecutiveSuccesses() >= probed + 3);
    assertThat(meters.get("warmpath.scrape.dropped").counter().count()).isPositive();
    assertThat(signals().engine()).isNull();
    parsing.end();
    await(one -> one.engine() != null && one.engine().running() == 9);
  }

  private void watch(String healthPath) {
    Topology topology = topology(healthPath);
    collector.topology(topology);
    watcher.watch(topology);
  }

  private Topology topology(String healthPath) {
    return new Topology(
        List.of(
            new PoolTarget(
                "chat",
                EngineKind.VLLM,
                "/metrics",
                healthPath,
                INTERVAL_NANOS,
                8000,
                1,
                List.of(
                    new EndpointTarget(
                        "a", "127.0.0.1:" + engine.getAddress().getPort(), 1000, false)))),
        List.of());
  }

  private long now() {
    return System.nanoTime() + pausedNanos.get();
  }

  private EndpointSignals signals() {
    return collector.state(now()).pools().getFirst().endpoints().getFirst();
  }

  private EndpointSignals await(Predicate<EndpointSignals> wanted) {
    long deadline = System.nanoTime() + PATIENCE_NANOS;
    EndpointSignals signals = signals();
    while (!wanted.test(signals)) {
      assertThat(System.nanoTime()).as(signals.toString()).isLessThan(deadline);
      LockSupport.parkNanos(5_000_000L);
      signals = signals();
    }
    return signals;
  }

  private void awaitCount(String counter) {
    long deadline = System.nanoTime() + PATIENCE_NANOS;
    while (meters.get(counter).counter().count() == 0) {
      assertThat(System.nanoTime()).isLessThan(deadline);
      LockSupport.parkNanos(5_000_000L);
    }
  }

  private void health(HttpExchange exchange) throws IOException {
    answer(exchange, probing.pass() ? 503 : healthStatus, "");
  }

  private static void answer(HttpExchange exchange, int status, String body) throws IOException {
    try (exchange) {
      byte[] bytes = body.getBytes(UTF_8);
      exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
      exchange.getResponseBody().write(bytes);
    }
  }

  /** A place where threads can be held. */
  private static final class Stall {
    private final CountDownLatch reached = new CountDownLatch(1);
    private final CountDownLatch ended = new CountDownLatch(1);
    private volatile boolean begun;

    void begin() {
      begun = true;
    }

    void awaitOne() throws InterruptedException {
      assertThat(reached.await(PATIENCE_NANOS, TimeUnit.NANOSECONDS)).isTrue();
    }

    void end() {
      ended.countDown();
    }

    /** Whether the thread was held. */
    boolean pass() {
      if (!begun || ended.getCount() == 0) {
        return false;
      }
      reached.countDown();
      try {
        ended.await();
      } catch (InterruptedException _) {
        Thread.currentThread().interrupt();
      }
      return true;
    }
  }

  /** Holds the thread that counts the lines it couldn't parse. */
  private final class StallingRegistry extends SimpleMeterRegistry {
    @Override
    protected Counter newCounter(Meter.Id id) {
      Counter counter = super.newCounter(id);
      return id.getName().equals("warmpath.scrape.unreadable.lines")
          ? new Counter() {
            @Override
            public void increment(double amount) {
              parsing.pass();
              counter.increment(amount);
            }

            @Override
            public double count() {
              return counter.count();
            }

            @Override
            public Meter.Id getId() {
              return id;
            }
          }
          : counter;
    }
  }
}

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
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Against a real HTTP server on loopback. */
class EngineWatcherTest {
  private static final long INTERVAL_NANOS = 20_000_000L;
  private static final long PATIENCE_NANOS = 10_000_000_000L;

  private final SignalCollector collector = new SignalCollector();
  private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
  private final EngineWatcher watcher = new EngineWatcher(collector, System::nanoTime, meters);
  private HttpServer engine;
  private volatile String metrics = "vllm:num_requests_running 3\n";
  private volatile int healthStatus = 200;

  @BeforeEach
  void start() throws IOException {
    engine = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 16);
    engine.createContext("/metrics", exchange -> answer(exchange, 200, metrics));
    engine.createContext("/health", exchange -> answer(exchange, healthStatus, ""));
    engine.start();
  }

  @AfterEach
  void stop() {
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

  private EndpointSignals signals() {
    return collector.state(System.nanoTime()).pools().getFirst().endpoints().getFirst();
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

  private static void answer(HttpExchange exchange, int status, String body) throws IOException {
    try (exchange) {
      byte[] bytes = body.getBytes(UTF_8);
      exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
      exchange.getResponseBody().write(bytes);
    }
  }
}

package dev.warmpath.e2e.load;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmpath.e2e.engine.EngineFleet;
import dev.warmpath.e2e.engine.EngineReport;
import dev.warmpath.e2e.engine.EngineSettings;
import dev.warmpath.e2e.engine.ServedRequest;
import dev.warmpath.e2e.engine.SimulatedEngine;
import dev.warmpath.e2e.envoy.Ports;
import dev.warmpath.e2e.http.Fault;
import dev.warmpath.e2e.load.LoadResult.Outcome;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class LoadGeneratorTest {
  private static final DemoWorkload POOL_ONLY =
      new DemoWorkload(new DemoWorkload.Options(3, 4, 200, 0.5, 0, "sim-model", "none"));

  private final EngineFleet fleet =
      EngineFleet.start(EngineFleet.alike(1, EngineSettings.DEFAULTS.withSpeedup(2_000)));
  private final SimulatedEngine engine = fleet.engines().getFirst();

  @AfterEach
  void close() {
    fleet.close();
  }

  @Test
  void run_goodServer_allArriveIntactAndAreTimed() throws NoSuchAlgorithmException {
    LoadReport report;
    try (var load = new LoadGenerator(LoadSettings.to(engine.address()).withDigests())) {
      report = load.run(POOL_ONLY);
    }
    assertThat(report.outcomes()).isEqualTo(Map.of(Outcome.OK, 200));
    assertThat(report.of(DemoWorkload.POOL).requests()).isEqualTo(200);
    assertThat(report.of(DemoWorkload.PROVIDER).requests()).isZero();
    assertThat(report.ttfbMicros().getTotalCount()).isEqualTo(200);
    assertThat(report.totalMicros().getMean())
        .isGreaterThanOrEqualTo(report.ttfbMicros().getMean());
    assertThat(report.results())
        .allMatch(
            result -> result.servedBy().equals("e0") && result.responseSha256().length() == 64);
    EngineReport served = engine.report();
    assertThat(served.arrived()).isEqualTo(200);
    for (ServedRequest request : served.requests()) {
      int index =
          Integer.parseInt(request.requestId().substring(request.requestId().indexOf('-') + 1));
      assertThat(request.bodySha256()).isEqualTo(sha256(POOL_ONLY.request(index).body()));
    }
    assertThat(served.cachedTokens()).isGreaterThan(served.promptTokens() / 4);
  }

  @Test
  void run_fewConnections_allAreServedInTheEnd() {
    try (var load = new LoadGenerator(LoadSettings.to(engine.address()).withMaxConnections(2))) {
      assertThat(load.run(POOL_ONLY).failed()).isZero();
    }
  }

  @Test
  void run_nobodyListens_isNotConnected() {
    try (var load = new LoadGenerator(LoadSettings.to("127.0.0.1:" + Ports.free()))) {
      assertThat(load.run(POOL_ONLY).outcomes()).isEqualTo(Map.of(Outcome.NOT_CONNECTED, 200));
    }
  }

  @Test
  void run_faultyServer_kindsAreToldApart() {
    try (var load = new LoadGenerator(LoadSettings.to(engine.address()))) {
      engine.fault(new Fault.Failing(503));
      LoadReport failing = load.run(new One());
      assertThat(failing.outcomes()).isEqualTo(Map.of(Outcome.REFUSED, 1));
      assertThat(failing.statuses()).isEqualTo(Map.of(503, 1));
      engine.fault(new Fault.Cut(1));
      assertThat(load.run(new One()).outcomes()).isEqualTo(Map.of(Outcome.CUT, 1));
      engine.fault(new Fault.Hanging());
      LoadRun run = load.begin(new One());
      engine.fault(new Fault.Dead());
      assertThat(run.await().outcomes())
          .containsAnyOf(Map.entry(Outcome.RESET, 1), Map.entry(Outcome.NOT_CONNECTED, 1));
    }
  }

  @Test
  void run_hangingServer_timesOut() {
    try (var load =
        new LoadGenerator(LoadSettings.to(engine.address()).withTimeout(Duration.ofMillis(50)))) {
      engine.fault(new Fault.Hanging());
      assertThat(load.run(new One()).outcomes()).isEqualTo(Map.of(Outcome.TIMED_OUT, 1));
    }
  }

  @Test
  void stop_beforeTheEnd_countsWhatWasNotSent() {
    try (var load = new LoadGenerator(LoadSettings.to(engine.address()))) {
      LoadRun run = load.begin(new One(0, 3_600));
      run.stop();
      LoadReport report = run.await();
      assertThat(report.requests() + report.notSent()).isEqualTo(2);
      assertThat(report.notSent()).isPositive();
      assertThat(run.completed()).isEqualTo(report.requests());
    }
  }

  /** The same streamed request at each of these seconds. */
  private static final class One implements Workload {
    private final int[] atSeconds;

    One() {
      this(0);
    }

    One(int... atSeconds) {
      this.atSeconds = atSeconds;
    }

    @Override
    public int size() {
      return atSeconds.length;
    }

    @Override
    public long atNanos(int index) {
      return Duration.ofSeconds(atSeconds[index]).toNanos();
    }

    @Override
    public LoadRequest request(int index) {
      return new LoadRequest(
          "one",
          "/v1/chat/completions",
          Map.of(),
          new Body(0)
              .json("{\"model\":\"sim-model\",\"stream\":true,\"max_tokens\":5,\"messages\":")
              .json("[{\"role\":\"user\",\"content\":\"hello\"}]}")
              .toBytes(),
          "[DONE]\n\n");
    }
  }

  private static String sha256(byte[] body) throws NoSuchAlgorithmException {
    return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(body));
  }
}

package dev.warmpath.e2e.stack;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmpath.e2e.engine.EngineFleet;
import dev.warmpath.e2e.engine.EngineReport;
import dev.warmpath.e2e.engine.EngineSettings;
import dev.warmpath.e2e.envoy.Poll;
import dev.warmpath.e2e.load.DemoWorkload;
import dev.warmpath.e2e.load.LoadGenerator;
import dev.warmpath.e2e.load.LoadReport;
import dev.warmpath.e2e.load.LoadSettings;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class StackIT {
  private static final int REQUESTS = 20;
  private static final Duration SOON = Duration.ofSeconds(5);

  @Test
  void start_requestsThroughEnvoy_areServedPlannedAndObserved() {
    EngineSettings engine = EngineSettings.DEFAULTS.withPace(100_000, 1);
    try (var engines = EngineFleet.start(EngineFleet.alike(2, engine));
        var stack =
            Stack.start(
                // A busy machine may be late; being late is FaultsIT's subject.
                StackSettings.of(StackSettings.pool("engines", engines.addresses()))
                    .withQuickStart()
                    .withWarmUp(240)
                    .withEnvoy("message_timeout: 10s\next_proc_probe_interval: 2s"));
        var load = new LoadGenerator(LoadSettings.to(stack.address()))) {
      LoadReport report =
          load.run(
              new DemoWorkload(new DemoWorkload.Options(1, 4, REQUESTS, 2, 0, engine.model(), "")));

      assertThat(report.requests()).isEqualTo(REQUESTS);
      assertThat(report.failed()).as("%s", report.statuses()).isZero();
      assertThat(stack.extProcMetric("warmpath_requests_planned_total", "mode=\"active\""))
          .isEqualTo(REQUESTS);
      assertThat(stack.extProcMetric("warmpath_requests_passed_total")).isZero();
      assertThat(engines.reports()).extracting(EngineReport::reservedHeaders).containsOnly(0L);
      Poll.until(
          "all exchanges are settled",
          SOON,
          () -> stack.extProcMetric("warmpath_exchanges_ended_total", "end=\"served\"") == REQUESTS,
          () -> stack.replicas().getFirst().get("/metrics"));
      assertThat(stack.extProcMetric("warmpath_responses_unplanned_total")).isZero();
      assertThat(stack.envoy().warnings()).isEmpty();
    }
  }
}

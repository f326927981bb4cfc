package dev.warmpath.controlplane;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmpath.config.ConfigException;
import dev.warmpath.config.ConfigFile;
import dev.warmpath.config.v1.Config;
import dev.warmpath.controlplane.audit.AuditLog;
import dev.warmpath.controlplane.loop.EndpointName;
import dev.warmpath.controlplane.loop.FleetState;
import dev.warmpath.controlplane.loop.FleetState.EndpointSignals;
import dev.warmpath.controlplane.loop.FleetState.Failures;
import dev.warmpath.controlplane.loop.FleetState.PoolSignals;
import dev.warmpath.controlplane.loop.FleetState.Probes;
import dev.warmpath.controlplane.loop.FleetState.Rate;
import dev.warmpath.controlplane.loop.LoopName;
import dev.warmpath.controlplane.loop.LoopSettings;
import dev.warmpath.controlplane.snapshot.Health;
import dev.warmpath.controlplane.store.StateDirectory;
import dev.warmpath.fleet.v1.EndpointView;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LoopRunnerTest {
  private static final long SECOND = 1_000_000_000L;

  @TempDir private Path directory;

  private final List<EndpointView> views = new ArrayList<>();
  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private final PlaneMeters meters = new PlaneMeters(registry);
  private StateDirectory state;
  private AuditLog audit;

  @BeforeEach
  void open() throws IOException {
    state = StateDirectory.open(directory);
    audit = new AuditLog(state.auditFile(), 1 << 20);
  }

  @AfterEach
  void close() throws IOException {
    audit.close();
    state.close();
  }

  @Test
  void failure_inActiveMode_isServedAndCounted() throws Exception {
    DecisionWriter writer = run("ACTIVE", false);
    assertThat(health(writer)).isEqualTo(Health.UNHEALTHY);
    assertThat(proposals("applied")).isEqualTo(1);
    assertThat(
            registry
                .get("warmpath.endpoints")
                .tags("pool", "chat", "health", "unhealthy")
                .gauge()
                .value())
        .isEqualTo(1);
  }

  @Test
  void failure_inForecastMode_isForecastOnce() throws Exception {
    DecisionWriter writer = run("FORECAST", false);
    assertThat(health(writer)).isEqualTo(Health.HEALTHY);
    assertThat(proposals("forecast")).isEqualTo(1);
  }

  @Test
  void failure_inModeOffOrFrozen_isNotLookedAt() throws Exception {
    assertThat(health(run("OFF", false))).isEqualTo(Health.HEALTHY);
    assertThat(health(run("ACTIVE", true))).isEqualTo(Health.HEALTHY);
    assertThat(registry.find("warmpath.proposals").counters()).isEmpty();
  }

  /** Once a stopped process took what it had missed for dead engines. */
  @Test
  void failure_seenWhileThisProcessIsLate_isNotActedUponUntilItIsSettled() throws Exception {
    DecisionWriter writer = writer("ACTIVE");
    var runner = new LoopRunner(writer, views::add, meters, LoopSettings.of(config("ACTIVE")));
    tick(runner, 0, 20, true);
    tick(runner, 20, 40, false);
    assertThat(health(writer)).isEqualTo(Health.HEALTHY);
    assertThat(registry.get("warmpath.ticks.held").counter().count()).isEqualTo(20);

    tick(runner, 40, 41, true);
    assertThat(health(writer)).isEqualTo(Health.UNHEALTHY);
  }

  @Test
  void views_betweenLooks_areSentToo() throws Exception {
    run("OFF", false);
    // Twice a second for 20 s: the first, then one each second.
    assertThat(views).hasSize(20);
  }

  private DecisionWriter run(String mode, boolean frozen) throws ConfigException {
    DecisionWriter writer = writer(mode);
    if (frozen) {
      assertThat(writer.freeze(LoopName.HEALTH, true)).isEmpty();
    }
    var runner = new LoopRunner(writer, views::add, meters, LoopSettings.of(config(mode)));
    tick(runner, 0, 40, true);
    return writer;
  }

  private DecisionWriter writer(String mode) throws ConfigException {
    return DecisionWriter.begin(
        config(mode),
        state.decisions(),
        _ -> {},
        new DecisionWriter.Recorder(audit, InstantSource.fixed(Instant.EPOCH), meters::served));
  }

  /** Ticks each half second while endpoint a fails. */
  private static void tick(LoopRunner runner, int fromHalf, int toHalf, boolean settled) {
    for (int half = fromHalf; half < toHalf; half++) {
      runner.tick(failing(half * SECOND / 2, settled));
    }
  }

  private static Health health(DecisionWriter writer) {
    return writer.served().decisions().endpoint("chat", "a").health();
  }

  private double proposals(String outcome) {
    return registry
        .get("warmpath.proposals")
        .tags("loop", "health", "outcome", outcome)
        .counter()
        .count();
  }

  private static FleetState failing(long nowNanos, boolean settled) {
    return new FleetState(
        nowNanos,
        settled,
        List.of(
            new PoolSignals(
                "chat",
                List.of(
                    endpoint("a", new Probes(5, 0, true, "connection refused")),
                    endpoint("b", new Probes(0, 5, true, "status 200"))))),
        Collections.emptySortedMap());
  }

  private static EndpointSignals endpoint(String id, Probes probes) {
    return new EndpointSignals(
        new EndpointName("chat", id),
        "127.0.0.1:" + (1000 + id.charAt(0)),
        1000,
        probes,
        null,
        Rate.NEVER_MEASURED,
        Failures.NONE);
  }

  private static Config config(String mode) throws ConfigException {
    return ConfigFile.parse(
        """
        control_plane: {address: "127.0.0.1:1", admin_address: "127.0.0.1:2"}
        envoy: {listener_address: "127.0.0.1:3", ext_proc_addresses: ["127.0.0.1:4"]}
        routes: [{id: chat, pool: chat}]
        loops: {weight: OFF, health: %s, hash_key: OFF}
        pools:
          - name: chat
            endpoints:
              - {address: "127.0.0.1:1097", id: a}
              - {address: "127.0.0.1:1098", id: b}
        """
            .formatted(mode),
        "test.yaml");
  }
}

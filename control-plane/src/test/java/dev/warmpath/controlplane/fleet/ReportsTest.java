package dev.warmpath.controlplane.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmpath.config.v1.Config;
import dev.warmpath.config.v1.Endpoint;
import dev.warmpath.config.v1.Mode;
import dev.warmpath.config.v1.Pool;
import dev.warmpath.controlplane.loop.HealthLoop;
import dev.warmpath.controlplane.loop.Loop;
import dev.warmpath.controlplane.loop.LoopSettings;
import dev.warmpath.controlplane.signals.Punctuality;
import dev.warmpath.controlplane.signals.SignalCollector;
import dev.warmpath.controlplane.snapshot.Decisions;
import dev.warmpath.controlplane.source.EngineKind;
import dev.warmpath.controlplane.source.Topology;
import dev.warmpath.controlplane.source.Topology.EndpointTarget;
import dev.warmpath.controlplane.source.Topology.PoolTarget;
import dev.warmpath.fleet.v1.EndpointFirstBytes;
import dev.warmpath.fleet.v1.FirstBytes;
import java.util.List;
import org.junit.jupiter.api.Test;

/** From a replica's message to what the health loop makes of it. */
class ReportsTest {
  private static final long SECOND = 1_000_000_000L;
  private static final LoopSettings SETTINGS =
      new LoopSettings(
          Mode.ACTIVE, Mode.ACTIVE, Mode.ACTIVE, SECOND, 60 * SECOND, 0.15, 0.2, 3, 2, 0.5);

  /** Once failures were compared with first bytes, so that a third of all ejected. */
  @Test
  void failures_aThirdOfAllExchanges_ejectNobody() {
    assertThat(outcome(10, 5).proposals()).isEmpty();
  }

  @Test
  void failures_halfOfAllExchanges_eject() {
    assertThat(outcome(10, 10).proposals())
        .singleElement()
        .extracting(Loop.Proposal::reason)
        .isEqualTo("10 of about 20 exchanges failed lately");
  }

  private static Loop.Outcome outcome(long firstBytes, long failures) {
    var collector = new SignalCollector(new Punctuality());
    collector.topology(
        new Topology(
            List.of(
                new PoolTarget(
                    "chat",
                    EngineKind.VLLM,
                    "/metrics",
                    "/health",
                    SECOND,
                    8000,
                    1_000_000,
                    List.of(
                        new EndpointTarget("a", "a:80", 1000, false),
                        new EndpointTarget("b", "b:80", 1000, false)))),
            List.of()));
    Decisions inForce =
        Decisions.of(
            Config.newBuilder()
                .addPools(
                    Pool.newBuilder()
                        .setName("chat")
                        .addEndpoints(endpoint("a"))
                        .addEndpoints(endpoint("b")))
                .build());
    var loop = new HealthLoop(SETTINGS);
    assertThat(loop.look(collector.state(0), inForce)).isEqualTo(Loop.Outcome.NOTHING);
    long now = SETTINGS.blackoutNanos();
    collector.reported(
        7,
        Reports.firstBytes(
            FirstBytes.newBuilder()
                .addEndpoints(
                    EndpointFirstBytes.newBuilder()
                        .setCluster("chat")
                        .setAddress("a:80")
                        .setCount(firstBytes)
                        .setFailures(failures))
                .build()),
        now);
    return loop.look(collector.state(now), inForce);
  }

  private static Endpoint endpoint(String id) {
    return Endpoint.newBuilder().setId(id).setAddress(id + ":80").setWeight(1000).build();
  }
}

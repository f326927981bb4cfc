package dev.warmpath.controlplane.signals;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.warmpath.controlplane.loop.EndpointName;
import dev.warmpath.controlplane.loop.FleetState;
import dev.warmpath.controlplane.loop.FleetState.EndpointSignals;
import dev.warmpath.controlplane.loop.FleetState.EngineReading;
import dev.warmpath.controlplane.loop.FleetState.KeySignals;
import dev.warmpath.controlplane.signals.ReplicaReport.EndpointFirstBytes;
import dev.warmpath.controlplane.signals.ReplicaReport.RouteKey;
import dev.warmpath.controlplane.source.EngineKind;
import dev.warmpath.controlplane.source.Topology;
import dev.warmpath.controlplane.source.Topology.EndpointTarget;
import dev.warmpath.controlplane.source.Topology.PoolTarget;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class SignalCollectorTest {
  private static final long SECOND = 1_000_000_000L;
  private static final EndpointName A = new EndpointName("chat", "a");

  private final Punctuality punctuality = new Punctuality();
  private final SignalCollector collector = new SignalCollector(punctuality);

  SignalCollectorTest() {
    collector.topology(topology("a:80"));
  }

  @Test
  void endpoint_neverSeen_isUnknownInEverything() {
    EndpointSignals signals = signals(0);
    assertThat(signals.engine()).isNull();
    assertThat(signals.rate()).isEqualTo(FleetState.Rate.NEVER_MEASURED);
    assertThat(signals.probes()).isEqualTo(FleetState.Probes.NONE);
  }

  @Test
  void probes_inARow_areCountedAndGrowOld() {
    collector.probed(A, false, "status 503", 0);
    collector.probed(A, false, "connection refused", SECOND);
    assertThat(signals(SECOND).probes())
        .isEqualTo(new FleetState.Probes(2, 0, true, "connection refused"));
    assertThat(signals(6 * SECOND).probes().fresh()).isTrue();
    assertThat(signals(6 * SECOND + 1).probes().fresh()).isFalse();
    collector.probed(A, true, "status 200", 7 * SECOND);
    assertThat(signals(7 * SECOND).probes())
        .isEqualTo(new FleetState.Probes(0, 1, true, "status 200"));
  }

  @Test
  void counters_thatFall_meanAnotherEpoch() {
    collector.scraped(A, metrics(1, 100), 0);
    assertThat(engine(0).epoch()).isEqualTo(1);
    collector.scraped(A, metrics(1, 200), SECOND);
    assertThat(engine(SECOND).epoch()).isEqualTo(1);
    collector.scraped(A, metrics(1, 3), 2 * SECOND);
    assertThat(engine(2 * SECOND).epoch()).isEqualTo(2);
    assertThat(engine(2 * SECOND).cacheTokens()).isEqualTo(16_000);
    assertThat(engine(20 * SECOND).fresh()).isFalse();
  }

  @Test
  void rates_ofTwoReplicas_areWeighedByTheirTokens() {
    collector.reported(1, rate(8000, 999_999), 0);
    collector.reported(2, rate(4000, 0), 0);
    assertThat(signals(0).rate().tokensPerSecond()).isEqualTo(8000, within(0.01));
    assertThat(signals(0).rate().fresh()).isTrue();
  }

  @Test
  void rate_notHeardOf_fallsSilentAfterItsPatience() {
    collector.reported(1, rate(8000, 10), 0);
    collector.scraped(A, metrics(3, 100), 0);
    assertThat(signals(10 * SECOND).rate().silentNanos()).isZero();
    assertThat(signals(12 * SECOND).rate().silentNanos()).isEqualTo(2 * SECOND);
    assertThat(signals(12 * SECOND).rate().tokensPerSecond()).isEqualTo(8000);
  }

  /** Once weights went back to the configured ones because this process had been stopped. */
  @Test
  void rate_notHeardOfWhileThisProcessWasLate_isNotSilent() {
    punctuality.beat(0);
    collector.reported(1, rate(8000, 10), 0);
    assertThat(signals(60 * SECOND).rate().fresh()).isTrue();
    punctuality.beat(60 * SECOND);
    assertThat(signals(60 * SECOND).rate().fresh()).isTrue();
    beatInTime(60 * SECOND, 72 * SECOND);
    assertThat(signals(70 * SECOND).rate().fresh()).isTrue();
    assertThat(signals(72 * SECOND).rate().silentNanos()).isEqualTo(2 * SECOND);
  }

  @Test
  void state_afterALateness_isUnsettledForAWhile() {
    assertThat(collector.state(0).settled()).isTrue();
    punctuality.beat(0);
    assertThat(collector.state(30 * SECOND).settled()).isFalse();
    punctuality.beat(30 * SECOND);
    beatInTime(30 * SECOND, 32 * SECOND);
    long settledNanos = 30 * SECOND + SignalCollector.SETTLE_NANOS;
    assertThat(collector.state(settledNanos - 1).settled()).isFalse();
    assertThat(collector.state(settledNanos).settled()).isTrue();
  }

  @Test
  void rate_ofAnIdleEngine_isNotSilent() {
    collector.reported(1, rate(8000, 10), 0);
    collector.scraped(A, metrics(0, 100), 100 * SECOND);
    assertThat(signals(101 * SECOND).rate().fresh()).isTrue();
  }

  @Test
  void rate_ofAReplicaThatIsGone_countsNoMore() {
    collector.reported(1, rate(8000, 1000), 0);
    collector.replicaGone(1);
    collector.reported(2, rate(4000, 1), SECOND);
    assertThat(signals(SECOND).rate().tokensPerSecond()).isEqualTo(4000);
  }

  @Test
  void rate_thatIsNonsense_isDropped() {
    collector.reported(1, rate(Double.NaN, 1), 0);
    collector.reported(1, rate(Double.POSITIVE_INFINITY, 1), 0);
    collector.reported(1, rate(-3, 1), 0);
    assertThat(signals(0).rate().measured()).isFalse();
  }

  @Test
  void failures_reported_areForgottenByHalfLives() {
    collector.reported(1, new ReplicaReport.FirstBytes(List.of(firstBytes(20, 8, 0))), 0);
    assertThat(signals(0).failures()).isEqualTo(new FleetState.Failures(20, 8));
    assertThat(signals(FleetState.FAILURE_HALF_LIFE_NANOS).failures().failures())
        .isEqualTo(4, within(1e-9));
  }

  @Test
  void topology_sameAddress_keepsWhatIsKnownAndAnotherForgetsIt() {
    collector.probed(A, true, "status 200", 0);
    collector.topology(topology("a:80"));
    assertThat(signals(0).probes().consecutiveSuccesses()).isEqualTo(1);
    collector.topology(topology("elsewhere:80"));
    assertThat(signals(0).probes()).isEqualTo(FleetState.Probes.NONE);
  }

  @Test
  void endpoint_unknown_isDropped() {
    var unknown = new EndpointName("chat", "z");
    collector.probed(unknown, true, "", 0);
    collector.scraped(unknown, metrics(1, 1), 0);
    collector.reported(
        1,
        new ReplicaReport.FirstBytes(List.of(new EndpointFirstBytes("none", "x", 1, 1, 1, 1))),
        0);
    assertThat(collector.state(0).pools()).hasSize(1);
  }

  @Test
  void keys_ofReplicas_areSummedWithTheirBalance() {
    collector.reported(1, keys(List.of(30L, 10L)), 0);
    collector.reported(2, keys(List.of(30L, 10L)), 0);
    KeySignals key =
        Objects.requireNonNull(
            Objects.requireNonNull(collector.state(0).routes().get("chat")).keys().get(2));
    assertThat(key).isEqualTo(new KeySignals(80, 40, 1.5));
  }

  @Test
  void keys_ofAnUnknownRouteOrNumber_areDropped() {
    collector.reported(
        1,
        new ReplicaReport.Keys(
            List.of(
                new RouteKey("none", 2, 1, 1, List.of()),
                new RouteKey("chat", 9, 1, 1, List.of()))),
        0);
    assertThat(collector.state(0).routes()).containsOnlyKeys("chat");
    assertThat(Objects.requireNonNull(collector.state(0).routes().get("chat")).keys()).isEmpty();
  }

  private void beatInTime(long fromNanos, long toNanos) {
    for (long at = fromNanos; at <= toNanos; at += Punctuality.BEAT_NANOS) {
      assertThat(punctuality.beat(at)).isZero();
    }
  }

  private EndpointSignals signals(long nowNanos) {
    return collector.state(nowNanos).pools().getFirst().endpoints().getFirst();
  }

  private EngineReading engine(long nowNanos) {
    return Objects.requireNonNull(signals(nowNanos).engine());
  }

  private static EngineMetrics metrics(int running, double promptTokens) {
    return new EngineMetrics(running, 0, 0.1, 16_000, promptTokens, 0, -1);
  }

  private static ReplicaReport rate(double tokensPerSecond, double tokens) {
    return new ReplicaReport.FirstBytes(
        List.of(new EndpointFirstBytes("chat", "a:80", 1, 0, tokens, tokensPerSecond)));
  }

  private static EndpointFirstBytes firstBytes(double exchanges, double failures, double rate) {
    return new EndpointFirstBytes("chat", "a:80", exchanges, failures, 0, rate);
  }

  private static ReplicaReport keys(List<Long> endpointTokens) {
    return new ReplicaReport.Keys(List.of(new RouteKey("chat", 2, 40, 20, endpointTokens)));
  }

  private static Topology topology(String address) {
    return new Topology(
        List.of(
            new PoolTarget(
                "chat",
                EngineKind.VLLM,
                "/metrics",
                "/health",
                SECOND,
                8000,
                1_000_000,
                List.of(new EndpointTarget("a", address, 1000, false)))),
        List.of("chat"));
  }
}

package dev.warmpath.extproc.pick;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmpath.extproc.pick.SimulatedPool.Engines;
import dev.warmpath.extproc.pick.SimulatedPool.Request;
import dev.warmpath.extproc.pick.SimulatedPool.Result;
import dev.warmpath.extproc.pick.SimulatedPool.Router;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The picker, as production runs it, against naive rules and against its own rule with exact
 * knowledge, on simulated engines. {@link TraceSimulation} does the same with a real trace.
 */
class PickSimulationTest {

  private static final Engines ENGINES = new Engines(8, 1_500, 512, 8_000);
  private static final List<Request> WORKLOAD = Conversations.generate(1, 1_200, 1_000);

  private static List<Request> atLoad(double load) {
    double busy = SimulatedPool.run(WORKLOAD, ENGINES, Routers.random(1)).busySeconds();
    return SimulatedPool.atLoad(WORKLOAD, ENGINES, busy, load);
  }

  @ParameterizedTest
  @ValueSource(doubles = {0.4, 0.7, 0.9, 1.1})
  void picker_anyLoad_beatsNaiveRulesAndMatchesTheExactRule(double load) {
    List<Request> requests = atLoad(load);
    Result roundRobin = SimulatedPool.run(requests, ENGINES, Routers.roundRobin());
    Result leastInFlight = SimulatedPool.run(requests, ENGINES, Routers.leastInFlight(1));
    Result exact = SimulatedPool.run(requests, ENGINES, Routers.exactRule(1));
    Result ours = SimulatedPool.run(requests, ENGINES, new Routers.Ours(ENGINES, 1));

    assertThat(ours.hitRate()).isGreaterThan(1.5 * leastInFlight.hitRate());
    assertThat(ours.hitRate()).isGreaterThan(1.5 * roundRobin.hitRate());
    assertThat(ours.mean()).isLessThan(0.8 * leastInFlight.mean());
    assertThat(ours.mean()).isLessThan(0.8 * roundRobin.mean());
    assertThat(ours.p99()).isLessThan(leastInFlight.p99());
    assertThat(ours.imbalance()).isLessThanOrEqualTo(1.2);
    assertThat(ours.mean()).isLessThan(1.1 * exact.mean());
    assertThat(ours.hitRate()).isGreaterThan(exact.hitRate() - 0.02);
  }

  @Test
  void picker_rateToldTwiceTooHighOrLow_losesAtMostTwoPointsOfHitRate() {
    List<Request> requests = atLoad(0.9);
    Result right = SimulatedPool.run(requests, ENGINES, new Routers.Ours(ENGINES, 1));
    for (double told : new double[] {4_000, 16_000}) {
      Result wrong = SimulatedPool.run(requests, ENGINES, ours(told, 1_500 * 512L));
      assertThat(wrong.hitRate()).isGreaterThan(right.hitRate() - 0.02);
      assertThat(wrong.mean()).isLessThan(1.1 * right.mean());
    }
  }

  @Test
  void picker_capacityToldFourTimesTooLarge_learnsFromUsage() {
    Engines small = new Engines(8, 250, 512, 8_000);
    List<Request> requests = atLoad(0.7);
    Result right = SimulatedPool.run(requests, small, new Routers.Ours(small, 1));
    Routers.Ours learning = ours(8_000, 4 * 250 * 512L);
    Result wrong = SimulatedPool.run(requests, small, learning);

    assertThat(wrong.mean()).isLessThan(1.35 * right.mean());
    assertThat(learning.picker.stats(0).endpoints())
        .allSatisfy(e -> assertThat(e.capacityTokens()).isLessThan(2 * 250 * 512L));
  }

  @Test
  void pickers_threeReplicasSharingLoadAndPlacements_comeCloseToOne() {
    List<Request> requests = atLoad(0.9);
    Result one = SimulatedPool.run(requests, ENGINES, new Routers.Ours(ENGINES, 1));
    Result three = SimulatedPool.run(requests, ENGINES, new Replicas(3, true));
    Result apart = SimulatedPool.run(requests, ENGINES, new Replicas(3, false));

    assertThat(three.mean()).isLessThan(1.25 * one.mean());
    assertThat(three.hitRate()).isGreaterThan(one.hitRate() - 0.03);
    assertThat(three.mean()).isLessThan(apart.mean());
    assertThat(three.imbalance()).isLessThanOrEqualTo(1.2);
  }

  private static Routers.Ours ours(double tokensPerSecond, long cacheTokens) {
    return new Routers.Ours(
        ENGINES,
        1,
        new PickSettings(tokensPerSecond, cacheTokens, 65_536, 2, PickSettings.Ejection.DEFAULTS));
  }

  /** Replicas that take turns, and tell each other every 200 ms what the fleet stream carries. */
  private static final class Replicas implements Router {

    private final List<Routers.Ours> replicas = new ArrayList<>();
    private final List<Integer> indexInReplica = new ArrayList<>();
    private final int[] counts;
    private final boolean share;
    private double sharedAt;

    Replicas(int count, boolean share) {
      for (int i = 0; i < count; i++) {
        replicas.add(new Routers.Ours(ENGINES, 1));
      }
      counts = new int[count];
      this.share = share;
    }

    @Override
    public int route(Request request, SimulatedPool pool, double now) {
      if (share && now - sharedAt >= 0.2) {
        sharedAt = now;
        exchange(now);
      }
      int replica = indexInReplica.size() % replicas.size();
      indexInReplica.add(counts[replica]++);
      return replicas.get(replica).route(request, pool, now);
    }

    private void exchange(double now) {
      for (int from = 0; from < replicas.size(); from++) {
        List<EndpointLoad> load = replicas.get(from).picker.localLoad(Routers.Ours.nanos(now));
        List<Placement> placements = replicas.get(from).picker.drainPlacements(Integer.MAX_VALUE);
        for (int to = 0; to < replicas.size(); to++) {
          if (to != from) {
            PoolPicker peer = replicas.get(to).picker;
            peer.peerLoad(from, load, Routers.Ours.nanos(now));
            for (Placement each : placements) {
              peer.peerPlacement(each.address(), each.blocks(), each.tokens());
            }
          }
        }
      }
    }

    @Override
    public void firstByte(int index, int engine, double ttft, int readTokens, double now) {
      replicas
          .get(index % replicas.size())
          .firstByte(indexInReplica.get(index), engine, ttft, readTokens, now);
    }

    @Override
    public void end(int index, double now) {
      replicas.get(index % replicas.size()).end(indexInReplica.get(index), now);
    }
  }
}

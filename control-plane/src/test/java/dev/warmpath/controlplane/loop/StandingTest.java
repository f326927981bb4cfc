package dev.warmpath.controlplane.loop;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmpath.config.v1.Config;
import dev.warmpath.config.v1.Endpoint;
import dev.warmpath.config.v1.Pool;
import dev.warmpath.config.v1.Route;
import dev.warmpath.controlplane.snapshot.Decisions;
import dev.warmpath.controlplane.snapshot.HashKey;
import dev.warmpath.controlplane.snapshot.Health;
import java.util.EnumSet;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class StandingTest {
  private static final EndpointName A = new EndpointName("chat", "a");
  private static final EndpointName B = new EndpointName("chat", "b");
  private static final EnumSet<LoopName> ALL = EnumSet.allOf(LoopName.class);

  @Test
  void over_nothingDecided_isTheConfiguration() {
    Config config = config(1000, true);
    assertThat(Standing.NONE.over(config)).isEqualTo(Decisions.of(config));
  }

  @Test
  void over_weightsLearned_keepsTheConfiguredRest() {
    var weights = new TreeMap<String, Integer>();
    weights.put("a", 1200);
    Standing standing =
        Standing.NONE.with(new Change.Weights("chat", new TreeMap<>(weights), weights));
    Decisions decisions = standing.over(config(900, true));
    assertThat(decisions.endpoint("chat", "a").weight()).isEqualTo(1200);
    assertThat(decisions.endpoint("chat", "b").weight()).isEqualTo(900);
    assertThat(standing.version()).isEqualTo(1);
  }

  @Test
  void over_drainOfAnOperator_beatsBadHealthAndReturnsToIt() {
    Standing standing =
        Standing.NONE
            .with(new Change.EndpointHealth(A, Health.HEALTHY, Health.UNHEALTHY))
            .withDrain(A, true);
    assertThat(health(standing, "a")).isEqualTo(Health.DRAINING);
    assertThat(health(standing.withDrain(A, false), "a")).isEqualTo(Health.UNHEALTHY);
  }

  @Test
  void with_sameDrainOrFreeze_isTheSame() {
    Standing standing = Standing.NONE.withDrain(A, true).withFreeze(LoopName.WEIGHT, true);
    assertThat(standing.withDrain(A, true)).isSameAs(standing);
    assertThat(standing.withFreeze(LoopName.WEIGHT, true)).isSameAs(standing);
  }

  @Test
  void fitted_endpointGone_forgetsWhatWasDecidedOfIt() {
    Standing standing =
        Standing.NONE
            .with(new Change.EndpointHealth(A, Health.HEALTHY, Health.UNHEALTHY))
            .with(new Change.EndpointHealth(B, Health.HEALTHY, Health.UNHEALTHY))
            .withDrain(B, true);
    Standing fitted = standing.fitted(config(1000, false), ALL);
    assertThat(fitted.unhealthy()).containsExactly(A);
    assertThat(fitted.drained()).isEmpty();
    assertThat(fitted.version()).isEqualTo(standing.version() + 1);
    assertThat(fitted.fitted(config(1000, false), ALL)).isSameAs(fitted);
  }

  @Test
  void fitted_loopNoLongerActive_losesItsSay() {
    Standing standing =
        Standing.NONE
            .with(new Change.EndpointHealth(A, Health.HEALTHY, Health.UNHEALTHY))
            .with(new Change.RouteHashKey("chat", HashKey.CONVERSATION, HashKey.ROOT));
    Standing fitted = standing.fitted(config(1000, true), EnumSet.of(LoopName.HEALTH));
    assertThat(fitted.unhealthy()).containsExactly(A);
    assertThat(fitted.hashKeys()).isEmpty();
  }

  private static Health health(Standing standing, String id) {
    return standing.over(config(1000, true)).endpoint("chat", id).health();
  }

  private static Config config(int weight, boolean withB) {
    var pool = Pool.newBuilder().setName("chat").addEndpoints(endpoint("a", weight));
    if (withB) {
      pool.addEndpoints(endpoint("b", weight));
    }
    return Config.newBuilder()
        .addPools(pool)
        .addRoutes(Route.newBuilder().setId("chat").setPool("chat"))
        .build();
  }

  private static Endpoint endpoint(String id, int weight) {
    return Endpoint.newBuilder().setId(id).setAddress(id + ":80").setWeight(weight).build();
  }
}

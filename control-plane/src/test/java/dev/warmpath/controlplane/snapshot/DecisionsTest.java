package dev.warmpath.controlplane.snapshot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.entry;

import dev.warmpath.config.v1.Config;
import dev.warmpath.config.v1.Endpoint;
import dev.warmpath.config.v1.Pool;
import dev.warmpath.config.v1.Route;
import dev.warmpath.controlplane.snapshot.Decisions.EndpointDecision;
import org.junit.jupiter.api.Test;

class DecisionsTest {
  private static final Config CONFIG =
      Config.newBuilder()
          .addPools(
              Pool.newBuilder()
                  .setName("llama")
                  .addEndpoints(endpoint("b", 2000, false))
                  .addEndpoints(endpoint("a", 1000, true)))
          .addRoutes(Route.newBuilder().setId("chat").setPool("llama"))
          .addRoutes(Route.newBuilder().setId("claude").setProvider("anthropic"))
          .build();

  @Test
  void of_configuration_takesWeightsDrainAndKeys() {
    Decisions decisions = Decisions.of(CONFIG);

    assertThat(decisions.pools().get("llama"))
        .containsExactly(
            entry("a", new EndpointDecision(1000, Health.DRAINING)),
            entry("b", new EndpointDecision(2000, Health.HEALTHY)));
    assertThat(decisions.hashKeys()).containsExactly(entry("chat", HashKey.CONVERSATION));
  }

  @Test
  void fitted_endpointAddedAndRemoved_keepsTheRest() {
    Decisions decided =
        Decisions.of(CONFIG)
            .withWeight("llama", "b", 1700)
            .withHealth("llama", "b", Health.UNHEALTHY)
            .withHashKey("chat", HashKey.ROOT);
    Config changed =
        CONFIG.toBuilder()
            .setPools(
                0,
                Pool.newBuilder()
                    .setName("llama")
                    .addEndpoints(endpoint("b", 2000, false))
                    .addEndpoints(endpoint("c", 500, false)))
            .build();

    Decisions fitted = decided.fitted(changed);

    assertThat(fitted.pools().get("llama"))
        .containsExactly(
            entry("b", new EndpointDecision(1700, Health.UNHEALTHY)),
            entry("c", new EndpointDecision(500, Health.HEALTHY)));
    assertThat(fitted.hashKey("chat")).isEqualTo(HashKey.ROOT);
  }

  @Test
  void fitted_drainSetAndUnset_holdsOverWhatWasDecided() {
    Config swapped =
        CONFIG.toBuilder()
            .setPools(
                0,
                Pool.newBuilder()
                    .setName("llama")
                    .addEndpoints(endpoint("b", 2000, true))
                    .addEndpoints(endpoint("a", 1000, false)))
            .build();

    Decisions fitted =
        Decisions.of(CONFIG).withHealth("llama", "b", Health.UNHEALTHY).fitted(swapped);

    assertThat(fitted.endpoint("llama", "b").health()).isEqualTo(Health.DRAINING);
    assertThat(fitted.endpoint("llama", "a").health()).isEqualTo(Health.HEALTHY);
  }

  @Test
  void with_sameValue_returnsItself() {
    Decisions decisions = Decisions.of(CONFIG);

    assertThat(decisions.withWeight("llama", "a", 1000)).isSameAs(decisions);
    assertThat(decisions.withHashKey("chat", HashKey.CONVERSATION)).isSameAs(decisions);
  }

  @Test
  void with_unknownName_isRefused() {
    Decisions decisions = Decisions.of(CONFIG);

    assertThatThrownBy(() -> decisions.withWeight("llama", "z", 1))
        .hasMessageContaining("llama/z (expected: one of the decided)");
    assertThatThrownBy(() -> decisions.withHashKey("claude", HashKey.ROOT))
        .hasMessageContaining("claude (expected: one of [chat])");
  }

  @Test
  void endpointDecision_weightZero_isRefused() {
    assertThatThrownBy(() -> new EndpointDecision(0, Health.HEALTHY))
        .hasMessage("weight: 0 (expected: 1 to 100000)");
  }

  private static Endpoint endpoint(String id, int weight, boolean drain) {
    return Endpoint.newBuilder()
        .setAddress("127.0.0.1:1")
        .setId(id)
        .setWeight(weight)
        .setDrain(drain)
        .build();
  }
}

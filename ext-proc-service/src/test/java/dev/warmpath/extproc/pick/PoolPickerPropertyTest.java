package dev.warmpath.extproc.pick;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmpath.extproc.pick.EndpointState.Health;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

class PoolPickerPropertyTest {

  private static final long SECOND = 1_000_000_000L;

  private static final List<Outcome> OUTCOMES =
      List.of(Outcome.SERVED, Outcome.ENDPOINT_FAILED, Outcome.UNKNOWN);

  private static final List<Health> HEALTHS =
      List.of(Health.HEALTHY, Health.HEALTHY, Health.HEALTHY, Health.UNHEALTHY, Health.DRAINING);

  /**
   * Whatever happens to plans, in any order and however often, and whatever happens to the view in
   * between: what is listed is healthy and in the view, load is never negative, and once all plans
   * have ended, nothing of them is left.
   */
  @Property(tries = 300)
  void plans_anyLives_leaveNoLoadBehind(@ForAll long seed) {
    Random random = new Random(seed);
    PoolPicker picker = new PoolPicker(PickSettings.DEFAULTS);
    Pick pick = new Pick();
    List<Plan> plans = new ArrayList<>();
    long now = random.nextLong();
    Set<String> healthy = changeView(picker, random, now);
    for (int step = 0; step < 300; step++) {
      now += random.nextLong(SECOND);
      switch (random.nextInt(10)) {
        case 0 -> healthy = changeView(picker, random, now);
        case 1 -> {
          picker.overdue(now);
          picker.drainPlacements(Integer.MAX_VALUE);
        }
        case 2 ->
            picker.peerLoad(
                random.nextInt(3),
                List.of(new EndpointLoad(address(random.nextInt(6)), 3, random.nextInt(9_000), 0)),
                now);
        case 3, 4, 5 -> {
          PrefixBlocks prefix = randomPrompt(random);
          Plan plan = picker.dispatch(prefix, now, pick);
          assertThat(plan == null).isEqualTo(healthy.isEmpty());
          assertThat(pick.count()).isEqualTo(Math.min(pick.count(), healthy.size()));
          Set<String> listed = new HashSet<>();
          for (int i = 0; i < pick.count(); i++) {
            listed.add(pick.address(i));
          }
          assertThat(listed).hasSize(pick.count()).isSubsetOf(healthy);
          if (plan != null) {
            plans.add(plan);
          } else {
            plans.add(picker.observe(prefix, now));
          }
        }
        default -> touch(picker, plans, random, now);
      }
      check(picker, now);
    }
    for (Plan plan : plans) {
      picker.end(plan, OUTCOMES.get(random.nextInt(3)), now);
      check(picker, now);
    }
    for (EndpointStats endpoint : picker.stats(now).endpoints()) {
      assertThat(endpoint.requestsInFlight()).isZero();
      assertThat(endpoint.pendingTokens()).isZero();
    }
    assertThat(picker.localLoad(now)).allSatisfy(l -> assertThat(l.pendingTokens()).isZero());
    assertThat(picker.overdue(now + 1_000 * SECOND)).isZero();
    // No trial is left behind either: everything that is healthy can be had again.
    for (EndpointStats endpoint : picker.stats(now).endpoints()) {
      assertThat(endpoint.failuresInRow()).isBetween(0, 3);
    }
  }

  private static void touch(PoolPicker picker, List<Plan> plans, Random random, long now) {
    if (plans.isEmpty()) {
      return;
    }
    Plan plan = plans.get(random.nextInt(plans.size()));
    switch (random.nextInt(5)) {
      case 0 -> picker.firstByte(plan, address(random.nextInt(7)), random.nextLong(SECOND), now);
      case 1 -> picker.firstByte(plan, "", 0, now);
      case 2 -> picker.usage(plan, random.nextInt(-1, 2_000), random.nextInt(-1, 4_000));
      case 3 -> picker.attemptFailed(plan, address(random.nextInt(6)), now);
      default -> picker.end(plan, OUTCOMES.get(random.nextInt(3)), now);
    }
  }

  private static void check(PoolPicker picker, long now) {
    for (EndpointStats endpoint : picker.stats(now).endpoints()) {
      assertThat(endpoint.requestsInFlight()).isNotNegative();
      assertThat(endpoint.pendingTokens()).isNotNegative();
      assertThat(endpoint.believedTokens()).isLessThanOrEqualTo(endpoint.capacityTokens());
      assertThat(endpoint.prefillTokensPerSecond()).isBetween(1_000.0, 64_000.0);
    }
  }

  private static Set<String> changeView(PoolPicker picker, Random random, long now) {
    List<EndpointState> view = new ArrayList<>();
    Set<String> healthy = new HashSet<>();
    for (int i = 0; i < 6; i++) {
      if (random.nextInt(4) > 0) {
        Health health = HEALTHS.get(random.nextInt(5));
        view.add(
            new EndpointState(
                address(i), "e" + i, health, 0, 3_000, 1, random.nextInt(3), random.nextInt(3)));
        if (health == Health.HEALTHY) {
          healthy.add(address(i));
        }
      }
    }
    picker.endpoints(view, now);
    return healthy;
  }

  private static String address(int i) {
    return "10.0.0." + i + ":8000";
  }

  private static PrefixBlocks randomPrompt(Random random) {
    int[] parts = new int[random.nextInt(12)];
    for (int i = 0; i < parts.length; i++) {
      parts[i] = random.nextInt(2);
    }
    return Chains.prompt(random.nextInt(1, 300), parts);
  }
}

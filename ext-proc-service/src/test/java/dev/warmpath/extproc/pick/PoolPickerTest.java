package dev.warmpath.extproc.pick;

import static dev.warmpath.extproc.pick.Chains.distinct;
import static dev.warmpath.extproc.pick.Chains.prompt;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import dev.warmpath.extproc.pick.EndpointState.Health;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class PoolPickerTest {

  private static final long SECOND = 1_000_000_000L;
  private static final String A = "10.0.0.1:8000";
  private static final String B = "10.0.0.2:8000";
  private static final String C = "10.0.0.3:8000";

  private final PoolPicker picker = new PoolPicker(PickSettings.DEFAULTS);
  private final Pick pick = new Pick();
  private long now = 7 * SECOND;

  private void endpoints(String... addresses) {
    List<EndpointState> view = new ArrayList<>();
    for (String address : addresses) {
      view.add(EndpointState.of(address));
    }
    picker.endpoints(view, now);
  }

  private static EndpointState state(String address, Health health) {
    return new EndpointState(address, address, health, 0, 0, -1, -1, 0);
  }

  private static EndpointState epoch(String address, long engineEpoch) {
    return new EndpointState(address, address, Health.HEALTHY, 0, 0, -1, -1, engineEpoch);
  }

  private Plan dispatch(PrefixBlocks prefix) {
    return requireNonNull(picker.dispatch(prefix, now, pick));
  }

  /** Sends a request, lets it be served at once as planned, and returns where. */
  private String serve(PrefixBlocks prefix) {
    Plan plan = dispatch(prefix);
    String address = pick.address(0);
    picker.firstByte(plan, address, 1, now);
    picker.end(plan, Outcome.SERVED, now);
    return address;
  }

  private EndpointStats stats(String address) {
    return picker.stats(now).endpoints().stream()
        .filter(e -> e.address().equals(address))
        .findFirst()
        .orElseThrow();
  }

  // Which endpoints may be listed.

  @Test
  void pick_noEndpoints_saysSo() {
    assertThat(picker.dispatch(prompt(1), now, pick)).isNull();
    assertThat(pick.result()).isEqualTo(Pick.Result.NO_ENDPOINTS);
    assertThat(pick.count()).isZero();
  }

  @Test
  void pick_noneHealthy_saysSo() {
    picker.endpoints(List.of(state(A, Health.UNHEALTHY), state(B, Health.DRAINING)), now);

    assertThat(picker.dispatch(prompt(1), now, pick)).isNull();
    assertThat(pick.result()).isEqualTo(Pick.Result.NONE_HEALTHY);
  }

  @Test
  void pick_someHealthy_listsOnlyThose() {
    picker.endpoints(
        List.of(state(A, Health.UNHEALTHY), state(B, Health.HEALTHY), state(C, Health.DRAINING)),
        now);

    for (int i = 0; i < 20; i++) {
      dispatch(prompt(i));
      assertThat(pick.count()).isEqualTo(1);
      assertThat(pick.address(0)).isEqualTo(B);
    }
  }

  @Test
  void pick_manyHealthy_listsAsManyAsSetWithoutRepetition() {
    endpoints(A, B, C);
    dispatch(prompt(1));

    assertThat(pick.result()).isEqualTo(Pick.Result.PICKED);
    assertThat(pick.count()).isEqualTo(2);
    assertThat(pick.address(0)).isNotEqualTo(pick.address(1));
  }

  @Test
  void pick_homeOfAHistory_isFirstWhateverItCosts() {
    endpoints(A, B, C);
    for (int i = 0; i < 50; i++) {
      for (String home : List.of(A, B, C)) {
        dispatch(prompt(1, 2, 3).home(home));

        assertThat(pick.address(0)).isEqualTo(home);
        assertThat(pick.count()).isEqualTo(2);
        assertThat(pick.address(1)).isNotEqualTo(home);
      }
    }
  }

  @Test
  void pick_homeOfAHistoryThatIsNotReady_isNotListed() {
    for (Health health : List.of(Health.UNHEALTHY, Health.DRAINING)) {
      picker.endpoints(List.of(state(A, health), state(B, Health.HEALTHY)), now);
      dispatch(prompt(1, 2, 3).home(A));

      assertThat(pick.count()).isEqualTo(1);
      assertThat(pick.address(0)).isEqualTo(B);
    }
    picker.endpoints(List.of(state(B, Health.HEALTHY)), now);
    dispatch(prompt(1, 2, 3).home(A));

    assertThat(pick.address(0)).isEqualTo(B);
  }

  @Test
  void pick_endpointLeavesTheView_isNeverListedAgain() {
    endpoints(A, B);
    String home = serve(prompt(1, 2, 3));
    String other = home.equals(A) ? B : A;
    endpoints(other);

    dispatch(prompt(1, 2, 3));
    assertThat(pick.count()).isEqualTo(1);
    assertThat(pick.address(0)).isEqualTo(other);
  }

  @Test
  void endpoints_twiceTheSameAddress_isRefusedAndTheOldViewStays() {
    endpoints(A);

    assertThatIllegalArgumentException()
        .isThrownBy(() -> endpoints(B, B))
        .withMessage("endpoint 10.0.0.2:8000 (expected: one of this address)");
    dispatch(prompt(1));
    assertThat(pick.address(0)).isEqualTo(A);
  }

  // The rule.

  @Test
  void pick_idlePool_goesWhereThePrefixIs() {
    endpoints(A, B, C);
    String home = serve(prompt(1, 2, 3));

    assertThat(serve(prompt(1, 2, 3, 4))).isEqualTo(home);
    dispatch(prompt(1, 2, 3, 4, 5));
    assertThat(pick.heldTokens()).isEqualTo(400);
    assertThat(pick.prefillSeconds()).isEqualTo(100 / 8000.0);
    assertThat(pick.waitSeconds()).isZero();
  }

  @Test
  void pick_homeBusierThanThePrefixIsWorth_goesElsewhere() {
    endpoints(A, B);
    String home = serve(distinct(1, 10, 100));
    // 8,000 tokens ahead are 1 s; the prefix saves 0.125 s.
    picker.peerLoad(5, List.of(new EndpointLoad(home, 1, 8_000, 0)), now);
    dispatch(distinct(1, 10, 100));

    assertThat(pick.address(0)).isNotEqualTo(home);
  }

  @Test
  void pick_utilisationHigh_paysMoreWaitForThePrefix() {
    endpoints(A, B);
    PrefixBlocks known = distinct(1, 10, 800);
    String home = serve(known);
    String other = home.equals(A) ? B : A;
    // The prefix saves 1 s. Behind 1.5 s of wait it isn't worth it in an idle pool.
    picker.peerLoad(5, List.of(new EndpointLoad(home, 1, 12_000, 0)), now);
    picker.pick(known, now, pick);
    assertThat(pick.address(0)).isEqualTo(other);

    // At a utilisation of 0.5 a second of prefill costs two.
    picker.peerLoad(
        5,
        List.of(new EndpointLoad(home, 1, 12_000, 0.5), new EndpointLoad(other, 0, 0, 0.5)),
        now);
    now += 4 * SECOND;
    picker.pick(known, now, pick);
    assertThat(pick.utilisation()).isGreaterThan(0.5);
    assertThat(pick.address(0)).isEqualTo(home);
  }

  @Test
  void pick_utilisationBeyondOne_isBounded() {
    endpoints(A, B);
    serve(prompt(1));
    picker.peerLoad(5, List.of(new EndpointLoad(A, 1, 0, 90), new EndpointLoad(B, 1, 0, 90)), now);
    picker.pick(prompt(9), now, pick);

    assertThat(pick.utilisation()).isEqualTo(0.95);
    assertThat(pick.costSeconds()).isCloseTo(20 * pick.prefillSeconds(), within(1e-9));
  }

  @Test
  void pick_samePromptTwiceInABurst_secondFollowsTheFirst() {
    endpoints(A, B, C);
    dispatch(distinct(1, 40, 100));
    String first = pick.address(0);
    dispatch(distinct(1, 40, 100));

    assertThat(pick.address(0)).isEqualTo(first);
    assertThat(pick.heldTokens()).isEqualTo(4_000);
  }

  @Test
  void pick_hotPrefix_spreadsAsFarAsItsLoadNeeds() {
    endpoints(A, B, C);
    PrefixBlocks shared = new PrefixBlocks();
    Set<String> used = new HashSet<>();
    for (int i = 0; i < 60; i++) {
      // One shared block of 1,000 tokens, then 4,000 of its own.
      shared.clear().add(42, 1_000).add(1_000 + i, 5_000).tieKey(42);
      dispatch(shared);
      used.add(pick.address(0));
    }

    assertThat(used).hasSize(3);
    assertThat(picker.stats(now).endpoints())
        .allSatisfy(e -> assertThat(e.requestsInFlight()).isBetween(19, 21));
  }

  @Test
  void pick_coldPrefixOnIdlePool_replicasThatDontKnowEachOtherAgree() {
    PoolPicker other = new PoolPicker(PickSettings.DEFAULTS);
    Pick othersPick = new Pick();
    endpoints(A, B, C);
    other.endpoints(
        List.of(EndpointState.of(C), EndpointState.of(A), EndpointState.of(B)), 99 * SECOND);
    Set<String> used = new HashSet<>();
    for (int i = 0; i < 30; i++) {
      picker.pick(prompt(i, 7), now, pick);
      other.pick(prompt(i, 7), 99 * SECOND, othersPick);
      assertThat(pick.address(0)).isEqualTo(othersPick.address(0));
      assertThat(pick.address(1)).isEqualTo(othersPick.address(1));
      used.add(pick.address(0));
    }
    assertThat(used).hasSize(3);
  }

  @Test
  void pick_endpointLost_onlyItsColdPrefixesMove() {
    endpoints(A, B, C);
    List<String> before = new ArrayList<>();
    for (int i = 0; i < 50; i++) {
      picker.pick(prompt(i), now, pick);
      before.add(pick.address(0));
    }
    endpoints(A, B);
    for (int i = 0; i < 50; i++) {
      picker.pick(prompt(i), now, pick);
      if (!before.get(i).equals(C)) {
        assertThat(pick.address(0)).isEqualTo(before.get(i));
      }
    }
  }

  @Test
  void pick_equalCosts_goesWhereFewerAreInFlight() {
    endpoints(A, B);
    PrefixBlocks first = prompt(1);
    Plan plan = dispatch(first);
    String busy = pick.address(0);
    picker.firstByte(plan, busy, 1, now);
    // Nothing is pending, but a long answer is being written.
    for (int i = 2; i < 20; i++) {
      picker.pick(prompt(i), now, pick);
      assertThat(pick.address(0)).isNotEqualTo(busy);
    }
  }

  @Test
  void pick_fasterEndpoint_getsTheLongPrompt() {
    picker.endpoints(
        List.of(
            new EndpointState(A, A, Health.HEALTHY, 2_000, 0, -1, -1, 0),
            new EndpointState(B, B, Health.HEALTHY, 20_000, 0, -1, -1, 0)),
        now);
    for (int i = 0; i < 5; i++) {
      dispatch(distinct(i, 10, 100));
      assertThat(pick.address(0)).isEqualTo(B);
    }
  }

  @Test
  void pick_strangersWaitAtAnEndpoint_avoidsIt() {
    endpoints(A, B);
    String home = serve(distinct(1, 30, 100));
    picker.endpoints(
        List.of(
            new EndpointState(A, A, Health.HEALTHY, 0, 0, 9, home.equals(A) ? 9 : 0, 0),
            new EndpointState(B, B, Health.HEALTHY, 0, 0, 9, home.equals(B) ? 9 : 0, 0)),
        now);
    picker.pick(distinct(1, 30, 100), now, pick);
    assertThat(pick.address(0)).isNotEqualTo(home);

    // What they had to wait for is done by then.
    now += 60 * SECOND;
    picker.pick(distinct(1, 30, 100), now, pick);
    assertThat(pick.address(0)).isEqualTo(home);
  }

  @Test
  void pick_ownRequestsReportedAsWaiting_areNotCountedTwice() {
    endpoints(A);
    for (int i = 0; i < 5; i++) {
      dispatch(distinct(i, 10, 80));
    }
    picker.endpoints(List.of(new EndpointState(A, A, Health.HEALTHY, 0, 0, 1, 4, 0)), now);
    picker.pick(prompt(9), now, pick);

    assertThat(pick.waitSeconds()).isCloseTo(0.5, within(1e-9));
  }

  @Test
  void wait_whilePrefillProceeds_shrinksToWhatIsLeft() {
    endpoints(A);
    dispatch(distinct(1, 10, 800));
    dispatch(distinct(2, 10, 800));
    now += SECOND / 2;
    picker.pick(prompt(9), now, pick);
    assertThat(pick.waitSeconds()).isCloseTo(1.5, within(1e-6));

    // Only the oldest can have proceeded, and it is late.
    now += SECOND;
    picker.pick(prompt(9), now, pick);
    assertThat(pick.waitSeconds()).isCloseTo(1 + 0.5, within(1e-6));
  }

  @Test
  void wait_firstBytesComeLate_hotPrefixMovesOnAndComesBack() {
    endpoints(A, B);
    PrefixBlocks hot = distinct(1, 20, 100); // worth 0.25 s
    String home = serve(hot);
    // Nearly nothing is pending there, but the engine has too many answers to write.
    int sent = 0;
    do {
      Plan plan = dispatch(hot);
      now += SECOND / 2;
      picker.firstByte(plan, "", SECOND / 2, now);
      picker.end(plan, Outcome.SERVED, now);
      sent++;
    } while (pick.address(0).equals(home) && sent < 100);

    assertThat(sent).isBetween(2, 20);
    now += 60 * SECOND;
    picker.pick(distinct(1, 20, 100), now, pick);
    assertThat(pick.waitSeconds()).isLessThan(0.001);
  }

  @Test
  void wait_alwaysTheSameOverhead_isNobodysLateness() {
    endpoints(A, B);
    PrefixBlocks prompt = distinct(1, 20, 100);
    String home = serve(distinct(1, 20, 100));
    for (int i = 0; i < 50; i++) {
      Plan plan = dispatch(prompt);
      assertThat(pick.address(0)).isEqualTo(home);
      now += SECOND / 25;
      picker.firstByte(plan, "", SECOND / 25, now);
      picker.end(plan, Outcome.SERVED, now);
    }
  }

  @Test
  void wait_engineHangs_growsLongBeforeItIsEjected() {
    endpoints(A, B);
    PrefixBlocks prompt = distinct(1, 20, 100);
    String home = serve(prompt);
    dispatch(prompt);
    assertThat(pick.address(0)).isEqualTo(home);
    now += SECOND;

    dispatch(prompt);
    assertThat(pick.address(0)).isNotEqualTo(home);
    assertThat(stats(home).ejected()).isFalse();
  }

  // The life of a plan.

  @Test
  void plan_dispatchedToEnd_takesAndGivesBack() {
    endpoints(A);
    Plan plan = dispatch(distinct(1, 10, 100));
    assertThat(stats(A).requestsInFlight()).isEqualTo(1);
    assertThat(stats(A).pendingTokens()).isEqualTo(1_000);

    picker.firstByte(plan, A, SECOND / 8, now + SECOND / 8);
    assertThat(stats(A).requestsInFlight()).isEqualTo(1);
    assertThat(stats(A).pendingTokens()).isZero();

    picker.end(plan, Outcome.SERVED, now + SECOND);
    assertThat(stats(A).requestsInFlight()).isZero();
    assertThat(stats(A).believedTokens()).isEqualTo(1_000);
  }

  @Test
  void plan_everythingTwiceAndLate_countsOnce() {
    endpoints(A, B);
    Plan plan = dispatch(distinct(1, 10, 100));
    picker.end(plan, Outcome.SERVED, now);
    picker.end(plan, Outcome.ENDPOINT_FAILED, now);
    picker.firstByte(plan, B, SECOND, now);
    picker.firstByte(plan, A, SECOND, now);
    picker.usage(plan, 1_000, 1_000);
    picker.usage(plan, 0, 1_000);

    for (EndpointStats each : picker.stats(now).endpoints()) {
      assertThat(each.requestsInFlight()).isZero();
      assertThat(each.pendingTokens()).isZero();
      assertThat(each.failuresInRow()).isZero();
    }
  }

  @Test
  void firstByte_servedElsewhere_movesLoadAndBelief() {
    endpoints(A, B);
    Plan plan = dispatch(distinct(1, 10, 100));
    String planned = pick.address(0);
    String served = pick.address(1);
    picker.firstByte(plan, served, SECOND, now);

    assertThat(stats(planned).requestsInFlight()).isZero();
    assertThat(stats(planned).pendingTokens()).isZero();
    assertThat(stats(planned).believedTokens()).isZero();
    assertThat(stats(served).requestsInFlight()).isEqualTo(1);
    assertThat(stats(served).believedTokens()).isEqualTo(1_000);
    assertThat(picker.stats(now).servedElsewhere()).isEqualTo(1);
    assertThat(picker.drainPlacements(Integer.MAX_VALUE))
        .extracting(Placement::address)
        .containsExactly(served);

    picker.end(plan, Outcome.SERVED, now);
    assertThat(stats(served).requestsInFlight()).isZero();
  }

  @Test
  void firstByte_servedByAStranger_givesBackAndBelievesNothing() {
    endpoints(A);
    Plan plan = dispatch(distinct(1, 10, 100));
    picker.firstByte(plan, "192.0.2.1:1", SECOND, now);

    assertThat(stats(A).requestsInFlight()).isZero();
    assertThat(stats(A).believedTokens()).isZero();
    assertThat(picker.drainPlacements(Integer.MAX_VALUE)).isEmpty();
    picker.end(plan, Outcome.SERVED, now);
    assertThat(stats(A).requestsInFlight()).isZero();
  }

  @Test
  void observe_servedSomewhere_takesNothingUntilThen() {
    endpoints(A, B);
    Plan plan = picker.observe(distinct(1, 10, 100), now);
    assertThat(stats(A).requestsInFlight() + stats(B).requestsInFlight()).isZero();

    picker.firstByte(plan, B, SECOND, now);
    assertThat(stats(B).requestsInFlight()).isEqualTo(1);
    assertThat(stats(B).believedTokens()).isEqualTo(1_000);
    picker.end(plan, Outcome.SERVED, now);
    assertThat(stats(B).requestsInFlight()).isZero();
  }

  @Test
  void end_beforeTheFirstByte_forgetsWhatWouldHaveBeenPlaced() {
    endpoints(A);
    serve(prompt(1, 2));
    Plan plan = dispatch(prompt(1, 2, 3, 4));
    picker.end(plan, Outcome.UNKNOWN, now);

    assertThat(stats(A).believedTokens()).isEqualTo(200);
    assertThat(stats(A).failuresInRow()).isZero();
  }

  @Test
  void plan_endpointLeftAndCameBack_endsWithoutEffect() {
    endpoints(A, B);
    Plan plan = dispatch(prompt(1, 2));
    String home = pick.address(0);
    endpoints(home.equals(A) ? B : A);
    endpoints(A, B);
    picker.firstByte(plan, home, SECOND, now);
    picker.end(plan, Outcome.SERVED, now);

    assertThat(stats(home).requestsInFlight()).isZero();
    assertThat(stats(home).pendingTokens()).isZero();
  }

  @Test
  void drainPlacements_served_areHandedOutOnce() {
    endpoints(A);
    serve(prompt(1, 2));

    List<Placement> drained = picker.drainPlacements(Integer.MAX_VALUE);
    assertThat(drained).hasSize(1);
    assertThat(drained.getFirst().blocks()).hasSize(2);
    assertThat(drained.getFirst().tokens()).isEqualTo(200);
    assertThat(picker.drainPlacements(Integer.MAX_VALUE)).isEmpty();
  }

  @Test
  void drainPlacements_roomForFewerBlocks_othersWait() {
    endpoints(A);
    for (int i = 0; i < 3; i++) {
      serve(prompt(10 * i + 1, 10 * i + 2));
    }

    assertThat(picker.drainPlacements(3)).hasSize(1);
    assertThat(picker.drainPlacements(1)).as("too large for the room").hasSize(1);
    assertThat(picker.drainPlacements(3)).hasSize(1);
    assertThat(picker.drainPlacements(3)).isEmpty();
  }

  @Test
  void drainPlacements_neverCalled_keepsTheNewestWithinTheBound() {
    endpoints(A);
    for (int i = 0; i < PlacementQueue.MAX_PLACEMENTS + 10; i++) {
      serve(prompt(i));
    }
    assertThat(picker.stats(now).droppedPlacements()).isEqualTo(10);
    assertThat(picker.drainPlacements(Integer.MAX_VALUE)).hasSize(PlacementQueue.MAX_PLACEMENTS);
  }

  @Test
  void pick_ratesDifferByNoise_coldPromptsGoToAll() {
    picker.endpoints(List.of(rated(A, 7_200), rated(B, 8_000), rated(C, 8_800)), now);
    Map<String, Integer> served = serveCold(300);

    assertThat(served.keySet()).containsExactlyInAnyOrder(A, B, C);
    assertThat(served.values()).allSatisfy(count -> assertThat(count).isBetween(70, 130));
  }

  @Test
  void pick_ratesDifferByMore_coldPromptsGoToTheFaster() {
    picker.endpoints(List.of(rated(A, 6_000), rated(B, 12_000)), now);

    assertThat(serveCold(50)).containsOnlyKeys(B);
  }

  @Test
  void withoutNoise_anyRatio_isMonotoneAndExactBeyondTheNoise() {
    double last = 0;
    for (double ratio = 0.05; ratio < 20; ratio *= 1.01) {
      double without = Rule.withoutNoise(ratio);
      assertThat(without).isGreaterThanOrEqualTo(last);
      assertThat(1 / without).isCloseTo(Rule.withoutNoise(1 / ratio), within(1e-9));
      last = without;
    }
    assertThat(Rule.withoutNoise(1.2)).isEqualTo(1);
    assertThat(Rule.withoutNoise(0.82)).isEqualTo(1);
    assertThat(Rule.withoutNoise(2)).isEqualTo(2);
    assertThat(Rule.withoutNoise(0)).isZero();
  }

  private static EndpointState rated(String address, double tokensPerSecond) {
    return new EndpointState(address, address, Health.HEALTHY, tokensPerSecond, 0, -1, -1, 0);
  }

  /** How many of so many prompts, none like another, each endpoint served. */
  private Map<String, Integer> serveCold(int prompts) {
    var served = new HashMap<String, Integer>();
    for (int i = 0; i < prompts; i++) {
      served.merge(serve(prompt(1_000 + 7 * i, 1_001 + 7 * i)), 1, Integer::sum);
      now += SECOND;
    }
    return served;
  }

  // What is learned.

  @Test
  void rate_observedFirstBytes_isLearned() {
    endpoints(A);
    for (int i = 0; i < 100; i++) {
      Plan plan = dispatch(distinct(i, 10, 400));
      now += SECOND; // 4,000 tokens a second, told were 8,000.
      picker.firstByte(plan, A, SECOND, now);
      picker.end(plan, Outcome.SERVED, now);
    }
    assertThat(stats(A).prefillTokensPerSecond()).isCloseTo(4_000, within(700.0));
  }

  @Test
  void rate_queuedInABurst_isThatOfTheEngineNotOfTheQueue() {
    endpoints(A);
    for (int round = 0; round < 10; round++) {
      List<Plan> burst = new ArrayList<>();
      for (int i = 0; i < 10; i++) {
        burst.add(dispatch(distinct(100 * round + i, 10, 400)));
      }
      long began = now;
      for (Plan plan : burst) {
        now += SECOND / 4; // 16,000 tokens a second
        picker.firstByte(plan, A, now - began, now);
        picker.end(plan, Outcome.SERVED, now);
      }
    }
    assertThat(stats(A).prefillTokensPerSecond()).isCloseTo(16_000, within(2_000.0));
  }

  @Test
  void drainPrefills_nothingPrefilled_tellsNothingOfWhatWasTold() {
    endpoints(A, B);
    for (int i = 0; i < 2; i++) {
      Plan plan = dispatch(distinct(i, 10, 400));
      now += SECOND;
      picker.firstByte(plan, "", SECOND, now);
      picker.end(plan, Outcome.SERVED, now);
      assertThat(picker.drainPrefills())
          .containsExactly(new Prefill(pick.address(0), 4_000, 4_000));
      assertThat(picker.drainPrefills()).isEmpty();
    }
  }

  @Test
  void usage_engineReadsNothing_rateIsOfWhatItPrefilledReally() {
    endpoints(A);
    for (int i = 0; i < 100; i++) {
      PrefixBlocks prefix = distinct(1, 10, 400);
      prefix.add(i, 6_000);
      Plan plan = dispatch(prefix);
      now += SECOND;
      picker.firstByte(plan, A, SECOND, now);
      picker.usage(plan, 0, 6_000);
      picker.end(plan, Outcome.SERVED, now);
    }
    assertThat(stats(A).prefillTokensPerSecond()).isCloseTo(6_000, within(900.0));
  }

  private void serveReading(int prompt, int readTokens) {
    Plan plan = dispatch(distinct(prompt, 20, 100));
    picker.firstByte(plan, A, SECOND, now);
    picker.usage(plan, readTokens, 2_000);
    picker.end(plan, Outcome.SERVED, now);
  }

  @Test
  void usage_threeRootsNotReadThoughBelieved_forgetsAllButTheLast() {
    endpoints(A);
    for (int prompt = 1; prompt <= 4; prompt++) {
      serve(distinct(prompt, 20, 100));
    }
    serveReading(1, 0);
    serveReading(2, 0);
    assertThat(stats(A).believedTokens()).isEqualTo(8_000);
    serveReading(3, 0);

    assertThat(stats(A).believedTokens()).isEqualTo(2_000);
    picker.pick(distinct(4, 20, 100), now, pick);
    assertThat(pick.heldTokens()).isZero();
  }

  @Test
  void usage_oneClientNeverFindsWhatOthersFind_nothingOfTheirsIsForgotten() {
    endpoints(A);
    serve(distinct(1, 20, 100));
    serve(distinct(2, 20, 100));
    for (int i = 0; i < 10; i++) {
      serveReading(1, 0);
      serveReading(1, 0);
      serveReading(2, 2_000);
    }

    assertThat(stats(A).believedTokens()).isEqualTo(4_000);
    assertThat(stats(A).capacityTokens()).isEqualTo(1_000_000);
  }

  @Test
  void usage_twoAtOnceOfOneNewPrompt_secondReadsNothingAndNobodyIsBlamed() {
    endpoints(A);
    serve(distinct(3, 20, 100));
    Plan first = dispatch(distinct(1, 20, 100));
    Plan second = dispatch(distinct(1, 20, 100));
    picker.firstByte(first, A, SECOND, now);
    picker.firstByte(second, A, SECOND, now);
    picker.usage(first, 0, 2_000);
    picker.usage(second, 0, 2_000);

    assertThat(stats(A).believedTokens()).isEqualTo(4_000);
    assertThat(stats(A).capacityTokens()).isEqualTo(1_000_000);
  }

  @Test
  void usage_readLessThanBelieved_capacityShrinksSlowly() {
    endpoints(A);
    PrefixBlocks prompt = distinct(1, 40, 100);
    serve(prompt);
    Plan plan = dispatch(prompt);
    picker.firstByte(plan, A, SECOND, now);
    picker.usage(plan, 2_000, 4_000);

    assertThat(stats(A).capacityTokens()).isEqualTo(970_000);
  }

  @Test
  void usage_readMoreThanBelieved_capacityGrowsButNotBeyondWhatIsTold() {
    picker.endpoints(List.of(new EndpointState(A, A, Health.HEALTHY, 0, 500_000, -1, -1, 0)), now);
    for (int i = 0; i < 5; i++) {
      Plan plan = dispatch(distinct(i, 40, 100));
      picker.firstByte(plan, A, SECOND, now);
      picker.usage(plan, 4_000, 4_000);
    }
    assertThat(stats(A).capacityTokens()).isEqualTo(500_000);

    endpoints(B);
    Plan plan = dispatch(distinct(1, 40, 100));
    picker.firstByte(plan, B, SECOND, now);
    picker.usage(plan, 4_000, 4_000);
    assertThat(stats(B).capacityTokens()).isEqualTo(1_010_000);
  }

  @Test
  void usage_beforeTheFirstByte_appliesToWhoServed() {
    endpoints(A, B);
    PrefixBlocks prompt = distinct(1, 40, 100);
    Plan plan = dispatch(prompt);
    String served = pick.address(1);
    picker.usage(plan, 4_000, 4_000);
    picker.firstByte(plan, served, SECOND, now);

    assertThat(stats(served).capacityTokens()).isEqualTo(1_010_000);
    assertThat(stats(pick.address(0)).capacityTokens()).isEqualTo(1_000_000);
  }

  @Test
  void usage_unknown_correctsNothing() {
    endpoints(A);
    serve(distinct(1, 20, 100));
    Plan plan = dispatch(distinct(1, 20, 100));
    picker.firstByte(plan, A, SECOND, now);
    picker.usage(plan, -1, 2_000);
    picker.usage(plan, 5, -1);

    assertThat(stats(A).capacityTokens()).isEqualTo(1_000_000);
    assertThat(stats(A).believedTokens()).isEqualTo(2_000);
  }

  @Test
  void endpoints_newEngineEpoch_beliefIsEmpty() {
    picker.endpoints(List.of(epoch(A, 3)), now);
    serve(prompt(1, 2, 3));
    picker.endpoints(List.of(epoch(A, 0)), now);
    picker.endpoints(List.of(epoch(A, 3)), now);
    assertThat(stats(A).believedTokens()).isEqualTo(300);

    picker.endpoints(List.of(epoch(A, 4)), now);
    assertThat(stats(A).believedTokens()).isZero();
  }

  // Ejection.

  private void fail(String address) {
    // Others out of the way, so that the request goes there.
    Plan plan = picker.observe(prompt(1), now);
    picker.attemptFailed(plan, address, now);
    picker.end(plan, Outcome.UNKNOWN, now);
  }

  private boolean isListed(String address) {
    picker.pick(prompt(5), now, pick);
    for (int i = 0; i < pick.count(); i++) {
      if (pick.address(i).equals(address)) {
        return true;
      }
    }
    return false;
  }

  @Test
  void ejection_failuresInARow_leavesItOutForATime() {
    endpoints(A, B);
    fail(A);
    fail(A);
    assertThat(isListed(A)).isTrue();
    fail(A);
    assertThat(isListed(A)).isFalse();
    assertThat(stats(A).ejected()).isTrue();

    now += 10 * SECOND;
    assertThat(isListed(A)).isTrue();
    assertThat(picker.stats(now).ejections()).isEqualTo(1);
  }

  @Test
  void ejection_successBetween_startsCountingAnew() {
    endpoints(A);
    fail(A);
    fail(A);
    serve(prompt(1));
    fail(A);
    fail(A);
    assertThat(stats(A).ejected()).isFalse();
  }

  @Test
  void ejection_over_letsOneTrialThrough() {
    endpoints(A, B);
    PrefixBlocks prompt = distinct(1, 40, 100);
    Plan earlier = dispatch(prompt);
    String home = pick.address(0);
    picker.firstByte(earlier, home, 1, now);
    picker.end(earlier, Outcome.SERVED, now);
    for (int i = 0; i < 3; i++) {
      fail(home);
    }
    now += 10 * SECOND;

    Plan trial = dispatch(prompt);
    assertThat(pick.address(0)).isEqualTo(home);
    Plan next = dispatch(prompt);
    assertThat(pick.address(0)).isNotEqualTo(home);
    assertThat(pick.count()).isEqualTo(1);

    picker.firstByte(trial, home, 1, now);
    picker.end(next, Outcome.UNKNOWN, now);
    dispatch(prompt);
    assertThat(pick.address(0)).isEqualTo(home);
    assertThat(stats(home).ejected()).isFalse();
  }

  @Test
  void ejection_trialFails_isLongerEachTimeUpToTenfold() {
    endpoints(A, B);
    for (int i = 0; i < 3; i++) {
      fail(A);
    }
    for (int ejections = 1; ejections <= 12; ejections++) {
      int multiple = Math.min(ejections, 10);
      now += multiple * 10L * SECOND - 1;
      assertThat(isListed(A)).as("ejection %d", ejections).isFalse();
      now += 1;
      assertThat(isListed(A)).as("ejection %d", ejections).isTrue();
      endpointsOnly(A);
      Plan trial = dispatch(prompt(1));
      picker.end(trial, Outcome.ENDPOINT_FAILED, now);
      endpointsOnly(A, B);
    }
  }

  /** The others are unhealthy; all stay in the view. */
  private void endpointsOnly(String... healthy) {
    List<EndpointState> view = new ArrayList<>();
    for (String address : List.of(A, B)) {
      view.add(
          state(address, List.of(healthy).contains(address) ? Health.HEALTHY : Health.UNHEALTHY));
    }
    picker.endpoints(view, now);
  }

  @Test
  void ejection_trialTellsNothing_anotherMayTry() {
    endpointsOnly(A);
    for (int i = 0; i < 3; i++) {
      fail(A);
    }
    now += 10 * SECOND;
    Plan trial = dispatch(prompt(1));
    picker.end(trial, Outcome.UNKNOWN, now);
    endpointsOnly(A, B);

    assertThat(isListed(A)).isTrue();
    assertThat(stats(A).ejected()).isTrue();
  }

  @Test
  void ejection_trialEndsWithoutAFirstByte_isNotPassed() {
    endpointsOnly(A);
    for (int i = 0; i < 3; i++) {
      fail(A);
    }
    now += 10 * SECOND;
    Plan trial = dispatch(prompt(1));
    picker.end(trial, Outcome.SERVED, now);
    assertThat(stats(A).ejected()).isTrue();

    Plan next = dispatch(prompt(1));
    picker.firstByte(next, A, 1, now);
    assertThat(stats(A).ejected()).isFalse();
  }

  @Test
  void ejection_ofAll_listsTheHealthyOnesAnyway() {
    endpointsOnly(A);
    for (int i = 0; i < 3; i++) {
      fail(A);
    }
    dispatch(prompt(1));
    assertThat(pick.result()).isEqualTo(Pick.Result.PICKED);
    assertThat(pick.address(0)).isEqualTo(A);
    assertThat(pick.count()).isEqualTo(1);
  }

  @Test
  void attemptFailed_thenServedByTheNext_countsOneFailureAndMoves() {
    endpoints(A, B);
    Plan plan = dispatch(distinct(1, 10, 100));
    String refused = pick.address(0);
    String served = pick.address(1);
    picker.attemptFailed(plan, refused, now);
    picker.attemptFailed(plan, refused, now);
    assertThat(stats(refused).failuresInRow()).isEqualTo(1);
    assertThat(stats(refused).requestsInFlight()).isZero();
    assertThat(stats(refused).pendingTokens()).isZero();

    picker.firstByte(plan, served, SECOND, now);
    picker.end(plan, Outcome.SERVED, now);
    assertThat(stats(refused).failuresInRow()).isEqualTo(1);
    assertThat(stats(served).failuresInRow()).isZero();
    assertThat(stats(served).believedTokens()).isEqualTo(1_000);
  }

  @Test
  void overdue_beyondFactorAndFloor_countsOneFailure() {
    endpoints(A);
    Plan plan = dispatch(distinct(1, 10, 100));
    now += 10 * SECOND;
    assertThat(picker.overdue(now)).isZero();
    now += 1;
    assertThat(picker.overdue(now)).isEqualTo(1);
    assertThat(picker.overdue(now)).isZero();
    assertThat(stats(A).failuresInRow()).isEqualTo(1);

    // Late, but it came: neither a second failure nor a success.
    picker.firstByte(plan, A, 11 * SECOND, now);
    picker.end(plan, Outcome.SERVED, now);
    assertThat(stats(A).failuresInRow()).isEqualTo(1);
    assertThat(stats(A).requestsInFlight()).isZero();
  }

  @Test
  void unobserved_plan_isInFlightButNeitherPendingNorOverdue() {
    endpoints(A);
    Plan plan = dispatch(distinct(1, 10, 100));
    picker.unobserved(plan, now);
    picker.unobserved(plan, now);
    assertThat(stats(A).requestsInFlight()).isEqualTo(1);
    assertThat(stats(A).pendingTokens()).isZero();

    now += 100 * SECOND;
    assertThat(picker.overdue(now)).isZero();
    picker.end(plan, Outcome.SERVED, now);
    assertThat(stats(A).requestsInFlight()).isZero();
    assertThat(stats(A).failuresInRow()).isZero();
  }

  @Test
  void outcomesAstray_firstByteNeverSeen_isNobodysFailure() {
    endpoints(A, B);
    String home = serve(distinct(1, 10, 100));
    picker.outcomesAstray(now + 60 * SECOND);
    Plan plan = dispatch(distinct(1, 20, 100));
    assertThat(pick.address(0)).isEqualTo(home);
    now += 30 * SECOND;

    assertThat(picker.overdue(now)).isZero();
    assertThat(stats(home).failuresInRow()).isZero();
    assertThat(stats(home).pendingTokens()).isZero();
    picker.end(plan, Outcome.UNKNOWN, now);
    picker.pick(distinct(1, 20, 100), now, pick);
    assertThat(pick.address(0)).isEqualTo(home);
    assertThat(pick.heldTokens()).as("it may have been served").isEqualTo(2_000);

    now += 31 * SECOND;
    dispatch(distinct(1, 30, 100));
    now += 11 * SECOND;
    assertThat(picker.overdue(now)).as("outcomes come again").isEqualTo(1);
  }

  @Test
  void overdue_longPrompt_isGivenItsTime() {
    endpoints(A);
    dispatch(distinct(1, 10, 8_000)); // 10 s of prefill
    now += 49 * SECOND;
    assertThat(picker.overdue(now)).isZero();
    now += 2 * SECOND;
    assertThat(picker.overdue(now)).isEqualTo(1);
  }

  @Test
  void overdue_engineHangs_isEjectedAndNotListed() {
    endpointsOnly(A);
    for (int i = 0; i < 3; i++) {
      dispatch(distinct(1, 10, 100));
    }
    endpointsOnly(A, B);
    now += 11 * SECOND;
    assertThat(picker.overdue(now)).isEqualTo(3);
    assertThat(isListed(A)).isFalse();
  }

  // Peers.

  @Test
  void peerLoad_renewed_replacesTheWhole() {
    endpoints(A, B);
    picker.peerLoad(
        1, List.of(new EndpointLoad(A, 3, 9_000, 0), new EndpointLoad(B, 1, 500, 0)), now);
    picker.peerLoad(2, List.of(new EndpointLoad(A, 1, 1_000, 0)), now);
    assertThat(stats(A).peerPendingTokens()).isEqualTo(10_000);
    assertThat(stats(A).peerRequestsInFlight()).isEqualTo(4);

    picker.peerLoad(1, List.of(new EndpointLoad(B, 2, 700, 0)), now);
    assertThat(stats(A).peerPendingTokens()).isEqualTo(1_000);
    assertThat(stats(B).peerPendingTokens()).isEqualTo(700);
  }

  @Test
  void peerLoad_peerGoneOrSilent_isVoid() {
    endpoints(A);
    picker.peerLoad(1, List.of(new EndpointLoad(A, 3, 9_000, 0)), now);
    picker.peerLoad(2, List.of(new EndpointLoad(A, 2, 500, 0)), now + SECOND);
    picker.peerGone(1);
    assertThat(stats(A).peerPendingTokens()).isEqualTo(500);

    now += 7 * SECOND;
    picker.pick(prompt(1), now, pick);
    assertThat(pick.waitSeconds()).isZero();
    assertThat(stats(A).peerRequestsInFlight()).isZero();
  }

  @Test
  void peerLoad_beforeTheEndpointIsKnown_countsOnceItIs() {
    picker.peerLoad(1, List.of(new EndpointLoad(A, 3, 8_000, 0)), now);
    endpoints(A);
    picker.pick(prompt(1), now, pick);
    assertThat(pick.waitSeconds()).isCloseTo(1, within(1e-9));
  }

  @Test
  void peerPlacement_thenPick_goesThere() {
    endpoints(A, B, C);
    PrefixBlocks prompt = distinct(1, 40, 100);
    picker.pick(prompt, now, pick);
    String cold = pick.address(0);
    String peers = cold.equals(A) ? B : A;
    long[] blocks = new long[prompt.count()];
    for (int i = 0; i < blocks.length; i++) {
      blocks[i] = prompt.block(i);
    }
    picker.peerPlacement(peers, blocks, 4_000);
    picker.peerPlacement("192.0.2.1:1", blocks, 4_000);

    picker.pick(prompt, now, pick);
    assertThat(pick.address(0)).isEqualTo(peers);
    assertThat(stats(peers).believedTokens()).isEqualTo(4_000);
  }

  @Test
  void localLoad_afterDispatch_isWhatAPeerNeeds() {
    endpoints(A, B);
    dispatch(distinct(1, 10, 800));
    String home = pick.address(0);

    List<EndpointLoad> load = picker.localLoad(now + SECOND / 2);
    assertThat(load).hasSize(1);
    assertThat(load.getFirst().address()).isEqualTo(home);
    assertThat(load.getFirst().requestsInFlight()).isEqualTo(1);
    assertThat(load.getFirst().pendingTokens()).isEqualTo(4_000);
    assertThat(load.getFirst().utilisation()).isCloseTo(1 / 60.0, within(0.001));
  }

  @Test
  void plans_ofManyThreads_leaveNothingBehind() throws InterruptedException {
    endpoints(A, B, C);
    List<Thread> threads = new ArrayList<>();
    for (int t = 0; t < 4; t++) {
      int seed = t;
      threads.add(
          Thread.ofPlatform()
              .start(
                  () -> {
                    Pick own = new Pick();
                    for (int i = 0; i < 2_000; i++) {
                      PrefixBlocks prefix = distinct(i % 50, 1 + seed, 100);
                      Plan plan = requireNonNull(picker.dispatch(prefix, now + i, own));
                      picker.firstByte(plan, i % 7 == 0 ? C : "", 0, now + i);
                      picker.end(plan, Outcome.SERVED, now + i);
                    }
                  }));
    }
    for (Thread thread : threads) {
      thread.join();
    }
    assertThat(picker.stats(now).endpoints())
        .allSatisfy(
            e -> {
              assertThat(e.requestsInFlight()).isZero();
              assertThat(e.pendingTokens()).isZero();
            });
    assertThat(picker.drainPlacements(Integer.MAX_VALUE)).hasSize(PlacementQueue.MAX_PLACEMENTS);
  }
}

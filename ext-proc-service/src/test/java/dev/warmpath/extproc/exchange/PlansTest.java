package dev.warmpath.extproc.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmpath.config.v1.Mode;
import dev.warmpath.extproc.annotate.AnnotationPlan;
import dev.warmpath.extproc.annotate.AnnotationPlans;
import dev.warmpath.extproc.annotate.Boundary;
import dev.warmpath.extproc.annotate.PaddingDecision;
import dev.warmpath.extproc.annotate.PayingMarkers;
import dev.warmpath.extproc.exchange.Plans.End;
import dev.warmpath.extproc.ledger.Shadow;
import dev.warmpath.extproc.pick.EndpointState;
import dev.warmpath.extproc.pick.EndpointStats;
import dev.warmpath.extproc.pick.Pick;
import dev.warmpath.extproc.pick.PickSettings;
import dev.warmpath.extproc.pick.Plan;
import dev.warmpath.extproc.pick.PoolPicker;
import dev.warmpath.extproc.pick.PrefixBlocks;
import dev.warmpath.extproc.prefix.Scope;
import dev.warmpath.extproc.prompt.Dialect;
import dev.warmpath.extproc.provider.PriceFactors;
import dev.warmpath.extproc.usage.Usage;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PlansTest {
  private static final long INCARNATION = 7;
  private static final int MAX_EXCHANGES = 3;
  private static final long SECOND = 1_000_000_000L;
  private static final long PLAN_TTL = 60 * SECOND;
  private static final long SETTLE = 2 * SECOND;
  private static final RouteEntry ROUTE =
      new RouteEntry(
          "messages",
          "/",
          Map.of(),
          new RouteEntry.ProviderTarget(
              "anthropic",
              "anthropic",
              "scope",
              RouteEntry.Credential.CONFIGURED,
              RouteEntry.Padding.NONE),
          Dialect.ANTHROPIC_MESSAGES,
          "",
          Mode.ACTIVE,
          100,
          RouteEntry.Repair.NONE,
          Mode.OFF);

  private static final int PROMPT_TOKENS = 100;
  private static final String ENGINE = "10.0.0.1:8001";
  private static final int EJECTING_FAILURES = PickSettings.DEFAULTS.ejection().afterFailures();
  private static final RouteEntry POOL_ROUTE =
      new RouteEntry(
          "chat",
          "/",
          Map.of(),
          new RouteEntry.PoolTarget("engines", false),
          Dialect.OPENAI_CHAT,
          "",
          Mode.ACTIVE,
          100,
          RouteEntry.Repair.NONE,
          Mode.OFF);

  private final PoolPicker picker = new PoolPicker(PickSettings.DEFAULTS);
  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private long lastPrompt;
  private long markedNanos;
  private @Nullable AnnotationPlan markers;
  private final List<Settled> settled = new ArrayList<>();
  private final Rejections rejections = new Rejections();
  private final PayingMarkers payingMarkers = new PayingMarkers(64);
  private final Plans plans =
      new Plans(
          INCARNATION,
          new Limits(1 << 20, 1 << 20, MAX_EXCHANGES, PLAN_TTL, SETTLE),
          Map.of("engines", picker),
          new ExchangeMetrics(registry, 10),
          payingMarkers,
          rejections,
          new FirstBytes(),
          (plan, usage, end, _) -> settled.add(new Settled(plan, usage, end)));

  private record Settled(ExchangePlan plan, Usage usage, End end) {}

  private ExchangePlan open() {
    return open(true);
  }

  private ExchangePlan open(boolean fieldIsOurs) {
    return open(ROUTE, fieldIsOurs);
  }

  private ExchangePlan open(RouteEntry route, boolean fieldIsOurs) {
    return open(route, fieldIsOurs, null);
  }

  /** A request to the pool's one engine, of a prompt that is its own. */
  private ExchangePlan openInPool(long nowNanos) {
    picker.endpoints(List.of(EndpointState.of(ENGINE)), nowNanos);
    var prompt = new PrefixBlocks().add(++lastPrompt, PROMPT_TOKENS).promptTokens(PROMPT_TOKENS);
    return open(POOL_ROUTE, true, picker.dispatch(prompt, nowNanos, new Pick()));
  }

  private ExchangePlan open(RouteEntry route, boolean fieldIsOurs, @Nullable Plan dispatch) {
    var plan =
        new ExchangePlan(
            plans.nextId(),
            new ExchangePlan.Decided(
                route,
                Dialect.ANTHROPIC_MESSAGES,
                "",
                new Scope(Scope.Lane.PROVIDER, "scope", "model"),
                true,
                true,
                false,
                fieldIsOurs ? List.of("cache_control") : List.of(),
                0,
                0,
                100,
                400,
                markers,
                new Shadow(100, 0, 0, 0, 0, 0)),
            dispatch,
            dispatch == null ? new String[0] : new String[] {ENGINE},
            0);
    plans.opened(plan);
    return plan;
  }

  private static Outcome seen(ExchangePlan plan, int status, boolean cut, boolean end) {
    return outcome(plan, Outcome.Source.OBSERVER, status, null, "", cut, end);
  }

  private static Outcome outcome(
      ExchangePlan plan,
      Outcome.Source source,
      int status,
      @Nullable Usage usage,
      String rejectedField,
      boolean cut,
      boolean end) {
    return new Outcome(
        plan.id(),
        source,
        "10.0.0.1:443",
        "anthropic",
        status,
        1,
        null,
        usage,
        rejectedField,
        cut,
        end);
  }

  private double expired() {
    return registry.get("warmpath.plans.expired").counter().count();
  }

  private Usage settledWith(RouteEntry route, Usage reported) {
    ExchangePlan plan = open(route, true);
    plans.observed(outcome(plan, Outcome.Source.OBSERVER, 200, reported, "", false, true), SECOND);
    plans.streamEnded(plan, false, SECOND);
    return settled.getLast().usage();
  }

  @Test
  void usage_poolThatHasToldReadsLeavesThemOut_nothingWasRead() {
    Usage withoutReads = Usage.included(1_000, -1, -1, 5);
    RouteEntry pool =
        new RouteEntry(
            "chat",
            "/",
            Map.of(),
            new RouteEntry.PoolTarget("engines", false),
            Dialect.OPENAI_CHAT,
            "",
            Mode.ACTIVE,
            100,
            RouteEntry.Repair.NONE,
            Mode.OFF);

    assertThat(settledWith(pool, withoutReads).readTokens())
        .as("may not tell at all")
        .isEqualTo(-1);
    assertThat(settledWith(pool, Usage.included(1_000, 400, 0, 5)).readTokens()).isEqualTo(400);
    Usage afterwards = settledWith(pool, withoutReads);
    assertThat(afterwards.readTokens()).isZero();
    assertThat(afterwards.uncachedTokens()).isEqualTo(1_000);
    assertThat(afterwards.outputTokens()).isEqualTo(5);
    assertThat(settledWith(pool, Usage.UNKNOWN)).isEqualTo(Usage.UNKNOWN);
    assertThat(settledWith(ROUTE, withoutReads).readTokens()).as("a provider").isEqualTo(-1);
  }

  /** What is chosen for a prompt that comes again a second after a plan for it. */
  private PayingMarkers.Chosen chooseAgain() {
    var offer = new PayingMarkers.Offer();
    offer.clear(300);
    offer.end(7);
    offer.boundary(Boundary.SYSTEM, 4_000, 1);
    offer.mayMark(Boundary.SYSTEM, 300, 3600);
    var chosen = new PayingMarkers.Chosen();
    markedNanos += SECOND;
    payingMarkers.choose(
        "r", "s", offer, 4, 20, new PriceFactors(0.1, 1.25, 2, null), markedNanos, chosen);
    return chosen;
  }

  /** A request that marks it. */
  private ExchangePlan openMarked() {
    PayingMarkers.Chosen chosen = chooseAgain();
    assertThat(chosen.seconds).contains(300);
    markers = AnnotationPlans.of(chosen);
    return open();
  }

  private static Outcome firstByte(ExchangePlan plan) {
    return new Outcome(
        plan.id(), Outcome.Source.OBSERVER, "", "", 200, 1, SECOND, null, "", false, false);
  }

  @Test
  void firstByte_ofAMarkedRequest_makesReadableWhatItWrote() {
    ExchangePlan plan = openMarked();
    assertThat(chooseAgain().written).contains(true);

    plans.observed(firstByte(plan), SECOND);

    assertThat(chooseAgain().expectsRead).isTrue();
  }

  @Test
  void end_ofAMarkedRequestWhoseFirstByteNobodySaw_makesReadableWhatItWrote() {
    ExchangePlan plan = openMarked();

    plans.observed(seen(plan, 200, false, true), SECOND);
    plans.streamEnded(plan, false, SECOND);

    assertThat(chooseAgain().expectsRead).isTrue();
  }

  @Test
  void end_ofAMarkedRequestThatFailed_hasWrittenNothing() {
    ExchangePlan plan = openMarked();

    plans.observed(seen(plan, 529, false, true), SECOND);
    plans.streamEnded(plan, false, SECOND);

    PayingMarkers.Chosen next = chooseAgain();
    assertThat(next.written).doesNotContain(true);
    assertThat(next.seconds).contains(300);
  }

  /** What is chosen for a short prompt that comes again and again. */
  private PayingMarkers.Chosen choosePadded(int times) {
    var chosen = new PayingMarkers.Chosen();
    for (int i = 0; i < times; i++) {
      var offer = new PayingMarkers.Offer();
      offer.clear(300);
      offer.end(8);
      offer.boundary(Boundary.SYSTEM, 420, 1);
      offer.mayMark(Boundary.SYSTEM, 300, 3600);
      offer.padding(240, 512, true, false);
      markedNanos += 30 * SECOND;
      payingMarkers.choose(
          "r", "s", offer, 4, 20, new PriceFactors(0.1, 1.25, 2, null), markedNanos, chosen);
      payingMarkers.answered(chosen.keys, chosen.marked(), markedNanos);
    }
    return chosen;
  }

  @Test
  void usage_neitherReadNorWrittenThoughLengthened_endsIt() {
    PayingMarkers.Chosen chosen = choosePadded(20);
    assertThat(chosen.paddingDecision).isEqualTo(PaddingDecision.PADDED);
    for (Usage usage : List.of(Usage.of(0, 700, 0, 100, 5), Usage.of(0, 0, 0, 800, 5))) {
      markers = AnnotationPlans.padded(chosen, 8);
      ExchangePlan plan = open();
      plans.observed(
          outcome(plan, Outcome.Source.OBSERVER, 200, usage, "", false, true), markedNanos);
      plans.streamEnded(plan, false, markedNanos);
      assertThat(choosePadded(1).paddingDecision)
          .isEqualTo(usage.writtenTokens() > 0 ? PaddingDecision.PADDED : PaddingDecision.STOPPED);
    }
  }

  /** Such as a prompt that is too long for the model's window: no field of ours is named. */
  @ParameterizedTest
  @CsvSource({"400, STOPPED", "422, STOPPED", "429, PADDED", "529, PADDED"})
  void status_ofALengthenedRequest_refusalEndsItWhateverItNames(
      int status, PaddingDecision decision) {
    markers = AnnotationPlans.padded(choosePadded(20), 8);
    ExchangePlan plan = open();

    plans.observed(seen(plan, status, false, true), markedNanos);
    plans.streamEnded(plan, false, markedNanos);

    assertThat(choosePadded(1).paddingDecision).isEqualTo(decision);
  }

  @Test
  void usage_nothingReadWhereSomethingWasHeld_isBelieved() {
    plans.observed(firstByte(openMarked()), SECOND);
    ExchangePlan second = openMarked();
    assertThat(Objects.requireNonNull(markers).expectsRead()).isTrue();

    plans.observed(
        outcome(second, Outcome.Source.OBSERVER, 200, Usage.of(0, 0, 0, 4_000, 5), "", false, true),
        SECOND);
    plans.streamEnded(second, false, markedNanos);

    assertThat(chooseAgain().expectsRead).isFalse();
  }

  @Test
  void observedThenStreamEnds_settlesOnce() {
    ExchangePlan plan = open();
    plans.observed(seen(plan, 200, false, true), SECOND);
    assertThat(settled).isEmpty();
    plans.streamEnded(plan, false, SECOND);
    plans.observed(seen(plan, 500, false, true), SECOND);
    plans.sweep(10 * SECOND);

    assertThat(settled).extracting(Settled::end).containsExactly(End.SERVED);
    assertThat(plans.size()).isZero();
  }

  @Test
  void streamEndsThenObserved_settlesOnce() {
    ExchangePlan plan = open();
    plans.streamEnded(plan, false, SECOND);
    assertThat(settled).isEmpty();
    plans.observed(seen(plan, 400, false, true), SECOND);

    assertThat(settled).extracting(Settled::end).containsExactly(End.CLIENT_ERROR);
  }

  @Test
  void brokeOff_waitsForTheAccessLogToSayWhoBrokeIt() {
    ExchangePlan plan = open();
    plans.streamEnded(plan, false, SECOND);
    plans.observed(seen(plan, 200, true, true), SECOND);
    assertThat(settled).isEmpty();
    plans.observed(outcome(plan, Outcome.Source.ACCESS_LOG, 200, null, "", true, true), SECOND);

    assertThat(settled).extracting(Settled::end).containsExactly(End.ENDPOINT_LOST);
  }

  @Test
  void sweep_neverObserved_settlesAsUnknownWhenItsTimeIsUp() {
    plans.streamEnded(open(), false, 0);
    plans.sweep(SETTLE);
    assertThat(settled).isEmpty();
    plans.sweep(SETTLE + 1);

    assertThat(settled).extracting(Settled::end).containsExactly(End.UNKNOWN);
    assertThat(expired()).isZero();
  }

  @Test
  void sweep_connectionLost_waitsForItsOwnTimeAndIsCounted() {
    plans.streamEnded(open(), true, 0);
    plans.sweep(SETTLE + 1);
    assertThat(settled).isEmpty();
    plans.sweep(PLAN_TTL + 1);

    assertThat(settled).hasSize(1);
    assertThat(expired()).isEqualTo(1);
  }

  @Test
  void sweep_streamEndedAlone_waitsForTheObserver() {
    ExchangePlan seen = openInPool(0);
    plans.streamEndedAlone(seen, 0);
    plans.streamEndedAlone(openInPool(0), 0);
    plans.sweep(SETTLE + 1);
    assertThat(settled).isEmpty();
    assertThat(engine(SETTLE + 1).requestsInFlight()).as("in flight until then").isEqualTo(2);

    Usage usage = Usage.of(40, 0, 0, 60, 5);
    plans.observed(outcome(seen, Outcome.Source.OBSERVER, 200, usage, "", false, true), 5 * SETTLE);
    assertThat(settled).extracting(Settled::usage).containsExactly(usage);
    plans.sweep(PLAN_TTL + 1);
    assertThat(settled).hasSize(2);
    assertThat(expired()).isEqualTo(1);
  }

  @Test
  void sweep_streamEndedAloneAndObserverSawItBreakOff_waitsNoLongerThanForTheLog() {
    for (boolean isFirst : new boolean[] {true, false}) {
      settled.clear();
      ExchangePlan plan = open();
      if (isFirst) {
        plans.observed(seen(plan, 200, true, true), SETTLE);
      }
      plans.streamEndedAlone(plan, SETTLE);
      plans.observed(seen(plan, 200, true, true), SETTLE);
      plans.sweep(2 * SETTLE);
      assertThat(settled).isEmpty();
      plans.sweep(2 * SETTLE + 1);
      assertThat(settled).hasSize(1);
    }
    assertThat(expired()).isZero();
  }

  @Test
  void streamEnded_moreWithoutStreamThanTheBound_oldestAreSettledAndCounted() {
    var all = new ArrayList<ExchangePlan>();
    for (int i = 0; i < MAX_EXCHANGES + 2; i++) {
      ExchangePlan plan = open();
      all.add(plan);
      plans.streamEnded(plan, true, i);
    }

    assertThat(settled).extracting(Settled::plan).containsExactly(all.get(0), all.get(1));
    assertThat(plans.size()).isEqualTo(MAX_EXCHANGES);
    assertThat(expired()).isEqualTo(2);
  }

  @Test
  void streamEnded_settledInBetween_makeRoom() {
    for (int i = 0; i < 10 * MAX_EXCHANGES; i++) {
      ExchangePlan plan = open();
      plans.streamEnded(plan, true, i);
      plans.observed(seen(plan, 200, false, true), i);
    }

    assertThat(settled).hasSize(10 * MAX_EXCHANGES);
    assertThat(expired()).isZero();
  }

  @Test
  void usage_ofBothSources_theObserverCountsAndTheLogFillsIn() {
    ExchangePlan plan = open();
    plans.observed(
        outcome(
            plan, Outcome.Source.ACCESS_LOG, 200, Usage.included(999, 99, -1, 9), "", false, true),
        SECOND);
    plans.observed(
        outcome(plan, Outcome.Source.OBSERVER, 200, Usage.of(40, 0, 0, 60, -1), "", false, true),
        SECOND);
    plans.streamEnded(plan, false, SECOND);

    assertThat(settled)
        .singleElement()
        .satisfies(
            one -> {
              assertThat(one.usage().readTokens()).isEqualTo(40);
              assertThat(one.usage().inputTokens()).isEqualTo(100);
            });
  }

  @Test
  void rejectedField_ofAnEditedBody_isNotAddedAgain() {
    ExchangePlan plan = open();
    plans.observed(
        outcome(plan, Outcome.Source.OBSERVER, 400, null, "cache_control", false, true), SECOND);
    plans.streamEnded(plan, false, SECOND);

    assertThat(
            rejections.allows(
                new Rejections.Field(
                    "anthropic", Dialect.ANTHROPIC_MESSAGES, "model", "cache_control"),
                SECOND))
        .isFalse();
    assertThat(
            rejections.allows(
                new Rejections.Field(
                    "anthropic", Dialect.ANTHROPIC_MESSAGES, "other", "cache_control"),
                SECOND))
        .isTrue();
  }

  @Test
  void rejectedField_thatTheClientSentTooOrWithAnotherStatus_isNotOurs() {
    ExchangePlan clients = open(false);
    plans.observed(
        outcome(clients, Outcome.Source.OBSERVER, 400, null, "cache_control", false, true), 0);
    plans.streamEnded(clients, false, 0);
    ExchangePlan unavailable = open();
    plans.observed(
        outcome(unavailable, Outcome.Source.OBSERVER, 503, null, "cache_control", false, true), 0);
    plans.streamEnded(unavailable, false, 0);

    assertThat(settled).hasSize(2);
    assertThat(
            rejections.allows(
                new Rejections.Field(
                    "anthropic", Dialect.ANTHROPIC_MESSAGES, "model", "cache_control"),
                0))
        .isTrue();
  }

  @Test
  void observed_planOfAnotherIncarnationOrSettled_isDropped() {
    ExchangePlan plan = open();
    plans.streamEnded(plan, false, 0);
    plans.observed(seen(plan, 200, false, true), 0);
    plans.observed(seen(plan, 200, false, true), 0);

    assertThat(settled).hasSize(1);
  }

  // What an end tells of an engine.

  private static Outcome atEngine(
      ExchangePlan plan,
      Outcome.Source source,
      int status,
      @Nullable Long firstByteAtNanos,
      boolean cut,
      boolean end) {
    return new Outcome(
        plan.id(), source, ENGINE, "engines", status, 1, firstByteAtNanos, null, "", cut, end);
  }

  /** The engine sent its headers, then nothing; the client left. */
  private void clientLeavesBeforeTheFirstByte(ExchangePlan plan, long nowNanos) {
    plans.observed(atEngine(plan, Outcome.Source.OBSERVER, 200, null, true, true), nowNanos);
    plans.observed(atEngine(plan, Outcome.Source.ACCESS_LOG, 0, null, false, true), nowNanos);
    plans.streamEnded(plan, false, nowNanos);
  }

  private void fails(ExchangePlan plan, long nowNanos) {
    plans.observed(atEngine(plan, Outcome.Source.OBSERVER, 503, null, false, true), nowNanos);
    plans.streamEnded(plan, false, nowNanos);
  }

  private EndpointStats engine(long nowNanos) {
    return picker.stats(nowNanos).endpoints().getFirst();
  }

  @Test
  void clientLeft_beforeTheFirstByte_isUnknownAndNothingIsBelieved() {
    clientLeavesBeforeTheFirstByte(openInPool(0), 8 * SECOND);

    assertThat(settled).extracting(Settled::end).containsExactly(End.UNKNOWN);
    assertThat(engine(8 * SECOND).believedTokens()).isZero();
    assertThat(engine(8 * SECOND).requestsInFlight()).isZero();
  }

  @Test
  void clientLeft_beforeTheFirstByte_failuresInARowGoOn() {
    for (int i = 1; i < EJECTING_FAILURES; i++) {
      fails(openInPool(i), i);
    }
    clientLeavesBeforeTheFirstByte(openInPool(SECOND), 9 * SECOND);

    assertThat(engine(9 * SECOND).failuresInRow()).isEqualTo(EJECTING_FAILURES - 1);
  }

  @Test
  void clientLeft_beforeTheFirstByteOfATrial_engineStaysEjected() {
    for (int i = 1; i <= EJECTING_FAILURES; i++) {
      fails(openInPool(i), i);
    }
    assertThat(engine(SECOND).ejected()).isTrue();
    clientLeavesBeforeTheFirstByte(openInPool(60 * SECOND), 68 * SECOND);

    assertThat(engine(68 * SECOND).ejected()).isTrue();
  }

  @Test
  void clientLeft_afterTheFirstByte_isServed() {
    fails(openInPool(0), 0);
    ExchangePlan plan = openInPool(SECOND);
    plans.observed(
        atEngine(plan, Outcome.Source.OBSERVER, 200, 2 * SECOND, false, false), 2 * SECOND);
    clientLeavesBeforeTheEnd(plan, 3 * SECOND);

    assertThat(settled).extracting(Settled::end).endsWith(End.SERVED);
    assertThat(engine(3 * SECOND).failuresInRow()).isZero();
    assertThat(engine(3 * SECOND).believedTokens()).isEqualTo(PROMPT_TOKENS);
  }

  private void clientLeavesBeforeTheEnd(ExchangePlan plan, long nowNanos) {
    plans.observed(atEngine(plan, Outcome.Source.OBSERVER, 200, null, true, true), nowNanos);
    plans.observed(atEngine(plan, Outcome.Source.ACCESS_LOG, 200, null, false, true), nowNanos);
    plans.streamEnded(plan, false, nowNanos);
  }

  @Test
  void brokeOff_beforeTheFirstByteAndTheLogNeverCame_isUnknown() {
    ExchangePlan plan = openInPool(0);
    plans.observed(atEngine(plan, Outcome.Source.OBSERVER, 200, null, true, true), SECOND);
    plans.streamEnded(plan, false, SECOND);
    plans.sweep(SECOND + SETTLE + 1);

    assertThat(settled).extracting(Settled::end).containsExactly(End.UNKNOWN);
  }

  @Test
  void endedWhole_withoutABody_isServed() {
    fails(openInPool(0), 0);
    ExchangePlan plan = openInPool(SECOND);
    plans.observed(atEngine(plan, Outcome.Source.OBSERVER, 204, null, false, true), SECOND);
    plans.streamEnded(plan, false, SECOND);

    assertThat(settled).extracting(Settled::end).endsWith(End.SERVED);
    assertThat(engine(SECOND).failuresInRow()).isZero();
  }

  @Test
  void logged_withoutAnObserver_isServed() {
    ExchangePlan plan = openInPool(0);
    plans.observed(atEngine(plan, Outcome.Source.ACCESS_LOG, 200, null, false, true), SECOND);
    plans.streamEnded(plan, false, SECOND);
    plans.sweep(SECOND + SETTLE + 1);

    assertThat(settled).extracting(Settled::end).containsExactly(End.SERVED);
  }

  @Test
  void begun_andNoEndWasSeen_isUnknown() {
    ExchangePlan plan = openInPool(0);
    plans.observed(atEngine(plan, Outcome.Source.OBSERVER, 200, null, false, false), SECOND);
    plans.streamEnded(plan, false, SECOND);
    plans.sweep(SECOND + SETTLE + 1);

    assertThat(settled).extracting(Settled::end).containsExactly(End.UNKNOWN);
  }
}

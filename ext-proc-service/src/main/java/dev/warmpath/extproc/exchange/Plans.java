package dev.warmpath.extproc.exchange;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.warmpath.extproc.annotate.AnnotationPlan;
import dev.warmpath.extproc.annotate.PayingMarkers;
import dev.warmpath.extproc.exchange.RouteEntry.PoolTarget;
import dev.warmpath.extproc.exchange.RouteEntry.ProviderTarget;
import dev.warmpath.extproc.pick.PoolPicker;
import dev.warmpath.extproc.usage.Usage;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The exchanges that this replica planned, from plan to account. An exchange ends with its request
 * stream; then it is settled as soon as its outcome is complete, or a little later without. A
 * stream that ended with its connection tells nothing, nor does one that ended before its response:
 * that exchange may go on in Envoy, and is settled when it is observed or when its time runs out.
 *
 * <p>Thread-safe. Bounded: {@link Limits#maxExchanges} open streams make as many plans, and those
 * without a stream are bounded by the same number, oldest settled first.
 */
public final class Plans {

  /** Statuses by which an upstream refuses what a body says. */
  private static final Set<Integer> REJECTING = Set.of(400, 422);

  private static final int FIRST_CLIENT_ERROR = 400;
  private static final int FIRST_SERVER_ERROR = 500;

  /** Told once for each exchange, when nothing more will be learned of it. */
  interface Settlement {
    void settled(ExchangePlan plan, Usage usage, End end, long nowNanos);
  }

  /** How an exchange ended. */
  enum End {
    SERVED("served"),
    CLIENT_ERROR("client_error"),
    ENDPOINT_FAILED("endpoint_failed"),
    ENDPOINT_LOST("endpoint_lost"),
    UNKNOWN("unknown");

    private final String label;

    End(String label) {
      this.label = label;
    }

    String label() {
      return label;
    }
  }

  private final long incarnation;
  private final Limits limits;
  private final Map<String, PoolPicker> pickers;
  private final ExchangeMetrics metrics;
  private final PayingMarkers payingMarkers;
  private final Rejections rejections;
  private final Settlement settlement;
  private final FirstBytes firstBytes;

  /** Clusters of pools whose engines have said that they read something. */
  private final Set<String> tellReads = ConcurrentHashMap.newKeySet();

  private final AtomicLong lastNumber = new AtomicLong();
  private final ConcurrentHashMap<Long, ExchangePlan> open = new ConcurrentHashMap<>();

  /** Those of {@link #open} without a stream, oldest first. Its lock is taken last. */
  @GuardedBy("itself")
  private final LinkedHashSet<ExchangePlan> streamless = new LinkedHashSet<>();

  Plans(
      long incarnation,
      Limits limits,
      Map<String, PoolPicker> pickers,
      ExchangeMetrics metrics,
      PayingMarkers payingMarkers,
      Rejections rejections,
      FirstBytes firstBytes,
      Settlement settlement) {
    this.incarnation = incarnation;
    this.limits = limits;
    this.pickers = pickers;
    this.metrics = metrics;
    this.payingMarkers = payingMarkers;
    this.rejections = rejections;
    this.firstBytes = firstBytes;
    this.settlement = settlement;
  }

  /** Random number of this process, the first half of its plans' ids. */
  long incarnation() {
    return incarnation;
  }

  /** Plans that are not settled. */
  int size() {
    return open.size();
  }

  PlanId nextId() {
    return new PlanId(incarnation, lastNumber.incrementAndGet());
  }

  void opened(ExchangePlan plan) {
    open.put(plan.id().number(), plan);
  }

  /**
   * The request stream of a plan ended, and with it the exchange, unless its connection was lost.
   */
  void streamEnded(ExchangePlan plan, boolean connectionLost, long nowNanos) {
    synchronized (plan) {
      plan.streamEnded = true;
      plan.streamEndedNanos = nowNanos;
      plan.connectionLost = connectionLost;
      PoolPicker picker = picker(plan);
      if (connectionLost && picker != null && plan.dispatch() != null) {
        picker.unobserved(plan.dispatch(), nowNanos);
      }
      settleIfComplete(plan, nowNanos);
      if (!plan.settled) {
        synchronized (streamless) {
          streamless.add(plan);
        }
      }
    }
    settleExcess(nowNanos);
  }

  /**
   * The request stream of a plan ended while its response was passing: the exchange did, or Envoy
   * gave up waiting for an answer and leads it on. The observer has a stream of its own and tells.
   */
  void streamEndedAlone(ExchangePlan plan, long nowNanos) {
    synchronized (plan) {
      plan.endedAlone = !plan.observed && !plan.logged;
    }
    // Outside of the monitor: others' are taken in there.
    streamEnded(plan, /* connectionLost= */ false, nowNanos);
  }

  /** Settles the oldest without a stream, as long as there are too many of them. */
  private void settleExcess(long nowNanos) {
    for (ExchangePlan plan = excess(); plan != null; plan = excess()) {
      synchronized (plan) {
        if (!plan.settled) {
          metrics.planExpired();
          settle(plan, nowNanos);
        }
      }
    }
  }

  private @Nullable ExchangePlan excess() {
    synchronized (streamless) {
      return streamless.size() > limits.maxExchanges() ? streamless.removeFirst() : null;
    }
  }

  /** Takes what an observer saw; what is not about an open plan is dropped. */
  void observed(Outcome outcome, long nowNanos) {
    ExchangePlan plan = open.get(outcome.planId().number());
    if (plan == null) {
      return;
    }
    synchronized (plan) {
      if (!plan.settled) {
        merge(plan, outcome, nowNanos);
        settleIfComplete(plan, nowNanos);
      }
    }
  }

  private void merge(ExchangePlan plan, Outcome outcome, long nowNanos) {
    if (!outcome.upstreamAddress().isEmpty()) {
      plan.upstreamAddress = outcome.upstreamAddress();
    }
    if (!outcome.upstreamCluster().isEmpty() && plan.upstreamCluster.isEmpty()) {
      plan.upstreamCluster = outcome.upstreamCluster();
      if (!plan.upstreamCluster.equals(plan.route().target().cluster())) {
        metrics.clusterMismatch();
      }
    }
    if (outcome.status() != 0) {
      plan.status = outcome.status();
    }
    failedAttempts(plan, outcome.attempts(), nowNanos);
    Long firstByteAtNanos = outcome.firstByteAtNanos();
    if (firstByteAtNanos != null && !plan.firstByteSeen && plan.status < FIRST_CLIENT_ERROR) {
      plan.firstByteSeen = true;
      long nanos = Math.max(0, firstByteAtNanos - plan.plannedNanos());
      metrics.firstByte(plan.route().id(), nanos);
      AnnotationPlan markers = plan.decided().markers();
      if (markers != null) {
        payingMarkers.answered(markers.keys(), markers.markedKeys(), nowNanos);
      }
      PoolPicker picker = picker(plan);
      if (picker != null && plan.dispatch() != null) {
        picker.firstByte(plan.dispatch(), plan.upstreamAddress, nanos, nowNanos);
        firstBytes.seen(plan.route().target().cluster(), plan.upstreamAddress, nanos);
      }
    }
    Usage usage = outcome.usage();
    if (usage != null && !usage.isUnknown()) {
      Usage known = plan.usage;
      boolean first = outcome.source() == Outcome.Source.OBSERVER || known == null;
      plan.usage =
          known == null ? usage : first ? usage.filledFrom(known) : known.filledFrom(usage);
    }
    if (!outcome.rejectedField().isEmpty()) {
      plan.rejectedField = outcome.rejectedField();
    }
    if (outcome.end()) {
      switch (outcome.source()) {
        case OBSERVER -> {
          plan.observed = true;
          plan.brokeOff |= outcome.cut();
        }
        case ACCESS_LOG -> {
          plan.logged = true;
          plan.cut |= outcome.cut();
        }
      }
      if (plan.endedAlone) {
        // What hasn't been told by now is only late.
        plan.endedAlone = false;
        plan.streamEndedNanos = nowNanos;
      }
    }
  }

  /** Every attempt but the last failed, in the order in which the endpoints were listed. */
  private void failedAttempts(ExchangePlan plan, int attempts, long nowNanos) {
    PoolPicker picker = picker(plan);
    if (picker == null || plan.dispatch() == null || !plan.applied()) {
      return;
    }
    for (int i = plan.attemptsSeen; i < attempts - 1 && i < plan.listed().length; i++) {
      String address = plan.listed()[i];
      if (!address.equals(plan.upstreamAddress)) {
        picker.attemptFailed(plan.dispatch(), address, nowNanos);
        firstBytes.failed(plan.route().target().cluster(), address);
      }
    }
    plan.attemptsSeen = Math.max(plan.attemptsSeen, attempts - 1);
  }

  /**
   * Settles what waits too long: exchanges whose outcome did not come, and those that may have gone
   * on without their stream. To be called several times a second.
   */
  void sweep(long nowNanos) {
    for (ExchangePlan plan : open.values()) {
      synchronized (plan) {
        if (plan.settled || !plan.streamEnded) {
          continue;
        }
        long waitedNanos = nowNanos - plan.streamEndedNanos;
        boolean mayGoOn = plan.connectionLost || plan.endedAlone;
        boolean timeIsUp = waitedNanos > (mayGoOn ? limits.planTtlNanos() : limits.settleNanos());
        if (timeIsUp) {
          if (mayGoOn) {
            metrics.planExpired();
          }
          settle(plan, nowNanos);
        }
      }
    }
    for (PoolPicker picker : pickers.values()) {
      picker.overdue(nowNanos);
    }
  }

  /**
   * An observer that saw the response's end knows all. One that saw it break off doesn't know who
   * broke it, the client or the upstream: that the access log tells.
   */
  private void settleIfComplete(ExchangePlan plan, long nowNanos) {
    boolean complete = plan.observed && (!plan.brokeOff || plan.logged);
    if (complete && plan.streamEnded) {
      settle(plan, nowNanos);
    }
  }

  private void settle(ExchangePlan plan, long nowNanos) {
    plan.settled = true;
    open.remove(plan.id().number());
    synchronized (streamless) {
      streamless.remove(plan);
    }
    End end = end(plan);
    Usage usage = completed(plan);
    PoolPicker picker = picker(plan);
    if (picker != null && plan.dispatch() != null) {
      picker.usage(plan.dispatch(), usage.readTokens(), usage.inputTokens());
      var outcome = poolOutcome(end, plan.upstreamAddress);
      picker.end(plan.dispatch(), outcome, nowNanos);
      if (outcome == dev.warmpath.extproc.pick.Outcome.ENDPOINT_FAILED) {
        firstBytes.failed(plan.route().target().cluster(), plan.upstreamAddress);
      }
    }
    String refused =
        REJECTING.contains(plan.status) && (plan.decided().edited() || plan.decided().asksUsage())
            ? Rejections.ours(plan.rejectedField, plan.decided().addedFields())
            : "";
    if (!refused.isEmpty()) {
      metrics.rejected(plan.route().target().cluster(), refused);
      rejections.rejected(
          new Rejections.Field(
              plan.route().target().cluster(), plan.dialect(), plan.model(), refused),
          nowNanos);
    }
    learn(plan, end, usage, nowNanos);
    metrics.ended(plan.route().id(), end.label());
    metrics.used(plan.route().id(), usage);
    settlement.settled(plan, usage, end, nowNanos);
  }

  /** What the provider's cache holds by now of what was written, and of what was believed. */
  private void learn(ExchangePlan plan, End end, Usage usage, long nowNanos) {
    AnnotationPlan markers = plan.decided().markers();
    if (markers == null) {
      return;
    }
    switch (end) {
      case SERVED -> {
        if (!plan.firstByteSeen) {
          payingMarkers.answered(markers.keys(), markers.markedKeys(), nowNanos);
        }
      }
      case CLIENT_ERROR, ENDPOINT_FAILED -> payingMarkers.failed(markers.markedKeys(), nowNanos);
      case ENDPOINT_LOST, UNKNOWN -> {}
    }
    if (plan.decided().edited() && markers.padded().tokens() > 0) {
      learnOfPadding(plan, markers, usage);
    }
    if (plan.applied() && usage.readTokens() == 0 && markers.expectsRead()) {
      payingMarkers.readNothing(markers.keys(), nowNanos);
    }
  }

  /**
   * Whether a system prompt that was lengthened is to be lengthened again. A refusal ends it
   * whatever it names: a prompt that is too long for the window names no field of ours.
   */
  private void learnOfPadding(ExchangePlan plan, AnnotationPlan markers, Usage usage) {
    long key = markers.padded().key();
    boolean isRefused = REJECTING.contains(plan.status);
    boolean isMissed =
        usage.readTokens() == 0 && usage.writtenTokens() == 0 && isMarked(markers, key);
    if (isRefused || isMissed) {
      payingMarkers.paddingMissed(key);
      metrics.annotated(plan.route().id(), "padding", isRefused ? "refused" : "missed");
    }
  }

  private static boolean isMarked(AnnotationPlan markers, long key) {
    for (long marked : markers.markedKeys()) {
      if (marked == key) {
        return true;
      }
    }
    return false;
  }

  /**
   * An engine that leaves out what it read may have read nothing, or may not tell at all (vLLM
   * without {@code --enable-prompt-tokens-details}). It is the former once its pool has told.
   */
  private Usage completed(ExchangePlan plan) {
    Usage usage = plan.usage == null ? Usage.UNKNOWN : plan.usage;
    if (!(plan.route().target() instanceof PoolTarget pool)) {
      return usage;
    }
    if (usage.readTokens() > 0) {
      tellReads.add(pool.cluster());
    }
    return tellReads.contains(pool.cluster()) ? usage.orNothingRead() : usage;
  }

  private static End end(ExchangePlan plan) {
    if (plan.cut) {
      return End.ENDPOINT_LOST;
    }
    if (plan.status >= FIRST_SERVER_ERROR) {
      return End.ENDPOINT_FAILED;
    }
    if (plan.status >= FIRST_CLIENT_ERROR) {
      return End.CLIENT_ERROR;
    }
    boolean served = plan.status != 0 && (plan.firstByteSeen || endedWhole(plan));
    return served ? End.SERVED : End.UNKNOWN;
  }

  /**
   * Engines send their headers on acceptance, so a good status says nothing of a response that
   * ended before its first byte. The access log speaks for an observer that was away.
   */
  private static boolean endedWhole(ExchangePlan plan) {
    return plan.observed ? !plan.brokeOff : plan.logged;
  }

  /** An endpoint is to blame only when the exchange reached one: Envoy answers 5xx itself, too. */
  private static dev.warmpath.extproc.pick.Outcome poolOutcome(End end, String upstreamAddress) {
    return switch (end) {
      case SERVED -> dev.warmpath.extproc.pick.Outcome.SERVED;
      case ENDPOINT_FAILED, ENDPOINT_LOST ->
          upstreamAddress.isEmpty()
              ? dev.warmpath.extproc.pick.Outcome.UNKNOWN
              : dev.warmpath.extproc.pick.Outcome.ENDPOINT_FAILED;
      case CLIENT_ERROR, UNKNOWN -> dev.warmpath.extproc.pick.Outcome.UNKNOWN;
    };
  }

  private @Nullable PoolPicker picker(ExchangePlan plan) {
    return switch (plan.route().target()) {
      case PoolTarget pool -> pickers.get(pool.cluster());
      case ProviderTarget _ -> null;
    };
  }
}

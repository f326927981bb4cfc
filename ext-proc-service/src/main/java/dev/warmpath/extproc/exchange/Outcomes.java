package dev.warmpath.extproc.exchange;

import java.util.function.Consumer;

/**
 * Brings each outcome to the replica that owns the plan: to our own plans, or onto the fleet
 * stream. Thread-safe.
 */
public final class Outcomes {

  private final Plans plans;
  private final Consumer<Outcome> otherReplicas;

  public Outcomes(Plans plans, Consumer<Outcome> otherReplicas) {
    this.plans = plans;
    this.otherReplicas = otherReplicas;
  }

  /** Seen by this replica. */
  void observed(Outcome outcome, long nowNanos) {
    if (outcome.planId().incarnation() == plans.incarnation()) {
      plans.observed(outcome, nowNanos);
    } else {
      otherReplicas.accept(outcome);
    }
  }

  /** Forwarded to us by another replica; one of nobody's plans is dropped. */
  public void forwarded(Outcome outcome, long nowNanos) {
    if (outcome.planId().incarnation() == plans.incarnation()) {
      plans.observed(outcome, nowNanos);
    }
  }
}

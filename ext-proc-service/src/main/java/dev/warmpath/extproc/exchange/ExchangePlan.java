package dev.warmpath.extproc.exchange;

import dev.warmpath.extproc.annotate.AnnotationPlan;
import dev.warmpath.extproc.ledger.Shadow;
import dev.warmpath.extproc.pick.Plan;
import dev.warmpath.extproc.prefix.Scope;
import dev.warmpath.extproc.prompt.Dialect;
import dev.warmpath.extproc.usage.Usage;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One planned exchange, owned by the replica that planned it: what was decided, and what has been
 * observed since. What was decided is immutable; progress is guarded by this object's monitor,
 * which is taken before the picker's and never the other way round.
 */
final class ExchangePlan {

  /**
   * What was decided about a request.
   *
   * @param route that took it
   * @param dialect of its body
   * @param tenant who sent it; empty: nobody in particular
   * @param scope whose cache it met, with the model as the client named it
   * @param applied whether the decision was carried out, or only recorded
   * @param edited whether the body was changed so that caches are written and found
   * @param asksUsage whether the usage of its stream was asked for, which the client hadn't done
   * @param addedFields members that were added, or would have been, and that the client itself
   *     hadn't sent, so that a refusal of them is about ours
   * @param keyRoot exported key of tools and system prompt; 0: none
   * @param keyConversation exported key up to the first user turn
   * @param promptTokens estimate
   * @param promptTextBytes decoded
   * @param markers what the response is to tell of; null: nothing
   * @param shadow what naive balancing and one pooled cache would have read
   */
  record Decided(
      RouteEntry route,
      Dialect dialect,
      String tenant,
      Scope scope,
      boolean applied,
      boolean edited,
      boolean asksUsage,
      List<String> addedFields,
      long keyRoot,
      long keyConversation,
      int promptTokens,
      int promptTextBytes,
      @Nullable AnnotationPlan markers,
      Shadow shadow) {}

  private final PlanId id;
  private final Decided decided;
  private final long plannedNanos;

  /** The pool's part; null in the provider lane, and when nothing was picked. */
  private final @Nullable Plan dispatch;

  /** Addresses that were listed, best first. */
  private final String[] listed;

  // Guarded by this.
  boolean streamEnded;
  long streamEndedNanos;
  boolean connectionLost;

  /** Its stream ended before its response, and nobody has told that the response did. */
  boolean endedAlone;

  boolean settled;

  /** The observer saw the response end, or break off. */
  boolean observed;

  boolean brokeOff;

  /** The access log has told of it; it also knows whether the upstream cut the response. */
  boolean logged;

  boolean cut;
  boolean firstByteSeen;
  int attemptsSeen;
  int status;
  String upstreamAddress = "";
  String upstreamCluster = "";
  String rejectedField = "";
  @Nullable Usage usage;

  ExchangePlan(
      PlanId id, Decided decided, @Nullable Plan dispatch, String[] listed, long plannedNanos) {
    this.id = id;
    this.decided = decided;
    this.dispatch = dispatch;
    this.listed = listed;
    this.plannedNanos = plannedNanos;
  }

  PlanId id() {
    return id;
  }

  Decided decided() {
    return decided;
  }

  RouteEntry route() {
    return decided.route();
  }

  Dialect dialect() {
    return decided.dialect();
  }

  String model() {
    return decided.scope().model();
  }

  boolean applied() {
    return decided.applied();
  }

  long keyRoot() {
    return decided.keyRoot();
  }

  long keyConversation() {
    return decided.keyConversation();
  }

  long plannedNanos() {
    return plannedNanos;
  }

  @Nullable Plan dispatch() {
    return dispatch;
  }

  String[] listed() {
    return listed;
  }
}

package dev.warmpath.extproc.exchange;

import dev.warmpath.extproc.annotate.AnnotationPlan;
import dev.warmpath.extproc.annotate.AnnotationPlanner;
import dev.warmpath.extproc.annotate.Boundary;
import dev.warmpath.extproc.annotate.CacheSaltPlanner;
import dev.warmpath.extproc.annotate.Decision;
import dev.warmpath.extproc.annotate.PayingMarkers;
import dev.warmpath.extproc.annotate.Splices;
import dev.warmpath.extproc.prefix.PrefixChain;
import dev.warmpath.extproc.prompt.Dialect;
import dev.warmpath.extproc.prompt.Prompt;
import dev.warmpath.extproc.provider.Catalogue;
import org.jspecify.annotations.Nullable;

/**
 * Decides whether a body may be edited at all, and asks the planners how. A body is left alone when
 * a signature covers it, when Envoy would not replace it faithfully (no content-length), when the
 * edit would cross the body limit, and while the upstream refuses what we would add. Thread-safe.
 */
final class Annotator {

  private static final Boundary[] BOUNDARIES = Boundary.values();

  /**
   * What to change.
   *
   * @param splices edits; empty: none
   * @param clientMarkedBlocks prefix blocks up to the client's last marker
   * @param plannedMarkedBlocks prefix blocks up to the last marker of the client or ours
   * @param fieldIsClients the client had sent such a field, too: a refusal may be about its own
   * @param markers what the response is to tell of; null: nothing
   */
  record Edits(
      Splices splices,
      int clientMarkedBlocks,
      int plannedMarkedBlocks,
      boolean fieldIsClients,
      @Nullable AnnotationPlan markers) {
    static final Edits NONE = new Edits(Splices.NONE, 0, 0, false, null);
  }

  private final Catalogue catalogue;
  private final PayingMarkers payingMarkers;
  private final Rejections rejections;
  private final ExchangeMetrics metrics;
  private final int maxBodyBytes;

  Annotator(
      Catalogue catalogue,
      PayingMarkers payingMarkers,
      Rejections rejections,
      ExchangeMetrics metrics,
      int maxBodyBytes) {
    this.catalogue = catalogue;
    this.payingMarkers = payingMarkers;
    this.rejections = rejections;
    this.metrics = metrics;
    this.maxBodyBytes = maxBodyBytes;
  }

  /** {@code cache_control} for a provider. */
  Edits mark(
      Request request, Prompt prompt, PrefixChain chain, AnnotationPlanner planner, long nowNanos) {
    RouteEntry route = request.route();
    String refusal = refusal(request.head(), prompt.bodyLength());
    if (refusal == null
        && !rejections.allows(
            route.target().cluster(), request.model(), "cache_control", nowNanos)) {
      refusal = "rejected_before";
    }
    AnnotationPlan plan =
        planner.plan(
            prompt,
            chain,
            new AnnotationPlanner.Asked(
                route.id(),
                request.scope().isolationScope(),
                catalogue.find(request.dialect(), request.model()).orElse(null),
                request.bytesPerToken(),
                refusal == null),
            payingMarkers,
            nowNanos);
    boolean wasWanted = false;
    for (Boundary boundary : BOUNDARIES) {
      metrics.annotated(route.id(), boundary.label(), plan.decision(boundary).label());
      wasWanted |= plan.decision(boundary) == Decision.NOT_EDITABLE;
    }
    if (refusal != null && wasWanted) {
      metrics.annotated(route.id(), "cache_control", refusal);
    }
    int clientMarkedBlocks = blocksUpTo(chain, plan.clientMarkedTextEnd());
    if (!plan.splices().isEmpty()
        && !mayEdit(request.head(), route, "cache_control", prompt, plan.splices())) {
      payingMarkers.failed(plan.keys());
      return new Edits(Splices.NONE, clientMarkedBlocks, clientMarkedBlocks, false, plan);
    }
    return new Edits(
        plan.splices(),
        clientMarkedBlocks,
        Math.max(clientMarkedBlocks, blocksUpTo(chain, plan.placedTextEnd())),
        plan.clientMarkedTextEnd() > 0,
        plan);
  }

  /**
   * {@code cache_salt} for a pool whose tenants don't share blocks. No refusal takes it away: any
   * client can bring one about, and would end the isolation of all others.
   */
  Edits salt(RequestHead head, RouteEntry route, String salt, Prompt prompt) {
    if (!knowsSalt(prompt.dialect())) {
      metrics.annotated(route.id(), "cache_salt", "unknown_to_the_api");
      return Edits.NONE;
    }
    Splices splices = CacheSaltPlanner.plan(prompt, salt);
    return mayEdit(head, route, "cache_salt", prompt, splices)
        ? new Edits(splices, 0, 0, prompt.cacheSaltStart() >= 0, null)
        : Edits.NONE;
  }

  /**
   * Engines take a salt in the APIs that they serve; hosted APIs refuse a member they don't know.
   */
  private static boolean knowsSalt(Dialect dialect) {
    return switch (dialect) {
      case OPENAI_CHAT,
          OPENAI_COMPLETIONS,
          OPENAI_RESPONSES,
          OPENAI_EMBEDDINGS,
          ANTHROPIC_MESSAGES ->
          true;
      case BEDROCK_CONVERSE, GEMINI -> false;
    };
  }

  private boolean mayEdit(
      RequestHead head, RouteEntry route, String field, Prompt prompt, Splices splices) {
    String refusal = refusal(head, prompt, splices);
    if (refusal != null) {
      metrics.annotated(route.id(), field, refusal);
    }
    return refusal == null;
  }

  /** Why a body may not be edited; null: it may. */
  @Nullable String refusal(RequestHead head, Prompt prompt, Splices splices) {
    return refusal(head, splices.editedLength(prompt.bodyLength()));
  }

  private @Nullable String refusal(RequestHead head, int editedLength) {
    if (head.signed()) {
      return "signed";
    }
    if (head.contentLength() < 0) {
      return "no_content_length";
    }
    return editedLength > maxBodyBytes ? "over_body_limit" : null;
  }

  /** Blocks that end at or before a place in the canonical text. */
  private static int blocksUpTo(PrefixChain chain, int textEnd) {
    int low = 0;
    int high = chain.blocks();
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (chain.blockTextEnd(middle) <= textEnd) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }
}

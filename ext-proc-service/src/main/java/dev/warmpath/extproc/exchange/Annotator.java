package dev.warmpath.extproc.exchange;

import dev.warmpath.config.v1.Mode;
import dev.warmpath.extproc.annotate.AnnotationPlan;
import dev.warmpath.extproc.annotate.AnnotationPlanner;
import dev.warmpath.extproc.annotate.Boundary;
import dev.warmpath.extproc.annotate.CacheRouting;
import dev.warmpath.extproc.annotate.CacheSaltPlanner;
import dev.warmpath.extproc.annotate.Decision;
import dev.warmpath.extproc.annotate.PaddingDecision;
import dev.warmpath.extproc.annotate.PayingMarkers;
import dev.warmpath.extproc.annotate.Splices;
import dev.warmpath.extproc.exchange.RouteEntry.ProviderTarget;
import dev.warmpath.extproc.prefix.PrefixChain;
import dev.warmpath.extproc.prompt.Dialect;
import dev.warmpath.extproc.prompt.Prompt;
import dev.warmpath.extproc.provider.CacheRules;
import dev.warmpath.extproc.provider.Catalogue;
import dev.warmpath.extproc.provider.ModelEntry;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Decides whether a body may be edited at all, and asks the planners how. A body is left alone when
 * a signature covers it that nobody makes anew, when Envoy would not replace it faithfully (no
 * content-length), when the edit would cross the body limit, and while the upstream refuses what we
 * would add. Thread-safe.
 */
final class Annotator {

  private static final Boundary[] BOUNDARIES = Boundary.values();

  /**
   * What to change.
   *
   * @param splices edits; empty: none
   * @param fields members that come with them and that the client itself hadn't sent, so that a
   *     refusal of one is about ours
   * @param routing of which the header goes beside them
   * @param clientMarkedBlocks prefix blocks up to the client's last marker
   * @param plannedMarkedBlocks prefix blocks up to the last marker of the client or ours
   * @param markers what the response is to tell of; null: nothing
   */
  record Edits(
      Splices splices,
      List<String> fields,
      CacheRouting routing,
      int clientMarkedBlocks,
      int plannedMarkedBlocks,
      @Nullable AnnotationPlan markers) {
    static final Edits NONE = new Edits(Splices.NONE, List.of(), CacheRouting.NONE, 0, 0, null);

    /** Bytes that its system prompt is longer by. */
    int paddedBytes() {
      return markers == null ? 0 : markers.padded().bytes();
    }
  }

  private final Catalogue catalogue;
  private final PayingMarkers payingMarkers;
  private final Rejections rejections;
  private final KeyShards keyShards;
  private final ExchangeMetrics metrics;
  private final int maxBodyBytes;

  Annotator(
      Catalogue catalogue,
      PayingMarkers payingMarkers,
      Rejections rejections,
      KeyShards keyShards,
      ExchangeMetrics metrics,
      int maxBodyBytes) {
    this.catalogue = catalogue;
    this.payingMarkers = payingMarkers;
    this.rejections = rejections;
    this.keyShards = keyShards;
    this.metrics = metrics;
    this.maxBodyBytes = maxBodyBytes;
  }

  /** The row of the catalogue that speaks of a request; null: none does, so nothing is added. */
  @Nullable ModelEntry row(ProviderTarget target, Dialect dialect, String model) {
    return catalogue.find(target.catalogue(), dialect, model).orElse(null);
  }

  /**
   * What a provider needs to cache what will come back, and to find it.
   *
   * @param row of the catalogue; null: none
   */
  Edits mark(
      Request request,
      @Nullable ModelEntry row,
      Prompt prompt,
      PrefixChain chain,
      AnnotationPlanner planner,
      long nowNanos) {
    String refusal = refusal(request.head(), request.route(), prompt.bodyLength());
    AnnotationPlan markers = markers(request, row, refusal, prompt, chain, planner, nowNanos);
    int clientMarkedBlocks = blocksUpTo(chain, markers.clientMarkedTextEnd());
    CacheRouting routing = routing(request, row, refusal, prompt, chain, nowNanos);
    Splices splices = markers.splices().and(routing.splices(prompt));
    String tooLong =
        splices.isEmpty() ? null : refusal(request.head(), request.route(), prompt, splices);
    if (tooLong != null) {
      boolean isMarked = !markers.splices().isEmpty();
      metrics.annotated(
          request.route().id(),
          isMarked ? AnnotationPlanner.field(prompt.dialect(), row) : routing.field(),
          tooLong);
      payingMarkers.failed(markers.markedKeys(), nowNanos);
      return new Edits(
          Splices.NONE,
          List.of(),
          routing.field().isEmpty() ? routing : CacheRouting.NONE,
          clientMarkedBlocks,
          clientMarkedBlocks,
          markers);
    }
    return new Edits(
        splices,
        routing.field().isEmpty() ? markers.fields() : with(markers.fields(), routing.field()),
        routing,
        clientMarkedBlocks,
        Math.max(clientMarkedBlocks, blocksUpTo(chain, markers.placedTextEnd())),
        markers);
  }

  private AnnotationPlan markers(
      Request request,
      @Nullable ModelEntry row,
      @Nullable String bodyRefusal,
      Prompt prompt,
      PrefixChain chain,
      AnnotationPlanner planner,
      long nowNanos) {
    String route = request.route().id();
    String field = AnnotationPlanner.field(prompt.dialect(), row);
    String refusal =
        bodyRefusal == null && !allows(request, field, nowNanos) ? "rejected_before" : bodyRefusal;
    AnnotationPlan plan =
        planner.plan(
            prompt,
            chain,
            new AnnotationPlanner.Asked(
                route,
                request.scope().isolationScope(),
                row,
                request.bytesPerToken(),
                new AnnotationPlanner.Allowed(
                    refusal == null,
                    allows(request, AnnotationPlanner.OPTIONS_FIELD, nowNanos),
                    allows(request, field + AnnotationPlanner.TTL_FIELD, nowNanos)),
                mayPad(request.route().target())),
            payingMarkers,
            nowNanos);
    if (plan.padded().decision() != PaddingDecision.NONE) {
      metrics.annotated(route, "padding", plan.padded().decision().label());
    }
    boolean wasWanted = false;
    for (Boundary boundary : BOUNDARIES) {
      metrics.annotated(route, boundary.label(), plan.decision(boundary).label());
      wasWanted |= plan.decision(boundary) == Decision.NOT_EDITABLE;
    }
    if (refusal != null && wasWanted) {
      metrics.annotated(route, field, refusal);
    }
    return plan;
  }

  private static AnnotationPlanner.MayPad mayPad(RouteEntry.Target target) {
    return switch (target) {
      case RouteEntry.PoolTarget _ -> AnnotationPlanner.MayPad.NOTHING;
      case ProviderTarget provider ->
          switch (provider.padding().mode()) {
            case FORECAST, ACTIVE ->
                new AnnotationPlanner.MayPad(
                    provider.padding().maxTokens(), provider.padding().mode() == Mode.FORECAST);
            case OFF, MODE_UNSPECIFIED, UNRECOGNIZED -> AnnotationPlanner.MayPad.NOTHING;
          };
    };
  }

  private CacheRouting routing(
      Request request,
      @Nullable ModelEntry row,
      @Nullable String bodyRefusal,
      Prompt prompt,
      PrefixChain chain,
      long nowNanos) {
    if (row == null) {
      return CacheRouting.NONE;
    }
    int perMinute = row.cache().keyRate().map(CacheRules.KeyRate::perMinute).orElse(0);
    CacheRouting routing =
        CacheRouting.of(
            prompt,
            row,
            new CacheRouting.Keys(chain.keyRoot(), chain.keyConversation()),
            root -> keyShards.arrive(root, perMinute, nowNanos));
    if (routing.isNone()) {
      return routing;
    }
    String refusal =
        routing.field().isEmpty()
            ? null
            : bodyRefusal == null && !allows(request, routing.field(), nowNanos)
                ? "rejected_before"
                : bodyRefusal;
    metrics.annotated(
        request.route().id(),
        routing.field().isEmpty() ? routing.header() : routing.field(),
        refusal == null ? "told" : refusal);
    return refusal == null ? routing : CacheRouting.NONE;
  }

  private boolean allows(Request request, String field, long nowNanos) {
    return rejections.allows(
        new Rejections.Field(
            request.route().target().cluster(), request.dialect(), request.model(), field),
        nowNanos);
  }

  private static List<String> with(List<String> fields, String field) {
    List<String> all = new ArrayList<>(fields);
    all.add(field);
    return all;
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
    String refusal = refusal(head, route, prompt, splices);
    if (refusal != null) {
      metrics.annotated(route.id(), "cache_salt", refusal);
      return Edits.NONE;
    }
    List<String> fields = prompt.cacheSaltStart() >= 0 ? List.of() : List.of("cache_salt");
    return new Edits(splices, fields, CacheRouting.NONE, 0, 0, null);
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

  /** Why a body may not be edited; null: it may. */
  @Nullable String refusal(RequestHead head, RouteEntry route, Prompt prompt, Splices splices) {
    return refusal(head, route, splices.editedLength(prompt.bodyLength()));
  }

  private @Nullable String refusal(RequestHead head, RouteEntry route, int editedLength) {
    boolean staysSigned =
        switch (head.signature()) {
          case NONE -> false;
          case AWS -> !route.isSignedByEnvoy();
          case OTHER -> true;
        };
    if (staysSigned) {
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

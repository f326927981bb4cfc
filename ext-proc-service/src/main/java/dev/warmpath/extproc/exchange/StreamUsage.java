package dev.warmpath.extproc.exchange;

import dev.warmpath.config.v1.Mode;
import dev.warmpath.extproc.annotate.Splices;
import dev.warmpath.extproc.annotate.UsageOption;
import dev.warmpath.extproc.exchange.RouteEntry.PoolTarget;
import dev.warmpath.extproc.exchange.RouteEntry.ProviderTarget;
import dev.warmpath.extproc.prompt.Dialect;
import dev.warmpath.extproc.prompt.Prompt;
import dev.warmpath.extproc.provider.Catalogue;
import dev.warmpath.extproc.provider.ProviderApi;
import dev.warmpath.extproc.provider.Rejection;
import dev.warmpath.extproc.usage.UsageChunkRemover;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Asks for the usage of streams whose clients didn't, and decides of which responses its chunk is
 * taken out again. It asks only where the response will come this way, and for one answer alone;
 * not where the catalogue knows, or a refusal has told, that the upstream doesn't take it. An
 * upstream whose streams can't be edited isn't asked for a time, since its clients get a chunk then
 * that they don't know. Thread-safe; what it remembers is bounded by the configured clusters.
 */
final class StreamUsage {

  /**
   * A piece of a stream may end within the first bytes of an event now and then, and one chunk is
   * let through; an upstream whose pieces all end there is another matter. A guess.
   */
  static final int MAX_LET_THROUGH_IN_A_ROW = 3;

  /**
   * What to add to a request.
   *
   * @param splices edits; empty: nothing
   * @param fields members that come with them and that the client itself hadn't sent
   */
  record Ask(Splices splices, List<String> fields) {
    static final Ask NOTHING = new Ask(Splices.NONE, List.of());

    boolean isNothing() {
      return splices.isEmpty();
    }
  }

  /**
   * What the headers of a response tell of its body.
   *
   * @param ok whether the status is 200
   * @param type value of {@code content-type}, empty if absent
   * @param encoding value of {@code content-encoding}, empty if absent
   * @param hasLength whether there is a {@code content-length}
   */
  record ResponseHead(boolean ok, String type, String encoding, boolean hasLength) {}

  private final Catalogue catalogue;
  private final Annotator annotator;
  private final Rejections rejections;
  private final ExchangeMetrics metrics;

  /** By cluster: chunks that were let through since one was taken out. */
  private final ConcurrentHashMap<String, Integer> letThroughInARow = new ConcurrentHashMap<>();

  StreamUsage(
      Catalogue catalogue, Annotator annotator, Rejections rejections, ExchangeMetrics metrics) {
    this.catalogue = catalogue;
    this.annotator = annotator;
    this.rejections = rejections;
    this.metrics = metrics;
  }

  /**
   * What to add to a request so that its stream reports usage.
   *
   * @param others edits that are made besides
   */
  Ask ask(Request request, Prompt prompt, Splices others, long nowNanos) {
    Mode mode = request.route().streamUsage();
    if (mode != Mode.FORECAST && mode != Mode.ACTIVE) {
      return Ask.NOTHING;
    }
    if (!hasOption(request.dialect()) || !prompt.stream()) {
      return Ask.NOTHING;
    }
    Splices splices = prompt.givesIncludeUsage() ? null : UsageOption.plan(prompt);
    String refusal =
        splices == null
            ? prompt.givesIncludeUsage() ? "said_by_client" : "unknown_shape"
            : refusal(request, prompt, others.and(splices), nowNanos);
    if (splices == null || refusal != null || mode == Mode.FORECAST) {
      metrics.streamUsageAsked(request.route().id(), refusal == null ? "forecast" : refusal);
      return Ask.NOTHING;
    }
    metrics.streamUsageAsked(request.route().id(), "asked");
    return new Ask(
        splices,
        UsageOption.addsObject(prompt)
            ? List.of(UsageOption.MEMBER, UsageOption.OPTIONS)
            : List.of(UsageOption.MEMBER));
  }

  private static boolean hasOption(Dialect dialect) {
    return switch (dialect) {
      case OPENAI_CHAT, OPENAI_COMPLETIONS -> true;
      case OPENAI_RESPONSES, OPENAI_EMBEDDINGS, ANTHROPIC_MESSAGES, BEDROCK_CONVERSE, GEMINI ->
          false;
    };
  }

  private @Nullable String refusal(Request request, Prompt prompt, Splices splices, long nowNanos) {
    // The first of several answers that ends says nothing of the others.
    if (prompt.severalChoices() || prompt.inputs() > 1) {
      return "several_answers";
    }
    if (isRefused(request)) {
      return "refused_by_catalogue";
    }
    if (!rejections.allows(field(request, UsageOption.MEMBER), nowNanos)
        || !rejections.allows(field(request, UsageOption.OPTIONS), nowNanos)) {
      return "rejected_before";
    }
    String body = annotator.refusal(request.head(), request.route(), prompt, splices);
    boolean isUnseen =
        request.route().streamUsage() == Mode.ACTIVE && !request.head().responseStreamed();
    return body == null && isUnseen ? "response_not_sent" : body;
  }

  /** Whether the catalogue has the provider refuse it without a condition. */
  private boolean isRefused(Request request) {
    return switch (request.route().target()) {
      case PoolTarget _ -> false;
      case ProviderTarget provider -> {
        boolean refused = false;
        for (ProviderApi api : catalogue.apis()) {
          if (api.provider().equals(provider.catalogue()) && api.dialect() == request.dialect()) {
            for (Rejection rejection : api.rejections()) {
              refused |=
                  rejection.when().isEmpty()
                      && (rejection.field().equals(UsageOption.OPTIONS)
                          || rejection.field().equals(UsageOption.MEMBER));
            }
          }
        }
        yield refused;
      }
    };
  }

  private static Rejections.Field field(Request request, String name) {
    return new Rejections.Field(
        request.route().target().cluster(), request.dialect(), request.model(), name);
  }

  /** What takes the chunk out of the response to a request that was edited; null: nothing can. */
  @Nullable UsageChunkRemover begin(ExchangePlan plan, ResponseHead head, long nowNanos) {
    if (!head.ok()) {
      metrics.streamUsageEnded(plan.route().id(), "not_ok");
      return null;
    }
    String encoding = head.encoding().strip();
    if (!encoding.isEmpty() && !encoding.equalsIgnoreCase("identity")) {
      return untouched(plan, "compressed", nowNanos);
    }
    if (!head.type().strip().toLowerCase(Locale.ROOT).startsWith("text/event-stream")) {
      metrics.streamUsageEnded(plan.route().id(), "no_events");
      return null;
    }
    // It would no longer be right, and whether Envoy then leaves it out is up to its configuration.
    return head.hasLength() ? untouched(plan, "content_length", nowNanos) : new UsageChunkRemover();
  }

  private @Nullable UsageChunkRemover untouched(ExchangePlan plan, String why, long nowNanos) {
    metrics.streamUsageEnded(plan.route().id(), why);
    pause(plan, nowNanos);
    return null;
  }

  /** A stream is over, or goes on without us. */
  void ended(ExchangePlan plan, UsageChunkRemover remover, boolean whole, long nowNanos) {
    String route = plan.route().id();
    String cluster = plan.route().target().cluster();
    UsageChunkRemover.LetThrough letThrough = remover.letThrough();
    if (letThrough != null) {
      metrics.streamUsageEnded(route, letThrough.label());
      // What a chunk holds besides is the answer's matter, not the upstream's way of sending.
      if (letThrough != UsageChunkRemover.LetThrough.HOLDS_MORE
          && letThroughInARow.merge(cluster, 1, Integer::sum) >= MAX_LET_THROUGH_IN_A_ROW) {
        letThroughInARow.remove(cluster);
        pause(plan, nowNanos);
      }
    } else if (remover.takenOut() > 0) {
      metrics.streamUsageEnded(route, "taken_out");
      letThroughInARow.remove(cluster);
    } else {
      metrics.streamUsageEnded(route, whole ? "absent" : "cut");
    }
  }

  private void pause(ExchangePlan plan, long nowNanos) {
    rejections.rejected(
        new Rejections.Field(
            plan.route().target().cluster(), plan.dialect(), plan.model(), UsageOption.MEMBER),
        nowNanos);
  }
}

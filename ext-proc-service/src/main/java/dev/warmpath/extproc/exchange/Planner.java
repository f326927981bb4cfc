package dev.warmpath.extproc.exchange;

import com.google.protobuf.ByteString;
import com.google.protobuf.Struct;
import com.google.protobuf.UnsafeByteOperations;
import dev.warmpath.config.v1.Mode;
import dev.warmpath.extproc.annotate.CacheRouting;
import dev.warmpath.extproc.annotate.Splices;
import dev.warmpath.extproc.exchange.RouteEntry.Credential;
import dev.warmpath.extproc.exchange.RouteEntry.PoolTarget;
import dev.warmpath.extproc.exchange.RouteEntry.ProviderTarget;
import dev.warmpath.extproc.ledger.Shadow;
import dev.warmpath.extproc.pick.Outcome;
import dev.warmpath.extproc.pick.Pick;
import dev.warmpath.extproc.pick.Plan;
import dev.warmpath.extproc.pick.PoolPicker;
import dev.warmpath.extproc.pick.PrefixBlocks;
import dev.warmpath.extproc.prefix.PrefixChain;
import dev.warmpath.extproc.prefix.Scope;
import dev.warmpath.extproc.prompt.ApiCall;
import dev.warmpath.extproc.prompt.Dialect;
import dev.warmpath.extproc.prompt.Prompt;
import dev.warmpath.extproc.prompt.Verdict;
import dev.warmpath.extproc.provider.ModelEntry;
import dev.warmpath.extproc.repair.Repairs;
import dev.warmpath.wire.Names;
import io.envoyproxy.envoy.service.ext_proc.v3.BodyMutation;
import io.envoyproxy.envoy.service.ext_proc.v3.BodyResponse;
import io.envoyproxy.envoy.service.ext_proc.v3.CommonResponse;
import io.envoyproxy.envoy.service.ext_proc.v3.HeaderMutation;
import io.envoyproxy.envoy.service.ext_proc.v3.ProcessingResponse;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * From a request body to its answer: scan, keys, endpoints or breakpoints, one reply. Runs on the
 * event loop that the stream belongs to, in that thread's {@link Scratch}; never blocks. Any fault
 * of ours lets the request through untouched.
 */
final class Planner {

  /** Longest name of a model; clients choose it, and it goes on to ledger and fleet stream. */
  static final int MAX_MODEL_BYTES = 256;

  private static final double ALL_PERCENT = 100;
  private static final String CONTENT_LENGTH = "content-length";
  private static final Logger log = LoggerFactory.getLogger(Planner.class);
  private static final HexFormat HEX = HexFormat.of();
  private static final String[] NO_ADDRESSES = {};

  /**
   * The answer to a body.
   *
   * @param reply to send
   * @param plan that waits for its outcome; null: the request passes untouched
   * @param passReason why, when there is no plan
   */
  record Decision(ProcessingResponse reply, @Nullable ExchangePlan plan, String passReason) {
    static Decision pass(String reason) {
      return new Decision(Replies.CONTINUE_REQUEST_BODY, null, reason);
    }
  }

  private final Limits limits;
  private final Map<String, PoolPicker> pickers;
  private final Annotator annotator;
  private final StreamUsage streamUsage;
  private final Tenants tenants;
  private final TokenRatio tokenRatio;
  private final Accounts accounts;
  private final HashKeyShadows hashKeys;
  private final PrefixWatch prefixWatch;
  private final Plans plans;
  private final ResponseHomes responseHomes;
  private final ExchangeMetrics metrics;
  private final LongSupplier clock;
  private final ThreadLocal<Scratch> scratch;

  Planner(
      Limits limits,
      Map<String, PoolPicker> pickers,
      Annotator annotator,
      StreamUsage streamUsage,
      Tenants tenants,
      TokenRatio tokenRatio,
      Accounts accounts,
      HashKeyShadows hashKeys,
      PrefixWatch prefixWatch,
      Plans plans,
      ResponseHomes responseHomes,
      ExchangeMetrics metrics,
      LongSupplier clock,
      ThreadLocal<Scratch> scratch) {
    this.limits = limits;
    this.pickers = pickers;
    this.annotator = annotator;
    this.streamUsage = streamUsage;
    this.tenants = tenants;
    this.tokenRatio = tokenRatio;
    this.accounts = accounts;
    this.hashKeys = hashKeys;
    this.prefixWatch = prefixWatch;
    this.plans = plans;
    this.responseHomes = responseHomes;
    this.metrics = metrics;
    this.clock = clock;
    this.scratch = scratch;
  }

  /** Why a body isn't wanted, as far as headers tell; null: it is. */
  @Nullable PassReason refuseAtHeaders(RequestHead head, @Nullable RouteEntry route) {
    if (route == null) {
      return PassReason.NO_ROUTE;
    }
    if (route.mode() == Mode.OFF) {
      return PassReason.ROUTE_OFF;
    }
    if (head.endOfStream()) {
      return PassReason.NO_BODY;
    }
    if (head.contentLength() > limits.maxBodyBytes()) {
      return PassReason.TOO_LARGE;
    }
    if (head.compressed()) {
      return PassReason.COMPRESSED;
    }
    // A provider's API covers its other paths, too, where no prompt is to be read.
    ApiCall call = ApiCall.of(head.path());
    boolean named = route.dialect() != null || call.dialect() != null;
    if (!call.prompt() || (!named && !head.json())) {
      return PassReason.UNKNOWN_API;
    }
    return null;
  }

  /** Decides about a whole body. */
  Decision plan(RequestHead head, RouteEntry route, ByteString body) {
    long nowNanos = clock.getAsLong();
    try {
      return decide(head, route, body, nowNanos);
    } catch (RuntimeException e) {
      // The message of an exception may quote what it stumbled over, so only its place is logged.
      log.error("planning failed: {} at {}", e.getClass().getName(), firstFrame(e));
      scratch.remove();
      return Decision.pass(PassReason.INTERNAL.label());
    }
  }

  private static String firstFrame(RuntimeException e) {
    StackTraceElement[] frames = e.getStackTrace();
    return frames.length == 0 ? "?" : frames[0].toString();
  }

  private Decision decide(RequestHead head, RouteEntry route, ByteString bodyBytes, long nowNanos) {
    if (bodyBytes.size() > limits.maxBodyBytes()) {
      return Decision.pass(PassReason.TOO_LARGE.label());
    }
    ApiCall call = ApiCall.of(head.path());
    Scratch own = scratch.get();
    byte[] body = own.body(bodyBytes);
    Prompt prompt = own.prompt;
    Dialect dialect = route.dialect() != null ? route.dialect() : call.dialect();
    if (dialect == null) {
      dialect = own.shape.dialect(body, bodyBytes.size(), prompt);
      if (dialect == null) {
        return Decision.pass(PassReason.UNKNOWN_API.label());
      }
    }
    Verdict verdict = own.scanner.scan(body, bodyBytes.size(), dialect, prompt);
    if (verdict != Verdict.OK) {
      return Decision.pass(verdict.label());
    }
    ByteString repaired = null;
    byte[] better = repaired(head, route, prompt);
    if (better != null) {
      // Bytes have changed their places and nothing else, so that this is as sound as before.
      if (own.scanner.scan(better, better.length, dialect, prompt) != Verdict.OK) {
        throw new IllegalStateException("a repaired body doesn't scan");
      }
      repaired = UnsafeByteOperations.unsafeWrap(better);
    }
    if (Math.max(prompt.modelLength(), call.model().length()) > MAX_MODEL_BYTES) {
      return Decision.pass(PassReason.MODEL_NAME_TOO_LONG.label());
    }
    String tenant = tenants.tenant(head);
    String model = call.model().isEmpty() ? prompt.model() : call.model();
    Scope scope = scope(route.target(), tenant, model);
    own.hasher.chain(prompt, scope, own.chain);
    double bytesPerToken = tokenRatio.bytesPerToken(scope);
    fill(own.blocks, own.chain, prompt, bytesPerToken);

    boolean applied = isApplied(route, own.chain);
    PoolPicker picker =
        route.target() instanceof PoolTarget pool ? pickers.get(pool.cluster()) : null;
    if (picker != null && prompt.hasHistory()) {
      own.blocks.home(home(route.target().cluster(), prompt, nowNanos));
    }
    Plan dispatch =
        picker == null
            ? null
            : applied
                ? picker.dispatch(own.blocks, nowNanos, own.pick)
                : forecast(picker, own, nowNanos);
    try {
      Request request =
          new Request(
              head,
              route,
              dialect,
              tenant,
              scope,
              repaired == null ? bodyBytes : repaired,
              repaired != null,
              bytesPerToken);
      return decide(request, own, picker == null ? null : own.pick, dispatch, nowNanos);
    } catch (RuntimeException e) {
      // Else the endpoint would look busy with it for ever.
      if (picker != null && dispatch != null) {
        picker.end(dispatch, Outcome.UNKNOWN, nowNanos);
      }
      throw e;
    }
  }

  /** The body as the route's repairs make it; null where it stays as it is. */
  private byte @Nullable [] repaired(RequestHead head, RouteEntry route, Prompt prompt) {
    Repairs repairs = route.repair().repairs();
    if (route.repair().mode() == Mode.OFF || repairs.isEmpty()) {
      return null;
    }
    Splices splices =
        repairs.plan(
            prompt, (repair, decision) -> metrics.repaired(route.id(), repair, decision.label()));
    if (splices.isEmpty() || route.repair().mode() != Mode.ACTIVE) {
      return null;
    }
    String refusal = annotator.refusal(head, route, prompt, splices);
    if (refusal != null) {
      metrics.repaired(route.id(), "body", refusal);
      return null;
    }
    return splices.apply(prompt.body(), prompt.bodyLength());
  }

  private Decision decide(
      Request request, Scratch own, @Nullable Pick pick, @Nullable Plan dispatch, long nowNanos) {
    RouteEntry route = request.route();
    Prompt prompt = own.prompt;
    boolean applied = isApplied(route, own.chain);
    String[] listed = NO_ADDRESSES;
    int heldTokens = 0;
    if (pick != null) {
      listed = addresses(pick);
      heldTokens = pick.heldTokens();
      if (prompt.hasHistory()) {
        String home = own.blocks.home();
        boolean isFirst = listed.length > 0 && listed[0].equals(home);
        metrics.continued(
            route.target().cluster(), home == null ? "unknown" : isFirst ? "home" : "away");
      }
      metrics.picked(route.target().cluster(), pick.result().name().toLowerCase(Locale.ROOT));
    }
    Annotator.Edits edits =
        switch (route.target()) {
          case PoolTarget pool ->
              pool.tenantIsolated()
                  ? annotator.salt(request.head(), route, tenants.salt(request.tenant()), prompt)
                  : Annotator.Edits.NONE;
          case ProviderTarget provider -> {
            ModelEntry row = annotator.row(provider, request.dialect(), request.model());
            if (row == null) {
              metrics.unknownModel(request.model());
            }
            yield annotator.mark(request, row, prompt, own.chain, own.annotationPlanner, nowNanos);
          }
        };
    String session = request.head().header(route.sessionHeader());
    hashKeys.arrive(
        route,
        own.blocks,
        own.chain.keyRoot(),
        own.chain.keyConversation(),
        session == null ? "" : session);
    boolean marked = applied && !edits.splices().isEmpty();
    Splices markers = marked ? edits.splices() : Splices.NONE;
    StreamUsage.Ask ask = streamUsage.ask(request, prompt, markers, nowNanos);
    Splices splices = markers.and(ask.splices());
    Shadow shadow =
        accounts.shadow(
            route,
            own.blocks,
            edits.clientMarkedBlocks(),
            edits.plannedMarkedBlocks(),
            heldTokens,
            nowNanos);
    ExchangePlan plan =
        new ExchangePlan(
            plans.nextId(),
            new ExchangePlan.Decided(
                route,
                request.dialect(),
                request.tenant(),
                request.scope(),
                applied,
                marked,
                !ask.isNothing(),
                fields(edits, marked, ask),
                own.chain.keyRoot(),
                own.chain.keyConversation(),
                own.blocks.promptTokens(),
                prompt.textLength() + (marked ? edits.paddedBytes() : 0),
                edits.markers(),
                shadow),
            dispatch,
            listed,
            nowNanos);
    ByteString editedBody =
        splices.isEmpty()
            ? request.repaired() ? request.body() : null
            : EditedBody.of(request.body(), splices);
    ProcessingResponse reply = reply(plan, own.chain, editedBody, edits.routing());
    prefixWatch.arrive(request, prompt, nowNanos);
    metrics.planned(route.id(), mode(applied), clock.getAsLong() - nowNanos);
    plans.opened(plan);
    return new Decision(reply, plan, "");
  }

  /** Members that a refusal could be about, beside the client's own. */
  private static List<String> fields(Annotator.Edits edits, boolean marked, StreamUsage.Ask ask) {
    if (ask.isNothing()) {
      return edits.fields();
    }
    List<String> all = new ArrayList<>(ask.fields());
    if (marked) {
      all.addAll(edits.fields());
    }
    return all;
  }

  /**
   * Whether a decision is carried out. A prefix stays on its side of the route's percentage, and
   * goes over to the other once at most while that only grows.
   */
  private static boolean isApplied(RouteEntry route, PrefixChain chain) {
    if (route.mode() != Mode.ACTIVE || route.percent() >= ALL_PERCENT) {
      return route.mode() == Mode.ACTIVE;
    }
    // Without a key, as where the body only names a history, a share would be all or nothing.
    long key = chain.hasRoot() ? chain.keyRoot() : chain.keyConversation();
    return (chain.hasRoot() || chain.hasConversation())
        && (key >>> 11) * 0x1p-53 * ALL_PERCENT < route.percent();
  }

  private static Scope scope(RouteEntry.Target target, String tenant, String model) {
    return switch (target) {
      case PoolTarget(String cluster, boolean isolated) ->
          new Scope(Scope.Lane.POOL, isolated ? cluster + '\n' + tenant : cluster, model);
      case ProviderTarget(_, _, String cacheScope, Credential credential, _) ->
          new Scope(
              Scope.Lane.PROVIDER,
              credential == Credential.OF_CLIENT ? cacheScope + '\n' + tenant : cacheScope,
              model);
    };
  }

  private static void fill(
      PrefixBlocks blocks, PrefixChain chain, Prompt prompt, double bytesPerToken) {
    blocks.clear();
    for (int i = 0; i < chain.blocks(); i++) {
      blocks.add(chain.block(i), (int) (chain.blockTextEnd(i) / bytesPerToken));
    }
    blocks.promptTokens((int) (prompt.textLength() / bytesPerToken));
    blocks.tieKey(chain.keyConversation());
  }

  /** The endpoint that holds the history that a prompt names; null: unknown. */
  private @Nullable String home(String cluster, Prompt prompt, long nowNanos) {
    byte[] name =
        Arrays.copyOfRange(prompt.text(), prompt.historyTextStart(), prompt.historyTextEnd());
    return responseHomes.home(cluster, name, nowNanos);
  }

  private static Plan forecast(PoolPicker picker, Scratch own, long nowNanos) {
    picker.pick(own.blocks, nowNanos, own.pick);
    return picker.observe(own.blocks, nowNanos);
  }

  private static String[] addresses(Pick pick) {
    String[] addresses = new String[pick.count()];
    for (int i = 0; i < addresses.length; i++) {
      addresses[i] = pick.address(i);
    }
    return addresses;
  }

  private static ProcessingResponse reply(
      ExchangePlan plan, PrefixChain chain, @Nullable ByteString editedBody, CacheRouting routing) {
    Struct.Builder metadata =
        Struct.newBuilder().putFields(Names.PLAN_NAMESPACE, Replies.struct(PlanMetadata.of(plan)));
    CommonResponse.Builder common = CommonResponse.newBuilder();
    HeaderMutation.Builder headers = HeaderMutation.newBuilder();
    if (editedBody != null) {
      headers.addSetHeaders(Replies.header(CONTENT_LENGTH, Integer.toString(editedBody.size())));
      common.setBodyMutation(BodyMutation.newBuilder().setBody(editedBody));
    }
    if (plan.applied()) {
      if (!routing.header().isEmpty()) {
        headers.addSetHeaders(Replies.headerIfAbsent(routing.header(), routing.value()));
      }
      if (chain.hasRoot()) {
        headers.addSetHeaders(Replies.header(Names.KEY_ROOT, HEX.toHexDigits(chain.keyRoot())));
      }
      if (chain.hasConversation()) {
        headers.addSetHeaders(
            Replies.header(Names.KEY_CONVERSATION, HEX.toHexDigits(chain.keyConversation())));
      }
      if (plan.listed().length > 0) {
        metadata.putFields(
            Names.ENDPOINT_NAMESPACE,
            Replies.struct(
                Struct.newBuilder()
                    .putFields(Names.DESTINATION, Replies.string(String.join(",", plan.listed())))
                    .build()));
      }
    }
    if (headers.getSetHeadersCount() > 0) {
      common.setHeaderMutation(headers);
    }
    return ProcessingResponse.newBuilder()
        .setRequestBody(BodyResponse.newBuilder().setResponse(common))
        .setDynamicMetadata(metadata)
        .build();
  }

  private static String mode(boolean applied) {
    return applied ? "active" : "forecast";
  }
}

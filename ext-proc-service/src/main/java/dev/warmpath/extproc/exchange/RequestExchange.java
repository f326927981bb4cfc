package dev.warmpath.extproc.exchange;

import com.google.protobuf.ByteString;
import com.google.protobuf.Struct;
import dev.warmpath.extproc.usage.UsageChunkRemover;
import io.envoyproxy.envoy.config.core.v3.HeaderMap;
import io.envoyproxy.envoy.config.core.v3.HeaderValue;
import io.envoyproxy.envoy.service.ext_proc.v3.HttpBody;
import io.envoyproxy.envoy.service.ext_proc.v3.HttpHeaders;
import io.envoyproxy.envoy.service.ext_proc.v3.ProcessingRequest;
import io.envoyproxy.envoy.service.ext_proc.v3.ProcessingResponse;
import io.grpc.stub.StreamObserver;
import org.jspecify.annotations.Nullable;

/**
 * The request filter's stream of one HTTP exchange: headers are answered at once, the body with the
 * plan, and the stream then stays open until the exchange ends. On routes that ask for the usage of
 * streams the response passes here, too. Owned by gRPC's serial callbacks on one event loop;
 * nothing here blocks. Whatever goes wrong, the answer is "continue, untouched".
 */
final class RequestExchange implements StreamObserver<ProcessingRequest> {

  /** Key of the attributes that Envoy sends with the headers. */
  private static final String ATTRIBUTES = "envoy.filters.http.ext_proc";

  private static final String ROUTE_NAME = "xds.route_name";

  /** Where the exchange stands. */
  private sealed interface State {
    /** Nothing has come yet. */
    record AwaitHeaders() implements State {}

    /** The headers were answered, a body may come. {@code route} null: it passes untouched. */
    record AwaitBody(RequestHead head, RouteEntry route, long reservedBytes) implements State {}

    /** Everything was answered; {@code plan} null: it went through untouched. */
    record Answered(@Nullable ExchangePlan plan) implements State {}

    /** A stream of events is passing, of which the chunk with the usage is taken out. */
    record Responding(ExchangePlan plan, UsageChunkRemover remover) implements State {}

    /** The stream is over. */
    record Closed() implements State {}
  }

  private static final State.AwaitHeaders AWAIT_HEADERS = new State.AwaitHeaders();
  private static final State.Answered PASSED = new State.Answered(null);
  private static final State.Closed CLOSED = new State.Closed();

  private final ExchangeContext context;
  private final StreamObserver<ProcessingResponse> replies;
  private final StreamEnd streamEnd;
  private State state = AWAIT_HEADERS;

  /** Whether the response to a planned request is passing. */
  private boolean inResponse;

  /** Whether this stream counts as an open exchange, and so must be taken off the count. */
  private boolean counted;

  RequestExchange(
      ExchangeContext context, StreamObserver<ProcessingResponse> replies, StreamEnd streamEnd) {
    this.context = context;
    this.replies = replies;
    this.streamEnd = streamEnd;
  }

  @Override
  public void onNext(ProcessingRequest message) {
    switch (message.getRequestCase()) {
      case REQUEST_HEADERS -> onHeaders(message);
      case REQUEST_BODY -> onBody(message.getRequestBody());
      case RESPONSE_HEADERS -> onResponseHeaders(message.getResponseHeaders());
      case RESPONSE_BODY -> onResponseBody(message.getResponseBody());
      // Not asked for by our processing mode; answered so that another mode does no harm.
      case REQUEST_TRAILERS -> replies.onNext(Replies.CONTINUE_REQUEST_TRAILERS);
      case RESPONSE_TRAILERS -> replies.onNext(Replies.CONTINUE_RESPONSE_TRAILERS);
      case REQUEST_NOT_SET -> {}
    }
  }

  private void onHeaders(ProcessingRequest message) {
    if (!(state instanceof State.AwaitHeaders)) {
      replies.onNext(Replies.CONTINUE_REQUEST_HEADERS);
      return;
    }
    RequestHead head = RequestHead.of(message, routeName(message), context.wantedHeaders());
    RouteEntry route = context.routes().match(head);
    PassReason reason = context.planner().refuseAtHeaders(head, route);
    if (reason == null && !context.budget().openExchange()) {
      reason = PassReason.OVERLOAD;
    } else if (reason == null) {
      counted = true;
    }
    if (reason != null || route == null) {
      pass(head, route, reason == null ? PassReason.NO_ROUTE : reason);
      return;
    }
    long reserved =
        head.contentLength() >= 0 ? head.contentLength() : context.limits().maxBodyBytes();
    if (!context.budget().reserve(reserved)) {
      pass(head, route, PassReason.OVERLOAD);
      return;
    }
    state = new State.AwaitBody(head, route, reserved);
    replies.onNext(Replies.CONTINUE_REQUEST_HEADERS);
  }

  /**
   * Answers the headers and closes the stream: Envoy then sends no body, and the request goes on as
   * it came.
   */
  private void pass(RequestHead head, @Nullable RouteEntry route, PassReason reason) {
    context.metrics().passed(routeLabel(head, route), reason.label());
    uncount();
    state = CLOSED;
    replies.onNext(Replies.CONTINUE_REQUEST_HEADERS);
    replies.onCompleted();
  }

  private void onBody(HttpBody message) {
    if (!(state instanceof State.AwaitBody await)) {
      replies.onNext(Replies.CONTINUE_REQUEST_BODY);
      return;
    }
    ByteString body = message.getBody();
    Planner.Decision decision =
        message.getEndOfStream()
            ? context.planner().plan(await.head(), await.route(), body)
            : Planner.Decision.pass(PassReason.PARTIAL_BODY.label());
    context.budget().release(await.reservedBytes());
    ExchangePlan plan = decision.plan();
    if (plan == null) {
      context.metrics().passed(await.route().id(), decision.passReason());
      state = PASSED;
    } else {
      state = new State.Answered(plan);
    }
    replies.onNext(decision.reply());
  }

  private void onResponseHeaders(HttpHeaders message) {
    replies.onNext(Replies.CONTINUE_RESPONSE_HEADERS);
    if (!(state instanceof State.Answered(ExchangePlan plan)) || plan == null) {
      return;
    }
    inResponse = !message.getEndOfStream();
    if (!plan.decided().asksUsage() || message.getEndOfStream()) {
      return;
    }
    UsageChunkRemover remover =
        context
            .streamUsage()
            .begin(plan, responseHead(message.getHeaders()), context.clock().getAsLong());
    if (remover != null) {
      state = new State.Responding(plan, remover);
    }
  }

  private void onResponseBody(HttpBody message) {
    inResponse &= !message.getEndOfStream();
    if (!(state instanceof State.Responding(ExchangePlan plan, UsageChunkRemover remover))) {
      replies.onNext(Replies.CONTINUE_RESPONSE_BODY);
      return;
    }
    ByteString body = message.getBody();
    boolean last = message.getEndOfStream();
    byte[] instead = remover.feed(context.scratch().chunk(body), body.size(), last);
    if (last) {
      state = new State.Answered(plan);
      context.streamUsage().ended(plan, remover, /* whole= */ true, context.clock().getAsLong());
    }
    replies.onNext(
        instead == null ? Replies.CONTINUE_RESPONSE_BODY : Replies.responseBody(instead));
  }

  @Override
  public void onError(Throwable error) {
    end(streamEnd.connectionLost());
  }

  @Override
  public void onCompleted() {
    boolean open = !(state instanceof State.Closed);
    end(false);
    if (open) {
      replies.onCompleted();
    }
  }

  private void uncount() {
    if (counted) {
      counted = false;
      context.budget().closeExchange();
    }
  }

  private void end(boolean connectionLost) {
    uncount();
    State last = state;
    state = CLOSED;
    switch (last) {
      case State.AwaitBody await -> context.budget().release(await.reservedBytes());
      case State.Answered(ExchangePlan plan) -> {
        if (plan != null) {
          streamEnded(plan, connectionLost, context.clock().getAsLong());
        }
      }
      case State.Responding(ExchangePlan plan, UsageChunkRemover remover) -> {
        long nowNanos = context.clock().getAsLong();
        context.streamUsage().ended(plan, remover, /* whole= */ false, nowNanos);
        streamEnded(plan, connectionLost, nowNanos);
      }
      case State.AwaitHeaders _, State.Closed _ -> {}
    }
  }

  private void streamEnded(ExchangePlan plan, boolean connectionLost, long nowNanos) {
    if (inResponse && !connectionLost) {
      context.plans().streamEndedAlone(plan, nowNanos);
    } else {
      context.plans().streamEnded(plan, connectionLost, nowNanos);
    }
  }

  private static StreamUsage.ResponseHead responseHead(HeaderMap map) {
    boolean ok = false;
    String type = "";
    String encoding = "";
    boolean hasLength = false;
    for (int i = 0; i < map.getHeadersCount(); i++) {
      HeaderValue header = map.getHeaders(i);
      ByteString raw = header.getRawValue();
      String value = raw.isEmpty() ? header.getValue() : raw.toStringUtf8();
      switch (header.getKey()) {
        case ":status" -> ok = value.equals("200");
        case "content-type" -> type = value;
        case "content-encoding" -> encoding = value;
        case "content-length" -> hasLength = true;
        default -> {}
      }
    }
    return new StreamUsage.ResponseHead(ok, type, encoding, hasLength);
  }

  private static String routeLabel(RequestHead head, @Nullable RouteEntry route) {
    return route != null ? route.id() : head.routeName();
  }

  private static String routeName(ProcessingRequest message) {
    Struct attributes = message.getAttributesMap().get(ATTRIBUTES);
    if (attributes == null) {
      return "";
    }
    var value = attributes.getFieldsMap().get(ROUTE_NAME);
    return value == null ? "" : value.getStringValue();
  }
}

package dev.warmpath.extproc.exchange;

import com.google.protobuf.ByteString;
import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import dev.warmpath.extproc.prompt.Dialect;
import dev.warmpath.extproc.usage.UsageReader;
import dev.warmpath.wire.Names;
import io.envoyproxy.envoy.config.core.v3.HeaderMap;
import io.envoyproxy.envoy.config.core.v3.HeaderValue;
import io.envoyproxy.envoy.service.ext_proc.v3.HttpBody;
import io.envoyproxy.envoy.service.ext_proc.v3.ProcessingRequest;
import io.envoyproxy.envoy.service.ext_proc.v3.ProcessingResponse;
import io.grpc.stub.StreamObserver;
import org.jspecify.annotations.Nullable;

/**
 * The observer filter's stream of one response: who served it, when its first body byte passed, and
 * what usage it reports. It can't change or delay the response. Owned by gRPC's serial callbacks on
 * one event loop. The plan may belong to another replica; then the outcome is forwarded.
 *
 * <p>Servers of the vLLM kind send headers before the first token, so the first byte is that of the
 * body.
 */
final class ResponseWatch implements StreamObserver<ProcessingRequest> {

  private static final String ATTRIBUTES = "envoy.filters.http.ext_proc";

  /** Where the response stands. */
  private sealed interface State {
    /** Nothing has come yet. */
    record AwaitHeaders() implements State {}

    /** A response to one of our plans; its body is being read. */
    final class Reading implements State {
      final PlanId planId;
      final String upstreamAddress;
      final String upstreamCluster;
      final int status;
      final int attempts;
      final UsageReader usage;
      boolean firstByteSeen;
      boolean homeTold;

      Reading(
          PlanId planId,
          String upstreamAddress,
          String upstreamCluster,
          int status,
          int attempts,
          UsageReader usage) {
        this.planId = planId;
        this.upstreamAddress = upstreamAddress;
        this.upstreamCluster = upstreamCluster;
        this.status = status;
        this.attempts = attempts;
        this.usage = usage;
      }
    }

    /** Nothing more is wanted. */
    record Done() implements State {}
  }

  private static final State DONE = new State.Done();

  private final ExchangeContext context;
  private final StreamObserver<ProcessingResponse> replies;
  private State state = new State.AwaitHeaders();

  ResponseWatch(ExchangeContext context, StreamObserver<ProcessingResponse> replies) {
    this.context = context;
    this.replies = replies;
  }

  @Override
  public void onNext(ProcessingRequest message) {
    switch (message.getRequestCase()) {
      case RESPONSE_HEADERS -> onHeaders(message);
      case RESPONSE_BODY -> onBody(message.getResponseBody());
      case RESPONSE_TRAILERS -> {
        if (state instanceof State.Reading reading) {
          finish(reading);
        }
      }
      case REQUEST_HEADERS, REQUEST_BODY, REQUEST_TRAILERS, REQUEST_NOT_SET -> {}
    }
  }

  private void onHeaders(ProcessingRequest message) {
    if (!(state instanceof State.AwaitHeaders)) {
      return;
    }
    Struct metadata = message.getMetadataContext().getFilterMetadataMap().get(Names.PLAN_NAMESPACE);
    PlanId planId = metadata == null ? null : PlanMetadata.planId(metadata);
    if (metadata == null || planId == null) {
      context.metrics().unplannedResponse();
      // Envoy then stops sending this response; nothing else happens to it.
      state = DONE;
      replies.onCompleted();
      return;
    }
    Struct attributes = message.getAttributesOrDefault(ATTRIBUTES, Struct.getDefaultInstance());
    HeaderMap headers = message.getResponseHeaders().getHeaders();
    int status = (int) number(attributes, "response.code");
    Dialect dialect = PlanMetadata.dialect(metadata);
    State.Reading reading =
        new State.Reading(
            planId,
            text(attributes, "upstream.address"),
            text(attributes, "xds.cluster_name"),
            status,
            (int) number(attributes, "upstream.request_attempt_count"),
            UsageReader.of(
                dialect,
                status,
                header(headers, "content-type"),
                header(headers, "content-encoding")));
    state = reading;
    if (message.getResponseHeaders().getEndOfStream()) {
      finish(reading);
    }
  }

  private void onBody(HttpBody message) {
    if (!(state instanceof State.Reading reading)) {
      return;
    }
    ByteString body = message.getBody();
    if (!body.isEmpty()) {
      if (!reading.firstByteSeen) {
        reading.firstByteSeen = true;
        long nowNanos = context.clock().getAsLong();
        context.outcomes().observed(outcome(reading, nowNanos, false, false), nowNanos);
      }
      byte[] bytes = context.scratch().chunk(body);
      reading.usage.feed(bytes, 0, body.size());
      tellHome(reading);
    }
    if (message.getEndOfStream()) {
      finish(reading);
    }
  }

  private void finish(State.Reading reading) {
    state = DONE;
    context.outcomes().observed(outcome(reading, null, false, true), context.clock().getAsLong());
    tellHome(reading);
    replies.onCompleted();
  }

  /** Remembers who served a response that can be continued, as soon as its name is known. */
  private void tellHome(State.Reading reading) {
    if (reading.homeTold) {
      return;
    }
    String id = reading.usage.responseId();
    if (!id.isEmpty()) {
      reading.homeTold = true;
      context
          .responseHomes()
          .served(
              reading.upstreamCluster, reading.upstreamAddress, id, context.clock().getAsLong());
    }
  }

  /** The response ended before its end: the client left, or the upstream broke off. */
  private void breakOff() {
    if (state instanceof State.Reading reading) {
      state = DONE;
      context.outcomes().observed(outcome(reading, null, true, true), context.clock().getAsLong());
    }
  }

  @Override
  public void onError(Throwable error) {
    breakOff();
  }

  @Override
  public void onCompleted() {
    boolean open = !(state instanceof State.Done);
    breakOff();
    if (open) {
      state = DONE;
      replies.onCompleted();
    }
  }

  private static Outcome outcome(
      State.Reading reading, @Nullable Long firstByteAtNanos, boolean cut, boolean end) {
    return new Outcome(
        reading.planId,
        Outcome.Source.OBSERVER,
        reading.upstreamAddress,
        reading.upstreamCluster,
        reading.status,
        reading.attempts,
        firstByteAtNanos,
        end ? reading.usage.finish() : null,
        end ? reading.usage.rejectedField() : "",
        cut,
        end);
  }

  private static String header(HeaderMap map, String name) {
    for (int i = 0; i < map.getHeadersCount(); i++) {
      HeaderValue header = map.getHeaders(i);
      if (header.getKey().equals(name)) {
        ByteString raw = header.getRawValue();
        return raw.isEmpty() ? header.getValue() : raw.toStringUtf8();
      }
    }
    return "";
  }

  private static String text(Struct attributes, String name) {
    Value value = attributes.getFieldsMap().get(name);
    return value == null ? "" : value.getStringValue();
  }

  private static double number(Struct attributes, String name) {
    Value value = attributes.getFieldsMap().get(name);
    return value == null ? 0 : value.getNumberValue();
  }
}

package dev.warmpath.extproc.exchange;

import io.envoyproxy.envoy.service.ext_proc.v3.ExternalProcessorGrpc.ExternalProcessorImplBase;
import io.envoyproxy.envoy.service.ext_proc.v3.ProcessingRequest;
import io.envoyproxy.envoy.service.ext_proc.v3.ProcessingResponse;
import io.grpc.ServerStreamTracer;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import org.jspecify.annotations.Nullable;

/**
 * The ext_proc service. Both of Envoy's filters call it: a stream in {@code observability_mode}
 * belongs to the observer, any other to the request filter. Thread-safe; each stream has a state
 * machine of its own.
 */
public final class ExtProcService extends ExternalProcessorImplBase {

  private final ExchangeContext context;

  public ExtProcService(ExchangeContext context) {
    this.context = context;
  }

  /** Must be registered with the server: tells how streams end. */
  public static ServerStreamTracer.Factory streamTracer() {
    return StreamEnd.FACTORY;
  }

  @Override
  public StreamObserver<ProcessingRequest> process(StreamObserver<ProcessingResponse> replies) {
    StreamEnd end = StreamEnd.KEY.get();
    if (end == null) {
      throw new IllegalStateException("no stream tracer (expected: streamTracer() at the server)");
    }
    return new FirstMessage(replies, end);
  }

  /** Waits for the message that tells which filter calls. */
  private final class FirstMessage implements StreamObserver<ProcessingRequest> {

    private final ServerCallStreamObserver<ProcessingResponse> replies;
    private final StreamEnd streamEnd;
    private @Nullable StreamObserver<ProcessingRequest> exchange;

    FirstMessage(StreamObserver<ProcessingResponse> replies, StreamEnd streamEnd) {
      this.replies = (ServerCallStreamObserver<ProcessingResponse>) replies;
      this.streamEnd = streamEnd;
      // Without a handler, answering a cancelled call would throw.
      this.replies.setOnCancelHandler(() -> {});
    }

    @Override
    public void onNext(ProcessingRequest message) {
      StreamObserver<ProcessingRequest> current = exchange;
      if (current == null) {
        current = open(message.getObservabilityMode());
        exchange = current;
      }
      current.onNext(message);
    }

    private StreamObserver<ProcessingRequest> open(boolean observer) {
      return observer
          ? new ResponseWatch(context, replies)
          : new RequestExchange(context, replies, streamEnd);
    }

    @Override
    public void onError(Throwable error) {
      if (exchange != null) {
        exchange.onError(error);
      }
    }

    @Override
    public void onCompleted() {
      if (exchange != null) {
        exchange.onCompleted();
      } else {
        replies.onCompleted();
      }
    }
  }
}

package dev.warmpath.e2e.bench;

import io.envoyproxy.envoy.service.ext_proc.v3.BodyResponse;
import io.envoyproxy.envoy.service.ext_proc.v3.CommonResponse;
import io.envoyproxy.envoy.service.ext_proc.v3.ExternalProcessorGrpc.ExternalProcessorImplBase;
import io.envoyproxy.envoy.service.ext_proc.v3.HeadersResponse;
import io.envoyproxy.envoy.service.ext_proc.v3.ProcessingRequest;
import io.envoyproxy.envoy.service.ext_proc.v3.ProcessingResponse;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;

/**
 * The least that a processor of whole bodies can do: takes headers and body, has Envoy go on, looks
 * at nothing and changes nothing. The observer's streams are closed at their first message.
 * Thread-safe; each stream is confined to its event loop.
 */
final class NoopProcessor extends ExternalProcessorImplBase {
  private static final ProcessingResponse CONTINUE_HEADERS =
      ProcessingResponse.newBuilder()
          .setRequestHeaders(
              HeadersResponse.newBuilder().setResponse(CommonResponse.getDefaultInstance()))
          .build();
  private static final ProcessingResponse CONTINUE_BODY =
      ProcessingResponse.newBuilder()
          .setRequestBody(
              BodyResponse.newBuilder().setResponse(CommonResponse.getDefaultInstance()))
          .build();

  @Override
  public StreamObserver<ProcessingRequest> process(StreamObserver<ProcessingResponse> replies) {
    return new Exchange((ServerCallStreamObserver<ProcessingResponse>) replies);
  }

  private static final class Exchange implements StreamObserver<ProcessingRequest> {
    private final ServerCallStreamObserver<ProcessingResponse> replies;
    private boolean closed;

    Exchange(ServerCallStreamObserver<ProcessingResponse> replies) {
      this.replies = replies;
      // Without a handler, answering a cancelled call would throw.
      replies.setOnCancelHandler(() -> {});
    }

    @Override
    public void onNext(ProcessingRequest message) {
      if (closed) {
        return;
      }
      if (message.getObservabilityMode()) {
        onCompleted();
      } else if (message.hasRequestHeaders()) {
        replies.onNext(CONTINUE_HEADERS);
      } else if (message.hasRequestBody()) {
        replies.onNext(CONTINUE_BODY);
      } else {
        onCompleted();
      }
    }

    @Override
    public void onError(Throwable error) {
      closed = true;
    }

    @Override
    public void onCompleted() {
      if (!closed) {
        closed = true;
        replies.onCompleted();
      }
    }
  }
}

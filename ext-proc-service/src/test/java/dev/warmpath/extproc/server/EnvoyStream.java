package dev.warmpath.extproc.server;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.envoyproxy.envoy.config.core.v3.HeaderMap;
import io.envoyproxy.envoy.config.core.v3.HeaderValue;
import io.envoyproxy.envoy.service.ext_proc.v3.ExternalProcessorGrpc;
import io.envoyproxy.envoy.service.ext_proc.v3.HttpBody;
import io.envoyproxy.envoy.service.ext_proc.v3.HttpHeaders;
import io.envoyproxy.envoy.service.ext_proc.v3.ProcessingRequest;
import io.envoyproxy.envoy.service.ext_proc.v3.ProcessingResponse;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;

/** One ext_proc stream as Envoy has it. Nothing waits longer than {@value #PATIENCE_SECONDS} s. */
final class EnvoyStream implements StreamObserver<ProcessingResponse> {
  static final int PATIENCE_SECONDS = 5;

  private final BlockingQueue<ProcessingResponse> replies = new LinkedBlockingQueue<>();
  private final CompletableFuture<Status> ended = new CompletableFuture<>();
  private final ClientCallStreamObserver<ProcessingRequest> requests;

  EnvoyStream(ManagedChannel channel) {
    requests =
        (ClientCallStreamObserver<ProcessingRequest>)
            ExternalProcessorGrpc.newStub(channel).process(this);
  }

  /** A chat of one user turn. */
  static ByteString chat(String text) {
    return ByteString.copyFromUtf8(
        "{\"model\":\"m\",\"tools\":[{\"type\":\"function\"}],\"messages\":[{\"role\":\"user\","
            + "\"content\":\""
            + text
            + "\"}]}");
  }

  static HeaderMap headers(Map<String, String> headers) {
    HeaderMap.Builder map = HeaderMap.newBuilder();
    headers.forEach(
        (name, value) ->
            map.addHeaders(
                HeaderValue.newBuilder().setKey(name).setRawValue(ByteString.copyFromUtf8(value))));
    return map.build();
  }

  /** Sends a chat's headers and body. */
  ProcessingResponse exchange(Map<String, String> headers, ByteString body) throws Exception {
    begin(headers, body.size());
    body(body, true);
    return next();
  }

  /** Sends a chat's headers, which are answered; its body may follow. */
  void begin(Map<String, String> headers, long length) throws Exception {
    headers(headers, "/v1/chat/completions", length, false);
    assertThat(next().hasRequestHeaders()).isTrue();
  }

  void headers(Map<String, String> more, String path, long length, boolean endOfStream) {
    HeaderMap.Builder headers = headers(more).toBuilder();
    headers.mergeFrom(headers(Map.of(":path", path)));
    if (length >= 0) {
      headers.mergeFrom(headers(Map.of("content-length", Long.toString(length))));
    }
    send(
        ProcessingRequest.newBuilder()
            .setRequestHeaders(
                HttpHeaders.newBuilder().setHeaders(headers).setEndOfStream(endOfStream)));
  }

  void body(ByteString body, boolean endOfStream) {
    send(
        ProcessingRequest.newBuilder()
            .setRequestBody(HttpBody.newBuilder().setBody(body).setEndOfStream(endOfStream)));
  }

  void send(ProcessingRequest.Builder message) {
    requests.onNext(message.build());
  }

  ProcessingResponse next() throws InterruptedException {
    ProcessingResponse reply = replies.poll(PATIENCE_SECONDS, SECONDS);
    assertThat(reply).as("a reply within %d s", PATIENCE_SECONDS).isNotNull();
    return reply;
  }

  /** The exchange is over: Envoy closes its side. */
  void end() {
    requests.onCompleted();
  }

  /** The client went away: Envoy resets the stream. */
  void cancel() {
    requests.cancel("the test ends it", null);
  }

  boolean isOpen() {
    return !ended.isDone();
  }

  /** How the service ended the stream. */
  Status.Code awaitEnd() throws Exception {
    return ended.get(PATIENCE_SECONDS, SECONDS).getCode();
  }

  /** The service closes the stream in peace: Envoy goes on without it. */
  void awaitClosed() throws Exception {
    assertThat(awaitEnd()).isEqualTo(Status.Code.OK);
  }

  @Override
  public void onNext(ProcessingResponse reply) {
    replies.add(reply);
  }

  @Override
  public void onError(Throwable error) {
    ended.complete(Status.fromThrowable(error));
  }

  @Override
  public void onCompleted() {
    ended.complete(Status.OK);
  }
}

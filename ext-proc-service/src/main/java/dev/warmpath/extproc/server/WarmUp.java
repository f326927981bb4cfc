package dev.warmpath.extproc.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.concurrent.TimeUnit.MILLISECONDS;
import static java.util.concurrent.TimeUnit.NANOSECONDS;
import static java.util.concurrent.TimeUnit.SECONDS;

import com.google.protobuf.ByteString;
import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import dev.warmpath.config.v1.Tls;
import dev.warmpath.extproc.exchange.AccessLog;
import dev.warmpath.extproc.exchange.ExtProcService;
import io.envoyproxy.envoy.config.core.v3.HeaderMap;
import io.envoyproxy.envoy.config.core.v3.HeaderValue;
import io.envoyproxy.envoy.config.core.v3.Metadata;
import io.envoyproxy.envoy.service.ext_proc.v3.ExternalProcessorGrpc;
import io.envoyproxy.envoy.service.ext_proc.v3.HttpBody;
import io.envoyproxy.envoy.service.ext_proc.v3.HttpHeaders;
import io.envoyproxy.envoy.service.ext_proc.v3.ProcessingRequest;
import io.envoyproxy.envoy.service.ext_proc.v3.ProcessingResponse;
import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs the service's own path over sample bodies until it is compiled, before its health says
 * SERVING: Envoy waits 100 ms for an answer, and a cold JVM takes longer. It runs on a server, a
 * context and metrics of its own, so that nothing of it shows; what stays is compiled code.
 */
final class WarmUp {

  private static final Logger log = LoggerFactory.getLogger(WarmUp.class);

  /** Exchanges in one round. */
  private static final int ROUND = 300;

  /** A round is good when its slowest exchange is well below what Envoy waits. */
  private static final long GOOD_NANOS = MILLISECONDS.toNanos(25);

  /** So many good rounds, one after the other, are enough. */
  private static final int GOOD_ROUNDS = 3;

  /** At least so many rounds, since the C2 compiler needs thousands of calls. */
  private static final int LEAST_ROUNDS = 8;

  private static final long REPLY_TIMEOUT_SECONDS = 10;

  private final ManagedChannel channel;
  private final List<ByteString> openAi;
  private final List<ByteString> anthropic;

  private WarmUp(ManagedChannel channel, int maxBodyBytes) {
    this.channel = channel;
    this.openAi = SampleBodies.openAi(maxBodyBytes);
    this.anthropic = SampleBodies.anthropic(maxBodyBytes);
  }

  /**
   * Runs until it is fast, or until the time is up.
   *
   * @return whether it became fast
   */
  static boolean run(
      ExtProcService service, AccessLog accessLog, int maxBodyBytes, long timeoutNanos)
      throws IOException, InterruptedException {
    ProcessorServer server =
        ProcessorServer.start(
            new ProcessorServer.Options("127.0.0.1:0", Tls.getDefaultInstance(), 1, maxBodyBytes),
            List.of(service, accessLog),
            List.of(ExtProcService.streamTracer()));
    ManagedChannel channel =
        NettyChannelBuilder.forAddress("127.0.0.1", server.port())
            .usePlaintext()
            .directExecutor()
            .build();
    try (server) {
      return new WarmUp(channel, maxBodyBytes).run(timeoutNanos);
    } finally {
      channel.shutdownNow();
    }
  }

  private boolean run(long timeoutNanos) throws InterruptedException {
    long startNanos = System.nanoTime();
    int good = 0;
    int rounds = 0;
    while (rounds < LEAST_ROUNDS || good < GOOD_ROUNDS) {
      if (System.nanoTime() - startNanos > timeoutNanos) {
        log.warn("warm-up gave up after {} rounds; first requests may be slow", rounds);
        return false;
      }
      try {
        long slowestNanos = round(rounds);
        good = slowestNanos < GOOD_NANOS ? good + 1 : 0;
      } catch (TimeoutException e) {
        log.warn("a warm-up exchange was not answered", e);
        good = 0;
      }
      rounds++;
    }
    log.info(
        "warm after {} rounds in {} ms",
        rounds,
        NANOSECONDS.toMillis(System.nanoTime() - startNanos));
    return true;
  }

  private long round(int number) throws InterruptedException, TimeoutException {
    long slowestNanos = 0;
    for (int i = 0; i < ROUND; i++) {
      List<ByteString> bodies = i % 2 == 0 ? openAi : anthropic;
      String path = i % 2 == 0 ? "/v1/chat/completions" : "/v1/messages";
      long startNanos = System.nanoTime();
      Struct metadata = request(path, bodies.get((number + i / 2) % bodies.size()));
      response(i % 2 == 0, metadata);
      slowestNanos = Math.max(slowestNanos, System.nanoTime() - startNanos);
    }
    return slowestNanos;
  }

  private Struct request(String path, ByteString body)
      throws InterruptedException, TimeoutException {
    Replies replies = new Replies();
    StreamObserver<ProcessingRequest> stream =
        ExternalProcessorGrpc.newStub(channel).process(replies);
    stream.onNext(
        ProcessingRequest.newBuilder()
            .setRequestHeaders(
                HttpHeaders.newBuilder()
                    .setHeaders(
                        headers(
                            ":path",
                            path,
                            ":method",
                            "POST",
                            "content-length",
                            Integer.toString(body.size()))))
            .build());
    var _ = replies.next();
    stream.onNext(
        ProcessingRequest.newBuilder()
            .setRequestBody(HttpBody.newBuilder().setBody(body).setEndOfStream(true))
            .build());
    Struct metadata = replies.next().getDynamicMetadata();
    stream.onCompleted();
    return metadata;
  }

  private void response(boolean openAiResponse, Struct metadata) throws InterruptedException {
    Metadata.Builder context = Metadata.newBuilder();
    metadata
        .getFieldsMap()
        .forEach((name, value) -> context.putFilterMetadata(name, value.getStructValue()));
    Replies replies = new Replies();
    StreamObserver<ProcessingRequest> stream =
        ExternalProcessorGrpc.newStub(channel).process(replies);
    Function<ProcessingRequest.Builder, ProcessingRequest> observed =
        request -> request.setObservabilityMode(true).setMetadataContext(context).build();
    Struct attributes =
        Struct.newBuilder()
            .putFields("response.code", Value.newBuilder().setNumberValue(200).build())
            .putFields("upstream.address", Value.newBuilder().setStringValue("127.0.0.1:1").build())
            .build();
    stream.onNext(
        observed.apply(
            ProcessingRequest.newBuilder()
                .putAttributes("envoy.filters.http.ext_proc", attributes)
                .setResponseHeaders(
                    HttpHeaders.newBuilder()
                        .setHeaders(headers("content-type", "text/event-stream")))));
    List<String> chunks =
        openAiResponse ? SampleBodies.OPENAI_STREAM : SampleBodies.ANTHROPIC_STREAM;
    for (int i = 0; i < chunks.size(); i++) {
      stream.onNext(
          observed.apply(
              ProcessingRequest.newBuilder()
                  .setResponseBody(
                      HttpBody.newBuilder()
                          .setBody(ByteString.copyFrom(chunks.get(i), UTF_8))
                          .setEndOfStream(i == chunks.size() - 1))));
    }
    stream.onCompleted();
    replies.awaitEnd();
  }

  private static HeaderMap headers(String... namesAndValues) {
    HeaderMap.Builder headers = HeaderMap.newBuilder();
    for (int i = 0; i < namesAndValues.length; i += 2) {
      headers.addHeaders(
          HeaderValue.newBuilder()
              .setKey(namesAndValues[i])
              .setRawValue(ByteString.copyFrom(namesAndValues[i + 1], UTF_8)));
    }
    return headers.build();
  }

  /** Hands replies from gRPC's thread to this one; an end is an empty reply. */
  private static final class Replies implements StreamObserver<ProcessingResponse> {

    private final LinkedBlockingQueue<ProcessingResponse> queue = new LinkedBlockingQueue<>();

    ProcessingResponse next() throws InterruptedException, TimeoutException {
      ProcessingResponse reply = queue.poll(REPLY_TIMEOUT_SECONDS, SECONDS);
      if (reply == null) {
        throw new TimeoutException("no reply in " + REPLY_TIMEOUT_SECONDS + " s");
      }
      return reply;
    }

    void awaitEnd() throws InterruptedException {
      var _ = queue.poll(REPLY_TIMEOUT_SECONDS, SECONDS);
    }

    @Override
    public void onNext(ProcessingResponse reply) {
      queue.add(reply);
    }

    @Override
    public void onError(Throwable error) {
      queue.add(ProcessingResponse.getDefaultInstance());
    }

    @Override
    public void onCompleted() {
      queue.add(ProcessingResponse.getDefaultInstance());
    }
  }
}

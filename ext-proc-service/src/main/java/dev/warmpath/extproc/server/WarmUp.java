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
import io.envoyproxy.envoy.extensions.filters.http.ext_proc.v3.ProcessingMode.BodySendMode;
import io.envoyproxy.envoy.service.ext_proc.v3.ExternalProcessorGrpc;
import io.envoyproxy.envoy.service.ext_proc.v3.HttpBody;
import io.envoyproxy.envoy.service.ext_proc.v3.HttpHeaders;
import io.envoyproxy.envoy.service.ext_proc.v3.ProcessingRequest;
import io.envoyproxy.envoy.service.ext_proc.v3.ProcessingResponse;
import io.envoyproxy.envoy.service.ext_proc.v3.ProtocolConfiguration;
import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
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

  /** An exchange is slow when it takes so much of what Envoy waits. */
  private static final long SLOW_NANOS = MILLISECONDS.toNanos(25);

  private static final long REPLY_TIMEOUT_SECONDS = 10;

  /**
   * One exchange of so many has its response on the request's stream, too: it is the rarer case.
   */
  private static final int EDITED_EVERY = 8;

  private static final ThreadMXBean threads = ManagementFactory.getThreadMXBean();

  private final ManagedChannel channel;
  private final long serverThread;
  private final List<ByteString> openAi;
  private final List<ByteString> anthropic;

  private WarmUp(ManagedChannel channel, long serverThread, int maxBodyBytes) {
    this.channel = channel;
    this.serverThread = serverThread;
    this.openAi = SampleBodies.openAi(maxBodyBytes);
    this.anthropic = SampleBodies.anthropic(maxBodyBytes);
  }

  /**
   * How long it runs.
   *
   * @param exchanges at least so many, and until none of the last half of so many was slow
   * @param timeoutNanos no longer than that
   */
  record Extent(int exchanges, long timeoutNanos) {
    Extent {
      if (exchanges < 1) {
        throw new IllegalArgumentException("exchanges: " + exchanges + " (expected: 1 or more)");
      }
    }
  }

  /**
   * Runs until it is fast, or until the time is up.
   *
   * @return whether it became fast
   */
  static boolean run(ExtProcService service, AccessLog accessLog, int maxBodyBytes, Extent extent)
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
      long serverThread =
          server.workers().next().submit(() -> Thread.currentThread().threadId()).get();
      return new WarmUp(channel, serverThread, maxBodyBytes).run(extent);
    } catch (ExecutionException e) {
      throw new IllegalStateException("the thread that answers doesn't tell its number", e);
    } finally {
      channel.shutdownNow();
    }
  }

  private boolean run(Extent extent) throws InterruptedException {
    long startNanos = System.nanoTime();
    int exchanges = 0;
    int fast = 0;
    while (exchanges < extent.exchanges() || fast < extent.exchanges() / 2) {
      if (System.nanoTime() - startNanos > extent.timeoutNanos()) {
        log.warn("warm-up gave up after {} exchanges; first requests may be slow", exchanges);
        return false;
      }
      try {
        fast = exchange(exchanges) < SLOW_NANOS ? fast + 1 : 0;
      } catch (TimeoutException e) {
        log.warn("a warm-up exchange was not answered", e);
        fast = 0;
      }
      exchanges++;
    }
    log.info(
        "warm after {} exchanges in {} ms",
        exchanges,
        NANOSECONDS.toMillis(System.nanoTime() - startNanos));
    return true;
  }

  /**
   * One request and its response.
   *
   * @return CPU time of the thread that answers: on a machine that is busy with other things, the
   *     time on the clock would tell of those, and a warm-up that can't end makes it busier
   */
  private long exchange(int number) throws InterruptedException, TimeoutException {
    boolean isOpenAi = number % 2 == 0;
    List<ByteString> bodies = isOpenAi ? openAi : anthropic;
    String path = isOpenAi ? "/v1/chat/completions" : "/v1/messages";
    long beforeNanos = threads.getThreadCpuTime(serverThread);
    boolean isEdited = number % EDITED_EVERY == 0;
    Struct metadata = request(path, bodies.get(number / 2 % bodies.size()), isEdited);
    response(isOpenAi, metadata);
    return threads.getThreadCpuTime(serverThread) - beforeNanos;
  }

  private Struct request(String path, ByteString body, boolean respond)
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
            .setProtocolConfig(
                ProtocolConfiguration.newBuilder()
                    .setResponseBodyMode(respond ? BodySendMode.STREAMED : BodySendMode.NONE))
            .build());
    var _ = replies.next();
    stream.onNext(
        ProcessingRequest.newBuilder()
            .setRequestBody(HttpBody.newBuilder().setBody(body).setEndOfStream(true))
            .build());
    Struct metadata = replies.next().getDynamicMetadata();
    if (respond) {
      editedResponse(stream, replies);
    }
    stream.onCompleted();
    return metadata;
  }

  /** The response to a request that asked for usage, of which that is taken out again. */
  private static void editedResponse(StreamObserver<ProcessingRequest> stream, Replies replies)
      throws InterruptedException, TimeoutException {
    stream.onNext(
        ProcessingRequest.newBuilder()
            .setResponseHeaders(
                HttpHeaders.newBuilder()
                    .setHeaders(headers(":status", "200", "content-type", "text/event-stream")))
            .build());
    var _ = replies.next();
    for (HttpBody chunk : chunks(SampleBodies.OPENAI_STREAM)) {
      stream.onNext(ProcessingRequest.newBuilder().setResponseBody(chunk).build());
      var _ = replies.next();
    }
  }

  private static List<HttpBody> chunks(List<String> texts) {
    List<HttpBody> chunks = new ArrayList<>();
    for (int i = 0; i < texts.size(); i++) {
      chunks.add(
          HttpBody.newBuilder()
              .setBody(ByteString.copyFrom(texts.get(i), UTF_8))
              .setEndOfStream(i == texts.size() - 1)
              .build());
    }
    return chunks;
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
    List<String> texts =
        openAiResponse ? SampleBodies.OPENAI_STREAM : SampleBodies.ANTHROPIC_STREAM;
    for (HttpBody chunk : chunks(texts)) {
      stream.onNext(observed.apply(ProcessingRequest.newBuilder().setResponseBody(chunk)));
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

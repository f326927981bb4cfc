package dev.warmpath.e2e.provider;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.ByteString;
import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import dev.warmpath.config.ConfigFile;
import dev.warmpath.e2e.provider.ProviderRules.Kind;
import dev.warmpath.e2e.provider.requests.ProviderRequest;
import dev.warmpath.e2e.provider.requests.ProviderRequests;
import dev.warmpath.extproc.CatalogueFile;
import dev.warmpath.extproc.exchange.ExchangeMetrics;
import dev.warmpath.extproc.exchange.Exchanges;
import dev.warmpath.extproc.exchange.ExtProcService;
import dev.warmpath.extproc.prefix.KeyRing;
import dev.warmpath.wire.Names;
import io.envoyproxy.envoy.config.core.v3.HeaderMap;
import io.envoyproxy.envoy.config.core.v3.HeaderValue;
import io.envoyproxy.envoy.config.core.v3.Metadata;
import io.envoyproxy.envoy.extensions.filters.http.ext_proc.v3.ProcessingMode.BodySendMode;
import io.envoyproxy.envoy.service.ext_proc.v3.CommonResponse;
import io.envoyproxy.envoy.service.ext_proc.v3.ExternalProcessorGrpc;
import io.envoyproxy.envoy.service.ext_proc.v3.HttpBody;
import io.envoyproxy.envoy.service.ext_proc.v3.HttpHeaders;
import io.envoyproxy.envoy.service.ext_proc.v3.ProcessingRequest;
import io.envoyproxy.envoy.service.ext_proc.v3.ProcessingResponse;
import io.envoyproxy.envoy.service.ext_proc.v3.ProtocolConfiguration;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Generated requests through the service, in this process, to providers that judge them as strictly
 * as the real ones: none that is taken as its client sent it is refused as it goes on, and nothing
 * in it changes but what is added. {@code -Dwarmpath.requests} tells how many; CONTRIBUTING.md
 * names the long run.
 */
class EditedRequestsTest {
  private static final int REQUESTS = Integer.getInteger("warmpath.requests", 4_000);
  private static final int MAX_MESSAGE_BYTES = 8 << 20;
  private static final int PATIENCE_SECONDS = 20;

  /** How a longer system prompt goes on, in the body and in its text. */
  private static final String PADDING = "<padding>";

  private static final ObjectMapper JSON = new ObjectMapper();

  /** Of whom the catalogue believes that it takes an hour. */
  private static final String RESELLER =
      "- {name: reseller, catalogue: anthropic, address: 'localhost:1', api: anthropic_messages}\n";

  private static final String TO_RESELLER =
      "- {id: reseller, headers: {x-to: reseller}, provider: reseller, annotate: active}\n";

  private final Random random = new Random(23);
  private final Map<Kind, ProviderRules> unedited = new EnumMap<>(Kind.class);
  private final Map<Kind, ProviderRules> edited = new EnumMap<>(Kind.class);
  private final Map<Kind, Integer> edits = new EnumMap<>(Kind.class);
  private final Map<Kind, Integer> usageAsked = new EnumMap<>(Kind.class);
  private Instant now = Instant.parse("2026-11-21T10:00:00Z");
  private Server server;
  private ManagedChannel channel;

  @BeforeEach
  void start() throws Exception {
    byte[] secret = "0123456789abcdef0123456789abcdef".getBytes(US_ASCII);
    Instant origin = now;
    var config =
        ConfigFile.parse(
            "ext_proc: {address: '127.0.0.1:0', admin_address: '127.0.0.1:0'}\n"
                + ProviderRoutes.yaml(_ -> "localhost:1", RESELLER, TO_RESELLER)
                    .replace(
                        "annotate: active",
                        "annotate: active, padding: {mode: active, max_tokens: 4096}"),
            "test");
    Exchanges exchanges =
        Exchanges.of(
            new Exchanges.Parts(
                config,
                new KeyRing(secret, secret),
                secret,
                CatalogueFile.load(config.getModelsList()),
                1,
                _ -> {},
                new ExchangeMetrics(new SimpleMeterRegistry(), 100),
                () -> Duration.between(origin, now).toNanos(),
                Runnable::run));
    server =
        NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
            .directExecutor()
            .maxInboundMessageSize(MAX_MESSAGE_BYTES)
            .addService(new ExtProcService(exchanges.context()))
            .addStreamTracerFactory(ExtProcService.streamTracer())
            .build()
            .start();
    channel =
        NettyChannelBuilder.forAddress("127.0.0.1", server.getPort())
            .usePlaintext()
            .directExecutor()
            .maxInboundMessageSize(MAX_MESSAGE_BYTES)
            .build();
  }

  @AfterEach
  void stop() throws InterruptedException {
    channel.shutdownNow();
    server.shutdownNow();
    assertThat(server.awaitTermination(5, SECONDS)).isTrue();
  }

  @Test
  void requests_takenAsTheirClientsSentThem_areTakenAsTheyGoOn() throws Exception {
    ProviderRequests requests = ProviderRequests.seeded(23, () -> now);
    List<String> wrong = new ArrayList<>();
    int taken = 0;
    int padded = 0;
    for (int i = 0; i < REQUESTS && wrong.size() < 10; i++) {
      now = now.plusMillis(random.nextInt(random.nextInt(50) == 0 ? 400_000 : 2_000));
      ProviderRequest request = requests.next();
      ProcessingResponse whole = exchange(request);
      CommonResponse reply = whole.getRequestBody().getResponse();
      byte[] body = request.body();
      if (reply.hasBodyMutation()) {
        body = reply.getBodyMutation().getBody().toByteArray();
        edits.merge(request.kind(), 1, Integer::sum);
        if (!tells(request.body()) && tells(body)) {
          usageAsked.merge(request.kind(), 1, Integer::sum);
        }
        padded += new String(body, UTF_8).contains(PADDING) ? 1 : 0;
        assertThat(length(reply)).isEqualTo(Integer.toString(body.length));
        assertThat(request.signed()).as("signed, and changed").isFalse();
        if (i % 10 == 0 || padded == 1) {
          assertThat(withoutHints(body)).isEqualTo(withoutHints(request.body()));
        }
      }
      String session = sessionHeader(reply);
      var headers = new HashMap<>(request.headers());
      if (!session.isEmpty()) {
        edits.merge(request.kind(), 1, Integer::sum);
        headers.putIfAbsent(session, header(reply, session));
      }
      boolean isTaken = refusal(unedited, request, request.headers(), request.body()).isEmpty();
      taken += isTaken ? 1 : 0;
      String refusal = refusal(edited, request, headers, body);
      if (isTaken && !refusal.isEmpty()) {
        wrong.add("%s %s: %s".formatted(request.kind(), request.model(), refusal));
      }
      respond(whole.getDynamicMetadata(), refusal.isEmpty() ? 200 : 400, "{}");
    }
    assertThat(wrong).isEmpty();
    assertThat(padded).as("lengthened").isPositive();
    assertThat(taken).isGreaterThan(REQUESTS * 97 / 100);
    var notEdited = EnumSet.copyOf(ProviderRequests.KINDS);
    notEdited.removeAll(edits.keySet());
    assertThat(notEdited).as("never edited, of %s", edits).isEmpty();
    // Of all that is added, it takes this alone.
    assertThat(usageAsked).containsKeys(Kind.GROQ, Kind.OPENAI_CHAT, Kind.AZURE, Kind.QWEN);
    assertThat(usageAsked).doesNotContainKey(Kind.MISTRAL);
    System.out.println(
        "edited requests: %d of which %d taken unedited, 0 refused when edited; edited by kind: %s"
            .formatted(REQUESTS, taken, edits));
  }

  /**
   * Somebody who takes five minutes and no {@code ttl}: the one request that asks for an hour
   * fails, and what pays for five minutes is marked from the next one on.
   */
  @Test
  void hour_thatAProviderRefuses_endsHoursAndNotMarkers() throws Exception {
    ProviderRules rules =
        ProviderRules.of(Kind.ANTHROPIC_WITHOUT_TTL, ProviderAccess.DEFAULTS, () -> now);
    byte[] body =
        """
        {"model":"claude-opus-5-5","max_tokens":9,"system":[{"type":"text","text":"%s"}],\
        "messages":[{"role":"user","content":[{"type":"text","text":"Why?"}]}]}\
        """
            .formatted("All that is known of the matter. ".repeat(500))
            .getBytes(US_ASCII);
    Map<String, String> headers =
        Map.of("content-type", "application/json", "x-api-key", "sk-sim-north");
    int refused = 0;
    int marked = 0;
    int groups = 60;
    for (int i = 0; i < 3 * groups; i++) {
      now = now.plusSeconds(i % 3 == 0 ? 1_200 : 10);
      ProcessingResponse whole = exchange("/anthropic/v1/messages", headers, body, "reseller");
      CommonResponse reply = whole.getRequestBody().getResponse();
      byte[] sent =
          reply.hasBodyMutation() ? reply.getBodyMutation().getBody().toByteArray() : body;
      String text = new String(sent, US_ASCII);
      try {
        rules.judge("/anthropic/v1/messages", headers, sent);
        assertThat(text).doesNotContain("ttl");
        marked += text.contains("cache_control") ? 1 : 0;
        respond(whole.getDynamicMetadata(), 200, "{}");
      } catch (ApiException e) {
        assertThat(e.text()).contains("cache_control.ephemeral.ttl");
        refused++;
        respond(whole.getDynamicMetadata(), e.status(), e.body().toString());
      }
    }
    // The pause doubles from a minute on: the eleventh is longer than all of this takes.
    assertThat(refused).isBetween(1, 11);
    assertThat(marked).as("of %d", 3 * groups).isGreaterThan(3 * groups * 9 / 10);
  }

  private static boolean tells(byte[] body) throws IOException {
    return JSON.readTree(body).path("stream_options").has("include_usage");
  }

  /** What the provider answers; empty: it takes it. */
  private String refusal(
      Map<Kind, ProviderRules> by,
      ProviderRequest request,
      Map<String, String> headers,
      byte[] body) {
    try {
      by.computeIfAbsent(
              request.kind(), kind -> ProviderRules.of(kind, ProviderAccess.DEFAULTS, () -> now))
          .judge(request.target(), headers, body);
      return "";
    } catch (ApiException e) {
      return e.status() + " " + e.text();
    }
  }

  private static String length(CommonResponse reply) {
    return header(reply, "content-length");
  }

  /** The one that tells a session; empty: none does. */
  private static String sessionHeader(CommonResponse reply) {
    return Stream.of("x-grok-conv-id", "x-session-affinity")
        .filter(each -> !header(reply, each).isEmpty())
        .findFirst()
        .orElse("");
  }

  private static String header(CommonResponse reply, String name) {
    return reply.getHeaderMutation().getSetHeadersList().stream()
        .filter(each -> each.getHeader().getKey().equals(name))
        .map(each -> each.getHeader().getRawValue().toStringUtf8())
        .findFirst()
        .orElse("");
  }

  private ProcessingResponse exchange(ProviderRequest request) throws InterruptedException {
    return exchange(
        request.target(), request.headers(), request.body(), ProviderRoutes.route(request));
  }

  private ProcessingResponse exchange(
      String target, Map<String, String> sent, byte[] body, String route)
      throws InterruptedException {
    BlockingQueue<ProcessingResponse> replies = new LinkedBlockingQueue<>();
    StreamObserver<ProcessingRequest> stream =
        ExternalProcessorGrpc.newStub(channel)
            .process(
                new StreamObserver<>() {
                  @Override
                  public void onNext(ProcessingResponse reply) {
                    replies.add(reply);
                  }

                  @Override
                  public void onError(Throwable error) {
                    // No reply comes then, which the test notices.
                  }

                  @Override
                  public void onCompleted() {}
                });
    HeaderMap.Builder headers = HeaderMap.newBuilder();
    sent.forEach((name, value) -> headers.addHeaders(header(name, value)));
    headers
        .addHeaders(header(":path", target))
        .addHeaders(header("content-length", Integer.toString(body.length)))
        .addHeaders(header(ProviderRoutes.HEADER, route));
    stream.onNext(
        ProcessingRequest.newBuilder()
            .setRequestHeaders(HttpHeaders.newBuilder().setHeaders(headers))
            .setProtocolConfig(
                ProtocolConfiguration.newBuilder().setResponseBodyMode(BodySendMode.STREAMED))
            .build());
    assertThat(requireNonNull(replies.poll(PATIENCE_SECONDS, SECONDS)).hasRequestHeaders())
        .isTrue();
    stream.onNext(
        ProcessingRequest.newBuilder()
            .setRequestBody(
                HttpBody.newBuilder().setBody(ByteString.copyFrom(body)).setEndOfStream(true))
            .build());
    ProcessingResponse reply = requireNonNull(replies.poll(PATIENCE_SECONDS, SECONDS));
    stream.onCompleted();
    return reply;
  }

  /** The response, as the observer's filter tells of it. */
  private void respond(Struct metadata, int status, String body) throws InterruptedException {
    var told = new CountDownLatch(1);
    StreamObserver<ProcessingRequest> stream =
        ExternalProcessorGrpc.newStub(channel)
            .process(
                new StreamObserver<>() {
                  @Override
                  public void onNext(ProcessingResponse reply) {}

                  @Override
                  public void onError(Throwable error) {}

                  @Override
                  public void onCompleted() {
                    told.countDown();
                  }
                });
    Struct attributes =
        Struct.newBuilder()
            .putFields("response.code", Value.newBuilder().setNumberValue(status).build())
            .build();
    stream.onNext(
        ProcessingRequest.newBuilder()
            .setObservabilityMode(true)
            .setMetadataContext(
                Metadata.newBuilder()
                    .putFilterMetadata(
                        Names.PLAN_NAMESPACE,
                        metadata.getFieldsOrThrow(Names.PLAN_NAMESPACE).getStructValue()))
            .putAttributes("envoy.filters.http.ext_proc", attributes)
            .setResponseHeaders(
                HttpHeaders.newBuilder()
                    .setHeaders(
                        HeaderMap.newBuilder()
                            .addHeaders(header("content-type", "application/json"))))
            .build());
    stream.onNext(
        ProcessingRequest.newBuilder()
            .setObservabilityMode(true)
            .setResponseBody(
                HttpBody.newBuilder().setBody(ByteString.copyFromUtf8(body)).setEndOfStream(true))
            .build());
    assertThat(told.await(PATIENCE_SECONDS, SECONDS)).isTrue();
    stream.onCompleted();
  }

  private static HeaderValue header(String name, String value) {
    return HeaderValue.newBuilder()
        .setKey(name)
        .setRawValue(ByteString.copyFromUtf8(value))
        .build();
  }

  /** The tree without hints of caching, ours or the client's, and with strings as blocks. */
  private static JsonNode withoutHints(byte[] body) throws IOException {
    ObjectNode tree = (ObjectNode) JSON.readTree(body);
    tree.remove(
        List.of("prompt_cache_key", "session_id", "prompt_cache_options", "stream_options"));
    if (tree.path("input").isTextual()) {
      JsonNode input = tree.get("input");
      tree.putArray("input").addObject().put("role", "user").set("content", input);
    }
    asBlocks(tree, "system", "text");
    tree.path("messages").forEach(message -> asBlocks(message, "content", "text"));
    tree.path("input").forEach(message -> asBlocks(message, "content", "input_text"));
    strip(tree);
    return tree;
  }

  private static void asBlocks(JsonNode owner, String name, String type) {
    if (owner instanceof ObjectNode object && object.path(name).isTextual()) {
      String text = object.get(name).asText();
      object.putArray(name).addObject().put("type", type).put("text", text);
    }
  }

  private static void strip(JsonNode node) {
    if (node instanceof ObjectNode object) {
      object.remove(List.of("cache_control", "prompt_cache_breakpoint"));
      String text = object.path("text").asText("");
      int padding = text.indexOf(PADDING);
      if (padding >= 0 && text.endsWith("</padding>")) {
        object.put("text", text.substring(0, padding - 2)); // And the lines before.
      }
    }
    if (node instanceof ArrayNode array) {
      for (int i = array.size() - 1; i >= 0; i--) {
        if (array.get(i).has("cachePoint") && array.get(i).size() == 1) {
          array.remove(i);
        }
      }
    }
    node.forEach(EditedRequestsTest::strip);
  }
}

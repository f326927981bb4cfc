package dev.warmpath.extproc.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import dev.warmpath.config.ConfigFile;
import dev.warmpath.config.v1.Config;
import dev.warmpath.config.v1.Tls;
import dev.warmpath.extproc.exchange.AccessLog;
import dev.warmpath.extproc.exchange.ExchangeMetrics;
import dev.warmpath.extproc.exchange.Exchanges;
import dev.warmpath.extproc.exchange.ExtProcService;
import dev.warmpath.extproc.exchange.Outcome;
import dev.warmpath.extproc.exchange.PlanId;
import dev.warmpath.extproc.fleet.FleetPort;
import dev.warmpath.extproc.ledger.LedgerRow;
import dev.warmpath.extproc.ledger.Tokens;
import dev.warmpath.extproc.prefix.KeyRing;
import dev.warmpath.extproc.provider.Catalogue;
import dev.warmpath.extproc.usage.Usage;
import dev.warmpath.fleet.v1.ControlMessage;
import dev.warmpath.fleet.v1.ReplicaMessage;
import io.envoyproxy.envoy.config.core.v3.Metadata;
import io.envoyproxy.envoy.service.ext_proc.v3.HttpBody;
import io.envoyproxy.envoy.service.ext_proc.v3.HttpHeaders;
import io.envoyproxy.envoy.service.ext_proc.v3.ProcessingRequest;
import io.envoyproxy.envoy.service.ext_proc.v3.ProcessingResponse;
import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioSocketChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Speaks ext_proc as Envoy does, over a real connection. */
class ExtProcServiceTest {

  private static final String CONFIG =
      """
      ext_proc: {address: "127.0.0.1:0", admin_address: "127.0.0.1:0", max_body_bytes: 1MiB,
                 max_bytes_in_flight: 1MiB, max_exchanges: 3, plan_ttl: 60s}
      pools:
        - {name: llama, endpoints: [{address: "127.0.0.1:1001"}, {address: "127.0.0.1:1002"}]}
      routes:
        - {id: forecast, path_prefix: /v1/chat, headers: {x-mode: forecast}, pool: llama}
        - id: repaired
          path_prefix: /v1/chat
          headers: {x-mode: repaired}
          pool: llama
          repair: {mode: active, sort_tools: true}
        - {id: chat, path_prefix: /v1/chat, pool: llama, pick: active}
        - {id: other, path_prefix: /v2, pool: llama, pick: active}
      """;

  private static final String CANARY = "prompt-canary-5e1f";

  private final PrometheusMeterRegistry registry =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final BlockingQueue<Outcome> forwarded = new LinkedBlockingQueue<>();
  private Exchanges exchanges;
  private ProcessorServer server;
  private ManagedChannel channel;

  @BeforeEach
  void start() throws Exception {
    Config config = ConfigFile.parse(CONFIG, "test");
    byte[] secret = "0123456789abcdef0123456789abcdef".getBytes(UTF_8);
    exchanges =
        Exchanges.of(
            new Exchanges.Parts(
                config,
                new KeyRing(secret, secret),
                secret,
                Catalogue.of(List.of()),
                0x1234,
                forwarded::add,
                new ExchangeMetrics(registry, config.getExtProc().getMaxLabelValues()),
                System::nanoTime,
                Runnable::run));
    server =
        ProcessorServer.start(
            new ProcessorServer.Options("127.0.0.1:0", Tls.getDefaultInstance(), 1, 1 << 20),
            List.of(new ExtProcService(exchanges.context()), new AccessLog(exchanges.context())),
            List.of(ExtProcService.streamTracer()));
    channel = newChannel();
  }

  @AfterEach
  void stop() {
    channel.shutdownNow();
    server.close();
  }

  private ManagedChannel newChannel() {
    return NettyChannelBuilder.forAddress("127.0.0.1", server.port()).usePlaintext().build();
  }

  @Test
  void request_activePool_listsEndpointsAndSetsKeysAndLeavesTheBody() throws Exception {
    EnvoyStream stream = new EnvoyStream(channel);

    ProcessingResponse reply = stream.exchange(Map.of(), EnvoyStream.chat("hello"));

    var common = reply.getRequestBody().getResponse();
    assertThat(common.hasBodyMutation()).isFalse();
    assertThat(common.getHeaderMutation().getSetHeadersList())
        .extracting(header -> header.getHeader().getKey())
        .containsExactlyInAnyOrder("x-warmpath-key-root", "x-warmpath-key-conversation");
    assertThat(endpoints(reply))
        .isIn("127.0.0.1:1001,127.0.0.1:1002", "127.0.0.1:1002,127.0.0.1:1001");
    assertThat(text(reply, "warmpath", "plan")).startsWith("0000000000001234-");
    assertThat(text(reply, "warmpath", "route")).isEqualTo("chat");
  }

  @Test
  void request_forecastRoute_recordsAndAppliesNothing() throws Exception {
    ProcessingResponse reply =
        new EnvoyStream(channel).exchange(Map.of("x-mode", "forecast"), EnvoyStream.chat("hello"));

    assertThat(reply.getRequestBody().getResponse().hasHeaderMutation()).isFalse();
    assertThat(reply.getDynamicMetadata().getFieldsMap()).containsOnlyKeys("warmpath");
    assertThat(text(reply, "warmpath", "mode")).isEqualTo("forecast");
  }

  @Test
  void request_withoutBody_passesAndIsCounted() throws Exception {
    EnvoyStream stream = new EnvoyStream(channel);

    stream.headers(Map.of(), "/v1/chat/completions", -1, true);

    assertThat(stream.next().hasRequestHeaders()).isTrue();
    stream.awaitClosed();
    assertPassed("chat", "no_body");
  }

  @Test
  void request_notJson_passesUntouchedAndIsCountedByReason() throws Exception {
    EnvoyStream stream = new EnvoyStream(channel);

    ProcessingResponse reply =
        stream.exchange(Map.of(), ByteString.copyFromUtf8("{\"messages\": [oops " + CANARY));

    assertThat(reply.getRequestBody().getResponse().hasHeaderMutation()).isFalse();
    assertThat(reply.hasDynamicMetadata()).isFalse();
    assertPassed("chat", "not_json");
    assertThat(registry.scrape()).doesNotContain(CANARY);
  }

  @Test
  void request_modelNameOfAnyLength_isBounded() throws Exception {
    String body = EnvoyStream.chat("hello").toStringUtf8();
    String longest = body.replaceFirst("\"model\": ?\"[^\"]*\"", modelOf(256));
    assertThat(longest).isNotEqualTo(body);

    assertThat(endpoints(exchange(longest))).isNotEmpty();
    assertThat(exchange(longest.replace(modelOf(256), modelOf(257))).hasDynamicMetadata())
        .isFalse();
    assertThat(registry.scrape()).contains("model_name_too_long");
  }

  private ProcessingResponse exchange(String body) throws Exception {
    return new EnvoyStream(channel).exchange(Map.of(), ByteString.copyFromUtf8(body));
  }

  private static String modelOf(int bytes) {
    return "\"model\":\"%s\"".formatted("m".repeat(bytes));
  }

  @Test
  void request_partOfABody_passesUntouched() throws Exception {
    EnvoyStream stream = new EnvoyStream(channel);
    stream.headers(Map.of(), "/v1/chat/completions", -1, false);
    var _ = stream.next();

    stream.body(EnvoyStream.chat("hello"), false);

    assertThat(stream.next().getRequestBody().getResponse().hasHeaderMutation()).isFalse();
    assertPassed("chat", "partial_body");
  }

  @Test
  void request_tooLargeByHeaders_bodyIsNotAskedFor() throws Exception {
    EnvoyStream stream = new EnvoyStream(channel);

    stream.headers(Map.of(), "/v1/chat/completions", (1 << 20) + 1, false);

    assertThat(stream.next().hasRequestHeaders()).isTrue();
    stream.awaitClosed();
    assertPassed("chat", "too_large");
  }

  @Test
  void request_unknownPathOfARoute_passes() throws Exception {
    EnvoyStream stream = new EnvoyStream(channel);

    stream.headers(Map.of(), "/v2/unknown", 10, false);

    assertThat(stream.next().hasRequestHeaders()).isTrue();
    stream.awaitClosed();
    assertPassed("other", "unknown_api");
  }

  @Test
  void request_pastTheBytesInFlight_headersAnsweredAndStreamClosed() throws Exception {
    EnvoyStream holding = new EnvoyStream(channel);
    holding.headers(Map.of(), "/v1/chat/completions", 900_000, false);
    assertThat(holding.next().hasRequestHeaders()).isTrue();
    EnvoyStream shed = new EnvoyStream(channel);

    shed.headers(Map.of(), "/v1/chat/completions", 900_000, false);

    assertThat(shed.next().hasRequestHeaders()).isTrue();
    shed.awaitClosed();
    assertPassed("chat", "overload");

    holding.cancel();
    until(() -> gauge("warmpath_body_bytes_in_flight") == 0);
    EnvoyStream after = new EnvoyStream(channel);
    after.headers(Map.of(), "/v1/chat/completions", 900_000, false);
    assertThat(after.next().hasRequestHeaders()).isTrue();
    after.body(EnvoyStream.chat("hello"), true);
    assertThat(after.next().hasRequestBody()).isTrue();
  }

  @Test
  void request_pastTheExchanges_headersAnsweredAndStreamClosedUntilOneEnds() throws Exception {
    List<EnvoyStream> held = List.of(stream(), stream(), stream());
    for (EnvoyStream stream : held) {
      stream.begin(Map.of(), 100);
    }

    // What is sent past takes no place, and gives none back.
    for (int i = 1; i <= 2; i++) {
      EnvoyStream shed = stream();
      shed.begin(Map.of(), 100);
      shed.awaitClosed();
      assertPassed("chat", "overload", i);
      assertThat(gauge("warmpath_exchanges_open")).isEqualTo(gauge("warmpath_exchanges_max"));
    }

    held.getFirst().cancel();
    until(() -> gauge("warmpath_exchanges_open") == 2);
    assertThat(endpoints(stream().exchange(Map.of(), EnvoyStream.chat("hello")))).isNotEmpty();
  }

  private EnvoyStream stream() {
    return new EnvoyStream(channel);
  }

  @Test
  void conversation_nextTurn_goesWhereTheFirstWasServed() throws Exception {
    // Several, since one could be where it should be by chance.
    for (int i = 0; i < 6; i++) {
      ByteString opening = EnvoyStream.chat((i + " You are helpful. ").repeat(500));
      String served = serve(opening);
      String continued =
          opening
              .toStringUtf8()
              .replace(
                  "}]}",
                  "},{\"role\":\"assistant\",\"content\":\"Yes\"},"
                      + "{\"role\":\"user\",\"content\":\"Go on\"}]}");

      assertThat(serve(ByteString.copyFromUtf8(continued))).isEqualTo(served);
    }
  }

  /** Has a request served where it is sent first, and answers where that is. */
  private String serve(ByteString body) throws Exception {
    EnvoyStream exchange = new EnvoyStream(channel);
    ProcessingResponse planned = exchange.exchange(Map.of(), body);
    String served = first(endpoints(planned));
    observe(planned, served, "{\"usage\":{\"prompt_tokens\":2000,\"completion_tokens\":3}}");
    exchange.end();
    until(() -> gauge("warmpath_plans_open") == 0);
    return served;
  }

  @Test
  void tools_inAnotherOrder_areSortedWhereTheRouteAsksForIt() throws Exception {
    String tail = "],\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}";
    String a = "{\"function\":{\"name\":\"a\"}}";
    String b = "{\"function\":{\"name\":\"b\"}}";
    ByteString sorted = ByteString.copyFromUtf8("{\"tools\":[" + a + "," + b + tail);
    ByteString turned = ByteString.copyFromUtf8("{\"tools\":[" + b + "," + a + tail);

    ProcessingResponse untouched =
        new EnvoyStream(channel).exchange(Map.of("x-mode", "repaired"), sorted);
    ProcessingResponse repaired =
        new EnvoyStream(channel).exchange(Map.of("x-mode", "repaired"), turned);

    assertThat(untouched.getRequestBody().getResponse().hasBodyMutation()).isFalse();
    assertThat(repaired.getRequestBody().getResponse().getBodyMutation().getBody())
        .isEqualTo(sorted);
    assertThat(text(repaired, "warmpath", "root")).isEqualTo(text(untouched, "warmpath", "root"));
    assertThat(
            registry
                .get("warmpath.repairs")
                .tags("route", "repaired", "repair", "tools", "decision", "repaired")
                .counter()
                .count())
        .isEqualTo(1);
  }

  @Test
  void response_observed_usageReachesTheLedger() throws Exception {
    EnvoyStream stream = new EnvoyStream(channel);
    ProcessingResponse planned = stream.exchange(Map.of(), EnvoyStream.chat("hello"));

    observe(
        planned,
        first(endpoints(planned)),
        "{\"usage\":{\"prompt_tokens\":100,\"completion_tokens\":7,"
            + "\"prompt_tokens_details\":{\"cached_tokens\":64}}}");
    stream.end();

    until(() -> rows().size() == 1);
    LedgerRow row = rows().getFirst();
    assertThat(row.requests()).isEqualTo(1);
    assertThat(row.tokens().read()).isEqualTo(64);
    assertThat(row.tokens().uncached()).isEqualTo(36);
    assertThat(row.tokens().output()).isEqualTo(7);
    assertThat(exchanges.openExchanges()).isZero();
  }

  @Test
  void response_ofAnotherReplicasPlan_isForwardedToItsOwner() throws Exception {
    ProcessingResponse planned =
        new EnvoyStream(channel).exchange(Map.of(), EnvoyStream.chat("hello"));
    Struct.Builder foreign =
        planned.getDynamicMetadata().getFieldsOrThrow("warmpath").getStructValue().toBuilder();
    foreign.putFields(
        "plan", Value.newBuilder().setStringValue("00000000000000ff-0000000000000001").build());

    observe(
        Metadata.newBuilder().putFilterMetadata("warmpath", foreign.build()).build(),
        "127.0.0.1:1001",
        "{}");

    Outcome firstByte = forwarded.poll(5, SECONDS);
    assertThat(firstByte).isNotNull();
    assertThat(firstByte.planId().incarnation()).isEqualTo(0xff);
    assertThat(firstByte.firstByteAtNanos()).isNotNull();
    Outcome end = forwarded.poll(5, SECONDS);
    assertThat(end).isNotNull();
    assertThat(end.end()).isTrue();
  }

  @Test
  void outcome_seenByAnotherReplica_reachesItsPlanOverTheFleetStream() throws Exception {
    EnvoyStream stream = new EnvoyStream(channel);
    ProcessingResponse planned = stream.exchange(Map.of(), EnvoyStream.chat("hello"));
    FleetPort other = port("replica-2", 0xff);
    other.forward(
        new Outcome(
            requireNonNull(PlanId.parse(text(planned, "warmpath", "plan"))),
            Outcome.Source.OBSERVER,
            first(endpoints(planned)),
            "llama",
            200,
            1,
            System.nanoTime(),
            Usage.of(64, 0, 0, 36, 7),
            "",
            false,
            true));
    List<ReplicaMessage> up = new ArrayList<>();
    other.collect(1, up);

    FleetPort own = port("replica-1", 0x1234);
    up.stream()
        .filter(ReplicaMessage::hasOutcomes)
        .forEach(
            message ->
                own.receive(
                    ControlMessage.newBuilder().setOutcomes(message.getOutcomes()).build()));
    stream.end();

    until(() -> rows().size() == 1);
    assertThat(rows().getFirst().tokens()).isEqualTo(new Tokens(64, 0, 0, 36, 7));
    assertThat(registry.scrape())
        .contains("warmpath_exchanges_ended_total{end=\"served\",route=\"chat\"} 1.0")
        .contains("warmpath_first_byte_seconds_count{route=\"chat\"} 1");
  }

  private FleetPort port(String replica, long incarnation) {
    return new FleetPort(replica, incarnation, exchanges, System::nanoTime);
  }

  @Test
  void connection_lost_exchangeStaysOpenUntilItIsObserved() throws Exception {
    BlockingQueue<NioSocketChannel> sockets = new LinkedBlockingQueue<>();
    EventLoopGroup loop = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    ManagedChannel lost =
        NettyChannelBuilder.forAddress("127.0.0.1", server.port())
            .usePlaintext()
            .eventLoopGroup(loop)
            .channelFactory(
                () -> {
                  NioSocketChannel socket = new NioSocketChannel();
                  sockets.add(socket);
                  return socket;
                })
            .build();
    ProcessingResponse planned =
        new EnvoyStream(lost).exchange(Map.of(), EnvoyStream.chat("hello"));
    NioSocketChannel socket = sockets.take();
    // Without a word to the other side, as a process that dies does.
    socket.eventLoop().execute(() -> socket.unsafe().closeForcibly());
    until(() -> gauge("warmpath_exchanges_open") == 0);
    lost.shutdownNow();
    var _ = loop.shutdownGracefully(0, 0, SECONDS);

    exchanges.sweep(System.nanoTime() + TimeUnit.SECONDS.toNanos(30));
    assertThat(rows()).isEmpty();
    assertThat(gauge("warmpath_plans_open")).isEqualTo(1);

    observe(planned, "127.0.0.1:1001", "{\"usage\":{\"prompt_tokens\":9}}");
    until(() -> rows().size() == 1);
  }

  @Test
  void stream_reset_exchangeIsOverAndSettles() throws Exception {
    EnvoyStream stream = new EnvoyStream(channel);
    var _ = stream.exchange(Map.of(), EnvoyStream.chat("hello"));

    stream.cancel();
    until(() -> gauge("warmpath_exchanges_open") == 0);
    exchanges.sweep(System.nanoTime() + TimeUnit.SECONDS.toNanos(2));

    assertThat(rows()).hasSize(1);
    assertThat(rows().getFirst().unknownUsageRequests()).isEqualTo(1);
  }

  private List<LedgerRow> rows() {
    return exchanges.ledger().totals();
  }

  private void assertPassed(String route, String reason) {
    assertPassed(route, reason, 1);
  }

  private void assertPassed(String route, String reason, int requests) {
    assertThat(registry.scrape())
        .contains(
            "warmpath_requests_passed_total{reason=\"%s\",route=\"%s\"} %d.0"
                .formatted(reason, route, requests));
  }

  private double gauge(String name) {
    return registry
        .scrape()
        .lines()
        .filter(line -> line.startsWith(name + " "))
        .mapToDouble(line -> Double.parseDouble(line.substring(name.length() + 1)))
        .findFirst()
        .orElseThrow();
  }

  private static void until(BooleanSupplier condition) {
    long deadline = System.nanoTime() + SECONDS.toNanos(5);
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as("deadline").isLessThan(deadline);
      Thread.onSpinWait();
    }
  }

  private static String text(ProcessingResponse reply, String namespace, String key) {
    return reply
        .getDynamicMetadata()
        .getFieldsOrThrow(namespace)
        .getStructValue()
        .getFieldsOrThrow(key)
        .getStringValue();
  }

  private static String endpoints(ProcessingResponse reply) {
    return text(reply, "envoy.lb", "x-gateway-destination-endpoint");
  }

  private static String first(String endpoints) {
    return endpoints.substring(0, endpoints.indexOf(','));
  }

  private void observe(ProcessingResponse planned, String served, String body) throws Exception {
    Metadata.Builder metadata = Metadata.newBuilder();
    planned
        .getDynamicMetadata()
        .getFieldsMap()
        .forEach((name, value) -> metadata.putFilterMetadata(name, value.getStructValue()));
    observe(metadata.build(), served, body);
  }

  private void observe(Metadata metadata, String served, String body) throws Exception {
    EnvoyStream stream = new EnvoyStream(channel);
    Struct attributes =
        Struct.newBuilder()
            .putFields("upstream.address", Value.newBuilder().setStringValue(served).build())
            .putFields("response.code", Value.newBuilder().setNumberValue(200).build())
            .build();
    stream.send(
        ProcessingRequest.newBuilder()
            .setObservabilityMode(true)
            .setMetadataContext(metadata)
            .putAttributes("envoy.filters.http.ext_proc", attributes)
            .setResponseHeaders(
                HttpHeaders.newBuilder()
                    .setHeaders(EnvoyStream.headers(Map.of("content-type", "application/json")))));
    stream.send(
        ProcessingRequest.newBuilder()
            .setObservabilityMode(true)
            .setMetadataContext(metadata)
            .setResponseBody(
                HttpBody.newBuilder().setBody(ByteString.copyFromUtf8(body)).setEndOfStream(true)));
    stream.awaitClosed();
  }
}

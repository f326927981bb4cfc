package dev.warmpath.extproc.exchange;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.warmpath.config.ConfigFile;
import dev.warmpath.extproc.CatalogueFile;
import dev.warmpath.extproc.annotate.UsageOption;
import dev.warmpath.extproc.prefix.KeyRing;
import dev.warmpath.extproc.prompt.Dialect;
import io.envoyproxy.envoy.config.core.v3.HeaderMap;
import io.envoyproxy.envoy.config.core.v3.HeaderValue;
import io.envoyproxy.envoy.extensions.filters.http.ext_proc.v3.ProcessingMode.BodySendMode;
import io.envoyproxy.envoy.service.ext_proc.v3.BodyMutation;
import io.envoyproxy.envoy.service.ext_proc.v3.HttpBody;
import io.envoyproxy.envoy.service.ext_proc.v3.HttpHeaders;
import io.envoyproxy.envoy.service.ext_proc.v3.ProcessingRequest;
import io.envoyproxy.envoy.service.ext_proc.v3.ProcessingResponse;
import io.envoyproxy.envoy.service.ext_proc.v3.ProtocolConfiguration;
import io.grpc.stub.StreamObserver;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The request filter's stream where routes ask for the usage of streams. */
class StreamUsageTest {
  private static final String CHAT = "/v1/chat/completions";
  private static final Map<String, String> EVENTS =
      Map.of(":status", "200", "content-type", "text/event-stream; charset=utf-8");
  private static final String FINISH =
      "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n";
  private static final String USAGE =
      "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":1}}\n\n";
  private static final String DONE = "data: [DONE]\n\n";

  private static final long LONGER_THAN_SETTLING_NANOS = 2_000_000_000L;

  private SimpleMeterRegistry registry;
  private Exchanges exchanges;
  private long nowNanos;

  @BeforeEach
  void build() throws Exception {
    byte[] secret = "0123456789abcdef0123456789abcdef".getBytes(UTF_8);
    registry = new SimpleMeterRegistry();
    exchanges =
        Exchanges.of(
            new Exchanges.Parts(
                ConfigFile.parse(
                    """
                    ext_proc: {address: '127.0.0.1:0', admin_address: '127.0.0.1:0', max_body_bytes: 1024}
                    tenant: {authenticated_header: x-tenant}
                    pools:
                    - {name: llama, endpoints: [{address: '127.0.0.1:1001'}]}
                    - {name: apart, endpoints: [{address: '127.0.0.1:1001'}], isolation: tenant}
                    providers:
                    - {name: mistral, address: 'api.mistral.ai:443', api: openai_chat}
                    - {name: openai, address: 'api.openai.com:443', api: openai_chat}
                    routes:
                    - {id: off, headers: {x-to: off}, pool: llama, pick: active}
                    - {id: seen, headers: {x-to: seen}, pool: llama, stream_usage: forecast}
                    - {id: salted, headers: {x-to: salted}, pool: apart, pick: active, stream_usage: active}
                    - {id: mistral, headers: {x-to: mistral}, provider: mistral, stream_usage: active}
                    - {id: openai, headers: {x-to: openai}, provider: openai, stream_usage: active}
                    - {id: chat, pool: llama, stream_usage: active}
                    """,
                    "test"),
                new KeyRing(secret, secret),
                secret,
                CatalogueFile.load(List.of()),
                1,
                _ -> {},
                new ExchangeMetrics(registry, 10),
                () -> nowNanos,
                Runnable::run));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{'stream':true,X}                                 |"
            + " {'stream_options':{'include_usage':true},'stream':true,X}",
        "{'stream_options':{},'stream':true,X}             |"
            + " {'stream_options':{'include_usage':true},'stream':true,X}",
        "{'stream_options': { },'stream':true,X}           | {'stream_options':"
            + " {'include_usage':true },'stream':true,X}",
        "{'stream_options':{'a':1},'stream':true,X}        |"
            + " {'stream_options':{'include_usage':true,'a':1},'stream':true,X}",
        "{'stream_options':null,'stream':true,X}           |"
            + " {'stream_options':{'include_usage':true},'stream':true,X}",
        "{'n':1,'stream':true,X}                           |"
            + " {'stream_options':{'include_usage':true},'n':1,'stream':true,X}",
      })
  void request_thatSaysNothingOfUsage_asksForIt(String body, String edited) {
    Exchange exchange = new Exchange();

    assertThat(exchange.request("chat", CHAT, body(body))).isEqualTo(body(edited));
    assertThat(count("requests", "decision", "asked")).isEqualTo(1);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "chat    | {'stream_options':{'include_usage':true},'stream':true,X}  | said_by_client",
        "chat    | {'stream_options':{'include_usage':false},'stream':true,X} | said_by_client",
        "chat    | {'stream_options':{'include_usage':null},'stream':true,X}  | said_by_client",
        "chat    | {'stream_options':[],'stream':true,X}                      | unknown_shape",
        "chat    | {'n':2,'stream':true,X}                                    | several_answers",
        "chat    | {'n':1.0,'stream':true,X}                                  | several_answers",
        "mistral | {'stream':true,X}                                          |"
            + " refused_by_catalogue",
        "seen    | {'stream':true,X}                                          | forecast",
        "chat    | {'stream':false,X}                                         | ",
        "chat    | {X}                                                        | ",
        "off     | {'stream':true,X}                                          | ",
      })
  void request_otherwise_isLeftAlone(String route, String body, String decision) {
    assertThat(new Exchange().request(route, CHAT, body(body))).isEmpty();

    assertThat(count("requests", "decision", decision == null ? "asked" : decision))
        .isEqualTo(decision == null ? 0 : 1);
  }

  @Test
  void request_ofSeveralPrompts_isLeftAlone() {
    String body = "{\"model\":\"m\",\"stream\":true,\"prompt\":[\"Why?\",\"How?\"]}";

    assertThat(new Exchange().request("chat", "/v1/completions", body)).isEmpty();
    assertThat(new Exchange().request("chat", "/v1/completions", body.replace("?\",\"", "? ")))
        .contains("include_usage");
  }

  @Test
  void request_whoseResponseDoesNotComeThisWay_isLeftAlone() {
    Exchange exchange = new Exchange(BodySendMode.NONE);

    assertThat(exchange.request("chat", CHAT, body("{'stream':true,X}"))).isEmpty();
    assertThat(count("requests", "decision", "response_not_sent")).isEqualTo(1);
  }

  @Test
  void request_atTheBodyLimit_isLeftAlone() {
    String body = body("{'stream':true,'user':'%s',X}".formatted("u".repeat(930)));

    assertThat(new Exchange().request("chat", CHAT, body)).isEmpty();
    assertThat(count("requests", "decision", "over_body_limit")).isEqualTo(1);
  }

  @Test
  void request_withOtherEdits_hasBoth() {
    assertThat(new Exchange().request("salted", CHAT, body("{'stream':true,X}")))
        .contains("\"cache_salt\":", "\"stream_options\":{\"include_usage\":true},");
    // Markers are only forecast there.
    assertThat(
            new Exchange()
                .request(
                    "openai", CHAT, body("{'stream':true,X}").replace("\"m\"", "\"gpt-6-sol\"")))
        .contains("\"stream_options\":{\"include_usage\":true},")
        .doesNotContain("prompt_cache_key");
  }

  @Test
  void response_losesTheChunkThatWasAskedFor() {
    Exchange exchange = asked();

    exchange.responseHeaders(EVENTS);
    assertThat(exchange.responseBody(FINISH, false)).isNull();
    assertThat(exchange.responseBody(USAGE.substring(0, 20), false)).isEmpty();
    assertThat(exchange.responseBody(USAGE.substring(20) + DONE, false)).isEqualTo(DONE);
    assertThat(exchange.responseBody("", true)).isNull();
    exchange.stream.onCompleted();

    assertThat(count("responses", "chunk", "taken_out")).isEqualTo(1);
    assertThat(total("responses")).isEqualTo(1);
  }

  @Test
  void response_toAClientThatAskedItself_stays() {
    Exchange exchange = new Exchange();
    exchange.request(
        "chat", CHAT, body("{'stream_options':{'include_usage':true},'stream':true,X}"));

    exchange.responseHeaders(EVENTS);
    assertThat(exchange.responseBody(FINISH + USAGE + DONE, true)).isNull();
    assertThat(total("responses")).isZero();
  }

  @Test
  void response_thatBreaksOff_isCounted() {
    Exchange exchange = asked();
    exchange.responseHeaders(EVENTS);
    exchange.responseBody(FINISH, false);

    exchange.stream.onError(new IllegalStateException("gone"));

    assertThat(count("responses", "chunk", "cut")).isEqualTo(1);
  }

  @Test
  void response_withoutTheChunk_isCounted() {
    Exchange exchange = asked();
    exchange.responseHeaders(EVENTS);

    assertThat(exchange.responseBody(FINISH + DONE, true)).isNull();
    assertThat(count("responses", "chunk", "absent")).isEqualTo(1);
  }

  @ParameterizedTest
  @CsvSource({
    "content-encoding, gzip, compressed, true",
    "content-length, 100, content_length, true",
    "content-type, application/json, no_events, false",
    ":status, 400, not_ok, false",
  })
  void response_thatCannotBeEdited_passesAndIsNotAskedForAgainForATime(
      String header, String value, String chunk, boolean isPaused) {
    Exchange exchange = asked();
    var headers = new TreeMap<>(EVENTS);
    headers.put(header, value);

    exchange.responseHeaders(headers);
    assertThat(exchange.responseBody(FINISH + USAGE + DONE, true)).isNull();

    assertThat(count("responses", "chunk", chunk)).isEqualTo(1);
    assertThat(total("responses")).isEqualTo(1);
    assertThat(new Exchange().request("chat", CHAT, body("{'stream':true,X}")).isEmpty())
        .isEqualTo(isPaused);
    nowNanos += Rejections.FIRST_PAUSE_NANOS;
    assertThat(new Exchange().request("chat", CHAT, body("{'stream':true,X}"))).isNotEmpty();
  }

  @Test
  void chunks_thatAreLetThroughOnceInAWhile_endNothing() {
    for (int i = 0; i < 2 * StreamUsage.MAX_LET_THROUGH_IN_A_ROW; i++) {
      letThrough();
      respond(FINISH + USAGE + DONE);
    }

    assertThat(count("responses", "chunk", "begun")).isEqualTo(6);
    assertThat(count("responses", "chunk", "taken_out")).isEqualTo(6);
  }

  @Test
  void chunks_thatAreLetThroughInARow_endTheAskingForATime() {
    for (int i = 0; i < StreamUsage.MAX_LET_THROUGH_IN_A_ROW; i++) {
      letThrough();
    }

    assertThat(new Exchange().request("chat", CHAT, body("{'stream':true,X}"))).isEmpty();
    assertThat(count("requests", "decision", "rejected_before")).isEqualTo(1);
  }

  @Test
  void chunks_thatHoldMore_passAndEndNothing() {
    String more = USAGE.replace("}}", "},\"citations\":[\"a\"]}");
    for (int i = 0; i <= StreamUsage.MAX_LET_THROUGH_IN_A_ROW; i++) {
      respond(FINISH, more, DONE);
    }

    assertThat(count("responses", "chunk", "holds_more"))
        .isEqualTo(StreamUsage.MAX_LET_THROUGH_IN_A_ROW + 1);
    assertThat(total("responses")).isEqualTo(StreamUsage.MAX_LET_THROUGH_IN_A_ROW + 1);
    asked();
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void stream_thatEndsBeforeItsResponse_leavesThePlanToTheObserver(boolean completed) {
    for (boolean isEdited : new boolean[] {true, false}) {
      Exchange exchange = asked();
      exchange.responseHeaders(isEdited ? EVENTS : Map.of(":status", "200"));
      exchange.responseBody(FINISH, false);
      if (completed) {
        exchange.stream.onCompleted();
      } else {
        exchange.stream.onError(new IllegalStateException("reset"));
      }
    }
    Plans plans = exchanges.context().plans();

    nowNanos += LONGER_THAN_SETTLING_NANOS;
    plans.sweep(nowNanos);
    assertThat(plans.size()).isEqualTo(2);
    nowNanos += exchanges.context().limits().planTtlNanos();
    plans.sweep(nowNanos);
    assertThat(plans.size()).isZero();
  }

  @Test
  void stream_thatEndsWithItsResponseOrBeforeIt_isSettledSoon() {
    respond(FINISH + USAGE + DONE);
    asked().stream.onCompleted();
    Exchange empty = asked();
    empty.stream.onNext(
        ProcessingRequest.newBuilder()
            .setResponseHeaders(HttpHeaders.newBuilder().setEndOfStream(true))
            .build());
    empty.stream.onCompleted();
    Plans plans = exchanges.context().plans();
    assertThat(plans.size()).isEqualTo(3);

    nowNanos += LONGER_THAN_SETTLING_NANOS;
    plans.sweep(nowNanos);
    assertThat(plans.size()).isZero();
  }

  @Test
  void refusal_ofWhatWasAsked_endsItForATime() {
    for (String name : List.of(UsageOption.MEMBER, UsageOption.OPTIONS)) {
      nowNanos += Rejections.FIRST_PAUSE_NANOS;
      assertThat(new Exchange().request("chat", CHAT, body("{'stream':true,X}"))).isNotEmpty();
      exchanges
          .rejections()
          .rejected(new Rejections.Field("llama", Dialect.OPENAI_CHAT, "m", name), nowNanos);

      assertThat(new Exchange().request("chat", CHAT, body("{'stream':true,X}")))
          .as(name)
          .isEmpty();
    }
  }

  private void letThrough() {
    respond(FINISH, USAGE.substring(0, 3), USAGE.substring(3) + DONE);
  }

  private void respond(String... pieces) {
    Exchange exchange = asked();
    exchange.responseHeaders(EVENTS);
    for (String piece : pieces) {
      exchange.responseBody(piece, false);
    }
    exchange.responseBody("", true);
    exchange.stream.onCompleted();
  }

  private Exchange asked() {
    Exchange exchange = new Exchange();
    assertThat(exchange.request("chat", CHAT, body("{'stream':true,X}"))).contains("include_usage");
    return exchange;
  }

  private static String body(String json) {
    return json.replace("X", "'model':'m','messages':[{'role':'user','content':'Why?'}]")
        .replace('\'', '"');
  }

  private double count(String what, String label, String value) {
    var counter = registry.find("warmpath.stream.usage." + what).tag(label, value).counter();
    return counter == null ? 0 : counter.count();
  }

  private double total(String what) {
    return registry.find("warmpath.stream.usage." + what).counters().stream()
        .mapToDouble(counter -> counter.count())
        .sum();
  }

  /** One exchange as Envoy leads it. */
  private final class Exchange implements StreamObserver<ProcessingResponse> {
    private final List<ProcessingResponse> replies = new ArrayList<>();
    private final BodySendMode responseBody;
    private final RequestExchange stream =
        new RequestExchange(exchanges.context(), this, new StreamEnd());

    Exchange() {
      this(BodySendMode.STREAMED);
    }

    Exchange(BodySendMode responseBody) {
      this.responseBody = responseBody;
    }

    /** The edited body; empty: it stays. */
    String request(String route, String path, String body) {
      Map<String, String> headers =
          Map.of(
              ":path",
              path,
              "content-type",
              "application/json",
              "content-length",
              Integer.toString(body.length()),
              "x-to",
              route);
      stream.onNext(
          ProcessingRequest.newBuilder()
              .setRequestHeaders(HttpHeaders.newBuilder().setHeaders(map(headers)))
              .setProtocolConfig(
                  ProtocolConfiguration.newBuilder().setResponseBodyMode(responseBody))
              .build());
      stream.onNext(
          ProcessingRequest.newBuilder()
              .setRequestBody(
                  HttpBody.newBuilder().setBody(ByteString.copyFromUtf8(body)).setEndOfStream(true))
              .build());
      return replies
          .getLast()
          .getRequestBody()
          .getResponse()
          .getBodyMutation()
          .getBody()
          .toStringUtf8();
    }

    void responseHeaders(Map<String, String> headers) {
      stream.onNext(
          ProcessingRequest.newBuilder()
              .setResponseHeaders(HttpHeaders.newBuilder().setHeaders(map(headers)))
              .build());
      assertThat(replies.getLast()).isEqualTo(Replies.CONTINUE_RESPONSE_HEADERS);
    }

    /** What goes on instead; null: the piece as it is. */
    @Nullable String responseBody(String piece, boolean last) {
      int before = replies.size();
      stream.onNext(
          ProcessingRequest.newBuilder()
              .setResponseBody(
                  HttpBody.newBuilder()
                      .setBody(ByteString.copyFromUtf8(piece))
                      .setEndOfStream(last))
              .build());
      assertThat(replies).as("one reply for each piece").hasSize(before + 1);
      BodyMutation mutation = replies.getLast().getResponseBody().getResponse().getBodyMutation();
      return replies.getLast().getResponseBody().getResponse().hasBodyMutation()
          ? mutation.getBody().toStringUtf8()
          : null;
    }

    private HeaderMap map(Map<String, String> headers) {
      HeaderMap.Builder map = HeaderMap.newBuilder();
      headers.forEach(
          (name, value) ->
              map.addHeaders(
                  HeaderValue.newBuilder()
                      .setKey(name)
                      .setRawValue(ByteString.copyFromUtf8(value))));
      return map.build();
    }

    @Override
    public void onNext(ProcessingResponse reply) {
      replies.add(reply);
    }

    @Override
    public void onError(Throwable error) {
      throw new AssertionError(error);
    }

    @Override
    public void onCompleted() {}
  }
}

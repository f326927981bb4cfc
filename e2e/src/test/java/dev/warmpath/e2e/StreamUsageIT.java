package dev.warmpath.e2e;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.sun.net.httpserver.HttpExchange;
import dev.warmpath.e2e.engine.EngineFleet;
import dev.warmpath.e2e.engine.EngineSettings;
import dev.warmpath.e2e.envoy.Poll;
import dev.warmpath.e2e.load.LoadGenerator;
import dev.warmpath.e2e.load.LoadReport;
import dev.warmpath.e2e.load.LoadRequest;
import dev.warmpath.e2e.load.LoadSettings;
import dev.warmpath.e2e.stack.Service;
import dev.warmpath.e2e.stack.Stack;
import dev.warmpath.e2e.stack.StackSettings;
import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;

/**
 * Streams whose usage the service asks for and whose chunk it takes out again, through a real
 * Envoy: they look as if nobody had asked, while all goes well, and are whole, while the service
 * dies or stands still in the middle of them.
 */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class StreamUsageIT {
  private static final JsonMapper JSON =
      JsonMapper.builder().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS).build();
  private static final Duration SOON = Duration.ofSeconds(20);
  private static final String DONE = "[DONE]";

  /** A letter of the simulated engines' text. */
  private static final int CHARS_PER_TOKEN = 4;

  private static final int TOKENS = 1_000;
  private static final int STREAMS = 40;
  private static final long INTERVAL_MILLIS = 100;
  private static final int MAX_ATTEMPTS = 10;

  /**
   * Longest that a stream may pause because of the service: 100 ms until Envoy gives a message up,
   * twice that where its connection is given up, and what a busy machine adds.
   */
  private static final long LONGEST_PAUSE_MILLIS = 1_000;

  private static EngineFleet engines;
  private static Upstream odd;
  private static Stack stack;
  private static ExecutorService clients;
  private static HttpClient http;
  private static long seed;

  /**
   * What a client got.
   *
   * @param data of each event
   * @param longestPauseMillis between two lines
   */
  private record Got(int status, List<String> data, long firstByteMillis, long longestPauseMillis) {
    boolean isDone() {
      return data.getLast().equals(DONE);
    }

    List<JsonNode> chunks() throws IOException {
      var chunks = new ArrayList<JsonNode>();
      for (String event : data) {
        if (!event.equals(DONE)) {
          chunks.add(JSON.readTree(event));
        }
      }
      return chunks;
    }

    long usageChunks() throws IOException {
      return chunks().stream()
          .filter(chunk -> chunk.path("choices").isEmpty() && chunk.path("usage").isObject())
          .count();
    }

    int textChars() throws IOException {
      int chars = 0;
      for (JsonNode chunk : chunks()) {
        JsonNode choice = chunk.path("choices").path(0);
        chars += choice.path("delta").path("content").asText().length();
        chars += choice.path("text").asText().length();
      }
      return chars;
    }
  }

  @BeforeAll
  static void start() {
    engines =
        EngineFleet.start(
            EngineFleet.alike(
                2, EngineSettings.DEFAULTS.withPace(1_000_000, 2).withStreamIntervalTokens(50)));
    odd = new Upstream();
    stack =
        Stack.start(
            StackSettings.of(
                    """
                    pools:
                    - name: engines
                      endpoints: [{address: '%s', id: e0}, {address: '%s', id: e1}]
                    - {name: odd, endpoints: [{address: '%s'}], health_path: '', metrics_path: /none}
                    routes:
                    - {id: plain, headers: {x-to: plain}, pool: engines, pick: active}
                    - {id: odd, headers: {x-to: odd}, pool: odd, pick: active, stream_usage: active}
                    - {id: asked, pool: engines, pick: active, stream_usage: active}
                    """
                        .formatted(
                            engines.addresses().get(0), engines.addresses().get(1), odd.address()))
                .withQuickStart()
                .withWarmUp(240));
    clients = Executors.newVirtualThreadPerTaskExecutor();
    http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).executor(clients).build();
  }

  @AfterAll
  static void stop() {
    http.close();
    clients.close();
    stack.close();
    odd.close();
    engines.close();
  }

  /** Before and not after: what the last test broke need not start again. */
  @BeforeEach
  void repair() {
    for (Service replica : stack.replicas()) {
      if (replica.process().isAlive()) {
        replica.process().resume();
      } else {
        replica.restart();
      }
    }
    stack.replicas().forEach(Service::awaitReady);
    stack.awaitServing();
    odd.reset();
  }

  @Test
  void stream_whoseClientDidNotAsk_looksAsBeforeAndIsAccounted() throws Exception {
    tellReads();
    for (String path : List.of(Chats.PATH, "/v1/completions")) {
      double outputBefore = output("asked");
      long rowsBefore = ledger("asked", "requests");
      long unknownBefore = ledger("asked", "unknown_usage_requests");
      double takenOutBefore = chunks("taken_out");
      Got plain = get("plain", path, body(path, 60, ""));
      String body = body(path, 60, "");
      Got asked = calm(() -> get("asked", path, body));

      assertThat(asked.status()).isEqualTo(200);
      assertThat(asked.isDone()).isTrue();
      assertThat(asked.usageChunks()).as(path).isZero();
      assertThat(asked.textChars()).isEqualTo(60 * CHARS_PER_TOKEN);
      assertThat(asked.data()).hasSameSizeAs(plain.data());
      Poll.until(
          "the usage of " + path + " is accounted",
          SOON,
          () -> output("asked") - outputBefore >= 60,
          () -> stack.replicas().getFirst().get("/metrics"));
      assertThat(chunks("taken_out") - takenOutBefore).isEqualTo(1);
      assertThat(output("asked") - outputBefore).isEqualTo(60);
      assertThat(ledger("asked", "requests") - rowsBefore).isEqualTo(1);
      assertThat(ledger("asked", "unknown_usage_requests") - unknownBefore).isZero();
    }
    assertThat(output("plain")).as("what nobody asked for").isZero();
    assertThat(ledger("plain", "unknown_usage_requests"))
        .isPositive()
        .isEqualTo(ledger("plain", "requests"));
  }

  @Test
  void stream_whoseClientSaysWhatItWants_getsThat() throws Exception {
    String wanted = "\"stream_options\":{\"include_usage\":true},";
    Got got = get("asked", Chats.PATH, body(Chats.PATH, 60, wanted));
    assertThat(got.usageChunks()).isEqualTo(1);
    assertThat(got.isDone()).isTrue();

    double before = output("asked");
    Got none = get("asked", Chats.PATH, body(Chats.PATH, 60, wanted.replace("true", "false")));
    assertThat(none.usageChunks()).isZero();
    assertThat(none.isDone()).isTrue();
    assertThat(output("asked")).isLessThanOrEqualTo(before + 60);
  }

  @Test
  void answer_thatIsNoStream_isLeftAsItIs() throws Exception {
    String body = body(Chats.PATH, 60, "").replace("\"stream\":true", "\"stream\":false");
    var response = http.send(request("asked", Chats.PATH, body), BodyHandlers.ofString(UTF_8));

    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(JSON.readTree(response.body()).at("/usage/completion_tokens").asInt()).isEqualTo(60);
  }

  @Test
  void chunk_inPiecesOfAnySize_isTakenOut() throws Exception {
    String finish = event("{\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}");
    String usage =
        event("{\"choices\":[],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":1}}");
    String done = event(DONE);
    for (String end : List.of("\n", "\r\n")) {
      for (int cut = 7; cut < usage.length(); cut += 9) {
        var pieces = List.of(finish, usage.substring(0, cut), usage.substring(cut) + done);
        odd.answering(exchange -> stream(exchange, pieces, end));

        String got = calm(() -> raw("odd", body(Chats.PATH, 1, "")).body());

        // Where two pieces came together, they are one; the result is the same.
        assertThat(got).isEqualTo((finish + done).replace("\n", end));
      }
    }
    assertThat(odd.seen().getLast().body()).contains("\"stream_options\":{\"include_usage\":true}");
  }

  @Test
  void compressedStream_passesUntouchedAndItsProviderIsLeftAlone() throws Exception {
    var compressed = new ByteArrayOutputStream();
    try (var gzip = new GZIPOutputStream(compressed)) {
      gzip.write((event("{\"choices\":[],\"usage\":{}}") + event(DONE)).getBytes(UTF_8));
    }
    odd.answering(
        exchange -> {
          exchange.getResponseHeaders().add("content-type", "text/event-stream");
          exchange.getResponseHeaders().add("content-encoding", "gzip");
          exchange.sendResponseHeaders(200, 0);
          exchange.getResponseBody().write(compressed.toByteArray());
          exchange.close();
        });
    String body = body(Chats.PATH, 1, "").replace("sim-model", "compressing");

    var got = http.send(request("odd", Chats.PATH, body), BodyHandlers.ofByteArray());

    assertThat(got.body()).isEqualTo(compressed.toByteArray());
    assertThat(chunks("compressed")).isEqualTo(1);
    Poll.until("neither replica asks any more", SOON, () -> twoAreNotAsked(body));
  }

  @Test
  void refusal_reachesTheClientOnceAndEndsTheAsking() throws Exception {
    odd.answering(
        exchange ->
            Upstream.answer(
                exchange,
                400,
                "{\"error\":{\"message\":\"Unknown parameter: 'stream_options'.\"}}"));
    String body = body(Chats.PATH, 1, "").replace("sim-model", "refusing");

    assertThat(raw("odd", body).status()).isEqualTo(400);

    Poll.until("neither replica asks any more", SOON, () -> twoAreNotAsked(body));
    assertThat(stack.extProcMetric("warmpath_annotations_rejected_total", "cluster=\"odd\""))
        .isPositive();
  }

  @Test
  @Order(Integer.MAX_VALUE)
  void extProc_killedInMidStream_streamsAreWhole() throws Exception {
    List<Got> got =
        underFault(() -> stack.replicas().forEach(replica -> replica.process().kill()), () -> {});

    assertThat(usageChunks(got)).as("streams that went on without the service").isPositive();
  }

  @Test
  void extProc_stoppedInMidStream_streamsAreWholeAndHardlyPause() throws Exception {
    double cutBefore = chunks("cut");
    List<Got> got =
        underFault(
            () -> stack.replicas().forEach(replica -> replica.process().pause()),
            () -> stack.replicas().forEach(replica -> replica.process().resume()));

    assertThat(usageChunks(got)).as("streams that went on without the service").isPositive();
    Poll.until(
        "the service knows of the streams that it lost", SOON, () -> chunks("cut") > cutBefore);
  }

  /** What it costs, beside the same streams without it, in one run. */
  @Test
  void stream_thatIsAsked_isHardlySlower() {
    try (var load = new LoadGenerator(LoadSettings.to(stack.address()))) {
      load.run(new Steady(streams(), 40));
      LoadReport report = load.run(new Steady(streams(), 40));

      assertThat(report.failed()).as("%s", report.outcomes()).isZero();
      double plain = report.of("plain").ttfbMicros().getValueAtPercentile(50);
      double asked = report.of("asked").ttfbMicros().getValueAtPercentile(50);
      double plainTotal = report.of("plain").totalMicros().getValueAtPercentile(50);
      double askedTotal = report.of("asked").totalMicros().getValueAtPercentile(50);
      System.out.printf(
          "stream usage: first byte p50 %.0f us, without %.0f us (%.2f times); whole stream %.0f"
              + " us, without %.0f us (%.3f times)%n",
          asked, plain, asked / plain, askedTotal, plainTotal, askedTotal / plainTotal);
      assertThat(asked - plain).as("us at the first byte").isLessThan(20_000);
    }
  }

  private static List<LoadRequest> streams() {
    var requests = new ArrayList<LoadRequest>();
    for (int i = 0; i < 60; i++) {
      String route = i % 2 == 0 ? "plain" : "asked";
      requests.add(
          new LoadRequest(
              route,
              Chats.PATH,
              Map.of("content-type", "application/json", "x-to", route),
              body(Chats.PATH, 100, "").getBytes(UTF_8),
              "data: [DONE]\n\n"));
    }
    return requests;
  }

  /** Streams, of which half have begun when something happens, and half begin afterwards. */
  private static List<Got> underFault(Runnable fault, Runnable end) throws Exception {
    var begun = new AtomicInteger();
    var streams = new ArrayList<Future<Got>>();
    for (int i = 0; i < STREAMS; i++) {
      streams.add(clients.submit(stream(begun)));
    }
    Poll.until("all have begun", SOON, () -> begun.get() == STREAMS);

    fault.run();
    for (int i = 0; i < STREAMS; i++) {
      streams.add(clients.submit(stream(begun)));
    }
    Poll.until("those that began before it are over", SOON, () -> over(streams) >= STREAMS);
    end.run();

    var all = new ArrayList<Got>();
    for (Future<Got> stream : streams) {
      all.add(stream.get(SOON.toSeconds(), TimeUnit.SECONDS));
    }
    for (Got got : all) {
      assertThat(got.status()).isEqualTo(200);
      assertThat(got.isDone()).as("%s", got.data().getLast()).isTrue();
      assertThat(got.textChars()).isEqualTo(TOKENS * CHARS_PER_TOKEN);
      assertThat(got.usageChunks()).isBetween(0L, 1L);
    }
    long pause = all.stream().mapToLong(Got::longestPauseMillis).max().orElseThrow();
    long first = all.stream().mapToLong(Got::firstByteMillis).max().orElseThrow();
    System.out.printf(
        "stream usage under a fault: longest pause %d ms at an event each %d ms, longest wait for a"
            + " first byte %d ms, %d of %d streams with the chunk%n",
        pause, INTERVAL_MILLIS, first, usageChunks(all), all.size());
    assertThat(pause).isLessThan(INTERVAL_MILLIS + LONGEST_PAUSE_MILLIS);
    assertThat(first).isLessThan(2 * LONGEST_PAUSE_MILLIS);
    return all;
  }

  private static long over(List<Future<Got>> streams) {
    return streams.subList(0, STREAMS).stream().filter(Future::isDone).count();
  }

  private static long usageChunks(List<Got> all) throws IOException {
    long chunks = 0;
    for (Got got : all) {
      chunks += got.usageChunks();
    }
    return chunks;
  }

  private static Callable<Got> stream(AtomicInteger begun) {
    String body = body(Chats.PATH, TOKENS, "");
    return () -> get("asked", Chats.PATH, body, begun);
  }

  private static Got get(String route, String path, String body) throws Exception {
    return get(route, path, body, new AtomicInteger());
  }

  private static Got get(String route, String path, String body, AtomicInteger begun)
      throws Exception {
    long lastNanos = System.nanoTime();
    var response = http.send(request(route, path, body), BodyHandlers.ofInputStream());
    var data = new ArrayList<String>();
    long first = -1;
    long pause = 0;
    try (var lines = new BufferedReader(new InputStreamReader(response.body(), UTF_8))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        long nowNanos = System.nanoTime();
        long millis = TimeUnit.NANOSECONDS.toMillis(nowNanos - lastNanos);
        lastNanos = nowNanos;
        if (first < 0) {
          first = millis;
        } else {
          pause = Math.max(pause, millis);
        }
        if (line.startsWith("data:")) {
          data.add(line.substring("data:".length()).strip());
          if (data.size() == 2) {
            begun.incrementAndGet();
          }
        }
      }
    }
    return new Got(response.statusCode(), data, first, pause);
  }

  private static HttpRequest request(String route, String path, String body) {
    return HttpRequest.newBuilder(URI.create("http://" + stack.address() + path))
        .header("content-type", "application/json")
        .header("x-to", route)
        .POST(HttpRequest.BodyPublishers.ofString(body))
        .build();
  }

  /** Whether neither of two more requests asks; they go to both replicas in turn. */
  private static boolean twoAreNotAsked(String body) {
    try {
      raw("odd", body);
      raw("odd", body);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    List<Upstream.Seen> seen = odd.seen();
    return seen.subList(seen.size() - 2, seen.size()).stream()
        .noneMatch(each -> each.body().contains("include_usage"));
  }

  /** An exchange during which Envoy gave up no message; a busy machine makes it do so. */
  private static <T> T calm(Callable<T> exchange) throws Exception {
    for (int attempt = 1; ; attempt++) {
      long before = givenUp();
      T result = exchange.call();
      if (givenUp() == before || attempt == MAX_ATTEMPTS) {
        return result;
      }
    }
  }

  private static long givenUp() {
    return stack.envoy().admin().stat("http.warmpath.ext_proc.decide.failure_mode_allowed");
  }

  private static RawExchange.Response raw(String route, String body) throws IOException {
    try (var exchange = new RawExchange(stack.address())) {
      return exchange
          .head(
              Chats.PATH, Map.of("content-length", Integer.toString(body.length()), "x-to", route))
          .bytes(body.getBytes(UTF_8))
          .response();
    }
  }

  private static String body(String path, int tokens, String more) {
    String text = Chats.text(++seed, 2_048);
    String prompt =
        path.equals(Chats.PATH)
            ? "\"messages\":[{\"role\":\"user\",\"content\":\"%s\"}]".formatted(text)
            : "\"prompt\":\"%s\"".formatted(text);
    return "{\"model\":\"sim-model\",\"stream\":true,%s\"max_tokens\":%d,%s}"
        .formatted(more, tokens, prompt);
  }

  private static String event(String data) {
    return "data: " + data + "\n\n";
  }

  private static void stream(HttpExchange exchange, List<String> pieces, String end)
      throws IOException {
    exchange.getResponseHeaders().add("content-type", "text/event-stream");
    exchange.sendResponseHeaders(200, 0);
    for (String piece : pieces) {
      exchange.getResponseBody().write(piece.replace("\n", end).getBytes(UTF_8));
      exchange.getResponseBody().flush();
    }
    exchange.close();
  }

  private static double output(String route) {
    return stack.extProcMetric(
        "warmpath_tokens_total", "route=\"" + route + "\"", "kind=\"output\"");
  }

  /**
   * Engines leave out what they read where it is nothing, which a replica knows of who told once.
   */
  private static void tellReads() throws Exception {
    String body = new String(Chats.body(2, true, "be brief", Chats.text(++seed, 16_384)), UTF_8);
    for (int i = 0; i < MAX_ATTEMPTS && !eachReplica(StreamUsageIT::hasRead); i++) {
      get("asked", Chats.PATH, body);
      get("asked", Chats.PATH, body);
    }
    Poll.until("each replica has seen a read", SOON, () -> eachReplica(StreamUsageIT::hasRead));
  }

  private static boolean eachReplica(Predicate<Service> has) {
    return stack.replicas().stream().allMatch(has);
  }

  private static boolean hasRead(Service replica) {
    return replica.metric("warmpath_tokens_total", "kind=\"read\"") > 0;
  }

  /** The sum of a count over the ledgers' rows of a route. */
  private static long ledger(String route, String count) throws IOException {
    long sum = 0;
    for (Service replica : stack.replicas()) {
      for (JsonNode row : JSON.readTree(replica.get("/ledger")).path("rows")) {
        sum += row.path("route").asText().equals(route) ? row.path(count).asLong() : 0;
      }
    }
    return sum;
  }

  private static double chunks(String chunk) {
    return stack.extProcMetric("warmpath_stream_usage_responses_total", "chunk=\"" + chunk + "\"");
  }
}

package dev.warmpath.e2e.engine;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.warmpath.e2e.api.Answer;
import dev.warmpath.e2e.api.Asked;
import dev.warmpath.e2e.api.EventAnswer;
import dev.warmpath.e2e.api.Framing;
import dev.warmpath.e2e.api.TokenCounts;
import dev.warmpath.e2e.engine.ServedRequest.Outcome;
import dev.warmpath.e2e.http.Fault;
import dev.warmpath.e2e.http.HttpCall;
import dev.warmpath.e2e.http.SimulatedServer;
import io.netty.channel.EventLoop;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayDeque;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * An inference engine without a model: it answers the APIs that vLLM serves ({@link #APIS}) as vLLM
 * does, takes the time that prefill and decode would take, and has the prefix cache and the metrics
 * that decide whether a router is any good. Headers of a stream are sent when the request is
 * accepted, long before the first token. A request with a reserved header is refused with 400 and
 * counted.
 *
 * <p>Its event loop owns all state; public methods may be called from any other thread.
 */
public final class SimulatedEngine implements AutoCloseable {
  /** Requests that a report holds; older ones are forgotten. */
  public static final int MAX_RECORDS = 200_000;

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int MAX_OUTPUT_TOKENS = 32_768;

  /** Responses that can be continued; the oldest is forgotten. */
  private static final int MAX_RESPONSES = 10_000;

  /** What it answers, by path. */
  private static final Map<String, Asked.Api> APIS =
      Map.of(
          "/v1/chat/completions", Asked.Api.CHAT,
          "/v1/completions", Asked.Api.COMPLETIONS,
          "/v1/responses", Asked.Api.RESPONSES,
          "/v1/embeddings", Asked.Api.EMBEDDINGS,
          "/v1/messages", Asked.Api.MESSAGES);

  private final EngineSettings settings;
  private final SimulatedServer server;

  // Owned by the loop.
  private final BlockCache cache;
  private final PrefillQueue queue;
  private final ArrayDeque<ServedRequest> records = new ArrayDeque<>();
  private final Map<String, ArrayNode> responses = new LinkedHashMap<>();
  private EngineMetrics metrics = new EngineMetrics();
  private long lastResponse;
  private int running;
  private long runningTokens;
  private long arrived;
  private long reservedHeaders;
  private long refused;
  private long faulted;
  private long promptTokens;
  private long cachedTokens;
  private long prefillNanos;

  private SimulatedEngine(EventLoop loop, int port, EngineSettings settings) {
    this.settings = settings;
    cache = new BlockCache(settings.capacityBlocks());
    queue = new PrefillQueue(cache, settings.blockTokens());
    server = SimulatedServer.start(loop, port, new Model());
  }

  /**
   * Starts one.
   *
   * @param loop may be shared by several engines
   * @param port 0: any free one
   */
  public static SimulatedEngine start(EventLoop loop, int port, EngineSettings settings) {
    return new SimulatedEngine(loop, port, settings);
  }

  public String id() {
    return settings.id();
  }

  /** {@code 127.0.0.1:port}. */
  public String address() {
    return server.address();
  }

  /** What it has seen since it was last reset. */
  public EngineReport report() {
    return server.call(
        () ->
            new EngineReport(
                settings.id(),
                List.copyOf(records),
                arrived,
                reservedHeaders,
                refused,
                faulted,
                promptTokens,
                cachedTokens,
                seconds(prefillNanos)));
  }

  /** Puts a fault in force, or lifts it. */
  public void fault(Fault next) {
    server.fault(next);
  }

  /** The fault in force. */
  public Fault fault() {
    return server.call(server::fault);
  }

  /**
   * Empties cache and counters, as a restart would. What is in flight is left to end by itself;
   * wait for it before, or it counts.
   */
  public void reset() {
    server.call(
        () -> {
          cache.clear();
          responses.clear();
          metrics = new EngineMetrics();
          records.clear();
          arrived = 0;
          reservedHeaders = 0;
          refused = 0;
          faulted = 0;
          promptTokens = 0;
          cachedTokens = 0;
          prefillNanos = 0;
          return true;
        });
  }

  /** Requests that have arrived and not ended. */
  public int inFlight() {
    return server.call(() -> running + queue.waiting());
  }

  @Override
  public void close() {
    server.close();
  }

  private void handle(HttpCall call) {
    call.with("x-sim-engine", settings.id());
    Asked.Api api = APIS.get(call.path());
    if (api != null && call.method().equals("POST")) {
      complete(call, api);
    } else if (call.is("GET", "/health")) {
      call.respond(200, "text/plain", new byte[0]);
    } else if (call.is("GET", "/metrics")) {
      call.respond(
          200,
          "text/plain; version=0.0.4; charset=utf-8",
          metrics
              .render(settings, running, queue.waiting(), kvUsage())
              .getBytes(StandardCharsets.UTF_8));
    } else if (call.is("GET", "/v1/models")) {
      ObjectNode models = JSON.createObjectNode().put("object", "list");
      models.putArray("data").addObject().put("id", settings.model()).put("object", "model");
      call.respondJson(200, models);
    } else {
      refuse(call, 404, "NotFoundError", "Not Found");
    }
  }

  private void complete(HttpCall call, Asked.Api api) {
    long nowNanos = System.nanoTime();
    String reserved = call.reservedHeader();
    if (!reserved.isEmpty()) {
      reservedHeaders++;
      error(call, 400, "BadRequestError", "reserved header " + reserved + " reached the engine");
      return;
    }
    if (server.fault() instanceof Fault.Failing failing) {
      faulted++;
      error(call, failing.status(), "InternalServerError", "injected");
      return;
    }
    Asked asked;
    RenderedPrompt prompt;
    try {
      Framing framing =
          switch (api) {
            case MESSAGES, RESPONSES -> Framing.NAMED_EVENTS;
            case CHAT, COMPLETIONS, EMBEDDINGS, CONVERSE, GEMINI -> Framing.EVENTS;
          };
      asked = Asked.of(api, "", framing, false, call.body());
      if (!asked.model().equals(settings.model())) {
        refuse(
            call, 404, "NotFoundError", "The model `%s` does not exist.".formatted(asked.model()));
        return;
      }
      if (!asked.previous().isEmpty()) {
        ArrayNode history = responses.get(asked.previous());
        if (history == null) {
          refuse(
              call,
              404,
              "NotFoundError",
              "Response with id '%s' not found.".formatted(asked.previous()));
          return;
        }
        asked = asked.continuing(history);
      }
      prompt = RenderedPrompt.of(asked.chat());
    } catch (IllegalArgumentException e) {
      refuse(call, 400, "BadRequestError", String.valueOf(e.getMessage()));
      return;
    }
    int outputTokens = asked.outputTokens();
    boolean generates = api != Asked.Api.EMBEDDINGS;
    if ((generates && outputTokens < 1) || outputTokens > MAX_OUTPUT_TOKENS) {
      refuse(
          call,
          400,
          "BadRequestError",
          "max_tokens=%d (expected: 1 to %d)".formatted(outputTokens, MAX_OUTPUT_TOKENS));
      return;
    }
    arrived++;
    var generation = new Generation(call, asked, prompt, nowNanos);
    generation.accept();
    queue.add(generation.job);
    prefillNext();
  }

  private void refuse(HttpCall call, int status, String type, String message) {
    refused++;
    error(call, status, type, message);
  }

  private static void error(HttpCall call, int status, String type, String message) {
    ObjectNode body = JSON.createObjectNode();
    body.putObject("error").put("message", message).put("type", type).put("code", status);
    call.respondJson(status, body);
  }

  private void prefillNext() {
    PrefillQueue.Job job = queue.begin(settings.prefillNanosPerToken() * server.slowness());
    if (job == null) {
      return;
    }
    promptTokens += job.promptTokens;
    cachedTokens += job.cachedTokens();
    prefillNanos += job.prefillNanos();
    metrics.prefill(job.promptTokens, job.cachedTokens());
    running++;
    runningTokens += job.promptTokens;
    server.at(
        job.dueNanos(),
        () -> {
          queue.finish(job);
          job.firstToken.run();
          prefillNext();
        });
  }

  private double kvUsage() {
    double capacityTokens = (double) settings.capacityBlocks() * settings.blockTokens();
    return Math.min(1, runningTokens / capacityTokens);
  }

  private double seconds(long realNanos) {
    return realNanos / 1e9 * settings.speedup();
  }

  private void record(ServedRequest request) {
    if (records.size() == MAX_RECORDS) {
      records.removeFirst();
    }
    records.addLast(request);
  }

  /** What the server tells. */
  private final class Model implements SimulatedServer.Model {
    @Override
    public void handle(HttpCall call) {
      SimulatedEngine.this.handle(call);
    }

    @Override
    public void died() {
      queue.clear();
      responses.clear();
      running = 0;
      runningTokens = 0;
      metrics = new EngineMetrics();
    }

    @Override
    public void awoke(long nowNanos) {
      queue.standstillUntil(nowNanos);
    }
  }

  /** One request from its acceptance to its end. */
  private final class Generation {
    private final HttpCall call;
    private final int outputTokens;
    private final Asked asked;
    private final Answer answer;
    private final String requestId;
    private final String digest;
    private final long arrivedNanos;
    private final PrefillQueue.Job job;
    private final double decodeNanos;
    private long firstTokenNanos;
    private int sentTokens;
    private boolean hasFirstToken;
    private boolean over;

    Generation(HttpCall call, Asked asked, RenderedPrompt prompt, long nowNanos) {
      this.call = call;
      this.asked = asked;
      outputTokens = asked.outputTokens();
      requestId = call.header("x-request-id");
      digest = sha256(call.body());
      arrivedNanos = nowNanos;
      job =
          new PrefillQueue.Job(
              prompt.chain(settings.blockTokens()), prompt.tokens(), nowNanos, this::firstToken);
      answer = answer(asked, requestId);
      decodeNanos = settings.decodeNanosPerToken() * server.slowness();
      call.onClosed(
          () -> end(server.fault() instanceof Fault.Dead ? Outcome.LOST : Outcome.ABORTED));
    }

    void accept() {
      if (asked.stream()) {
        call.begin(200, answer.contentType());
      }
    }

    private void firstToken() {
      hasFirstToken = true;
      firstTokenNanos = System.nanoTime();
      metrics.firstToken(seconds(firstTokenNanos - arrivedNanos));
      if (over) {
        leave(); // Prefilled for nobody.
        return;
      }
      if (!asked.stream()) {
        server.at(
            job.dueNanos() + Math.round(Math.max(0, outputTokens - 1) * decodeNanos),
            this::respond);
        return;
      }
      call.write(answer.begin(counts()));
      emit(1);
    }

    /** Sends the tokens up to {@code upTo} and plans the next. */
    private void emit(int upTo) {
      if (over) {
        return;
      }
      if (server.fault() instanceof Fault.Cut(int afterTokens) && upTo > afterTokens) {
        call.reset();
        end(Outcome.CUT);
        return;
      }
      call.write(answer.tokens(sentTokens, upTo, upTo == outputTokens));
      sentTokens = upTo;
      if (upTo == outputTokens) {
        call.write(answer.end(counts()));
        call.end();
        end(Outcome.SERVED);
        return;
      }
      int next = Math.min(outputTokens, upTo + settings.streamIntervalTokens());
      server.at(job.dueNanos() + Math.round((next - 1) * decodeNanos), () -> emit(next));
    }

    private void respond() {
      if (over) {
        return;
      }
      sentTokens = outputTokens;
      call.respondJson(200, answer.whole(counts()));
      end(Outcome.SERVED);
    }

    private TokenCounts counts() {
      return new TokenCounts(job.promptTokens, job.cachedTokens(), outputTokens);
    }

    private void end(Outcome outcome) {
      if (over) {
        return;
      }
      over = true;
      metrics.end(sentTokens);
      record(
          new ServedRequest(
              requestId,
              digest,
              job.promptTokens,
              job.cachedTokens(),
              sentTokens,
              hasFirstToken ? seconds(firstTokenNanos - arrivedNanos) : Double.NaN,
              seconds(job.prefillNanos()),
              outcome));
      if (outcome != Outcome.LOST && !queue.cancel(job) && hasFirstToken) {
        leave();
      }
    }

    private void leave() {
      running--;
      runningTokens -= job.promptTokens;
    }
  }

  /** Remembers a response that can be continued from now on, as vLLM does, in this engine alone. */
  private Answer answer(Asked asked, String requestId) {
    if (asked.api() == Asked.Api.CHAT) {
      return new CompletionChunks(asked.model(), requestId, asked.includeUsage());
    }
    String id = "resp_%s_%d".formatted(settings.id(), ++lastResponse);
    if (asked.api() == Asked.Api.RESPONSES) {
      responses.put(id, asked.messages());
      if (responses.size() > MAX_RESPONSES) {
        responses.remove(responses.keySet().iterator().next());
      }
    }
    return new EventAnswer(asked, id);
  }

  private static String sha256(byte[] body) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(body));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}

package dev.warmpath.e2e.provider;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.warmpath.e2e.http.Fault;
import dev.warmpath.e2e.http.HttpCall;
import dev.warmpath.e2e.http.SimulatedServer;
import dev.warmpath.e2e.provider.ProviderReport.Bill;
import dev.warmpath.e2e.provider.ProviderSettings.Account;
import io.netty.channel.EventLoop;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;

/**
 * Anthropic's messages API without a model: {@code POST /v1/messages}, whole and streamed, and
 * {@code POST /v1/messages/count_tokens}. It refuses what the real one refuses, caches by its rules
 * ({@link PromptCache}), and keeps the bills. A request with a reserved header is refused with 400
 * and counted.
 *
 * <p>Its event loop owns all state; public methods may be called from any other thread.
 */
public final class SimulatedAnthropic implements AutoCloseable {
  /** Requests that a report holds; older ones are forgotten. */
  public static final int MAX_RECORDS = 200_000;

  /** Messages of rejections that a report holds. */
  public static final int MAX_REJECTIONS = 100;

  private static final int MAX_BODY_BYTES = 32 << 20;
  private static final int MAX_OUTPUT_TOKENS = 32_768; // Where a real model would have stopped.

  private final ProviderSettings settings;
  private final LongSupplier cacheNanos;
  private final SimulatedServer server;

  // Owned by the loop.
  private final PromptCache cache = new PromptCache();
  private final ArrayDeque<MessageRecord> records = new ArrayDeque<>();
  private final ArrayDeque<String> rejections = new ArrayDeque<>();
  private final Map<String, Bill> bills = new HashMap<>();
  private long rejected;
  private long reservedHeaders;
  private long faulted;
  private long calls;
  private int inFlight;

  private SimulatedAnthropic(
      EventLoop loop, int port, ProviderSettings settings, LongSupplier cacheNanos) {
    this.settings = settings;
    this.cacheNanos = cacheNanos;
    server = SimulatedServer.start(loop, port, new Model());
  }

  /**
   * Starts one.
   *
   * @param loop may be shared with other servers
   * @param port 0: any free one
   */
  public static SimulatedAnthropic start(EventLoop loop, int port, ProviderSettings settings) {
    long originNanos = System.nanoTime();
    return start(
        loop,
        port,
        settings,
        () -> Math.round((System.nanoTime() - originNanos) * settings.speedup()));
  }

  /** Starts one whose cache entries age by {@code cacheNanos} instead of by real time. */
  static SimulatedAnthropic start(
      EventLoop loop, int port, ProviderSettings settings, LongSupplier cacheNanos) {
    return new SimulatedAnthropic(loop, port, settings, cacheNanos);
  }

  /** {@code 127.0.0.1:port}. */
  public String address() {
    return server.address();
  }

  /** What it has seen since it was last reset. */
  public ProviderReport report() {
    return server.call(
        () ->
            new ProviderReport(
                List.copyOf(records),
                Map.copyOf(bills),
                rejected,
                List.copyOf(rejections),
                reservedHeaders,
                faulted));
  }

  /** Puts a fault in force, or lifts it. */
  public void fault(Fault next) {
    server.fault(next);
  }

  /** Requests that have arrived and not ended. */
  public int inFlight() {
    return server.call(() -> inFlight);
  }

  /** Empties cache, bills and counters. What is in flight is left to end by itself, and counts. */
  public void reset() {
    server.call(
        () -> {
          cache.clear();
          records.clear();
          rejections.clear();
          bills.clear();
          rejected = 0;
          reservedHeaders = 0;
          faulted = 0;
          return true;
        });
  }

  @Override
  public void close() {
    server.close();
  }

  private void handle(HttpCall call) {
    String requestId = "req_sim_%08d".formatted(++calls);
    call.with("request-id", requestId);
    try {
      answer(call);
    } catch (ApiException e) {
      if (e.status() == 429 || e.status() == 529) {
        call.with("retry-after", "1");
      }
      call.respondJson(e.status(), MessageEvents.error(requestId, e));
    }
  }

  private void answer(HttpCall call) throws ApiException {
    String reserved = call.reservedHeader();
    if (!reserved.isEmpty()) {
      reservedHeaders++;
      throw ApiException.invalid("reserved header " + reserved + " reached the provider");
    }
    boolean counts = call.is("POST", "/v1/messages/count_tokens");
    if (!counts && !call.is("POST", "/v1/messages")) {
      throw reject(ApiException.notFound("Not found"));
    }
    if (server.fault() instanceof Fault.Failing failing) {
      faulted++;
      throw ApiException.injected(failing.status());
    }
    try {
      Account account = authenticate(call);
      if (call.header("anthropic-version").isEmpty()) {
        throw ApiException.invalid("anthropic-version: header is required");
      }
      if (call.body().length > MAX_BODY_BYTES) {
        throw ApiException.injected(413);
      }
      var request =
          MessagesRequest.parse(call.body(), account.workspace(), settings.bytesPerToken());
      ModelRow row = ModelRow.of(request.model());
      if (row == null || row.prices() == null) {
        // It keeps bills: whoever's price is not published isn't offered.
        throw ApiException.notFound("model: " + request.model());
      }
      if (counts) {
        call.respondJson(
            200,
            new ObjectMapper()
                .createObjectNode()
                .put("input_tokens", request.blocks().getLast().endTokens()));
        return;
      }
      new Generation(call, account, request, row).begin();
    } catch (ApiException e) {
      throw reject(e);
    }
  }

  private ApiException reject(ApiException e) {
    rejected++;
    if (rejections.size() == MAX_REJECTIONS) {
      rejections.removeFirst();
    }
    rejections.addLast(e.status() + " " + e.text());
    return e;
  }

  private Account authenticate(HttpCall call) throws ApiException {
    String bearer = call.header("authorization");
    String key =
        bearer.startsWith("Bearer ")
            ? bearer.substring("Bearer ".length())
            : call.header("x-api-key");
    if (key.isEmpty()) {
      throw ApiException.unauthenticated("x-api-key header is required");
    }
    for (Account account : settings.accounts()) {
      if (account.apiKey().equals(key)) {
        return account;
      }
    }
    throw ApiException.unauthenticated("invalid x-api-key");
  }

  /** What the server tells. */
  private final class Model implements SimulatedServer.Model {
    @Override
    public void handle(HttpCall call) {
      SimulatedAnthropic.this.handle(call);
    }

    @Override
    public void died() {
      inFlight = 0; // Nobody's cache is in the process that answers: entries stay.
    }
  }

  /** One request that was taken, to its end. */
  private final class Generation {
    private final HttpCall call;
    private final Account account;
    private final MessagesRequest request;
    private final ModelRow row;
    private final PromptCache.Plan plan;
    private final String id;
    private final int outputTokens;
    private final long arrivedNanos = System.nanoTime();
    private final double decodeNanos;
    private long dueNanos;
    private long begunNanos;
    private int sentTokens;
    private boolean over;

    Generation(HttpCall call, Account account, MessagesRequest request, ModelRow row) {
      this.call = call;
      this.account = account;
      this.request = request;
      this.row = row;
      plan = cache.read(request.blocks(), row.minimumTokens(), cacheNanos.getAsLong());
      id = "msg_sim_%08d".formatted(calls);
      outputTokens = Math.toIntExact(Math.min(request.maxTokens(), MAX_OUTPUT_TOKENS));
      decodeNanos = settings.decodeMillisPerToken() * 1e6 / settings.speedup() * server.slowness();
    }

    void begin() {
      inFlight++;
      call.onClosed(() -> end(false));
      MessageUsage usage = plan.usage();
      double seconds =
          settings.baseMillis() / 1e3
              + (usage.allInput() - usage.read()) / settings.prefillTokensPerSecond()
              + usage.read() / settings.readTokensPerSecond();
      dueNanos = arrivedNanos + Math.round(seconds * 1e9 / settings.speedup() * server.slowness());
      server.at(dueNanos, this::firstToken);
    }

    private void firstToken() {
      if (over) {
        return;
      }
      begunNanos = System.nanoTime();
      cache.begun(plan, cacheNanos.getAsLong());
      if (!request.stream()) {
        server.at(
            dueNanos + Math.round(Math.max(0, outputTokens - 1) * decodeNanos), this::respond);
        return;
      }
      call.begin(200, "text/event-stream; charset=utf-8");
      call.write(MessageEvents.start(id, request.model(), plan.usage()));
      emit(1);
    }

    private void emit(int upTo) {
      if (over) {
        return;
      }
      if (server.fault() instanceof Fault.Cut(int afterTokens) && upTo > afterTokens) {
        call.reset();
        end(false);
        return;
      }
      call.write(MessageEvents.tokens(upTo - sentTokens));
      sentTokens = upTo;
      if (upTo == outputTokens) {
        call.write(MessageEvents.stop(plan.usage().withOutput(outputTokens)));
        call.end();
        end(true);
        return;
      }
      int next = Math.min(outputTokens, upTo + settings.streamIntervalTokens());
      server.at(dueNanos + Math.round((next - 1) * decodeNanos), () -> emit(next));
    }

    private void respond() {
      if (over) {
        return;
      }
      sentTokens = outputTokens;
      call.respondJson(
          200, MessageEvents.whole(id, request.model(), plan.usage().withOutput(outputTokens)));
      end(true);
    }

    /** The bill is due for whatever has begun. */
    private void end(boolean complete) {
      if (over) {
        return;
      }
      over = true;
      if (!(server.fault() instanceof Fault.Dead)) {
        inFlight--;
      }
      if (begunNanos == 0) {
        return;
      }
      MessageUsage usage = plan.usage().withOutput(sentTokens);
      double usd = row.price(usage).orElseThrow();
      bills.merge(account.name(), Bill.ZERO.plus(usage, usd), (old, _) -> old.plus(usage, usd));
      if (records.size() == MAX_RECORDS) {
        records.removeFirst();
      }
      records.addLast(
          new MessageRecord(
              call.header("x-request-id"),
              sha256(call.body()),
              account.name(),
              request.model(),
              request.blocks().stream()
                  .filter(block -> block.ttlSeconds() > 0)
                  .map(block -> block.path() + (block.ttlSeconds() == 300 ? " 5m" : " 1h"))
                  .toList(),
              usage,
              usd,
              (begunNanos - arrivedNanos) / 1e9 * settings.speedup(),
              complete));
    }
  }

  private static String sha256(byte[] body) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(body));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}

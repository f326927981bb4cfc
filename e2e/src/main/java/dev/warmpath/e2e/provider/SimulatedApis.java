package dev.warmpath.e2e.provider;

import dev.warmpath.e2e.api.Asked;
import dev.warmpath.e2e.api.EventAnswer;
import dev.warmpath.e2e.api.TokenCounts;
import dev.warmpath.e2e.engine.BlockCache;
import dev.warmpath.e2e.engine.RenderedPrompt;
import dev.warmpath.e2e.http.HttpCall;
import dev.warmpath.e2e.http.SimulatedServer;
import dev.warmpath.e2e.provider.ProviderRules.Kind;
import dev.warmpath.e2e.provider.ProviderRules.Verdict;
import io.netty.channel.EventLoop;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;

/**
 * The hosted APIs as a server, without a model and without taking time ({@link SimulatedAnthropic}
 * takes its time, and keeps bills). It refuses what {@link ProviderRules} refuses, and a request
 * with a reserved header with 400.
 *
 * <p>Its event loop owns all state; public methods may be called from any other thread.
 */
public final class SimulatedApis implements AutoCloseable {
  /** Requests that are remembered, of those that were answered and of those that were refused. */
  public static final int MAX_RECORDS = 1_000;

  /**
   * What it noted about one request that it answered.
   *
   * @param path without the query
   * @param bodySha256 hex, of the body as it arrived
   * @param markers that it set
   */
  public record Served(
      String path, String bodySha256, String model, int markers, TokenCounts counts) {}

  private static final int CACHE_BLOCKS = 10_000;
  private static final int BLOCK_TOKENS = 128;

  private final SimulatedServer server;
  private final List<ProviderRules> apis;
  private final boolean cachesAll;

  // Owned by the loop.
  private final BlockCache cache = new BlockCache(CACHE_BLOCKS);
  private final ArrayDeque<Served> records = new ArrayDeque<>();
  private final ArrayDeque<String> rejections = new ArrayDeque<>();
  private long answers;

  private SimulatedApis(EventLoop loop, List<ProviderRules> apis, boolean cachesAll) {
    this.apis = apis;
    this.cachesAll = cachesAll;
    server = SimulatedServer.start(loop, 0, new Model());
  }

  /**
   * Starts one of all APIs on any free port that asks nobody for a key and caches whole blocks of
   * any prompt it has seen, whatever the API's cache would do: there is usage to be read then.
   */
  public static SimulatedApis start(EventLoop loop) {
    return new SimulatedApis(
        loop, rules(Kind.values(), ProviderAccess.OPEN, InstantSource.system()), true);
  }

  /**
   * Starts one on any free port that caches as its APIs do.
   *
   * @param time by which cache entries and signatures age
   * @param kinds of several that have a path, the first answers
   */
  public static SimulatedApis start(
      EventLoop loop, ProviderAccess access, InstantSource time, Kind... kinds) {
    return new SimulatedApis(loop, rules(kinds, access, time), false);
  }

  private static List<ProviderRules> rules(
      Kind[] kinds, ProviderAccess access, InstantSource time) {
    return Arrays.stream(kinds).map(kind -> ProviderRules.of(kind, access, time)).toList();
  }

  /** {@code 127.0.0.1:port}. */
  public String address() {
    return server.address();
  }

  /** What it has answered, oldest first. */
  public List<Served> served() {
    return server.call(() -> List.copyOf(records));
  }

  /** Status and message of what it has refused, oldest first. */
  public List<String> rejections() {
    return server.call(() -> List.copyOf(rejections));
  }

  @Override
  public void close() {
    server.close();
  }

  /** What the server tells. */
  private final class Model implements SimulatedServer.Model {
    @Override
    public void handle(HttpCall call) {
      try {
        String reserved = call.reservedHeader();
        if (!reserved.isEmpty()) {
          throw ApiException.invalid("reserved header " + reserved);
        }
        answer(call);
      } catch (ApiException e) {
        add(rejections, e.status() + " " + e.text());
        if (e.type().endsWith("Exception")) { // Amazon names its errors so.
          call.with("x-amzn-errortype", e.type());
        }
        call.respondJson(e.status(), e.body());
      }
    }

    @Override
    public void died() {}
  }

  private void answer(HttpCall call) throws ApiException {
    for (ProviderRules api : apis) {
      ProviderPath path = api.path(call.target());
      if (path != null && call.method().equals("POST")) {
        Verdict verdict = api.judge(call.target(), call.headers(), call.body());
        Asked asked =
            Asked.of(path.api(), path.model(), path.framing(), path.stream(), call.body());
        answer(call, asked, verdict);
        return;
      }
    }
    throw ApiException.notFound("unknown path " + call.path());
  }

  private void answer(HttpCall call, Asked asked, Verdict verdict) {
    TokenCounts counts = cachesAll ? cached(asked) : verdict.counts(asked.outputTokens());
    add(
        records,
        new Served(call.path(), sha256(call.body()), asked.model(), verdict.markers(), counts));
    var answer = new EventAnswer(asked, "resp_sim_" + ++answers);
    if (!asked.stream()) {
      call.respondJson(200, answer.whole(counts));
      return;
    }
    call.begin(200, answer.contentType());
    call.write(answer.begin(counts));
    for (int i = 0; i < counts.output(); i++) {
      call.write(answer.tokens(i, i + 1, i + 1 == counts.output()));
    }
    call.write(answer.end(counts));
    call.end();
  }

  private TokenCounts cached(Asked asked) {
    RenderedPrompt prompt = RenderedPrompt.of(asked.chat());
    long[] chain = prompt.chain(BLOCK_TOKENS);
    int cached = cache.match(chain) * BLOCK_TOKENS;
    cache.insert(chain);
    return new TokenCounts(prompt.tokens(), cached, asked.outputTokens());
  }

  private static <T> void add(ArrayDeque<T> to, T value) {
    if (to.size() == MAX_RECORDS) {
      to.removeFirst();
    }
    to.addLast(value);
  }

  private static String sha256(byte[] body) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(body));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}

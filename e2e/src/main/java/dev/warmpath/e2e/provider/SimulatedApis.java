package dev.warmpath.e2e.provider;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.warmpath.e2e.api.Asked;
import dev.warmpath.e2e.api.EventAnswer;
import dev.warmpath.e2e.api.Framing;
import dev.warmpath.e2e.api.TokenCounts;
import dev.warmpath.e2e.engine.BlockCache;
import dev.warmpath.e2e.engine.RenderedPrompt;
import dev.warmpath.e2e.http.HttpCall;
import dev.warmpath.e2e.http.SimulatedServer;
import io.netty.channel.EventLoop;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayDeque;
import java.util.HexFormat;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The hosted APIs beside Anthropic's own ({@link SimulatedAnthropic}), without a model and without
 * taking time: OpenAI's Responses and embeddings, Azure's deployments, Gemini, Bedrock's Converse
 * and InvokeModel, Vertex AI's rawPredict. It refuses shapes that the real ones refuse, caches
 * whole blocks of any prompt it has seen, and reports usage in each API's own form. A request with
 * a reserved header is refused with 400.
 *
 * <p>Its event loop owns all state; public methods may be called from any other thread.
 */
public final class SimulatedApis implements AutoCloseable {
  /** Requests that are remembered. */
  public static final int MAX_RECORDS = 1_000;

  /**
   * What it noted about one request that it answered.
   *
   * @param path without the query
   * @param bodySha256 hex, of the body as it arrived
   */
  public record Served(String path, String bodySha256, String model, TokenCounts counts) {}

  private static final int CACHE_BLOCKS = 10_000;
  private static final int BLOCK_TOKENS = 128;
  private static final Pattern AZURE =
      Pattern.compile("/openai/deployments/([^/]+)/chat/completions");
  private static final Pattern GEMINI =
      Pattern.compile("/v1beta/models/([^/:]+):(generateContent|streamGenerateContent)");
  private static final Pattern VERTEX =
      Pattern.compile(
          "/v1/projects/[^/]+/locations/[^/]+/publishers/anthropic/models/([^/:]+):"
              + "(rawPredict|streamRawPredict)");
  private static final Pattern BEDROCK =
      Pattern.compile(
          "/model/([^/]+)/(converse|converse-stream|invoke|invoke-with-response-stream)");

  private final SimulatedServer server;

  // Owned by the loop.
  private final BlockCache cache = new BlockCache(CACHE_BLOCKS);
  private final ArrayDeque<Served> records = new ArrayDeque<>();
  private long answers;

  private SimulatedApis(EventLoop loop) {
    server = SimulatedServer.start(loop, 0, new Model());
  }

  /** Starts one on any free port. */
  public static SimulatedApis start(EventLoop loop) {
    return new SimulatedApis(loop);
  }

  /** {@code 127.0.0.1:port}. */
  public String address() {
    return server.address();
  }

  /** What it has answered, oldest first. */
  public List<Served> served() {
    return server.call(() -> List.copyOf(records));
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
          throw new IllegalArgumentException("reserved header " + reserved);
        }
        Asked asked = asked(call);
        answer(call, asked);
      } catch (IllegalArgumentException e) {
        ObjectNode error = new ObjectMapper().createObjectNode();
        error.putObject("error").put("code", 400).put("message", String.valueOf(e.getMessage()));
        call.respondJson(400, error);
      }
    }

    @Override
    public void died() {}
  }

  private void answer(HttpCall call, Asked asked) {
    RenderedPrompt prompt = RenderedPrompt.of(asked.chat());
    long[] chain = prompt.chain(BLOCK_TOKENS);
    int cached = cache.match(chain) * BLOCK_TOKENS;
    cache.insert(chain);
    var counts = new TokenCounts(prompt.tokens(), cached, asked.outputTokens());
    if (records.size() == MAX_RECORDS) {
      records.removeFirst();
    }
    records.addLast(new Served(call.path(), sha256(call.body()), asked.model(), counts));
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

  private static Asked asked(HttpCall call) {
    String path = call.path();
    byte[] body = call.body();
    if (path.equals("/v1/responses")) {
      return Asked.of(Asked.Api.RESPONSES, "", Framing.NAMED_EVENTS, false, body);
    }
    if (path.equals("/v1/embeddings")) {
      return Asked.of(Asked.Api.EMBEDDINGS, "", Framing.EVENTS, false, body);
    }
    Matcher azure = AZURE.matcher(path);
    if (azure.matches()) {
      return Asked.of(Asked.Api.CHAT, azure.group(1), Framing.EVENTS, false, body);
    }
    Matcher gemini = GEMINI.matcher(path);
    if (gemini.matches()) {
      boolean events = "sse".equals(call.query().get("alt"));
      return Asked.of(
          Asked.Api.GEMINI,
          gemini.group(1),
          events ? Framing.EVENTS : Framing.ARRAY,
          gemini.group(2).startsWith("stream"),
          body);
    }
    Matcher vertex = VERTEX.matcher(path);
    if (vertex.matches()) {
      requireVersion(body, "vertex-2023-10-16");
      return Asked.of(
          Asked.Api.MESSAGES,
          vertex.group(1),
          Framing.NAMED_EVENTS,
          vertex.group(2).startsWith("stream"),
          body);
    }
    Matcher bedrock = BEDROCK.matcher(path);
    if (bedrock.matches()) {
      String model = URLDecoder.decode(bedrock.group(1), StandardCharsets.UTF_8);
      boolean stream = bedrock.group(2).endsWith("stream");
      if (bedrock.group(2).startsWith("converse")) {
        return Asked.of(Asked.Api.CONVERSE, model, Framing.MESSAGES, stream, body);
      }
      requireVersion(body, "bedrock-2023-05-31");
      return Asked.of(Asked.Api.MESSAGES, model, Framing.CHUNKS, stream, body);
    }
    throw new IllegalArgumentException("unknown path " + path);
  }

  /**
   * Those who host Anthropic's models take the version in the body, and neither model nor header.
   */
  private static void requireVersion(byte[] body, String version) {
    String text = new String(body, StandardCharsets.UTF_8);
    if (!text.contains("\"anthropic_version\":\"" + version + '"')) {
      throw new IllegalArgumentException("anthropic_version (expected: " + version + ")");
    }
    if (text.contains("\"model\":")) {
      throw new IllegalArgumentException("model: Extra inputs are not permitted");
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

package dev.warmpath.e2e.bench;

import dev.warmpath.e2e.http.HttpCall;
import dev.warmpath.e2e.http.HttpServer;
import io.netty.channel.EventLoopGroup;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Engines that answer at once, with a short stream of events in one piece, and read nothing of the
 * body: what is measured is the way to them. Their metrics say that they are idle. Thread-safe.
 */
final class InstantEngines implements AutoCloseable {
  private static final int ENGINES = 4;
  private static final byte[] EVENTS =
      ascii(
          """
          data: {"id":"b","object":"chat.completion.chunk","model":"bench","choices":[{"index":0,"delta":{"role":"assistant","content":"Yes"}}]}

          data: {"id":"b","object":"chat.completion.chunk","model":"bench","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}

          data: {"id":"b","object":"chat.completion.chunk","model":"bench","choices":[],"usage":{"prompt_tokens":1000,"completion_tokens":1,"total_tokens":1001,"prompt_tokens_details":{"cached_tokens":0}}}

          data: [DONE]

          """);
  private static final byte[] METRICS =
      ascii(
          """
          vllm:num_requests_running{model_name="bench"} 0
          vllm:num_requests_waiting{model_name="bench"} 0
          vllm:kv_cache_usage_perc{model_name="bench"} 0
          """);

  private final EventLoopGroup loops = HttpServer.loops("bench-engines", 1);
  private final List<HttpServer> servers =
      IntStream.range(0, ENGINES)
          .mapToObj(_ -> HttpServer.start(loops.next(), 0, InstantEngines::answer))
          .toList();

  List<String> addresses() {
    return servers.stream().map(HttpServer::address).toList();
  }

  @Override
  public void close() {
    servers.forEach(HttpServer::close);
    HttpServer.close(loops);
  }

  private static void answer(HttpCall call) {
    if (call.method().equals("POST")) {
      call.respond(200, "text/event-stream", EVENTS);
    } else {
      call.respond(200, "text/plain; version=0.0.4", METRICS);
    }
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}

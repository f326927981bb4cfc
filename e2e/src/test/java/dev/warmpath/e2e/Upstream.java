package dev.warmpath.e2e;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import javax.net.ssl.SSLContext;

/**
 * A plain HTTP server that stands for an engine or a provider: it remembers what reached it and
 * answers with its own name, or as a test says. Thread-safe.
 */
final class Upstream implements AutoCloseable {
  private final List<Seen> seen = new CopyOnWriteArrayList<>();
  private final ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor();
  private final HttpServer server;
  private volatile HttpHandler handler;

  /**
   * A request.
   *
   * @param headers by lower-case name, the first value of each
   * @param body its bytes as ISO 8859-1
   */
  record Seen(String method, String path, Map<String, String> headers, String body) {}

  Upstream() {
    this(create(false));
  }

  /** One that speaks TLS. */
  static Upstream tls(SSLContext context) {
    var server = (HttpsServer) create(true);
    server.setHttpsConfigurator(new HttpsConfigurator(context));
    return new Upstream(server);
  }

  private static HttpServer create(boolean tls) {
    var address = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    try {
      return tls ? HttpsServer.create(address, 0) : HttpServer.create(address, 0);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Upstream(HttpServer server) {
    this.server = server;
    handler = this::answerWithAddress;
    server.createContext("/", this::handle);
    server.setExecutor(executor);
    server.start();
  }

  /** {@code ip:port}. */
  String address() {
    return "127.0.0.1:" + server.getAddress().getPort();
  }

  /** What reached it, in order. */
  List<Seen> seen() {
    return List.copyOf(seen);
  }

  /** Forgets what reached it, and answers with its address again. */
  void reset() {
    seen.clear();
    handler = this::answerWithAddress;
  }

  private void answerWithAddress(HttpExchange exchange) throws IOException {
    answer(exchange, 200, address());
  }

  /** How it answers from now on, once the body of a request was read. */
  void answering(HttpHandler newHandler) {
    handler = newHandler;
  }

  static void answer(HttpExchange exchange, int status, String body) throws IOException {
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    exchange.sendResponseHeaders(status, bytes.length);
    exchange.getResponseBody().write(bytes);
    exchange.close();
  }

  private void handle(HttpExchange exchange) throws IOException {
    byte[] body = exchange.getRequestBody().readAllBytes();
    seen.add(
        new Seen(
            exchange.getRequestMethod(),
            exchange.getRequestURI().toString(),
            firstValues(exchange.getRequestHeaders()),
            new String(body, StandardCharsets.ISO_8859_1)));
    handler.handle(exchange);
  }

  private static Map<String, String> firstValues(Headers headers) {
    var values = new TreeMap<String, String>();
    headers.forEach((name, list) -> values.put(name.toLowerCase(Locale.ROOT), list.getFirst()));
    return values;
  }

  @Override
  public void close() {
    server.stop(0);
    executor.shutdownNow();
  }
}

package dev.warmpath.controlplane.admin;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.StringWriter;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What operators see and may do, over HTTP on loopback only:
 *
 * <ul>
 *   <li>{@code GET /livez}: the process answers. {@code GET /readyz}: 200 once a snapshot is
 *       served, with what is wrong in the body.
 *   <li>{@code GET /metrics}: Prometheus. {@code GET /decisions}, {@code /audit}, {@code /ledger},
 *       {@code /volatility}: JSON.
 *   <li>{@code POST} or {@code DELETE /endpoints/POOL/ID/drain}: sets or ends an operator's drain.
 *   <li>{@code POST} or {@code DELETE /loops/NAME/freeze}: stops a loop or lets it go on.
 * </ul>
 *
 * <p>Who may connect to loopback may use it; pages that a browser on the machine shows may not: a
 * request that carries an {@code Origin} changes nothing. Two threads, a bounded queue, no request
 * body is read.
 */
public final class AdminServer implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(AdminServer.class);
  private static final JsonFactory JSON = new JsonFactory();
  private static final int QUEUE = 64;

  /** What there is to show and to do. */
  public interface Backend {
    /** Whether a snapshot is served. */
    boolean ready();

    /** What an operator should know, one line each; empty: nothing. */
    List<String> complaints();

    /** In the Prometheus text format. */
    String metrics();

    void decisions(JsonGenerator json) throws IOException;

    void audit(JsonGenerator json) throws IOException;

    void ledger(JsonGenerator json) throws IOException;

    /** Why prefixes do not repeat. */
    void volatility(JsonGenerator json) throws IOException;

    /** Sets or ends an operator's drain. */
    Reply drain(String pool, String endpointId, Switch to);

    /** Stops a loop or lets it go on. */
    Reply freeze(String loop, Switch to);
  }

  /** What an operator turns. */
  public enum Switch {
    ON,
    OFF
  }

  /** What came of a request. */
  public sealed interface Reply {
    /** It is done, or was so already. */
    record Done() implements Reply {}

    /** There is no such thing. */
    record Unknown(String what) implements Reply {}

    /** It could not be done. */
    record Failed(String why) implements Reply {}
  }

  private record Response(int status, String contentType, String body) {
    static Response text(int status, String text) {
      return new Response(status, "text/plain; charset=utf-8", text + "\n");
    }
  }

  /** Writes one JSON value. */
  private interface JsonBody {
    void write(JsonGenerator json) throws IOException;
  }

  private final HttpServer server;
  private final ThreadPoolExecutor workers;
  private final Backend backend;

  /**
   * Begins to listen.
   *
   * @param address on loopback; port 0 lets the system choose
   */
  public AdminServer(InetSocketAddress address, Backend backend) throws IOException {
    if (!address.getAddress().isLoopbackAddress()) {
      throw new IllegalArgumentException("admin_address: " + address + " (expected: loopback)");
    }
    this.backend = backend;
    workers =
        new ThreadPoolExecutor(
            2,
            2,
            0,
            TimeUnit.SECONDS,
            new ArrayBlockingQueue<>(QUEUE),
            Thread.ofPlatform().daemon().name("admin-", 0).factory());
    server = HttpServer.create(address, QUEUE);
    server.setExecutor(workers);
    server.createContext("/", this::handle);
    server.start();
  }

  /** The port that it listens on. */
  public int port() {
    return server.getAddress().getPort();
  }

  @Override
  public void close() {
    server.stop(0);
    workers.shutdownNow();
  }

  private void handle(HttpExchange exchange) {
    try (exchange) {
      Response response;
      try {
        response = respond(exchange);
      } catch (RuntimeException e) {
        log.error("{} {} failed.", exchange.getRequestMethod(), exchange.getRequestURI(), e);
        response = Response.text(500, "failed, see the log");
      }
      exchange.getResponseHeaders().set("content-type", response.contentType);
      byte[] body = response.body.getBytes(UTF_8);
      exchange.sendResponseHeaders(response.status, body.length);
      exchange.getResponseBody().write(body);
    } catch (IOException e) {
      log.debug("An admin client went away.", e);
    }
  }

  private Response respond(HttpExchange exchange) throws IOException {
    String method = exchange.getRequestMethod();
    List<String> path = path(exchange);
    return switch (method) {
      case "GET" -> get(path);
      case "POST", "DELETE" -> {
        if (exchange.getRequestHeaders().containsKey("Origin")) {
          yield Response.text(403, "not from a web page");
        }
        yield change(path, method.equals("POST") ? Switch.ON : Switch.OFF);
      }
      default -> Response.text(405, "GET, POST or DELETE");
    };
  }

  private Response get(List<String> path) throws IOException {
    if (path.size() != 1) {
      return notFound();
    }
    return switch (path.getFirst()) {
      case "livez" -> Response.text(200, "alive");
      case "readyz" -> readiness();
      case "metrics" ->
          new Response(200, "text/plain; version=0.0.4; charset=utf-8", backend.metrics());
      case "decisions" -> json(backend::decisions);
      case "audit" -> json(backend::audit);
      case "ledger" -> json(backend::ledger);
      case "volatility" -> json(backend::volatility);
      default -> notFound();
    };
  }

  private Response readiness() {
    var text = new StringBuilder(backend.ready() ? "ready" : "not ready: no snapshot is served");
    backend.complaints().forEach(complaint -> text.append('\n').append(complaint));
    return Response.text(backend.ready() ? 200 : 503, text.toString());
  }

  private Response change(List<String> path, Switch to) {
    if (path.size() == 4 && path.get(0).equals("endpoints") && path.get(3).equals("drain")) {
      return answer(backend.drain(path.get(1), path.get(2), to));
    }
    if (path.size() == 3 && path.get(0).equals("loops") && path.get(2).equals("freeze")) {
      return answer(backend.freeze(path.get(1), to));
    }
    return notFound();
  }

  private static Response answer(Reply reply) {
    return switch (reply) {
      case Reply.Done() -> Response.text(200, "done");
      case Reply.Unknown(String what) -> Response.text(404, what);
      case Reply.Failed(String why) -> Response.text(503, why);
    };
  }

  private static Response notFound() {
    return Response.text(
        404,
        """
        GET /livez /readyz /metrics /decisions /audit /ledger /volatility
        POST, DELETE /endpoints/POOL/ID/drain
        POST, DELETE /loops/{weight,health,hash_key}/freeze\
        """);
  }

  private static Response json(JsonBody body) throws IOException {
    var text = new StringWriter();
    try (JsonGenerator json = JSON.createGenerator(text)) {
      json.useDefaultPrettyPrinter();
      body.write(json);
    }
    return new Response(200, "application/json", text + "\n");
  }

  /** The path's parts, each decoded after it was split: an id may contain a colon or a slash. */
  private static List<String> path(HttpExchange exchange) {
    var parts = new ArrayList<String>();
    for (String part : exchange.getRequestURI().getRawPath().substring(1).split("/", 8)) {
      parts.add(URLDecoder.decode(part, UTF_8));
    }
    return parts;
  }
}

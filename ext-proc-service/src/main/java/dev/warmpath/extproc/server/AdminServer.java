package dev.warmpath.extproc.server;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.Closeable;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/**
 * Liveness, readiness, metrics and the ledger over HTTP, for operators and probes. Liveness says
 * that the process runs its loops; readiness that Envoy may send it traffic.
 */
final class AdminServer implements Closeable {

  private static final int BACKLOG = 64;
  private static final String TEXT = "text/plain; charset=utf-8";

  private final HttpServer server;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

  private AdminServer(HttpServer server) {
    this.server = server;
  }

  static AdminServer start(
      String address,
      BooleanSupplier live,
      BooleanSupplier ready,
      Supplier<String> metrics,
      Supplier<String> ledger)
      throws IOException {
    int colon = address.lastIndexOf(':');
    AdminServer admin =
        new AdminServer(
            HttpServer.create(
                new InetSocketAddress(
                    address.substring(0, colon), Integer.parseInt(address.substring(colon + 1))),
                BACKLOG));
    admin.server.setExecutor(admin.threads);
    admin.server.createContext("/livez", e -> verdict(e, live.getAsBoolean()));
    admin.server.createContext("/readyz", e -> verdict(e, ready.getAsBoolean()));
    admin.server.createContext("/metrics", e -> reply(e, 200, TEXT, metrics.get()));
    admin.server.createContext("/ledger", e -> reply(e, 200, "application/json", ledger.get()));
    admin.server.start();
    return admin;
  }

  int port() {
    return server.getAddress().getPort();
  }

  private static void verdict(HttpExchange exchange, boolean good) throws IOException {
    reply(exchange, good ? 200 : 503, TEXT, good ? "ok\n" : "not ok\n");
  }

  private static void reply(HttpExchange exchange, int status, String type, String body)
      throws IOException {
    try (exchange) {
      if (!exchange.getRequestMethod().equals("GET")) {
        exchange.sendResponseHeaders(405, -1);
        return;
      }
      byte[] bytes = body.getBytes(UTF_8);
      exchange.getResponseHeaders().set("content-type", type);
      exchange.sendResponseHeaders(status, bytes.length);
      exchange.getResponseBody().write(bytes);
    }
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }
}

package dev.warmpath.e2e.engine;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.warmpath.e2e.http.Fault;
import dev.warmpath.e2e.http.HttpCall;
import dev.warmpath.e2e.http.HttpServer;
import io.netty.channel.EventLoopGroup;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;

/**
 * Several engines on a few event loops, with an admin server beside them, for they can't be asked
 * to live again when they are dead. Thread-safe.
 *
 * <ul>
 *   <li>{@code GET /engines}: id, address and counters of each
 *   <li>{@code GET /engines/ID/requests}: what it has served
 *   <li>{@code POST /engines/ID/fault?kind=KIND&value=NUMBER}: kinds none, slow (factor), error
 *       (status), dead, hanging, cut (tokens)
 *   <li>{@code POST /reset}: empties all caches and counters
 * </ul>
 */
public final class EngineFleet implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final EventLoopGroup loops;
  private final List<SimulatedEngine> engines = new ArrayList<>();
  private final ExecutorService adminCalls =
      Executors.newSingleThreadExecutor(
          Thread.ofPlatform().daemon().name("engine-admin").factory());
  private final HttpServer admin;

  private EngineFleet(List<EngineSettings> settings, List<Integer> ports, int adminPort) {
    loops = HttpServer.loops("engine", Math.min(2, settings.size()));
    for (int i = 0; i < settings.size(); i++) {
      engines.add(SimulatedEngine.start(loops.next(), ports.get(i), settings.get(i)));
    }
    admin = HttpServer.start(loops.next(), adminPort, call -> administer(call, adminCalls));
  }

  /** Starts one engine for each of {@code settings} on any free ports. */
  public static EngineFleet start(List<EngineSettings> settings) {
    return start(settings, settings.stream().map(_ -> 0).toList(), 0);
  }

  /**
   * Starts engines at given ports.
   *
   * @param ports one per engine; 0: any free one
   * @param adminPort 0: any free one
   */
  public static EngineFleet start(
      List<EngineSettings> settings, List<Integer> ports, int adminPort) {
    if (settings.isEmpty() || settings.size() != ports.size()) {
      throw new IllegalArgumentException(
          "%d settings, %d ports (expected: as many, at least one)"
              .formatted(settings.size(), ports.size()));
    }
    return new EngineFleet(settings, ports, adminPort);
  }

  /** So many alike, called {@code e0}, {@code e1}… */
  public static List<EngineSettings> alike(int engines, EngineSettings settings) {
    var all = new ArrayList<EngineSettings>();
    for (int i = 0; i < engines; i++) {
      all.add(settings.withId("e" + i));
    }
    return all;
  }

  /** In the order of the settings. */
  public List<SimulatedEngine> engines() {
    return List.copyOf(engines);
  }

  /** {@code 127.0.0.1:port} of each. */
  public List<String> addresses() {
    return engines.stream().map(SimulatedEngine::address).toList();
  }

  /** {@code 127.0.0.1:port} of the admin server. */
  public String adminAddress() {
    return admin.address();
  }

  public List<EngineReport> reports() {
    return engines.stream().map(SimulatedEngine::report).toList();
  }

  /** Empties all caches and counters. */
  public void reset() {
    engines.forEach(SimulatedEngine::reset);
  }

  /** Requests that have arrived at any engine and not ended. */
  public int inFlight() {
    return engines.stream().mapToInt(SimulatedEngine::inFlight).sum();
  }

  @Override
  public void close() {
    admin.close();
    adminCalls.shutdownNow();
    engines.forEach(SimulatedEngine::close);
    HttpServer.close(loops);
  }

  /**
   * Engines answer from their loops, which may be this one: so the question comes from elsewhere.
   */
  private void administer(HttpCall call, Executor executor) {
    try {
      executor.execute(
          () -> {
            try {
              answer(call);
            } catch (IllegalArgumentException e) {
              respond(call, 400, JSON.createObjectNode().put("error", e.getMessage()));
            }
          });
    } catch (RejectedExecutionException _) {
      call.reset();
    }
  }

  private void answer(HttpCall call) {
    String[] path = call.path().split("/", -1);
    if (call.is("GET", "/engines")) {
      ArrayNode list = JSON.createArrayNode();
      engines.forEach(engine -> list.add(summary(engine)));
      respond(call, 200, list);
    } else if (call.is("POST", "/reset")) {
      reset();
      respond(call, 200, JSON.createObjectNode());
    } else if (path.length == 4 && path[1].equals("engines")) {
      SimulatedEngine engine =
          engines.stream()
              .filter(candidate -> candidate.id().equals(path[2]))
              .findFirst()
              .orElseThrow(() -> new IllegalArgumentException("no engine " + path[2]));
      if (call.method().equals("POST") && path[3].equals("fault")) {
        engine.fault(Fault.parse(call.query()));
        respond(call, 200, summary(engine));
      } else if (call.method().equals("GET") && path[3].equals("requests")) {
        respond(call, 200, JSON.valueToTree(engine.report().requests()));
      } else {
        respond(call, 404, JSON.createObjectNode().put("error", "unknown call"));
      }
    } else {
      respond(call, 404, JSON.createObjectNode().put("error", "unknown path " + call.path()));
    }
  }

  private static ObjectNode summary(SimulatedEngine engine) {
    EngineReport report = engine.report();
    return JSON.createObjectNode()
        .put("id", report.id())
        .put("address", engine.address())
        .put("fault", engine.fault().toString())
        .put("in_flight", engine.inFlight())
        .put("arrived", report.arrived())
        .put("prompt_tokens", report.promptTokens())
        .put("cached_tokens", report.cachedTokens())
        .put("prefill_busy_seconds", report.prefillBusySeconds())
        .put("reserved_headers", report.reservedHeaders())
        .put("refused", report.refused())
        .put("faulted", report.faulted());
  }

  private void respond(HttpCall call, int status, JsonNode body) {
    admin.call(
        () -> {
          call.respondJson(status, body);
          return true;
        });
  }
}

package dev.warmpath.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.warmpath.e2e.engine.EngineFleet;
import dev.warmpath.e2e.engine.EngineSettings;
import dev.warmpath.e2e.engine.ServedRequest;
import dev.warmpath.e2e.engine.SimulatedEngine;
import dev.warmpath.e2e.envoy.ChildProcess;
import dev.warmpath.e2e.envoy.Poll;
import dev.warmpath.e2e.http.Fault;
import dev.warmpath.e2e.load.LoadGenerator;
import dev.warmpath.e2e.load.LoadReport;
import dev.warmpath.e2e.load.LoadRequest;
import dev.warmpath.e2e.load.LoadResult;
import dev.warmpath.e2e.load.LoadRun;
import dev.warmpath.e2e.load.LoadSettings;
import dev.warmpath.e2e.stack.Service;
import dev.warmpath.e2e.stack.Stack;
import dev.warmpath.e2e.stack.StackSettings;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * What clients see while processors and engines die, stop and hang under a real Envoy: nothing, or
 * what design and documents say. Each body is unlike any other and its digest is compared with
 * those that engines saw.
 */
class FaultsIT {
  private static final int ENGINES = 4;
  private static final int RATE = 100;
  private static final int BODY_BYTES = 16_384;
  private static final Duration SOON = Duration.ofSeconds(20);

  private static final String LOST = "end=\"endpoint_lost\"";

  // What may be noticed of processors that die, or stop for 3 s, at 100 requests/s.
  private static final int STOP_SECONDS = 3;
  private static final long DELAYED_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
  private static final long LONGEST_NANOS = TimeUnit.MILLISECONDS.toNanos(500);
  private static final int MAX_DELAYED = 40;

  private static final int MAX_DELAYED_WHEN_CALM = 2;
  private static final int MAX_CALM_ATTEMPTS = 10;

  private static EngineFleet engines;
  private static Stack stack;
  private static LoadGenerator load;
  private static long seed;

  @BeforeAll
  static void start() {
    engines =
        EngineFleet.start(
            EngineFleet.alike(
                ENGINES,
                EngineSettings.DEFAULTS.withPace(1_000_000, 1).withStreamIntervalTokens(50)));
    stack =
        Stack.start(
            StackSettings.of(
                    StackSettings.pool("engines", engines.addresses(), "per_try_idle_timeout: 2s"))
                .withQuickStart());
    load = new LoadGenerator(LoadSettings.to(stack.address()).withTimeout(Duration.ofSeconds(20)));
  }

  @AfterAll
  static void stop() {
    load.close();
    stack.close();
    engines.close();
  }

  @BeforeEach
  void forget() {
    engines.reset();
  }

  @AfterEach
  void repair() {
    engines.engines().forEach(engine -> engine.fault(Fault.NONE));
    for (Service replica : stack.replicas()) {
      if (replica.process().isAlive()) {
        replica.process().resume();
      } else {
        replica.restart();
      }
    }
    stack.replicas().forEach(Service::awaitReady);
    stack.awaitServing();
  }

  // The ext_proc service.

  @Test
  void extProc_killedIdle_requestsGoOnIntact() {
    awaitCalm();
    List<LoadRequest> requests = requests(RATE);

    killAll();
    LoadReport report = load.run(new Steady(requests, RATE));

    assertServed(report);
    assertIntact(requests);
    assertHardlyNoticed(report);
    repair();
    double planned = planned();
    assertServed(load.run(new Steady(requests(20), RATE)));
    assertThat(planned() - planned).as("planned again after the restart").isEqualTo(20);
  }

  @Test
  void extProc_killedWhileABodyIsOnItsWay_requestGoesOnIntact() throws IOException {
    byte[] body = unique(BODY_BYTES, 4, false);
    double before = open();
    try (var exchange = new RawExchange(stack.address())) {
      exchange
          .head(Chats.PATH, Map.of("content-length", Integer.toString(body.length)))
          .bytes(body, 0, body.length / 2);
      Poll.until("the service has the headers", SOON, () -> open() > before);

      killAll();

      exchange.bytes(body, body.length / 2, body.length);
      long wholeNanos = System.nanoTime();
      assertThat(exchange.response().status()).isEqualTo(200);
      assertThat(System.nanoTime() - wholeNanos).as("ns").isLessThanOrEqualTo(LONGEST_NANOS);
    }
    assertThat(timesSeen(body)).isEqualTo(1);
  }

  @Test
  void extProc_killedWhileItHoldsABody_requestGoesOnIntact() throws IOException {
    byte[] body = unique(BODY_BYTES, 4, false);
    stack.replicas().forEach(replica -> replica.process().pause());
    long begun = streams();
    try (var exchange = new RawExchange(stack.address())) {
      exchange
          .head(Chats.PATH, Map.of("content-length", Integer.toString(body.length)))
          .bytes(body);
      Poll.until("Envoy has asked the service", SOON, () -> streams() > begun);

      killAll();
      long killedNanos = System.nanoTime();

      assertThat(exchange.response().status()).isEqualTo(200);
      assertThat(System.nanoTime() - killedNanos).as("ns").isLessThanOrEqualTo(LONGEST_NANOS);
    }
    assertThat(timesSeen(body)).isEqualTo(1);
  }

  @Test
  void extProc_killedUnderLoad_nobodyNotices() {
    awaitCalm();
    List<LoadRequest> requests = requests(4 * RATE);
    LoadRun run = load.begin(new Steady(requests, RATE));
    awaitCompleted(run, RATE);

    killAll();

    LoadReport report = run.await();
    assertServed(report);
    assertIntact(requests);
    assertHardlyNoticed(report);
  }

  @Test
  void extProc_stoppedUnderLoad_fewAreDelayedAndNoneLong() {
    awaitCalm();
    List<LoadRequest> requests = requests((STOP_SECONDS + 3) * RATE);
    LoadRun run = load.begin(new Steady(requests, RATE));
    awaitCompleted(run, RATE);

    stack.replicas().forEach(replica -> replica.process().pause());
    // The load is the clock: it doesn't wait for anybody.
    awaitCompleted(run, RATE + STOP_SECONDS * RATE);
    stack.replicas().forEach(replica -> replica.process().resume());

    LoadReport report = run.await();
    assertServed(report);
    assertIntact(requests);
    assertHardlyNoticed(report);
  }

  @Test
  void extProc_oneOfTwoDies_noPhantomLoadRemains() {
    Service victim = stack.replicas().getFirst();
    Service survivor = stack.replicas().getLast();
    var streams = new ArrayList<LoadRequest>();
    for (int i = 0; i < 90; i++) {
      streams.add(Chats.request("stream", unique(BODY_BYTES, 3_000, true), true));
    }
    LoadRun run = load.begin(new Steady(streams, 30));
    Poll.until(
        "both have load, and the survivor knows of the other's",
        SOON,
        () ->
            victim.metric("warmpath_endpoint_requests_in_flight") > 0
                && survivor.metric("warmpath_endpoint_requests_in_flight") > 0
                && survivor.metric("warmpath_endpoint_peer_requests_in_flight") > 0,
        () -> "victim: %s%nsurvivor: %s".formatted(planning(victim), planning(survivor)));

    victim.process().kill();

    Poll.until(
        "the load of the dead is forgotten",
        SOON,
        () ->
            survivor.metric("warmpath_endpoint_peer_requests_in_flight") == 0
                && survivor.metric("warmpath_endpoint_peer_pending_tokens") == 0,
        () -> survivor.get("/metrics"));
    assertServed(run.await());
    Poll.until(
        "nothing is under way",
        SOON,
        () ->
            survivor.metric("warmpath_endpoint_requests_in_flight") == 0
                && survivor.metric("warmpath_endpoint_pending_tokens") == 0
                && survivor.metric("warmpath_plans_open") == 0,
        () -> survivor.get("/metrics"));
  }

  // Engines.

  @Test
  void engine_killed_whatHasNoHeadersIsRetriedAndStreamsAreCountedAsLost() {
    var all = new ArrayList<LoadRequest>();
    int streams = 40;
    for (int i = 0; i < streams; i++) {
      all.add(Chats.request("whole", unique(BODY_BYTES, 1_200, false), false));
      all.add(Chats.request("stream", unique(BODY_BYTES, 2_000, true), true));
    }
    long headersBefore = responseHeaders();
    double lostBefore = stack.extProcMetric("warmpath_exchanges_ended_total", LOST);
    LoadRun run = load.begin(Steady.atOnce(all));
    Poll.until(
        "all are at the engines, and Envoy has the streams' headers",
        SOON,
        () -> engines.inFlight() == all.size() && responseHeaders() - headersBefore == streams);
    // Nothing says that each engine has some.
    SimulatedEngine victim =
        engines.engines().stream()
            .max(Comparator.comparingInt(SimulatedEngine::inFlight))
            .orElseThrow();

    victim.fault(new Fault.Dead());

    LoadReport report = run.await();
    assertThat(report.of("whole").failed()).as("%s", report.of("whole").outcomes()).isZero();
    List<LoadResult> cut =
        report.of("stream").results().stream().filter(LoadResult::failed).toList();
    assertThat(cut).isNotEmpty();
    assertThat(cut).extracting(LoadResult::outcome).containsOnly(LoadResult.Outcome.CUT);
    assertThat(cut).extracting(LoadResult::servedBy).containsOnly(victim.id());
    Poll.until(
        "%d streams are counted as lost".formatted(cut.size()),
        SOON,
        () ->
            stack.extProcMetric("warmpath_exchanges_ended_total", LOST) - lostBefore == cut.size(),
        () -> stack.replicas().getFirst().get("/metrics"));
  }

  @Test
  void engine_hanging_isTriedElsewhereAndThenLeftOut() {
    SimulatedEngine victim = engines.engines().getLast();
    victim.fault(new Fault.Hanging());

    LoadReport report = load.run(new Steady(requests(RATE), RATE));

    assertServed(report);
    assertThat(sentTo(victim)).as("requests that it was asked to serve").isPositive();
    Poll.until(
        "twenty requests in a row spare the engine that hangs",
        SOON,
        () -> {
          long before = sentTo(victim);
          assertServed(load.run(Steady.atOnce(requests(20))));
          return sentTo(victim) == before;
        });
  }

  private static void killAll() {
    stack.replicas().stream().map(Service::process).forEach(ChildProcess::kill);
  }

  private static void awaitCompleted(LoadRun run, int requests) {
    Poll.until(requests + " requests have ended", SOON, () -> run.completed() >= requests);
  }

  private static List<LoadRequest> requests(int count) {
    var requests = new ArrayList<LoadRequest>();
    for (int i = 0; i < count; i++) {
      requests.add(Chats.request("whole", unique(BODY_BYTES, 2, false), false));
    }
    return requests;
  }

  private static byte[] unique(int bytes, int maxTokens, boolean stream) {
    return Chats.body(maxTokens, stream, "be brief", Chats.text(++seed, bytes));
  }

  private static void assertServed(LoadReport report) {
    assertThat(report.failed())
        .as("failed: %s, by status: %s", report.outcomes(), report.statuses())
        .isZero();
  }

  /**
   * Each body reached the engines byte for byte and once. Others may have, too: what an engine that
   * hung finds in its connections when it goes on.
   */
  private static void assertIntact(List<LoadRequest> requests) {
    var sent = new HashSet<String>();
    requests.forEach(request -> sent.add(Chats.sha256(request.body())));
    assertThat(digestsSeen().filter(sent::contains)).containsExactlyInAnyOrderElementsOf(sent);
  }

  private static Stream<String> digestsSeen() {
    return engines.reports().stream()
        .flatMap(report -> report.requests().stream())
        .map(ServedRequest::bodySha256);
  }

  private static long timesSeen(byte[] body) {
    return digestsSeen().filter(Chats.sha256(body)::equals).count();
  }

  private static void assertHardlyNoticed(LoadReport report) {
    assertThat(delayed(report)).as("requests longer than 100 ms").isLessThanOrEqualTo(MAX_DELAYED);
    assertThat(longestNanos(report)).as("the longest, in ns").isLessThanOrEqualTo(LONGEST_NANOS);
  }

  /**
   * The same load without a fault: a machine that delays it by itself can't tell what a fault does.
   */
  private static void awaitCalm() {
    for (int attempt = 1; attempt <= MAX_CALM_ATTEMPTS; attempt++) {
      LoadReport calm = load.run(new Steady(requests(2 * RATE), RATE));
      assertServed(calm);
      engines.reset();
      if (delayed(calm) <= MAX_DELAYED_WHEN_CALM) {
        return;
      }
    }
    throw new AssertionError(
        "more than %d of %d requests are delayed without any fault, %d times in a row (expected: a"
                .formatted(MAX_DELAYED_WHEN_CALM, 2 * RATE, MAX_CALM_ATTEMPTS)
            + " machine that has time)");
  }

  private static long delayed(LoadReport report) {
    return report.results().stream().filter(one -> one.totalNanos() > DELAYED_NANOS).count();
  }

  private static long longestNanos(LoadReport report) {
    return report.results().stream().mapToLong(LoadResult::totalNanos).max().orElse(0);
  }

  private static double planned() {
    return stack.extProcMetric("warmpath_requests_planned_total");
  }

  private static double open() {
    return stack.extProcMetric("warmpath_exchanges_open");
  }

  /** Streams that Envoy has opened to the service to decide about a request. */
  private static long streams() {
    return stack.envoy().admin().stat("http.warmpath.ext_proc.decide.streams_started");
  }

  /** Responses of engines whose headers Envoy has, so far. */
  private static long responseHeaders() {
    return stack.envoy().admin().stat("cluster.engines.upstream_rq_completed");
  }

  /** What tells why a replica has no load. */
  private static String planning(Service replica) {
    return replica
        .get("/metrics")
        .lines()
        .filter(
            line ->
                line.startsWith("warmpath_requests_")
                    || line.startsWith("warmpath_exchanges_")
                    || line.startsWith("warmpath_fleet_")
                    || line.startsWith("warmpath_endpoint_"))
        .collect(Collectors.joining(System.lineSeparator()));
  }

  /** Requests that Envoy has sent to an engine so far. */
  private static long sentTo(SimulatedEngine engine) {
    for (JsonNode cluster : stack.envoy().admin().clusters().path("cluster_statuses")) {
      for (JsonNode host : cluster.path("host_statuses")) {
        JsonNode address = host.path("address").path("socket_address");
        if (engine.address().endsWith(":" + address.path("port_value").asText())) {
          for (JsonNode stat : host.path("stats")) {
            if (stat.path("name").asText().equals("rq_total")) {
              return stat.path("value").asLong();
            }
          }
        }
      }
    }
    throw new IllegalStateException("Envoy doesn't know " + engine.address());
  }
}

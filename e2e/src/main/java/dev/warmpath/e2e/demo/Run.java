package dev.warmpath.e2e.demo;

import dev.warmpath.e2e.envoy.EnvoyProcess;
import dev.warmpath.e2e.load.LoadGenerator;
import dev.warmpath.e2e.load.LoadReport;
import dev.warmpath.e2e.load.LoadRun;
import dev.warmpath.e2e.load.LoadSettings;
import dev.warmpath.e2e.load.Workload;
import dev.warmpath.e2e.stack.Service;
import dev.warmpath.e2e.stack.Stack;
import dev.warmpath.e2e.stack.StackSettings;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * One run of the demo: the same requests through Envoy's round robin and through Warmpath, engines
 * and provider emptied in between, then parts of Warmpath killed under load. Not thread-safe.
 */
final class Run {
  private static final Duration LOAD_TIMEOUT = Duration.ofMinutes(10);

  /** Requests a second while parts are killed. */
  private static final double FAULT_RATE = 20;

  /** Parts of the names of statistics that tell why a request was not processed. */
  private static final List<String> DECIDE =
      List.of(".ext_proc.decide.", "warmpath_decide.health_check", "warmpath_decide.upstream_cx");

  private static final int WARM_UP_REQUESTS = 60;
  private static final double WARM_UP_SECONDS = 2;

  private final Scenario scenario;
  private final double faultSeconds;
  private final Progress progress;

  /**
   * @param faultSeconds how long each of the two runs is in which parts are killed
   */
  Run(Scenario scenario, double faultSeconds, Progress progress) {
    this.scenario = scenario;
    this.faultSeconds = faultSeconds;
    this.progress = progress;
  }

  /**
   * Runs it.
   *
   * @param afterwards called while everything is still up
   */
  Outcome run(Consumer<Standing> afterwards) {
    try (Upstreams upstreams =
        Upstreams.start(scenario.engines(), scenario.engine(), scenario.provider())) {
      progress.say(scenario.description());
      Phase naive = naive(upstreams);
      upstreams.reset();
      Path credential = credentialFile();
      try (Stack stack = Stack.start(settings(upstreams, credential))) {
        Phase warmpath = warmpath(upstreams, stack);
        FaultCounts faults = faults(stack);
        var outcome = new Outcome(naive, warmpath, faults);
        afterwards.accept(new Standing(outcome, stack, upstreams));
        return outcome;
      } finally {
        delete(credential);
      }
    }
  }

  /** What a run leaves up until it ends. */
  record Standing(Outcome outcome, Stack stack, Upstreams upstreams) {}

  private Phase naive(Upstreams upstreams) {
    String bootstrap =
        RoundRobin.bootstrap(
            upstreams.engineAddresses(), upstreams.providerAddress(), Upstreams.PROVIDER_KEY);
    try (EnvoyProcess envoy = EnvoyProcess.start(bootstrap)) {
      String address = "127.0.0.1:" + envoy.admin().listenerPort(RoundRobin.LISTENER);
      // Else the first phase alone would pay for what the JVM of engines and generator compiles.
      var _ = send("warm-up", address, scenario.underFaults(WARM_UP_REQUESTS, WARM_UP_SECONDS));
      upstreams.reset();
      return phase("round robin", address, upstreams, () -> 0);
    }
  }

  private Phase warmpath(Upstreams upstreams, Stack stack) {
    Phase phase = phase("Warmpath", stack.address(), upstreams, () -> planned(stack));
    if (phase.passedThrough() > 0) {
      progress.say(
          "  not processed: %d; Envoy's counters: %s"
              .formatted(phase.passedThrough(), decideCounters(stack)));
    }
    return phase;
  }

  /** What Envoy counted about the ext_proc service. */
  private static Map<String, Long> decideCounters(Stack stack) {
    var counters = new TreeMap<String, Long>();
    stack
        .envoy()
        .admin()
        .stats()
        .forEach(
            (name, value) -> {
              if (value > 0 && DECIDE.stream().anyMatch(name::contains)) {
                counters.put(name, value);
              }
            });
    return counters;
  }

  private int planned(Stack stack) {
    return (int) stack.extProcMetric("warmpath_requests_planned_total", "mode=\"active\"");
  }

  private Phase phase(String name, String address, Upstreams upstreams, Planned planned) {
    var workload = new Watched(scenario.workload());
    long beganNanos = System.nanoTime();
    LoadReport report = send(name, address, workload);
    double seconds = (System.nanoTime() - beganNanos) / 1e9 * scenario.speedup();
    if (report.failed() > 0) {
      progress.say("  failed: %s, by status: %s".formatted(report.outcomes(), report.statuses()));
    }
    return new Phase(
        upstreams.served(),
        report.requests(),
        report.failed(),
        Math.max(0, report.requests() - planned.count()),
        workload.firstTokenMillis(report.results(), scenario.speedup()),
        seconds);
  }

  /** How many requests were planned. */
  private interface Planned {
    int count();
  }

  /** Sends all of it, and kills what is to be killed when so many requests have ended. */
  private LoadReport send(String name, String address, Workload workload, Kill... kills) {
    var left = new ArrayDeque<>(List.of(kills));
    try (var load = new LoadGenerator(LoadSettings.to(address).withTimeout(LOAD_TIMEOUT))) {
      LoadRun run = load.begin(workload);
      progress.follow(
          name,
          run,
          workload.size(),
          completed -> {
            for (Kill next = left.peek();
                next != null && completed >= next.share() * workload.size();
                next = left.peek()) {
              left.remove();
              next.services().forEach(service -> service.process().kill());
              progress.say("  killed " + next.what());
            }
          });
      return run.await();
    }
  }

  /**
   * What is to be killed.
   *
   * @param share of the requests that must have ended
   */
  private record Kill(double share, String what, List<Service> services) {}

  /** Kills one part after the other, and leaves them dead. */
  private FaultCounts faults(Stack stack) {
    int requests = (int) Math.max(1, faultSeconds * FAULT_RATE);
    Workload workload = scenario.underFaults(requests, faultSeconds);
    List<Service> replicas = stack.replicas();
    LoadReport controlPlane =
        send(
            "one fault",
            stack.address(),
            workload,
            new Kill(0.3, "the control plane", List.of(stack.controlPlane())));
    LoadReport extProc =
        send(
            "two more",
            stack.address(),
            workload,
            new Kill(0.25, "one ext_proc replica", replicas.subList(0, 1)),
            new Kill(0.6, "the other: Envoy is alone", replicas.subList(1, replicas.size())));
    return new FaultCounts(
        extProc.requests(), extProc.failed(), controlPlane.requests(), controlPlane.failed());
  }

  private StackSettings settings(Upstreams upstreams, Path credential) {
    String traffic =
        StackSettings.pool(
                "engines",
                upstreams.engineAddresses(),
                scenario.poolFields().toArray(String[]::new))
            .replace(
                "routes:\n",
                """
                providers:
                - name: anthropic
                  address: %s
                  api: anthropic_messages
                  plaintext: true
                  credential_file: '%s'
                routes:
                - {id: messages, path_prefix: /v1/messages, provider: anthropic, annotate: active}
                """
                    .formatted(upstreams.providerAddress(), credential));
    return StackSettings.of(traffic);
  }

  private static Path credentialFile() {
    try {
      Path file = Files.createTempFile("warmpath-demo-", ".key");
      return Files.writeString(file, Upstreams.PROVIDER_KEY);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void delete(Path file) {
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}

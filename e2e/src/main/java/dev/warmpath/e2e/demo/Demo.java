package dev.warmpath.e2e.demo;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code warmpath demo}: shows what Warmpath saves, on this machine alone. */
@Command(
    name = "warmpath demo",
    mixinStandardHelpOptions = true,
    description = {
      "Sends the same requests through Envoy's round robin and through Warmpath, to simulated"
          + " engines and a simulated provider on 127.0.0.1, and shows what differs. Then kills"
          + " parts of Warmpath under load.",
      "Exits with 0 when no request failed."
    })
public final class Demo implements Callable<Integer> {
  private static final int TENANTS = 12;
  private static final int ENGINES = 4;
  private static final int TRACE_ENGINES = 8;
  private static final int DEFAULT_ROWS = 1_500;
  private static final double DEFAULT_LOAD = 0.7;
  private static final double MAX_FAULT_SECONDS = 6;
  private static final Duration CLOSING_TIMEOUT = Duration.ofSeconds(10);

  @Spec private @Nullable CommandSpec spec;

  @Option(
      names = "--trace",
      paramLabel = "FILE",
      description = "Replays this trace (JSON lines, gzipped if its name ends in .gz) on the pool.")
  private @Nullable Path trace;

  @Option(
      names = "--rows",
      description = "Rows of the trace, from its start (default: " + DEFAULT_ROWS + ").")
  private @Nullable Integer rows;

  @Option(
      names = "--load",
      description =
          "Share of the time in which the engines would prefill under random routing, for the"
              + " trace (default: "
              + DEFAULT_LOAD
              + ").")
  private @Nullable Double load;

  @Option(
      names = "--spread",
      description = "Spreads the trace's arrivals over its clock's ticks of 3 s.")
  private boolean spread;

  @Option(
      names = "--engines",
      description = "How many (default: " + ENGINES + ", with a trace " + TRACE_ENGINES + ").")
  private @Nullable Integer engines;

  @Option(names = "--requests", description = "Without a trace (default: ${DEFAULT-VALUE}).")
  private int requests = 700;

  @Option(names = "--seconds", description = "In which they are sent (default: ${DEFAULT-VALUE}).")
  private double seconds = 25;

  @Option(names = "--speedup", description = "Scales every rate alike (default: ${DEFAULT-VALUE}).")
  private double speedup = 1;

  @Option(names = "--keep", description = "Leaves all up at the end, until Ctrl-C.")
  private boolean keep;

  @Option(names = "--json", description = "One JSON object on standard output, and nothing else.")
  private boolean json;

  private final PrintStream out;

  private Demo(PrintStream out) {
    this.out = out;
  }

  /** Runs the demo; results go to {@code out}, progress and complaints to standard error. */
  static int run(PrintStream out, String... arguments) {
    return new CommandLine(new Demo(out))
        .setExecutionExceptionHandler(
            (e, _, _) -> {
              if (!Thread.currentThread().isInterrupted()) {
                System.err.println("warmpath demo: " + e.getMessage());
              }
              return CommandLine.ExitCode.SOFTWARE;
            })
        .execute(arguments);
  }

  /** Exits with 1 when a request failed or a part did not come up, 2 on wrong options. */
  public static void main(String[] arguments) {
    var ended = new CountDownLatch(1);
    Thread main = Thread.currentThread();
    // Ctrl-C ends this thread's work, so that everything is closed and no file is left.
    Runtime.getRuntime()
        .addShutdownHook(
            Thread.ofPlatform()
                .name("demo-stop")
                .unstarted(
                    () -> {
                      if (ended.getCount() > 0) {
                        main.interrupt();
                        await(ended);
                      }
                    }));
    int status;
    try {
      status = run(System.out, arguments);
    } finally {
      ended.countDown();
    }
    System.exit(status);
  }

  private static void await(CountDownLatch ended) {
    try {
      var _ = ended.await(CLOSING_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public Integer call() throws IOException {
    Progress progress = Progress.onStandardError();
    Scenario scenario = scenario();
    double faultSeconds = Math.min(MAX_FAULT_SECONDS, seconds / 2);
    Outcome outcome =
        new Run(scenario, faultSeconds, progress)
            .run(
                standing -> {
                  print(standing.outcome());
                  if (keep) {
                    keep(standing, progress);
                  }
                });
    boolean failed =
        outcome.naive().failed() + outcome.warmpath().failed() + outcome.faults().failed() > 0;
    return failed ? CommandLine.ExitCode.SOFTWARE : CommandLine.ExitCode.OK;
  }

  private void print(Outcome outcome) {
    if (json) {
      System.err.println(outcome.table());
      out.println(outcome.json());
    } else {
      out.println(outcome.table());
    }
    out.flush();
  }

  private Scenario scenario() throws IOException {
    Path file = trace;
    require(speedup > 0, "--speedup", speedup, "more than 0");
    if (file == null) {
      require(
          rows == null && load == null && !spread,
          "--rows, --load, --spread",
          "given",
          "only with --trace");
      require(seconds > 0, "--seconds", seconds, "more than 0");
      require(requests >= 1, "--requests", requests, "at least 1");
      int count = engines == null ? ENGINES : engines;
      require(count >= 1, "--engines", count, "at least 1");
      return Scenario.tenants(count, TENANTS, requests, seconds, speedup);
    }
    int count = engines == null ? TRACE_ENGINES : engines;
    require(count >= 1, "--engines", count, "at least 1");
    int played = rows == null ? DEFAULT_ROWS : rows;
    require(played >= 1, "--rows", played, "at least 1");
    double wanted = load == null ? DEFAULT_LOAD : load;
    require(wanted > 0, "--load", wanted, "more than 0");
    return Scenario.trace(file, played, count, wanted, spread, speedup);
  }

  private void require(boolean holds, String option, Object value, String expected) {
    if (!holds && spec != null) {
      throw new ParameterException(
          spec.commandLine(), "%s: %s (expected: %s)".formatted(option, value, expected));
    }
  }

  private static void keep(Run.Standing standing, Progress progress) {
    progress.say("  starting all again");
    standing.stack().restart();
    progress.say(addresses(standing));
    try {
      new CountDownLatch(1).await();
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  private static String addresses(Run.Standing standing) {
    var text = new StringBuilder();
    text.append("All is up, until Ctrl-C. Configurations: ").append(standing.stack().folder());
    text.append("\n\n# A chat, to the pool; the response header x-sim-engine names the engine.\n");
    text.append(
        """
        curl -i http://%1$s/v1/chat/completions -H 'content-type: application/json' \\
          -d '{"model": "sim-model", "max_tokens": 20, "messages": [{"role": "user", "content": "Hello"}]}'
        # A message, to the provider.
        curl -i http://%1$s/v1/messages -H 'content-type: application/json' \\
          -H 'anthropic-version: 2023-06-01' \\
          -d '{"model": "claude-sonnet-5-5", "max_tokens": 20, "messages": [{"role": "user", "content": "Hello"}]}'
        # Envoy
        curl http://%2$s/clusters
        # The control plane: what it decided, and why
        curl http://%3$s/decisions
        curl http://%3$s/audit
        curl http://%3$s/ledger
        # The engines: what they did
        curl http://%4$s/engines
        """
            .formatted(
                standing.stack().address(),
                standing.stack().envoy().admin().address(),
                standing.stack().controlPlane().adminAddress(),
                standing.upstreams().engineAdminAddress()));
    text.append("# The ext_proc replicas\n");
    standing
        .stack()
        .replicas()
        .forEach(
            replica -> text.append("curl http://%s/metrics\n".formatted(replica.adminAddress())));
    return text.toString();
  }
}

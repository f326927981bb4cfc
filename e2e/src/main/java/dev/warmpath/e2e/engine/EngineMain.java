package dev.warmpath.e2e.engine;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Simulated engines in a process of their own. */
@Command(
    name = "engines",
    description = "Runs simulated engines on 127.0.0.1 until it is stopped.",
    mixinStandardHelpOptions = true)
public final class EngineMain implements Runnable {
  @Option(names = "--engines", description = "How many (default: ${DEFAULT-VALUE}).")
  private int engines = 4;

  @Option(
      names = "--ports",
      split = ",",
      description = "One per engine (default: any that are free).")
  private List<Integer> ports = new ArrayList<>();

  @Option(names = "--admin-port", description = "For faults and reports (default: any free one).")
  private int adminPort;

  @Option(names = "--model", description = "That they serve (default: ${DEFAULT-VALUE}).")
  private String model = EngineSettings.DEFAULTS.model();

  @Option(names = "--blocks", description = "Blocks per cache (default: ${DEFAULT-VALUE}).")
  private int blocks = EngineSettings.DEFAULTS.capacityBlocks();

  @Option(names = "--block-tokens", description = "Tokens per block (default: ${DEFAULT-VALUE}).")
  private int blockTokens = EngineSettings.DEFAULTS.blockTokens();

  @Option(names = "--prefill", description = "Tokens per second (default: ${DEFAULT-VALUE}).")
  private double prefill = EngineSettings.DEFAULTS.prefillTokensPerSecond();

  @Option(names = "--decode", description = "Milliseconds per token (default: ${DEFAULT-VALUE}).")
  private double decode = EngineSettings.DEFAULTS.decodeMillisPerToken();

  @Option(names = "--speedup", description = "Scales all rates (default: ${DEFAULT-VALUE}).")
  private double speedup = 1;

  private EngineMain() {}

  public static void main(String[] args) {
    System.exit(new CommandLine(new EngineMain()).execute(args));
  }

  @Override
  public void run() {
    EngineSettings settings =
        EngineSettings.DEFAULTS
            .withModel(model)
            .withCache(blockTokens, blocks)
            .withPace(prefill, decode)
            .withSpeedup(speedup);
    List<Integer> given = ports.isEmpty() ? Collections.nCopies(engines, 0) : List.copyOf(ports);
    try (var fleet =
        EngineFleet.start(EngineFleet.alike(given.size(), settings), given, adminPort)) {
      System.out.println("engines at " + String.join(",", fleet.addresses()));
      System.out.println("admin at " + fleet.adminAddress());
      new CountDownLatch(1).await(); // Until a signal ends the process.
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }
}

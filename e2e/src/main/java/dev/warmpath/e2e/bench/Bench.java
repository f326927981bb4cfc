package dev.warmpath.e2e.bench;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.warmpath.e2e.economics.AnnotateBench;
import dev.warmpath.e2e.envoy.ChildProcess;
import dev.warmpath.e2e.load.LoadReport;
import dev.warmpath.e2e.load.LoadRequest;
import dev.warmpath.e2e.load.LoadResult;
import dev.warmpath.e2e.load.Workload;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * {@code warmpath bench}: what a request costs through Envoy with no filter, with a processor that
 * does nothing, and with Warmpath, in interleaved rounds on one machine.
 */
@Command(
    name = "warmpath bench",
    description = "Measures latency and CPU per request against no filter and a no-op.",
    subcommands = AnnotateBench.class,
    mixinStandardHelpOptions = true)
public final class Bench implements Callable<Integer> {
  private static final long NANOS_PER_SECOND = 1_000_000_000L;
  private static final long LONGEST_MICROS = 60_000_000;
  private static final int DIGITS = 3;

  /** Until the observer's streams and the access log of the last exchanges are through. */
  private static final int SETTLE_MILLIS = 400;

  @Option(names = "--rounds", description = "That count (default: ${DEFAULT-VALUE}).")
  private int rounds = 10;

  @Option(names = "--warm-up", description = "Rounds before these (default: ${DEFAULT-VALUE}).")
  private int warmUp = 2;

  @Option(names = "--seconds", description = "Per filter and size (default: ${DEFAULT-VALUE}).")
  private double seconds = 2;

  @Option(
      names = "--sizes",
      split = ",",
      description = "Bodies in KiB, and mix (default: 4,16,64,400,1000,mix).")
  private List<String> sizes = Sizes.DEFAULT;

  @Option(
      names = "--trace",
      paramLabel = "FILE",
      description = "Whose prompt lengths the mix has, JSON lines, gz too (default: built in).")
  private @Nullable Path trace;

  @Option(names = "--seed", description = "Of bodies and lengths (default: ${DEFAULT-VALUE}).")
  private long seed = 1;

  @Option(names = "--json", description = "One JSON object on standard output.")
  private boolean json;

  private final BenchReport report = new BenchReport();
  private int requests;
  private int failed;

  private Bench() {}

  public static void main(String[] args) {
    System.exit(new CommandLine(new Bench()).execute(args));
  }

  /** Requests of one slice, evenly spaced; made before the clock runs. */
  private record Prepared(List<LoadRequest> all, int perSecond) implements Workload {
    @Override
    public int size() {
      return all.size();
    }

    @Override
    public long atNanos(int index) {
      return index * NANOS_PER_SECOND / perSecond;
    }

    @Override
    public LoadRequest request(int index) {
      return all.get(index);
    }

    double meanBytes() {
      return all.stream().mapToInt(request -> request.body().length).average().orElse(0);
    }
  }

  /** 0: measured. 1: requests failed, so the figures are void. 2: wrong arguments. */
  @Override
  public Integer call() throws Exception {
    try {
      requireSane();
    } catch (IllegalArgumentException e) {
      System.err.println(e.getMessage());
      return 2;
    }
    PromptLengths lengths = trace == null ? PromptLengths.CONVERSATIONS : PromptLengths.read(trace);
    double loadBefore = loadAverage();
    ObjectNode result;
    try (var engines = new InstantEngines()) {
      System.err.println("starting three Envoys, two control planes, two processors");
      try (var none = Contestant.start(Filter.NONE, engines.addresses());
          var noop = Contestant.start(Filter.NOOP, engines.addresses());
          var warmpath = Contestant.start(Filter.WARMPATH, engines.addresses())) {
        List<Contestant> all = List.of(none, noop, warmpath);
        rounds(all, lengths);
        result = report.json();
        result.put("rounds", rounds);
        result.put("seconds", seconds);
        result.put("requests", requests);
        result.put("failed", failed);
      }
    }
    result.put("java", Runtime.version().toString());
    result.put("processors", Runtime.getRuntime().availableProcessors());
    result.put("load_average_before", loadBefore);
    result.put("load_average_after", loadAverage());
    System.out.println(json ? result.toPrettyString() : text(result));
    return failed == 0 ? 0 : 1;
  }

  private void requireSane() {
    if (rounds < 1 || warmUp < 0 || !(seconds > 0) || seconds > 60) {
      throw new IllegalArgumentException(
          "--rounds %d --warm-up %d --seconds %s (expected: >= 1, >= 0, in (0, 60])"
              .formatted(rounds, warmUp, seconds));
    }
    sizes.stream().filter(size -> !size.equals(Sizes.MIX)).forEach(Sizes::bytes);
  }

  private void rounds(List<Contestant> all, PromptLengths lengths) throws InterruptedException {
    var random = new SplittableRandom(seed);
    var bodies = new ChatBodies(seed);
    for (int round = -warmUp; round < rounds; round++) {
      System.err.println(
          round < 0
              ? "warm-up %d of %d".formatted(round + warmUp + 1, warmUp)
              : "round %d of %d".formatted(round + 1, rounds));
      for (String size : sizes) {
        Prepared workload = prepare(size, bodies, lengths, random);
        for (int i = 0; i < all.size(); i++) {
          Contestant next = all.get(Math.floorMod(i + round, all.size()));
          Slice slice = slice(next, workload);
          if (round >= 0) {
            report.add(size, next.filter(), slice);
          }
        }
      }
    }
  }

  private Prepared prepare(
      String size, ChatBodies bodies, PromptLengths lengths, SplittableRandom random) {
    int perSecond = Sizes.requestsPerSecond(size);
    int count = Math.max(1, (int) Math.round(perSecond * seconds));
    var all = new ArrayList<LoadRequest>(count);
    for (int i = 0; i < count; i++) {
      int bytes = size.equals(Sizes.MIX) ? lengths.nextBytes(random) : Sizes.bytes(size);
      all.add(
          new LoadRequest(
              size,
              "/v1/chat/completions",
              Map.of("content-type", "application/json"),
              bodies.next(bytes),
              "data: [DONE]\n\n"));
    }
    return new Prepared(all, perSecond);
  }

  private Slice slice(Contestant contestant, Prepared workload) throws InterruptedException {
    ChildProcess processor = contestant.processor();
    long unprocessedBefore = contestant.unprocessed();
    Duration envoyBefore = contestant.envoy().cpuTime();
    Duration processorBefore = processor == null ? Duration.ZERO : processor.cpuTime();
    LoadReport sent = contestant.load().run(workload);
    TimeUnit.MILLISECONDS.sleep(SETTLE_MILLIS);
    Duration envoyCpu = contestant.envoy().cpuTime().minus(envoyBefore);
    Duration processorCpu =
        processor == null ? Duration.ZERO : processor.cpuTime().minus(processorBefore);
    requests += sent.requests();
    failed += sent.failed();
    var micros = new Histogram(LONGEST_MICROS, DIGITS);
    for (LoadResult result : sent.results()) {
      if (!result.failed()) {
        // The generator's own lateness is the same for all filters and says nothing about them.
        micros.recordValue(
            Math.clamp((result.totalNanos() - result.lateNanos()) / 1_000, 0, LONGEST_MICROS));
      }
    }
    return new Slice(
        workload.meanBytes(),
        micros.getValueAtPercentile(50),
        micros.getValueAtPercentile(99),
        envoyCpu.toNanos() / 1e3 / workload.size(),
        processorCpu.toNanos() / 1e3 / workload.size(),
        contestant.unprocessed() - unprocessedBefore);
  }

  private String text(ObjectNode result) {
    return ("%s%n%d requests, %d failed, %d unprocessed; JDK %s, %d processors,"
            + " load average %.1f → %.1f")
        .formatted(
            report.markdown(),
            requests,
            failed,
            report.unprocessed(),
            result.path("java").asText(),
            result.path("processors").asInt(),
            result.path("load_average_before").asDouble(),
            result.path("load_average_after").asDouble());
  }

  private static double loadAverage() {
    return ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage();
  }
}

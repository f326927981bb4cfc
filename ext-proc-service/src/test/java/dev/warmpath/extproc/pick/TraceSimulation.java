package dev.warmpath.extproc.pick;

import dev.warmpath.extproc.pick.SimulatedPool.Engines;
import dev.warmpath.extproc.pick.SimulatedPool.Request;
import dev.warmpath.extproc.pick.SimulatedPool.Result;
import dev.warmpath.extproc.pick.SimulatedPool.Router;
import java.io.BufferedReader;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.function.LongFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.GZIPInputStream;

/**
 * Replays a trace of prompts on simulated engines and prints, per load and rule, hit rate, time to
 * first token in seconds and imbalance; the median, by mean time, of some seeds. A command, not a
 * test: {@code TraceSimulation FILE [as-in-file|spread] [seeds]}. A row of the file: {@code
 * {"timestamp": ms, "input_length": tokens, "output_length": tokens, "hash_ids": [...]}}, one id
 * per 512 tokens, chained.
 */
final class TraceSimulation {

  private static final Pattern ROW =
      Pattern.compile(
          "\"timestamp\": (\\d+), \"input_length\": (\\d+), \"output_length\": (\\d+),"
              + " \"hash_ids\": \\[([0-9, ]*)]");

  private static final Engines ENGINES = new Engines(8, 5_000, 512, 8_000);

  private TraceSimulation() {}

  public static void main(String[] args) throws IOException {
    List<Request> requests = read(args[0]);
    if (args.length > 1 && args[1].equals("spread")) {
      requests = spread(requests);
    }
    int seeds = args.length > 2 ? Integer.parseInt(args[2]) : 1;
    double busy = SimulatedPool.run(requests, ENGINES, Routers.random(1)).busySeconds();
    for (double load : new double[] {0.4, 0.7, 0.9, 1.1}) {
      List<Request> offered = SimulatedPool.atLoad(requests, ENGINES, busy, load);
      System.out.println("load " + load);
      report("round robin", offered, 1, _ -> Routers.roundRobin());
      report("least in flight", offered, 1, Routers::leastInFlight);
      report("least own TTFT, exact", offered, seeds, Routers::leastOwnTtft);
      report("the rule, exact", offered, seeds, Routers::exactRule);
      report("the picker", offered, seeds, seed -> new Routers.Ours(ENGINES, seed));
    }
  }

  private static void report(
      String name, List<Request> requests, int seeds, LongFunction<Router> rule) {
    Result[] results = new Result[seeds];
    Arrays.setAll(results, s -> SimulatedPool.run(requests, ENGINES, rule.apply(s + 1)));
    Arrays.sort(results, Comparator.comparingDouble(Result::mean));
    System.out.printf("  %-22s %s%n", name, results[seeds / 2]);
  }

  static List<Request> read(String file) throws IOException {
    List<Request> requests = new ArrayList<>();
    try (InputStream raw = new FileInputStream(file);
        InputStream in = file.endsWith(".gz") ? new GZIPInputStream(raw) : raw;
        BufferedReader lines =
            new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        Matcher row = ROW.matcher(line);
        if (!row.find()) {
          throw new IOException("row " + requests.size() + " of " + file + ": not understood");
        }
        // Ids count from 0; a multiplication by an odd number keeps them distinct and spreads them.
        long[] blocks =
            Arrays.stream(row.group(4).split(", *", -1))
                .mapToLong(id -> (Long.parseLong(id) + 1) * 0x9E3779B97F4A7C15L)
                .toArray();
        requests.add(
            new Request(
                Long.parseLong(row.group(1)) / 1000.0,
                Integer.parseInt(row.group(2)),
                Integer.parseInt(row.group(3)),
                blocks));
      }
    }
    return requests;
  }

  /** The rows of one tick, spread evenly until the next. */
  static List<Request> spread(List<Request> requests) {
    List<Request> spread = new ArrayList<>(requests.size());
    int from = 0;
    while (from < requests.size()) {
      int to = from;
      double tick = requests.get(from).seconds();
      while (to < requests.size() && requests.get(to).seconds() == tick) {
        to++;
      }
      double length = to < requests.size() ? requests.get(to).seconds() - tick : 3;
      for (int i = from; i < to; i++) {
        Request r = requests.get(i);
        spread.add(
            new Request(
                tick + length * (i - from) / (to - from),
                r.promptTokens(),
                r.outputTokens(),
                r.blocks()));
      }
      from = to;
    }
    return spread;
  }
}

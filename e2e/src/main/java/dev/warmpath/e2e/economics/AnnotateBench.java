package dev.warmpath.e2e.economics;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.warmpath.extproc.CatalogueFile;
import dev.warmpath.extproc.prompt.Dialect;
import dev.warmpath.extproc.provider.ModelEntry;
import dev.warmpath.extproc.provider.Prices;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.concurrent.Callable;
import java.util.function.Function;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * {@code warmpath bench annotate}: what markers cost and save. Streams of made-up requests are
 * billed as the provider would, with the markers of each policy, which sees each stream for the
 * first time. No Envoy takes part: the policy of Warmpath is the class that its service uses.
 */
@Command(
    name = "annotate",
    description = "Bills made-up traffic with the markers of several policies.",
    mixinStandardHelpOptions = true)
public final class AnnotateBench implements Callable<Integer> {

  /** What Warmpath may cost more than the better of no markers and all, and than the oracle. */
  private static final double WORSE_THAN_SIMPLE = 1.02;

  private static final double WORSE_THAN_ORACLE = 1.10;

  // Indices of POLICIES.
  private static final int NONE = 0;
  private static final int ALWAYS = 1;
  private static final int ALWAYS_1H = 2;
  private static final int WARMPATH = 5;
  private static final int ORACLE = 6;

  private static final List<Policy> POLICIES =
      List.of(
          new Policy("none", List.of(_ -> MarkerPolicy.none())),
          new Policy("always, 5m", List.of(_ -> MarkerPolicy.always(MarkerPolicy.MINUTES_SECONDS))),
          new Policy("always, 1h", List.of(_ -> MarkerPolicy.always(Bill.HOUR_SECONDS))),
          new Policy("role: system", List.of(_ -> MarkerPolicy.systemRole())),
          new Policy("index: -1", List.of(_ -> MarkerPolicy.lastIndex())),
          new Policy("warmpath", List.of(_ -> MarkerPolicy.warmpath())),
          new Policy("oracle", List.of(Oracle::new, ChainOracle::new)));

  private static final Map<String, List<? extends Workload>> SETS =
      Map.of("first", List.of(Traffic.values()), "other", List.of(OtherTraffic.values()));

  /** The one of some that costs least for a stream. */
  private record Policy(String name, List<Function<List<Arrival>, MarkerPolicy>> starts) {}

  /** A request whose response begins later. */
  private record Awaited(long nanos, Arrival request) {}

  @Spec private CommandSpec spec = CommandSpec.create();

  @Option(names = "--requests", description = "Of each stream (default: ${DEFAULT-VALUE}).")
  private int requests = 5_000;

  @Option(names = "--seeds", description = "Streams of each kind (default: ${DEFAULT-VALUE}).")
  private int seeds = 20;

  @Option(names = "--seed", description = "The first of them (default: ${DEFAULT-VALUE}).")
  private long firstSeed = 1;

  @Option(
      names = "--streams",
      description = "Which set: first or other (default: ${DEFAULT-VALUE}).")
  private String streams = "first";

  @Option(
      names = "--model",
      description = "Whose prices and minimum hold (default: ${DEFAULT-VALUE}).")
  private String model = "claude-opus-5";

  @Option(
      names = "--replicas",
      description =
          "More than one: how much dearer so many replicas are, each with its share of the requests"
              + " (default: ${DEFAULT-VALUE}).")
  private int replicas = 1;

  @Option(names = "--json", description = "One JSON object on standard output.")
  private boolean json;

  /** 0: the bounds are held. 1: one is not. 2: wrong arguments. */
  @Override
  public Integer call() {
    ModelEntry entry =
        CatalogueFile.load(List.of()).find(Dialect.ANTHROPIC_MESSAGES, model).orElse(null);
    Prices prices = entry == null ? null : entry.prices(0).orElse(null);
    List<? extends Workload> workloads = SETS.getOrDefault(streams, List.of());
    if (workloads.isEmpty()
        || entry == null
        || prices == null
        || requests < 1
        || seeds < 1
        || replicas < 1) {
      spec.commandLine()
          .getErr()
          .println(
              "--streams %s --model %s --requests %d --seeds %d --replicas %d (expected: first or other, one of Anthropic's with prices, >= 1, >= 1, >= 1)"
                  .formatted(streams, model, requests, seeds, replicas));
      return 2;
    }
    if (replicas > 1) {
      ReplicasBench bench = new ReplicasBench(replicas, requests, seeds, firstSeed);
      ObjectNode result = bench.run(workloads, () -> new Bill(entry, prices));
      result.put("set", streams);
      result.put("model", model);
      spec.commandLine().getOut().println(json ? result.toPrettyString() : bench.text(result));
      return result.path("bound_held").booleanValue() ? 0 : 1;
    }
    double[][] totals = new double[POLICIES.size()][seeds];
    ObjectMapper mapper = new ObjectMapper();
    ObjectNode result = mapper.createObjectNode();
    ArrayNode rows = result.putArray("streams");
    StringBuilder text = new StringBuilder(header());
    boolean held = true;
    for (Workload workload : workloads) {
      double[][] costs = costs(workload, entry, prices);
      for (int policy = 0; policy < costs.length; policy++) {
        for (int seed = 0; seed < seeds; seed++) {
          totals[policy][seed] += costs[policy][seed];
        }
      }
      held &= add(workload.name().toLowerCase(Locale.ROOT).replace('_', ' '), costs, rows, text);
    }
    held &= add("all", totals, rows, text);
    double toOracle = median(ratios(totals[WARMPATH], totals[ORACLE]));
    held &= toOracle <= WORSE_THAN_ORACLE;
    result.put("set", streams);
    result.put("model", model);
    result.put("requests", requests);
    result.put("seeds", seeds);
    result.put("warmpath_to_oracle", toOracle);
    result.put("bounds_held", held);
    text.append(
        String.format(
            Locale.ROOT,
            "%n* Warmpath ÷ the best of none, always 5m and always 1h (at most %.2f).%nAll of it,"
                + " Warmpath ÷ oracle: %.3f (at most %.2f). %s%n",
            WORSE_THAN_SIMPLE,
            toOracle,
            WORSE_THAN_ORACLE,
            held ? "Both bounds are held." : "A bound is broken."));
    spec.commandLine().getOut().println(json ? result.toPrettyString() : text);
    return held ? 0 : 1;
  }

  private String header() {
    StringBuilder text =
        new StringBuilder(
            "Cost of input, as a share of what it costs without markers; medians of %d seeds, %d requests each, %s%n%-22s"
                .formatted(seeds, requests, model, ""));
    POLICIES.forEach(policy -> text.append("%13s".formatted(policy.name())));
    return text.append("    ÷ simple*     ÷ oracle%n".formatted()).toString();
  }

  /** In US dollars, by policy and seed. */
  private double[][] costs(Workload workload, ModelEntry entry, Prices prices) {
    double[][] costs = new double[POLICIES.size()][seeds];
    for (int seed = 0; seed < seeds; seed++) {
      List<Arrival> stream = workload.requests(requests, firstSeed + seed);
      for (int policy = 0; policy < costs.length; policy++) {
        costs[policy][seed] = Double.POSITIVE_INFINITY;
        for (var start : POLICIES.get(policy).starts()) {
          double usd = bill(stream, start.apply(stream), new Bill(entry, prices));
          costs[policy][seed] = Math.min(costs[policy][seed], usd);
        }
      }
    }
    return costs;
  }

  /** In US dollars. */
  static double bill(List<Arrival> stream, MarkerPolicy policy, Bill bill) {
    PriorityQueue<Awaited> awaited = new PriorityQueue<>(Comparator.comparingLong(Awaited::nanos));
    int[] seconds = new int[Arrival.BOUNDARIES];
    for (Arrival request : stream) {
      while (!awaited.isEmpty() && awaited.peek().nanos() <= request.nanos()) {
        policy.answered(awaited.remove().request());
      }
      Arrays.fill(seconds, 0);
      policy.decide(request, seconds, bill);
      bill.add(request, seconds);
      awaited.add(new Awaited(request.nanos() + request.answerNanos(), request));
    }
    return bill.usd();
  }

  /** Adds a row; false if Warmpath costs too much in it. */
  private static boolean add(String name, double[][] costs, ArrayNode rows, StringBuilder text) {
    ObjectNode row = rows.addObject().put("stream", name);
    text.append("%-22s".formatted(name));
    for (int policy = 0; policy < costs.length; policy++) {
      double share = median(ratios(costs[policy], costs[NONE]));
      row.put(POLICIES.get(policy).name(), share);
      text.append(String.format(Locale.ROOT, "%13.3f", share));
    }
    double[] simple = costs[NONE].clone();
    for (int i = 0; i < simple.length; i++) {
      simple[i] = Math.min(simple[i], Math.min(costs[ALWAYS][i], costs[ALWAYS_1H][i]));
    }
    double toSimple = median(ratios(costs[WARMPATH], simple));
    row.put("warmpath_to_better_of_none_and_always", toSimple);
    double toOracle = median(ratios(costs[WARMPATH], costs[ORACLE]));
    row.put("warmpath_to_oracle", toOracle);
    text.append(String.format(Locale.ROOT, "%13.3f%13.3f%n", toSimple, toOracle));
    return toSimple <= WORSE_THAN_SIMPLE;
  }

  static double[] ratios(double[] of, double[] to) {
    double[] ratios = new double[of.length];
    for (int i = 0; i < of.length; i++) {
      ratios[i] = of[i] / to[i];
    }
    return ratios;
  }

  static double median(double[] values) {
    List<Double> sorted = new ArrayList<>();
    for (double value : values) {
      sorted.add(value);
    }
    sorted.sort(null);
    int middle = sorted.size() / 2;
    return sorted.size() % 2 == 1
        ? sorted.get(middle)
        : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
  }
}

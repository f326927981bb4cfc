package dev.warmpath.e2e.economics;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Locale;
import java.util.function.Supplier;

/** What it costs that several replicas share the requests, with and without telling each other. */
final class ReplicasBench {

  /** What replicas that tell each other may cost more than one alone, in any stream. */
  private static final double WORSE_THAN_ONE = 1.05;

  private final int replicas;
  private final int requests;
  private final int seeds;
  private final long firstSeed;

  ReplicasBench(int replicas, int requests, int seeds, long firstSeed) {
    this.replicas = replicas;
    this.requests = requests;
    this.seeds = seeds;
    this.firstSeed = firstSeed;
  }

  /** US dollars by seed. */
  @SuppressWarnings("ArrayRecordComponent") // Never compared.
  private record Costs(double[] none, double[] one, double[] apart, double[] telling) {
    Costs(int seeds) {
      this(new double[seeds], new double[seeds], new double[seeds], new double[seeds]);
    }

    void add(Costs others) {
      for (int i = 0; i < none.length; i++) {
        none[i] += others.none[i];
        one[i] += others.one[i];
        apart[i] += others.apart[i];
        telling[i] += others.telling[i];
      }
    }

    ObjectNode row(ObjectNode row) {
      return row.put("one", AnnotateBench.median(AnnotateBench.ratios(one, none)))
          .put("apart_to_one", AnnotateBench.median(AnnotateBench.ratios(apart, one)))
          .put("telling_to_one", AnnotateBench.median(AnnotateBench.ratios(telling, one)));
    }
  }

  ObjectNode run(List<? extends Workload> workloads, Supplier<Bill> bills) {
    ObjectNode result = new ObjectMapper().createObjectNode();
    ArrayNode rows = result.putArray("streams");
    Costs all = new Costs(seeds);
    boolean held = true;
    for (Workload workload : workloads) {
      Costs costs = costs(workload, bills);
      all.add(costs);
      held &= isHeld(costs.row(rows.addObject().put("stream", name(workload))));
    }
    held &= isHeld(all.row(rows.addObject().put("stream", "all")));
    return result
        .put("replicas", replicas)
        .put("requests", requests)
        .put("seeds", seeds)
        .put("bound_held", held);
  }

  private static boolean isHeld(JsonNode row) {
    return row.path("telling_to_one").doubleValue() <= WORSE_THAN_ONE;
  }

  private static String name(Workload workload) {
    return workload.name().toLowerCase(Locale.ROOT).replace('_', ' ');
  }

  private Costs costs(Workload workload, Supplier<Bill> bills) {
    Costs costs = new Costs(seeds);
    for (int i = 0; i < seeds; i++) {
      long seed = firstSeed + i;
      List<Arrival> stream = workload.requests(requests, seed);
      costs.none[i] = AnnotateBench.bill(stream, MarkerPolicy.none(), bills.get());
      costs.one[i] = AnnotateBench.bill(stream, MarkerPolicy.warmpath(), bills.get());
      costs.apart[i] =
          AnnotateBench.bill(stream, new Fleet(replicas, /* tells= */ false, seed), bills.get());
      costs.telling[i] =
          AnnotateBench.bill(stream, new Fleet(replicas, /* tells= */ true, seed), bills.get());
    }
    return costs;
  }

  /** The result for people. */
  String text(JsonNode result) {
    StringBuilder text =
        new StringBuilder(
            "Cost of input; medians of %d seeds, %d requests each%n%-22s%13s%20s%20s%n"
                .formatted(
                    seeds,
                    requests,
                    "",
                    "one ÷ none",
                    replicas + " apart ÷ one",
                    replicas + " telling ÷ one"));
    for (JsonNode row : result.path("streams")) {
      text.append(
          String.format(
              Locale.ROOT,
              "%-22s%13.3f%20.3f%20.3f%n",
              row.path("stream").asText(),
              row.path("one").doubleValue(),
              row.path("apart_to_one").doubleValue(),
              row.path("telling_to_one").doubleValue()));
    }
    return text.append(
            String.format(
                Locale.ROOT,
                "One: a replica that sees all. Apart: each sees its share. Telling: and is told of"
                    + " the rest; at most %.2f: %s.%n",
                WORSE_THAN_ONE,
                result.path("bound_held").booleanValue() ? "held" : "broken"))
        .toString();
  }
}

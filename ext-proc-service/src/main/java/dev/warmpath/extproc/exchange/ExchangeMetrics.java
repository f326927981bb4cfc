package dev.warmpath.extproc.exchange;

import dev.warmpath.extproc.annotate.PayingMarkers;
import dev.warmpath.extproc.pick.PoolPicker;
import dev.warmpath.extproc.usage.Usage;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.LongSupplier;

/**
 * The data path's metrics. Every label value is bounded: routes, clusters and reasons come from the
 * configuration or from enums; names that clients or Envoys choose are bounded by {@link
 * LabelBound}. Meters are looked up once and kept, so that counting is one map access.
 */
public final class ExchangeMetrics {

  private static final Duration[] PLAN_BUCKETS = {
    Duration.ofNanos(50_000),
    Duration.ofNanos(100_000),
    Duration.ofNanos(250_000),
    Duration.ofNanos(500_000),
    Duration.ofMillis(1),
    Duration.ofMillis(2),
    Duration.ofMillis(5),
    Duration.ofMillis(10),
    Duration.ofMillis(25),
    Duration.ofMillis(50),
    Duration.ofMillis(100)
  };

  private static final Duration[] FIRST_BYTE_BUCKETS = {
    Duration.ofMillis(25),
    Duration.ofMillis(50),
    Duration.ofMillis(100),
    Duration.ofMillis(250),
    Duration.ofMillis(500),
    Duration.ofSeconds(1),
    Duration.ofMillis(2_500),
    Duration.ofSeconds(5),
    Duration.ofSeconds(10),
    Duration.ofSeconds(30),
    Duration.ofSeconds(60)
  };

  private record Triple(String route, String subject, String decision) {}

  /** Two labels of a counter. */
  private record Pair(String first, String second) {}

  private final MeterRegistry registry;
  private final LabelBound routeNames;
  private final LabelBound modelNames;
  private final ConcurrentHashMap<Pair, Counter> passed = new ConcurrentHashMap<>();
  private final ConcurrentHashMap<Pair, Counter> planned = new ConcurrentHashMap<>();
  private final ConcurrentHashMap<Triple, Counter> decisions = new ConcurrentHashMap<>();
  private final ConcurrentHashMap<Triple, Counter> repairs = new ConcurrentHashMap<>();
  private final ConcurrentHashMap<Pair, Counter> continued = new ConcurrentHashMap<>();
  private final ConcurrentHashMap<Pair, Counter> picks = new ConcurrentHashMap<>();
  private final ConcurrentHashMap<Pair, Counter> tokens = new ConcurrentHashMap<>();
  private final ConcurrentHashMap<Pair, Counter> ended = new ConcurrentHashMap<>();
  private final ConcurrentHashMap<String, Timer> firstBytes = new ConcurrentHashMap<>();
  private final ConcurrentHashMap<String, Counter> unknownModels = new ConcurrentHashMap<>();
  private final ConcurrentHashMap<Pair, Counter> rejected = new ConcurrentHashMap<>();
  private final ConcurrentHashMap<Pair, Counter> usageAsked = new ConcurrentHashMap<>();
  private final ConcurrentHashMap<Pair, Counter> usageEnded = new ConcurrentHashMap<>();
  private final Timer planTime;
  private final Counter unplannedResponses;
  private final Counter clusterMismatches;
  private final Counter plansDropped;

  /**
   * @param registry where the meters live
   * @param maxLabelValues different values that one label may have
   */
  public ExchangeMetrics(MeterRegistry registry, int maxLabelValues) {
    this.registry = registry;
    this.routeNames = new LabelBound(maxLabelValues);
    this.modelNames = new LabelBound(maxLabelValues);
    planTime =
        Timer.builder("warmpath.plan.duration")
            .description("From a body message to its answer")
            .serviceLevelObjectives(PLAN_BUCKETS)
            .register(registry);
    unplannedResponses =
        Counter.builder("warmpath.responses.unplanned")
            .description("Responses seen by the observer whose request was not planned")
            .register(registry);
    clusterMismatches =
        Counter.builder("warmpath.cluster.mismatches")
            .description("Exchanges served by another cluster than the planned one")
            .register(registry);
    plansDropped =
        Counter.builder("warmpath.plans.expired")
            .description(
                "Plans that were not wholly observed when their time or the room for them ran out")
            .register(registry);
  }

  PickMetrics picks(Map<String, PoolPicker> pickers, LongSupplier clock) {
    return new PickMetrics(registry, pickers, clock);
  }

  VolatilityMetrics volatility(PrefixWatch watch, LongSupplier clock) {
    return new VolatilityMetrics(registry, watch, clock);
  }

  /** Shows the bounds and what is used of them. */
  void bind(BodyBudget budget, Limits limits, Plans plans, TokenRatio ratios, int maxTokenRatios) {
    gauge(
        "warmpath.body.bytes.in.flight",
        "Bytes of bodies being read",
        budget,
        b -> (double) b.bytesInFlight());
    gauge(
        "warmpath.body.bytes.max",
        "Bound of warmpath.body.bytes.in.flight",
        limits,
        l -> (double) l.maxBytesInFlight());
    gauge(
        "warmpath.exchanges.open", "Open request streams", budget, b -> (double) b.openExchanges());
    gauge(
        "warmpath.exchanges.max",
        "Bound of warmpath.exchanges.open",
        limits,
        l -> (double) l.maxExchanges());
    gauge(
        "warmpath.plans.open", "Plans whose exchange has not ended", plans, p -> (double) p.size());
    gauge(
        "warmpath.token.ratios",
        "Ratios of bytes to tokens that are held",
        ratios,
        r -> (double) r.size());
    gauge(
        "warmpath.token.ratios.max",
        "Bound of warmpath.token.ratios",
        ratios,
        _ -> (double) maxTokenRatios);
  }

  /** The same of responses that can be continued. */
  void bind(ResponseHomes homes) {
    gauge(
        "warmpath.response.homes",
        "Responses whose endpoint is remembered for requests that continue them",
        homes,
        h -> (double) h.size());
    gauge(
        "warmpath.response.homes.max",
        "Bound of warmpath.response.homes",
        homes,
        h -> (double) h.max());
  }

  /** Shows the memory of prefixes and its bound. */
  void bind(PayingMarkers markers) {
    gauge(
        "warmpath.remembered.prefixes",
        "Prefixes of providers' requests that are remembered, to know which come back",
        markers,
        m -> (double) m.size());
    gauge(
        "warmpath.remembered.prefixes.max",
        "Bound of warmpath.remembered.prefixes",
        markers,
        m -> (double) m.maxPrefixes());
  }

  /** Shows the keys whose rate is known, and their bound. */
  void bind(KeyShards shards) {
    gauge(
        "warmpath.cache.keys",
        "Keys (prompt_cache_key) whose rate of requests or number of shards is known",
        shards,
        k -> (double) k.size());
    gauge("warmpath.cache.keys.max", "Bound of warmpath.cache.keys", shards, k -> (double) k.max());
  }

  private <T> void gauge(String name, String description, T of, Function<T, Double> value) {
    Gauge.builder(name, of, value::apply).description(description).register(registry);
  }

  /** A request went through untouched. */
  void passed(String route, String reason) {
    count(
        passed,
        new Pair(routeNames.bound(route), reason),
        "warmpath.requests.passed",
        "Requests that went through untouched",
        "route",
        "reason");
  }

  /** A request was planned; {@code mode} says whether the plan was applied. */
  void planned(String route, String mode, long planNanos) {
    count(
        planned,
        new Pair(route, mode),
        "warmpath.requests.planned",
        "Requests that were planned",
        "route",
        "mode");
    planTime.record(planNanos, TimeUnit.NANOSECONDS);
  }

  /** What came of a repair. */
  void repaired(String route, String repair, String decision) {
    Triple labels = new Triple(route, repair, decision);
    Counter counter = repairs.get(labels);
    if (counter == null) {
      counter =
          repairs.computeIfAbsent(
              labels,
              triple ->
                  Counter.builder("warmpath.repairs")
                      .description("Repairs of prompts by what came of them")
                      .tag("route", triple.route())
                      .tag("repair", triple.subject())
                      .tag("decision", triple.decision())
                      .register(registry));
    }
    counter.increment();
  }

  /**
   * What was decided about a place for a marker, or about a field that was to be added.
   *
   * @param subject boundary or field
   */
  void annotated(String route, String subject, String decision) {
    Triple labels = new Triple(route, subject, decision);
    Counter counter = decisions.get(labels);
    if (counter == null) {
      counter =
          decisions.computeIfAbsent(
              labels,
              triple ->
                  Counter.builder("warmpath.annotations")
                      .description("Markers and fields by what was decided")
                      .tag("route", triple.route())
                      .tag("subject", triple.subject())
                      .tag("decision", triple.decision())
                      .register(registry));
    }
    counter.increment();
  }

  /** A request to a provider names a model that no row of the catalogue does: nothing is marked. */
  void unknownModel(String model) {
    unknownModels
        .computeIfAbsent(
            modelNames.bound(model),
            name ->
                Counter.builder("warmpath.models.unknown")
                    .description("Requests to providers whose model no row of the catalogue names")
                    .tag("model", name)
                    .register(registry))
        .increment();
  }

  /** Endpoints were picked, or none. */
  void picked(String cluster, String result) {
    count(
        picks, new Pair(cluster, result), "warmpath.picks", "Picks by result", "cluster", "result");
  }

  /**
   * A request continues a response by its name. {@code how}: home (its endpoint is listed first),
   * away (that isn't ready), unknown (nobody saw who served it).
   */
  void continued(String cluster, String how) {
    count(
        continued,
        new Pair(cluster, how),
        "warmpath.responses.continued",
        "Requests that continue a response by its name, by what was known of its endpoint",
        "cluster",
        "home");
  }

  /** An upstream refused a request because of a field that we added. */
  void rejected(String cluster, String field) {
    count(
        rejected,
        new Pair(cluster, field),
        "warmpath.annotations.rejected",
        "Requests refused because of a field that was added",
        "cluster",
        "field");
  }

  /**
   * What was decided about asking for the usage of a stream; {@code decision}: asked, or why not.
   */
  void streamUsageAsked(String route, String decision) {
    count(
        usageAsked,
        new Pair(route, decision),
        "warmpath.stream.usage.requests",
        "Streamed requests by whether their usage was asked for, or why not",
        "route",
        "decision");
  }

  /**
   * What became of the chunk with the usage that was asked for: taken_out; let through because it
   * had begun, was too_long, holds_more than usage, or came compressed or with a content_length; or
   * there was none, since the response was not_ok, no_events, cut, or without it (absent).
   */
  void streamUsageEnded(String route, String chunk) {
    count(
        usageEnded,
        new Pair(route, chunk),
        "warmpath.stream.usage.responses",
        "Responses to requests that asked for usage, by what became of its chunk",
        "route",
        "chunk");
  }

  /**
   * An exchange ended. {@code how}: served, client_error, endpoint_failed, endpoint_lost, unknown.
   */
  void ended(String route, String how) {
    count(
        ended,
        new Pair(route, how),
        "warmpath.exchanges.ended",
        "Exchanges by end",
        "route",
        "end");
  }

  void firstByte(String route, long nanos) {
    firstBytes
        .computeIfAbsent(
            route,
            name ->
                Timer.builder("warmpath.first.byte")
                    .description("From the plan to the first byte of the response body")
                    .tag("route", name)
                    .serviceLevelObjectives(FIRST_BYTE_BUCKETS)
                    .register(registry))
        .record(nanos, TimeUnit.NANOSECONDS);
  }

  /** Tokens as the upstream reports them. */
  void used(String route, Usage usage) {
    tokens(route, "read", usage.readTokens());
    tokens(route, "written_5m", usage.written5mOrUntoldTokens());
    tokens(route, "written_1h", usage.written1hTokens());
    tokens(route, "uncached", usage.uncachedTokens());
    tokens(route, "output", usage.outputTokens());
  }

  private void tokens(String route, String kind, long count) {
    if (count > 0) {
      counter(
              tokens,
              new Pair(route, kind),
              "warmpath.tokens",
              "Tokens as upstreams report them",
              "route",
              "kind")
          .increment((double) count);
    }
  }

  void unplannedResponse() {
    unplannedResponses.increment();
  }

  void clusterMismatch() {
    clusterMismatches.increment();
  }

  void planExpired() {
    plansDropped.increment();
  }

  private void count(
      ConcurrentHashMap<Pair, Counter> counters,
      Pair labels,
      String name,
      String description,
      String firstLabel,
      String secondLabel) {
    counter(counters, labels, name, description, firstLabel, secondLabel).increment();
  }

  private Counter counter(
      ConcurrentHashMap<Pair, Counter> counters,
      Pair labels,
      String name,
      String description,
      String firstLabel,
      String secondLabel) {
    Counter counter = counters.get(labels);
    return counter != null
        ? counter
        : counters.computeIfAbsent(
            labels,
            pair ->
                Counter.builder(name)
                    .description(description)
                    .tag(firstLabel, pair.first())
                    .tag(secondLabel, pair.second())
                    .register(registry));
  }
}

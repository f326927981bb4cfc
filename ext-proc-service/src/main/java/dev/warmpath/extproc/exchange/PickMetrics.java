package dev.warmpath.extproc.exchange;

import dev.warmpath.extproc.pick.EndpointStats;
import dev.warmpath.extproc.pick.PoolPicker;
import dev.warmpath.extproc.pick.PoolStats;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.MultiGauge.Row;
import io.micrometer.core.instrument.Tags;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;
import java.util.function.ToDoubleFunction;

/**
 * What the pickers know, as metrics: per endpoint of the current view, which bounds the labels, and
 * counts per pool. Refreshed when somebody scrapes, so that it costs nothing otherwise.
 */
public final class PickMetrics {

  private final Map<String, PoolPicker> pickers;
  private final LongSupplier clock;
  private final Map<String, PoolStats> latest = new ConcurrentHashMap<>();
  private final Map<MultiGauge, ToDoubleFunction<EndpointStats>> gauges = new LinkedHashMap<>();

  PickMetrics(MeterRegistry registry, Map<String, PoolPicker> pickers, LongSupplier clock) {
    this.pickers = pickers;
    this.clock = clock;
    endpoint(
        registry,
        "requests.in.flight",
        "Own requests sent and not ended",
        s -> s.requestsInFlight());
    endpoint(
        registry,
        "pending.tokens",
        "Own prompt tokens, believed uncached, without a first byte",
        s -> s.pendingTokens());
    endpoint(
        registry,
        "peer.requests.in.flight",
        "Other replicas' requests",
        s -> s.peerRequestsInFlight());
    endpoint(
        registry,
        "peer.pending.tokens",
        "Other replicas' pending tokens",
        s -> s.peerPendingTokens());
    endpoint(
        registry,
        "prefill.tokens.per.second",
        "Prefill rate that picks reckon with",
        s -> s.prefillTokensPerSecond());
    endpoint(
        registry,
        "believed.blocks",
        "Prefix blocks that the endpoint is believed to hold",
        s -> s.believedBlocks());
    endpoint(registry, "believed.tokens", "Tokens of these blocks", s -> s.believedTokens());
    endpoint(
        registry,
        "capacity.tokens",
        "Tokens that it is believed to hold at most",
        s -> s.capacityTokens());
    endpoint(registry, "belief.bytes", "Memory of the belief", s -> s.beliefBytes());
    endpoint(registry, "ejected", "1 while left out or on trial", s -> s.ejected() ? 1 : 0);
    for (String cluster : pickers.keySet()) {
      Gauge.builder("warmpath.pool.utilisation", latest, l -> stats(cluster).utilisation())
          .description("Prefill seconds sent per second and endpoint")
          .tag("cluster", cluster)
          .register(registry);
      pool(registry, cluster, "ejections", "Endpoints left out", PoolStats::ejections);
      pool(registry, cluster, "overdue", "First bytes that were overdue", PoolStats::overdue);
      pool(
          registry,
          cluster,
          "served.elsewhere",
          "Plans served by another endpoint",
          PoolStats::servedElsewhere);
      pool(
          registry,
          cluster,
          "placements.dropped",
          "Placements not sent in time",
          PoolStats::droppedPlacements);
    }
  }

  private void endpoint(
      MeterRegistry registry,
      String name,
      String description,
      ToDoubleFunction<EndpointStats> value) {
    gauges.put(
        MultiGauge.builder("warmpath.endpoint." + name).description(description).register(registry),
        value);
  }

  private void pool(
      MeterRegistry registry,
      String cluster,
      String name,
      String description,
      ToDoubleFunction<PoolStats> value) {
    FunctionCounter.builder(
            "warmpath.pool." + name, latest, l -> value.applyAsDouble(stats(cluster)))
        .description(description)
        .tag("cluster", cluster)
        .register(registry);
  }

  private PoolStats stats(String cluster) {
    return latest.getOrDefault(cluster, new PoolStats(List.of(), 0, 0, 0, 0, 0));
  }

  /** Reads the pickers. To be called before a scrape. */
  public synchronized void refresh() {
    long nowNanos = clock.getAsLong();
    pickers.forEach((cluster, picker) -> latest.put(cluster, picker.stats(nowNanos)));
    gauges.forEach(
        (gauge, value) -> {
          List<Row<?>> rows = new ArrayList<>();
          latest.forEach(
              (cluster, stats) -> {
                for (EndpointStats endpoint : stats.endpoints()) {
                  rows.add(
                      Row.of(
                          Tags.of("cluster", cluster, "endpoint", endpoint.address()),
                          value.applyAsDouble(endpoint)));
                }
              });
          gauge.register(rows, true);
        });
  }
}

package dev.warmpath.extproc.exchange;

import dev.warmpath.extproc.volatility.Finding;
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
import java.util.function.LongSupplier;

/**
 * What makes prompts part, as metrics by route and kind, which are both bounded; places are shown
 * by the control plane. Refreshed when somebody scrapes.
 */
public final class VolatilityMetrics {

  private record Label(String route, String kind) {}

  private static final class Sum {
    int findings;
    double tokens;
    double usd;
  }

  private final PrefixWatch watch;
  private final LongSupplier clock;
  private final MultiGauge findings;
  private final MultiGauge tokens;
  private final MultiGauge usd;

  VolatilityMetrics(MeterRegistry registry, PrefixWatch watch, LongSupplier clock) {
    this.watch = watch;
    this.clock = clock;
    findings =
        MultiGauge.builder("warmpath.volatility.findings")
            .description("Places where prompts part again and again that ought to repeat")
            .register(registry);
    tokens =
        MultiGauge.builder("warmpath.volatility.lost.tokens.per.hour")
            .description("Tokens behind these places that a cache would else have held; estimated")
            .register(registry);
    usd =
        MultiGauge.builder("warmpath.volatility.lost.usd.per.hour")
            .description("What these tokens cost, where the price is known; estimated")
            .register(registry);
    FunctionCounter.builder("warmpath.volatility.looks", watch, w -> (double) w.looks())
        .description("Prompts that were compared with an earlier one")
        .register(registry);
    FunctionCounter.builder("warmpath.volatility.busy", watch, w -> (double) w.busy())
        .description("Prompts that were not compared since another one was")
        .register(registry);
    FunctionCounter.builder("warmpath.volatility.failures", watch, w -> (double) w.failures())
        .description("Comparisons that failed by a fault of ours")
        .register(registry);
    Gauge.builder("warmpath.volatility.kept.words", watch, w -> (double) w.keptWords())
        .description("Words of earlier prompts that are kept, as hashes of eight bytes")
        .register(registry);
  }

  /** Reads the findings. To be called before a scrape. */
  public synchronized void refresh() {
    Map<Label, Sum> sums = new LinkedHashMap<>();
    for (Finding finding : watch.findings(clock.getAsLong())) {
      Sum sum =
          sums.computeIfAbsent(new Label(finding.route(), finding.kind().label()), _ -> new Sum());
      sum.findings++;
      sum.tokens += finding.tokensLostPerHour().orElse(0);
      sum.usd += finding.usdLostPerHour().orElse(Double.NaN);
    }
    List<Row<?>> findingRows = new ArrayList<>();
    List<Row<?>> tokenRows = new ArrayList<>();
    List<Row<?>> usdRows = new ArrayList<>();
    sums.forEach(
        (label, sum) -> {
          Tags tags = Tags.of("route", label.route, "kind", label.kind);
          findingRows.add(Row.of(tags, sum.findings));
          tokenRows.add(Row.of(tags, sum.tokens));
          if (!Double.isNaN(sum.usd)) {
            usdRows.add(Row.of(tags, sum.usd));
          }
        });
    findings.register(findingRows, true);
    tokens.register(tokenRows, true);
    usd.register(usdRows, true);
  }
}

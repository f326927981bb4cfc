package dev.warmpath.controlplane;

import dev.warmpath.controlplane.audit.AuditEntry.Outcome;
import dev.warmpath.controlplane.audit.AuditLog;
import dev.warmpath.controlplane.fleet.LedgerBook;
import dev.warmpath.controlplane.loop.LoopName;
import dev.warmpath.controlplane.snapshot.Health;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Supplier;

/**
 * The meters of what is decided and of the process; each other part has its own beside its code.
 * Labels are names of the configuration and constants, never anything a client sends. Thread-safe.
 */
final class PlaneMeters {
  private final MeterRegistry registry;
  private final MultiGauge endpoints;
  private final Counter tickFailures;
  private final Counter ticksHeld;

  PlaneMeters(MeterRegistry registry) {
    this.registry = registry;
    endpoints =
        MultiGauge.builder("warmpath.endpoints")
            .description("Endpoints by what Envoy is told of their health.")
            .register(registry);
    tickFailures =
        Counter.builder("warmpath.tick.failures")
            .description("Looks of the control loops that failed by a fault of ours.")
            .register(registry);
    ticksHeld =
        Counter.builder("warmpath.ticks.held")
            .description("Ticks at which no loop looked, since this process had been late itself.")
            .register(registry);
    new JvmMemoryMetrics().bindTo(registry);
    new JvmThreadMetrics().bindTo(registry);
    new ProcessorMetrics().bindTo(registry);
  }

  /** Follows what others count. */
  void follow(
      DecisionWriter writer, AuditLog audit, LedgerBook ledger, Supplier<List<String>> faults) {
    Gauge.builder("warmpath.decisions.version", writer, one -> version(one.served()))
        .description("Version of the standing decisions.")
        .register(registry);
    Gauge.builder("warmpath.configuration.refused", faults, all -> all.get().isEmpty() ? 0 : 1)
        .description("1 while the last change of the configuration is refused.")
        .register(registry);
    FunctionCounter.builder("warmpath.audit.failures", audit, AuditLog::failures)
        .description("Audit entries that didn't reach the file.")
        .register(registry);
    FunctionCounter.builder("warmpath.ledger.gaps", ledger, LedgerBook::gaps)
        .description("Ledger deltas that replicas dropped before they reached us.")
        .register(registry);
  }

  /** A loop proposed, and this came of it. */
  void proposed(LoopName loop, Outcome outcome) {
    Counter.builder("warmpath.proposals")
        .description("Changes that loops proposed, by what came of them.")
        .tag("loop", loop.label())
        .tag("outcome", outcome.name().toLowerCase(Locale.ROOT))
        .register(registry)
        .increment();
  }

  /** Something else is served. */
  void served(DecisionWriter.Served served) {
    var rows = new ArrayList<MultiGauge.Row<?>>();
    served
        .decisions()
        .pools()
        .forEach(
            (pool, decided) -> {
              for (Health health : Health.values()) {
                long count =
                    decided.values().stream().filter(one -> one.health() == health).count();
                rows.add(
                    MultiGauge.Row.of(
                        Tags.of("pool", pool, "health", health.name().toLowerCase(Locale.ROOT)),
                        count));
              }
            });
    endpoints.register(rows, true);
  }

  /** A look failed. */
  void tickFailed() {
    tickFailures.increment();
  }

  /** No loop looked, since this process had been late. */
  void tickHeld() {
    ticksHeld.increment();
  }

  private static double version(DecisionWriter.Served served) {
    return (double) served.standing().version();
  }
}

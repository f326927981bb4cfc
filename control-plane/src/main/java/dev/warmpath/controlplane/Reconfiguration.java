package dev.warmpath.controlplane;

import dev.warmpath.config.Fault;
import dev.warmpath.config.v1.Config;
import dev.warmpath.controlplane.source.Source;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes up changes of the configuration: whole, or not at all. What is refused is logged, audited
 * and shown until the source is good again; the last good configuration stays. Confined to the
 * control executor, but for {@link #faults}.
 */
final class Reconfiguration {
  private static final Logger log = LoggerFactory.getLogger(Reconfiguration.class);
  private static final int MAX_FAULTS = 20;

  private final Source source;
  private final DecisionWriter writer;
  private final Consumer<Config> takers;
  private volatile List<String> faults = List.of();

  /**
   * @param takers are told of each configuration that has come into force
   */
  Reconfiguration(Source source, DecisionWriter writer, Consumer<Config> takers) {
    this.source = source;
    this.writer = writer;
    this.takers = takers;
  }

  /** Looks at the source. */
  void look() {
    switch (source.read()) {
      case Source.Reading.Unchanged() -> {}
      case Source.Reading.Faulty(var found) -> refuse(found.stream().map(Fault::toString).toList());
      case Source.Reading.Changed(Config next) -> take(next);
    }
  }

  /** Why the last change isn't in force; empty: it is. May be read by any thread. */
  List<String> faults() {
    return faults;
  }

  private void take(Config next) {
    Config now = writer.served().config();
    if (next.equals(now)) {
      faults = List.of();
      return;
    }
    if (!next.getControlPlane().equals(now.getControlPlane())
        || !next.getEnvoy().getNodeIdsList().equals(now.getEnvoy().getNodeIdsList())) {
      refuse(
          List.of("control_plane, envoy.node_ids: changed (expected: as at the start; restart)"));
      return;
    }
    Optional<String> fault = writer.configure(next);
    if (fault.isPresent()) {
      faults = List.of(fault.get());
      log.error("The changed configuration is refused, the last good one stays: {}", fault.get());
      return;
    }
    faults = List.of();
    takers.accept(next);
    log.info("The changed configuration is in force.");
  }

  private void refuse(List<String> found) {
    faults = found.stream().limit(MAX_FAULTS).toList();
    String all = String.join("\n", faults);
    log.error("The changed configuration is refused, the last good one stays:\n{}", all);
    writer.refused(all);
  }
}

package dev.warmpath.controlplane;

import dev.warmpath.config.v1.Config;
import dev.warmpath.config.v1.Mode;
import dev.warmpath.controlplane.audit.AuditEntry;
import dev.warmpath.controlplane.audit.AuditEntry.Outcome;
import dev.warmpath.controlplane.audit.AuditLog;
import dev.warmpath.controlplane.discovery.SnapshotPublisher;
import dev.warmpath.controlplane.loop.Change;
import dev.warmpath.controlplane.loop.EndpointName;
import dev.warmpath.controlplane.loop.Loop.Proposal;
import dev.warmpath.controlplane.loop.LoopName;
import dev.warmpath.controlplane.loop.LoopSettings;
import dev.warmpath.controlplane.loop.Standing;
import dev.warmpath.controlplane.snapshot.Decisions;
import dev.warmpath.controlplane.snapshot.Snapshot;
import dev.warmpath.controlplane.snapshot.SnapshotBuilder;
import dev.warmpath.controlplane.store.DecisionStore;
import java.io.IOException;
import java.time.InstantSource;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/**
 * The one writer: everything that changes what Envoys are told goes through here, one change at a
 * time. A change is made in this order: its snapshot is built, which shows whether it can be; it is
 * persisted; it is published; it is audited. What fails before it is published changes nothing.
 *
 * <p>Confined to the control executor, but for {@link #served}, which anybody may read. Beside what
 * is served it keeps what would be served if the loops in forecast mode were active, so that they
 * forecast a course and not the same first step for ever.
 */
final class DecisionWriter {

  /** What is served now. Immutable. */
  record Served(Config config, Standing standing, Decisions decisions) {}

  private final DecisionStore store;
  private final SnapshotPublisher publisher;
  private final AuditLog audit;
  private final InstantSource clock;

  private final Consumer<Served> watcher;
  private volatile Served served;
  private Standing forecast;

  private DecisionWriter(
      DecisionStore store, SnapshotPublisher publisher, Recorder recorder, Served served) {
    this.store = store;
    this.publisher = publisher;
    this.audit = recorder.audit;
    this.clock = recorder.clock;
    this.watcher = recorder.served;
    this.served = served;
    this.forecast = served.standing;
  }

  /**
   * Where deeds are recorded, and by which clock.
   *
   * @param served told of what is served whenever that changes, on the control executor
   */
  record Recorder(AuditLog audit, InstantSource clock, Consumer<Served> served) {}

  /**
   * Takes up what was persisted and publishes it unchanged, as far as the configuration still knows
   * it.
   *
   * @throws IllegalArgumentException when no snapshot can be made of the configuration
   */
  static DecisionWriter begin(
      Config config, DecisionStore store, SnapshotPublisher publisher, Recorder recorder) {
    DecisionStore.Loaded loaded = store.load();
    Standing kept =
        switch (loaded) {
          case DecisionStore.Loaded.Fresh() -> Standing.NONE;
          case DecisionStore.Loaded.Last(Standing standing) -> standing;
          case DecisionStore.Loaded.Previous(Standing standing, _) -> standing;
          case DecisionStore.Loaded.Lost(_) -> Standing.NONE;
        };
    Standing standing = kept.fitted(config, active(config));
    var first = new Served(config, standing, standing.over(config));
    Snapshot snapshot = SnapshotBuilder.build(config, first.decisions);
    var writer = new DecisionWriter(store, publisher, recorder, first);
    writer.recordLoaded(loaded);
    if (standing.version() != kept.version()) {
      writer.saveFirst(kept, standing);
    }
    publisher.publish(snapshot);
    recorder.served.accept(first);
    return writer;
  }

  /** What is served now; may be read by any thread. */
  Served served() {
    return served;
  }

  /** What a loop's proposals would change: what is served, or what a forecast has come to. */
  Decisions basis(Mode mode) {
    return mode == Mode.FORECAST ? forecast.over(served.config) : served.decisions;
  }

  /**
   * Applies a loop's proposal, or only records it in forecast mode.
   *
   * @return what came of it
   */
  Outcome propose(Proposal proposal, Mode mode) {
    Change change = proposal.change();
    String actor = proposal.loop().label();
    if (mode == Mode.FORECAST) {
      forecast = forecast.with(change);
      return record(actor, Outcome.FORECAST, change, proposal.reason());
    }
    Optional<String> fault = commit(served.config, served.standing.with(change));
    if (fault.isPresent()) {
      return record(actor, Outcome.REFUSED, change, fault.get());
    }
    forecast = forecast.with(change);
    return record(actor, Outcome.APPLIED, change, proposal.reason());
  }

  /**
   * Sets or ends an operator's drain.
   *
   * @return why it could not be done; empty: it is done
   */
  Optional<String> drain(EndpointName endpoint, boolean drain) {
    return operate(
        served.standing.withDrain(endpoint, drain),
        new Deed("drain of " + endpoint, Boolean.toString(!drain), Boolean.toString(drain)));
  }

  /** Stops a loop or lets it go on; as {@link #drain}. */
  Optional<String> freeze(LoopName loop, boolean freeze) {
    return operate(
        served.standing.withFreeze(loop, freeze),
        new Deed(
            "freeze of loop " + loop.label(), Boolean.toString(!freeze), Boolean.toString(freeze)));
  }

  /**
   * Serves another configuration, with the decisions that it still knows.
   *
   * @return why it could not be done; empty: it is done
   */
  Optional<String> configure(Config config) {
    Served before = served;
    Optional<String> fault = commit(config, before.standing.fitted(config, active(config)));
    if (fault.isEmpty()) {
      forecast = served.standing;
    }
    record(
        "configuration",
        fault.isEmpty() ? Outcome.APPLIED : Outcome.REFUSED,
        new Deed(
            "configuration",
            "generation " + before.config.getGeneration(),
            "generation " + config.getGeneration()),
        fault.orElse("the file changed"));
    return fault;
  }

  /** A change of the configuration was refused before it came here. */
  void refused(String reason) {
    record(
        "configuration",
        Outcome.REFUSED,
        new Deed("configuration", "generation " + served.config.getGeneration(), ""),
        reason);
  }

  private Optional<String> operate(Standing next, Deed deed) {
    if (next.equals(served.standing)) {
      return Optional.empty();
    }
    Optional<String> fault = commit(served.config, next);
    if (fault.isEmpty()) {
      forecast =
          new Standing(
              forecast.version() + 1,
              forecast.weights(),
              forecast.unhealthy(),
              forecast.hashKeys(),
              next.drained(),
              next.frozen());
    }
    record(
        "operator",
        fault.isEmpty() ? Outcome.APPLIED : Outcome.REFUSED,
        deed,
        fault.orElse("asked for"));
    return fault;
  }

  /** Builds, persists, publishes. Returns why it went no further, if so. */
  private Optional<String> commit(Config config, Standing next) {
    var proposed = new Served(config, next, next.over(config));
    Snapshot snapshot;
    try {
      snapshot = SnapshotBuilder.build(config, proposed.decisions);
    } catch (IllegalArgumentException e) {
      return Optional.of("no snapshot can be made of it: " + e.getMessage());
    }
    if (!next.equals(served.standing)) {
      try {
        store.save(next);
      } catch (IOException e) {
        return Optional.of("it can't be persisted: " + e);
      }
    }
    served = proposed;
    publisher.publish(snapshot);
    watcher.accept(proposed);
    return Optional.empty();
  }

  /**
   * Persists what the start has changed. A disk that refuses doesn't keep the rest from being
   * served: what the configuration no longer knows can't be served anyway.
   */
  private void saveFirst(Standing kept, Standing fitted) {
    var deed = new Deed("decisions", "version " + kept.version(), "version " + fitted.version());
    try {
      store.save(fitted);
      record(
          "configuration", Outcome.APPLIED, deed, "the file no longer knows some of what was kept");
    } catch (IOException e) {
      record("store", Outcome.NOTED, deed, "can't be persisted: " + e);
    }
  }

  private void recordLoaded(DecisionStore.Loaded loaded) {
    switch (loaded) {
      case DecisionStore.Loaded.Fresh() ->
          record(
              "store",
              Outcome.NOTED,
              new Deed("decisions", "", "as configured"),
              "nothing was kept: a first start");
      case DecisionStore.Loaded.Last(Standing standing) ->
          record(
              "store",
              Outcome.NOTED,
              new Deed("decisions", "", "version " + standing.version()),
              "taken up after a start");
      case DecisionStore.Loaded.Previous(Standing standing, String fault) ->
          record(
              "store",
              Outcome.NOTED,
              new Deed("decisions", "broken", "version " + standing.version()),
              "the state before the last is served: " + fault);
      case DecisionStore.Loaded.Lost(String fault) ->
          record(
              "store",
              Outcome.NOTED,
              new Deed("decisions", "broken", "as configured"),
              "the configured values are served: " + fault);
    }
  }

  /** What was changed, in words. */
  private record Deed(String subject, String before, String after) {}

  private Outcome record(String actor, Outcome outcome, Change change, String reason) {
    record(actor, outcome, new Deed(change.subject(), change.before(), change.after()), reason);
    return outcome;
  }

  private void record(String actor, Outcome outcome, Deed deed, String reason) {
    audit.record(
        new AuditEntry(
            clock.instant(),
            actor,
            outcome,
            Long.toString(served.standing.version()),
            deed.subject,
            deed.before,
            deed.after,
            reason));
  }

  private static Set<LoopName> active(Config config) {
    LoopSettings settings = LoopSettings.of(config);
    var active = EnumSet.noneOf(LoopName.class);
    for (LoopName loop : LoopName.values()) {
      if (settings.mode(loop) == Mode.ACTIVE) {
        active.add(loop);
      }
    }
    return active;
  }
}

package dev.warmpath.controlplane.fleet;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.warmpath.fleet.v1.LedgerDelta;
import dev.warmpath.fleet.v1.LedgerRow;
import dev.warmpath.fleet.v1.Usage;
import dev.warmpath.store.v1.Ledger;
import dev.warmpath.store.v1.ReplicaSequence;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The sums of all replicas' ledger deltas. Each delta counts once: a replica numbers its deltas
 * from 1, and one whose number isn't above the highest seen of that incarnation is a resend. The
 * numbers are part of what is saved, so this holds across restarts of the control plane, as long as
 * acknowledgements go out only for what was saved.
 *
 * <p>Thread-safe. Bounded: {@link #MAX_ROWS} rows, then what has no row of its own counts under
 * {@value #OTHER}; {@link #MAX_INCARNATIONS} incarnations, of which the longest silent is
 * forgotten.
 */
public final class LedgerBook {
  static final int MAX_ROWS = 10_000;
  static final int MAX_INCARNATIONS = 4_096;
  static final String OTHER = "other";

  /** What a row sums up. */
  private record RowKey(String route, String tenant, String model) {
    static RowKey of(LedgerRow row) {
      return new RowKey(row.getRoute(), row.getTenant(), row.getModel());
    }
  }

  private record Seen(long sequence, long unixMillis) {}

  @GuardedBy("this")
  private final Map<RowKey, LedgerRow> rows = new LinkedHashMap<>();

  @GuardedBy("this")
  private final Map<Long, Seen> sequences = new HashMap<>();

  /** As on the disk. */
  @GuardedBy("this")
  private final Map<Long, Long> savedSequences = new HashMap<>();

  @GuardedBy("this")
  private boolean changed;

  @GuardedBy("this")
  private long gaps;

  /** Begins with what was saved. */
  public LedgerBook(Ledger saved) {
    saved.getRowsList().forEach(row -> rows.put(RowKey.of(row), row));
    saved
        .getSequencesList()
        .forEach(
            one ->
                sequences.put(
                    one.getIncarnation(), new Seen(one.getSequence(), one.getUnixMillis())));
    remember(saved);
  }

  /** Counts a delta, unless it was counted before. */
  synchronized void count(long incarnation, LedgerDelta delta, long unixMillis) {
    long last = sequence(incarnation);
    if (Long.compareUnsigned(delta.getSequence(), last) <= 0) {
      return;
    }
    gaps += delta.getSequence() - last - 1;
    sequences.put(incarnation, new Seen(delta.getSequence(), unixMillis));
    if (sequences.size() > MAX_INCARNATIONS) {
      sequences.entrySet().stream()
          .min(Comparator.comparingLong(entry -> entry.getValue().unixMillis))
          .ifPresent(longest -> sequences.remove(longest.getKey()));
    }
    delta.getRowsList().forEach(this::add);
    changed = true;
  }

  /**
   * The highest delta of an incarnation that is on the disk; 0: none. Behind it a replica must send
   * again, since what is only counted is lost in a crash.
   */
  synchronized long savedSequence(long incarnation) {
    return savedSequences.getOrDefault(incarnation, 0L);
  }

  @GuardedBy("this")
  private long sequence(long incarnation) {
    Seen seen = sequences.get(incarnation);
    return seen == null ? 0 : seen.sequence;
  }

  /** Deltas that replicas dropped before they reached us. */
  public synchronized long gaps() {
    return gaps;
  }

  /** The sums, by route, tenant and model. */
  public synchronized List<LedgerRow> rows() {
    return List.copyOf(rows.values());
  }

  /** Whether anything was counted since the last {@link #save()}. */
  public synchronized boolean changed() {
    return changed;
  }

  /** What is to be saved. */
  public synchronized Ledger save() {
    changed = false;
    var ledger = Ledger.newBuilder().addAllRows(rows.values());
    sequences.forEach(
        (incarnation, seen) ->
            ledger.addSequences(
                ReplicaSequence.newBuilder()
                    .setIncarnation(incarnation)
                    .setSequence(seen.sequence)
                    .setUnixMillis(seen.unixMillis)));
    return ledger.build();
  }

  /**
   * What {@link #save()} gave is on the disk.
   *
   * @return the highest delta of each incarnation that is in it
   */
  public synchronized Map<Long, Long> saved(Ledger ledger) {
    remember(ledger);
    return Map.copyOf(savedSequences);
  }

  @GuardedBy("this")
  private void remember(Ledger ledger) {
    savedSequences.clear();
    ledger
        .getSequencesList()
        .forEach(one -> savedSequences.put(one.getIncarnation(), one.getSequence()));
  }

  /** What {@link #save()} gave could not be saved: it is to be tried again. */
  public synchronized void notSaved() {
    changed = true;
  }

  @GuardedBy("this")
  private void add(LedgerRow row) {
    RowKey key = RowKey.of(row);
    if (!rows.containsKey(key) && rows.size() >= MAX_ROWS) {
      key = new RowKey(OTHER, OTHER, OTHER);
    }
    LedgerRow before = rows.get(key);
    rows.put(
        key,
        (before == null ? row : sum(before, row))
            .toBuilder().setRoute(key.route).setTenant(key.tenant).setModel(key.model).build());
  }

  private static LedgerRow sum(LedgerRow a, LedgerRow b) {
    return LedgerRow.newBuilder()
        .setRequests(a.getRequests() + b.getRequests())
        .setUnknownUsageRequests(a.getUnknownUsageRequests() + b.getUnknownUsageRequests())
        .setUsage(sum(List.of(a.getUsage(), b.getUsage())))
        .setActualNanousd(a.getActualNanousd() + b.getActualNanousd())
        .setNaiveNanousd(a.getNaiveNanousd() + b.getNaiveNanousd())
        .setPossibleNanousd(a.getPossibleNanousd() + b.getPossibleNanousd())
        .setNaiveReadTokens(a.getNaiveReadTokens() + b.getNaiveReadTokens())
        .setPossibleReadTokens(a.getPossibleReadTokens() + b.getPossibleReadTokens())
        .setActiveRequests(a.getActiveRequests() + b.getActiveRequests())
        .setForecastRequests(a.getForecastRequests() + b.getForecastRequests())
        .setPlannedNanousd(a.getPlannedNanousd() + b.getPlannedNanousd())
        .setPlannedReadTokens(a.getPlannedReadTokens() + b.getPlannedReadTokens())
        .build();
  }

  /**
   * A kind of tokens that no part knows stays unknown; requests without usage are counted apart.
   */
  private static Usage sum(Collection<Usage> parts) {
    var sum = Usage.newBuilder();
    for (Usage part : parts) {
      if (part.hasReadTokens()) {
        sum.setReadTokens(sum.getReadTokens() + part.getReadTokens());
      }
      if (part.hasWritten5MTokens()) {
        sum.setWritten5MTokens(sum.getWritten5MTokens() + part.getWritten5MTokens());
      }
      if (part.hasWritten1HTokens()) {
        sum.setWritten1HTokens(sum.getWritten1HTokens() + part.getWritten1HTokens());
      }
      if (part.hasWrittenTokens()) {
        sum.setWrittenTokens(sum.getWrittenTokens() + part.getWrittenTokens());
      }
      if (part.hasUncachedTokens()) {
        sum.setUncachedTokens(sum.getUncachedTokens() + part.getUncachedTokens());
      }
      if (part.hasInputTokens()) {
        sum.setInputTokens(sum.getInputTokens() + part.getInputTokens());
      }
      if (part.hasOutputTokens()) {
        sum.setOutputTokens(sum.getOutputTokens() + part.getOutputTokens());
      }
    }
    return sum.build();
  }
}

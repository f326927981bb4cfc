package dev.warmpath.extproc.ledger;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Accounts of a process: per route, tenant and model three columns stand side by side, what
 * happened, what naive routing without annotation would have cost, and what was still possible. It
 * keeps the sums since the start, and deltas for the fleet stream.
 *
 * <p>Deltas are numbered and kept until acknowledged, so that a resend counts once. While {@value
 * #MAX_UNACKNOWLEDGED} wait, or {@value #MAX_ROWS} of their rows, no new one is cut: sums go on
 * growing together, and nothing is lost. A delta once cut never changes, since it may have been
 * stored though its acknowledgement was lost.
 *
 * <p>Bounded: per label the given number of values, {@value #MAX_ROWS} rows, beyond which values
 * and rows count as {@link #OTHER}; routes come from the configuration, which bounds them.
 * Thread-safe: a leaf lock.
 */
public final class Ledger {

  /** Stands for the values beyond the bound. */
  public static final String OTHER = "other";

  /** Rows with values of their own. */
  public static final int MAX_ROWS = 10_000;

  /** Deltas that wait to be acknowledged. */
  public static final int MAX_UNACKNOWLEDGED = 64;

  private record Key(String route, String tenant, String model) {}

  private final int maxLabelValues;

  // All guarded by this.
  private final Set<String> tenants = new HashSet<>();
  private final Set<String> models = new HashSet<>();
  private final Map<Key, Sums> totals = new LinkedHashMap<>();
  private Map<Key, Sums> sinceDelta = new LinkedHashMap<>();
  private final ArrayDeque<LedgerDelta> unacknowledged = new ArrayDeque<>();
  private long sequence;
  private long heldBack;
  private long others;

  /**
   * An empty one.
   *
   * @param maxLabelValues tenants, and models, that rows tell apart
   */
  public Ledger(int maxLabelValues) {
    if (maxLabelValues < 1) {
      throw new IllegalArgumentException("maxLabelValues: " + maxLabelValues + " (expected: >= 1)");
    }
    this.maxLabelValues = maxLabelValues;
  }

  /** Enters a finished exchange. */
  public synchronized void record(Account account) {
    Key key =
        new Key(
            account.route(),
            bounded(tenants, account.tenant(), account.served()),
            bounded(models, account.model(), account.served()));
    if (totals.size() >= MAX_ROWS && !totals.containsKey(key)) {
      key = new Key(account.route(), OTHER, OTHER);
    }
    if (key.tenant().equals(OTHER) || key.model().equals(OTHER)) {
      others++;
    }
    totals.computeIfAbsent(key, _ -> new Sums()).add(account);
    sinceDelta.computeIfAbsent(key, _ -> new Sums()).add(account);
  }

  /** Sums since the start. */
  public synchronized List<LedgerRow> totals() {
    return rows(totals);
  }

  /**
   * Cuts a delta: what came since the last. Null: nothing did, or too many wait to be acknowledged.
   */
  public synchronized @Nullable LedgerDelta drainDelta() {
    if (sinceDelta.isEmpty()) {
      return null;
    }
    if (unacknowledged.size() >= MAX_UNACKNOWLEDGED || unacknowledgedRows() >= MAX_ROWS) {
      heldBack++;
      return null;
    }
    LedgerDelta delta = new LedgerDelta(++sequence, rows(sinceDelta));
    sinceDelta = new LinkedHashMap<>();
    unacknowledged.add(delta);
    return delta;
  }

  /**
   * Deltas behind the given one that wait to be acknowledged, for a resend after a reconnection.
   */
  public synchronized List<LedgerDelta> pendingAfter(long storedSequence) {
    List<LedgerDelta> pending = new ArrayList<>(unacknowledged);
    pending.removeIf(delta -> delta.sequence() <= storedSequence);
    return pending;
  }

  /** All deltas up to this one are stored. */
  public synchronized void acknowledge(long storedSequence) {
    unacknowledged.removeIf(delta -> delta.sequence() <= storedSequence);
  }

  /** Times that no delta was cut because too many waited. */
  public synchronized long heldBack() {
    return heldBack;
  }

  /** Exchanges entered under {@link #OTHER}. */
  public synchronized long others() {
    return others;
  }

  private int unacknowledgedRows() {
    int rows = 0;
    for (LedgerDelta delta : unacknowledged) {
      rows += delta.rows().size();
    }
    return rows;
  }

  private String bounded(Set<String> known, String value, boolean mayAdd) {
    if (known.contains(value)) {
      return value;
    }
    if (!mayAdd || known.size() >= maxLabelValues) {
      return OTHER;
    }
    known.add(value);
    return value;
  }

  private static List<LedgerRow> rows(Map<Key, Sums> sums) {
    List<LedgerRow> rows = new ArrayList<>(sums.size());
    sums.forEach((key, sum) -> rows.add(sum.row(key.route(), key.tenant(), key.model())));
    return rows;
  }
}

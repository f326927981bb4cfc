package dev.warmpath.extproc.ledger;

import java.util.List;

/**
 * Sums since the delta before. Immutable.
 *
 * @param sequence counts from 1 in the life of a process; whoever stores deltas takes each once
 * @param rows no two of one route, tenant and model
 */
public record LedgerDelta(long sequence, List<LedgerRow> rows) {

  public LedgerDelta {
    rows = List.copyOf(rows);
  }
}

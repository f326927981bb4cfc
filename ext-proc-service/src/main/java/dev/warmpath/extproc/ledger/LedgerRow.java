package dev.warmpath.extproc.ledger;

/**
 * Sums of the exchanges of one route, tenant and model. Money in nano-USD. The three columns, and
 * the tokens that belong to them, are of the requests whose usage is known; the others are counted
 * apart. Immutable.
 *
 * @param route the route's id, or {@link Ledger#OTHER}
 * @param tenant or {@link Ledger#OTHER}
 * @param model or {@link Ledger#OTHER}
 * @param requests all of them
 * @param unknownUsageRequests those whose usage could not be priced
 * @param activeRequests those where our decision was applied
 * @param forecastRequests those where it was only recorded
 * @param tokens what happened
 * @param actualNanoUsd what that cost
 * @param naiveNanoUsd what naive routing without annotation would have cost
 * @param plannedNanoUsd what our decisions were expected to cost, applied or not
 * @param possibleNanoUsd a bound: everything that recurred is read, and nothing pays for a write
 * @param naiveReadTokens input that naive routing would have read
 * @param plannedReadTokens input that our decisions were expected to read
 * @param possibleReadTokens input that one pooled cache would have read
 */
public record LedgerRow(
    String route,
    String tenant,
    String model,
    long requests,
    long unknownUsageRequests,
    long activeRequests,
    long forecastRequests,
    Tokens tokens,
    long actualNanoUsd,
    long naiveNanoUsd,
    long plannedNanoUsd,
    long possibleNanoUsd,
    long naiveReadTokens,
    long plannedReadTokens,
    long possibleReadTokens) {}

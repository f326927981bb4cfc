package dev.warmpath.extproc.fleet;

import dev.warmpath.extproc.ledger.LedgerDelta;
import dev.warmpath.extproc.ledger.LedgerRow;
import dev.warmpath.extproc.ledger.Tokens;
import dev.warmpath.fleet.v1.Usage;

/** The ledger's rows as messages of the fleet stream. */
public final class LedgerMessages {

  private LedgerMessages() {}

  static dev.warmpath.fleet.v1.LedgerDelta delta(LedgerDelta delta) {
    var message = dev.warmpath.fleet.v1.LedgerDelta.newBuilder().setSequence(delta.sequence());
    delta.rows().forEach(row -> message.addRows(row(row)));
    return message.build();
  }

  /** One row. */
  public static dev.warmpath.fleet.v1.LedgerRow row(LedgerRow row) {
    Tokens tokens = row.tokens();
    return dev.warmpath.fleet.v1.LedgerRow.newBuilder()
        .setRoute(row.route())
        .setTenant(row.tenant())
        .setModel(row.model())
        .setRequests(row.requests())
        .setUnknownUsageRequests(row.unknownUsageRequests())
        .setActiveRequests(row.activeRequests())
        .setForecastRequests(row.forecastRequests())
        .setUsage(
            Usage.newBuilder()
                .setReadTokens(tokens.read())
                .setWritten5MTokens(tokens.written5m())
                .setWritten1HTokens(tokens.written1h())
                .setUncachedTokens(tokens.uncached())
                .setOutputTokens(tokens.output()))
        .setActualNanousd(row.actualNanoUsd())
        .setNaiveNanousd(row.naiveNanoUsd())
        .setPlannedNanousd(row.plannedNanoUsd())
        .setPossibleNanousd(row.possibleNanoUsd())
        .setNaiveReadTokens(row.naiveReadTokens())
        .setPlannedReadTokens(row.plannedReadTokens())
        .setPossibleReadTokens(row.possibleReadTokens())
        .build();
  }
}

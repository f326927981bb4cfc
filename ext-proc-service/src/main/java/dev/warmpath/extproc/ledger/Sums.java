package dev.warmpath.extproc.ledger;

import dev.warmpath.extproc.ledger.Account.Annotation;
import dev.warmpath.extproc.ledger.Account.Mode;

/** One row that grows. Owned by a {@link Ledger}, touched only under its lock. */
final class Sums {

  private long requests;
  private long unknownUsageRequests;
  private long activeRequests;
  private long forecastRequests;
  private Tokens tokens = Tokens.ZERO;
  private long actualNanoUsd;
  private long naiveNanoUsd;
  private long plannedNanoUsd;
  private long possibleNanoUsd;
  private long naiveReadTokens;
  private long plannedReadTokens;
  private long possibleReadTokens;

  void add(Account account) {
    requests++;
    switch (account.mode()) {
      case ACTIVE -> activeRequests++;
      case FORECAST -> forecastRequests++;
    }
    Tokens actual = account.tokens();
    tokens = tokens.plus(actual);
    if (!account.tariff().canPrice(actual)) {
      unknownUsageRequests++;
      return;
    }
    Tokens naive = naive(account);
    Tokens planned = planned(account);
    Tokens possible = possible(account);
    actualNanoUsd += account.tariff().nanoUsd(actual);
    naiveNanoUsd += account.tariff().nanoUsd(naive);
    plannedNanoUsd += account.tariff().nanoUsd(planned);
    possibleNanoUsd += account.tariff().nanoUsd(possible);
    naiveReadTokens += naive.read();
    plannedReadTokens += planned.read();
    possibleReadTokens += possible.read();
  }

  /** The tokens that naive routing without us would have had. */
  private static Tokens naive(Account account) {
    boolean isWhatHappened =
        switch (account.tariff()) {
          case Tariff.TokenPrices _ ->
              account.mode() == Mode.FORECAST || account.annotation() == Annotation.NOT_OURS;
          case Tariff.EndpointHours _ -> account.mode() == Mode.FORECAST;
          case Tariff.Unknown _ -> true;
        };
    Shadow shadow = account.shadow();
    return isWhatHappened
        ? account.tokens()
        : split(account, shadow.naiveReadTokens(), shadow.naiveWrittenTokens());
  }

  private static Tokens planned(Account account) {
    Shadow shadow = account.shadow();
    return split(account, shadow.plannedReadTokens(), shadow.plannedWrittenTokens());
  }

  private static Tokens possible(Account account) {
    return split(account, account.shadow().possibleReadTokens(), 0);
  }

  /** The exchange's own input, split in the proportions that the estimate gives. */
  private static Tokens split(Account account, int read, int written) {
    Tokens actual = account.tokens();
    long input = actual.input();
    double scale = (double) input / Math.max(1, account.shadow().promptTokens());
    long readTokens = Math.min(input, Math.round(read * scale));
    long writtenTokens = Math.min(input - readTokens, Math.round(written * scale));
    return new Tokens(
        readTokens, writtenTokens, 0, input - readTokens - writtenTokens, actual.output());
  }

  LedgerRow row(String route, String tenant, String model) {
    return new LedgerRow(
        route,
        tenant,
        model,
        requests,
        unknownUsageRequests,
        activeRequests,
        forecastRequests,
        tokens,
        actualNanoUsd,
        naiveNanoUsd,
        plannedNanoUsd,
        possibleNanoUsd,
        naiveReadTokens,
        plannedReadTokens,
        possibleReadTokens);
  }
}

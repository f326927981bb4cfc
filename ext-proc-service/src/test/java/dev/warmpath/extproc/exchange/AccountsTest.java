package dev.warmpath.extproc.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmpath.config.ConfigFile;
import dev.warmpath.config.v1.Mode;
import dev.warmpath.extproc.ledger.LedgerRow;
import dev.warmpath.extproc.ledger.Shadow;
import dev.warmpath.extproc.prefix.Scope;
import dev.warmpath.extproc.prompt.Dialect;
import dev.warmpath.extproc.provider.Catalogue;
import dev.warmpath.extproc.provider.ModelEntry;
import dev.warmpath.extproc.provider.PriceTier;
import dev.warmpath.extproc.provider.Prices;
import dev.warmpath.extproc.usage.Usage;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What a provider's exchange costs where a price is not known. */
class AccountsTest {
  private static final double NOT_KNOWN = Double.NaN;

  /** 200 tokens read, 100 uncached, 10 out. */
  private static final Usage NOTHING_WRITTEN = Usage.of(200, 0, 0, 100, 10);

  private static LedgerRow settled(Prices prices, Usage usage) throws Exception {
    ModelEntry row =
        new ModelEntry(
            "m", Dialect.ANTHROPIC_MESSAGES, 1, 4, 20, List.of(new PriceTier(0, prices)), "", "");
    Accounts accounts =
        Accounts.of(
            ConfigFile.parse(
                """
                ext_proc: {address: '127.0.0.1:0', admin_address: '127.0.0.1:0'}
                providers: [{name: a, address: 'localhost:1', api: anthropic_messages}]
                routes: [{id: r, provider: a}]
                """,
                "test"),
            Catalogue.of(List.of(row)),
            new TokenRatio(4, 16));
    RouteEntry route =
        new RouteEntry(
            "r",
            "/",
            Map.of(),
            new RouteEntry.ProviderTarget(
                "a", "a", "scope", RouteEntry.Credential.CONFIGURED, RouteEntry.Padding.NONE),
            Dialect.ANTHROPIC_MESSAGES,
            "",
            Mode.FORECAST,
            100,
            RouteEntry.Repair.NONE,
            Mode.OFF);
    ExchangePlan plan =
        new ExchangePlan(
            new PlanId(1, 1),
            new ExchangePlan.Decided(
                route,
                Dialect.ANTHROPIC_MESSAGES,
                "",
                new Scope(Scope.Lane.PROVIDER, "scope", "m"),
                false,
                false,
                false,
                List.of(),
                0,
                0,
                300,
                1200,
                null,
                new Shadow(300, 0, 0, 0, 0, 0)),
            null,
            new String[0],
            0);

    accounts.settled(plan, usage, Plans.End.SERVED, 0);

    return accounts.ledger().totals().getFirst();
  }

  @Test
  void settled_writePriceUnknownAndNothingWritten_isPriced() throws Exception {
    LedgerRow row = settled(new Prices(2, 10, 0.5, NOT_KNOWN, NOT_KNOWN), NOTHING_WRITTEN);

    assertThat(row.unknownUsageRequests()).isZero();
    assertThat(row.actualNanoUsd()).isEqualTo(200 * 500 + 100 * 2000 + 10 * 10_000);
  }

  @Test
  void settled_writtenAtAPriceThatIsUnknown_isNotPriced() throws Exception {
    Prices prices = new Prices(2, 10, 0.5, NOT_KNOWN, NOT_KNOWN);

    assertThat(settled(prices, Usage.of(0, 50, 0, 100, 10)).unknownUsageRequests()).isOne();
    assertThat(settled(prices, Usage.of(0, 0, 50, 100, 10)).unknownUsageRequests()).isOne();
    assertThat(settled(prices, Usage.of(0, 50, 0, 100, 10)).actualNanoUsd()).isZero();
  }

  @Test
  void settled_readPriceUnknown_isNotPriced() throws Exception {
    Prices prices = new Prices(2, 10, NOT_KNOWN, 2.5, 4);

    assertThat(settled(prices, NOTHING_WRITTEN).unknownUsageRequests()).isOne();
  }
}

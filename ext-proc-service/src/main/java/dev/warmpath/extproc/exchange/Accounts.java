package dev.warmpath.extproc.exchange;

import dev.warmpath.config.v1.Config;
import dev.warmpath.config.v1.Pool;
import dev.warmpath.extproc.exchange.RouteEntry.PoolTarget;
import dev.warmpath.extproc.exchange.RouteEntry.ProviderTarget;
import dev.warmpath.extproc.ledger.Account;
import dev.warmpath.extproc.ledger.Ledger;
import dev.warmpath.extproc.ledger.PoolShadow;
import dev.warmpath.extproc.ledger.ProviderShadow;
import dev.warmpath.extproc.ledger.Shadow;
import dev.warmpath.extproc.ledger.Tariff;
import dev.warmpath.extproc.ledger.Tokens;
import dev.warmpath.extproc.pick.PrefixBlocks;
import dev.warmpath.extproc.provider.Catalogue;
import dev.warmpath.extproc.provider.Prices;
import dev.warmpath.extproc.usage.Usage;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Brings exchanges into the ledger: asks the shadows when a prompt comes, and enters the account
 * when the exchange is settled. Thread-safe.
 */
final class Accounts implements Plans.Settlement {

  /** Blocks that the shadow of one endpoint, or of one provider, may hold. */
  private static final int MAX_SHADOW_BLOCKS = 1 << 17;

  /** Anthropic's shorter lifetime, which markers without a TTL have. */
  private static final long PROVIDER_LIFETIME_SECONDS = 300;

  /** Cache scopes of providers with shadows of their own; further ones share one. */
  private static final int MAX_PROVIDER_SHADOWS = 256;

  private static final String FURTHER_SCOPES = "";

  private final Ledger ledger;
  private final Catalogue catalogue;
  private final TokenRatio tokenRatio;
  private final Map<String, PoolShadow> poolShadows = new HashMap<>();
  private final Map<String, Tariff> poolTariffs = new HashMap<>();
  private final ConcurrentHashMap<String, ProviderShadow> providerShadows =
      new ConcurrentHashMap<>();

  private Accounts(Ledger ledger, Catalogue catalogue, TokenRatio tokenRatio) {
    this.ledger = ledger;
    this.catalogue = catalogue;
    this.tokenRatio = tokenRatio;
  }

  static Accounts of(Config config, Catalogue catalogue, TokenRatio tokenRatio) {
    Accounts accounts =
        new Accounts(new Ledger(config.getExtProc().getMaxLabelValues()), catalogue, tokenRatio);
    for (Pool pool : config.getPoolsList()) {
      accounts.poolShadows.put(
          pool.getName(),
          new PoolShadow(pool.getEndpointsCount(), pool.getCacheTokens(), MAX_SHADOW_BLOCKS));
      accounts.poolTariffs.put(
          pool.getName(),
          new Tariff.EndpointHours(pool.getPrefillTokensPerSecond(), pool.getEndpointUsdPerHour()));
    }
    return accounts;
  }

  Ledger ledger() {
    return ledger;
  }

  /** What a prompt finds in the caches that are not there. Changes them: call once per prompt. */
  Shadow shadow(
      RouteEntry route,
      PrefixBlocks blocks,
      int clientMarkedBlocks,
      int plannedMarkedBlocks,
      int heldTokens,
      long nowNanos) {
    return switch (route.target()) {
      case PoolTarget pool -> {
        PoolShadow shadow = poolShadows.get(pool.cluster());
        yield shadow == null ? nothing(blocks) : shadow.arrive(blocks, heldTokens);
      }
      case ProviderTarget provider ->
          providerShadow(provider.cacheScope())
              .arrive(blocks, clientMarkedBlocks, plannedMarkedBlocks, nowNanos);
    };
  }

  private ProviderShadow providerShadow(String scope) {
    ProviderShadow known = providerShadows.get(scope);
    if (known != null) {
      return known;
    }
    String key = providerShadows.size() < MAX_PROVIDER_SHADOWS ? scope : FURTHER_SCOPES;
    return providerShadows.computeIfAbsent(
        key, _ -> new ProviderShadow(PROVIDER_LIFETIME_SECONDS, MAX_SHADOW_BLOCKS));
  }

  @Override
  public void settled(ExchangePlan plan, Usage usage, Plans.End end, long nowNanos) {
    ExchangePlan.Decided decided = plan.decided();
    tokenRatio.reported(decided.scope(), decided.promptTextBytes(), usage.inputTokens());
    ledger.record(
        new Account(
            plan.route().id(),
            decided.tenant(),
            plan.model(),
            plan.applied() ? Account.Mode.ACTIVE : Account.Mode.FORECAST,
            decided.edited() ? Account.Annotation.OURS : Account.Annotation.NOT_OURS,
            new Tokens(
                usage.readTokens(),
                usage.written5mOrUntoldTokens(),
                usage.written1hTokens(),
                usage.uncachedTokens(),
                usage.outputTokens()),
            decided.shadow(),
            tariff(plan, usage).orElseGet(Tariff.Unknown::new),
            end == Plans.End.SERVED));
  }

  private Optional<Tariff> tariff(ExchangePlan plan, Usage usage) {
    return switch (plan.route().target()) {
      case PoolTarget pool -> Optional.ofNullable(poolTariffs.get(pool.cluster()));
      case ProviderTarget provider ->
          catalogue
              .find(provider.catalogue(), plan.dialect(), plan.model())
              .flatMap(model -> model.prices(usage.inputTokens()))
              .flatMap(prices -> tokenPrices(prices, usage));
    };
  }

  /**
   * Empty where a price that it takes is not known. The price of writes is taken where some are
   * reported; where none are, they are reckoned with as input, which they are without a cache.
   */
  private static Optional<Tariff> tokenPrices(Prices prices, Usage usage) {
    double write5mUsd = prices.cacheWrite5mUsd();
    double write1hUsd = prices.cacheWrite1hUsd();
    boolean isKnown =
        !Double.isNaN(prices.inputUsd())
            && !Double.isNaN(prices.outputUsd())
            && !Double.isNaN(prices.cacheReadUsd())
            && !(Double.isNaN(write5mUsd) && usage.written5mOrUntoldTokens() > 0)
            && !(Double.isNaN(write1hUsd) && usage.written1hTokens() > 0);
    return isKnown
        ? Optional.of(
            new Tariff.TokenPrices(
                prices.inputUsd(),
                prices.outputUsd(),
                prices.cacheReadUsd(),
                Double.isNaN(write5mUsd) ? prices.inputUsd() : write5mUsd,
                Double.isNaN(write1hUsd) ? prices.inputUsd() : write1hUsd))
        : Optional.empty();
  }

  private static Shadow nothing(PrefixBlocks blocks) {
    return new Shadow(blocks.promptTokens(), 0, 0, 0, 0, 0);
  }
}

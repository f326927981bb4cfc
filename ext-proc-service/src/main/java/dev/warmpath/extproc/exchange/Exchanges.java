package dev.warmpath.extproc.exchange;

import com.google.protobuf.Duration;
import com.google.protobuf.util.Durations;
import dev.warmpath.config.v1.Config;
import dev.warmpath.config.v1.ExtProc;
import dev.warmpath.config.v1.Pool;
import dev.warmpath.extproc.annotate.PayingMarkers;
import dev.warmpath.extproc.ledger.Ledger;
import dev.warmpath.extproc.pick.EndpointState;
import dev.warmpath.extproc.pick.PickSettings;
import dev.warmpath.extproc.pick.PoolPicker;
import dev.warmpath.extproc.prefix.KeyRing;
import dev.warmpath.extproc.prefix.PrefixHasher;
import dev.warmpath.extproc.prompt.PromptScanner;
import dev.warmpath.extproc.provider.Catalogue;
import java.security.SecureRandom;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/**
 * Builds the data path of one process from a valid configuration: what all streams share, and the
 * parts that the fleet stream and the administration need to reach.
 *
 * @param context of the streams
 * @param pickers by pool
 * @param plans of this replica
 * @param outcomes where forwarded outcomes go
 * @param responseHomes of all replicas
 * @param firstBytes for the control plane
 * @param rejections for the other replicas
 * @param payingMarkers for the other replicas, and from them
 * @param keyShards on which all replicas agree
 * @param hashKeys for the control plane
 * @param prefixWatch why prefixes do not repeat, for the control plane
 * @param pickMetrics to refresh before a scrape
 * @param volatilityMetrics to refresh before a scrape
 * @param ledger of this replica
 */
public record Exchanges(
    ExchangeContext context,
    Map<String, PoolPicker> pickers,
    Plans plans,
    Outcomes outcomes,
    ResponseHomes responseHomes,
    FirstBytes firstBytes,
    Rejections rejections,
    PayingMarkers payingMarkers,
    KeyShards keyShards,
    HashKeyShadows hashKeys,
    PrefixWatch prefixWatch,
    PickMetrics pickMetrics,
    VolatilityMetrics volatilityMetrics,
    Ledger ledger) {

  /** How long an exchange that ended waits for what its observer and the access log say. */
  private static final long SETTLE_NANOS = 1_000_000_000L;

  /**
   * What a process brings.
   *
   * @param config valid and complete
   * @param keys of this process
   * @param tenantSecret makes tenants out of API keys
   * @param catalogue of models
   * @param incarnation random number of this process
   * @param otherReplicas takes outcomes of plans that others own
   * @param metrics where to count
   * @param clock nanoseconds, monotonic
   * @param background runs what no request waits for
   */
  @SuppressWarnings("ArrayRecordComponent") // A parameter list; never compared.
  public record Parts(
      Config config,
      KeyRing keys,
      byte[] tenantSecret,
      Catalogue catalogue,
      long incarnation,
      Consumer<Outcome> otherReplicas,
      ExchangeMetrics metrics,
      LongSupplier clock,
      Executor background) {}

  /** Builds it; the pools know the endpoints of the configuration until the control plane tells. */
  public static Exchanges of(Parts parts) {
    Config config = parts.config();
    ExtProc settings = config.getExtProc();
    Limits limits =
        new Limits(
            settings.getMaxBodyBytes(),
            settings.getMaxBytesInFlight(),
            settings.getMaxExchanges(),
            nanos(settings.getPlanTtl()),
            SETTLE_NANOS);
    Routes routes = Routes.of(config, parts.catalogue());
    Map<String, PoolPicker> pickers = pickers(config, parts.clock().getAsLong());
    TokenRatio tokenRatio =
        new TokenRatio(
            config.getPrefix().getBytesPerToken(), config.getPrefix().getMaxTokenRatios());
    Tenants tenants = new Tenants(config.getTenant(), parts.tenantSecret());
    Rejections rejections = new Rejections();
    PayingMarkers payingMarkers =
        new PayingMarkers(
            settings.getMaxRememberedPrefixes(),
            settings.getControlPlaneAddress().isEmpty()
                ? 0
                : settings.getMaxToldPrefixesPerSecond());
    KeyShards keyShards = new KeyShards(settings.getMaxCacheKeys());
    FirstBytes firstBytes = new FirstBytes();
    Accounts accounts = Accounts.of(config, parts.catalogue(), tokenRatio);
    HashKeyShadows hashKeys = HashKeyShadows.of(config);
    PrefixWatch prefixWatch =
        PrefixWatch.of(
            config, parts.catalogue(), new SecureRandom().nextLong(), parts.background());
    Plans plans =
        new Plans(
            parts.incarnation(),
            limits,
            pickers,
            parts.metrics(),
            payingMarkers,
            rejections,
            firstBytes,
            accounts);
    Outcomes outcomes = new Outcomes(plans, parts.otherReplicas());
    ResponseHomes responseHomes =
        new ResponseHomes(
            pickers.keySet(),
            settings.getMaxResponseHomes(),
            nanos(settings.getResponseHomeTtl()),
            parts.keys());
    PromptScanner.Limits scan =
        new PromptScanner.Limits(
            settings.getMaxBodyBytes(), settings.getMaxDepth(), settings.getMaxSegments());
    ThreadLocal<Scratch> scratch =
        ThreadLocal.withInitial(
            () ->
                new Scratch(
                    scan,
                    parts.keys().digestSeed(),
                    new PrefixHasher(
                        parts.keys(),
                        config.getPrefix().getBlockBytes(),
                        config.getPrefix().getMaxBlocks())));
    Annotator annotator =
        new Annotator(
            parts.catalogue(),
            payingMarkers,
            rejections,
            keyShards,
            parts.metrics(),
            limits.maxBodyBytes());
    StreamUsage streamUsage =
        new StreamUsage(parts.catalogue(), annotator, rejections, parts.metrics());
    Planner planner =
        new Planner(
            limits,
            pickers,
            annotator,
            streamUsage,
            tenants,
            tokenRatio,
            accounts,
            hashKeys,
            prefixWatch,
            plans,
            responseHomes,
            parts.metrics(),
            parts.clock(),
            scratch);
    BodyBudget budget = new BodyBudget(limits.maxBytesInFlight(), limits.maxExchanges());
    parts.metrics().bind(budget, limits, plans, tokenRatio, config.getPrefix().getMaxTokenRatios());
    parts.metrics().bind(responseHomes);
    parts.metrics().bind(payingMarkers);
    parts.metrics().bind(keyShards);
    ExchangeContext context =
        new ExchangeContext(
            routes,
            limits,
            budget,
            planner,
            streamUsage,
            plans,
            outcomes,
            responseHomes,
            parts.metrics(),
            tenants,
            parts.clock(),
            scratch);
    return new Exchanges(
        context,
        pickers,
        plans,
        outcomes,
        responseHomes,
        firstBytes,
        rejections,
        payingMarkers,
        keyShards,
        hashKeys,
        prefixWatch,
        parts.metrics().picks(pickers, parts.clock()),
        parts.metrics().volatility(prefixWatch, parts.clock()),
        accounts.ledger());
  }

  /** Lets time pass: overdue first bytes, outcomes that did not come. Several times a second. */
  public void sweep(long nowNanos) {
    plans.sweep(nowNanos);
  }

  /** Request streams that are open. */
  public int openExchanges() {
    return context.budget().openExchanges();
  }

  private static Map<String, PoolPicker> pickers(Config config, long nowNanos) {
    Map<String, PoolPicker> pickers = new LinkedHashMap<>();
    for (Pool pool : config.getPoolsList()) {
      PoolPicker picker =
          new PoolPicker(
              new PickSettings(
                  pool.getPrefillTokensPerSecond(),
                  pool.getCacheTokens(),
                  pool.getMaxBelievedBlocks(),
                  pool.getListedEndpoints(),
                  new PickSettings.Ejection(
                      pool.getEjectAfterFailures(),
                      nanos(pool.getEjectionTime()),
                      pool.getOverdueFactor(),
                      nanos(pool.getOverdueFloor()))));
      List<EndpointState> endpoints =
          pool.getEndpointsList().stream()
              .map(
                  endpoint ->
                      new EndpointState(
                          endpoint.getAddress(),
                          endpoint.getId().isEmpty() ? endpoint.getAddress() : endpoint.getId(),
                          endpoint.getDrain()
                              ? EndpointState.Health.DRAINING
                              : EndpointState.Health.HEALTHY,
                          0,
                          0,
                          -1,
                          -1,
                          0))
              .toList();
      picker.endpoints(endpoints, nowNanos);
      pickers.put(pool.getName(), picker);
    }
    return Map.copyOf(pickers);
  }

  private static long nanos(Duration duration) {
    return Durations.toNanos(duration);
  }
}

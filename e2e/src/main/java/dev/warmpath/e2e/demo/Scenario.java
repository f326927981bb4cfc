package dev.warmpath.e2e.demo;

import dev.warmpath.e2e.engine.EngineSettings;
import dev.warmpath.e2e.load.DemoWorkload;
import dev.warmpath.e2e.load.TraceWorkload;
import dev.warmpath.e2e.load.Workload;
import dev.warmpath.e2e.provider.ProviderSettings;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/**
 * What is played, and on what.
 *
 * @param description for people
 * @param workload of both phases
 * @param speedup how much faster everything runs than it says
 */
record Scenario(
    String description, Workload workload, int engines, EngineSettings engine, double speedup) {
  private static final String POOL_MODEL = EngineSettings.DEFAULTS.model();
  private static final String PROVIDER_MODEL = "claude-sonnet-5-5";
  private static final double PROVIDER_SHARE = 0.4;
  private static final long SEED = 7;
  private static final long FAULT_SEED = 8;

  /** vLLM sends each token by itself; a coarser stream tells the same and costs less CPU. */
  private static final int STREAM_INTERVAL_TOKENS = 16;

  /**
   * Engines whose caches together hold what the tenants share, and none of them alone.
   *
   * @param requests in all
   * @param seconds in which they are sent, divided by the speedup
   */
  static Scenario tenants(int engines, int tenants, int requests, double seconds, double speedup) {
    EngineSettings engine =
        EngineSettings.DEFAULTS
            .withCache(64, 1_600)
            .withPace(8_000, 10)
            .withStreamIntervalTokens(STREAM_INTERVAL_TOKENS)
            .withSpeedup(speedup);
    return new Scenario(
        "%d requests of %d tenants in %.0f s, to %d engines and a provider"
            .formatted(requests, tenants, seconds / speedup, engines),
        new DemoWorkload(
            new DemoWorkload.Options(
                SEED,
                tenants,
                requests,
                seconds / speedup,
                PROVIDER_SHARE,
                POOL_MODEL,
                PROVIDER_MODEL)),
        engines,
        engine,
        speedup);
  }

  /** A recorded trace, on engines as those of the published evidence. */
  static Scenario trace(
      Path file, int rows, int engines, double load, boolean spread, double speedup)
      throws IOException {
    EngineSettings engine =
        EngineSettings.DEFAULTS
            .withStreamIntervalTokens(STREAM_INTERVAL_TOKENS)
            .withSpeedup(speedup);
    TraceWorkload workload =
        TraceWorkload.read(
            file,
            new TraceWorkload.Options(
                rows,
                engines,
                engine.capacityBlocks(),
                engine.prefillTokensPerSecond(),
                load,
                spread,
                speedup,
                POOL_MODEL));
    return new Scenario(
        "%d rows of %s in %.0f s, to %d engines at load %s"
            .formatted(
                workload.size(),
                file.getFileName(),
                workload.atNanos(workload.size() - 1) / 1e9,
                engines,
                load),
        workload,
        engines,
        engine,
        speedup);
  }

  ProviderSettings provider() {
    return ProviderSettings.DEFAULTS
        .withStreamIntervalTokens(STREAM_INTERVAL_TOKENS)
        .withSpeedup(speedup);
  }

  /** Other requests of the same kind of traffic, for the time in which parts are killed. */
  Workload underFaults(int requests, double seconds) {
    return new DemoWorkload(
        new DemoWorkload.Options(
            FAULT_SEED, 6, requests, seconds, PROVIDER_SHARE, POOL_MODEL, PROVIDER_MODEL));
  }

  /**
   * The pool's fields: rate and capacity as the engines have them, in real time. Queues of many
   * seconds are no fault here, so neither Envoy nor the picker takes them for one.
   */
  List<String> poolFields() {
    return List.of(
        "prefill_tokens_per_second: " + number(engine.prefillTokensPerSecond() * speedup),
        "cache_tokens: " + (long) engine.capacityBlocks() * engine.blockTokens(),
        "endpoint_usd_per_hour: " + number(Phase.ENGINE_USD_PER_HOUR),
        "per_try_idle_timeout: 5m",
        "overdue_factor: 20",
        "overdue_floor: 2m");
  }

  private static String number(double value) {
    return String.format(Locale.ROOT, "%.3f", value);
  }
}

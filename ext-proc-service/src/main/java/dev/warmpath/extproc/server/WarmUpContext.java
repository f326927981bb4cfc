package dev.warmpath.extproc.server;

import dev.warmpath.config.ConfigException;
import dev.warmpath.config.ConfigFile;
import dev.warmpath.config.v1.Config;
import dev.warmpath.extproc.exchange.AccessLog;
import dev.warmpath.extproc.exchange.ExchangeMetrics;
import dev.warmpath.extproc.exchange.Exchanges;
import dev.warmpath.extproc.exchange.ExtProcService;
import dev.warmpath.extproc.prefix.KeyRing;
import dev.warmpath.extproc.provider.Catalogue;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;

/** A data path that nobody else sees, for the warm-up: own pools, ledger and metrics. */
final class WarmUpContext {

  private WarmUpContext() {}

  /** See {@link WarmUp#run}. */
  static void run(Catalogue catalogue, int maxBodyBytes, WarmUp.Extent extent)
      throws IOException, InterruptedException {
    Exchanges exchanges = exchanges(catalogue, maxBodyBytes, new SimpleMeterRegistry());
    var _ =
        WarmUp.run(
            new ExtProcService(exchanges.context()),
            new AccessLog(exchanges.context()),
            maxBodyBytes,
            extent);
  }

  /** A pool and a provider, whose routes take what the warm-up sends. */
  static Exchanges exchanges(Catalogue catalogue, int maxBodyBytes, MeterRegistry registry) {
    Config config;
    try {
      config =
          ConfigFile.parse(
              """
              ext_proc:
                address: 127.0.0.1:0
                admin_address: 127.0.0.1:0
                max_body_bytes: %d
              pools:
                - name: warm-up
                  endpoints: [{address: "127.0.0.1:1"}, {address: "127.0.0.1:2"}]
              providers:
                - name: warm-up-provider
                  catalogue: anthropic
                  address: "localhost:1"
                  api: anthropic_messages
                  plaintext: true
              routes:
                - {id: pool, path_prefix: /v1/chat, pool: warm-up, pick: active, stream_usage: active}
                - {id: provider, provider: warm-up-provider, annotate: active}
              """
                  .formatted(maxBodyBytes),
              "warm-up");
    } catch (ConfigException e) {
      throw new IllegalStateException("the warm-up's own configuration is wrong", e);
    }
    byte[] secret = new byte[SecretFiles.SECRET_BYTES];
    return Exchanges.of(
        new Exchanges.Parts(
            config,
            new KeyRing(secret, secret),
            secret,
            catalogue,
            0,
            _ -> {},
            new ExchangeMetrics(registry, config.getExtProc().getMaxLabelValues()),
            System::nanoTime,
            Runnable::run));
  }
}

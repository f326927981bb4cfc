package dev.warmpath.e2e.demo;

import dev.warmpath.e2e.engine.EngineFleet;
import dev.warmpath.e2e.engine.EngineReport;
import dev.warmpath.e2e.engine.EngineSettings;
import dev.warmpath.e2e.envoy.Poll;
import dev.warmpath.e2e.http.HttpServer;
import dev.warmpath.e2e.provider.MessageUsage;
import dev.warmpath.e2e.provider.ProviderReport;
import dev.warmpath.e2e.provider.ProviderReport.Bill;
import dev.warmpath.e2e.provider.ProviderSettings;
import dev.warmpath.e2e.provider.SimulatedAnthropic;
import io.netty.channel.EventLoopGroup;
import java.time.Duration;
import java.util.List;

/** What the demo sends to: simulated engines, and a simulated provider. Thread-safe. */
final class Upstreams implements AutoCloseable {
  /** The provider's key, which Envoy adds. */
  static final String PROVIDER_KEY = "sk-sim";

  private static final Duration IDLE_TIMEOUT = Duration.ofSeconds(60);

  private final EngineFleet engines;
  private final EventLoopGroup providerLoop = HttpServer.loops("provider", 1);
  private final SimulatedAnthropic provider;

  private Upstreams(int count, EngineSettings engine, ProviderSettings account) {
    engines = EngineFleet.start(EngineFleet.alike(count, engine));
    provider = SimulatedAnthropic.start(providerLoop.next(), 0, account);
  }

  static Upstreams start(int count, EngineSettings engine, ProviderSettings account) {
    return new Upstreams(count, engine, account);
  }

  /** {@code ip:port} of each engine. */
  List<String> engineAddresses() {
    return engines.addresses();
  }

  /** {@code ip:port} where engines show what they did, and take faults. */
  String engineAdminAddress() {
    return engines.adminAddress();
  }

  /** {@code ip:port}. */
  String providerAddress() {
    return provider.address();
  }

  /** What all have done since they were last emptied. */
  Served served() {
    long prompt = 0;
    long cached = 0;
    long output = 0;
    var busy = new double[engines.engines().size()];
    List<EngineReport> reports = engines.reports();
    for (int i = 0; i < busy.length; i++) {
      EngineReport report = reports.get(i);
      prompt += report.promptTokens();
      cached += report.cachedTokens();
      busy[i] = report.prefillBusySeconds();
      output += report.requests().stream().mapToLong(request -> request.outputTokens()).sum();
    }
    ProviderReport report = provider.report();
    MessageUsage usage = new MessageUsage(0, 0, 0, 0, 0);
    double usd = 0;
    for (Bill bill : report.bills().values()) {
      usage = plus(usage, bill.usage());
      usd += bill.usd();
    }
    return new Served(
        new Served.Tokens(cached, 0, prompt - cached, output),
        new Served.Tokens(
            usage.read(), usage.written5m() + usage.written1h(), usage.uncached(), usage.output()),
        usd,
        busy);
  }

  private static MessageUsage plus(MessageUsage one, MessageUsage other) {
    return new MessageUsage(
        one.read() + other.read(),
        one.written5m() + other.written5m(),
        one.written1h() + other.written1h(),
        one.uncached() + other.uncached(),
        one.output() + other.output());
  }

  /** Empties all caches and counters, once nothing is under way. */
  void reset() {
    Poll.until(
        "engines and provider are idle",
        IDLE_TIMEOUT,
        () -> engines.inFlight() == 0 && provider.inFlight() == 0);
    engines.reset();
    provider.reset();
  }

  @Override
  public void close() {
    engines.close();
    provider.close();
    HttpServer.close(providerLoop);
  }
}

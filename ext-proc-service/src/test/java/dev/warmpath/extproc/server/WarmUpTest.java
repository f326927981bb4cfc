package dev.warmpath.extproc.server;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.warmpath.extproc.CatalogueFile;
import dev.warmpath.extproc.exchange.AccessLog;
import dev.warmpath.extproc.exchange.Exchanges;
import dev.warmpath.extproc.exchange.ExtProcService;
import dev.warmpath.extproc.server.WarmUp.Extent;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.List;
import org.junit.jupiter.api.Test;

class WarmUpTest {
  private static final int BODY_BYTES = 8 << 10;

  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();

  @Test
  void run_soManyExchanges_plansThemAllOnBothRoutes() throws Exception {
    assertThat(run(new Extent(60, SECONDS.toNanos(60)))).isTrue();

    assertThat(planned("pool")).isGreaterThanOrEqualTo(30);
    assertThat(planned("provider")).isGreaterThanOrEqualTo(30);
    assertThat(registry.find("warmpath.requests.passed").counters()).isEmpty();
  }

  @Test
  void run_timeIsUp_givesUp() throws Exception {
    assertThat(run(new Extent(Integer.MAX_VALUE, 1))).isFalse();
  }

  @Test
  void extent_nothing_isRefused() {
    assertThatThrownBy(() -> new Extent(0, 1)).hasMessage("exchanges: 0 (expected: 1 or more)");
  }

  private boolean run(Extent extent) throws Exception {
    Exchanges exchanges =
        WarmUpContext.exchanges(CatalogueFile.load(List.of()), BODY_BYTES, registry);
    return WarmUp.run(
        new ExtProcService(exchanges.context()),
        new AccessLog(exchanges.context()),
        BODY_BYTES,
        extent);
  }

  private double planned(String route) {
    return registry.find("warmpath.requests.planned").tag("route", route).counters().stream()
        .mapToDouble(Counter::count)
        .sum();
  }
}

package dev.warmpath.extproc.exchange;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.warmpath.config.ConfigException;
import dev.warmpath.config.ConfigFile;
import dev.warmpath.extproc.prefix.KeyRing;
import dev.warmpath.extproc.prompt.Dialect;
import dev.warmpath.extproc.provider.Catalogue;
import dev.warmpath.extproc.provider.ModelEntry;
import dev.warmpath.extproc.provider.PriceTier;
import dev.warmpath.extproc.provider.Prices;
import dev.warmpath.extproc.volatility.Finding;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executor;
import org.junit.jupiter.api.Test;

class PrefixWatchTest {
  private static final long SECOND = 1_000_000_000L;
  private static final Catalogue CATALOGUE =
      Catalogue.of(
          List.of(
              new ModelEntry(
                  "claude",
                  Dialect.ANTHROPIC_MESSAGES,
                  512,
                  4,
                  20,
                  List.of(new PriceTier(0, new Prices(5, 25, 0.5, 6.25, 10))),
                  "",
                  "")));

  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private long nowNanos;
  private Executor background = Runnable::run;

  private Exchanges exchanges(String volatility) throws ConfigException {
    byte[] secret = "0123456789abcdef0123456789abcdef".getBytes(UTF_8);
    return Exchanges.of(
        new Exchanges.Parts(
            ConfigFile.parse(
                """
                ext_proc:
                  address: '127.0.0.1:0'
                  admin_address: '127.0.0.1:0'
                  volatility: {%s}
                providers:
                - {name: anthropic, address: 'localhost:1', api: anthropic_messages}
                routes:
                - {id: chat, provider: anthropic}
                """
                    .formatted(volatility),
                "test"),
            new KeyRing(secret, secret),
            secret,
            CATALOGUE,
            1,
            _ -> {},
            new ExchangeMetrics(registry, 10),
            () -> nowNanos,
            background));
  }

  private void send(Exchanges exchanges, int request) {
    ByteString body =
        ByteString.copyFromUtf8(
            """
            {"model":"claude","max_tokens":1,"system":"It is 13:%02d. %s",
             "messages":[{"role":"user","content":"question %d"}]}
            """
                .formatted(
                    request % 60,
                    "Answer in plain words and keep to what the handbook says. ".repeat(9),
                    request));
    RequestHead head =
        new RequestHead(
            "/v1/messages",
            "",
            body.size(),
            false,
            RequestHead.Signature.NONE,
            true,
            false,
            false,
            Map.of());
    RouteEntry route = requireNonNull(exchanges.context().routes().match(head));
    assertThat(exchanges.context().planner().plan(head, route, body).plan()).isNotNull();
  }

  private double value(String meter) {
    return registry.get(meter).tag("route", "chat").tag("kind", "time_stamp").gauge().value();
  }

  @Test
  void findings_timeInPrompts_areTheSameInMetrics() throws Exception {
    Exchanges exchanges = exchanges("");
    for (int i = 0; i < 30; i++) {
      nowNanos += SECOND;
      send(exchanges, i);
    }

    Finding finding = exchanges.prefixWatch().findings(nowNanos).getFirst();
    assertThat(finding.name()).isEqualTo("time_stamp at system[0]+6");
    assertThat(finding.route()).isEqualTo("chat");
    double perHour = finding.tokensLostPerHour().orElseThrow();
    assertThat(finding.usdLostPerHour()).hasValue(perHour * 4.5 / 1e6);

    exchanges.volatilityMetrics().refresh();
    assertThat(value("warmpath.volatility.findings")).isEqualTo(1);
    assertThat(value("warmpath.volatility.lost.tokens.per.hour")).isEqualTo(perHour);
    assertThat(value("warmpath.volatility.lost.usd.per.hour")).isPositive();
    assertThat(registry.get("warmpath.volatility.kept.words").gauge().value()).isPositive();
  }

  @Test
  void sample_manyRequestsInASecond_someAreLookedAtAndStandForAll() throws Exception {
    Exchanges exchanges = exchanges("samples_per_second: 2");
    for (int second = 0; second < 20; second++) {
      for (int i = 0; i < 10; i++) {
        nowNanos += SECOND / 10;
        send(exchanges, second * 10 + i);
      }
    }

    assertThat(exchanges.prefixWatch().looks()).isEqualTo(40);
    Finding finding = exchanges.prefixWatch().findings(nowNanos).getFirst();
    // All 200 in 20 s, not the 40 that were looked at.
    assertThat(finding.tokensLostPerHour().orElseThrow() / finding.tokensLostPerRequest())
        .isBetween(10 * 3600.0 * 0.9, 10 * 3600.0 * 1.1);
  }

  @Test
  void look_stillWaiting_noRequestWaitsWithIt() throws Exception {
    var tasks = new ArrayList<Runnable>();
    background = tasks::add;
    Exchanges exchanges = exchanges("");
    for (int i = 0; i < 3; i++) {
      nowNanos += SECOND;
      send(exchanges, i);
    }

    assertThat(tasks).hasSize(1);
    assertThat(exchanges.prefixWatch().looks()).isZero();
    assertThat(exchanges.prefixWatch().busy()).isEqualTo(2);

    tasks.removeFirst().run();
    assertThat(exchanges.prefixWatch().looks()).isEqualTo(1);
    send(exchanges, 3);
    assertThat(tasks).hasSize(1);
  }

  @Test
  void samples_none_looksAtNothing() throws Exception {
    Exchanges exchanges = exchanges("samples_per_second: 0");
    for (int i = 0; i < 20; i++) {
      nowNanos += SECOND;
      send(exchanges, i);
    }

    assertThat(exchanges.prefixWatch().looks()).isZero();
    assertThat(exchanges.prefixWatch().findings(nowNanos)).isEmpty();
  }

  @Test
  void findings_askedTwiceInASecond_areMadeOnce() throws Exception {
    Exchanges exchanges = exchanges("");
    for (int i = 0; i < 30; i++) {
      nowNanos += SECOND;
      send(exchanges, i);
    }

    List<Finding> first = exchanges.prefixWatch().findings(nowNanos);
    assertThat(exchanges.prefixWatch().findings(nowNanos)).isSameAs(first);
    assertThat(exchanges.prefixWatch().findings(nowNanos + SECOND)).isNotSameAs(first);
  }
}

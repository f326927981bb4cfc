package dev.warmpath.extproc.exchange;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.warmpath.config.ConfigFile;
import dev.warmpath.extproc.pick.EndpointStats;
import dev.warmpath.extproc.prefix.KeyRing;
import dev.warmpath.extproc.provider.Catalogue;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class PlannerTest {
  private static final ByteString BODY =
      ByteString.copyFromUtf8(
          "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"%s\"}]}"
              .formatted("why ".repeat(500)));
  private static final RequestHead HEAD =
      new RequestHead(
          "/v1/chat/completions",
          "",
          BODY.size(),
          false,
          RequestHead.Signature.NONE,
          true,
          false,
          false,
          Map.of());

  private Exchanges exchanges;
  private RouteEntry route;

  /** Readings of the clock until one throws; none when negative. */
  private int goodReadings = -1;

  @BeforeEach
  void build() throws Exception {
    byte[] secret = "0123456789abcdef0123456789abcdef".getBytes(UTF_8);
    exchanges =
        Exchanges.of(
            new Exchanges.Parts(
                ConfigFile.parse(
                    """
                    ext_proc: {address: '127.0.0.1:0', admin_address: '127.0.0.1:0'}
                    pools:
                    - {name: llama, endpoints: [{address: '127.0.0.1:1001'}]}
                    routes:
                    - {id: chat, path_prefix: /v1/chat, pool: llama, pick: active}
                    """,
                    "test"),
                new KeyRing(secret, secret),
                secret,
                Catalogue.of(List.of()),
                1,
                _ -> {},
                new ExchangeMetrics(new SimpleMeterRegistry(), 10),
                this::now,
                Runnable::run));
    route = requireNonNull(exchanges.context().routes().match(HEAD));
  }

  private long now() {
    if (goodReadings == 0) {
      throw new IllegalStateException("as told");
    }
    goodReadings--;
    return 0;
  }

  private Planner.Decision plan() {
    return exchanges.context().planner().plan(HEAD, route, BODY);
  }

  private EndpointStats endpoint() {
    return requireNonNull(exchanges.pickers().get("llama")).stats(0).endpoints().getFirst();
  }

  @Test
  void plan_failsAfterThePick_passesUntouchedAndTheEndpointsLoadIsGivenBack() {
    assertThat(plan().plan()).isNotNull();
    EndpointStats before = endpoint();
    assertThat(before.requestsInFlight()).isEqualTo(1);
    assertThat(before.pendingTokens()).isPositive();

    // The second reading is the one that ends the measurement of an otherwise finished plan.
    goodReadings = 1;
    Planner.Decision failed = plan();

    assertThat(failed.plan()).isNull();
    assertThat(failed.passReason()).isEqualTo("internal");
    assertThat(failed.reply()).isEqualTo(Replies.CONTINUE_REQUEST_BODY);
    assertThat(endpoint().requestsInFlight()).isEqualTo(1);
    assertThat(endpoint().pendingTokens()).isEqualTo(before.pendingTokens());
    assertThat(exchanges.plans().size()).isEqualTo(1);

    goodReadings = -1;
    assertThat(plan().plan()).as("the next one").isNotNull();
    assertThat(endpoint().requestsInFlight()).isEqualTo(2);
  }
}

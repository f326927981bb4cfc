package dev.warmpath.extproc.exchange;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.warmpath.config.ConfigFile;
import dev.warmpath.extproc.CatalogueFile;
import dev.warmpath.extproc.prefix.KeyRing;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Models that no row of the catalogue names are counted by a bounded number of names. */
class UnknownModelsTest {
  private static final int MAX_NAMES = 3;

  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private Exchanges exchanges;

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
                    providers:
                    - {name: anthropic, address: 'localhost:1', api: anthropic_messages}
                    routes:
                    - {id: chat, path_prefix: /v1/chat, pool: llama, pick: active}
                    - {id: messages, provider: anthropic}
                    """,
                    "test"),
                new KeyRing(secret, secret),
                secret,
                CatalogueFile.load(List.of()),
                1,
                _ -> {},
                new ExchangeMetrics(registry, MAX_NAMES),
                () -> 0,
                Runnable::run));
  }

  private void plan(String path, String model) {
    RequestHead head =
        new RequestHead(
            path, "", 100, false, RequestHead.Signature.NONE, true, false, false, Map.of());
    RouteEntry route = requireNonNull(exchanges.context().routes().match(head));
    String body =
        "{\"model\":\"%s\",\"max_tokens\":9,\"messages\":[{\"role\":\"user\",\"content\":\"Why?\"}]}"
            .formatted(model);
    assertThat(
            exchanges.context().planner().plan(head, route, ByteString.copyFromUtf8(body)).plan())
        .isNotNull();
  }

  private Map<String, Double> counts() {
    return registry.find("warmpath.models.unknown").counters().stream()
        .collect(
            Collectors.toMap(
                counter -> requireNonNull(counter.getId().getTag("model")),
                counter -> counter.count()));
  }

  @Test
  void request_modelThatNoRowNames_isCountedByName() {
    plan("/v1/messages", "nobody-knows");
    plan("/v1/messages", "nobody-knows");
    plan("/v1/messages", "claude-opus-5");

    assertThat(counts()).containsOnly(Map.entry("nobody-knows", 2.0));
  }

  @Test
  void requests_moreNamesThanTheBound_countAsOther() {
    for (int i = 0; i < 10; i++) {
      plan("/v1/messages", "m-" + i);
    }

    assertThat(counts())
        .containsOnly(
            Map.entry("m-0", 1.0),
            Map.entry("m-1", 1.0),
            Map.entry("m-2", 1.0),
            Map.entry("other", 7.0));
  }

  @Test
  void request_toAPool_needsNoRow() {
    plan("/v1/chat/completions", "llama");

    assertThat(counts()).isEmpty();
  }
}

package dev.warmpath.extproc.exchange;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.warmpath.config.ConfigFile;
import dev.warmpath.extproc.CatalogueFile;
import dev.warmpath.extproc.prefix.KeyRing;
import io.envoyproxy.envoy.config.core.v3.HeaderValueOption;
import io.envoyproxy.envoy.config.core.v3.HeaderValueOption.HeaderAppendAction;
import io.envoyproxy.envoy.service.ext_proc.v3.CommonResponse;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Whose rows of the catalogue speak of a provider, and for which share of its prefixes. */
class ProviderRowsTest {

  private static final String LONG = "All that is known of the matter. ".repeat(500);

  private static Exchanges exchanges(String providers, String percent) throws Exception {
    byte[] secret = "0123456789abcdef0123456789abcdef".getBytes(UTF_8);
    return Exchanges.of(
        new Exchanges.Parts(
            ConfigFile.parse(
                """
                ext_proc: {address: '127.0.0.1:0', admin_address: '127.0.0.1:0'}
                providers:
                - %s
                routes:
                - {id: r, provider: p, annotate: active, annotate_percent: %s}
                """
                    .formatted(providers, percent),
                "test"),
            new KeyRing(secret, secret),
            secret,
            CatalogueFile.load(List.of()),
            1,
            _ -> {},
            new ExchangeMetrics(new SimpleMeterRegistry(), 100),
            () -> 0,
            Runnable::run));
  }

  private static CommonResponse plan(Exchanges exchanges, String model, String system) {
    RequestHead head =
        new RequestHead(
            "/v1/chat/completions",
            "",
            100,
            false,
            RequestHead.Signature.NONE,
            true,
            false,
            false,
            Map.of());
    RouteEntry route = requireNonNull(exchanges.context().routes().match(head));
    String body =
        ("{\"model\":\"%s\",\"messages\":[{\"role\":\"system\",\"content\":\"%s\"},"
                + "{\"role\":\"user\",\"content\":\"Why?\"}]}")
            .formatted(model, system + LONG);
    Planner.Decision decision =
        exchanges.context().planner().plan(head, route, ByteString.copyFromUtf8(body));
    assertThat(decision.plan()).isNotNull();
    return decision.reply().getRequestBody().getResponse();
  }

  private static String body(CommonResponse response) {
    return response.getBodyMutation().getBody().toStringUtf8();
  }

  @Test
  void provider_thatTheCatalogueDoesNotHave_getsNothing() throws Exception {
    Exchanges exchanges =
        exchanges("{name: p, address: 'llm.internal:443', api: openai_chat}", "100");

    assertThat(plan(exchanges, "gpt-6-sol", "").hasBodyMutation()).isFalse();
  }

  @Test
  void provider_thatTheConfigurationNames_getsItsOwn() throws Exception {
    String provider = "{name: p, address: 'llm.internal:443', api: openai_chat, catalogue: %s}";

    assertThat(body(plan(exchanges(provider.formatted("openai"), "100"), "gpt-6-sol", "")))
        .contains("prompt_cache_breakpoint", "prompt_cache_key");
    assertThat(body(plan(exchanges(provider.formatted("azure"), "100"), "gpt-6-sol", "")))
        .as("where breakpoints are not confirmed")
        .contains("prompt_cache_key")
        .doesNotContain("prompt_cache_breakpoint");
  }

  @Test
  void provider_atAnAddressOfTheCatalogue_isKnownByIt() throws Exception {
    Exchanges exchanges = exchanges("{name: p, address: 'api.x.ai:443', api: openai_chat}", "100");

    CommonResponse response = plan(exchanges, "grok-5", "");

    assertThat(response.hasBodyMutation()).isFalse();
    HeaderValueOption header =
        response.getHeaderMutation().getSetHeadersList().stream()
            .filter(each -> each.getHeader().getKey().equals("x-grok-conv-id"))
            .findFirst()
            .orElseThrow();
    assertThat(header.getAppendAction())
        .as("the client's own stands")
        .isEqualTo(HeaderAppendAction.ADD_IF_ABSENT);
    assertThat(header.getHeader().getRawValue().toStringUtf8()).matches("wp-[0-9a-f]{16}");
  }

  @Test
  void percent_prefixesStayOnTheirSide_whileItGrows() throws Exception {
    String provider = "{name: p, address: 'api.openai.com:443', api: openai_chat}";
    Set<Integer> before = Set.of();
    for (String percent : List.of("0", "10", "50", "100")) {
      Exchanges exchanges = exchanges(provider, percent);
      Set<Integer> edited = new HashSet<>();
      for (int i = 0; i < 400; i++) {
        boolean isEdited = plan(exchanges, "gpt-6-sol", i + " ").hasBodyMutation();
        assertThat(plan(exchanges, "gpt-6-sol", i + " ").hasBodyMutation()).isEqualTo(isEdited);
        if (isEdited) {
          edited.add(i);
        }
      }
      assertThat(edited).containsAll(before);
      assertThat(edited.size() / 4.0)
          .isBetween(Double.parseDouble(percent) * 0.7, Double.parseDouble(percent) * 1.3);
      before = edited;
    }
  }

  /** Such requests have no key that could tell a share of them. */
  @Test
  void percent_requestThatOnlyNamesAHistory_isLeftAloneBelowAll() throws Exception {
    String provider = "{name: p, address: 'api.openai.com:443', api: openai_responses}";
    RequestHead head =
        new RequestHead(
            "/v1/responses",
            "",
            100,
            false,
            RequestHead.Signature.NONE,
            true,
            false,
            false,
            Map.of());
    ByteString body =
        ByteString.copyFromUtf8(
            "{\"model\":\"gpt-6-sol\",\"previous_response_id\":\"resp_1\",\"input\":\"%s\"}"
                .formatted(LONG));
    for (String percent : List.of("1", "99", "100")) {
      Exchanges exchanges = exchanges(provider, percent);
      RouteEntry route = requireNonNull(exchanges.context().routes().match(head));

      ExchangePlan plan =
          requireNonNull(exchanges.context().planner().plan(head, route, body).plan());

      assertThat(plan.applied()).as(percent).isEqualTo(percent.equals("100"));
    }
  }
}

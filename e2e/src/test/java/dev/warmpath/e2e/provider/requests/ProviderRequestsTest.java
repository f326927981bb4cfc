package dev.warmpath.e2e.provider.requests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.warmpath.e2e.provider.ApiException;
import dev.warmpath.e2e.provider.ProviderAccess;
import dev.warmpath.e2e.provider.ProviderRules;
import dev.warmpath.e2e.provider.ProviderRules.Kind;
import dev.warmpath.e2e.provider.ProviderRules.Verdict;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.InstantSource;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ProviderRequestsTest {
  private static final InstantSource TIME =
      InstantSource.fixed(Instant.parse("2026-11-21T10:00:00Z"));
  private static final ObjectMapper JSON = new ObjectMapper();

  /** What came of one kind. */
  private static final class Seen {
    int requests;
    int signed;
    int streams;
    int mostMarkers;
    int unmarked;
    long read;
    long written;
    long least = Long.MAX_VALUE;
    long most;
    int longTurns;
    final Set<String> tenants = new HashSet<>();
    final Set<String> models = new HashSet<>();
  }

  private final Map<Kind, ProviderRules> rules = new EnumMap<>(Kind.class);

  @Test
  void next_tenThousand_areTakenButForTheFaultyAndAreOfAllSorts() throws IOException {
    ProviderRequests requests = ProviderRequests.seeded(7, TIME);
    var seen = new EnumMap<Kind, Seen>(Kind.class);
    int refused = 0;
    long nanos = 0;
    for (int i = 0; i < 10_000; i++) {
      long start = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
      ProviderRequest request = requests.next();
      Seen of = seen.computeIfAbsent(request.kind(), _ -> new Seen());
      of.requests++;
      of.signed += request.signed() ? 1 : 0;
      of.tenants.add(request.tenant());
      of.models.add(request.model());
      try {
        note(of, judge(request));
      } catch (ApiException e) {
        refused++;
        assertThat(e.text()).as(request.kind().name()).contains("cache_hint");
      }
      nanos += ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() - start;
      if (i % 10 == 0) {
        of.longTurns += hasLongTurn(JSON.readTree(request.body())) ? 1 : 0;
      }
    }
    assertThat(refused).as("refused").isBetween(50, 200);
    assertThat(nanos / 1e9).as("seconds for 10,000").isLessThan(10);
    assertThat(seen).containsOnlyKeys(ProviderRequests.KINDS);
    seen.forEach(ProviderRequestsTest::assertOfAllSorts);
  }

  private static void note(Seen of, Verdict verdict) {
    of.streams += verdict.stream() ? 1 : 0;
    of.mostMarkers = Math.max(of.mostMarkers, verdict.markers());
    of.unmarked += verdict.markers() == 0 ? 1 : 0;
    of.read += verdict.usage().read();
    of.written += verdict.usage().written5m() + verdict.usage().written1h();
    of.least = Math.min(of.least, verdict.usage().allInput());
    of.most = Math.max(of.most, verdict.usage().allInput());
  }

  private static void assertOfAllSorts(Kind kind, Seen seen) {
    assertThat(seen.requests).as("%s: requests", kind).isGreaterThan(500);
    assertThat(seen.streams).as("%s: streams", kind).isBetween(100, seen.requests - 100);
    assertThat(seen.tenants).as("%s: tenants", kind).hasSize(3);
    assertThat(seen.models).as("%s: models", kind).hasSizeGreaterThan(1);
    assertThat(seen.read).as("%s: read", kind).isPositive();
    assertThat(seen.least).as("%s: smallest prompt", kind).isLessThan(100);
    assertThat(seen.most).as("%s: largest prompt", kind).isGreaterThan(20_000);
    assertThat(seen.longTurns).as("%s: turns of more than 20 blocks", kind).isPositive();
    assertThat(seen.unmarked).as("%s: unmarked", kind).isGreaterThan(200);
    int most =
        switch (kind) {
          case OPENAI_CHAT, OPENAI_RESPONSES -> 6;
          case AZURE, GROQ, MISTRAL, XAI_CHAT, XAI_RESPONSES, FIREWORKS -> 0;
          case OPENROUTER -> 1;
          default -> 4;
        };
    assertThat(seen.mostMarkers).as("%s: markers", kind).isEqualTo(most);
    assertThat(seen.written > 0).as("%s: written", kind).isEqualTo(most > 0);
    boolean bedrock = kind == Kind.BEDROCK_CONVERSE || kind == Kind.BEDROCK_INVOKE;
    assertThat(seen.signed > 100).as("%s: signed", kind).isEqualTo(bedrock);
  }

  @Test
  void next_sameSeed_isTheSameBytes() {
    ProviderRequests one = ProviderRequests.seeded(3, TIME);
    ProviderRequests two = ProviderRequests.seeded(3, TIME);
    ProviderRequests other = ProviderRequests.seeded(4, TIME);
    int alike = 0;
    for (int i = 0; i < 200; i++) {
      ProviderRequest request = one.next();
      ProviderRequest same = two.next();
      assertThat(same.body()).isEqualTo(request.body());
      assertThat(same.headers()).isEqualTo(request.headers());
      assertThat(same.target()).isEqualTo(request.target());
      alike +=
          new String(other.next().body(), StandardCharsets.UTF_8)
                  .equals(new String(request.body(), StandardCharsets.UTF_8))
              ? 1
              : 0;
    }
    assertThat(alike).isLessThan(5);
  }

  @Test
  void next_signedAndThenChanged_isRefused() {
    ProviderRequests requests = ProviderRequests.seeded(5, TIME);
    ProviderRequest signed = requests.next(Kind.BEDROCK_CONVERSE);
    while (!signed.signed()) {
      signed = requests.next(Kind.BEDROCK_CONVERSE);
    }
    ProviderRequest request = signed;
    byte[] spaced =
        (new String(request.body(), StandardCharsets.UTF_8) + " ").getBytes(StandardCharsets.UTF_8);
    assertThatThrownBy(
            () -> rules(request.kind()).judge(request.target(), request.headers(), spaced))
        .isInstanceOf(ApiException.class)
        .hasMessageContaining("does not match the signature you provided");
  }

  @Test
  void next_bodies_areWrittenInAllWaysOfJson() {
    ProviderRequests requests = ProviderRequests.seeded(6, TIME);
    var all = new StringBuilder();
    for (int i = 0; i < 500; i++) {
      all.append(new String(requests.next().body(), StandardCharsets.UTF_8)).append('\0');
    }
    assertThat(all.toString())
        .contains(
            "\"messages\":[",
            "\"messages\": [",
            "\"messages\" : [",
            "\\/",
            "\\u4f60",
            "你好",
            "🙂",
            "\\\\u0041",
            "\t:",
            "\r\n")
        .contains("\\\"cachePoint\\\":");
  }

  @Test
  void next_texts_areWholeCharacters() throws IOException {
    ProviderRequests requests = ProviderRequests.seeded(8, TIME);
    for (int i = 0; i < 500; i++) {
      ProviderRequest request = requests.next();
      // What is written anew as UTF-8 and read again has no half of a pair in it.
      String text = JSON.readTree(request.body()).toString();
      assertThat(new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8))
          .isEqualTo(text);
    }
  }

  private Verdict judge(ProviderRequest request) throws ApiException {
    return rules(request.kind()).judge(request.target(), request.headers(), request.body());
  }

  private ProviderRules rules(Kind kind) {
    return rules.computeIfAbsent(kind, _ -> ProviderRules.of(kind, ProviderAccess.DEFAULTS, TIME));
  }

  private static boolean hasLongTurn(JsonNode node) {
    for (JsonNode message : node.path(node.has("input") ? "input" : "messages")) {
      if (message.path("content").isArray() && message.path("content").size() > 20) {
        return true;
      }
    }
    return false;
  }
}

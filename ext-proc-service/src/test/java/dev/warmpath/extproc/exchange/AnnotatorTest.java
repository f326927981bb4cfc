package dev.warmpath.extproc.exchange;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.warmpath.config.v1.Mode;
import dev.warmpath.extproc.CatalogueFile;
import dev.warmpath.extproc.annotate.AnnotationPlanner;
import dev.warmpath.extproc.annotate.PayingMarkers;
import dev.warmpath.extproc.exchange.Annotator.Edits;
import dev.warmpath.extproc.exchange.RequestHead.Signature;
import dev.warmpath.extproc.exchange.RouteEntry.Credential;
import dev.warmpath.extproc.exchange.RouteEntry.PoolTarget;
import dev.warmpath.extproc.exchange.RouteEntry.ProviderTarget;
import dev.warmpath.extproc.prefix.KeyRing;
import dev.warmpath.extproc.prefix.PrefixChain;
import dev.warmpath.extproc.prefix.PrefixHasher;
import dev.warmpath.extproc.prefix.Scope;
import dev.warmpath.extproc.prompt.Dialect;
import dev.warmpath.extproc.prompt.Prompt;
import dev.warmpath.extproc.prompt.PromptScanner;
import dev.warmpath.extproc.prompt.Verdict;
import dev.warmpath.extproc.provider.ModelEntry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class AnnotatorTest {
  private static final int ROOMY = 1 << 20;
  private static final String MODEL = "claude-opus-5-5";
  private static final String SYSTEM = "Be brief, and be right. ".repeat(2_000);
  private static final String ANTHROPIC =
      "{\"model\":\"%s\",\"max_tokens\":9,\"system\":\"%s\",%s}"
          .formatted(MODEL, SYSTEM, "\"messages\":[{\"role\":\"user\",\"content\":\"Why?\"}]");
  private static final String MARKED =
      ANTHROPIC.replace(
          "\"" + SYSTEM + "\"",
          "[{\"type\":\"text\",\"text\":\"%s\",\"cache_control\":{\"type\":\"ephemeral\"}}]"
              .formatted(SYSTEM));
  private static final String CHAT =
      "{\"model\":\"llama\",\"messages\":[{\"role\":\"user\",\"content\":\"Why?\"}]}";
  private static final RouteEntry PROVIDER =
      new RouteEntry(
          "messages",
          "/v1",
          Map.of(),
          new ProviderTarget(
              "anthropic", "anthropic", "scope", Credential.CONFIGURED, RouteEntry.Padding.NONE),
          Dialect.ANTHROPIC_MESSAGES,
          "",
          Mode.ACTIVE,
          100,
          RouteEntry.Repair.NONE,
          Mode.OFF);
  private static final RouteEntry POOL =
      new RouteEntry(
          "chat",
          "/v1",
          Map.of(),
          new PoolTarget("llama", true),
          Dialect.OPENAI_CHAT,
          "",
          Mode.ACTIVE,
          100,
          RouteEntry.Repair.NONE,
          Mode.OFF);
  private static final RequestHead PLAIN = head(1_000, Signature.NONE);
  private static final RequestHead SIGNED = head(1_000, Signature.AWS);
  private static final RequestHead SIGNED_OTHERWISE = head(1_000, Signature.OTHER);
  private static final RequestHead OF_UNTOLD_LENGTH = head(-1, Signature.NONE);

  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private final ExchangeMetrics metrics = new ExchangeMetrics(registry, 10);
  private final Rejections rejections = new Rejections();

  private static RequestHead head(long contentLength, Signature signature) {
    return new RequestHead(
        "/v1", "", contentLength, false, signature, true, false, false, Map.of());
  }

  private Annotator annotator(int maxBodyBytes) {
    return new Annotator(
        CatalogueFile.load(List.of()),
        new PayingMarkers(64),
        rejections,
        new KeyShards(16),
        metrics,
        maxBodyBytes);
  }

  private static Prompt scan(String body, Dialect dialect) {
    byte[] bytes = body.getBytes(UTF_8);
    var prompt = new Prompt();
    assertThat(
            new PromptScanner(new PromptScanner.Limits(ROOMY, 64, 64))
                .scan(bytes, bytes.length, dialect, prompt))
        .isEqualTo(Verdict.OK);
    return prompt;
  }

  private Edits mark(int maxBodyBytes, RequestHead head, String body, long nowNanos) {
    Prompt prompt = scan(body, Dialect.ANTHROPIC_MESSAGES);
    byte[] secret = "0123456789abcdef0123456789abcdef".getBytes(UTF_8);
    var chain = new PrefixChain();
    var scope = new Scope(Scope.Lane.PROVIDER, "anthropic", MODEL);
    new PrefixHasher(new KeyRing(secret, secret), 1_024, 4_096).chain(prompt, scope, chain);
    var request =
        new Request(
            head,
            PROVIDER,
            prompt.dialect(),
            "",
            scope,
            ByteString.copyFrom(prompt.body(), 0, prompt.bodyLength()),
            false,
            4);
    Annotator annotator = annotator(maxBodyBytes);
    ModelEntry row =
        annotator.row((ProviderTarget) PROVIDER.target(), prompt.dialect(), request.model());
    return annotator.mark(request, row, prompt, chain, new AnnotationPlanner(), nowNanos);
  }

  private Edits salt(int maxBodyBytes, RequestHead head, String body) {
    return annotator(maxBodyBytes)
        .salt(head, POOL, "0011223344556677", scan(body, Dialect.OPENAI_CHAT));
  }

  private double counted(String subject, String decision) {
    var counter =
        registry
            .find("warmpath.annotations")
            .tag("subject", subject)
            .tag("decision", decision)
            .counter();
    return counter == null ? 0 : counter.count();
  }

  @Test
  void salt_forAnApiThatHasNone_leavesTheBodyAndIsCounted() {
    Prompt gemini = scan("{\"contents\":[{\"parts\":[{\"text\":\"Hi\"}]}]}", Dialect.GEMINI);

    Edits edits = annotator(ROOMY).salt(PLAIN, POOL, "0011223344556677", gemini);

    assertThat(edits.splices().isEmpty()).isTrue();
    assertThat(counted("cache_salt", "unknown_to_the_api")).isEqualTo(1);
  }

  @Test
  void mark_longPrompt_isMarkedUpToItsBlocks() {
    Edits edits = mark(ROOMY, PLAIN, ANTHROPIC, 0);

    assertThat(edits.splices().isEmpty()).isFalse();
    assertThat(edits.clientMarkedBlocks()).isZero();
    assertThat(edits.plannedMarkedBlocks()).isBetween(SYSTEM.length() / 1_024 - 1, 100);
    assertThat(edits.fields()).containsExactly("cache_control");
  }

  @Test
  void mark_bodyThatMustNotChange_isLeftAloneAndCountedByReason() {
    assertThat(mark(ROOMY, SIGNED, ANTHROPIC, 0).splices().isEmpty()).isTrue();
    assertThat(mark(ROOMY, SIGNED_OTHERWISE, ANTHROPIC, 0).splices().isEmpty()).isTrue();
    assertThat(counted("cache_control", "signed")).isEqualTo(2);
    assertThat(mark(ROOMY, OF_UNTOLD_LENGTH, ANTHROPIC, 0).splices().isEmpty()).isTrue();
    assertThat(counted("cache_control", "no_content_length")).isEqualTo(1);
  }

  @Test
  void mark_bodyThatMustNotChange_theClientsMarkersCountAllTheSame() {
    Edits edits = mark(ROOMY, SIGNED, MARKED, 0);

    assertThat(edits.splices().isEmpty()).isTrue();
    assertThat(edits.clientMarkedBlocks()).isGreaterThanOrEqualTo(SYSTEM.length() / 1_024 - 1);
    assertThat(edits.plannedMarkedBlocks()).isEqualTo(edits.clientMarkedBlocks());
  }

  @Test
  void mark_editAtTheBodyLimit_isMadeAndNotAByteBeyond() {
    int edited = mark(ROOMY, PLAIN, ANTHROPIC, 0).splices().editedLength(ANTHROPIC.length());

    assertThat(mark(edited, PLAIN, ANTHROPIC, 0).splices().isEmpty()).isFalse();
    assertThat(counted("cache_control", "over_body_limit")).isZero();
    assertThat(mark(edited - 1, PLAIN, ANTHROPIC, 0).splices().isEmpty()).isTrue();
    assertThat(counted("cache_control", "over_body_limit")).isEqualTo(1);
  }

  @Test
  void mark_providerRefusedTheField_isLeftAloneUntilThePauseIsOver() {
    rejections.rejected(
        new Rejections.Field("anthropic", Dialect.ANTHROPIC_MESSAGES, MODEL, "cache_control"), 0);

    assertThat(mark(ROOMY, PLAIN, ANTHROPIC, Rejections.FIRST_PAUSE_NANOS - 1).splices().isEmpty())
        .isTrue();
    assertThat(counted("cache_control", "rejected_before")).isEqualTo(1);
    assertThat(mark(ROOMY, PLAIN, ANTHROPIC, Rejections.FIRST_PAUSE_NANOS).splices().isEmpty())
        .isFalse();
  }

  @Test
  void salt_refusedBefore_isAddedAllTheSame() {
    rejections.rejected(
        new Rejections.Field("llama", Dialect.OPENAI_CHAT, "llama", "cache_salt"), 0);

    Edits edits = salt(ROOMY, PLAIN, CHAT);
    assertThat(edits.splices().isEmpty()).isFalse();
    assertThat(edits.fields()).containsExactly("cache_salt");
    assertThat(counted("cache_salt", "rejected_before")).isZero();
  }

  @Test
  void salt_clientSentOne_aRefusalMayBeAboutIts() {
    Edits edits = salt(ROOMY, PLAIN, CHAT.replaceFirst("\\{", "{\"cache_salt\":\"mine\","));

    assertThat(edits.splices().isEmpty()).isFalse();
    assertThat(edits.fields()).isEmpty();
  }

  @Test
  void salt_bodyThatMustNotChange_isLeftAloneAndCountedByReason() {
    assertThat(salt(ROOMY, SIGNED, CHAT).splices().isEmpty()).isTrue();
    assertThat(salt(ROOMY, OF_UNTOLD_LENGTH, CHAT).splices().isEmpty()).isTrue();
    assertThat(salt(CHAT.length(), PLAIN, CHAT).splices().isEmpty()).isTrue();

    for (String reason : List.of("signed", "no_content_length", "over_body_limit")) {
      assertThat(counted("cache_salt", reason)).as(reason).isEqualTo(1);
    }
  }
}

package dev.warmpath.extproc.annotate;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.warmpath.extproc.prompt.Dialect;
import dev.warmpath.extproc.prompt.Json;
import dev.warmpath.extproc.prompt.Prompt;
import dev.warmpath.extproc.prompt.PromptScanner;
import dev.warmpath.extproc.prompt.Verdict;
import dev.warmpath.extproc.provider.ModelEntry;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;

/**
 * What is done to a body that the scanner takes, whatever it is: the result is JSON, says the same,
 * and holds all bytes of the body in their order.
 */
class EditsFuzzTest {

  private static final Dialect[] DIALECTS = Dialect.values();
  private static final ModelEntry MODEL =
      new ModelEntry("m", Dialect.ANTHROPIC_MESSAGES, 0, 4, 20, List.of(), "", "");

  private final PromptScanner scanner =
      new PromptScanner(new PromptScanner.Limits(1 << 20, 64, 10_000));
  private final Prompt prompt = new Prompt();
  private final AnnotationPlanner planner = new AnnotationPlanner();

  @FuzzTest
  void markers_inAnySoundBody_changeNothingElse(byte[] body) throws IOException {
    Dialect dialect = Dialect.ANTHROPIC_MESSAGES;
    if (scanner.scan(body, body.length, dialect, prompt) != Verdict.OK) {
      return;
    }
    byte[] before = body.clone();
    byte[] text = Arrays.copyOf(prompt.text(), prompt.textLength());
    int markers = prompt.markers();

    AnnotationPlan plan = planner.plan(prompt, MODEL, 4);
    byte[] edited = plan.splices().apply(body, body.length);

    assertThat(body).isEqualTo(before);
    assertThat(edited).hasSize(plan.splices().editedLength(body.length));
    assertThat(isSubsequence(body, edited)).isTrue();
    assertThat(Json.read(edited).tree()).isNotNull();
    assertThat(scanner.scan(edited, edited.length, dialect, prompt)).isEqualTo(Verdict.OK);
    assertThat(Arrays.copyOf(prompt.text(), prompt.textLength())).isEqualTo(text);
    assertThat(prompt.markers()).isEqualTo(markers + plan.markersPlaced());
    assertThat(plan.markersPlaced() == 0 || prompt.markers() <= MODEL.maxMarkers()).isTrue();
  }

  /**
   * One run.
   *
   * @param input a byte for the dialect, by its remainder; then the body
   */
  @FuzzTest
  void salt_inAnySoundBody_changesNothingElse(byte[] input) throws IOException {
    if (input.length == 0) {
      return;
    }
    Dialect dialect = DIALECTS[(input[0] & 0xFF) % DIALECTS.length];
    byte[] body = Arrays.copyOfRange(input, 1, input.length);
    if (scanner.scan(body, body.length, dialect, prompt) != Verdict.OK) {
      return;
    }
    byte[] text = Arrays.copyOf(prompt.text(), prompt.textLength());
    String own = salt();
    boolean given = prompt.cacheSaltStart() >= 0;

    Splices splices = CacheSaltPlanner.plan(prompt, "tenant-1");
    byte[] edited = splices.apply(body, body.length);

    assertThat(Json.read(edited).tree()).isNotNull();
    if (prompt.cacheSaltNullStart() < 0) {
      assertThat(isSubsequence(body, edited)).isTrue();
    }
    assertThat(scanner.scan(edited, edited.length, dialect, prompt)).isEqualTo(Verdict.OK);
    assertThat(Arrays.copyOf(prompt.text(), prompt.textLength())).isEqualTo(text);
    if (knowsSalt(dialect)) {
      assertThat(salt()).isEqualTo(given ? "tenant-1:" + own : "tenant-1");
    }
  }

  /** As bytes, each a character. */
  private String salt() {
    int start = prompt.cacheSaltTextStart();
    return new String(
        prompt.text(),
        start,
        prompt.cacheSaltTextEnd() - start,
        java.nio.charset.StandardCharsets.ISO_8859_1);
  }

  private static boolean knowsSalt(Dialect dialect) {
    return switch (dialect) {
      case OPENAI_CHAT,
          OPENAI_COMPLETIONS,
          OPENAI_RESPONSES,
          OPENAI_EMBEDDINGS,
          ANTHROPIC_MESSAGES ->
          true;
      case BEDROCK_CONVERSE, GEMINI -> false;
    };
  }

  private static boolean isSubsequence(byte[] part, byte[] whole) {
    int at = 0;
    for (byte b : whole) {
      if (at < part.length && part[at] == b) {
        at++;
      }
    }
    return at == part.length;
  }
}

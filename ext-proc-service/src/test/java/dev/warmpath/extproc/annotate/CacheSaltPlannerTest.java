package dev.warmpath.extproc.annotate;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.warmpath.extproc.prompt.Dialect;
import dev.warmpath.extproc.prompt.Prompt;
import dev.warmpath.extproc.prompt.PromptScanner;
import dev.warmpath.extproc.prompt.Verdict;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class CacheSaltPlannerTest {

  private static final String REST =
      "\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"q\"}]}";

  @Test
  void salt_absent_isAddedAtTheTop() {
    assertThat(salted(" {\n" + REST)).isEqualTo(" {\"cache_salt\":\"t1\",\n" + REST);
  }

  @Test
  void salt_ofTheClient_isCombined() {
    assertThat(salted("{\"cache_salt\":\"a\\u0062\"," + REST))
        .isEqualTo("{\"cache_salt\":\"t1:a\\u0062\"," + REST);
    assertThat(salted("{\"cache_salt\":\"\"," + REST)).isEqualTo("{\"cache_salt\":\"t1:\"," + REST);
  }

  /** A second member would come after ours, and engines take the last. */
  @Test
  void salt_nullOfTheClient_isReplaced() {
    assertThat(salted("{\"cache_salt\": null ," + REST))
        .isEqualTo("{\"cache_salt\": \"t1\" ," + REST);
    assertThat(salted("{\"cache_s\\u0061lt\":null," + REST))
        .isEqualTo("{\"cache_s\\u0061lt\":\"t1\"," + REST);
  }

  @Test
  void salt_planned_isWhatTheScannerReadsBack() {
    byte[] edited = salted("{\"cache_salt\":\"x\"," + REST).getBytes(UTF_8);
    Prompt prompt = scan(edited);

    assertThat(
            new String(
                Arrays.copyOfRange(
                    prompt.text(), prompt.cacheSaltTextStart(), prompt.cacheSaltTextEnd()),
                UTF_8))
        .isEqualTo("t1:x");
  }

  @Test
  void salt_thatCouldBreakOut_isRefused() {
    Prompt prompt = scan(("{" + REST).getBytes(UTF_8));

    for (String salt : new String[] {"", "a\"", "a:b", "é", "a b", "\\"}) {
      assertThatThrownBy(() -> CacheSaltPlanner.plan(prompt, salt))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageStartingWith("salt: ");
    }
  }

  private static String salted(String body) {
    byte[] bytes = body.getBytes(UTF_8);
    return new String(CacheSaltPlanner.plan(scan(bytes), "t1").apply(bytes, bytes.length), UTF_8);
  }

  private static Prompt scan(byte[] body) {
    Prompt prompt = new Prompt();
    assertThat(
            new PromptScanner(new PromptScanner.Limits(1 << 20, 64, 1000))
                .scan(body, body.length, Dialect.OPENAI_CHAT, prompt))
        .isEqualTo(Verdict.OK);
    return prompt;
  }
}

package dev.warmpath.extproc.prompt;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DialectTest {

  @ParameterizedTest
  @CsvSource({
    "/v1/chat/completions, OPENAI_CHAT",
    "/openai/deployments/d/chat/completions, OPENAI_CHAT",
    "/v1/messages, ANTHROPIC_MESSAGES",
    "/anthropic/v1/messages, ANTHROPIC_MESSAGES",
    "/v1/messages/count_tokens,",
    "/v1/threads/t/messages,",
    "/v1/completions,",
    "/,",
  })
  void path_ofAnApi_tellsItsDialect(String path, Dialect expected) {
    assertThat(Dialect.forPath(path)).isEqualTo(expected);
  }
}

package dev.warmpath.extproc.prompt;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ApiCallTest {

  @ParameterizedTest
  @CsvSource({
    "/v1/chat/completions, OPENAI_CHAT, '', false",
    "/v1/chat/completions?api-version=2026-01-01, OPENAI_CHAT, '', false",
    "/openai/deployments/gpt%20a/chat/completions, OPENAI_CHAT, gpt a, false",
    "/openai/deployments/d/completions, OPENAI_COMPLETIONS, d, false",
    "/openai/v1/responses, OPENAI_RESPONSES, '', false",
    "/v1/completions, OPENAI_COMPLETIONS, '', false",
    "/v1/responses, OPENAI_RESPONSES, '', false",
    "/v1/embeddings, OPENAI_EMBEDDINGS, '', false",
    "/v1/messages, ANTHROPIC_MESSAGES, '', false",
    "/anthropic/v1/messages, ANTHROPIC_MESSAGES, '', false",
    "/model/anthropic.claude-opus-5-v1%3A0/converse, BEDROCK_CONVERSE,"
        + " anthropic.claude-opus-5-v1:0, false",
    "/model/amazon.nova-pro-v1:0/converse-stream, BEDROCK_CONVERSE, amazon.nova-pro-v1:0, true",
    "/model/eu.anthropic.claude-opus-5/invoke, ANTHROPIC_MESSAGES, eu.anthropic.claude-opus-5,"
        + " false",
    "/model/eu.anthropic.claude-opus-5/invoke-with-response-stream, ANTHROPIC_MESSAGES,"
        + " eu.anthropic.claude-opus-5, true",
    "/v1beta/models/gemini-3.1-pro:generateContent, GEMINI, gemini-3.1-pro, false",
    "/v1beta/models/gemini-3.1-pro:streamGenerateContent?alt=sse, GEMINI, gemini-3.1-pro, true",
    "/v1/projects/p/locations/l/publishers/google/models/gemini-4:generateContent, GEMINI,"
        + " gemini-4, false",
    "/v1/projects/p/locations/l/publishers/anthropic/models/claude-opus-5@20260801:rawPredict,"
        + " ANTHROPIC_MESSAGES, claude-opus-5@20260801, false",
    "/v1/projects/p/locations/l/publishers/anthropic/models/c:streamRawPredict, ANTHROPIC_MESSAGES,"
        + " c, true",
  })
  void path_ofAnApi_tellsDialectModelAndStream(
      String path, Dialect dialect, String model, boolean stream) {
    assertThat(ApiCall.of(path)).isEqualTo(new ApiCall(dialect, model, stream, true));
  }

  @ParameterizedTest
  @CsvSource({
    "/v1/messages/count_tokens",
    "/v1/messages/batches",
    "/v1/responses/input_tokens",
    "/v1/responses/resp_1/cancel",
    "/v1/audio/transcriptions",
    "/v1beta/models/gemini-4:countTokens",
    "/v1beta/models/gemini-4:embedContent",
  })
  void path_ofAnotherCall_promisesNoPrompt(String path) {
    assertThat(ApiCall.of(path).prompt()).isFalse();
  }

  @ParameterizedTest
  @CsvSource({"/", "/v1/threads/t/messages", "/model/meta.llama4/invoke", "/api/generate"})
  void path_thatIsNotKnown_leavesItToTheBody(String path) {
    ApiCall call = ApiCall.of(path);

    assertThat(call.prompt()).isTrue();
    assertThat(call.dialect()).isNull();
  }
}

package dev.warmpath.extproc.usage;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.warmpath.extproc.prompt.Dialect;
import java.io.ByteArrayOutputStream;
import org.junit.jupiter.api.Test;

/** What each API's own report comes to, and the event stream that Bedrock wraps it in. */
class UsageFormTest {

  private static final long UNKNOWN = Usage.UNKNOWN_TOKENS;
  private static final String JSON = "application/json";
  private static final String EVENTS = "text/event-stream";
  private static final byte[] NONE = {};

  private static final String CONVERSE_USAGE =
      """
      {"usage":{"inputTokens":21,"outputTokens":12,"totalTokens":5033,\
      "cacheReadInputTokens":4000,"cacheWriteInputTokens":1000,\
      "cacheDetails":[{"ttl":"1h","inputTokens":400},{"inputTokens":600,"ttl":"5m"}]},\
      "metrics":{"latencyMs":9}}\
      """;

  @Test
  void embeddings_body_hasInputAndNoOutput() {
    Usage usage =
        read(
            Dialect.OPENAI_EMBEDDINGS,
            JSON,
            "{\"object\":\"list\",\"usage\":{\"prompt_tokens\":8,\"total_tokens\":8}}");

    assertThat(usage).isEqualTo(Usage.included(8, UNKNOWN, UNKNOWN, UNKNOWN));
  }

  @Test
  void responses_body_isRead() {
    Usage usage =
        read(
            Dialect.OPENAI_RESPONSES,
            JSON,
            """
            {"id":"resp_1","usage":{"input_tokens":5000,"output_tokens":12,
             "input_tokens_details":{"cached_tokens":4096,"cache_write_tokens":100},
             "output_tokens_details":{"reasoning_tokens":3}}}
            """);

    assertThat(usage).isEqualTo(Usage.of(4096, 100, 0, 804, 12));
  }

  @Test
  void responses_stream_endsWithItsUsageHoweverItEnds() {
    for (String end : new String[] {"completed", "incomplete", "failed"}) {
      Usage usage =
          read(
              Dialect.OPENAI_RESPONSES,
              EVENTS,
              """
              event: response.created
              data: {"type":"response.created","response":{"id":"resp_1","usage":null}}

              data: {"type":"response.output_text.delta","delta":"usage"}

              data: {"type":"response.%s","response":{"id":"resp_1","usage":{"input_tokens":70,\
              "input_tokens_details":{"cached_tokens":64},"output_tokens":2}}}

              """
                  .formatted(end));

      assertThat(usage).as(end).isEqualTo(Usage.of(64, 0, 0, 6, 2));
    }
  }

  @Test
  void gemini_stream_takesTheLastAndAbsentIsNone() {
    Usage usage =
        read(
            Dialect.GEMINI,
            EVENTS,
            """
            data: {"candidates":[{}],"usageMetadata":{"promptTokenCount":3000,\
            "cachedContentTokenCount":2048,"thoughtsTokenCount":7}}

            data: {"candidates":[{}],"usageMetadata":{"promptTokenCount":3000,\
            "candidatesTokenCount":5,"thoughtsTokenCount":9}}

            """);

    assertThat(usage).isEqualTo(Usage.of(0, 0, 0, 3000, 14));
  }

  @Test
  void gemini_bodyAndArray_areRead() {
    String last =
        "{\"usageMetadata\":{\"promptTokenCount\":3000,\"cachedContentTokenCount\":2048,"
            + "\"candidatesTokenCount\":5}}";

    assertThat(read(Dialect.GEMINI, JSON, last)).isEqualTo(Usage.of(2048, 0, 0, 952, 5));
    assertThat(
            read(
                Dialect.GEMINI,
                JSON,
                "[{\"usageMetadata\":{\"promptTokenCount\":3000}}\n,\r\n" + last + "]"))
        .isEqualTo(Usage.of(2048, 0, 0, 952, 5));
  }

  @Test
  void array_brokenOff_keepsItsWholeElements() {
    assertThat(
            read(
                Dialect.GEMINI,
                JSON,
                "[{\"usageMetadata\":{\"promptTokenCount\":9}},"
                    + "{\"usageMetadata\":{\"promptTokenCount\":10}"))
        .isEqualTo(Usage.of(0, 0, 0, 9, 0));
  }

  @Test
  void converse_body_splitsWritesByTimeToLive() {
    assertThat(read(Dialect.BEDROCK_CONVERSE, JSON, CONVERSE_USAGE))
        .isEqualTo(Usage.of(4000, 600, 400, 21, 12));
  }

  @Test
  void converse_withoutCacheCounts_leavesThemUnknown() {
    Usage usage =
        read(Dialect.BEDROCK_CONVERSE, JSON, "{\"usage\":{\"inputTokens\":21,\"outputTokens\":1}}");

    assertThat(usage.uncachedTokens()).isEqualTo(21);
    assertThat(usage.readTokens()).isEqualTo(UNKNOWN);
  }

  @Test
  void converse_stream_metadataIsRead() {
    byte[] stream =
        joined(
            Frames.frame("{\"role\":\"assistant\"}"),
            Frames.frame("{\"contentBlockIndex\":0,\"delta\":{\"text\":\"usage\"}}"),
            Frames.frame(CONVERSE_USAGE));

    assertThat(read(Dialect.BEDROCK_CONVERSE, stream).finish())
        .isEqualTo(Usage.of(4000, 600, 400, 21, 12));
  }

  @Test
  void invokeModel_stream_isThatOfItsModel() {
    byte[] stream =
        joined(
            Frames.chunk(
                "{\"type\":\"message_start\",\"message\":{\"usage\":{\"input_tokens\":21,"
                    + "\"cache_creation_input_tokens\":0,\"cache_read_input_tokens\":4000,"
                    + "\"output_tokens\":1}}}"),
            Frames.chunk("{\"type\":\"message_delta\",\"usage\":{\"output_tokens\":12}}"));

    assertThat(read(Dialect.ANTHROPIC_MESSAGES, stream).finish())
        .isEqualTo(Usage.of(4000, 0, 0, 21, 12));
  }

  @Test
  void frames_cutAnywhere_tellWhatIsWhole() {
    byte[] first = Frames.frame("{\"usage\":{\"inputTokens\":1}}");
    byte[] stream = joined(first, Frames.frame("{\"usage\":{\"inputTokens\":2}}"));
    for (int length = 0; length <= stream.length; length++) {
      UsageReader reader = UsageReader.of(Dialect.BEDROCK_CONVERSE, 200, Frames.TYPE, "");
      reader.feed(stream, 0, length);

      long expected = length == stream.length ? 2 : length >= first.length ? 1 : UNKNOWN;
      assertThat(reader.finish().uncachedTokens()).isEqualTo(expected);
      assertThat(reader.reading()).isEqualTo(expected < 0 ? Reading.ABSENT : Reading.FOUND);
    }
  }

  @Test
  void frames_lengthsThatCannotBe_endTheReading() {
    byte[] payload = "{\"usage\":{\"inputTokens\":1}}".getBytes(UTF_8);
    int whole = 16 + payload.length;
    int[][] lies = {
      {0, 0},
      {15, 0},
      {whole, whole},
      {whole, payload.length + 1},
      {whole, -1},
      {-1, 0},
      {Integer.MIN_VALUE, Integer.MIN_VALUE},
      {Integer.MAX_VALUE, 0},
      {16 + EventFrames.MAX_PAYLOAD_BYTES + 1, 0},
      {16 + EventFrames.MAX_HEADER_BYTES + 1 + payload.length, EventFrames.MAX_HEADER_BYTES + 1},
    };
    for (int[] lie : lies) {
      byte[] stream =
          joined(
              Frames.frame(lie[0], lie[1], NONE, payload),
              Frames.frame(new String(payload, UTF_8)));
      UsageReader reader = read(Dialect.BEDROCK_CONVERSE, stream);

      assertThat(reader.finish()).as("%d, %d", lie[0], lie[1]).isEqualTo(Usage.UNKNOWN);
      assertThat(reader.reading()).as("%d, %d", lie[0], lie[1]).isEqualTo(Reading.BROKEN);
    }
  }

  @Test
  void frames_lengthsThatCouldBeAndAreNot_countNothing() {
    byte[] payload = "{\"usage\":{\"inputTokens\":1}}".getBytes(UTF_8);
    int whole = 16 + payload.length;
    for (int[] lie : new int[][] {{whole - 1, 0}, {whole + 1, 0}, {whole, 5}, {16, 0}, {99, 3}}) {
      byte[] stream =
          joined(Frames.frame(lie[0], lie[1], NONE, payload), Frames.frame("{\"usage\":{}}"));

      assertThat(read(Dialect.BEDROCK_CONVERSE, stream).finish())
          .as("%d, %d", lie[0], lie[1])
          .isEqualTo(Usage.UNKNOWN);
    }
  }

  @Test
  void wrappedEvent_thatIsNoBase64_isNone() {
    for (String bytes : new String[] {"!!!!", "eyJ1c2FnZSI6", "e", "=", "eyJ9=", "7", "\u00e9"}) {
      byte[] stream = Frames.frame("{\"bytes\":\"" + bytes + "\"}");

      assertThat(read(Dialect.ANTHROPIC_MESSAGES, stream).finish())
          .as(bytes)
          .isEqualTo(Usage.UNKNOWN);
    }
  }

  @Test
  void responseId_isKnownWithTheFirstEventThatHasOne() {
    byte[] created =
        "data: {\"response\":{\"output\":[{\"id\":\"msg_1\"}],\"id\":\"resp_\\u0061b\"}}\n\n"
            .getBytes(UTF_8);
    UsageReader reader = UsageReader.of(Dialect.OPENAI_RESPONSES, 200, EVENTS, "");
    for (int i = 0; i < created.length; i++) {
      assertThat(reader.responseId()).isEmpty();
      reader.feed(created, i, 1);
    }
    assertThat(reader.responseId()).isEqualTo("resp_ab");

    byte[] other = "data: {\"response\":{\"id\":\"resp_other\"}}\n\n".getBytes(UTF_8);
    reader.feed(other, 0, other.length);
    reader.finish();
    assertThat(reader.responseId()).isEqualTo("resp_ab");
  }

  @Test
  void responseId_ofABody_isKnownOnceItIsWhole() {
    assertThat(responseId("{\"output\":[{\"id\":\"x\"}],\"id\":\"resp_1\"}")).isEqualTo("resp_1");
    assertThat(responseId("{\"id\":\"resp_1\"")).isEmpty();
    assertThat(responseId("{\"id\":\"resp_1\",\"id\":7}")).isEmpty();
    assertThat(responseId("{\"id\":\"\"}")).isEmpty();
    assertThat(responseId("{\"id\":\"a b\"}")).isEmpty();
    assertThat(responseId("{\"id\":\"\u00e9\"}")).isEmpty();
    String longest = "x".repeat(UsageReader.MAX_ID_BYTES);
    assertThat(responseId("{\"id\":\"" + longest + "\"}")).isEqualTo(longest);
    assertThat(responseId("{\"id\":\"" + longest + "x\"}")).isEmpty();
  }

  @Test
  void responseId_ofAnotherApi_isNone() {
    UsageReader reader = UsageReader.of(Dialect.OPENAI_CHAT, 200, JSON, "");
    byte[] body = "{\"id\":\"chatcmpl-1\"}".getBytes(UTF_8);
    reader.feed(body, 0, body.length);
    reader.finish();

    assertThat(reader.responseId()).isEmpty();
  }

  private static String responseId(String body) {
    UsageReader reader = UsageReader.of(Dialect.OPENAI_RESPONSES, 200, JSON, "");
    byte[] bytes = body.getBytes(UTF_8);
    reader.feed(bytes, 0, bytes.length);
    reader.finish();
    return reader.responseId();
  }

  private static byte[] joined(byte[]... frames) {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    for (byte[] frame : frames) {
      all.writeBytes(frame);
    }
    return all.toByteArray();
  }

  private static UsageReader read(Dialect dialect, byte[] frames) {
    UsageReader reader = UsageReader.of(dialect, 200, Frames.TYPE, "");
    reader.feed(frames, 0, frames.length);
    return reader;
  }

  private static Usage read(Dialect dialect, String type, String body) {
    UsageReader reader = UsageReader.of(dialect, 200, type, "");
    byte[] bytes = body.getBytes(UTF_8);
    reader.feed(bytes, 0, bytes.length);
    return reader.finish();
  }
}

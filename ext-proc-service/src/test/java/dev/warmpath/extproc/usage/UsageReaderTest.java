package dev.warmpath.extproc.usage;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.warmpath.extproc.prompt.Dialect;
import java.lang.management.ManagementFactory;
import org.junit.jupiter.api.Test;

class UsageReaderTest {

  private static final long UNKNOWN = Usage.UNKNOWN_TOKENS;
  private static final String EVENTS = "text/event-stream; charset=utf-8";
  private static final String JSON = "application/json";

  private static final String MESSAGE_START =
      """
      event: message_start
      data: {"type":"message_start","message":{"id":"msg_1","role":"assistant","content":[],\
      "usage":{"input_tokens":21,"cache_creation_input_tokens":1000,"cache_read_input_tokens":4000,\
      "cache_creation":{"ephemeral_5m_input_tokens":600,"ephemeral_1h_input_tokens":400},\
      "output_tokens":1,"service_tier":"standard"}}}

      """;

  @Test
  void anthropicBody_withEverything_isRead() {
    Usage usage =
        read(
            Dialect.ANTHROPIC_MESSAGES,
            JSON,
            """
            {"id":"msg_1","content":[{"type":"text","text":"\\"usage\\":{\\"input_tokens\\":9}"}],
             "usage":{"input_tokens":21,"cache_creation_input_tokens":1000,
              "cache_read_input_tokens":4000,"output_tokens":393,
              "cache_creation":{"ephemeral_5m_input_tokens":600,"ephemeral_1h_input_tokens":400}}}
            """);

    assertThat(usage).isEqualTo(Usage.of(4000, 600, 400, 21, 393));
    assertThat(usage.inputTokens()).isEqualTo(5021);
  }

  @Test
  void anthropicBody_withoutCacheCounts_leavesThemUnknown() {
    Usage usage =
        read(
            Dialect.ANTHROPIC_MESSAGES,
            JSON,
            "{\"usage\":{\"input_tokens\":21,\"output_tokens\":3}}");

    assertThat(usage.uncachedTokens()).isEqualTo(21);
    assertThat(usage.readTokens()).isEqualTo(UNKNOWN);
    assertThat(usage.inputTokens()).isEqualTo(UNKNOWN);
  }

  @Test
  void anthropicStream_deltaWithNulls_keepsWhatTheStartSaid() {
    Usage usage =
        read(
            Dialect.ANTHROPIC_MESSAGES,
            EVENTS,
            MESSAGE_START
                + """
                event: message_delta
                data: {"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{\
                "input_tokens":null,"cache_creation_input_tokens":null,\
                "cache_read_input_tokens":null,"output_tokens":393}}

                event: message_stop
                data: {"type":"message_stop"}

                """);

    assertThat(usage).isEqualTo(Usage.of(4000, 600, 400, 21, 393));
  }

  @Test
  void anthropicStream_deltaWithCumulativeCounts_takesThem() {
    Usage usage =
        read(
            Dialect.ANTHROPIC_MESSAGES,
            EVENTS,
            MESSAGE_START
                + """
                event: message_delta
                data: {"type":"message_delta","usage":{"input_tokens":50,\
                "cache_creation_input_tokens":1000,"cache_read_input_tokens":9000,\
                "output_tokens":393}}

                """);

    assertThat(usage).isEqualTo(Usage.of(9000, 600, 400, 50, 393));
  }

  @Test
  void anthropicStream_deltaWritesMore_dropsTheStaleSplit() {
    Usage usage =
        read(
            Dialect.ANTHROPIC_MESSAGES,
            EVENTS,
            MESSAGE_START
                + """
                data: {"type":"message_delta","usage":{"cache_creation_input_tokens":1500}}

                """);

    assertThat(usage.writtenTokens()).isEqualTo(1500);
    assertThat(usage.written5mTokens()).isEqualTo(UNKNOWN);
  }

  @Test
  void anthropicStream_brokenOff_keepsTheStart() {
    Usage usage =
        read(
            Dialect.ANTHROPIC_MESSAGES,
            EVENTS,
            MESSAGE_START + "event: message_delta\ndata: {\"usage\":{\"output_tokens\":39");

    assertThat(usage.readTokens()).isEqualTo(4000);
    assertThat(usage.outputTokens()).isEqualTo(1);
  }

  @Test
  void openAiStream_finalChunk_isRead() {
    Usage usage =
        read(
            Dialect.OPENAI_CHAT,
            EVENTS,
            """
            data: {"choices":[{"delta":{"content":"\\"usage\\":{\\"prompt_tokens\\":1}"}}],"usage":null}

            data: {"choices":[],"usage":{"prompt_tokens":5000,"completion_tokens":12,\
            "total_tokens":5012,"prompt_tokens_details":{"cached_tokens":4096,"audio_tokens":0}}}

            data: [DONE]

            """);

    assertThat(usage).isEqualTo(Usage.of(4096, 0, 0, 904, 12));
  }

  @Test
  void openAiStream_usageInEveryChunk_takesTheLast() {
    Usage usage =
        read(
            Dialect.OPENAI_CHAT,
            EVENTS,
            """
            data: {"choices":[{}],"usage":{"prompt_tokens":50,"completion_tokens":1}}

            data: {"choices":[{}],"usage":{"prompt_tokens":50,"completion_tokens":2}}

            """);

    assertThat(usage.outputTokens()).isEqualTo(2);
    assertThat(usage.inputTokens()).isEqualTo(50);
  }

  @Test
  void openAiBody_detailsNull_knowsTheTotalAndNotTheSplit() {
    Usage usage =
        read(
            Dialect.OPENAI_CHAT,
            JSON,
            """
            {"choices":[],"usage":{"prompt_tokens":70,"completion_tokens":2,
             "prompt_tokens_details":null}}
            """);

    assertThat(usage).isEqualTo(Usage.included(70, UNKNOWN, UNKNOWN, 2));
    assertThat(usage.readTokens()).isEqualTo(UNKNOWN);
    assertThat(usage.uncachedTokens()).isEqualTo(UNKNOWN);
  }

  @Test
  void openAiBody_withWrites_takesThemFromTheTotal() {
    Usage usage =
        read(
            Dialect.OPENAI_CHAT,
            JSON,
            """
            {"usage":{"prompt_tokens":5000,"completion_tokens":2,
             "prompt_tokens_details":{"cached_tokens":1024,"cache_write_tokens":3000}}}
            """);

    assertThat(usage).isEqualTo(Usage.of(1024, 3000, 0, 976, 2));
  }

  @Test
  void openAiBody_otherNamesForReads_areKnown() {
    assertThat(
            read(
                    Dialect.OPENAI_CHAT,
                    JSON,
                    "{\"usage\":{\"prompt_tokens\":9,\"prompt_cache_hit_tokens\":4}}")
                .uncachedTokens())
        .isEqualTo(5);
    assertThat(
            read(Dialect.OPENAI_CHAT, JSON, "{\"usage\":{\"prompt_tokens\":9,\"cached_tokens\":3}}")
                .uncachedTokens())
        .isEqualTo(6);
    assertThat(
            read(
                    Dialect.OPENAI_CHAT,
                    JSON,
                    "{\"usage\":{\"prompt_tokens\":9},\"timings\":{\"cache_n\":2}}")
                .uncachedTokens())
        .isEqualTo(7);
  }

  @Test
  void memberTwice_lastOne_counts() {
    assertThat(
            read(
                Dialect.OPENAI_CHAT,
                JSON,
                "{\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":1},"
                    + "\"usage\":{\"prompt_tokens\":7}}"))
        .isEqualTo(Usage.included(7, UNKNOWN, UNKNOWN, UNKNOWN));
  }

  @Test
  void name_writtenWithEscapes_isKnown() {
    assertThat(
            read(Dialect.OPENAI_CHAT, JSON, "{\"us\\u0061ge\":{\"prompt\\u005ftokens\":7}}")
                .inputTokens())
        .isEqualTo(7);
  }

  @Test
  void count_thatIsNone_isUnknown() {
    for (String value :
        new String[] {"-1", "1.0", "1e3", "\"5\"", "null", "{}", "[1]", "true", "99999999999999"}) {
      assertThat(read(Dialect.OPENAI_CHAT, JSON, "{\"usage\":{\"prompt_tokens\":" + value + "}}"))
          .as(value)
          .isEqualTo(Usage.UNKNOWN);
    }
  }

  @Test
  void body_cutAnywhere_isUnknownAndBroken() {
    byte[] body =
        "{\"a\":[1,{\"b\":\"x\"}],\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":1}}"
            .getBytes(UTF_8);
    for (int length = 0; length < body.length; length++) {
      UsageReader reader = UsageReader.of(Dialect.OPENAI_CHAT, 200, JSON, "");
      reader.feed(body, 0, length);

      assertThat(reader.finish()).isEqualTo(Usage.UNKNOWN);
      assertThat(reader.reading()).isEqualTo(Reading.BROKEN);
    }
  }

  @Test
  void body_withTrailingBytes_isBroken() {
    assertThat(read(Dialect.OPENAI_CHAT, JSON, "{\"usage\":{\"prompt_tokens\":7}}x"))
        .isEqualTo(Usage.UNKNOWN);
  }

  @Test
  void body_deeperThanTheBound_isGivenUp() {
    String deep = "[".repeat(JsonCounts.MAX_DEPTH) + "]".repeat(JsonCounts.MAX_DEPTH);

    assertThat(
            read(Dialect.OPENAI_CHAT, JSON, "{\"a\":" + deep + ",\"usage\":{\"prompt_tokens\":7}}"))
        .isEqualTo(Usage.UNKNOWN);
  }

  @Test
  void stream_oddButLegalLines_areRead() {
    String body =
        "\ufeff: a comment\r\n"
            + "data\r\n"
            + "id: 7\r"
            + "datax: {\"usage\":{\"prompt_tokens\":1}}\r\n"
            + "data:{\"usage\":\r\n"
            + "data: {\"prompt_tokens\":\r"
            + "data:7}\n"
            + "retry: 10\n"
            + "data: }\r\n\r\n";

    assertThat(read(Dialect.OPENAI_CHAT, EVENTS, body).inputTokens()).isEqualTo(7);
  }

  @Test
  void stream_lastEventWithoutEmptyLine_counts() {
    assertThat(
            read(Dialect.OPENAI_CHAT, EVENTS, "data: {\"usage\":{\"prompt_tokens\":7}}")
                .inputTokens())
        .isEqualTo(7);
  }

  @Test
  void contentType_absent_firstByteDecides() {
    assertThat(read(Dialect.OPENAI_CHAT, "", " \n{\"usage\":{\"prompt_tokens\":7}}").inputTokens())
        .isEqualTo(7);
    assertThat(
            read(Dialect.OPENAI_CHAT, "", "data: {\"usage\":{\"prompt_tokens\":7}}\n\n")
                .inputTokens())
        .isEqualTo(7);
    assertThat(read(Dialect.ANTHROPIC_MESSAGES, "", MESSAGE_START).readTokens()).isEqualTo(4000);
  }

  @Test
  void reading_notRead_saysWhy() {
    assertThat(reading(200, "text/html", "", "<p>")).isEqualTo(Reading.CONTENT_TYPE);
    assertThat(reading(200, JSON, "gzip", "\u001f")).isEqualTo(Reading.CONTENT_ENCODING);
    assertThat(reading(500, JSON, "", "{\"usage\":{\"prompt_tokens\":7}}"))
        .isEqualTo(Reading.STATUS);
    assertThat(reading(200, JSON, "", "{}")).isEqualTo(Reading.ABSENT);
    assertThat(reading(200, EVENTS, "", "data: {}\n\n")).isEqualTo(Reading.ABSENT);
    assertThat(reading(200, JSON, "identity", "{\"usage\":{\"prompt_tokens\":7}}"))
        .isEqualTo(Reading.FOUND);
  }

  @Test
  void rejectedField_errorNamesIt_isTold() {
    String error =
        "{\"type\":\"error\",\"error\":{\"type\":\"invalid_request_error\",\"message\":"
            + "\"system.0.cache_control: Extra inputs are not permitted\"}}";

    assertThat(rejected(400, error)).isEqualTo("cache_control");
    assertThat(rejected(422, "{\"error\":{\"message\":\"Unknown field: cache_salt\"}}"))
        .isEqualTo("cache_salt");
    assertThat(rejected(400, "{\"error\":{\"message\":\"max_tokens: too large\"}}")).isEmpty();
    assertThat(rejected(200, error)).isEmpty();
  }

  @Test
  void feed_longResponse_allocatesNothing() {
    var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
    byte[] chunk =
        ("data: {\"delta\":{\"text\":\"" + "word ".repeat(2000) + "\"}}\n\n").getBytes(UTF_8);
    byte[] array = "[[{\"usage\":1},".repeat(100).getBytes(UTF_8);
    for (String type : new String[] {EVENTS, JSON}) {
      UsageReader reader = UsageReader.of(Dialect.ANTHROPIC_MESSAGES, 200, type, "");
      byte[] bytes = type.equals(EVENTS) ? chunk : array;
      long allocated = Long.MAX_VALUE;
      for (int round = 0; round < 10; round++) {
        long before = threads.getCurrentThreadAllocatedBytes();
        for (int i = 0; i < 100; i++) {
          reader.feed(bytes, 0, bytes.length);
        }
        allocated = Math.min(allocated, threads.getCurrentThreadAllocatedBytes() - before);
      }

      assertThat(allocated).isZero();
      assertThat(reader.finish()).isEqualTo(Usage.UNKNOWN);
    }
  }

  private static String rejected(int status, String body) {
    UsageReader reader = UsageReader.of(Dialect.ANTHROPIC_MESSAGES, status, JSON, "");
    byte[] bytes = body.getBytes(UTF_8);
    int half = bytes.length / 2;
    reader.feed(bytes, 0, half);
    reader.feed(bytes, half, bytes.length - half);
    assertThat(reader.finish()).isEqualTo(Usage.UNKNOWN);
    return reader.rejectedField();
  }

  private static Reading reading(int status, String type, String encoding, String body) {
    UsageReader reader = UsageReader.of(Dialect.OPENAI_CHAT, status, type, encoding);
    byte[] bytes = body.getBytes(UTF_8);
    reader.feed(bytes, 0, bytes.length);
    reader.finish();
    return reader.reading();
  }

  private static Usage read(Dialect dialect, String type, String body) {
    UsageReader reader = UsageReader.of(dialect, 200, type, "");
    byte[] bytes = body.getBytes(UTF_8);
    reader.feed(bytes, 0, bytes.length);
    return reader.finish();
  }
}

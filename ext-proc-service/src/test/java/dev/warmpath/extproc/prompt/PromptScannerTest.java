package dev.warmpath.extproc.prompt;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.fail;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class PromptScannerTest {

  private final PromptScanner scanner =
      new PromptScanner(new PromptScanner.Limits(8 << 20, 128, 8192));
  private final Prompt prompt = new Prompt();

  @Test
  void openAiRequest_withEverything_isReadInCacheOrder() {
    String body =
        """
        {"model": "llama \\u0033", "stream": true, "max_completion_tokens": 7, "max_tokens": 9,
         "messages": [
           {"role": "developer", "content": "Be \\"brief\\"."},
           {"role": "user", "content": [{"type": "text", "text": "Hel"}, {"text": "lo", "type": "text"}]},
           {"role": "tool", "tool_call_id": "c1", "content": "42"}],
         "tools": [{"type": "function", "function": {"name": "f", "strict": true}}],
         "tool_choice": "auto", "cache_salt": "s\\n"}
        """;

    assertThat(scan(body, Dialect.OPENAI_CHAT)).isEqualTo(Verdict.OK);

    assertThat(prompt.model()).isEqualTo("llama 3");
    assertThat(body.substring(prompt.modelStart(), prompt.modelEnd())).isEqualTo("llama \\u0033");
    assertThat(prompt.stream()).isTrue();
    assertThat(prompt.maxOutputTokens()).isEqualTo(7);
    assertThat(prompt.hasTools()).isTrue();
    assertThat(prompt.segments()).isEqualTo(4);
    assertThat(segment(0))
        .isEqualTo("TOOL SYSTEM <{\"type>:\"function>,\"function>:{\"name>:\"f>,\"strict>:true}}>");
    assertThat(segment(1)).isEqualTo("SYSTEM SYSTEM Be \\\"brief\\\".<\"role>:\"developer>>");
    assertThat(segment(2)).isEqualTo("MESSAGE USER Hello");
    assertThat(segment(3)).isEqualTo("MESSAGE TOOL 42<\"tool_call_id>:\"c1>>");
    assertThat(parameters(Parameter.Position.AFTER_SYSTEM)).isEqualTo("<\"tool_choice>:\"auto>>");
    assertThat(text(prompt.cacheSaltTextStart(), prompt.cacheSaltTextEnd())).isEqualTo("s\\n");
    assertThat(body.substring(prompt.cacheSaltStart(), prompt.cacheSaltEnd())).isEqualTo("s\\n");
    assertThat(prompt.partsStart(2)).isEqualTo(3);
    assertThat(prompt.partsEnd(2)).isEqualTo(5);
    assertThat(body.substring(prompt.partRawStart(4), prompt.partRawEnd(4)))
        .isEqualTo("{\"text\": \"lo\", \"type\": \"text\"}");
    assertThat(text(prompt.partTextStart(4), prompt.partTextEnd(4))).isEqualTo("lo");
    assertThat(prompt.partIsString(2)).isFalse();
    assertThat(prompt.partIsString(5)).isTrue();
  }

  @Test
  void anthropicRequest_withMarkers_countsThemAndLeavesThemOut() {
    String marked =
        """
        {"max_tokens": 5, "cache_control": {"type": "ephemeral"},
         "messages": [
           {"role": "user", "content": [
             {"type": "text", "text": "a", "cache_control": {"type": "ephemeral", "ttl": "1h"}},
             {"type": "tool_result", "tool_use_id": "t", "content": [
               {"type": "text", "text": "b", "cache_control": {"type": "ephemeral"}}]},
             {"type": "text", "text": "c", "cache_control": null}]}],
         "system": [{"type": "text", "text": "sys", "cache_control": {"type": "ephemeral"}}],
         "tools": [{"name": "f", "cache_control": {"ttl": "5m"},
                    "input_schema": {"properties": {"cache_control": {}}}}]}
        """;
    String bare =
        """
        {"tools": [{"name": "f", "input_schema": {"properties": {"cache_control": {}}}}],
         "system": "sys",
         "messages": [
           {"role": "user", "content": [
             {"type": "text", "text": "a"},
             {"type": "tool_result", "tool_use_id": "t", "content": [{"type": "text", "text": "b"}]},
             {"type": "text", "text": "c"}]}]}
        """;

    assertThat(scan(marked, Dialect.ANTHROPIC_MESSAGES)).isEqualTo(Verdict.OK);
    String text = text(0, prompt.textLength());
    assertThat(prompt.markers()).isEqualTo(5);
    assertThat(prompt.topLevelMarker()).isTrue();
    List<Integer> seconds = new ArrayList<>();
    for (int part = 0; part < prompt.parts(); part++) {
      seconds.add(prompt.partMarker(part));
    }
    assertThat(seconds).containsExactly(300, 300, 3600, 0, 0);

    assertThat(scan(bare, Dialect.ANTHROPIC_MESSAGES)).isEqualTo(Verdict.OK);
    assertThat(prompt.markers()).isZero();
    assertThat(prompt.topLevelMarker()).isFalse();
    assertThat(text(0, prompt.textLength())).isEqualTo(text).contains("cache_control");
  }

  @Test
  void openAiBreakpoint_onPart_isMarkerOfHalfAnHour() {
    String body =
        """
        {"messages":[{"role":"user","content":[
          {"type":"text","text":"a","prompt_cache_breakpoint":{"mode":"explicit"}}]}]}\
        """;

    assertThat(scan(body, Dialect.OPENAI_CHAT)).isEqualTo(Verdict.OK);
    assertThat(prompt.partMarker(0)).isEqualTo(1800);
    assertThat(segment(0)).isEqualTo("MESSAGE USER a");
  }

  @Test
  void image_whateverItsSize_isDigest() {
    String image =
        """
        {"messages":[{"role":"user","content":[{"type":"image","source":{"data":"%s"}}]}]}\
        """;

    assertThat(scan(image.formatted("A".repeat(100_000)), Dialect.ANTHROPIC_MESSAGES))
        .isEqualTo(Verdict.OK);
    assertThat(prompt.partKind(0)).isEqualTo(PartKind.IMAGE);
    assertThat(prompt.textLength()).isEqualTo(34);
    String first = text(0, 34);
    assertThat(scan(image.formatted("A".repeat(99_999) + "B"), Dialect.ANTHROPIC_MESSAGES))
        .isEqualTo(Verdict.OK);
    assertThat(text(0, 34)).matches("<[0-9a-f]{32}>").isNotEqualTo(first);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "`` | EMPTY",
        "` \n\t\r ` | EMPTY",
        "{ | UNFINISHED",
        "{\"messages\": [{\"role\": \"us | UNFINISHED",
        "{\"messages\": [{\"role\": \"user\\ | UNFINISHED",
        "{\"messages\": tru | UNFINISHED",
        "{\"messages\": - | UNFINISHED",
        "nonsense | NOT_JSON",
        "{'messages': []} | NOT_JSON",
        "{\"messages\": [],} | NOT_JSON",
        "{\"messages\": [,]} | NOT_JSON",
        "{\"messages\" []} | NOT_JSON",
        "{\"a\": \"\u0001\"} | NOT_JSON",
        "{\"a\": \"\\x\"} | NOT_JSON",
        "{\"a\": \"\\u12g4\"} | NOT_JSON",
        "{\"a\": \"\\ud800\"} | LONE_SURROGATE",
        "{\"a\": \"\\udc00\\ud800\"} | LONE_SURROGATE",
        "{\"a\": \"\\ud800\\u0041\"} | LONE_SURROGATE",
        "{\"messages\": []} | NO_PROMPT",
        "{\"messages\": null} | NO_PROMPT",
        "{} | NO_PROMPT",
        "{\"prompt\": \"once upon a time\"} | NO_PROMPT",
        "[] | UNEXPECTED_SHAPE",
        "7 | UNEXPECTED_SHAPE",
        "7 7 | TRAILING_BYTES",
        "{\"messages\": {}} | UNEXPECTED_SHAPE",
        "{\"messages\": [1]} | UNEXPECTED_SHAPE",
        "{\"messages\": [{}]} | UNEXPECTED_SHAPE",
        "{\"messages\": [{\"role\": 1}]} | UNEXPECTED_SHAPE",
        "{\"messages\": [{\"role\": \"user\", \"content\": 1}]} | UNEXPECTED_SHAPE",
        "{\"messages\": [{\"role\": \"user\", \"content\": [1]}]} | UNEXPECTED_SHAPE",
        "{\"model\": 1, \"messages\": []} | UNEXPECTED_SHAPE",
        "{\"messages\": [], \"mess\\u0061ges\": []} | DUPLICATE_KEY",
        "{\"messages\": [{\"role\": \"user\", \"role\": \"user\"}]} | DUPLICATE_KEY",
        "{\"messages\": [{\"role\": \"user\", \"content\": \"a\"}]} {} | TRAILING_BYTES",
        "{\"messages\": [{\"role\": \"user\", \"content\": null}]} | OK",
        "{\"x\": 1, \"x\": 2, \"messages\": [{\"role\": \"user\"}]} | OK",
      })
  void body_thatCannotBeRead_isRefusedForItsReason(String body, Verdict expected) {
    assertThat(scan(body, Dialect.OPENAI_CHAT)).isEqualTo(expected);
  }

  @Test
  void body_paddedWithZeros_hasTrailingBytes() {
    String body = "{\"messages\": [{\"role\": \"user\", \"content\": \"a\"}]}";

    assertThat(scan(body + "\u0000", Dialect.OPENAI_CHAT)).isEqualTo(Verdict.TRAILING_BYTES);
  }

  @ParameterizedTest
  @ValueSource(strings = {"EF BB BF 7B 7D", "FE FF 00 7B", "FF FE 7B 00"})
  void byteOrderMark_ofAnyEncoding_isRefused(String hex) {
    assertThat(scan(bytes(hex), Dialect.OPENAI_CHAT)).isEqualTo(Verdict.BYTE_ORDER_MARK);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "80",
        "BF",
        "C0 AF",
        "C1 81",
        "C3 28",
        "E0 9F BF",
        "E1 80 28",
        "ED A0 80",
        "ED BF BF",
        "F0 8F BF BF",
        "F0 90 80 28",
        "F4 90 80 80",
        "F5 80 80 80",
        "FE",
        "FF",
      })
  void malformedUtf8_inString_isRefused(String hex) {
    byte[] body =
        "{\"messages\": [{\"role\": \"user\", \"content\": \"12345678    \"}]}".getBytes(UTF_8);
    byte[] malformed = bytes(hex);
    System.arraycopy(malformed, 0, body, body.length - 5 - malformed.length, malformed.length);

    assertThat(scan(body, Dialect.OPENAI_CHAT)).isEqualTo(Verdict.INVALID_UTF8);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "0",
        "-0",
        "10",
        "1.5",
        "1e5",
        "1E+5",
        "-1.25e-10",
        "true",
        "false",
        "null",
        "\"\"",
        "\"\\/\\b\\f\\n\\r\\t\\\"\\\\\"",
        "\"\\u0000\"",
        "\"\\uD834\\uDD1E\"",
        "\"\u007f\"",
        "\"\uffff\"",
        "[]",
        "{}",
        "[ ]",
        "{ }",
        "[[[]]]",
        "{\"\":0}",
        "{\"a\":{\"a\":0}}",
        "[1 , 2]",
        "\"😀\"",
      })
  void json_ofEveryForm_isRead(String value) {
    assertThat(scan(withMember(value), Dialect.OPENAI_CHAT)).isEqualTo(Verdict.OK);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "00",
        "01",
        "-",
        "--1",
        "+1",
        ".5",
        "1.",
        "1.e1",
        "1e",
        "1e+",
        "0x1",
        "1_0",
        "Infinity",
        "NaN",
        "tru",
        "True",
        "nul",
        "nulll",
        "''",
        "\"\t\"",
        "\"\n\"",
        "\"\\a\"",
        "\"\\u00\"",
        "[1,]",
        "[,1]",
        "[1 2]",
        "[1",
        "]",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\":1,}",
        "{a:1}",
        "{1:1}",
        "{\"a\" 1}",
        "{\"a\":1 \"b\":2}",
        "/**/1",
        "1//",
        "\u00a0",
        "\u000b1",
        "\"a\"\"b\"",
        "*",
      })
  void brokenJson_anywhere_isRefused(String value) {
    assertThat(scan(withMember(value), Dialect.OPENAI_CHAT)).isEqualTo(Verdict.NOT_JSON);
  }

  private static String withMember(String value) {
    return "{\"messages\":[{\"role\":\"user\",\"content\":\"a\"}],\"x\":" + value + "}";
  }

  @Test
  void body_largerThanTheLimit_isTooLarge() {
    PromptScanner small = new PromptScanner(new PromptScanner.Limits(10, 8, 10));

    assertThat(small.scan(new byte[11], 11, Dialect.OPENAI_CHAT, prompt))
        .isEqualTo(Verdict.TOO_LARGE);
  }

  @Test
  void nesting_atTheLimitAndBeyond_isReadAndRefused() {
    assertThat(scan(withMember("[".repeat(127) + "]".repeat(127)), Dialect.OPENAI_CHAT))
        .isEqualTo(Verdict.OK);
    assertThat(scan(withMember("[".repeat(128) + "]".repeat(128)), Dialect.OPENAI_CHAT))
        .isEqualTo(Verdict.TOO_DEEP);
    assertThat(scan("[".repeat(10_000), Dialect.OPENAI_CHAT)).isEqualTo(Verdict.TOO_DEEP);
    assertThat(scan(withMember("{\"a\":".repeat(10_000)), Dialect.ANTHROPIC_MESSAGES))
        .isEqualTo(Verdict.TOO_DEEP);
  }

  @Test
  void nesting_ofBlocksInBlocks_isBoundedToo() {
    String open = "{\"type\":\"tool_result\",\"content\":[";

    assertThat(
            scan(
                "{\"messages\":[{\"role\":\"user\",\"content\":[" + open.repeat(10_000),
                Dialect.ANTHROPIC_MESSAGES))
        .isEqualTo(Verdict.TOO_DEEP);
  }

  @Test
  void segments_atTheLimitAndBeyond_areReadAndRefused() {
    PromptScanner ten = new PromptScanner(new PromptScanner.Limits(1 << 20, 8, 10));
    String message = "{\"role\":\"user\",\"content\":\"a\"}";
    byte[] five = ("{\"messages\":[" + (message + ",").repeat(4) + message + "]}").getBytes(UTF_8);
    byte[] six = ("{\"messages\":[" + (message + ",").repeat(5) + message + "]}").getBytes(UTF_8);
    byte[] parts =
        ("{\"messages\":[{\"role\":\"user\",\"content\":["
                + "{\"type\":\"text\",\"text\":\"\"},".repeat(9)
                + "{}]}]}")
            .getBytes(UTF_8);

    assertThat(ten.scan(five, five.length, Dialect.OPENAI_CHAT, prompt)).isEqualTo(Verdict.OK);
    assertThat(ten.scan(six, six.length, Dialect.OPENAI_CHAT, prompt))
        .isEqualTo(Verdict.TOO_MANY_SEGMENTS);
    assertThat(ten.scan(parts, parts.length, Dialect.OPENAI_CHAT, prompt))
        .isEqualTo(Verdict.TOO_MANY_SEGMENTS);
  }

  @ParameterizedTest
  @CsvSource({"0, 8, 1", "1, 7, 1", "1, 1025, 1", "1, 8, 0"})
  void limits_outOfRange_areRefused(int maxBodyBytes, int maxDepth, int maxSegments) {
    assertThatThrownBy(() -> new PromptScanner.Limits(maxBodyBytes, maxDepth, maxSegments))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("(expected: ");
  }

  @ParameterizedTest
  @CsvSource({
    "5, 5",
    "0, 0",
    "-5, -1",
    "1.0, -1",
    "1e3, -1",
    "\"5\", -1",
    "null, -1",
    "9999999999999999999999, -1"
  })
  void maxTokens_thatIsNoCount_isUnknown(String value, long expected) {
    String body = "{\"max_tokens\":" + value + ",\"messages\":[{\"role\":\"user\"}]}";

    assertThat(scan(body, Dialect.OPENAI_CHAT)).isEqualTo(Verdict.OK);
    assertThat(prompt.maxOutputTokens()).isEqualTo(expected);
  }

  @ParameterizedTest
  @EnumSource
  void scan_ofRequestsSeenBefore_allocatesNothing(Dialect dialect) {
    Random random = new Random(7);
    List<byte[]> bodies = new ArrayList<>();
    for (int i = 0; i < 150; i++) {
      bodies.add(new Requests(random).request(dialect).compact().getBytes(UTF_8));
    }
    // Data of media is hashed by a library that returns 32 bytes each; these have none.
    bodies.removeIf(
        b ->
            new String(b, UTF_8)
                .matches(
                    "(?s).*\"(image|image_url|input_image|file|input_file|input_audio|document"
                        + "|video|inlineData|inline_data|fileData|file_data)\".*"));
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long allocated = Long.MAX_VALUE;
    for (int round = 0; round < 20; round++) {
      long before = threads.getCurrentThreadAllocatedBytes();
      for (int i = 0; i < bodies.size(); i++) {
        byte[] body = bodies.get(i);
        scanner.scan(body, body.length, dialect, prompt);
      }
      allocated = Math.min(allocated, threads.getCurrentThreadAllocatedBytes() - before);
    }

    assertThat(bodies).hasSizeGreaterThan(5);
    assertThat(allocated).isZero();
  }

  /** Bodies whose scan would take more than linear time if something were read again and again. */
  @ParameterizedTest
  @EnumSource(Hostile.class)
  void scan_ofHostileBody_takesLinearTime(Hostile hostile) {
    PromptScanner wide = new PromptScanner(new PromptScanner.Limits(16 << 20, 128, 1_000_000));
    int[] megabytes = {1, 2, 4, 8};
    long[] fastest = {Long.MAX_VALUE, Long.MAX_VALUE, Long.MAX_VALUE, Long.MAX_VALUE};
    // Eight times, were it not for caches and a compiler that is still at work; quadratic would be
    // 64 times, however often it is tried.
    for (int round = 0; round < 20; round++) {
      for (int i = 0; i < fastest.length; i++) {
        fastest[i] = Math.min(fastest[i], cpuNanos(wide, hostile, megabytes[i]));
      }
      if (round > 0 && fastest[3] < 24 * fastest[0] && fastest[3] < 6 * fastest[2]) {
        return;
      }
    }
    fail("%s ns for %s MB", Arrays.toString(fastest), Arrays.toString(megabytes));
  }

  /** Of this thread, so that neighbours on the machine don't count. */
  private long cpuNanos(PromptScanner wide, Hostile hostile, int megabytes) {
    byte[] body = hostile.body(megabytes << 20);
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long start = threads.getCurrentThreadCpuTime();
    assertThat(wide.scan(body, body.length, hostile.dialect, prompt)).isEqualTo(hostile.verdict);
    return threads.getCurrentThreadCpuTime() - start;
  }

  enum Hostile {
    LONG_TEXT("{\"messages\":[{\"role\":\"user\",\"content\":\"", "lorem ipsum dolor ", "\"}]}"),
    ESCAPES("{\"messages\":[{\"role\":\"user\",\"content\":\"", "\\u00e9\\\\", "\"}]}"),
    UNCLOSED(
        Dialect.ANTHROPIC_MESSAGES,
        Verdict.UNFINISHED,
        "{\"messages\":[{\"role\":\"user\",\"content\":\"",
        "a\\\"",
        ""),
    WHITE_SPACE(Dialect.ANTHROPIC_MESSAGES, Verdict.NO_PROMPT, "{", " \n", "}"),
    MESSAGES_OUT_OF_ORDER(
        "{\"messages\":[",
        "{\"name\":\"n\",\"content\":\"c\",\"role\":\"x\"},",
        "{\"role\":\"user\"}],\"tools\":[]}"),
    LATE_MEMBERS(
        "{\"messages\":[{",
        "\"x\":\"yyyyyyyy\",",
        "\"name\":\"n\",\"role\":\"user\",\"content\":\"c\"}]}"),
    IMAGES("{\"messages\":[{\"role\":\"user\",\"content\":[", "{\"type\":\"image\"},", "{}]}]}"),
    ALMOST_TEXT(
        "{\"messages\":[{\"role\":\"user\",\"content\":[",
        "{\"text\":\"almost\",\"type\":\"x\"},",
        "{}]}]}"),
    TOOLS_LAST(
        "{\"messages\":[{\"role\":\"user\"}],\"system\":\"s\",\"tools\":[",
        "{\"name\":\"a tool\",\"x\":1},",
        "{}]}"),
    KEYS("{\"messages\":[{\"role\":\"user\"}]", ",\"key\":1", "}"),
    TYPES_BEHIND(
        Dialect.OPENAI_RESPONSES,
        Verdict.OK,
        "{\"input\":[",
        "{\"content\":7,\"type\":\"x_call\"},",
        "{}],\"instructions\":\"s\"}"),
    CACHE_POINTS(
        Dialect.BEDROCK_CONVERSE,
        Verdict.OK,
        "{\"messages\":[{\"role\":\"user\",\"content\":[",
        "{\"cachePoint\":{}},{\"text\":\"a\",\"x\":1},",
        "{}]}],\"system\":[{\"text\":\"s\"}],\"toolConfig\":{\"tools\":[{\"toolSpec\":{}}]}}"),
    PARTS_IN_PARTS(
        Dialect.GEMINI,
        Verdict.OK,
        "{\"contents\":[{\"parts\":[{\"functionResponse\":{\"parts\":[",
        "{\"inlineData\":{\"mimeType\":\"image/png\"}},",
        "{}]}}]}]}"),
    TOKEN_IDS(Dialect.OPENAI_COMPLETIONS, Verdict.OK, "{\"prompt\":[", "7, ", "7]}"),
    TOKENS_THEN_TEXT(
        Dialect.OPENAI_EMBEDDINGS, Verdict.UNEXPECTED_SHAPE, "{\"input\":[", "7,", "\"a\"]}");

    private final Dialect dialect;
    private final Verdict verdict;
    private final String start;
    private final String repeated;
    private final String end;

    Hostile(String start, String repeated, String end) {
      this(Dialect.ANTHROPIC_MESSAGES, Verdict.OK, start, repeated, end);
    }

    Hostile(Dialect dialect, Verdict verdict, String start, String repeated, String end) {
      this.dialect = dialect;
      this.verdict = verdict;
      this.start = start;
      this.repeated = repeated;
      this.end = end;
    }

    byte[] body(int bytes) {
      return (start + repeated.repeat(bytes / repeated.length()) + end).getBytes(UTF_8);
    }
  }

  private Verdict scan(String body, Dialect dialect) {
    return scan(body.getBytes(UTF_8), dialect);
  }

  private Verdict scan(byte[] body, Dialect dialect) {
    return scanner.scan(body, body.length, dialect, prompt);
  }

  private static byte[] bytes(String hex) {
    return java.util.HexFormat.ofDelimiter(" ").parseHex(hex);
  }

  private String segment(int segment) {
    return prompt.kind(segment)
        + " "
        + prompt.role(segment)
        + " "
        + text(prompt.textStart(segment), prompt.textEnd(segment));
  }

  /** With readable frames. */
  private String text(int from, int to) {
    return new String(prompt.text(), from, to - from, ISO_8859_1)
        .replace('\u00fe', '<')
        .replace('\u00ff', '>');
  }

  private String parameters(Parameter.Position position) {
    return text(prompt.parametersStart(position), prompt.parametersEnd(position));
  }
}

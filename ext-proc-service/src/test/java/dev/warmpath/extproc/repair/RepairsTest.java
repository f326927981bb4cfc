package dev.warmpath.extproc.repair;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.re2j.Pattern;
import dev.warmpath.extproc.annotate.Splices;
import dev.warmpath.extproc.prompt.Dialect;
import dev.warmpath.extproc.prompt.Prompt;
import dev.warmpath.extproc.prompt.PromptScanner;
import dev.warmpath.extproc.prompt.Verdict;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RepairsTest {

  private static final Repairs SORT_TOOLS = new Repairs(true, false, List.of());
  private static final Repairs SORT_SCHEMAS = new Repairs(false, true, List.of());
  private static final Repairs MOVE_DATE = moving("Today is .*");
  private static final String USER = "\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}";

  private final PromptScanner scanner =
      new PromptScanner(new PromptScanner.Limits(1 << 20, 64, 1000));
  private final List<String> counted = new ArrayList<>();

  private static Repairs moving(String pattern) {
    return new Repairs(false, false, List.of(Pattern.compile(pattern)));
  }

  private String repaired(Repairs repairs, Dialect dialect, String body) {
    byte[] bytes = body.getBytes(UTF_8);
    Prompt prompt = new Prompt();
    assertThat(scanner.scan(bytes, bytes.length, dialect, prompt)).isEqualTo(Verdict.OK);
    counted.clear();
    Splices splices =
        repairs.plan(prompt, (repair, decision) -> counted.add(repair + " " + decision.label()));
    byte[] better = splices.apply(bytes, bytes.length);
    assertThat(scanner.scan(better, better.length, dialect, prompt)).isEqualTo(Verdict.OK);
    return new String(better, UTF_8);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "OPENAI_CHAT | {\"type\":\"function\", \"function\":{\"strict\":true,\"name\" : \"%s\"}}",
        "OPENAI_RESPONSES | {\"type\":\"function\",\"name\":\"%s\"}",
        "ANTHROPIC_MESSAGES | {\"name\":\"%s\",\"input_schema\":{\"name\":{}}}",
        "BEDROCK_CONVERSE | {\"toolSpec\":{\"name\":\"%s\"}}",
      })
  void tools_inAnyOrder_areTheSameBytes(Dialect dialect, String tool) {
    Random random = new Random(7);
    List<String> tools = new ArrayList<>();
    for (String name : List.of("get_b", "get_a", "get", "z", "Get", "ü", "get_a2")) {
      tools.add(tool.formatted(name));
    }
    String first = null;
    for (int i = 0; i < 20; i++) {
      Collections.shuffle(tools, random);
      String better = repaired(SORT_TOOLS, dialect, body(dialect, tools));
      first = first == null ? better : first;

      assertThat(better).isEqualTo(first);
      assertThat(repaired(SORT_TOOLS, dialect, better)).isEqualTo(better);
      assertThat(counted).containsExactly("tools nothing_to_do");
    }
    assertThat(first).contains(tool.formatted("Get") + " ,\n " + tool.formatted("get") + " ,\n ");
  }

  private static String body(Dialect dialect, List<String> tools) {
    String list = "\"tools\":[ " + String.join(" ,\n ", tools) + " ]";
    return switch (dialect) {
      case OPENAI_RESPONSES -> "{" + list + ",\"input\":\"Hi\"}";
      case BEDROCK_CONVERSE ->
          "{\"toolConfig\":{"
              + list
              + "},\"messages\":[{\"role\":\"user\",\"content\":[{\"text\":\"Hi\"}]}]}";
      default -> "{" + list + "," + USER;
    };
  }

  @Test
  void tools_thatTheClientHasMarked_keepTheirOrder() {
    String body =
        "{\"tools\":[{\"name\":\"b\"},{\"name\":\"a\",\"cache_control\":{\"type\":\"ephemeral\"}}],"
            + USER;

    assertThat(repaired(SORT_TOOLS, Dialect.ANTHROPIC_MESSAGES, body)).isEqualTo(body);
    assertThat(counted).containsExactly("tools client_marked");
  }

  @Test
  void tools_oneWithoutName_keepTheirOrder() {
    String body = "{\"tools\":[{\"name\":\"b\"},{\"type\":\"web_search\"}]," + USER;

    assertThat(repaired(SORT_TOOLS, Dialect.OPENAI_RESPONSES, body.replace("messages", "input")))
        .isEqualTo(body.replace("messages", "input"));
    assertThat(counted).containsExactly("tools unnamed_tool");
  }

  @Test
  void schema_membersInAnotherOrder_areSortedAtEveryDepth() {
    String body =
        """
        {"tools":[{"type":"function","function":{"name":"f","description":"{\\"z\\":1,\\"a\\":2}",
          "parameters":{"type":"object", "required" : ["b","a"],
            "properties":{"b":{"type":"string","enum":["y","x"]} ,"a":{"type":"array","items":
              {"minimum":1,"description":"d, {"}}}}}}],
        """
            + USER;

    assertThat(repaired(SORT_SCHEMAS, Dialect.OPENAI_CHAT, body))
        .isEqualTo(
            """
            {"tools":[{"type":"function","function":{"name":"f","description":"{\\"z\\":1,\\"a\\":2}",
              "parameters":{"properties":{"a":{"items":
                  {"description":"d, {","minimum":1},"type":"array"} ,"b":{"enum":["y","x"],"type":"string"}}, "required" : ["b","a"],
                "type":"object"}}}],
            """
                + USER);
    assertThat(counted).containsExactly("tools repaired");
  }

  @ParameterizedTest
  @CsvSource({
    "'{\"input_schema\":{\"b\":1,\"a\":2},\"name\":\"f\"}',"
        + " '{\"input_schema\":{\"a\":2,\"b\":1},\"name\":\"f\"}'",
    "'{\"name\":\"f\",\"x\":{\"b\":1,\"a\":2}}', '{\"name\":\"f\",\"x\":{\"b\":1,\"a\":2}}'",
    "'{\"input_schema\":{}}', '{\"input_schema\":{}}'",
    "'{\"input_schema\":[{\"b\":1,\"a\":2}]}', '{\"input_schema\":[{\"a\":2,\"b\":1}]}'",
  })
  void schema_only_isSorted(String tool, String expected) {
    assertThat(
            repaired(SORT_SCHEMAS, Dialect.ANTHROPIC_MESSAGES, "{\"tools\":[" + tool + "]," + USER))
        .isEqualTo("{\"tools\":[" + expected + "]," + USER);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "OPENAI_CHAT |"
            + " {\"type\":\"function\",\"function\":{\"name\":\"f\",\"parameters\":%s,\"strict\":true}}",
        "OPENAI_CHAT | {\"function\":{\"parameters\":%s,\"\\u0073trict\":true,\"name\":\"f\"}}",
        "OPENAI_RESPONSES |"
            + " {\"type\":\"function\",\"name\":\"f\",\"strict\":true,\"parameters\":%s}",
        // Its tools are strict unless they say otherwise.
        "OPENAI_RESPONSES | {\"type\":\"function\",\"name\":\"f\",\"parameters\":%s}",
        "OPENAI_RESPONSES |"
            + " {\"type\":\"function\",\"name\":\"f\",\"strict\":null,\"parameters\":%s}",
        "ANTHROPIC_MESSAGES | {\"name\":\"f\",\"strict\":true,\"input_schema\":%s}",
        "BEDROCK_CONVERSE |"
            + " {\"toolSpec\":{\"name\":\"f\",\"strict\":true,\"inputSchema\":{\"json\":%s}}}",
      })
  void schema_ofAStrictTool_staysAsTheModelIsToGenerate(Dialect dialect, String tool) {
    String body = body(dialect, List.of(tool.formatted("{\"b\":1,\"a\":2}")));

    assertThat(repaired(SORT_SCHEMAS, dialect, body)).isEqualTo(body);
    assertThat(counted).containsExactly("tools nothing_to_do");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "OPENAI_CHAT | {\"function\":{\"name\":\"f\",\"strict\":false,\"parameters\":%s}}",
        "OPENAI_CHAT | {\"function\":{\"name\":\"f\",\"strict\":null,\"parameters\":%s}}",
        "OPENAI_RESPONSES |"
            + " {\"type\":\"function\",\"name\":\"f\",\"strict\":false,\"parameters\":%s}",
        "ANTHROPIC_MESSAGES | {\"name\":\"f\",\"input_schema\":%s}",
        "BEDROCK_CONVERSE | {\"toolSpec\":{\"name\":\"f\",\"inputSchema\":{\"json\":%s}}}",
      })
  void schema_ofAToolThatIsNotStrict_isSorted(Dialect dialect, String tool) {
    String strict = "{\"name\":\"s\",\"strict\":true,\"input_schema\":{\"b\":1,\"a\":2}}";

    assertThat(
            repaired(
                SORT_SCHEMAS,
                dialect,
                body(dialect, List.of(strict, tool.formatted("{\"b\":1,\"a\":2}")))))
        .isEqualTo(body(dialect, List.of(strict, tool.formatted("{\"a\":2,\"b\":1}"))));
    assertThat(counted).containsExactly("tools repaired");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        // One name written twice: which one counts is the reader's business.
        "{\"b\":1,\"\\u0062\":2} | {\"b\":1,\"\\u0062\":2}",
        "{\"\\u0062\":2,\"b\":1} | {\"\\u0062\":2,\"b\":1}",
        "{\"c\":1,\"\\u0062\":2,\"a\":3} | {\"a\":3,\"\\u0062\":2,\"c\":1}",
        "{\"\\u00fc\":1,\"z\":2,\"\\n\":3} | {\"\\n\":3,\"z\":2,\"\\u00fc\":1}",
      })
  void schema_namesWithEscapes_areComparedAsTheyRead(String schema, String sorted) {
    String body = "{\"tools\":[{\"name\":\"f\",\"input_schema\":%s}]," + USER;

    assertThat(repaired(SORT_SCHEMAS, Dialect.ANTHROPIC_MESSAGES, body.formatted(schema)))
        .isEqualTo(body.formatted(sorted));
  }

  @Test
  void tools_namesWithEscapes_areComparedAsTheyRead() {
    String body = "{\"tools\":[{\"name\":\"b\"},{\"name\":\"\\u0062\",\"x\":1}]," + USER;

    assertThat(repaired(SORT_TOOLS, Dialect.ANTHROPIC_MESSAGES, body)).isEqualTo(body);
    assertThat(counted).containsExactly("tools nothing_to_do");
  }

  @ParameterizedTest
  @CsvSource({
    "functionDeclarations,parameters",
    "function_declarations,parameters",
    "functionDeclarations,parametersJsonSchema",
    "function_declarations,parameters_json_schema",
  })
  void schema_ofGeminisDeclarations_isSorted(String declarations, String schema) {
    String body =
        ("{\"tools\":[{\"%s\":[{\"name\":\"f\",\"%s\":%%s}]}],"
                + "\"contents\":[{\"parts\":[{\"text\":\"Hi\"}]}]}")
            .formatted(declarations, schema);

    assertThat(repaired(SORT_SCHEMAS, Dialect.GEMINI, body.formatted("{\"b\":1,\"a\":2}")))
        .isEqualTo(body.formatted("{\"a\":2,\"b\":1}"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        // system before | system after | user after
        "Be brief.\\nToday is Friday.\\nCite. | Be brief.\\nCite. | Hi\\n\\nToday is Friday.",
        "Be brief.\\r\\nToday is \\u0046riday.\\r\\nCite."
            + " | Be brief.\\r\\nCite. | Hi\\n\\nToday is \\u0046riday.",
        "Be brief.\\nToday is Friday. | Be brief.\\n | Hi\\n\\nToday is Friday.",
        "Today is 1\\u000aBe\\nToday is 2 | Be\\n | Hi\\n\\nToday is 1\\nToday is 2",
        "Yes: Today is Friday. | Yes: Today is Friday. | Hi",
        "C:\\\\new\\nToday is 1 | C:\\\\new\\n | Hi\\n\\nToday is 1",
      })
  void line_thatMatches_movesToTheUsersMessage(String before, String after, String user) {
    String chat =
        "{\"messages\":[{\"role\":\"system\",\"content\":\"%s\"},"
            + "{\"role\":\"user\",\"content\":\"old\"},{\"role\":\"assistant\",\"content\":\"a\"},"
            + "{\"role\":\"user\",\"content\":\"%s\"}]}";
    String blocks =
        "{\"messages\":[{\"role\":\"user\",\"content\":[{\"text\":\"x\",\"type\":\"text\"},"
            + "{\"type\":\"text\",\"text\":\"%2$s\"}]}],"
            + "\"system\":[{\"type\":\"text\",\"text\":\"%1$s\",\"cache_control\":"
            + "{\"type\":\"ephemeral\"}}]}";

    assertThat(repaired(MOVE_DATE, Dialect.OPENAI_CHAT, chat.formatted(before, "Hi")))
        .isEqualTo(chat.formatted(after, user));
    assertThat(repaired(MOVE_DATE, Dialect.ANTHROPIC_MESSAGES, blocks.formatted(before, "Hi")))
        .isEqualTo(blocks.formatted(after, user));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        // What stands behind the user's text; %s is its end.
        "OPENAI_CHAT | {\"role\":\"user\",\"content\":\"Hi%s\"},"
            + "{\"role\":\"assistant\",\"tool_calls\":[{\"id\":\"1\"}]},"
            + "{\"role\":\"tool\",\"content\":\"42\"}",
        "OPENAI_CHAT | {\"role\":\"user\",\"content\":\"Hi%s\"},"
            + "{\"role\":\"user\",\"content\":[{\"type\":\"image_url\",\"image_url\":{\"url\":\"u\"}}]}",
        "ANTHROPIC_MESSAGES | {\"role\":\"user\",\"content\":\"old\"},"
            + "{\"role\":\"assistant\",\"content\":\"a\"},"
            + "{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"Hi%s\"}]},"
            + "{\"role\":\"assistant\",\"content\":[{\"type\":\"tool_use\",\"id\":\"1\",\"name\":\"f\","
            + "\"input\":{}}]},{\"role\":\"user\",\"content\":[{\"type\":\"tool_result\","
            + "\"tool_use_id\":\"1\",\"content\":\"42\"}]}",
        "ANTHROPIC_MESSAGES | {\"role\":\"user\",\"content\":\"Hi%s\"},"
            + "{\"role\":\"assistant\",\"content\":\"The answer is\"}",
      })
  void line_lastMessageIsNotTheUsersText_movesToTheLastThatIs(Dialect dialect, String messages) {
    String body =
        switch (dialect) {
          case ANTHROPIC_MESSAGES -> "{\"system\":\"Be\\nToday is 1\",\"messages\":[%s]}";
          default -> "{\"messages\":[{\"role\":\"system\",\"content\":\"Be\\nToday is 1\"},%s]}";
        };

    assertThat(repaired(MOVE_DATE, dialect, body.formatted(messages.formatted(""))))
        .isEqualTo(
            body.replace("Today is 1", "").formatted(messages.formatted("\\n\\nToday is 1")));
    assertThat(counted).containsExactly("system_lines repaired");
  }

  @Test
  void line_withNowhereToGo_stays() {
    String body =
        "{\"messages\":[{\"role\":\"system\",\"content\":\"Be\\nToday is 1\"},"
            + "{\"role\":\"tool\",\"content\":\"42\"}]}";

    assertThat(repaired(MOVE_DATE, Dialect.OPENAI_CHAT, body)).isEqualTo(body);
    assertThat(counted).containsExactly("system_lines no_user_text");
  }

  @Test
  void line_thatIsAllOfAText_stays() {
    String body =
        "{\"system\":[{\"type\":\"text\",\"text\":\"Be brief\"},"
            + "{\"type\":\"text\",\"text\":\"Today is 1\\n \"}],"
            + USER;

    assertThat(repaired(MOVE_DATE, Dialect.ANTHROPIC_MESSAGES, body)).isEqualTo(body);
    assertThat(counted).containsExactly("system_lines would_empty_a_text");
  }

  @Test
  void all_together_doNotCollide() {
    String body =
        "{\"system\":\"Be\\n"
            + "Today is 1\",\"tools\":[{\"name\":\"b\",\"input_schema\":{\"y\":1,\"x\":2}},"
            + "{\"name\":\"a\",\"input_schema\":{}}],"
            + USER;

    assertThat(
            repaired(
                new Repairs(true, true, List.of(Pattern.compile("Today.*"))),
                Dialect.ANTHROPIC_MESSAGES,
                body))
        .isEqualTo(
            "{\"system\":\"Be\\n\",\"tools\":[{\"name\":\"a\",\"input_schema\":{}},"
                + "{\"name\":\"b\",\"input_schema\":{\"x\":2,\"y\":1}}],"
                + USER.replace("Hi", "Hi\\n\\nToday is 1"));
    assertThat(counted).containsExactly("tools repaired", "system_lines repaired");
  }
}

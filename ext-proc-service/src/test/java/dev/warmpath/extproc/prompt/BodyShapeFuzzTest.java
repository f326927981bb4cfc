package dev.warmpath.extproc.prompt;

import static java.util.stream.Collectors.toSet;
import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The dialect that a body's shape tells, against what its tree's names tell. */
class BodyShapeFuzzTest {

  private static final int MAX_DEPTH = 32;

  // No names of members, but put among them.
  private static final String BARE_BLOCKS = "\\bare blocks";
  private static final String TOOL_SCHEMAS = "\\tool schemas";

  private final BodyShape shape =
      new BodyShape(new PromptScanner.Limits(1 << 20, MAX_DEPTH, 10_000));
  private final Prompt scratch = new Prompt();

  @FuzzTest
  void dialect_ofAnyBytes_isWhatTheTreesNamesTell(byte[] body) {
    assertThat(shape.dialect(body, body.length, scratch)).isEqualTo(expected(body));
  }

  private static @Nullable Dialect expected(byte[] body) {
    Json tree;
    try {
      tree = Json.read(body).tree();
    } catch (IOException _) {
      return null;
    }
    if (!(tree instanceof Json.Obj request)
        || tree.depth() > MAX_DEPTH
        || tree.hasLoneSurrogate()
        || PromptScanner.startsWithByteOrderMark(body, body.length)) {
      return null;
    }
    Set<String> given = new HashSet<>();
    boolean items = false;
    for (Json.Member member : request.members()) {
      List<Set<String>> objects = objectsIn(member.value());
      if (member.name().equals("system") && objects.stream().anyMatch(o -> !o.contains("type"))) {
        given.add(BARE_BLOCKS);
      }
      if (member.name().equals("tools")
          && objects.stream().anyMatch(o -> o.contains("input_schema"))) {
        given.add(TOOL_SCHEMAS);
      }
      if (!member.value().equals(new Json.Raw("null"))) {
        given.add(member.name());
        items |=
            member.name().equals("input")
                && member.value() instanceof Json.Arr(List<Json> elements)
                && !elements.isEmpty()
                && elements.getFirst() instanceof Json.Obj;
      }
    }
    // Responses take a stored prompt beside their input.
    boolean prompt = given.contains("prompt") && !given.contains("input");
    List<String> carriers =
        List.of("messages", "contents", "input").stream().filter(given::contains).toList();
    if (carriers.size() + (prompt ? 1 : 0) != 1) {
      return null;
    }
    return prompt ? Dialect.OPENAI_COMPLETIONS : byCarrier(carriers.getFirst(), given, items);
  }

  /** The names in each object of an array. */
  private static List<Set<String>> objectsIn(Json value) {
    List<Set<String>> objects = new ArrayList<>();
    if (value instanceof Json.Arr(List<Json> elements)) {
      for (Json element : elements) {
        if (element instanceof Json.Obj object) {
          objects.add(object.members().stream().map(Json.Member::name).collect(toSet()));
        }
      }
    }
    return objects;
  }

  private static @Nullable Dialect byCarrier(String carrier, Set<String> given, boolean items) {
    return switch (carrier) {
      case "contents" -> Dialect.GEMINI;
      case "messages" ->
          any(
                  given,
                  BARE_BLOCKS,
                  "inferenceConfig",
                  "toolConfig",
                  "additionalModelRequestFields",
                  "guardrailConfig")
              ? Dialect.BEDROCK_CONVERSE
              : any(
                      given,
                      TOOL_SCHEMAS,
                      "anthropic_version",
                      "system",
                      "stop_sequences",
                      "mcp_servers")
                  ? Dialect.ANTHROPIC_MESSAGES
                  : Dialect.OPENAI_CHAT;
      default -> {
        boolean responses =
            items
                || any(
                    given,
                    "instructions",
                    "previous_response_id",
                    "max_output_tokens",
                    "tools",
                    "reasoning");
        boolean embeddings = any(given, "encoding_format", "dimensions");
        yield responses == embeddings
            ? null
            : responses ? Dialect.OPENAI_RESPONSES : Dialect.OPENAI_EMBEDDINGS;
      }
    };
  }

  private static boolean any(Set<String> given, String... names) {
    return List.of(names).stream().anyMatch(given::contains);
  }
}

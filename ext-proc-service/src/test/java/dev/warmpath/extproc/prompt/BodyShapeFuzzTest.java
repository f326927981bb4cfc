package dev.warmpath.extproc.prompt;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.IOException;
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
  private static final String BARE_CONTENT = "\\bare content";
  private static final String OF_ANTHROPIC = "\\of Anthropic";
  private static final String OF_CHAT = "\\of chat";
  private static final String CLAUDE = "\\Claude";

  private static final Set<String> CONVERSE_BLOCKS =
      Set.of(
          "text",
          "image",
          "document",
          "video",
          "audio",
          "toolUse",
          "toolResult",
          "reasoningContent",
          "guardContent",
          "citationsContent",
          "searchResult",
          "cachePoint");

  private static final Set<String> ANTHROPIC_TYPES =
      Set.of(
          "redacted_thinking",
          "image",
          "document",
          "tool_use",
          "tool_result",
          "search_result",
          "server_tool_use",
          "web_search_tool_result",
          "web_fetch_tool_result",
          "code_execution_tool_result",
          "mcp_tool_use",
          "mcp_tool_result",
          "container_upload");

  private static final Set<String> CHAT_TYPES =
      Set.of("image_url", "video_url", "audio_url", "input_audio", "file", "refusal");

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
      lookInto(member, given);
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

  private static void lookInto(Json.Member member, Set<String> given) {
    switch (member.name()) {
      case "system" -> {
        if (objectsIn(member.value()).stream().anyMatch(block -> !hasMember(block, "type"))) {
          given.add(BARE_BLOCKS);
        }
      }
      case "tools" -> {
        for (Json.Obj tool : objectsIn(member.value())) {
          addIf(hasMember(tool, "input_schema"), TOOL_SCHEMAS, given);
          addIf(hasMember(tool, "function"), OF_CHAT, given);
        }
      }
      case "messages" -> objectsIn(member.value()).forEach(message -> message(message, given));
      case "thinking" ->
          addIf(
              member.value() instanceof Json.Obj thinking && hasMember(thinking, "budget_tokens"),
              OF_ANTHROPIC,
              given);
      case "model" ->
          addIf(
              member.value() instanceof Json.Str(String model)
                  && model.matches("(?s)(claude|anthropic[./]).*"),
              CLAUDE,
              given);
      default -> {}
    }
  }

  private static void message(Json.Obj message, Set<String> given) {
    for (Json.Member member : message.members()) {
      boolean isNull = member.value().equals(new Json.Raw("null"));
      switch (member.name()) {
        case "tool_calls", "tool_call_id" -> addIf(!isNull, OF_CHAT, given);
        case "role" ->
            addIf(
                member.value() instanceof Json.Str(String role)
                    && Set.of("system", "developer", "tool", "function").contains(role),
                OF_CHAT,
                given);
        case "content" -> objectsIn(member.value()).forEach(block -> block(block, given));
        default -> {}
      }
    }
  }

  private static void block(Json.Obj block, Set<String> given) {
    addIf(
        !hasMember(block, "type") && CONVERSE_BLOCKS.stream().anyMatch(n -> hasMember(block, n)),
        BARE_CONTENT,
        given);
    for (Json.Member member : block.members()) {
      if (member.name().equals("type") && member.value() instanceof Json.Str(String type)) {
        addIf(ANTHROPIC_TYPES.contains(type), OF_ANTHROPIC, given);
        addIf(type.equals("thinking") && hasMember(block, "signature"), OF_ANTHROPIC, given);
        addIf(CHAT_TYPES.contains(type), OF_CHAT, given);
      }
    }
  }

  private static boolean hasMember(Json.Obj object, String name) {
    return object.members().stream().anyMatch(member -> member.name().equals(name));
  }

  private static void addIf(boolean condition, String evidence, Set<String> given) {
    if (condition) {
      given.add(evidence);
    }
  }

  /** The objects in an array. */
  private static List<Json.Obj> objectsIn(Json value) {
    return value instanceof Json.Arr(List<Json> elements)
        ? elements.stream().filter(Json.Obj.class::isInstance).map(Json.Obj.class::cast).toList()
        : List.of();
  }

  private static @Nullable Dialect byCarrier(String carrier, Set<String> given, boolean items) {
    return switch (carrier) {
      case "contents" -> Dialect.GEMINI;
      case "messages" -> byMessages(given);
      default -> {
        boolean responses =
            items
                || any(
                    given,
                    "instructions",
                    "previous_response_id",
                    "max_output_tokens",
                    "tools",
                    "reasoning",
                    "stream",
                    "stream_options",
                    "store",
                    "conversation",
                    "text",
                    "include",
                    "truncation",
                    "background",
                    "max_tool_calls",
                    "parallel_tool_calls",
                    "tool_choice",
                    "temperature",
                    "top_p");
        boolean embeddings = any(given, "encoding_format", "dimensions");
        yield responses == embeddings
            ? null
            : responses ? Dialect.OPENAI_RESPONSES : Dialect.OPENAI_EMBEDDINGS;
      }
    };
  }

  private static @Nullable Dialect byMessages(Set<String> given) {
    if (any(
        given,
        BARE_BLOCKS,
        "inferenceConfig",
        "toolConfig",
        "additionalModelRequestFields",
        "guardrailConfig")) {
      return Dialect.BEDROCK_CONVERSE;
    }
    if (any(given, TOOL_SCHEMAS, "anthropic_version", "system", "stop_sequences", "mcp_servers")) {
      return Dialect.ANTHROPIC_MESSAGES;
    }
    if (any(
        given,
        OF_CHAT,
        "max_completion_tokens",
        "response_format",
        "stream_options",
        "reasoning_effort",
        "frequency_penalty",
        "presence_penalty",
        "logit_bias",
        "logprobs",
        "seed",
        "stop",
        "functions",
        "function_call")) {
      return Dialect.OPENAI_CHAT;
    }
    if (given.containsAll(Set.of(BARE_CONTENT, OF_ANTHROPIC))) {
      return null;
    }
    if (given.contains(BARE_CONTENT)) {
      return Dialect.BEDROCK_CONVERSE;
    }
    return given.contains(OF_ANTHROPIC) || given.containsAll(Set.of(CLAUDE, "max_tokens"))
        ? Dialect.ANTHROPIC_MESSAGES
        : Dialect.OPENAI_CHAT;
  }

  private static boolean any(Set<String> given, String... names) {
    return List.of(names).stream().anyMatch(given::contains);
  }
}

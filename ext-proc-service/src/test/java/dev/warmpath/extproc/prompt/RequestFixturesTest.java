package dev.warmpath.extproc.prompt;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.warmpath.extproc.prefix.KeyRing;
import dev.warmpath.extproc.prefix.PrefixChain;
import dev.warmpath.extproc.prefix.PrefixHasher;
import dev.warmpath.extproc.prefix.Scope;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Scans the requests in {@code src/test/resources/requests} and compares what is found with what
 * was written down beside them by hand; see the README there.
 */
class RequestFixturesTest {

  private static final Path REQUESTS = Path.of("src/test/resources/requests");
  private static final Path GOLDEN = REQUESTS.resolve("keys.golden");
  private static final boolean WRITE_GOLDEN = Boolean.getBoolean("requests.golden.write");
  private static final JsonMapper JSON = new JsonMapper();
  private static final HexFormat HEX = HexFormat.of();

  /** Members of a message that are parts of their own, in the order of the canonical text. */
  private static final List<String> PART_MEMBERS =
      List.of("name", "reasoning_content", "tool_calls", "tool_call_id", "function_call");

  private final PromptScanner scanner =
      new PromptScanner(new PromptScanner.Limits(1 << 20, 64, 8192));
  private final Prompt prompt = new Prompt();

  static List<String> names() throws IOException {
    try (Stream<Path> files = Files.list(REQUESTS)) {
      return files
          .map(file -> Objects.requireNonNull(file.getFileName()).toString())
          .filter(file -> file.endsWith(".expected.json"))
          .map(file -> file.substring(0, file.length() - ".expected.json".length()))
          .sorted()
          .toList();
    }
  }

  @ParameterizedTest
  @MethodSource("names")
  void scan_ofRequest_findsWhatTheApiMeans(String name) {
    JsonNode expected = tree(bytes(name + ".expected.json"));
    ApiCall call = scan(name, expected);

    assertThat(call.model().isEmpty() ? prompt.model() : call.model())
        .isEqualTo(expected.get("model").textValue());
    assertThat(call.stream() || prompt.stream()).isEqualTo(expected.get("stream").booleanValue());
    assertThat(prompt.maxOutputTokens()).isEqualTo(expected.get("max_output_tokens").longValue());
    List<String> parameters = new ArrayList<>();
    for (Parameter parameter : Parameter.values()) {
      if (prompt.has(parameter)) {
        parameters.add(parameter.label());
      }
    }
    List<String> expectedParameters = new ArrayList<>();
    expected.get("parameters").forEach(parameter -> expectedParameters.add(parameter.textValue()));
    assertThat(parameters).containsExactlyInAnyOrderElementsOf(expectedParameters);
    assertThat(prompt.markers()).isEqualTo(expected.get("client_markers").intValue());
    assertThat(prompt.hasHistory()).isEqualTo(expected.path("history").booleanValue());
    List<String> found = new ArrayList<>();
    for (int segment = 0; segment < prompt.segments(); segment++) {
      StringBuilder line =
          new StringBuilder(prompt.kind(segment) + " " + prompt.role(segment) + ":");
      for (int part = prompt.partsStart(segment); part < prompt.partsEnd(segment); part++) {
        line.append(' ').append(prompt.partKind(part)).append(' ').append(prompt.partMarker(part));
      }
      found.add(line.toString());
    }
    assertThat(found).containsExactlyElementsOf(lines(expected.get("segments")));
  }

  @ParameterizedTest
  @MethodSource("names")
  void scan_ofRequest_tellsWhereEachSegmentAndPartStands(String name) {
    JsonNode expected = tree(bytes(name + ".expected.json"));
    scan(name, expected);

    List<JsonNode> segments = segments(tree(prompt.body()), prompt.dialect());
    assertThat(prompt.segments()).isEqualTo(segments.size());
    for (int segment = 0; segment < prompt.segments(); segment++) {
      assertThat(slice(prompt.rawStart(segment), prompt.rawEnd(segment)))
          .isEqualTo(segments.get(segment));
      List<JsonNode> parts = parts(segments.get(segment), prompt.kind(segment));
      List<JsonNode> found = new ArrayList<>();
      for (int part = prompt.partsStart(segment); part < prompt.partsEnd(segment); part++) {
        found.add(slice(prompt.partRawStart(part), prompt.partRawEnd(part)));
      }
      assertThat(found).as("segment " + segment).containsExactlyElementsOf(parts);
    }
  }

  /** A change here empties every index: whoever makes one says so in the changelog. */
  @Test
  void keys_ofAllRequests_areThoseOfTheGoldenFile() throws IOException {
    StringBuilder golden =
        new StringBuilder("# name, root key, conversation key, blocks, last block\n");
    PrefixHasher hasher =
        new PrefixHasher(
            new KeyRing(
                "an index secret for tests".getBytes(UTF_8),
                "an export secret for tests".getBytes(UTF_8)),
            512,
            1000);
    PrefixChain chain = new PrefixChain();
    for (String name : names()) {
      JsonNode expected = tree(bytes(name + ".expected.json"));
      scan(name, expected);
      hasher.chain(prompt, new Scope(lane(prompt.dialect()), "scope", "model"), chain);
      golden.append(name).append(' ');
      golden.append(chain.hasRoot() ? HEX.toHexDigits(chain.keyRoot()) : "-").append(' ');
      golden
          .append(chain.hasConversation() ? HEX.toHexDigits(chain.keyConversation()) : "-")
          .append(' ');
      int blocks = chain.blocks();
      golden.append(blocks).append(' ');
      golden.append(blocks > 0 ? HEX.toHexDigits(chain.block(blocks - 1)) : "-").append('\n');
    }
    if (WRITE_GOLDEN) {
      Files.writeString(GOLDEN, golden);
    }

    assertThat(golden.toString()).isEqualTo(Files.readString(GOLDEN));
  }

  @Test
  void readme_ofAllRequests_hasALineForEach() throws IOException {
    String readme = Files.readString(REQUESTS.resolve("README.md"));

    assertThat(names()).hasSizeGreaterThanOrEqualTo(32);
    for (String name : names()) {
      assertThat(readme).contains("\n| " + name + " | ");
    }
  }

  private ApiCall scan(String name, JsonNode expected) {
    ApiCall call = ApiCall.of(expected.get("path").textValue());
    assertThat(call.dialect()).isEqualTo(Dialect.valueOf(expected.get("dialect").textValue()));
    assertThat(call.prompt()).isTrue();
    byte[] body = bytes(name + ".json");
    assertThat(scanner.scan(body, body.length, Objects.requireNonNull(call.dialect()), prompt))
        .isEqualTo(Verdict.OK);
    return call;
  }

  private static List<String> lines(JsonNode segments) {
    List<String> lines = new ArrayList<>();
    for (JsonNode segment : segments) {
      StringBuilder line =
          new StringBuilder(
              segment.get("kind").textValue() + " " + segment.get("role").textValue() + ":");
      for (JsonNode part : segment.get("parts")) {
        line.append(' ').append(part.get("kind").textValue());
        line.append(' ').append(part.get("marker_seconds").intValue());
      }
      lines.add(line.toString());
    }
    return lines;
  }

  private static Scope.Lane lane(Dialect dialect) {
    return switch (dialect) {
      case OPENAI_CHAT, OPENAI_COMPLETIONS, OPENAI_RESPONSES, OPENAI_EMBEDDINGS -> Scope.Lane.POOL;
      case ANTHROPIC_MESSAGES, BEDROCK_CONVERSE, GEMINI -> Scope.Lane.PROVIDER;
    };
  }

  /** Where segments stand, in the order in which caches see them. */
  private static List<JsonNode> segments(JsonNode body, Dialect dialect) {
    List<JsonNode> found = new ArrayList<>();
    switch (dialect) {
      case OPENAI_COMPLETIONS, OPENAI_EMBEDDINGS -> {
        JsonNode input = body.get(dialect == Dialect.OPENAI_EMBEDDINGS ? "input" : "prompt");
        if (input.isTextual() || input.get(0).isNumber()) {
          found.add(input);
        } else {
          input.forEach(found::add);
        }
      }
      case BEDROCK_CONVERSE -> {
        for (JsonNode tool : body.at("/toolConfig/tools")) {
          if (!tool.has("cachePoint")) {
            found.add(tool);
          }
        }
        addIfThere(found, body, "system");
        body.get("messages").forEach(found::add);
      }
      case OPENAI_CHAT, OPENAI_RESPONSES, ANTHROPIC_MESSAGES, GEMINI -> {
        body.path("tools").forEach(found::add);
        for (String system :
            List.of(
                "cachedContent",
                "instructions",
                "system",
                "systemInstruction",
                "system_instruction")) {
          addIfThere(found, body, system);
        }
        for (String messages : List.of("messages", "contents", "input")) {
          JsonNode list = body.path(messages);
          if (list.isTextual()) {
            found.add(list);
          } else {
            list.forEach(found::add);
          }
        }
      }
    }
    return found;
  }

  private static void addIfThere(List<JsonNode> to, JsonNode object, String member) {
    if (object.has(member)) {
      to.add(object.get(member));
    }
  }

  /** Where the parts of a segment stand. */
  private static List<JsonNode> parts(JsonNode segment, SegmentKind kind) {
    List<JsonNode> found = new ArrayList<>();
    boolean block = !segment.has("content") && !segment.has("parts") && !segment.has("role");
    if (kind == SegmentKind.TOOL || segment.isTextual() || isTokens(segment)) {
      found.add(segment);
    } else if (segment.isArray()) {
      addBlocks(found, segment);
    } else if (block) {
      found.add(segment);
    } else {
      addBlocks(found, segment.path("content"));
      addBlocks(found, segment.path("parts"));
      String role = segment.path("role").asText("user");
      if (!List.of("system", "user", "assistant", "model", "tool").contains(role)) {
        found.add(segment.get("role"));
      }
      for (String member : PART_MEMBERS) {
        addIfThere(found, segment, member);
      }
    }
    return found;
  }

  private static boolean isTokens(JsonNode segment) {
    return segment.isArray() && segment.get(0).isNumber();
  }

  private static void addBlocks(List<JsonNode> to, JsonNode content) {
    if (content.isTextual()) {
      to.add(content);
      return;
    }
    for (JsonNode block : content) {
      if (!block.has("cachePoint")) {
        to.add(block);
      }
    }
  }

  private JsonNode slice(int start, int end) {
    try {
      return JSON.readTree(prompt.body(), start, end - start);
    } catch (IOException e) {
      throw new UncheckedIOException("no value at " + start + " to " + end, e);
    }
  }

  private static JsonNode tree(byte[] json) {
    try {
      return JSON.readTree(json);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static byte[] bytes(String file) {
    try {
      return Files.readAllBytes(REQUESTS.resolve(file));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}

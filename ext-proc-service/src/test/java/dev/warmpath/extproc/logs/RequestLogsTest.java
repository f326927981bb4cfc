package dev.warmpath.extproc.logs;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.warmpath.extproc.logs.RequestLogs.Made;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Reads what was made with another JSON library and another idea of where segments stand. */
class RequestLogsTest {

  static final List<String> KINDS = RequestLogs.KINDS;

  private static final int SEEDS = 12;

  private static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  @ParameterizedTest
  @FieldSource("KINDS")
  void planted_ofOneSeed_isTheSameTwice(String kind) {
    PlantedLog one = RequestLogs.planted(kind, 3);
    PlantedLog two = RequestLogs.planted(kind, 3);

    assertThat(one.bodies()).hasSameSizeAs(two.bodies());
    assertThat(distinct(one.bodies(), two.bodies())).isEqualTo(distinct(one.bodies()));
    assertThat(one.name()).isEqualTo(two.name());
    assertThat(one.planted()).isEqualTo(two.planted());
    assertThat(distinct(one.bodies()))
        .isNotEqualTo(distinct(RequestLogs.planted(kind, 4).bodies()));
  }

  @Test
  void clean_ofOneSeed_isTheSameTwice() {
    PlantedLog one = RequestLogs.clean(3);
    PlantedLog two = RequestLogs.clean(3);

    assertThat(distinct(one.bodies(), two.bodies())).isEqualTo(distinct(one.bodies()));
    assertThat(distinct(one.bodies())).isNotEqualTo(distinct(RequestLogs.clean(4).bodies()));
  }

  @ParameterizedTest
  @FieldSource("KINDS")
  void planted_anySeed_partsFirstWhereItSays(String kind) {
    for (int seed = 0; seed < SEEDS; seed++) {
      Made made = PlantedLogs.make(kind, seed);
      PlantedLog log = made.log();
      Planted planted = Objects.requireNonNull(log.planted(), log.name());
      assertThat(planted.kind()).isEqualTo(kind);
      assertThat(log.bodies()).as(log.name()).hasSizeBetween(30, 200);
      assertThat(made.defective()).as(log.name()).hasSizeGreaterThanOrEqualTo(8);
      List<JsonNode> bodies = new ArrayList<>();
      for (byte[] body : log.bodies()) {
        bodies.add(parse(body));
      }
      List<JsonNode> defective = made.defective().stream().map(bodies::get).toList();
      switch (kind) {
        case "parameter" -> {
          assertEqual(log, defective, "tools");
          assertEqual(log, defective, "system");
          assertThat(defective.stream().map(b -> parameters(b).toString()).distinct().count())
              .as(log.name())
              .isGreaterThan(1);
        }
        case "image_toggled" -> {
          assertEqual(log, defective, "tools");
          assertEqual(log, defective, "system");
          assertThat(defective.stream().map(b -> hasImage(b, planted.segmentIndex())).distinct())
              .as(log.name())
              .hasSize(2);
        }
        case "tool_order" -> {
          assertThat(
                  defective.stream()
                      .map(b -> distinct(segments("tools", b, log.path())))
                      .distinct()
                      .count())
              .as(log.name())
              .isEqualTo(log.path().contains("generateContent") ? distinctTools(defective) : 1);
          assertThat(planted.byteOffset()).isEqualTo(-1);
        }
        default -> assertPartsAt(log, planted, defective);
      }
    }
  }

  /** Gemini has all tools in one element, so that each order is another element. */
  private static long distinctTools(List<JsonNode> bodies) {
    return bodies.stream().map(b -> b.get("tools").toString()).distinct().count();
  }

  private static void assertEqual(PlantedLog log, List<JsonNode> bodies, String segment) {
    assertThat(
            bodies.stream().map(b -> ordered(segments(segment, b, log.path()))).distinct().count())
        .as(log.name() + " " + segment)
        .isEqualTo(1);
  }

  private static void assertPartsAt(PlantedLog log, Planted planted, List<JsonNode> bodies) {
    for (String before : List.of("tools", "system")) {
      if (before.equals(planted.segment())) {
        break;
      }
      assertEqual(log, bodies, before);
    }
    Set<ByteBuffer> earlier = new HashSet<>();
    Set<ByteBuffer> texts = new HashSet<>();
    List<byte[]> all = new ArrayList<>();
    for (JsonNode body : bodies) {
      List<byte[]> segments = segments(planted.segment(), body, log.path());
      earlier.add(ordered(segments.subList(0, planted.segmentIndex())));
      all.add(segments.get(planted.segmentIndex()));
      texts.add(ByteBuffer.wrap(all.getLast()));
    }
    assertThat(earlier).as(log.name()).hasSize(1);
    assertThat(texts).as(log.name()).hasSizeGreaterThan(planted.kind().contains("order") ? 1 : 3);
    int least = Integer.MAX_VALUE;
    for (byte[] other : all) {
      int at = Arrays.mismatch(all.getFirst(), other);
      least = at < 0 ? least : Math.min(least, at);
    }
    assertThat(planted.byteOffset()).as(log.name()).isEqualTo(least);
  }

  @Test
  void planted_manySeeds_comeInAllFormatsAndPlaces() {
    Set<String> paths = new TreeSet<>();
    Set<String> segments = new TreeSet<>();
    Set<String> variations = new TreeSet<>();
    for (int seed = 0; seed < 60; seed++) {
      PlantedLog log = RequestLogs.planted("uuid", seed);
      paths.add(log.path().replaceFirst(".*[/:]", ""));
      segments.add(log.planted() == null ? "" : log.planted().segment());
      for (String variation : List.of("stuck", "mixed", "begin", "middle", "inline", "end")) {
        if (log.name().contains("/" + variation)) {
          variations.add(variation);
        }
      }
    }

    assertThat(paths)
        .containsExactly("completions", "converse", "generateContent", "messages", "responses");
    assertThat(segments).containsExactly("messages", "system", "tools");
    assertThat(variations).containsExactly("begin", "end", "inline", "middle", "mixed", "stuck");
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2})
  void clean_anySeed_repeatsWhatPrecedesTheMessages(int part) {
    for (int seed = part * 18; seed < (part + 1) * 18; seed++) {
      PlantedLog log = RequestLogs.clean(seed);
      assertThat(log.planted()).isNull();
      assertThat(log.bodies()).as(log.name()).hasSizeBetween(30, 200);
      Set<ByteBuffer> prefixes = new HashSet<>();
      Set<ByteBuffer> bodies = new HashSet<>();
      for (byte[] body : log.bodies()) {
        JsonNode json = parse(body);
        List<byte[]> prefix = new ArrayList<>(segments("tools", json, log.path()));
        prefix.addAll(segments("system", json, log.path()));
        prefixes.add(ordered(prefix));
        bodies.add(ByteBuffer.wrap(body));
      }
      assertThat(prefixes).as(log.name()).hasSizeLessThanOrEqualTo(5);
      assertThat(bodies).as(log.name()).hasSizeGreaterThan(20);
    }
  }

  @Test
  void cleanWithPastes_ofOneSeed_isTheSameTwice() {
    PlantedLog one = RequestLogs.cleanWithPastes(3);
    PlantedLog two = RequestLogs.cleanWithPastes(3);

    assertThat(distinct(one.bodies(), two.bodies())).isEqualTo(distinct(one.bodies()));
    assertThat(distinct(one.bodies()))
        .isNotEqualTo(distinct(RequestLogs.cleanWithPastes(4).bodies()));
  }

  /**
   * Nothing before the users' words differs, and of what they paste hardly anything comes twice.
   */
  @Test
  void cleanWithPastes_anySeed_differsInUsersWordsAlone() {
    Set<String> materials = new TreeSet<>();
    Set<String> courses = new TreeSet<>();
    for (int seed = 0; seed < 48; seed++) {
      PlantedLog log = RequestLogs.cleanWithPastes(seed);
      assertThat(log.planted()).isNull();
      assertThat(log.bodies()).as(log.name()).hasSizeBetween(30, 50);
      Set<ByteBuffer> prefixes = new HashSet<>();
      Set<ByteBuffer> last = new HashSet<>();
      for (byte[] body : log.bodies()) {
        JsonNode json = parse(body);
        List<byte[]> prefix = new ArrayList<>(segments("tools", json, log.path()));
        prefix.addAll(segments("system", json, log.path()));
        prefixes.add(ordered(prefix));
        JsonNode messages = messageArray(json);
        last.add(ByteBuffer.wrap(messages.get(messages.size() - 1).toString().getBytes(UTF_8)));
        assertThat(messages.toString()).as(log.name()).doesNotContainPattern("\\{[a-z]+\\}");
      }
      assertThat(prefixes).as(log.name()).hasSize(1);
      assertThat(last).as(log.name()).hasSizeGreaterThan(log.bodies().size() * 9 / 10);
      String[] name = log.name().split("/", -1);
      materials.add(name[1]);
      courses.add(name[2]);
    }

    assertThat(materials).hasSize(Material.values().length + 1);
    assertThat(courses).containsExactly("GROWING", "PARALLEL", "SINGLE", "TOOLS");
  }

  @Test
  void logs_manySeeds_holdSmallAndLargeRequests() {
    int least = Integer.MAX_VALUE;
    int most = 0;
    for (int seed = 36; seed < 60; seed++) {
      for (byte[] body : RequestLogs.clean(seed).bodies()) {
        least = Math.min(least, body.length);
        most = Math.max(most, body.length);
      }
    }

    assertThat(least).isBetween(100, 1000);
    assertThat(most).isBetween(30_000, 120_000);
  }

  @SafeVarargs
  private static Set<ByteBuffer> distinct(List<byte[]>... lists) {
    Set<ByteBuffer> all = new HashSet<>();
    for (List<byte[]> list : lists) {
      list.forEach(bytes -> all.add(ByteBuffer.wrap(bytes)));
    }
    return all;
  }

  /** All of them behind their lengths. */
  private static ByteBuffer ordered(List<byte[]> segments) {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    for (byte[] segment : segments) {
      all.writeBytes(ByteBuffer.allocate(Integer.BYTES).putInt(0, segment.length).array());
      all.writeBytes(segment);
    }
    return ByteBuffer.wrap(all.toByteArray());
  }

  private static JsonNode parse(byte[] body) {
    try {
      return JSON.readTree(body);
    } catch (IOException e) {
      throw new AssertionError("not JSON", e);
    }
  }

  /** The bodies' segments, by what the APIs' references call them. */
  private static List<byte[]> segments(String name, JsonNode body, String path) {
    List<byte[]> found = new ArrayList<>();
    switch (name) {
      case "tools" -> {
        JsonNode tools =
            path.endsWith("/converse") ? body.at("/toolConfig/tools") : body.path("tools");
        tools.forEach(tool -> found.add(canonical(tool)));
      }
      case "system" -> {
        if (path.endsWith("/responses") && body.has("instructions")) {
          found.add(body.get("instructions").textValue().getBytes(UTF_8));
        }
        if (body.has("system")) {
          found.add(text(body.get("system")));
        }
        if (body.has("systemInstruction")) {
          found.add(text(body.at("/systemInstruction/parts")));
        }
        messages(body, found, true);
      }
      default -> messages(body, found, false);
    }
    return found;
  }

  private static void messages(JsonNode body, List<byte[]> found, boolean system) {
    for (JsonNode message : messageArray(body)) {
      String role = message.path("role").asText("");
      if ((role.equals("system") || role.equals("developer")) == system) {
        found.add(text(message.has("parts") ? message.get("parts") : message.path("content")));
      }
    }
  }

  private static JsonNode messageArray(JsonNode body) {
    for (String name : List.of("messages", "contents")) {
      if (body.has(name)) {
        return body.get(name);
      }
    }
    return body.path("input");
  }

  private static boolean hasImage(JsonNode body, int message) {
    int at = 0;
    for (JsonNode candidate : messageArray(body)) {
      String role = candidate.path("role").asText("");
      if (!role.equals("system") && !role.equals("developer") && at++ == message) {
        String json = candidate.toString();
        return json.contains("iVBORw0KGgo") || json.contains("/9j/4AAQ");
      }
    }
    throw new AssertionError("no message " + message);
  }

  private static JsonNode parameters(JsonNode body) {
    var rest = JSON.createObjectNode();
    body.properties()
        .forEach(
            member -> {
              if (!List.of("messages", "contents", "input", "tools", "system", "instructions")
                  .contains(member.getKey())) {
                rest.set(member.getKey(), member.getValue());
              }
            });
    return rest;
  }

  /** A string, or the texts of blocks up to one that is none. */
  private static byte[] text(JsonNode content) {
    if (content.isTextual()) {
      return content.textValue().getBytes(UTF_8);
    }
    StringBuilder text = new StringBuilder();
    for (JsonNode block : content) {
      @Nullable JsonNode piece = block.get("text");
      if (piece == null) {
        break;
      }
      text.append(piece.textValue());
    }
    return text.toString().getBytes(UTF_8);
  }

  private static byte[] canonical(JsonNode tool) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(0xFE);
    canonical(tool, out);
    out.write(0xFF);
    return out.toByteArray();
  }

  private static void canonical(JsonNode node, ByteArrayOutputStream out) {
    if (node.isObject()) {
      String separator = "{";
      for (var member : node.properties()) {
        out.writeBytes((separator + "\"" + member.getKey()).getBytes(UTF_8));
        out.write(0xFF);
        out.write(':');
        canonical(member.getValue(), out);
        separator = ",";
      }
      out.writeBytes((node.isEmpty() ? "{}" : "}").getBytes(UTF_8));
    } else if (node.isArray()) {
      String separator = "[";
      for (JsonNode element : node) {
        out.writeBytes(separator.getBytes(UTF_8));
        canonical(element, out);
        separator = ",";
      }
      out.writeBytes((node.isEmpty() ? "[]" : "]").getBytes(UTF_8));
    } else if (node.isTextual()) {
      out.writeBytes(("\"" + node.textValue()).getBytes(UTF_8));
      out.write(0xFF);
    } else {
      out.writeBytes(node.toString().getBytes(UTF_8));
    }
  }
}

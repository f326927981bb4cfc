package dev.warmpath.extproc.prompt;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.dynatrace.hash4j.hashing.Hashing;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/**
 * What a scan should find, worked out from a tree by the rules of {@link Prompt} and with no care
 * for speed.
 */
final class ReferencePrompt {

  private static final List<String> BLOCK_MARKERS =
      List.of("cache_control", "prompt_cache_breakpoint");
  private static final List<String> MESSAGE_MEMBERS =
      List.of(
          "role",
          "name",
          "reasoning_content",
          "reasoning",
          "tool_calls",
          "tool_call_id",
          "function_call",
          "refusal");

  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Segment(SegmentKind kind, Role role, byte[] text, List<PartKind> parts) {}

  final List<Segment> segments = new ArrayList<>();

  /** All that is wrong; a scan may name any one of them. */
  final Set<Verdict> faults = EnumSet.noneOf(Verdict.class);

  int markers;
  boolean topLevelMarker;

  private final Dialect dialect;

  ReferencePrompt(Json body, Dialect dialect) {
    this.dialect = dialect;
    if (!(body instanceof Json.Obj request)) {
      faults.add(Verdict.UNEXPECTED_SHAPE);
      return;
    }
    boolean openAi = dialect == Dialect.OPENAI_CHAT;
    refuseRepeated(
        request,
        "model",
        "messages",
        "tools",
        "stream",
        "max_tokens",
        "max_completion_tokens",
        "cache_salt",
        "system",
        "cache_control",
        "tool_choice",
        "thinking");
    if (openAi) {
      refuseRepeated(
          request,
          "reasoning_effort",
          "reasoning",
          "response_format",
          "verbosity",
          "chat_template",
          "chat_template_kwargs",
          "documents",
          "functions",
          "function_call",
          "user",
          "session_id",
          "stream_options",
          "session_params");
      nested(request, "stream_options").ifPresent(o -> refuseRepeated(o, "include_usage"));
    } else {
      refuseRepeated(request, "metadata", "output_config", "output_format", "speed", "mcp_servers");
      nested(request, "metadata").ifPresent(o -> refuseRepeated(o, "user_id"));
      nested(request, "output_config").ifPresent(o -> refuseRepeated(o, "effort", "format"));
      if (member(request, "output_format").isPresent()
          && nested(request, "output_config").flatMap(o -> member(o, "format")).isPresent()) {
        faults.add(Verdict.DUPLICATE_KEY);
      }
    }
    expectString(member(request, "model"));
    expectString(member(request, "cache_salt"));
    member(request, "cache_control").ifPresent(m -> topLevelMarker = marker(m));
    member(request, "tools").ifPresent(this::tools);
    if (!openAi) {
      member(request, "system").ifPresent(this::system);
    }
    int before = segments.size();
    member(request, "messages").ifPresent(this::messages);
    if (segments.size() == before) {
      faults.add(Verdict.NO_PROMPT);
    }
  }

  byte[] text() {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    segments.forEach(s -> all.writeBytes(s.text()));
    return all.toByteArray();
  }

  /** A member that is there and not null. */
  private static Optional<Json> member(Json.Obj object, String name) {
    return object.get(name).filter(Predicate.not(ReferencePrompt::isNull));
  }

  private static Optional<Json.Obj> nested(Json.Obj object, String name) {
    return member(object, name).filter(Json.Obj.class::isInstance).map(Json.Obj.class::cast);
  }

  private static boolean isNull(Json value) {
    return value.equals(new Json.Raw("null"));
  }

  private void refuseRepeated(Json.Obj object, String... names) {
    for (String name : names) {
      if (object.repeats(name)) {
        faults.add(Verdict.DUPLICATE_KEY);
      }
    }
  }

  private void expectString(Optional<Json> value) {
    if (value.isPresent() && !(value.get() instanceof Json.Str)) {
      faults.add(Verdict.UNEXPECTED_SHAPE);
    }
  }

  /** Reads each element that is an object. */
  private void objects(Json array, java.util.function.Consumer<Json.Obj> each) {
    if (!(array instanceof Json.Arr(List<Json> elements))) {
      faults.add(Verdict.UNEXPECTED_SHAPE);
      return;
    }
    for (Json element : elements) {
      if (element instanceof Json.Obj object) {
        each.accept(object);
      } else {
        faults.add(Verdict.UNEXPECTED_SHAPE);
      }
    }
  }

  private boolean marker(Json value) {
    if (isNull(value)) {
      return false;
    }
    if (value instanceof Json.Obj object) {
      refuseRepeated(object, "type", "ttl");
      markers++;
    } else {
      faults.add(Verdict.UNEXPECTED_SHAPE);
    }
    return true;
  }

  private void tools(Json tools) {
    objects(
        tools,
        tool -> {
          refuseRepeated(
              tool,
              "cache_control",
              "type",
              "name",
              "description",
              "input_schema",
              "function",
              "parameters");
          ByteArrayOutputStream text = new ByteArrayOutputStream();
          text.write(0xFE);
          write(text, tool.without("cache_control"));
          text.write(0xFF);
          tool.get("cache_control").ifPresent(this::marker);
          segments.add(
              new Segment(
                  SegmentKind.TOOL, Role.SYSTEM, text.toByteArray(), List.of(PartKind.TOOL)));
        });
  }

  private void system(Json system) {
    ByteArrayOutputStream text = new ByteArrayOutputStream();
    List<PartKind> parts = new ArrayList<>();
    content(text, parts, system);
    segments.add(new Segment(SegmentKind.SYSTEM, Role.SYSTEM, text.toByteArray(), parts));
  }

  private void messages(Json messages) {
    boolean[] leading = {dialect == Dialect.OPENAI_CHAT};
    objects(
        messages,
        message -> {
          refuseRepeated(message, "content", "cache_control");
          MESSAGE_MEMBERS.forEach(name -> refuseRepeated(message, name));
          message.get("cache_control").ifPresent(this::marker);
          ByteArrayOutputStream text = new ByteArrayOutputStream();
          List<PartKind> parts = new ArrayList<>();
          member(message, "content").ifPresent(c -> content(text, parts, c));
          String role =
              member(message, "role").orElse(null) instanceof Json.Str(String name) ? name : null;
          if (role == null) {
            faults.add(Verdict.UNEXPECTED_SHAPE);
            return;
          }
          for (String name : MESSAGE_MEMBERS) {
            boolean told =
                name.equals("role")
                    && List.of("system", "user", "assistant", "tool").contains(role);
            if (!told) {
              member(message, name).ifPresent(v -> member(text, parts, name, v));
            }
          }
          for (Json.Member other : message.members()) {
            if (!MESSAGE_MEMBERS.contains(other.name())
                && !other.name().equals("content")
                && !other.name().equals("cache_control")
                && !isNull(other.value())) {
              member(text, parts, other.name(), other.value());
            }
          }
          Role speaker =
              switch (role) {
                case "system", "developer" -> Role.SYSTEM;
                case "user" -> Role.USER;
                case "assistant" -> Role.ASSISTANT;
                case "tool", "function" -> Role.TOOL;
                default -> Role.OTHER;
              };
          leading[0] &= speaker == Role.SYSTEM;
          segments.add(
              new Segment(
                  leading[0] ? SegmentKind.SYSTEM : SegmentKind.MESSAGE,
                  speaker,
                  text.toByteArray(),
                  parts));
        });
  }

  private static void member(
      ByteArrayOutputStream text, List<PartKind> parts, String name, Json value) {
    text.write(0xFE);
    write(text, new Json.Str(name));
    text.write(':');
    write(text, value);
    text.write(0xFF);
    parts.add(name.equals("tool_calls") ? PartKind.TOOL_USE : PartKind.OTHER);
  }

  private void content(ByteArrayOutputStream text, List<PartKind> parts, Json content) {
    if (content instanceof Json.Str(String string)) {
      text.writeBytes(string.getBytes(UTF_8));
      parts.add(PartKind.TEXT);
      return;
    }
    objects(
        content,
        block -> {
          Json.Obj bare = bare(block);
          if (bare.members().size() == 2
              && bare.get("type").equals(Optional.of(new Json.Str("text")))
              && bare.get("text").orElse(null) instanceof Json.Str(String string)) {
            text.writeBytes(string.getBytes(UTF_8));
            refuseRepeated(block, "type", "text", "cache_control", "prompt_cache_breakpoint");
            BLOCK_MARKERS.forEach(name -> block.get(name).ifPresent(this::marker));
            refuseRepeated(block, "content", "source");
            parts.add(PartKind.TEXT);
            return;
          }
          parts.add(kind(bare));
          ByteArrayOutputStream json = new ByteArrayOutputStream();
          json.write(0xFE);
          block(json, block);
          if (isData(bare)) {
            text.writeBytes(digest(json.toByteArray()));
          } else {
            text.writeBytes(json.toByteArray());
            text.write(0xFF);
          }
        });
  }

  private static byte[] digest(byte[] json) {
    ByteArrayOutputStream text = new ByteArrayOutputStream();
    var hash = Hashing.xxh3_128().hashBytesTo128Bits(json);
    text.write(0xFE);
    text.writeBytes(
        "%016x%016x"
            .formatted(hash.getMostSignificantBits(), hash.getLeastSignificantBits())
            .getBytes(UTF_8));
    text.write(0xFF);
    return text.toByteArray();
  }

  /** Without markers and nulls. */
  private static Json.Obj bare(Json.Obj block) {
    return new Json.Obj(
        block.members().stream()
            .filter(m -> !BLOCK_MARKERS.contains(m.name()) && !isNull(m.value()))
            .toList());
  }

  private void block(ByteArrayOutputStream to, Json.Obj block) {
    refuseRepeated(
        block, "type", "text", "cache_control", "prompt_cache_breakpoint", "content", "source");
    BLOCK_MARKERS.forEach(name -> block.get(name).ifPresent(this::marker));
    to.write('{');
    String comma = "";
    for (Json.Member member : bare(block).members()) {
      to.writeBytes(comma.getBytes(UTF_8));
      comma = ",";
      write(to, new Json.Str(member.name()));
      to.write(':');
      if (member.name().equals("type") && !(member.value() instanceof Json.Str)) {
        faults.add(Verdict.UNEXPECTED_SHAPE);
      }
      if (member.name().equals("source") && member.value() instanceof Json.Obj source) {
        refuseRepeated(source, "type");
      }
      if (member.name().equals("content")
          && member.value() instanceof Json.Arr(List<Json> elements)) {
        to.write('[');
        String separator = "";
        for (Json element : elements) {
          to.writeBytes(separator.getBytes(UTF_8));
          separator = ",";
          if (element instanceof Json.Obj inner) {
            ByteArrayOutputStream json = new ByteArrayOutputStream();
            block(json, inner);
            to.writeBytes(isData(bare(inner)) ? digest(json.toByteArray()) : json.toByteArray());
          } else {
            write(to, element);
          }
        }
        to.write(']');
      } else {
        write(to, member.value());
      }
    }
    to.write('}');
  }

  private static String type(Json.Obj block) {
    return block.get("type").orElse(null) instanceof Json.Str(String type) ? type : "";
  }

  private static PartKind kind(Json.Obj block) {
    return switch (type(block)) {
      case "text" -> PartKind.TEXT;
      case "image", "image_url", "input_image" -> PartKind.IMAGE;
      case "document", "search_result", "file", "input_file" -> PartKind.DOCUMENT;
      case "tool_use", "server_tool_use", "mcp_tool_use" -> PartKind.TOOL_USE;
      case "thinking", "redacted_thinking" -> PartKind.THINKING;
      case String type when type.endsWith("tool_result") -> PartKind.TOOL_RESULT;
      default -> PartKind.OTHER;
    };
  }

  private static boolean isData(Json.Obj block) {
    return switch (type(block)) {
      case "image",
          "image_url",
          "input_image",
          "file",
          "input_file",
          "input_audio",
          "audio_url",
          "video_url" ->
          true;
      case "document" ->
          !(block.get("source").orElse(null) instanceof Json.Obj source
              && List.of("text", "content").contains(type(source)));
      default -> false;
    };
  }

  private static void write(ByteArrayOutputStream to, Json json) {
    switch (json) {
      case Json.Raw(String text) -> to.writeBytes(text.getBytes(UTF_8));
      case Json.Str(String value) -> {
        to.write('"');
        to.writeBytes(value.getBytes(UTF_8));
        to.write(0xFF);
      }
      case Json.Arr(List<Json> elements) -> {
        to.write('[');
        for (int i = 0; i < elements.size(); i++) {
          if (i > 0) {
            to.write(',');
          }
          write(to, elements.get(i));
        }
        to.write(']');
      }
      case Json.Obj(List<Json.Member> members) -> {
        to.write('{');
        for (int i = 0; i < members.size(); i++) {
          if (i > 0) {
            to.write(',');
          }
          write(to, new Json.Str(members.get(i).name()));
          to.write(':');
          write(to, members.get(i).value());
        }
        to.write('}');
      }
    }
  }
}

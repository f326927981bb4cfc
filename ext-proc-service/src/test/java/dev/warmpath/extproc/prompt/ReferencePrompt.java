package dev.warmpath.extproc.prompt;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import com.dynatrace.hash4j.hashing.Hashing;
import com.fasterxml.jackson.core.io.JsonStringEncoder;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What a scan should find, worked out from a tree by the rules of {@link Prompt} and of the APIs,
 * with no care for speed.
 */
final class ReferencePrompt {

  /**
   * The members that are read: their path, with the names it may have, and what they are.
   * {@code @X} is {@link Parameter} X.
   */
  private static final Map<Dialect, String> MEMBERS =
      Map.of(
          Dialect.OPENAI_CHAT,
          """
          model=model messages=messages tools=tools stream=stream max_tokens=max
          max_completion_tokens=newmax stream_options=options stream_options.include_usage=usage
          n=choices cache_salt=salt user=user
          session_id=session session_params.id=session cache_control=marker
          chat_template=@CHAT_TEMPLATE chat_template_kwargs=@CHAT_TEMPLATE_KWARGS
          documents=@DOCUMENTS functions=@FUNCTIONS lora_path=@LORA_PATH
          add_special_tokens=@ADD_SPECIAL_TOKENS truncate_prompt_tokens=@TRUNCATE_PROMPT_TOKENS
          mm_processor_kwargs=@MM_PROCESSOR_KWARGS response_format=@RESPONSE_FORMAT
          web_search_options=@WEB_SEARCH_OPTIONS tool_choice=@TOOL_CHOICE thinking=@THINKING
          reasoning_effort=@EFFORT reasoning=@REASONING verbosity=@VERBOSITY
          function_call=@FUNCTION_CALL
          """,
          Dialect.OPENAI_COMPLETIONS,
          """
          model=model prompt=inputs stream=stream max_tokens=max
          stream_options=options stream_options.include_usage=usage n=choices
          cache_salt=salt user=user session_id=session
          session_params.id=session lora_path=@LORA_PATH add_special_tokens=@ADD_SPECIAL_TOKENS
          truncate_prompt_tokens=@TRUNCATE_PROMPT_TOKENS suffix=@SUFFIX
          """,
          Dialect.OPENAI_EMBEDDINGS,
          """
          model=model input=inputs cache_salt=salt user=user
          add_special_tokens=@ADD_SPECIAL_TOKENS truncate_prompt_tokens=@TRUNCATE_PROMPT_TOKENS
          """,
          Dialect.OPENAI_RESPONSES,
          """
          model=model instructions=system input=messages tools=tools stream=stream
          max_output_tokens=max cache_salt=salt user=user session_id=session
          previous_response_id|conversation=history prompt=@PROMPT_TEMPLATE
          text.format=@RESPONSE_FORMAT text.verbosity=@VERBOSITY tool_choice=@TOOL_CHOICE
          reasoning=@REASONING
          """,
          Dialect.ANTHROPIC_MESSAGES,
          """
          model=model messages=messages tools=tools system=system stream=stream max_tokens=max
          cache_salt=salt metadata.user_id=user cache_control=marker mcp_servers=@MCP_SERVERS
          container=@CONTAINER speed=@SPEED tool_choice=@TOOL_CHOICE thinking=@THINKING
          output_config.effort=@EFFORT output_config.format=@RESPONSE_FORMAT
          output_format=@RESPONSE_FORMAT context_management=@CONTEXT_MANAGEMENT
          """,
          Dialect.BEDROCK_CONVERSE,
          """
          messages=messages system=system toolConfig.tools=tools toolConfig.toolChoice=@TOOL_CHOICE
          inferenceConfig.maxTokens=max promptVariables=@PROMPT_VARIABLES
          outputConfig=@RESPONSE_FORMAT additionalModelRequestFields=@ADDITIONAL_FIELDS
          """,
          Dialect.GEMINI,
          """
          model=model contents=messages systemInstruction|system_instruction=system tools=tools
          cachedContent|cached_content=cached toolConfig|tool_config=@TOOL_CHOICE
          generationConfig|generation_config.maxOutputTokens|max_output_tokens=max
          generationConfig|generation_config.thinkingConfig|thinking_config=@THINKING
          generationConfig|generation_config.mediaResolution|media_resolution=@MEDIA_RESOLUTION
          generationConfig|generation_config.responseSchema|response_schema|responseJsonSchema|response_json_schema=@RESPONSE_FORMAT
          """);

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

  /** What a block may say of itself, where it has no type: the names of one member, its kind. */
  private static final Map<String, PartKind> NAMED_KINDS =
      Map.ofEntries(
          Map.entry("image", PartKind.IMAGE),
          Map.entry("document", PartKind.DOCUMENT),
          Map.entry("video", PartKind.OTHER),
          Map.entry("audio", PartKind.OTHER),
          Map.entry("toolUse", PartKind.TOOL_USE),
          Map.entry("toolResult", PartKind.TOOL_RESULT),
          Map.entry("reasoningContent", PartKind.THINKING),
          Map.entry("inlineData", PartKind.DOCUMENT),
          Map.entry("inline_data", PartKind.DOCUMENT),
          Map.entry("fileData", PartKind.DOCUMENT),
          Map.entry("file_data", PartKind.DOCUMENT),
          Map.entry("functionCall", PartKind.TOOL_USE),
          Map.entry("function_call", PartKind.TOOL_USE),
          Map.entry("functionResponse", PartKind.TOOL_RESULT),
          Map.entry("function_response", PartKind.TOOL_RESULT));

  private static final Json NULL = new Json.Raw("null");
  private static final Json TRUE = new Json.Raw("true");
  private static final Json FALSE = new Json.Raw("false");
  private static final Pattern COUNT = Pattern.compile("[0-9]{1,18}");

  /** A row of {@link #MEMBERS}: at each level of its path the names that a member may have. */
  private record Row(List<List<String>> path, String meaning) {
    static Row of(String row) {
      int at = row.indexOf('=');
      return new Row(
          Stream.of(row.substring(0, at).split("\\."))
              .map(level -> List.of(level.split("\\|")))
              .toList(),
          row.substring(at + 1));
    }
  }

  /**
   * A part.
   *
   * @param marker its seconds, 0 without one
   * @param raw the value it was read from
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Part(
      PartKind kind, boolean string, int marker, boolean nullMarker, Json raw, byte[] text) {
    Part marked(int seconds) {
      return new Part(kind, string, seconds, nullMarker, raw, text);
    }
  }

  record Segment(SegmentKind kind, Role role, List<Part> parts, Json raw) {
    byte[] text() {
      ByteArrayOutputStream text = new ByteArrayOutputStream();
      parts.forEach(part -> text.writeBytes(part.text()));
      return text.toByteArray();
    }
  }

  /** A block: what of it goes into the text, and what it is. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Block(PartKind kind, boolean data, int marker, boolean nullMarker, byte[] json) {}

  final List<Segment> segments = new ArrayList<>();

  /** All that is wrong; a scan may name any one of them. */
  final Set<Verdict> faults = EnumSet.noneOf(Verdict.class);

  /** By what they are: model, salt, user, session, history. */
  final Map<String, Json> values = new HashMap<>();

  final Map<Parameter, Json> parameters = new EnumMap<>(Parameter.class);
  @Nullable Json saltNull;
  boolean stream;
  boolean includeUsage;
  boolean givesIncludeUsage;
  @Nullable Json streamOptions;
  boolean severalChoices;
  long maxOutputTokens = -1;
  int inputs = 1;
  boolean hasImages;
  boolean topLevelMarker;
  int markers;
  int hourMarkers;

  private final Dialect dialect;

  /** Whether blocks are what their members' names say. */
  private final boolean named;

  private boolean leading;

  ReferencePrompt(Json body, Dialect dialect) {
    this.dialect = dialect;
    named = dialect == Dialect.BEDROCK_CONVERSE || dialect == Dialect.GEMINI;
    leading = dialect == Dialect.OPENAI_CHAT || dialect == Dialect.OPENAI_RESPONSES;
    if (!(body instanceof Json.Obj request)) {
      faults.add(Verdict.UNEXPECTED_SHAPE);
      return;
    }
    List<Row> rows =
        Stream.of(requireNonNull(MEMBERS.get(dialect)).strip().split("\\s+")).map(Row::of).toList();
    refuseRepeated(request, rows, 0);
    Map<String, Json> sections = new HashMap<>();
    for (Row row : rows) {
      find(request, row.path()).ifPresent(value -> member(row.meaning(), value, sections));
    }
    request
        .get("cache_salt")
        .filter(value -> rows.stream().anyMatch(row -> row.meaning().equals("salt")))
        .filter(NULL::equals)
        .ifPresent(value -> saltNull = value);
    if (rows.stream().anyMatch(row -> row.meaning().equals("options"))) {
      streamOptions = request.get("stream_options").orElse(null);
      givesIncludeUsage =
          streamOptions instanceof Json.Obj options && options.get("include_usage").isPresent();
    }
    section(sections, "tools", this::tools);
    section(sections, "cached", this::cached);
    section(sections, "system", this::system);
    int before = segments.size();
    section(sections, "messages", this::messages);
    section(sections, "inputs", this::inputs);
    if (segments.size() == before) {
      faults.add(Verdict.NO_PROMPT);
    }
  }

  private static void section(Map<String, Json> sections, String name, Consumer<Json> reader) {
    Json value = sections.get(name);
    if (value != null) {
      reader.accept(value);
    }
  }

  private void member(String meaning, Json value, Map<String, Json> sections) {
    switch (meaning) {
      case "model", "salt" -> {
        if (!(value instanceof Json.Str)) {
          faults.add(Verdict.UNEXPECTED_SHAPE);
        }
        values.put(meaning, value);
      }
      // Of two names for the session the first row counts.
      case "user", "session" -> {
        if (value instanceof Json.Str) {
          values.putIfAbsent(meaning, value);
        }
      }
      case "history" -> values.put(meaning, value);
      case "stream" -> stream = value.equals(TRUE);
      case "usage" -> includeUsage = value.equals(TRUE);
      // Its place is found below, since null counts.
      case "options" -> {}
      case "choices" -> severalChoices = !value.equals(new Json.Raw("1"));
      case "max", "newmax" ->
          maxOutputTokens =
              value instanceof Json.Raw(String text) && COUNT.matcher(text).matches()
                  ? Long.parseLong(text)
                  : -1;
      case "marker" -> {
        topLevelMarker = true;
        marker(value, 300);
      }
      default -> {
        if (meaning.equals("@CONTAINER") && value instanceof Json.Str) {
          return;
        }
        if (!meaning.startsWith("@")) {
          sections.put(meaning, value);
        } else if (parameters.put(Parameter.valueOf(meaning.substring(1)), value) != null) {
          faults.add(Verdict.DUPLICATE_KEY);
        }
      }
    }
  }

  byte[] text() {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    segments.forEach(s -> all.writeBytes(s.text()));
    return all.toByteArray();
  }

  /** The canonical text of all parameters at a position. */
  byte[] parameters(Parameter.Position position) {
    ByteArrayOutputStream text = new ByteArrayOutputStream();
    parameters.forEach(
        (parameter, value) -> {
          if (parameter.position() == position) {
            text.writeBytes(framed(parameter.label(), read(parameter, value)));
          }
        });
    return text.toByteArray();
  }

  /** A parameter without what the model doesn't read of it. */
  private static Json read(Parameter parameter, Json value) {
    return switch (parameter) {
      case MCP_SERVERS -> without("authorization_token", value);
      case CONTAINER -> without("id", value);
      default -> value;
    };
  }

  private static Json without(String name, Json value) {
    return switch (value) {
      case Json.Obj(List<Json.Member> members) ->
          new Json.Obj(
              members.stream()
                  .filter(member -> !member.name().equals(name))
                  .map(member -> new Json.Member(member.name(), without(name, member.value())))
                  .toList());
      case Json.Arr(List<Json> elements) ->
          new Json.Arr(elements.stream().map(element -> without(name, element)).toList());
      case Json.Str _, Json.Raw _ -> value;
    };
  }

  // Members.

  private static Optional<Json> find(Json.Obj object, List<List<String>> path) {
    Optional<Json> value =
        path.getFirst().stream().flatMap(name -> member(object, name).stream()).findFirst();
    return path.size() == 1
        ? value
        : value
            .filter(Json.Obj.class::isInstance)
            .flatMap(v -> find((Json.Obj) v, path.subList(1, path.size())));
  }

  /** A member that is there and not null. */
  private static Optional<Json> member(Json.Obj object, String name) {
    return object.get(name).filter(value -> !value.equals(NULL));
  }

  /** At each level of the rows, a member that is there twice, by whichever of its names. */
  private void refuseRepeated(Json.Obj object, List<Row> rows, int level) {
    Set<List<String>> seen = new HashSet<>();
    for (Row row : rows) {
      if (row.path().size() <= level || !seen.add(row.path().get(level))) {
        continue;
      }
      List<String> names = row.path().get(level);
      refuseEachRepeated(object, names.toArray(String[]::new));
      if (names.stream().filter(name -> member(object, name).isPresent()).count() > 1) {
        faults.add(Verdict.DUPLICATE_KEY);
      }
      List<Row> below =
          rows.stream()
              .filter(r -> r.path().size() > level + 1 && r.path().get(level).equals(names))
              .toList();
      names.stream()
          .flatMap(name -> object.get(name).stream())
          .filter(Json.Obj.class::isInstance)
          .forEach(nested -> refuseRepeated((Json.Obj) nested, below, level + 1));
    }
  }

  /** Refuses an object that gives more than one member of these names. */
  private void refuseRepeated(Json.Obj object, List<String> names) {
    if (object.members().stream().filter(m -> names.contains(m.name())).count() > 1) {
      faults.add(Verdict.DUPLICATE_KEY);
    }
  }

  private void refuseEachRepeated(Json.Obj object, String... names) {
    for (String name : names) {
      refuseRepeated(object, List.of(name));
    }
  }

  /** Reads each element that is an object. */
  private void objects(Json array, Consumer<Json.Obj> each) {
    if (dialect == Dialect.GEMINI && array instanceof Json.Obj alone) {
      each.accept(alone);
      return;
    }
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

  /** Counts a marker that is not null, and tells its seconds. */
  private int marker(Json value, int defaultSeconds) {
    if (value.equals(NULL)) {
      return 0;
    }
    if (!(value instanceof Json.Obj object)) {
      faults.add(Verdict.UNEXPECTED_SHAPE);
      return defaultSeconds;
    }
    refuseEachRepeated(object, "type", "ttl");
    markers++;
    if (!object.get("ttl").equals(Optional.of(new Json.Str("1h")))) {
      return defaultSeconds;
    }
    hourMarkers++;
    return 3600;
  }

  // Sections.

  private void tools(Json tools) {
    boolean converse = dialect == Dialect.BEDROCK_CONVERSE;
    List<Segment> read = new ArrayList<>();
    objects(
        tools,
        tool -> {
          refuseEachRepeated(
              tool,
              "cache_control",
              "type",
              "name",
              "description",
              "input_schema",
              "function",
              "parameters",
              "toolSpec");
          List<Json.Member> rest = new ArrayList<>();
          int seconds = 0;
          boolean point = false;
          boolean nullMarker = false;
          if (converse) {
            refuseEachRepeated(tool, "cachePoint");
          }
          for (Json.Member member : tool.members()) {
            if (member.name().equals("cache_control")) {
              nullMarker |= member.value().equals(NULL);
              seconds = Math.max(seconds, marker(member.value(), 300));
            } else if (converse
                && member.name().equals("cachePoint")
                && !member.value().equals(NULL)) {
              point = true;
              seconds = Math.max(seconds, marker(member.value(), 300));
            } else {
              rest.add(member);
            }
          }
          if (point && rest.isEmpty()) {
            markLast(read, seconds);
            return;
          }
          byte[] text = frame(canonical(new Json.Obj(rest)));
          Part part =
              new Part(PartKind.TOOL, false, seconds, nullMarker && seconds == 0, tool, text);
          read.add(
              new Segment(SegmentKind.TOOL, Role.SYSTEM, new ArrayList<>(List.of(part)), tool));
        });
    segments.addAll(read);
  }

  /** A marker that stands alone is one of the part before it, if that has none. */
  private static void markLast(List<Segment> before, int seconds) {
    if (!before.isEmpty()) {
      markLastPart(before.getLast().parts(), seconds);
    }
  }

  private static void markLastPart(List<Part> parts, int seconds) {
    if (!parts.isEmpty() && parts.getLast().marker() == 0 && !parts.getLast().nullMarker()) {
      parts.add(parts.removeLast().marked(seconds));
    }
  }

  private void cached(Json name) {
    if (!(name instanceof Json.Str)) {
      faults.add(Verdict.UNEXPECTED_SHAPE);
      return;
    }
    Part part = new Part(PartKind.OTHER, false, 0, false, name, frame(canonical(name)));
    segments.add(new Segment(SegmentKind.SYSTEM, Role.SYSTEM, List.of(part), name));
  }

  private void system(Json system) {
    List<Part> parts = new ArrayList<>();
    if (dialect != Dialect.GEMINI) {
      content(parts, system);
    } else if (system instanceof Json.Obj content) {
      refuseEachRepeated(content, "parts");
      member(content, "parts").ifPresent(p -> content(parts, p));
    } else {
      faults.add(Verdict.UNEXPECTED_SHAPE);
    }
    segments.add(new Segment(SegmentKind.SYSTEM, Role.SYSTEM, parts, system));
  }

  private void inputs(Json inputs) {
    switch (inputs) {
      case Json.Str string -> input(string);
      case Json.Arr(List<Json> elements) -> {
        boolean strings = elements.stream().allMatch(Json.Str.class::isInstance);
        boolean lists = elements.stream().allMatch(Json.Arr.class::isInstance);
        if (elements.isEmpty()) {
          return;
        }
        if (strings || lists) {
          elements.forEach(this::input);
          this.inputs = elements.size();
        } else {
          input(inputs);
        }
      }
      case Json.Obj _, Json.Raw _ -> faults.add(Verdict.UNEXPECTED_SHAPE);
    }
  }

  private void input(Json input) {
    List<Part> parts = new ArrayList<>();
    if (input instanceof Json.Arr(List<Json> ids)) {
      boolean sound =
          ids.stream()
              .allMatch(
                  id -> id instanceof Json.Raw(String text) && Character.isDigit(text.charAt(0)));
      if (!sound) {
        faults.add(Verdict.UNEXPECTED_SHAPE);
      }
      parts.add(new Part(PartKind.TOKENS, false, 0, false, input, frame(canonical(input))));
    } else {
      string(parts, (Json.Str) input);
    }
    segments.add(new Segment(SegmentKind.MESSAGE, Role.USER, parts, input));
  }

  private void messages(Json messages) {
    if (messages instanceof Json.Str string && dialect == Dialect.OPENAI_RESPONSES) {
      input(string);
      return;
    }
    objects(
        messages,
        message -> {
          if (dialect == Dialect.OPENAI_RESPONSES && !isMessage(message)) {
            item(message);
          } else {
            message(message);
          }
        });
  }

  /** Whether an item of Responses is a message: it has a role, and no type that says otherwise. */
  private static boolean isMessage(Json.Obj item) {
    boolean role =
        item.members().stream().anyMatch(m -> m.name().equals("role") && !m.value().equals(NULL));
    return role
        && item.members().stream()
            .filter(m -> m.name().equals("type") && !m.value().equals(NULL))
            .allMatch(m -> m.value().equals(new Json.Str("message")));
  }

  private void item(Json.Obj item) {
    refuseEachRepeated(item, "type");
    leading = false;
    Block block = typed(item);
    Role role =
        switch (block.kind()) {
          case TOOL_USE, THINKING -> Role.ASSISTANT;
          case TOOL_RESULT -> Role.TOOL;
          case TOOL, TEXT, TOKENS, IMAGE, DOCUMENT, OTHER -> Role.OTHER;
        };
    segments.add(new Segment(SegmentKind.MESSAGE, role, List.of(part(block, item)), item));
  }

  private void message(Json.Obj message) {
    String content = dialect == Dialect.GEMINI ? "parts" : "content";
    List<String> members = named ? List.of("role") : MESSAGE_MEMBERS;
    List<String> dropped = new ArrayList<>(List.of(content));
    if (!named) {
      dropped.add("cache_control");
      message.get("cache_control").ifPresent(m -> marker(m, 300));
    }
    if (dialect == Dialect.OPENAI_RESPONSES) {
      dropped.addAll(List.of("id", "status", "type"));
    }
    refuseEachRepeated(message, dropped.toArray(String[]::new));
    refuseEachRepeated(message, members.toArray(String[]::new));

    List<Part> parts = new ArrayList<>();
    member(message, content).ifPresent(c -> content(parts, c));
    Json role = member(message, "role").orElse(null);
    boolean absent = role == null && dialect == Dialect.GEMINI;
    if (!absent && !(role instanceof Json.Str)) {
      faults.add(Verdict.UNEXPECTED_SHAPE);
      return;
    }
    String name = role instanceof Json.Str(String string) ? string : "user";
    String model = dialect == Dialect.GEMINI ? "model" : "assistant";
    for (String member : members) {
      boolean told =
          member.equals("role") && List.of("system", "user", model, "tool").contains(name);
      if (!told) {
        member(message, member).ifPresent(v -> member(parts, member, v));
      }
    }
    for (Json.Member other : message.members()) {
      if (!members.contains(other.name())
          && !dropped.contains(other.name())
          && !other.value().equals(NULL)) {
        member(parts, other.name(), other.value());
      }
    }
    Role speaker =
        switch (name) {
          case "system", "developer" -> Role.SYSTEM;
          case "user" -> Role.USER;
          case "tool", "function" -> Role.TOOL;
          default -> name.equals(model) ? Role.ASSISTANT : Role.OTHER;
        };
    leading &= speaker == Role.SYSTEM;
    segments.add(
        new Segment(leading ? SegmentKind.SYSTEM : SegmentKind.MESSAGE, speaker, parts, message));
  }

  private void member(List<Part> parts, String name, Json value) {
    boolean calls = name.equals("tool_calls") && !named;
    parts.add(
        new Part(
            calls ? PartKind.TOOL_USE : PartKind.OTHER,
            false,
            0,
            false,
            value,
            framed(name, value)));
  }

  // Content.

  private static void string(List<Part> parts, Json.Str string) {
    parts.add(new Part(PartKind.TEXT, true, 0, false, string, encoded(string.value())));
  }

  private void content(List<Part> parts, Json content) {
    if (content instanceof Json.Str string && !named) {
      string(parts, string);
      return;
    }
    objects(
        content,
        object -> {
          if (isCachePoint(object)) {
            refuseNamedRepeated(object);
            markLastPart(parts, marker(given(object).getFirst().value(), 300));
            return;
          }
          Block block = named ? named(object) : typed(object);
          Optional<Json.Str> text = plainText(object);
          parts.add(
              text.isEmpty()
                  ? part(block, object)
                  : new Part(
                      PartKind.TEXT,
                      false,
                      block.marker(),
                      block.nullMarker(),
                      object,
                      encoded(text.get().value())));
        });
  }

  private static Part part(Block block, Json raw) {
    return new Part(
        block.kind(),
        false,
        block.marker(),
        block.nullMarker(),
        raw,
        block.data() ? digest(block, true) : frame(block.json()));
  }

  /** Converse's marker, which is a block of its own. */
  private boolean isCachePoint(Json.Obj block) {
    List<Json.Member> given = given(block);
    return named && !given.isEmpty() && given.stream().allMatch(m -> m.name().equals("cachePoint"));
  }

  /** Members that say something: neither null nor, of a thought, false. */
  private List<Json.Member> given(Json.Obj block) {
    return block.members().stream()
        .filter(m -> !m.value().equals(NULL))
        .filter(m -> !(named && m.name().equals("thought") && m.value().equals(FALSE)))
        .toList();
  }

  private boolean isMarker(String name) {
    return named
        ? name.equals("cachePoint")
        : name.equals("cache_control") || name.equals("prompt_cache_breakpoint");
  }

  /** The text of a block that is nothing but text, beside its markers. */
  private Optional<Json.Str> plainText(Json.Obj block) {
    Json.Obj bare = new Json.Obj(given(block));
    boolean point = named && bare.get("cachePoint").isPresent();
    List<Json.Member> rest = bare.members().stream().filter(m -> !isMarker(m.name())).toList();
    boolean typedText =
        bare.get("type").orElse(null) instanceof Json.Str(String type)
            && List.of("text", "input_text", "output_text").contains(type);
    boolean alone = named ? rest.size() == 1 && !point : rest.size() == 2 && typedText;
    return alone && bare.get("text").orElse(null) instanceof Json.Str text
        ? Optional.of(text)
        : Optional.empty();
  }

  private Block typed(Json.Obj block) {
    refuseEachRepeated(
        block,
        "type",
        "text",
        "cache_control",
        "prompt_cache_breakpoint",
        "content",
        "output",
        "source");
    int seconds = 0;
    for (Json.Member member : block.members()) {
      if (isMarker(member.name()) && !member.value().equals(NULL)) {
        seconds = marker(member.value(), member.name().equals("cache_control") ? 300 : 1800);
      }
    }
    Json source = member(block, "source").orElse(null);
    if (source instanceof Json.Obj object) {
      refuseEachRepeated(object, "type");
    }
    String sourceType = source instanceof Json.Obj object ? type(object) : "";
    Json typeGiven = member(block, "type").orElse(null);
    if (typeGiven != null && !(typeGiven instanceof Json.Str)) {
      faults.add(Verdict.UNEXPECTED_SHAPE);
    }
    String type = type(block);
    boolean data =
        switch (type) {
          case "image",
              "image_url",
              "input_image",
              "file",
              "input_file",
              "input_audio",
              "audio_url",
              "video_url" ->
              true;
          case "document" -> !List.of("text", "content").contains(sourceType);
          default -> false;
        };
    PartKind kind =
        switch (type) {
          case "text", "input_text", "output_text" -> PartKind.TEXT;
          case "image", "image_url", "input_image" -> PartKind.IMAGE;
          case "document", "search_result", "file", "input_file" -> PartKind.DOCUMENT;
          case "tool_use", "server_tool_use", "mcp_tool_use" -> PartKind.TOOL_USE;
          case "thinking", "redacted_thinking", "reasoning" -> PartKind.THINKING;
          default ->
              type.endsWith("tool_result") || type.endsWith("_output")
                  ? PartKind.TOOL_RESULT
                  : type.endsWith("_call") ? PartKind.TOOL_USE : PartKind.OTHER;
        };
    hasImages |= kind == PartKind.IMAGE;
    byte[] json =
        object(
            given(block).stream().filter(m -> !isMarker(m.name())).toList(),
            (name, value) ->
                name.equals("content") || name.equals("output") ? inner(value) : canonical(value));
    boolean nullMarker =
        seconds == 0
            && (block.get("cache_control").isPresent()
                || (!named && block.get("prompt_cache_breakpoint").isPresent()));
    return new Block(kind, data, seconds, nullMarker, json);
  }

  private Block named(Json.Obj block) {
    refuseNamedRepeated(block);
    PartKind kind = PartKind.OTHER;
    boolean data = false;
    boolean thought = false;
    int seconds = 0;
    for (Json.Member member : given(block)) {
      String name = member.name();
      PartKind itsKind = NAMED_KINDS.get(name);
      if (name.equals("cachePoint")) {
        seconds = marker(member.value(), 300);
      } else if (name.equals("thought")) {
        thought = true;
      } else if (name.equals("text") && kind == PartKind.OTHER) {
        kind = PartKind.TEXT;
      } else if (itsKind != null) {
        Json.Obj held =
            member.value() instanceof Json.Obj object ? object : new Json.Obj(List.of());
        for (String inner : List.of("source", "content", "parts", "mimeType")) {
          refuseRepeated(held, spellings(inner));
        }
        kind = itsKind;
        switch (spellings(name).getFirst()) {
          case "image", "video", "audio" -> data = true;
          case "document" ->
              data =
                  !(held.get("source").orElse(null) instanceof Json.Obj source
                      && (source.get("text").isPresent() || source.get("content").isPresent()));
          case "inlineData", "fileData" -> {
            data = true;
            boolean image =
                spellings("mimeType").stream()
                    .flatMap(spelling -> held.get(spelling).stream())
                    .anyMatch(
                        type ->
                            type instanceof Json.Str(String string) && string.startsWith("image/"));
            kind = image ? PartKind.IMAGE : PartKind.DOCUMENT;
          }
          default -> {}
        }
      }
    }
    kind = thought ? PartKind.THINKING : kind;
    hasImages |= data && kind == PartKind.IMAGE;
    byte[] json =
        object(
            given(block).stream().filter(m -> !isMarker(m.name())).toList(),
            (name, value) ->
                NAMED_KINDS.containsKey(name) && value instanceof Json.Obj held
                    ? object(
                        held.members(),
                        (inner, v) ->
                            inner.equals("content") || inner.equals("parts")
                                ? inner(v)
                                : canonical(v))
                    : canonical(value));
    return new Block(kind, data, seconds, false, json);
  }

  private void refuseNamedRepeated(Json.Obj block) {
    Stream.concat(NAMED_KINDS.keySet().stream(), Stream.of("text", "cachePoint", "thought"))
        .forEach(name -> refuseRepeated(block, spellings(name)));
  }

  /** The names of one field: protobuf's JSON allows two. */
  private static List<String> spellings(String name) {
    return Stream.of(
            List.of("inlineData", "inline_data"),
            List.of("fileData", "file_data"),
            List.of("functionCall", "function_call"),
            List.of("functionResponse", "function_response"),
            List.of("mimeType", "mime_type"))
        .filter(both -> both.contains(name))
        .findFirst()
        .orElse(List.of(name));
  }

  /** The content of a block, whose own blocks are read as blocks, but framed only as data. */
  private byte[] inner(Json content) {
    if (!(content instanceof Json.Arr(List<Json> elements))) {
      return canonical(content);
    }
    ByteArrayOutputStream text = new ByteArrayOutputStream();
    text.write('[');
    String comma = "";
    for (Json element : elements) {
      text.writeBytes(comma.getBytes(UTF_8));
      comma = ",";
      if (element instanceof Json.Obj object) {
        Block block = named ? named(object) : typed(object);
        text.writeBytes(block.data() ? digest(block, false) : block.json());
      } else {
        text.writeBytes(canonical(element));
      }
    }
    text.write(']');
    return text.toByteArray();
  }

  private static String type(Json.Obj block) {
    return member(block, "type").orElse(null) instanceof Json.Str(String type) ? type : "";
  }

  // Text.

  /**
   * In place of data.
   *
   * @param part whether the digest is of a part, which includes the byte that opens its frame
   */
  private static byte[] digest(Block block, boolean part) {
    byte[] json = block.json();
    if (part) {
      json = new byte[1 + block.json().length];
      json[0] = (byte) 0xFE;
      System.arraycopy(block.json(), 0, json, 1, block.json().length);
    }
    var hash = Hashing.xxh3_128().hashBytesTo128Bits(json);
    return frame(
        "%016x%016x"
            .formatted(hash.getMostSignificantBits(), hash.getLeastSignificantBits())
            .getBytes(UTF_8));
  }

  private static byte[] frame(byte[] text) {
    byte[] framed = Arrays.copyOf(new byte[] {(byte) 0xFE}, text.length + 2);
    System.arraycopy(text, 0, framed, 1, text.length);
    framed[text.length + 1] = (byte) 0xFF;
    return framed;
  }

  private static byte[] framed(String name, Json value) {
    ByteArrayOutputStream text = new ByteArrayOutputStream();
    write(text, new Json.Str(name));
    text.write(':');
    write(text, value);
    return frame(text.toByteArray());
  }

  private interface ValueText {
    byte[] of(String name, Json value);
  }

  private static byte[] object(List<Json.Member> members, ValueText values) {
    ByteArrayOutputStream text = new ByteArrayOutputStream();
    text.write('{');
    String comma = "";
    for (Json.Member member : members) {
      text.writeBytes(comma.getBytes(UTF_8));
      comma = ",";
      write(text, new Json.Str(member.name()));
      text.write(':');
      text.writeBytes(values.of(member.name(), member.value()));
    }
    text.write('}');
    return text.toByteArray();
  }

  /** The canonical text of a value. */
  static byte[] canonical(Json json) {
    ByteArrayOutputStream text = new ByteArrayOutputStream();
    write(text, json);
    return text.toByteArray();
  }

  /** A string with the fewest escapes; what has no UTF-8 is for others to refuse. */
  static byte[] encoded(String string) {
    return UTF_8.newEncoder().canEncode(string)
        ? JsonStringEncoder.getInstance().quoteAsUTF8(string)
        : string.getBytes(UTF_8);
  }

  private static void write(ByteArrayOutputStream to, Json json) {
    switch (json) {
      case Json.Raw(String text) -> to.writeBytes(text.getBytes(UTF_8));
      case Json.Str(String value) -> {
        to.write('"');
        to.writeBytes(encoded(value));
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
      case Json.Obj(List<Json.Member> members) ->
          to.writeBytes(object(members, (name, value) -> canonical(value)));
    }
  }
}

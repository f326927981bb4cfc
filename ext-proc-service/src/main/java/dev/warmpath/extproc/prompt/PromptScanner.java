package dev.warmpath.extproc.prompt;

/**
 * Reads the body of a request into a {@link Prompt}: one pass over the bytes, no tree, no strings.
 * The whole body is checked to be JSON (RFC 8259) in UTF-8, so that what we understand is what an
 * engine's parser understands; a body about which parsers disagree (a name given twice where we
 * read it, a lone surrogate, a byte order mark) is refused.
 *
 * <p>The canonical text is written while reading. Sections that a body gives in another order than
 * caches see them, and members of messages likewise, are moved into place afterwards ({@link
 * Sequence}). Two things are read twice: a block that looked like plain text and isn't, and the
 * parameters.
 *
 * <p>Allocates only when a request is larger than all before it. Not thread-safe: one owner.
 */
public final class PromptScanner {

  /**
   * What a scan refuses to go beyond.
   *
   * @param maxBodyBytes of a request
   * @param maxDepth brackets open at once, 8 to 1024
   * @param maxSegments segments and parts together
   */
  public record Limits(int maxBodyBytes, int maxDepth, int maxSegments) {
    public Limits {
      if (maxBodyBytes < 1 || maxBodyBytes > 1 << 28) {
        throw new IllegalArgumentException(
            "maxBodyBytes: " + maxBodyBytes + " (expected: 1 to 268435456)");
      }
      if (maxDepth < 8 || maxDepth > 1024) {
        throw new IllegalArgumentException("maxDepth: " + maxDepth + " (expected: 8 to 1024)");
      }
      if (maxSegments < 1 || maxSegments > 1_000_000) {
        throw new IllegalArgumentException(
            "maxSegments: " + maxSegments + " (expected: 1 to 1000000)");
      }
    }
  }

  private static final Parameter[] ALL_PARAMETERS = Parameter.values();
  private static final Names PARAMETER_LABELS = Names.ofEnum(ALL_PARAMETERS);
  private static final Names TOKENS = new Names("authorization_token");
  private static final Names IDS = new Names("id");
  private static final Names NOTHING = new Names();
  private static final Names EXPLICIT = new Names("explicit");

  private final Limits limits;
  private final Scan scan;
  private final JsonCursor json;
  private final Markers markers;
  private final Messages messages;
  private final Sequence sections = new Sequence();

  // Kept, since each use of a method reference would make a new one.
  private final Messages.Reader toolsReader;
  private final Messages.Reader cachedContentReader;
  private final Messages.Reader cacheNameReader;
  private final Messages.Reader systemReader;
  private final Messages.Reader systemContentReader;
  private final Messages.Reader messagesReader;
  private final Messages.Reader inputsReader;

  private boolean completionTokensSeen;
  private boolean messagesSeen;

  /** For who compares texts that nobody else is to: data has the same digest everywhere. */
  public PromptScanner(Limits limits) {
    this(limits, 0);
  }

  /**
   * @param digestSeed secret: without it nobody can work out two images of one digest
   */
  public PromptScanner(Limits limits, long digestSeed) {
    this.limits = limits;
    scan = new Scan(limits, digestSeed);
    json = scan.json;
    markers = new Markers(scan);
    messages = new Messages(scan, new TypedBlocks(scan), new NamedBlocks(scan));
    toolsReader = new Tools(scan)::read;
    cachedContentReader = this::cachedContent;
    cacheNameReader = this::cacheName;
    systemReader = messages::system;
    systemContentReader = messages::systemContent;
    messagesReader = messages::read;
    inputsReader = new Inputs(scan, messages)::read;
  }

  /**
   * Scans one body. Never throws, whatever the bytes; takes time linear in their number.
   *
   * @param body read only; must stay unchanged as long as {@code out} is in use
   * @param length bytes of {@code body} that belong to the request
   * @param out complete after {@link Verdict#OK}, undefined after any other
   */
  public Verdict scan(byte[] body, int length, Dialect dialect, Prompt out) {
    out.reset(body, length, dialect);
    if (length > limits.maxBodyBytes()) {
      return Verdict.TOO_LARGE;
    }
    if (startsWithByteOrderMark(body, length)) {
      return Verdict.BYTE_ORDER_MARK;
    }
    scan.prompt = out;
    json.start(body, length, out.text);
    json.reserve();
    sections.clear();
    messages.start(dialect);
    completionTokensSeen = false;
    messagesSeen = false;
    boolean sound = body(out);
    out.text = json.out;
    if (!sound) {
      return json.fault;
    }
    out.linkParts();
    return Verdict.OK;
  }

  static boolean startsWithByteOrderMark(byte[] body, int length) {
    if (length < 2) {
      return false;
    }
    int first = body[0] & 0xFF;
    int second = body[1] & 0xFF;
    return (first == 0xFE && second == 0xFF)
        || (first == 0xFF && second == 0xFE)
        || (first == 0xEF && second == 0xBB && length > 2 && (body[2] & 0xFF) == 0xBF);
  }

  private boolean body(Prompt prompt) {
    if (!json.skipSpace()) {
      return json.fail(Verdict.EMPTY);
    }
    if (json.peek() != '{') {
      return json.value() && atEnd() && json.fail(Verdict.UNEXPECTED_SHAPE);
    }
    if (!members(Grammar.of(prompt.dialect), /* top= */ true) || !atEnd()) {
      return false;
    }
    prompt.textLength = json.outPos;
    if (!messagesSeen) {
      return json.fail(Verdict.NO_PROMPT);
    }
    return appendix(prompt);
  }

  private boolean atEnd() {
    return !json.skipSpace() || json.fail(Verdict.TRAILING_BYTES);
  }

  /** Reads the object at the cursor, of which nothing is written but the sections in it. */
  private boolean members(Grammar grammar, boolean top) {
    if (!json.enter()) {
      return false;
    }
    if (top) {
      scan.prompt.firstByteAfterBrace = json.pos;
    }
    long names = 0;
    long given = 0;
    for (boolean first = true; ; first = false) {
      int mark = json.outPos;
      int next = json.nextMember(first);
      if (next == JsonCursor.FAULT) {
        return false;
      }
      json.outPos = mark;
      if (next == JsonCursor.CLOSED) {
        return true;
      }
      int name = grammar.indexOfKey(json);
      if (name < 0) {
        if (!scan.skip(mark)) {
          return false;
        }
        continue;
      }
      boolean isNull = json.peek() == 'n';
      if ((names & grammar.nameBit(name)) != 0
          || (!isNull && (given & grammar.memberBit(name)) != 0)) {
        return json.fail(Verdict.DUPLICATE_KEY);
      }
      names |= grammar.nameBit(name);
      given |= isNull ? 0 : grammar.memberBit(name);
      if (!member(grammar, name, mark)) {
        return false;
      }
    }
  }

  private boolean member(Grammar grammar, int name, int mark) {
    Grammar.Field field = grammar.field(name);
    if (json.peek() == 'n') {
      if (field == Grammar.Field.CACHE_SALT) {
        scan.prompt.cacheSaltNullStart = json.pos;
      }
      gives(field);
      return scan.skip(mark);
    }
    gives(field);
    return switch (field) {
      case MODEL -> string(Prompt.MODEL, mark);
      case CACHE_SALT -> string(Prompt.CACHE_SALT, mark);
      // Nothing depends on these two, so they are no reason to pass.
      case USER -> json.peek() == '"' ? string(Prompt.USER, mark) : scan.skip(mark);
      case SESSION -> json.peek() == '"' ? string(Prompt.SESSION, mark) : scan.skip(mark);
      case NESTED_SESSION ->
          (json.peek() == '"' && scan.prompt.valueRawStarts[Prompt.SESSION] < 0)
              ? string(Prompt.SESSION, mark)
              : scan.skip(mark);
      case HISTORY -> named(Prompt.HISTORY, mark);
      case STREAM -> {
        scan.prompt.stream = json.peek() == 't';
        yield scan.skip(mark);
      }
      case INCLUDE_USAGE -> {
        scan.prompt.includeUsage = json.peek() == 't';
        yield scan.skip(mark);
      }
      case CHOICES -> {
        int start = json.pos;
        boolean sound = scan.skip(mark);
        scan.prompt.severalChoices = sound && count(start, json.pos) != 1;
        yield sound;
      }
      case MAX_TOKENS -> maxTokens(mark, /* newer= */ false);
      case MAX_COMPLETION_TOKENS -> maxTokens(mark, /* newer= */ true);
      case MARKER -> {
        boolean sound = markers.read(Markers.DEFAULT_SECONDS) >= 0;
        json.outPos = mark;
        scan.prompt.topLevelMarker = true;
        yield sound;
      }
      case CACHE_KEY -> scan.skip(mark);
      case CACHE_MODE -> cacheMode(mark);
      case PARAMETER -> parameter(grammar.parameter(name), mark);
      case NESTED, STREAM_OPTIONS, CACHE_OPTIONS ->
          json.peek() == '{' ? members(grammar.nested(name), /* top= */ false) : scan.skip(mark);
      case TOOLS -> section(field, toolsReader);
      case CACHED_CONTENT -> section(field, cachedContentReader);
      case SYSTEM ->
          section(
              field, scan.prompt.dialect == Dialect.GEMINI ? systemContentReader : systemReader);
      case MESSAGES -> section(field, messagesReader);
      case INPUTS -> section(field, inputsReader);
    };
  }

  /** A member that stands in the body, be it with null, can't be added again. */
  private void gives(Grammar.Field field) {
    if (field == Grammar.Field.STREAM_OPTIONS) {
      scan.prompt.streamOptionsStart = json.pos;
    } else if (field == Grammar.Field.INCLUDE_USAGE) {
      scan.prompt.givesIncludeUsage = true;
    }
    CacheHint hint =
        switch (field) {
          case CACHE_KEY -> CacheHint.KEY;
          case CACHE_OPTIONS -> CacheHint.OPTIONS;
          case SESSION -> CacheHint.SESSION;
          default -> null;
        };
    if (hint != null) {
      scan.prompt.cacheHints |= hint.bit;
    }
  }

  private boolean cacheMode(int mark) {
    boolean string = json.peek() == '"';
    if (!json.value()) {
      return false;
    }
    scan.prompt.explicitCacheMode =
        string && EXPLICIT.indexOf(json, mark + 1, json.outPos - 1) == 0;
    json.outPos = mark;
    return true;
  }

  private boolean string(int value, int mark) {
    return json.peek() == '"' ? named(value, mark) : scan.unexpected();
  }

  /** Keeps where a value stands; its text is written with the appendix. */
  private boolean named(int value, int mark) {
    int start = json.pos;
    if (!scan.skip(mark)) {
      return false;
    }
    scan.prompt.valueRawStarts[value] = start;
    scan.prompt.valueRawEnds[value] = json.pos;
    return true;
  }

  /**
   * @param newer by the name that counts where both are given
   */
  private boolean maxTokens(int mark, boolean newer) {
    int start = json.pos;
    if (!scan.skip(mark)) {
      return false;
    }
    if (newer || !completionTokensSeen) {
      scan.prompt.maxOutputTokens = count(start, json.pos);
    }
    completionTokensSeen |= newer;
    return true;
  }

  @SuppressWarnings("EnumOrdinal") // an index within the prompt
  private boolean parameter(Parameter parameter, int mark) {
    Prompt prompt = scan.prompt;
    if (prompt.has(parameter)) {
      return json.fail(Verdict.DUPLICATE_KEY);
    }
    if (parameter == Parameter.CONTAINER && json.peek() == '"') {
      // An id alone: where code has run, and nothing that the model reads.
      return scan.skip(mark);
    }
    int start = json.pos;
    if (!scan.skip(mark)) {
      return false;
    }
    int index = parameter.ordinal();
    prompt.parametersGiven |= 1 << index;
    prompt.parameterRawStarts[index] = start;
    prompt.parameterRawEnds[index] = json.pos;
    return true;
  }

  /** The whole number in a raw range, or -1 if it is none or beyond what a count can be. */
  private long count(int from, int to) {
    if (to - from > 18) {
      return -1;
    }
    long value = 0;
    for (int i = from; i < to; i++) {
      int digit = scan.prompt.body[i] - '0';
      if (digit < 0 || digit > 9) {
        return -1;
      }
      value = 10 * value + digit;
    }
    return value;
  }

  @SuppressWarnings("EnumOrdinal") // the order of the sections is that of the constants
  private boolean section(Grammar.Field field, Messages.Reader reader) {
    Prompt prompt = scan.prompt;
    int textStart = json.outPos;
    int segmentStart = prompt.segments;
    int partStart = prompt.parts;
    if (!reader.read()) {
      return false;
    }
    // A system prompt that stands apart is nothing to answer; leading system messages are messages.
    messagesSeen |=
        (field == Grammar.Field.MESSAGES || field == Grammar.Field.INPUTS)
            && prompt.segments > segmentStart;
    sections.settle(field.ordinal(), textStart, segmentStart, partStart, json, prompt);
    return true;
  }

  /** The name of a cache that Gemini holds: it stands for tools and system prompt. */
  private boolean cachedContent() {
    return json.peek() == '"'
        ? messages.segmentOf(SegmentKind.SYSTEM, Role.SYSTEM, cacheNameReader)
        : scan.unexpected();
  }

  private boolean cacheName() {
    if (!scan.hasRoom(1)) {
      return false;
    }
    int rawStart = json.pos;
    int textStart = json.outPos;
    json.put(JsonCursor.FRAME);
    if (!json.quoted()) {
      return false;
    }
    json.put(JsonCursor.END);
    scan.prompt.addPart(PartKind.OTHER, false, 0, rawStart, json.pos, textStart, json.outPos);
    return true;
  }

  /** Writes behind the text what belongs to no segment: parameters, then the named values. */
  private boolean appendix(Prompt prompt) {
    for (int i = 0; i < Prompt.PARAMETERS; i++) {
      prompt.parameterTextStarts[i] = json.outPos;
      if ((prompt.parametersGiven & 1 << i) != 0) {
        readAgain(prompt.parameterRawStarts[i], prompt.parameterRawEnds[i]);
        json.put(JsonCursor.FRAME);
        json.put('"');
        PARAMETER_LABELS.put(i, json);
        json.put(JsonCursor.END);
        json.put(':');
        if (!json.valueWithout(unread(ALL_PARAMETERS[i]))) {
          return false;
        }
        json.put(JsonCursor.END);
      }
      prompt.parameterTextEnds[i] = json.outPos;
    }
    for (int i = 0; i < Prompt.VALUES; i++) {
      prompt.valueTextStarts[i] = json.outPos;
      if (prompt.valueRawStarts[i] >= 0) {
        readAgain(prompt.valueRawStarts[i], prompt.valueRawEnds[i]);
        if (!(json.peek() == '"' ? json.string() : json.value())) {
          return false;
        }
      }
      prompt.valueTextEnds[i] = json.outPos;
    }
    return true;
  }

  /** Members of a parameter, at whatever depth, that no model reads. */
  private static Names unread(Parameter parameter) {
    return switch (parameter) {
      case MCP_SERVERS -> TOKENS;
      case CONTAINER -> IDS;
      default -> NOTHING;
    };
  }

  private void readAgain(int start, int end) {
    json.pos = start;
    json.end = end;
    json.reserve();
  }
}

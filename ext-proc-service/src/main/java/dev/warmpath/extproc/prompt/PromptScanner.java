package dev.warmpath.extproc.prompt;

import com.dynatrace.hash4j.hashing.HashValue128;
import com.dynatrace.hash4j.hashing.Hasher128;
import com.dynatrace.hash4j.hashing.Hashing;

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

  /** Anthropic's default, "5m". */
  private static final int DEFAULT_MARKER_SECONDS = 300;

  private static final int HOUR_SECONDS = 3600;

  /** OpenAI's breakpoints know one lifetime, "30m". */
  private static final int BREAKPOINT_SECONDS = 1800;

  // Top level: these first, then the parameters of the dialect.
  private static final int MODEL = 0;
  private static final int MESSAGES = 1;
  private static final int TOOLS = 2;
  private static final int STREAM = 3;
  private static final int MAX_TOKENS = 4;
  private static final int MAX_COMPLETION_TOKENS = 5;
  private static final int CACHE_SALT = 6;
  private static final int SYSTEM = 7;
  private static final int CACHE_CONTROL = 8;
  private static final int FIRST_PARAMETER = 9;

  private static final String[] TOP_LEVEL = {
    "model",
    "messages",
    "tools",
    "stream",
    "max_tokens",
    "max_completion_tokens",
    "cache_salt",
    "system",
    "cache_control",
  };

  /** Parameters that change what the model reads, or that providers say void caches. */
  private static final String[] OPENAI_PARAMETERS = {
    "tool_choice",
    "reasoning_effort",
    "reasoning",
    "thinking",
    "response_format",
    "verbosity",
    "chat_template",
    "chat_template_kwargs",
    "documents",
    "functions",
    "function_call",
  };

  private static final String[] ANTHROPIC_PARAMETERS = {
    "tool_choice", "thinking", "output_config", "output_format", "speed", "mcp_servers",
  };

  private static final int MAX_PARAMETERS =
      Math.max(OPENAI_PARAMETERS.length, ANTHROPIC_PARAMETERS.length);

  private static final Names OPENAI_TOP_LEVEL = concat(TOP_LEVEL, OPENAI_PARAMETERS);
  private static final Names ANTHROPIC_TOP_LEVEL = concat(TOP_LEVEL, ANTHROPIC_PARAMETERS);

  // Sections' ranks: the order in which caches see them.
  private static final int TOOLS_RANK = 0;
  private static final int SYSTEM_RANK = 1;
  private static final int MESSAGES_RANK = 2;

  // Members of a message; the index is the rank in its text.
  private static final int CONTENT = 0;
  private static final int ROLE = 1;
  private static final int TOOL_CALLS = 5;
  private static final int MESSAGE_MARKER = 9;
  private static final int UNKNOWN_MEMBER_RANK = 10;
  private static final Names MESSAGE =
      new Names(
          "content",
          "role",
          "name",
          "reasoning_content",
          "reasoning",
          "tool_calls",
          "tool_call_id",
          "function_call",
          "refusal",
          "cache_control");

  private static final Names ROLES =
      new Names("system", "user", "assistant", "tool", "developer", "function");

  // Members of a block.
  private static final int TYPE = 0;
  private static final int TEXT = 1;
  private static final int BLOCK_MARKER = 2;
  private static final int BREAKPOINT = 3;
  private static final int BLOCK_CONTENT = 4;
  private static final int SOURCE = 5;
  private static final Names BLOCK =
      new Names("type", "text", "cache_control", "prompt_cache_breakpoint", "content", "source");

  // Members of a tool.
  private static final int TOOL_MARKER = 0;
  private static final Names TOOL =
      new Names(
          "cache_control", "type", "name", "description", "input_schema", "function", "parameters");

  // Types of blocks.
  private static final int TYPE_TEXT = 0;
  private static final int LAST_IMAGE_TYPE = 3;
  private static final int TYPE_DOCUMENT = 4;
  private static final int TYPE_SEARCH_RESULT = 5;
  private static final int LAST_FILE_TYPE = 7;
  private static final int LAST_MEDIA_TYPE = 10;
  private static final int LAST_TOOL_USE_TYPE = 13;
  private static final Names TYPES =
      new Names(
          "text",
          "image",
          "image_url",
          "input_image",
          "document",
          "search_result",
          "file",
          "input_file",
          "input_audio",
          "audio_url",
          "video_url",
          "tool_use",
          "server_tool_use",
          "mcp_tool_use",
          "thinking",
          "redacted_thinking");

  private static final byte[] TOOL_RESULT_SUFFIX = {
    't', 'o', 'o', 'l', '_', 'r', 'e', 's', 'u', 'l', 't'
  };

  /** A document's sources that are text themselves. */
  private static final Names TEXT_SOURCES = new Names("text", "content");

  private static final Names TYPE_ONLY = new Names("type");

  private static final int TTL = 0;
  private static final Names MARKER = new Names("ttl", "type");
  private static final Names HOUR = new Names("1h");

  private static final byte[] HEX = {
    '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'
  };

  private static final Hasher128 XXH3 = Hashing.xxh3_128();

  private final Limits limits;
  private final JsonCursor json;
  private final Sequence sections = new Sequence();
  private final Sequence members = new Sequence();
  private final int[] parameterStarts = new int[MAX_PARAMETERS];
  private final int[] parameterEnds = new int[MAX_PARAMETERS];

  private Prompt prompt = new Prompt();
  private boolean completionTokensSeen;
  private boolean leading;

  /** What {@link #content}, {@link #blockMembers} and {@link #source} found, beside the text. */
  private int blockType;

  private boolean toolResult;
  private int blockMarker;

  /** Whether the block just read has a {@code cache_control}, be it null. */
  private boolean blockMarkerMember;

  private boolean textSource;

  public PromptScanner(Limits limits) {
    this.limits = limits;
    json = new JsonCursor(limits.maxDepth());
  }

  private static Names concat(String[] first, String[] second) {
    String[] all = new String[first.length + second.length];
    System.arraycopy(first, 0, all, 0, first.length);
    System.arraycopy(second, 0, all, first.length, second.length);
    return new Names(all);
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
    prompt = out;
    json.start(body, length, out.text);
    json.reserve();
    sections.clear();
    completionTokensSeen = false;
    leading = dialect == Dialect.OPENAI_CHAT;
    boolean sound = body();
    out.text = json.out;
    if (!sound) {
      return json.fault;
    }
    out.linkParts();
    return Verdict.OK;
  }

  private static boolean startsWithByteOrderMark(byte[] body, int length) {
    if (length < 2) {
      return false;
    }
    int first = body[0] & 0xFF;
    int second = body[1] & 0xFF;
    return (first == 0xFE && second == 0xFF)
        || (first == 0xFF && second == 0xFE)
        || (first == 0xEF && second == 0xBB && length > 2 && (body[2] & 0xFF) == 0xBF);
  }

  private boolean body() {
    if (!json.skipSpace()) {
      return json.fail(Verdict.EMPTY);
    }
    if (json.peek() != '{') {
      return json.value() && atEnd() && json.fail(Verdict.UNEXPECTED_SHAPE);
    }
    if (!topLevel() || !atEnd()) {
      return false;
    }
    if (!hasMessages()) {
      return json.fail(Verdict.NO_PROMPT);
    }
    return appendix();
  }

  private boolean atEnd() {
    return !json.skipSpace() || json.fail(Verdict.TRAILING_BYTES);
  }

  private boolean hasMessages() {
    // Messages are the last section.
    return prompt.segments > 0
        && (prompt.kind(prompt.segments - 1) == SegmentKind.MESSAGE || systemMessagesOnly());
  }

  /** OpenAI's leading system messages are messages, though none may follow. */
  private boolean systemMessagesOnly() {
    return prompt.dialect == Dialect.OPENAI_CHAT
        && prompt.kind(prompt.segments - 1) == SegmentKind.SYSTEM;
  }

  private boolean topLevel() {
    Names names =
        switch (prompt.dialect) {
          case OPENAI_CHAT -> OPENAI_TOP_LEVEL;
          case ANTHROPIC_MESSAGES -> ANTHROPIC_TOP_LEVEL;
        };
    for (int i = 0; i < MAX_PARAMETERS; i++) {
      parameterStarts[i] = -1;
    }
    if (!json.enter()) {
      return false;
    }
    prompt.firstByteAfterBrace = json.pos;
    int seen = 0;
    for (boolean first = true; ; first = false) {
      int mark = json.outPos;
      int next = json.nextMember(first);
      if (next == JsonCursor.FAULT) {
        return false;
      }
      json.outPos = mark;
      if (next == JsonCursor.CLOSED) {
        prompt.textLength = mark;
        return true;
      }
      int name = names.indexOfKey(json);
      if (name >= 0) {
        if ((seen & 1 << name) != 0) {
          return json.fail(Verdict.DUPLICATE_KEY);
        }
        seen |= 1 << name;
      }
      if (!topLevelMember(name)) {
        return false;
      }
    }
  }

  private boolean topLevelMember(int name) {
    int mark = json.outPos;
    if (json.peek() == 'n') {
      if (name == CACHE_SALT) {
        prompt.cacheSaltNullStart = json.pos;
      }
      return skip(mark);
    }
    return switch (name) {
      case MESSAGES -> section(MESSAGES_RANK);
      case TOOLS -> section(TOOLS_RANK);
      case SYSTEM ->
          prompt.dialect == Dialect.ANTHROPIC_MESSAGES ? section(SYSTEM_RANK) : skip(mark);
      case MODEL -> model(mark);
      case CACHE_SALT -> cacheSalt(mark);
      case STREAM -> {
        prompt.stream = json.peek() == 't';
        yield skip(mark);
      }
      case MAX_TOKENS -> maxTokens(mark);
      case MAX_COMPLETION_TOKENS -> maxCompletionTokens(mark);
      case CACHE_CONTROL -> topLevelMarker(mark);
      default -> name < FIRST_PARAMETER ? skip(mark) : parameter(name - FIRST_PARAMETER, mark);
    };
  }

  private boolean model(int mark) {
    int start = json.pos;
    if (json.peek() != '"') {
      return unexpected();
    }
    if (!skip(mark)) {
      return false;
    }
    prompt.modelStart = start + 1;
    prompt.modelEnd = json.pos - 1;
    return true;
  }

  private boolean cacheSalt(int mark) {
    int start = json.pos;
    if (json.peek() != '"') {
      return unexpected();
    }
    if (!skip(mark)) {
      return false;
    }
    prompt.cacheSaltStart = start + 1;
    prompt.cacheSaltEnd = json.pos - 1;
    return true;
  }

  /** Counts only where OpenAI's newer name is not given. */
  private boolean maxTokens(int mark) {
    int start = json.pos;
    if (!skip(mark)) {
      return false;
    }
    if (!completionTokensSeen) {
      prompt.maxOutputTokens = count(start, json.pos);
    }
    return true;
  }

  private boolean maxCompletionTokens(int mark) {
    int start = json.pos;
    if (!skip(mark)) {
      return false;
    }
    completionTokensSeen = true;
    prompt.maxOutputTokens = count(start, json.pos);
    return true;
  }

  private boolean topLevelMarker(int mark) {
    if (!marker(DEFAULT_MARKER_SECONDS)) {
      return false;
    }
    json.outPos = mark;
    prompt.topLevelMarker = true;
    return true;
  }

  private boolean parameter(int parameter, int mark) {
    int start = json.pos;
    if (!skip(mark)) {
      return false;
    }
    parameterStarts[parameter] = start;
    parameterEnds[parameter] = json.pos;
    return true;
  }

  /** Reads a value only to check it. */
  private boolean skip(int outPos) {
    if (!json.value()) {
      return false;
    }
    json.outPos = outPos;
    return true;
  }

  /** Refuses the value at the cursor: for its grammar, if that is broken, else for its shape. */
  private boolean unexpected() {
    return json.value() && json.fail(Verdict.UNEXPECTED_SHAPE);
  }

  /** The whole number in a raw range, or -1 if it is none or beyond what a count can be. */
  private long count(int from, int to) {
    if (to - from > 18) {
      return -1;
    }
    long value = 0;
    for (int i = from; i < to; i++) {
      int digit = prompt.body[i] - '0';
      if (digit < 0 || digit > 9) {
        return -1;
      }
      value = 10 * value + digit;
    }
    return value;
  }

  private boolean section(int rank) {
    int textStart = json.outPos;
    int segmentStart = prompt.segments;
    int partStart = prompt.parts;
    boolean sound =
        switch (rank) {
          case TOOLS_RANK -> tools();
          case SYSTEM_RANK -> system();
          default -> messages();
        };
    if (!sound) {
      return false;
    }
    sections.settle(rank, textStart, segmentStart, partStart, json, prompt);
    return true;
  }

  private boolean tools() {
    if (json.peek() != '[') {
      return unexpected();
    }
    if (!json.enter()) {
      return false;
    }
    for (boolean first = true; ; first = false) {
      int next = json.nextElement(first);
      if (next != JsonCursor.FOUND) {
        return next == JsonCursor.CLOSED;
      }
      if (json.peek() != '{') {
        return unexpected();
      }
      if (!tool()) {
        return false;
      }
    }
  }

  private boolean tool() {
    if (!hasRoom(2)) {
      return false;
    }
    json.reserve();
    int rawStart = json.pos;
    int textStart = json.outPos;
    int segment = prompt.beginSegment(rawStart, textStart);
    json.put(JsonCursor.FRAME);
    if (!toolMembers()) {
      return false;
    }
    json.put(JsonCursor.END);
    prompt.addPart(PartKind.TOOL, false, ownMarker(), rawStart, json.pos, textStart, json.outPos);
    prompt.endSegment(segment, SegmentKind.TOOL, Role.SYSTEM, json.pos, json.outPos);
    return true;
  }

  private boolean toolMembers() {
    if (!json.enter()) {
      return false;
    }
    json.put('{');
    blockMarker = 0;
    blockMarkerMember = false;
    int seen = 0;
    boolean any = false;
    for (boolean first = true; ; first = false) {
      int mark = json.outPos;
      if (any) {
        json.put(',');
      }
      json.put('"');
      int next = json.nextMember(first);
      if (next == JsonCursor.FAULT) {
        return false;
      }
      if (next == JsonCursor.CLOSED) {
        json.outPos = mark;
        json.put('}');
        return true;
      }
      int name = TOOL.indexOfKey(json);
      if (name >= 0) {
        if ((seen & 1 << name) != 0) {
          return json.fail(Verdict.DUPLICATE_KEY);
        }
        seen |= 1 << name;
      }
      if (name == TOOL_MARKER) {
        blockMarkerMember = true;
        if (!marker(DEFAULT_MARKER_SECONDS)) {
          return false;
        }
        json.outPos = mark;
        continue;
      }
      json.put(JsonCursor.END);
      json.put(':');
      if (!json.value()) {
        return false;
      }
      any = true;
    }
  }

  private boolean system() {
    int rawStart = json.pos;
    int textStart = json.outPos;
    if (!hasRoom(1)) {
      return false;
    }
    int segment = prompt.beginSegment(rawStart, textStart);
    if (!content()) {
      return false;
    }
    prompt.endSegment(segment, SegmentKind.SYSTEM, Role.SYSTEM, json.pos, json.outPos);
    return true;
  }

  private boolean messages() {
    if (json.peek() != '[') {
      return unexpected();
    }
    if (!json.enter()) {
      return false;
    }
    for (boolean first = true; ; first = false) {
      int next = json.nextElement(first);
      if (next != JsonCursor.FOUND) {
        return next == JsonCursor.CLOSED;
      }
      if (json.peek() != '{') {
        return unexpected();
      }
      if (!message()) {
        return false;
      }
    }
  }

  private boolean message() {
    if (!hasRoom(1)) {
      return false;
    }
    int segment = prompt.beginSegment(json.pos, json.outPos);
    if (!json.enter()) {
      return false;
    }
    members.clear();
    int role = -1;
    boolean roleSeen = false;
    int seen = 0;
    for (boolean first = true; ; first = false) {
      json.reserve();
      int mark = json.outPos;
      json.put(JsonCursor.FRAME);
      json.put('"');
      int next = json.nextMember(first);
      if (next == JsonCursor.FAULT) {
        return false;
      }
      if (next == JsonCursor.CLOSED) {
        json.outPos = mark;
        break;
      }
      int name = MESSAGE.indexOfKey(json);
      if (name >= 0) {
        if ((seen & 1 << name) != 0) {
          return json.fail(Verdict.DUPLICATE_KEY);
        }
        seen |= 1 << name;
      }
      if (json.peek() == 'n') {
        if (!skip(mark)) {
          return false;
        }
        continue;
      }
      int partStart = prompt.parts;
      int rank = name;
      switch (name) {
        case CONTENT -> {
          json.outPos = mark;
          if (!content()) {
            return false;
          }
        }
        case ROLE -> {
          if (json.peek() != '"') {
            return unexpected();
          }
          int valueStart = json.outPos + 3;
          if (!framed(mark, PartKind.OTHER)) {
            return false;
          }
          roleSeen = true;
          role = ROLES.indexOf(json, valueStart, json.outPos - 2);
          if (isPlainRole(role)) {
            json.outPos = mark;
            prompt.parts = partStart;
          }
        }
        case MESSAGE_MARKER -> {
          if (!marker(DEFAULT_MARKER_SECONDS)) {
            return false;
          }
          json.outPos = mark;
        }
        case TOOL_CALLS -> {
          if (!framed(mark, PartKind.TOOL_USE)) {
            return false;
          }
        }
        default -> {
          if (name < 0) {
            rank = UNKNOWN_MEMBER_RANK;
          }
          if (!framed(mark, PartKind.OTHER)) {
            return false;
          }
        }
      }
      members.settle(rank, mark, prompt.segments, partStart, json, prompt);
    }
    if (!roleSeen) {
      return json.fail(Verdict.UNEXPECTED_SHAPE);
    }
    Role speaker = speaker(role);
    leading &= speaker == Role.SYSTEM;
    prompt.endSegment(
        segment,
        leading ? SegmentKind.SYSTEM : SegmentKind.MESSAGE,
        speaker,
        json.pos,
        json.outPos);
    return true;
  }

  /** The rest of a framed member of a message, whose name is written already, and its part. */
  private boolean framed(int textStart, PartKind kind) {
    if (!hasRoom(1)) {
      return false;
    }
    json.put(JsonCursor.END);
    json.put(':');
    int rawStart = json.pos;
    if (!json.value()) {
      return false;
    }
    json.put(JsonCursor.END);
    prompt.addPart(kind, false, 0, rawStart, json.pos, textStart, json.outPos);
    return true;
  }

  /** Whether {@link Role} tells all about it; the others go into the text. */
  private static boolean isPlainRole(int role) {
    return role >= 0 && role <= 3;
  }

  private static Role speaker(int role) {
    return switch (role) {
      case 0, 4 -> Role.SYSTEM;
      case 1 -> Role.USER;
      case 2 -> Role.ASSISTANT;
      case 3, 5 -> Role.TOOL;
      default -> Role.OTHER;
    };
  }

  /** A string, or an array of blocks. */
  private boolean content() {
    if (json.peek() == '"') {
      if (!hasRoom(1)) {
        return false;
      }
      int rawStart = json.pos;
      int textStart = json.outPos;
      if (!json.string()) {
        return false;
      }
      prompt.addPart(PartKind.TEXT, true, 0, rawStart, json.pos, textStart, json.outPos);
      return true;
    }
    if (json.peek() != '[') {
      return unexpected();
    }
    if (!json.enter()) {
      return false;
    }
    for (boolean first = true; ; first = false) {
      int next = json.nextElement(first);
      if (next != JsonCursor.FOUND) {
        return next == JsonCursor.CLOSED;
      }
      if (json.peek() != '{') {
        return unexpected();
      }
      if (!block()) {
        return false;
      }
    }
  }

  private boolean block() {
    if (!hasRoom(1)) {
      return false;
    }
    json.reserve();
    int rawStart = json.pos;
    int textStart = json.outPos;
    int depth = json.depth();
    int markers = prompt.markers;
    int hourMarkers = prompt.hourMarkers;
    if (plainText()) {
      prompt.addPart(PartKind.TEXT, false, ownMarker(), rawStart, json.pos, textStart, json.outPos);
      return true;
    }
    if (json.fault != Verdict.OK) {
      return false;
    }
    json.rewind(rawStart, textStart, depth);
    prompt.markers = markers;
    prompt.hourMarkers = hourMarkers;
    json.put(JsonCursor.FRAME);
    if (!blockMembers()) {
      return false;
    }
    if (isData()) {
      replaceByDigest(textStart);
    } else {
      json.put(JsonCursor.END);
    }
    prompt.addPart(partKind(), false, ownMarker(), rawStart, json.pos, textStart, json.outPos);
    return true;
  }

  /**
   * Reads the block at the cursor as text alone: a type, a text, perhaps a marker and nulls.
   *
   * @return false after a fault, but also, without one, if the block is something else
   */
  private boolean plainText() {
    if (!json.enter()) {
      return false;
    }
    blockMarker = 0;
    blockMarkerMember = false;
    int seen = 0;
    int mark = json.outPos;
    for (boolean first = true; ; first = false) {
      int next = json.nextMember(first);
      if (next == JsonCursor.FAULT) {
        return false;
      }
      if (next == JsonCursor.CLOSED) {
        return (seen & 0b11) == 0b11;
      }
      int name = BLOCK.indexOfKey(json);
      if (name >= 0) {
        if ((seen & 1 << name) != 0) {
          return json.fail(Verdict.DUPLICATE_KEY);
        }
        seen |= 1 << name;
      }
      json.outPos = mark;
      blockMarkerMember |= name == BLOCK_MARKER;
      if (json.peek() == 'n' && name != TYPE && name != TEXT) {
        if (!skip(mark)) {
          return false;
        }
        continue;
      }
      switch (name) {
        case TYPE -> {
          if (json.peek() != '"' || !json.string()) {
            return false;
          }
          if (TYPES.indexOf(json, mark, json.outPos) != TYPE_TEXT) {
            return false;
          }
          json.outPos = mark;
        }
        case TEXT -> {
          if (json.peek() != '"' || !json.string()) {
            return false;
          }
          // What follows is written behind the text and dropped.
          mark = json.outPos;
        }
        case BLOCK_MARKER, BREAKPOINT -> {
          if (!marker(name == BLOCK_MARKER ? DEFAULT_MARKER_SECONDS : BREAKPOINT_SECONDS)) {
            return false;
          }
          json.outPos = mark;
        }
        default -> {
          return false;
        }
      }
    }
  }

  /**
   * Reads the block at the cursor as JSON, without its marker and null members. Sets what {@link
   * #partKind} needs.
   */
  private boolean blockMembers() {
    if (!json.enter()) {
      return false;
    }
    json.put('{');
    int type = -1;
    boolean result = false;
    boolean sourceIsText = false;
    int marker = 0;
    boolean markerMember = false;
    int seen = 0;
    boolean any = false;
    for (boolean first = true; ; first = false) {
      int mark = json.outPos;
      if (any) {
        json.put(',');
      }
      json.put('"');
      int next = json.nextMember(first);
      if (next == JsonCursor.FAULT) {
        return false;
      }
      if (next == JsonCursor.CLOSED) {
        json.outPos = mark;
        json.put('}');
        break;
      }
      int name = BLOCK.indexOfKey(json);
      if (name >= 0) {
        if ((seen & 1 << name) != 0) {
          return json.fail(Verdict.DUPLICATE_KEY);
        }
        seen |= 1 << name;
      }
      markerMember |= name == BLOCK_MARKER;
      if (json.peek() == 'n') {
        if (!skip(mark)) {
          return false;
        }
        continue;
      }
      if (name == BLOCK_MARKER || name == BREAKPOINT) {
        if (!marker(name == BLOCK_MARKER ? DEFAULT_MARKER_SECONDS : BREAKPOINT_SECONDS)) {
          return false;
        }
        marker = blockMarker;
        json.outPos = mark;
        continue;
      }
      json.put(JsonCursor.END);
      json.put(':');
      int valueStart = json.outPos;
      boolean sound =
          switch (name) {
            case TYPE -> json.peek() == '"' ? json.quoted() : unexpected();
            case BLOCK_CONTENT -> innerContent();
            case SOURCE -> source();
            default -> json.value();
          };
      if (!sound) {
        return false;
      }
      if (name == SOURCE) {
        sourceIsText = textSource;
      } else if (name == TYPE) {
        // Without the quote before and the end behind.
        int typeEnd = json.outPos - 1;
        type = TYPES.indexOf(json, valueStart + 1, typeEnd);
        result =
            json.outIs(
                Math.max(valueStart + 1, typeEnd - TOOL_RESULT_SUFFIX.length),
                typeEnd,
                TOOL_RESULT_SUFFIX);
      }
      any = true;
    }
    blockType = type;
    toolResult = result;
    textSource = sourceIsText;
    blockMarker = marker;
    blockMarkerMember = markerMember;
    return true;
  }

  /** The content of a block, such as a tool's result: its own blocks, each without its marker. */
  private boolean innerContent() {
    if (json.peek() != '[') {
      return json.value();
    }
    if (!json.enter()) {
      return false;
    }
    json.put('[');
    for (boolean first = true; ; first = false) {
      int next = json.nextElement(first);
      if (next == JsonCursor.FAULT) {
        return false;
      }
      if (next == JsonCursor.CLOSED) {
        json.put(']');
        return true;
      }
      if (!first) {
        json.put(',');
      }
      if (json.peek() != '{') {
        if (!json.value()) {
          return false;
        }
        continue;
      }
      json.reserve();
      int start = json.outPos;
      if (!blockMembers()) {
        return false;
      }
      if (isData()) {
        replaceByDigest(start);
      }
    }
  }

  /** A document's source; sets {@link #textSource}. */
  private boolean source() {
    textSource = false;
    if (json.peek() != '{') {
      return json.value();
    }
    if (!json.enter()) {
      return false;
    }
    json.put('{');
    boolean typeSeen = false;
    for (boolean first = true; ; first = false) {
      int mark = json.outPos;
      if (!first) {
        json.put(',');
      }
      json.put('"');
      int next = json.nextMember(first);
      if (next == JsonCursor.FAULT) {
        return false;
      }
      if (next == JsonCursor.CLOSED) {
        json.outPos = mark;
        json.put('}');
        return true;
      }
      boolean type = TYPE_ONLY.indexOfKey(json) == 0;
      if (type && typeSeen) {
        return json.fail(Verdict.DUPLICATE_KEY);
      }
      typeSeen |= type;
      json.put(JsonCursor.END);
      json.put(':');
      int valueStart = json.outPos;
      boolean string = json.peek() == '"';
      if (!json.value()) {
        return false;
      }
      if (type && string) {
        textSource = TEXT_SOURCES.indexOf(json, valueStart + 1, json.outPos - 1) >= 0;
      }
    }
  }

  /** The marker of the block just read, as its part keeps it. */
  private int ownMarker() {
    return blockMarker == 0 && blockMarkerMember ? Prompt.NULL_MARKER : blockMarker;
  }

  /**
   * Reads the marker at the cursor, counts it, and leaves its seconds to live in {@link
   * #blockMarker}. What it writes is for the caller to drop.
   */
  private boolean marker(int defaultSeconds) {
    if (json.peek() == 'n') {
      return json.value();
    }
    if (json.peek() != '{') {
      return unexpected();
    }
    if (!json.enter()) {
      return false;
    }
    int seconds = defaultSeconds;
    int seen = 0;
    for (boolean first = true; ; first = false) {
      int next = json.nextMember(first);
      if (next == JsonCursor.FAULT) {
        return false;
      }
      if (next == JsonCursor.CLOSED) {
        blockMarker = seconds;
        prompt.markers++;
        if (seconds == HOUR_SECONDS) {
          prompt.hourMarkers++;
        }
        return true;
      }
      int name = MARKER.indexOfKey(json);
      if (name >= 0) {
        if ((seen & 1 << name) != 0) {
          return json.fail(Verdict.DUPLICATE_KEY);
        }
        seen |= 1 << name;
      }
      int valueStart = json.outPos;
      boolean string = json.peek() == '"';
      if (!json.value()) {
        return false;
      }
      if (name == TTL && string && HOUR.indexOf(json, valueStart + 1, json.outPos - 1) == 0) {
        seconds = HOUR_SECONDS;
      }
    }
  }

  /** What the block just read by {@link #blockMembers} is. */
  private PartKind partKind() {
    int type = blockType;
    if (toolResult) {
      return PartKind.TOOL_RESULT;
    }
    if (type < 0) {
      return PartKind.OTHER;
    }
    if (type == TYPE_TEXT) {
      return PartKind.TEXT;
    }
    if (type <= LAST_IMAGE_TYPE) {
      return PartKind.IMAGE;
    }
    if (type <= LAST_FILE_TYPE) {
      return PartKind.DOCUMENT;
    }
    if (type <= LAST_MEDIA_TYPE) {
      return PartKind.OTHER;
    }
    return type <= LAST_TOOL_USE_TYPE ? PartKind.TOOL_USE : PartKind.THINKING;
  }

  /** Whether the block just read carries data that no one reads as text. */
  private boolean isData() {
    int type = blockType;
    return (type > TYPE_TEXT && type < TYPE_DOCUMENT)
        || (type == TYPE_DOCUMENT && !textSource)
        || (type > TYPE_SEARCH_RESULT && type <= LAST_MEDIA_TYPE);
  }

  /** Puts a framed digest in the place of what was written since. */
  private void replaceByDigest(int start) {
    HashValue128 digest = XXH3.hashBytesTo128Bits(json.out, start, json.outPos - start);
    json.outPos = start;
    json.put(JsonCursor.FRAME);
    putHex(digest.getMostSignificantBits());
    putHex(digest.getLeastSignificantBits());
    json.put(JsonCursor.END);
  }

  private void putHex(long bits) {
    for (int shift = Long.SIZE - 4; shift >= 0; shift -= 4) {
      json.put(HEX[(int) (bits >>> shift) & 0xF]);
    }
  }

  private boolean hasRoom(int more) {
    return prompt.segments + prompt.parts + more <= limits.maxSegments()
        || json.fail(Verdict.TOO_MANY_SEGMENTS);
  }

  /** Writes behind the text what belongs to no segment: parameters, salt, model. */
  private boolean appendix() {
    Names names =
        switch (prompt.dialect) {
          case OPENAI_CHAT -> OPENAI_TOP_LEVEL;
          case ANTHROPIC_MESSAGES -> ANTHROPIC_TOP_LEVEL;
        };
    prompt.parametersStart = json.outPos;
    for (int i = 0; i < MAX_PARAMETERS; i++) {
      if (parameterStarts[i] >= 0) {
        readAgain(parameterStarts[i], parameterEnds[i]);
        json.put(JsonCursor.FRAME);
        json.put('"');
        names.put(FIRST_PARAMETER + i, json);
        json.put(JsonCursor.END);
        json.put(':');
        if (!json.value()) {
          return false;
        }
        json.put(JsonCursor.END);
      }
    }
    prompt.parametersEnd = json.outPos;
    prompt.cacheSaltTextStart = json.outPos;
    if (prompt.cacheSaltStart >= 0) {
      readAgain(prompt.cacheSaltStart - 1, prompt.cacheSaltEnd + 1);
      if (!json.string()) {
        return false;
      }
    }
    prompt.cacheSaltTextEnd = json.outPos;
    prompt.modelTextStart = json.outPos;
    if (prompt.modelStart >= 0) {
      readAgain(prompt.modelStart - 1, prompt.modelEnd + 1);
      if (!json.string()) {
        return false;
      }
    }
    prompt.modelTextEnd = json.outPos;
    return true;
  }

  private void readAgain(int start, int end) {
    json.pos = start;
    json.end = end;
    json.reserve();
  }
}

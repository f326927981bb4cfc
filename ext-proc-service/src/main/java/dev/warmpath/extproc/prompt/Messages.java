package dev.warmpath.extproc.prompt;

import static java.nio.charset.StandardCharsets.US_ASCII;

/**
 * Reads messages into segments: those of chat and Anthropic, Converse's, Gemini's contents, and the
 * items of OpenAI's Responses, of which some are messages.
 *
 * <p>The content comes first in a message's text and other members follow in a fixed order, framed
 * with their names.
 */
final class Messages {

  // Members of a message; the index is the rank in its text.
  private static final int CONTENT = 0;
  private static final int ROLE = 1;
  private static final int TOOL_CALLS = 5;
  private static final int MARKER = 9;

  /** Of Responses: what the model doesn't read. These and all behind are dropped. */
  private static final int FIRST_DROPPED = 10;

  private static final int TYPE = 12;

  private static final int UNKNOWN_MEMBER_RANK = 10;

  private static final String[] MEMBERS = {
    "content",
    "role",
    "name",
    "reasoning_content",
    "reasoning",
    "tool_calls",
    "tool_call_id",
    "function_call",
    "refusal",
    "cache_control"
  };

  private static final Names CHAT = new Names(MEMBERS);
  private static final Names ITEM = new Names(MEMBERS, "id", "status", "type");
  private static final Names CONVERSE = new Names("content", "role");
  private static final Names GEMINI = new Names("parts", "role");

  private static final int SYSTEM_ROLE = 0;
  private static final int USER_ROLE = 1;
  private static final int ASSISTANT_ROLE = 2;
  private static final int TOOL_ROLE = 3;
  private static final int DEVELOPER_ROLE = 4;
  private static final int FUNCTION_ROLE = 5;
  private static final Names ROLES =
      new Names("system", "user", "assistant", "tool", "developer", "function");
  private static final Names GEMINI_ROLES =
      new Names("system", "user", "model", "tool", "developer", "function");

  /** How most messages begin; to read them so is faster than by members. */
  private static final byte[][] BEGINNINGS = {
    "\"role\":\"user\"".getBytes(US_ASCII),
    "\"role\":\"assistant\"".getBytes(US_ASCII),
    "\"role\":\"tool\"".getBytes(US_ASCII),
    "\"role\":\"system\"".getBytes(US_ASCII)
  };

  private static final int[] BEGINNING_ROLES = {USER_ROLE, ASSISTANT_ROLE, TOOL_ROLE, SYSTEM_ROLE};

  private static final byte[] CONTENT_BEHIND_ROLE = ",\"content\":".getBytes(US_ASCII);

  private static final Names MESSAGE_TYPE = new Names("message");
  private static final int NO_ROLE = -2;

  private final Scan scan;
  private final JsonCursor json;
  private final TypedBlocks typed;
  private final NamedBlocks named;
  private final Sequence order = new Sequence();

  // Kept, since each use of a method reference would make a new one.
  private final Reader stringReader = () -> blocks().string();
  private final Reader stringOrBlocksReader = () -> blocks().stringOrBlocks();
  private final Reader blocksReader = () -> blocks().blocks();
  private final Reader partsReader = this::partsOnly;

  // Of the prompt that is read.
  private Names members = CHAT;
  private Names roles = ROLES;
  private Blocks blocks;
  private boolean strings;
  private boolean items;
  private boolean leading;

  Messages(Scan scan, TypedBlocks typed, NamedBlocks named) {
    this.scan = scan;
    this.typed = typed;
    this.named = named;
    json = scan.json;
    blocks = typed;
  }

  /** Prepares for the messages of a prompt. */
  void start(Dialect dialect) {
    members =
        switch (dialect) {
          case OPENAI_CHAT, OPENAI_COMPLETIONS, OPENAI_EMBEDDINGS, ANTHROPIC_MESSAGES -> CHAT;
          case OPENAI_RESPONSES -> ITEM;
          case BEDROCK_CONVERSE -> CONVERSE;
          case GEMINI -> GEMINI;
        };
    strings = dialect != Dialect.BEDROCK_CONVERSE && dialect != Dialect.GEMINI;
    roles = dialect == Dialect.GEMINI ? GEMINI_ROLES : ROLES;
    blocks = strings ? typed : named;
    items = dialect == Dialect.OPENAI_RESPONSES;
    leading = dialect.systemLeadsMessages();
  }

  private Blocks blocks() {
    return blocks;
  }

  /** An array of messages; of Responses, also one string, which is what the user says. */
  boolean read() {
    if (items && json.peek() == '"') {
      return userString();
    }
    if (scan.isElementAlone()) {
      return message();
    }
    if (!scan.enterArray()) {
      return false;
    }
    for (boolean first = true; ; first = false) {
      int next = json.nextElement(first);
      if (next != JsonCursor.FOUND) {
        return next == JsonCursor.CLOSED;
      }
      if (json.peek() != '{') {
        return scan.unexpected();
      }
      if (!message()) {
        return false;
      }
    }
  }

  /** The string at the cursor as a message of the user. */
  boolean userString() {
    return segmentOf(SegmentKind.MESSAGE, Role.USER, stringReader);
  }

  /** Anthropic's or Converse's system prompt, or the instructions of Responses. */
  boolean system() {
    return segmentOf(
        SegmentKind.SYSTEM, Role.SYSTEM, strings ? stringOrBlocksReader : blocksReader);
  }

  /** Gemini's system prompt: a content, whose role says nothing. */
  boolean systemContent() {
    return json.peek() == '{'
        ? segmentOf(SegmentKind.SYSTEM, Role.SYSTEM, partsReader)
        : scan.unexpected();
  }

  /** Reads what a segment holds. */
  @FunctionalInterface
  interface Reader {
    boolean read();
  }

  boolean segmentOf(SegmentKind kind, Role role, Reader reader) {
    if (!scan.hasRoom(1)) {
      return false;
    }
    json.reserve();
    int segment = scan.prompt.beginSegment(json.pos, json.outPos);
    if (!reader.read()) {
      return false;
    }
    scan.prompt.endSegment(segment, kind, role, json.pos, json.outPos);
    return true;
  }

  private boolean partsOnly() {
    if (!json.enter()) {
      return false;
    }
    boolean seen = false;
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
      boolean parts = GEMINI.indexOfKey(json) == CONTENT;
      if (parts && seen) {
        return json.fail(Verdict.DUPLICATE_KEY);
      }
      seen |= parts;
      boolean given = parts && json.peek() != 'n';
      if (!(given ? blocks.blocks() : scan.skip(mark))) {
        return false;
      }
    }
  }

  private boolean message() {
    Prompt prompt = scan.prompt;
    if (!scan.hasRoom(1)) {
      return false;
    }
    int rawStart = json.pos;
    int textStart = json.outPos;
    int depth = json.depth();
    int partsBefore = prompt.parts;
    int markersBefore = prompt.markers;
    int hourMarkersBefore = prompt.hourMarkers;
    boolean hadImages = prompt.hasImages;
    int segment = prompt.beginSegment(rawStart, textStart);
    int role = members();
    if (json.fault != Verdict.OK && !isItemAfterAll(rawStart, textStart, depth)) {
      return false;
    }
    if (role == NO_ROLE) {
      prompt.segments = segment;
      prompt.parts = partsBefore;
      prompt.markers = markersBefore;
      prompt.hourMarkers = hourMarkersBefore;
      prompt.hasImages = hadImages;
      json.rewind(rawStart, textStart, depth);
      return item();
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

  /**
   * Whether an object that broke the rules of a message is an item that is none, which its type may
   * tell behind what broke them. Clears the fault if so.
   */
  private boolean isItemAfterAll(int rawStart, int textStart, int depth) {
    Verdict fault = json.fault;
    if (!items || (fault != Verdict.UNEXPECTED_SHAPE && fault != Verdict.DUPLICATE_KEY)) {
      return false;
    }
    json.fault = Verdict.OK;
    json.rewind(rawStart, textStart, depth);
    if (!json.enter()) {
      return false;
    }
    boolean hasRole = false;
    boolean otherType = false;
    for (boolean first = true; ; first = false) {
      json.outPos = textStart;
      int next = json.nextMember(first);
      if (next == JsonCursor.FAULT) {
        return false;
      }
      if (next == JsonCursor.CLOSED) {
        return !hasRole || otherType || json.fail(fault);
      }
      int name = members.indexOfKey(json);
      boolean given = json.peek() != 'n';
      int valueStart = json.outPos;
      if (!json.value()) {
        return false;
      }
      hasRole |= given && name == ROLE;
      otherType |=
          given && name == TYPE && MESSAGE_TYPE.indexOf(json, valueStart + 1, json.outPos - 1) < 0;
    }
  }

  /**
   * Reads the members of a message.
   *
   * @return the role's index, -1 if it is another; {@link #NO_ROLE} if the object is an item that
   *     is no message, or after a fault
   */
  private int members() {
    Prompt prompt = scan.prompt;
    if (!json.enter()) {
      return NO_ROLE;
    }
    order.clear();
    int role = beginning();
    int seen = role == NO_ROLE ? 0 : 1 << ROLE;
    if (role != NO_ROLE && json.skipToValue(CONTENT_BEHIND_ROLE)) {
      seen |= 1 << CONTENT;
      json.reserve();
      int mark = json.outPos;
      int partStart = prompt.parts;
      if (!content()) {
        return NO_ROLE;
      }
      if (json.outPos > mark || prompt.parts > partStart) {
        order.settle(CONTENT, mark, prompt.segments, partStart, json, prompt);
      }
    }
    for (boolean first = role == NO_ROLE; ; first = false) {
      json.reserve();
      int mark = json.outPos;
      json.put(JsonCursor.FRAME);
      json.put('"');
      int next = json.nextMember(first);
      if (next == JsonCursor.FAULT) {
        return NO_ROLE;
      }
      if (next == JsonCursor.CLOSED) {
        json.outPos = mark;
        break;
      }
      int name = members.indexOfKey(json);
      if (name >= 0) {
        if ((seen & 1 << name) != 0) {
          json.fail(Verdict.DUPLICATE_KEY);
          return NO_ROLE;
        }
        seen |= 1 << name;
      }
      if (json.peek() == 'n') {
        if (!scan.skip(mark)) {
          return NO_ROLE;
        }
        continue;
      }
      int partStart = prompt.parts;
      boolean sound;
      if (name == CONTENT) {
        json.outPos = mark;
        sound = content();
      } else if (name == ROLE) {
        if (json.peek() != '"') {
          scan.unexpected();
          return NO_ROLE;
        }
        int valueStart = json.outPos + 3;
        sound = framed(mark, PartKind.OTHER);
        if (sound) {
          role = roles.indexOf(json, valueStart, json.outPos - 2);
          if (isPlainRole(role)) {
            json.outPos = mark;
            prompt.parts = partStart;
          }
        }
      } else if (name == MARKER) {
        sound = blocks.markers.read(Markers.DEFAULT_SECONDS) >= 0;
        json.outPos = mark;
      } else if (name >= FIRST_DROPPED) {
        boolean type = name == TYPE;
        int valueStart = json.outPos + 1;
        sound = json.value();
        if (sound && type && MESSAGE_TYPE.indexOf(json, valueStart, json.outPos - 1) < 0) {
          return NO_ROLE;
        }
        json.outPos = mark;
      } else {
        sound = framed(mark, name == TOOL_CALLS ? PartKind.TOOL_USE : PartKind.OTHER);
      }
      if (!sound) {
        return NO_ROLE;
      }
      if (json.outPos == mark && prompt.parts == partStart) {
        // Nothing is left of it, as of a plain role.
        continue;
      }
      order.settle(
          name < 0 ? UNKNOWN_MEMBER_RANK : name, mark, prompt.segments, partStart, json, prompt);
    }
    if (role == NO_ROLE && roles == GEMINI_ROLES) {
      return USER_ROLE;
    }
    if (role == NO_ROLE && !items) {
      json.fail(Verdict.UNEXPECTED_SHAPE);
    }
    return role;
  }

  private boolean content() {
    return strings ? blocks.stringOrBlocks() : blocks.blocks();
  }

  /** Reads the role if it comes first, as plainly as most clients write it; else nothing. */
  private int beginning() {
    if (roles == ROLES) {
      for (int i = 0; i < BEGINNINGS.length; i++) {
        if (json.skip(BEGINNINGS[i])) {
          return BEGINNING_ROLES[i];
        }
      }
    }
    return NO_ROLE;
  }

  /** The rest of a framed member of a message, whose name is written already, and its part. */
  private boolean framed(int textStart, PartKind kind) {
    if (!scan.hasRoom(1)) {
      return false;
    }
    json.put(JsonCursor.END);
    json.put(':');
    int rawStart = json.pos;
    if (!json.value()) {
      return false;
    }
    json.put(JsonCursor.END);
    scan.prompt.addPart(kind, false, 0, rawStart, json.pos, textStart, json.outPos);
    return true;
  }

  /** An item of Responses that is no message: a call, what came of it, a reasoning. */
  private boolean item() {
    Prompt prompt = scan.prompt;
    if (!scan.hasRoom(2)) {
      return false;
    }
    int rawStart = json.pos;
    int textStart = json.outPos;
    int segment = prompt.beginSegment(rawStart, textStart);
    if (!typed.framedMembers(textStart)) {
      return false;
    }
    prompt.addPart(typed.kind, false, typed.marker, rawStart, json.pos, textStart, json.outPos);
    Role role =
        switch (typed.kind) {
          case TOOL_USE, THINKING -> Role.ASSISTANT;
          case TOOL_RESULT -> Role.TOOL;
          case TOOL, TEXT, TOKENS, IMAGE, DOCUMENT, OTHER -> Role.OTHER;
        };
    leading = false;
    prompt.endSegment(segment, SegmentKind.MESSAGE, role, json.pos, json.outPos);
    return true;
  }

  /** Whether {@link Role} tells all about it; the others go into the text. */
  private static boolean isPlainRole(int role) {
    return role >= SYSTEM_ROLE && role <= TOOL_ROLE;
  }

  private static Role speaker(int role) {
    return switch (role) {
      case SYSTEM_ROLE, DEVELOPER_ROLE -> Role.SYSTEM;
      case USER_ROLE -> Role.USER;
      case ASSISTANT_ROLE -> Role.ASSISTANT;
      case TOOL_ROLE, FUNCTION_ROLE -> Role.TOOL;
      default -> Role.OTHER;
    };
  }
}

package dev.warmpath.extproc.prompt;

import static java.nio.charset.StandardCharsets.US_ASCII;

/**
 * Blocks that name their type: those of OpenAI's chat completions and Responses, and Anthropic's.
 */
final class TypedBlocks extends Blocks {

  private static final int TYPE = 0;
  private static final int TEXT = 1;
  private static final int MARKER = 2;
  private static final int BREAKPOINT = 3;
  private static final int CONTENT = 4;
  private static final int OUTPUT = 5;
  private static final int SOURCE = 6;
  private static final Names MEMBERS =
      new Names(
          "type",
          "text",
          "cache_control",
          "prompt_cache_breakpoint",
          "content",
          "output",
          "source");

  /** How a block's data is told from its text. */
  private enum Data {
    NONE,
    /** It is data, given as such or as the URL of it. */
    ALL,
    /** Data, unless its source is text itself. */
    UNLESS_TEXT_SOURCE
  }

  /** The types that say what a block is; of others their endings do. */
  private enum Type {
    TEXT(PartKind.TEXT, Data.NONE),
    INPUT_TEXT(PartKind.TEXT, Data.NONE),
    OUTPUT_TEXT(PartKind.TEXT, Data.NONE),
    IMAGE(PartKind.IMAGE, Data.ALL),
    IMAGE_URL(PartKind.IMAGE, Data.ALL),
    INPUT_IMAGE(PartKind.IMAGE, Data.ALL),
    DOCUMENT(PartKind.DOCUMENT, Data.UNLESS_TEXT_SOURCE),
    SEARCH_RESULT(PartKind.DOCUMENT, Data.NONE),
    FILE(PartKind.DOCUMENT, Data.ALL),
    INPUT_FILE(PartKind.DOCUMENT, Data.ALL),
    INPUT_AUDIO(PartKind.OTHER, Data.ALL),
    AUDIO_URL(PartKind.OTHER, Data.ALL),
    VIDEO_URL(PartKind.OTHER, Data.ALL),
    TOOL_USE(PartKind.TOOL_USE, Data.NONE),
    SERVER_TOOL_USE(PartKind.TOOL_USE, Data.NONE),
    MCP_TOOL_USE(PartKind.TOOL_USE, Data.NONE),
    THINKING(PartKind.THINKING, Data.NONE),
    REDACTED_THINKING(PartKind.THINKING, Data.NONE),
    REASONING(PartKind.THINKING, Data.NONE);

    final PartKind kind;
    final Data data;

    Type(PartKind kind, Data data) {
      this.kind = kind;
      this.data = data;
    }
  }

  private static final Type[] TYPES = Type.values();
  private static final Names TYPE_NAMES = Names.ofEnum(TYPES);

  private static final byte[] TOOL_RESULT_ENDING = "tool_result".getBytes(US_ASCII);
  private static final byte[] OUTPUT_ENDING = "_output".getBytes(US_ASCII);
  private static final byte[] CALL_ENDING = "_call".getBytes(US_ASCII);

  /** A document's sources that are text themselves. */
  private static final Names TEXT_SOURCES = new Names("text", "content");

  private static final Names TYPE_ONLY = new Names("type");

  /** Set by {@link #source}. */
  // How most blocks begin; to read them so is faster than by members.
  private static final byte[] TEXT_BEGINNING = "\"type\":\"text\",\"text\":".getBytes(US_ASCII);

  private static final byte[] TOOL_USE_BEGINNING = "\"type\":\"tool_use\"".getBytes(US_ASCII);
  private static final byte[] TOOL_RESULT_BEGINNING = "\"type\":\"tool_result\"".getBytes(US_ASCII);

  private boolean textSource;

  TypedBlocks(Scan scan) {
    super(scan);
  }

  @Override
  boolean isMarkerAlone() {
    return false;
  }

  @Override
  boolean plainText() {
    if (!json.enter()) {
      return false;
    }
    int ownMarker = 0;
    int seen = 0;
    boolean first = true;
    if (json.skipToValue(TEXT_BEGINNING)) {
      if (json.peek() != '"' || !json.string()) {
        return false;
      }
      seen = 1 << TYPE | 1 << TEXT;
      first = false;
    } else if (json.skip(TOOL_USE_BEGINNING) || json.skip(TOOL_RESULT_BEGINNING)) {
      return false;
    }
    int mark = json.outPos;
    for (; ; first = false) {
      int next = json.nextMember(first);
      if (next == JsonCursor.FAULT) {
        return false;
      }
      if (next == JsonCursor.CLOSED) {
        marker = marker(ownMarker, seen);
        return (seen & (1 << TYPE | 1 << TEXT)) == (1 << TYPE | 1 << TEXT);
      }
      int name = MEMBERS.indexOfKey(json);
      if (name >= 0) {
        if ((seen & 1 << name) != 0) {
          return json.fail(Verdict.DUPLICATE_KEY);
        }
        seen |= 1 << name;
      }
      json.outPos = mark;
      if (json.peek() == 'n' && name != TYPE && name != TEXT) {
        if (!scan.skip(mark)) {
          return false;
        }
        continue;
      }
      switch (name) {
        case TYPE -> {
          if (json.peek() != '"' || !json.string()) {
            return false;
          }
          if (!isText(TYPE_NAMES.indexOf(json, mark, json.outPos))) {
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
        case MARKER, BREAKPOINT -> {
          ownMarker = markers.read(defaultSeconds(name));
          if (ownMarker < 0) {
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

  private static boolean isText(int type) {
    return type >= 0 && TYPES[type].kind == PartKind.TEXT;
  }

  private static int defaultSeconds(int name) {
    return name == MARKER ? Markers.DEFAULT_SECONDS : Markers.BREAKPOINT_SECONDS;
  }

  /** The marker of a block as its part keeps it: one that is null is told apart from none. */
  private static int marker(int seconds, int seen) {
    return seconds == 0 && (seen & (1 << MARKER | 1 << BREAKPOINT)) != 0
        ? Prompt.NULL_MARKER
        : seconds;
  }

  @Override
  boolean members() {
    if (!json.enter()) {
      return false;
    }
    json.put('{');
    PartKind ownKind = PartKind.OTHER;
    Data ownData = Data.NONE;
    boolean sourceIsText = false;
    int ownMarker = 0;
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
      int name = MEMBERS.indexOfKey(json);
      if (name >= 0) {
        if ((seen & 1 << name) != 0) {
          return json.fail(Verdict.DUPLICATE_KEY);
        }
        seen |= 1 << name;
      }
      if (json.peek() == 'n') {
        if (!scan.skip(mark)) {
          return false;
        }
        continue;
      }
      if (name == MARKER || name == BREAKPOINT) {
        ownMarker = markers.read(defaultSeconds(name));
        if (ownMarker < 0) {
          return false;
        }
        json.outPos = mark;
        continue;
      }
      json.put(JsonCursor.END);
      json.put(':');
      int valueStart = json.outPos;
      boolean sound =
          switch (name) {
            case TYPE -> json.peek() == '"' ? json.quoted() : scan.unexpected();
            case CONTENT, OUTPUT -> innerBlocks();
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
        int from = valueStart + 1;
        int to = json.outPos - 1;
        int type = TYPE_NAMES.indexOf(json, from, to);
        ownKind = type >= 0 ? TYPES[type].kind : kindByEnding(from, to);
        ownData = type >= 0 ? TYPES[type].data : Data.NONE;
      }
      any = true;
    }
    kind = ownKind;
    data =
        switch (ownData) {
          case NONE -> false;
          case ALL -> true;
          case UNLESS_TEXT_SOURCE -> !sourceIsText;
        };
    marker = marker(ownMarker, seen);
    return true;
  }

  private PartKind kindByEnding(int from, int to) {
    if (json.outEndsWith(from, to, TOOL_RESULT_ENDING)
        || json.outEndsWith(from, to, OUTPUT_ENDING)) {
      return PartKind.TOOL_RESULT;
    }
    return json.outEndsWith(from, to, CALL_ENDING) ? PartKind.TOOL_USE : PartKind.OTHER;
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
      int next = json.putMember(first);
      if (next != JsonCursor.FOUND) {
        return next == JsonCursor.CLOSED;
      }
      boolean type = TYPE_ONLY.indexOfKey(json) == 0;
      if (type && typeSeen) {
        return json.fail(Verdict.DUPLICATE_KEY);
      }
      typeSeen |= type;
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
}

package dev.warmpath.extproc.prompt;

/**
 * Blocks that are what their member's name says: Bedrock Converse's, and the parts of Gemini's
 * contents. Converse marks by a block of its own, {@code cachePoint}, behind what is to be cached.
 */
final class NamedBlocks extends Blocks {

  private static final int TEXT = 0;
  private static final int CACHE_POINT = 1;
  private static final int THOUGHT = 2;
  private static final int FIRST_KIND = 3;

  /** The blocks that say what they are. Gemini's have two spellings, as protobuf's JSON has. */
  private enum Kind {
    IMAGE("image", PartKind.IMAGE),
    DOCUMENT("document", PartKind.DOCUMENT),
    VIDEO("video", PartKind.OTHER),
    AUDIO("audio", PartKind.OTHER),
    TOOL_USE("toolUse", PartKind.TOOL_USE),
    TOOL_RESULT("toolResult", PartKind.TOOL_RESULT),
    REASONING("reasoningContent", PartKind.THINKING),
    INLINE_DATA("inlineData", PartKind.DOCUMENT),
    INLINE_DATA_SNAKE("inline_data", PartKind.DOCUMENT),
    FILE_DATA("fileData", PartKind.DOCUMENT),
    FILE_DATA_SNAKE("file_data", PartKind.DOCUMENT),
    FUNCTION_CALL("functionCall", PartKind.TOOL_USE),
    FUNCTION_CALL_SNAKE("function_call", PartKind.TOOL_USE),
    FUNCTION_RESPONSE("functionResponse", PartKind.TOOL_RESULT),
    FUNCTION_RESPONSE_SNAKE("function_response", PartKind.TOOL_RESULT);

    final String member;
    final PartKind kind;

    Kind(String member, PartKind kind) {
      this.member = member;
      this.kind = kind;
    }
  }

  private static final Kind[] KINDS = Kind.values();
  private static final Names MEMBERS = members(KINDS);

  /** For each of them the bit that its two spellings share. */
  private static final int[] BITS = bits(KINDS);

  // Members of what a block holds.
  private static final int SOURCE = 0;
  private static final int CONTENT = 1;
  private static final int PARTS = 2;
  private static final int MIME_TYPE = 3;
  private static final int MIME_TYPE_SNAKE = 4;
  private static final Names INNER =
      new Names("source", "content", "parts", "mimeType", "mime_type");

  /** A document's sources that are text themselves. */
  private static final Names TEXT_SOURCES = new Names("text", "content");

  private static final byte[] IMAGE_PREFIX = {'i', 'm', 'a', 'g', 'e', '/'};

  private boolean markerAlone;

  // Set by value().
  private boolean textSource;
  private boolean imageType;

  NamedBlocks(Scan scan) {
    super(scan);
  }

  private static Names members(Kind[] kinds) {
    String[] names = new String[FIRST_KIND + kinds.length];
    names[TEXT] = "text";
    names[CACHE_POINT] = "cachePoint";
    names[THOUGHT] = "thought";
    for (int i = 0; i < kinds.length; i++) {
      names[FIRST_KIND + i] = kinds[i].member;
    }
    return new Names(names);
  }

  private static int[] bits(Kind[] kinds) {
    int[] bits = new int[FIRST_KIND + kinds.length];
    for (int name = 0; name < bits.length; name++) {
      bits[name] = 1 << name;
      if (name >= FIRST_KIND && kinds[name - FIRST_KIND].name().endsWith("_SNAKE")) {
        bits[name] = bits[name - 1];
      }
    }
    return bits;
  }

  @Override
  boolean isMarkerAlone() {
    return markerAlone;
  }

  @Override
  boolean plainText() {
    if (!json.enter()) {
      return false;
    }
    marker = 0;
    boolean text = false;
    boolean point = false;
    int seen = 0;
    int mark = json.outPos;
    for (boolean first = true; ; first = false) {
      int next = json.nextMember(first);
      if (next == JsonCursor.FAULT) {
        return false;
      }
      if (next == JsonCursor.CLOSED) {
        markerAlone = point && !text;
        return text != point;
      }
      int name = MEMBERS.indexOfKey(json);
      if (name >= 0) {
        if ((seen & BITS[name]) != 0) {
          return json.fail(Verdict.DUPLICATE_KEY);
        }
        seen |= BITS[name];
      }
      json.outPos = mark;
      if (isAbsent(name)) {
        if (!scan.skip(mark)) {
          return false;
        }
        continue;
      }
      switch (name) {
        case TEXT -> {
          if (json.peek() != '"' || !json.string()) {
            return false;
          }
          mark = json.outPos;
          text = true;
        }
        case CACHE_POINT -> {
          marker = markers.read(Markers.DEFAULT_SECONDS);
          if (marker < 0) {
            return false;
          }
          json.outPos = mark;
          point = true;
        }
        default -> {
          return false;
        }
      }
    }
  }

  /** Null, or false where nothing says the same. */
  private boolean isAbsent(int name) {
    byte first = json.peek();
    return first == 'n' || (first == 'f' && name == THOUGHT);
  }

  @Override
  boolean members() {
    if (!json.enter()) {
      return false;
    }
    json.put('{');
    PartKind ownKind = PartKind.OTHER;
    boolean ownData = false;
    boolean thought = false;
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
        if ((seen & BITS[name]) != 0) {
          return json.fail(Verdict.DUPLICATE_KEY);
        }
        seen |= BITS[name];
      }
      if (isAbsent(name)) {
        if (!scan.skip(mark)) {
          return false;
        }
        continue;
      }
      if (name == CACHE_POINT) {
        ownMarker = markers.read(Markers.DEFAULT_SECONDS);
        if (ownMarker < 0) {
          return false;
        }
        json.outPos = mark;
        continue;
      }
      json.put(JsonCursor.END);
      json.put(':');
      if (!(name >= FIRST_KIND ? value() : json.value())) {
        return false;
      }
      if (name == TEXT && ownKind == PartKind.OTHER) {
        ownKind = PartKind.TEXT;
      } else if (name == THOUGHT) {
        thought = true;
      } else if (name >= FIRST_KIND) {
        Kind named = KINDS[name - FIRST_KIND];
        ownKind = named.kind;
        switch (named) {
          case IMAGE, VIDEO, AUDIO -> ownData = true;
          case DOCUMENT -> ownData = !textSource;
          case INLINE_DATA, INLINE_DATA_SNAKE, FILE_DATA, FILE_DATA_SNAKE -> {
            ownData = true;
            ownKind = imageType ? PartKind.IMAGE : PartKind.DOCUMENT;
          }
          case TOOL_USE,
              TOOL_RESULT,
              REASONING,
              FUNCTION_CALL,
              FUNCTION_CALL_SNAKE,
              FUNCTION_RESPONSE,
              FUNCTION_RESPONSE_SNAKE -> {}
        }
      }
      any = true;
    }
    kind = thought ? PartKind.THINKING : ownKind;
    data = ownData;
    marker = ownMarker;
    return true;
  }

  /**
   * What a named block holds: an object, whose own blocks are read as such. Sets {@link
   * #textSource} and {@link #imageType}.
   */
  private boolean value() {
    textSource = false;
    imageType = false;
    if (json.peek() != '{') {
      return json.value();
    }
    if (!json.enter()) {
      return false;
    }
    json.put('{');
    boolean sourceIsText = false;
    boolean mimeIsImage = false;
    int seen = 0;
    for (boolean first = true; ; first = false) {
      int next = json.putMember(first);
      if (next == JsonCursor.FAULT) {
        return false;
      }
      if (next == JsonCursor.CLOSED) {
        textSource = sourceIsText;
        imageType = mimeIsImage;
        return true;
      }
      int name = INNER.indexOfKey(json);
      if (name >= 0) {
        int bit = 1 << (name == MIME_TYPE_SNAKE ? MIME_TYPE : name);
        if ((seen & bit) != 0) {
          return json.fail(Verdict.DUPLICATE_KEY);
        }
        seen |= bit;
      }
      int valueStart = json.outPos;
      boolean string = json.peek() == '"';
      switch (name) {
        case SOURCE -> {
          if (!source()) {
            return false;
          }
          sourceIsText = textSource;
        }
        case CONTENT, PARTS -> {
          if (!innerBlocks()) {
            return false;
          }
        }
        case MIME_TYPE, MIME_TYPE_SNAKE -> {
          if (!json.value()) {
            return false;
          }
          mimeIsImage = string && json.outStartsWith(valueStart + 1, json.outPos, IMAGE_PREFIX);
        }
        default -> {
          if (!json.value()) {
            return false;
          }
        }
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
    for (boolean first = true; ; first = false) {
      int next = json.putMember(first);
      if (next != JsonCursor.FOUND) {
        return next == JsonCursor.CLOSED;
      }
      textSource |= TEXT_SOURCES.indexOfKey(json) >= 0;
      if (!json.value()) {
        return false;
      }
    }
  }
}

package dev.warmpath.extproc.prompt;

/** Reads the list of tools into segments, one for each element. */
final class Tools {

  private static final int MARKER = 0;
  private static final int CACHE_POINT = 1;
  private static final Names MEMBERS =
      new Names(
          "cache_control",
          "cachePoint",
          "type",
          "name",
          "description",
          "input_schema",
          "function",
          "parameters",
          "toolSpec");

  private final Scan scan;
  private final JsonCursor json;
  private final Markers markers;

  // Of the tool just read.
  private int marker;
  private int seen;
  private boolean pointSeen;
  private boolean empty;

  Tools(Scan scan) {
    this.scan = scan;
    json = scan.json;
    markers = new Markers(scan);
  }

  boolean read() {
    if (scan.isElementAlone()) {
      return tool(/* behindTool= */ false);
    }
    if (!scan.enterArray()) {
      return false;
    }
    boolean any = false;
    for (boolean first = true; ; first = false) {
      int next = json.nextElement(first);
      if (next != JsonCursor.FOUND) {
        return next == JsonCursor.CLOSED;
      }
      if (json.peek() != '{') {
        return scan.unexpected();
      }
      int before = scan.prompt.segments;
      if (!tool(any)) {
        return false;
      }
      any |= scan.prompt.segments > before;
    }
  }

  /**
   * Reads a tool, or Converse's marker of those before it.
   *
   * @param behindTool whether there is a tool before it
   */
  private boolean tool(boolean behindTool) {
    if (!scan.hasRoom(2)) {
      return false;
    }
    json.reserve();
    Prompt prompt = scan.prompt;
    int rawStart = json.pos;
    int textStart = json.outPos;
    int segment = prompt.beginSegment(rawStart, textStart);
    json.put(JsonCursor.FRAME);
    if (!members()) {
      return false;
    }
    if (empty && pointSeen) {
      json.outPos = textStart;
      prompt.segments = segment;
      if (behindTool) {
        prompt.markLastPart(marker);
      }
      return true;
    }
    json.put(JsonCursor.END);
    boolean markerIsNull = marker == 0 && (seen & 1 << MARKER) != 0;
    prompt.addPart(
        PartKind.TOOL,
        false,
        markerIsNull ? Prompt.NULL_MARKER : marker,
        rawStart,
        json.pos,
        textStart,
        json.outPos);
    prompt.endSegment(segment, SegmentKind.TOOL, Role.SYSTEM, json.pos, json.outPos);
    return true;
  }

  /** Converse marks by a block of its own; elsewhere the name means nothing. */
  private boolean pointsAreMarkers() {
    return scan.prompt.dialect == Dialect.BEDROCK_CONVERSE;
  }

  private boolean members() {
    if (!json.enter()) {
      return false;
    }
    json.put('{');
    marker = 0;
    seen = 0;
    pointSeen = false;
    empty = true;
    for (boolean first = true; ; first = false) {
      int mark = json.outPos;
      if (!empty) {
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
      int name = MEMBERS.indexOfKey(json);
      boolean point = name == CACHE_POINT && pointsAreMarkers();
      if (name >= 0 && (name != CACHE_POINT || point)) {
        if ((seen & 1 << name) != 0) {
          return json.fail(Verdict.DUPLICATE_KEY);
        }
        seen |= 1 << name;
      }
      if (name == MARKER || (point && json.peek() != 'n')) {
        int seconds = markers.read(Markers.DEFAULT_SECONDS);
        if (seconds < 0) {
          return false;
        }
        marker = Math.max(marker, seconds);
        pointSeen |= point;
        json.outPos = mark;
        continue;
      }
      json.put(JsonCursor.END);
      json.put(':');
      if (!json.value()) {
        return false;
      }
      empty = false;
    }
  }
}

package dev.warmpath.extproc.prompt;

/** Reads a client's own marker: an object that may name a time to live. */
final class Markers {

  /** Anthropic's default, "5m". */
  static final int DEFAULT_SECONDS = 300;

  static final int HOUR_SECONDS = 3600;

  /** OpenAI's breakpoints know one lifetime, "30m". */
  static final int BREAKPOINT_SECONDS = 1800;

  private static final int TTL = 0;
  private static final Names MARKER = new Names("ttl", "type");
  private static final Names HOUR = new Names("1h");

  private final Scan scan;
  private final JsonCursor json;

  Markers(Scan scan) {
    this.scan = scan;
    json = scan.json;
  }

  /**
   * Reads the marker at the cursor and counts it. What it writes is for the caller to drop.
   *
   * @return its seconds to live; 0 if it is null, -1 after a fault
   */
  int read(int defaultSeconds) {
    if (json.peek() == 'n') {
      return json.value() ? 0 : -1;
    }
    if (!scan.enterObject()) {
      return -1;
    }
    int seconds = defaultSeconds;
    int seen = 0;
    for (boolean first = true; ; first = false) {
      int next = json.nextMember(first);
      if (next == JsonCursor.FAULT) {
        return -1;
      }
      if (next == JsonCursor.CLOSED) {
        scan.prompt.markers++;
        if (seconds == HOUR_SECONDS) {
          scan.prompt.hourMarkers++;
        }
        return seconds;
      }
      int name = MARKER.indexOfKey(json);
      if (name >= 0) {
        if ((seen & 1 << name) != 0) {
          json.fail(Verdict.DUPLICATE_KEY);
          return -1;
        }
        seen |= 1 << name;
      }
      int valueStart = json.outPos;
      boolean string = json.peek() == '"';
      if (!json.value()) {
        return -1;
      }
      if (name == TTL && string && HOUR.indexOf(json, valueStart + 1, json.outPos - 1) == 0) {
        seconds = HOUR_SECONDS;
      }
    }
  }
}

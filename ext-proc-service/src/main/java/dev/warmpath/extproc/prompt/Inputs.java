package dev.warmpath.extproc.prompt;

/**
 * Reads prompts without messages, of completions and embeddings: a string, or token ids; or an
 * array of either, whose elements are prompts of their own, side by side.
 */
final class Inputs {

  private final Scan scan;
  private final JsonCursor json;
  private final Messages messages;

  /** Kept, since each use of a method reference would make a new one. */
  private final Messages.Reader tokenIds = this::tokenIds;

  Inputs(Scan scan, Messages messages) {
    this.scan = scan;
    this.messages = messages;
    json = scan.json;
  }

  boolean read() {
    if (json.peek() == '"') {
      return messages.userString();
    }
    if (json.peek() != '[') {
      return scan.unexpected();
    }
    int rawStart = json.pos;
    int textStart = json.outPos;
    int depth = json.depth();
    int segmentsBefore = scan.prompt.segments;
    byte kind = 0;
    if (!json.enter()) {
      return false;
    }
    for (boolean first = true; ; first = false) {
      int next = json.nextElement(first);
      if (next == JsonCursor.FAULT) {
        return false;
      }
      if (next == JsonCursor.CLOSED) {
        scan.prompt.inputs = Math.max(1, scan.prompt.segments - segmentsBefore);
        return true;
      }
      if (first) {
        kind = json.peek();
      } else if (json.peek() != kind) {
        return scan.unexpected();
      }
      switch (kind) {
        case '"' -> {
          if (!messages.userString()) {
            return false;
          }
        }
        case '[' -> {
          if (!tokens()) {
            return false;
          }
        }
        default -> {
          // The array itself is one prompt.
          json.rewind(rawStart, textStart, depth);
          return tokens();
        }
      }
    }
  }

  private boolean tokens() {
    return messages.segmentOf(SegmentKind.MESSAGE, Role.USER, tokenIds);
  }

  private boolean tokenIds() {
    if (!scan.hasRoom(1)) {
      return false;
    }
    int rawStart = json.pos;
    int textStart = json.outPos;
    json.put(JsonCursor.FRAME);
    json.put('[');
    if (!json.enter()) {
      return false;
    }
    for (boolean first = true; ; first = false) {
      int next = json.nextElement(first);
      if (next == JsonCursor.FAULT) {
        return false;
      }
      if (next == JsonCursor.CLOSED) {
        break;
      }
      if (json.peek() < '0' || json.peek() > '9') {
        return scan.unexpected();
      }
      if (!first) {
        json.put(',');
      }
      if (!json.value()) {
        return false;
      }
    }
    json.put(']');
    json.put(JsonCursor.END);
    scan.prompt.addPart(PartKind.TOKENS, false, 0, rawStart, json.pos, textStart, json.outPos);
    return true;
  }
}

package dev.warmpath.extproc.prompt;

import com.dynatrace.hash4j.hashing.HashValue128;

/**
 * Reads the content of messages: blocks, or a string in their place. APIs write a block in one of
 * two ways: with a member {@code type} that tells what it is ({@link TypedBlocks}), or as an object
 * whose one member is named for it ({@link NamedBlocks}).
 *
 * <p>A block is first read as plain text, which most are; one that turns out to be something else
 * is read a second time, as JSON.
 */
abstract sealed class Blocks permits TypedBlocks, NamedBlocks {

  private static final byte[] HEX = {
    '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'
  };

  final Scan scan;
  final JsonCursor json;
  final Markers markers;

  // What the block just read is, beside its text.
  PartKind kind = PartKind.OTHER;

  /** Whether it carries data that no one reads as text. */
  boolean data;

  /** Its marker, as {@link Prompt#addPart} takes it. */
  int marker;

  Blocks(Scan scan) {
    this.scan = scan;
    json = scan.json;
    markers = new Markers(scan);
  }

  /** A string, or an array of blocks, as parts of the last segment. */
  final boolean stringOrBlocks() {
    return json.peek() == '"' ? string() : blocks();
  }

  /** The string at the cursor, as a part of the last segment. */
  final boolean string() {
    if (!scan.hasRoom(1)) {
      return false;
    }
    int rawStart = json.pos;
    int textStart = json.outPos;
    if (!json.string()) {
      return false;
    }
    scan.prompt.addPart(PartKind.TEXT, true, 0, rawStart, json.pos, textStart, json.outPos);
    return true;
  }

  /** An array of blocks, as parts of the last segment. */
  final boolean blocks() {
    if (scan.isElementAlone()) {
      return block(scan.prompt.parts);
    }
    if (!scan.enterArray()) {
      return false;
    }
    int before = scan.prompt.parts;
    for (boolean first = true; ; first = false) {
      int next = json.nextElement(first);
      if (next != JsonCursor.FOUND) {
        return next == JsonCursor.CLOSED;
      }
      if (json.peek() != '{') {
        return scan.unexpected();
      }
      if (!block(before)) {
        return false;
      }
    }
  }

  /**
   * One block.
   *
   * @param before parts that stand before this content
   */
  private boolean block(int before) {
    if (!scan.hasRoom(1)) {
      return false;
    }
    json.reserve();
    Prompt prompt = scan.prompt;
    int rawStart = json.pos;
    int textStart = json.outPos;
    int depth = json.depth();
    int markersBefore = prompt.markers;
    int hourMarkersBefore = prompt.hourMarkers;
    if (plainText()) {
      if (isMarkerAlone()) {
        json.outPos = textStart;
        if (prompt.parts > before) {
          prompt.markLastPart(marker);
        }
      } else {
        prompt.addPart(PartKind.TEXT, false, marker, rawStart, json.pos, textStart, json.outPos);
      }
      return true;
    }
    if (json.fault != Verdict.OK) {
      return false;
    }
    json.rewind(rawStart, textStart, depth);
    prompt.markers = markersBefore;
    prompt.hourMarkers = hourMarkersBefore;
    if (!framedMembers(textStart)) {
      return false;
    }
    prompt.addPart(kind, false, marker, rawStart, json.pos, textStart, json.outPos);
    return true;
  }

  /** The object at the cursor as JSON in a frame, or as a digest in one. */
  final boolean framedMembers(int textStart) {
    json.put(JsonCursor.FRAME);
    if (!members()) {
      return false;
    }
    if (data) {
      replaceByDigest(textStart);
    } else {
      json.put(JsonCursor.END);
    }
    return true;
  }

  /**
   * Reads the block at the cursor as text alone, with perhaps a marker and nulls. Sets {@link
   * #marker}.
   *
   * @return false after a fault, but also, without one, if the block is something else
   */
  abstract boolean plainText();

  /** Whether what {@link #plainText} read is no text but a marker of what stands before. */
  abstract boolean isMarkerAlone();

  /**
   * Reads the object at the cursor as JSON, without markers and null members. Sets {@link #kind},
   * {@link #data} and {@link #marker}.
   */
  abstract boolean members();

  /** The content of a block, such as a tool's result: its own blocks, each without its marker. */
  final boolean innerBlocks() {
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
      if (!members()) {
        return false;
      }
      if (data) {
        replaceByDigest(start);
      }
    }
  }

  /** Puts a framed digest in the place of what was written since. */
  private void replaceByDigest(int start) {
    HashValue128 digest = scan.digest.hashBytesTo128Bits(json.out, start, json.outPos - start);
    scan.prompt.hasImages |= kind == PartKind.IMAGE;
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
}

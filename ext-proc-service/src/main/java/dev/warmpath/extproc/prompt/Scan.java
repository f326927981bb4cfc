package dev.warmpath.extproc.prompt;

import com.dynatrace.hash4j.hashing.Hasher128;
import com.dynatrace.hash4j.hashing.Hashing;

/**
 * What the readers of one {@link PromptScanner} share: the cursor, the prompt that is written, the
 * limits, and the steps that all of them take. Methods return false after a fault, as the cursor's
 * do. Not thread-safe.
 */
final class Scan {

  final JsonCursor json;

  /** Of data, which stands in the text by its digest. */
  final Hasher128 digest;

  private final int maxSegments;
  Prompt prompt = new Prompt();

  Scan(PromptScanner.Limits limits, long digestSeed) {
    digest = Hashing.xxh3_128(digestSeed);
    json = new JsonCursor(limits.maxDepth());
    maxSegments = limits.maxSegments();
  }

  boolean hasRoom(int more) {
    return prompt.segments + prompt.parts + more <= maxSegments
        || json.fail(Verdict.TOO_MANY_SEGMENTS);
  }

  /** Reads a value only to check it. */
  boolean skip(int outPos) {
    if (!json.value()) {
      return false;
    }
    json.outPos = outPos;
    return true;
  }

  /** Refuses the value at the cursor: for its grammar, if that is broken, else for its shape. */
  boolean unexpected() {
    return json.value() && json.fail(Verdict.UNEXPECTED_SHAPE);
  }

  /** Enters the array at the cursor, and refuses anything else. */
  boolean enterArray() {
    return json.peek() == '[' ? json.enter() : unexpected();
  }

  /** Gemini takes one object in the place of an array of one, as protobuf's JSON may be read. */
  boolean isElementAlone() {
    return prompt.dialect == Dialect.GEMINI && json.peek() == '{';
  }

  /** Enters the object at the cursor, and refuses anything else. */
  boolean enterObject() {
    return json.peek() == '{' ? json.enter() : unexpected();
  }
}

package dev.warmpath.e2e.economics;

import dev.warmpath.extproc.annotate.Boundary;

/**
 * A request as a provider's cache sees it: the prefixes that end with its tools, its system prompt
 * and each of its messages. The arrays are of one length but {@code boundaries} and {@code kinds},
 * which are in the order of {@link Boundary}. Not to be changed.
 *
 * @param nanos when it comes
 * @param answerNanos how much later its response begins; from then on others can read what it wrote
 * @param keys of the prefixes
 * @param tokens up to the end of each
 * @param blocks content blocks likewise
 * @param boundaries which prefix a boundary is; below 0: the request has no such boundary
 * @param kinds what a prefix is in truth, for who may know it: prefixes of one kind come back alike
 */
@SuppressWarnings("ArrayRecordComponent") // Never compared.
record Arrival(
    long nanos,
    long answerNanos,
    long[] keys,
    long[] tokens,
    int[] blocks,
    int[] boundaries,
    int[] kinds) {

  static final int BOUNDARIES = Boundary.values().length;

  // Positions among them.
  static final int TOOLS = 0;
  static final int SYSTEM = 1;
  static final int PREVIOUS_TURN = 2;
  static final int CONVERSATION = 3;

  boolean has(int boundary) {
    return boundaries[boundary] >= 0;
  }

  long key(int boundary) {
    return keys[boundaries[boundary]];
  }

  long tokens(int boundary) {
    return tokens[boundaries[boundary]];
  }

  int blocks(int boundary) {
    return blocks[boundaries[boundary]];
  }

  long allTokens() {
    return tokens[tokens.length - 1];
  }

  Arrival at(long otherNanos, long otherAnswerNanos) {
    return new Arrival(otherNanos, otherAnswerNanos, keys, tokens, blocks, boundaries, kinds);
  }

  Arrival withKinds(int[] others) {
    return new Arrival(nanos, answerNanos, keys, tokens, blocks, boundaries, others);
  }
}

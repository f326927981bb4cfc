package dev.warmpath.e2e.economics;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** A prompt that grows: tools, then a system prompt, then messages. Not thread-safe. */
final class Prompt {

  private static final int NO_KIND = 0;

  /** Of each prefix the key, tokens and blocks up to its end. */
  private final List<long[]> ends = new ArrayList<>();

  private final int[] boundaries = {-1, -1, -1, -1};
  private final int[] kinds = new int[Arrival.BOUNDARIES];

  private Prompt add(long key, int tokens, int blocks) {
    long[] last = ends.isEmpty() ? new long[3] : ends.getLast();
    // A prefix is another one where anything before it is.
    ends.add(new long[] {31 * (last[0] + 1) ^ key, last[1] + tokens, last[2] + blocks});
    return this;
  }

  private Prompt boundary(int boundary, int end, int kind) {
    boundaries[boundary] = end;
    kinds[boundary] = kind;
    return this;
  }

  Prompt tools(long key, int tokens, int count, int kind) {
    return add(key, tokens, count).boundary(Arrival.TOOLS, ends.size() - 1, kind);
  }

  Prompt system(long key, int tokens, int kind) {
    return add(key, tokens, 1).boundary(Arrival.SYSTEM, ends.size() - 1, kind);
  }

  /** The same tools, and another system prompt. */
  Prompt withSystem(long key, int tokens, int kind) {
    Prompt other = copy();
    other.ends.removeLast();
    return other.system(key, tokens, kind);
  }

  /**
   * The user says something.
   *
   * @param kind of all up to its end
   * @param earlierKind of what ended so before, if anything did
   */
  Prompt ask(long key, int tokens, int blocks, int kind, int earlierKind) {
    add(key, tokens, blocks);
    int last = boundaries[Arrival.CONVERSATION];
    boundary(Arrival.PREVIOUS_TURN, last, last < 0 ? NO_KIND : earlierKind);
    return boundary(Arrival.CONVERSATION, ends.size() - 1, kind);
  }

  /** The model said something. */
  Prompt answer(long key, int tokens, int blocks) {
    return add(key, tokens, blocks);
  }

  Prompt copy() {
    Prompt copy = new Prompt();
    copy.ends.addAll(ends);
    System.arraycopy(boundaries, 0, copy.boundaries, 0, boundaries.length);
    System.arraycopy(kinds, 0, copy.kinds, 0, kinds.length);
    return copy;
  }

  /** Sends it; the response begins so much later. */
  Arrival at(long nanos, long answerNanos) {
    return new Arrival(
        nanos,
        answerNanos,
        ends.stream().mapToLong(end -> end[0]).toArray(),
        ends.stream().mapToLong(end -> end[1]).toArray(),
        ends.stream().mapToInt(end -> (int) end[2]).toArray(),
        Arrays.copyOf(boundaries, boundaries.length),
        Arrays.copyOf(kinds, kinds.length));
  }
}

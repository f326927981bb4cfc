package dev.warmpath.extproc.prompt;

/**
 * Brings into a fixed order what a body gives in any order, while it is written: top-level
 * sections, members of a message. Each piece has a rank; {@link #settle} moves a finished piece in
 * front of those of higher rank, text and records together. Pieces of one rank keep their order.
 *
 * <p>A move costs one copy of what is moved over, and there are at most as many moves as ranks, so
 * the time stays linear. In the order that clients mostly write, nothing moves.
 */
final class Sequence {

  /** More than there are ranks. */
  private static final int MAX_PIECES = 16;

  private final int[] ranks = new int[MAX_PIECES];
  private final int[] textStarts = new int[MAX_PIECES];
  private final int[] segmentStarts = new int[MAX_PIECES];
  private final int[] partStarts = new int[MAX_PIECES];
  private int pieces;

  private byte[] textScratch = new byte[256];
  private int[] recordScratch = new int[16 * Prompt.STRIDE];

  void clear() {
    pieces = 0;
  }

  /**
   * Puts the piece that reaches from the given starts to the end of what is written in its place.
   *
   * @param segmentStart the count of segments where the piece has none
   */
  void settle(
      int rank, int textStart, int segmentStart, int partStart, JsonCursor json, Prompt prompt) {
    int place = pieces;
    while (place > 0 && ranks[place - 1] > rank) {
      place--;
    }
    boolean joins = place > 0 && ranks[place - 1] == rank;
    if (place < pieces) {
      int textBytes = json.outPos - textStart;
      int segments = prompt.segments - segmentStart;
      int parts = prompt.parts - partStart;
      rotateText(json.out, textStarts[place], textStart, json.outPos);
      rotateRecords(
          prompt.segmentRecords, segmentStarts[place], segmentStart, prompt.segments, textBytes, 0);
      rotateRecords(
          prompt.partRecords, partStarts[place], partStart, prompt.parts, textBytes, segments);
      // The moved text went back by what it passed over; rotateRecords knows only the distance
      // ahead.
      int passed = textStart - textStarts[place];
      int segmentsPassed = segmentStart - segmentStarts[place];
      shift(prompt.segmentRecords, segmentStarts[place], segments, -passed, 0);
      shift(prompt.partRecords, partStarts[place], parts, -passed, -segmentsPassed);
      int from = place;
      if (!joins) {
        insert(place, rank, textStarts[place], segmentStarts[place], partStarts[place]);
        from++;
      }
      for (int i = from; i < pieces; i++) {
        textStarts[i] += textBytes;
        segmentStarts[i] += segments;
        partStarts[i] += parts;
      }
    } else if (!joins) {
      insert(place, rank, textStart, segmentStart, partStart);
    }
  }

  private void insert(int place, int rank, int textStart, int segmentStart, int partStart) {
    for (int i = pieces; i > place; i--) {
      ranks[i] = ranks[i - 1];
      textStarts[i] = textStarts[i - 1];
      segmentStarts[i] = segmentStarts[i - 1];
      partStarts[i] = partStarts[i - 1];
    }
    ranks[place] = rank;
    textStarts[place] = textStart;
    segmentStarts[place] = segmentStart;
    partStarts[place] = partStart;
    pieces++;
  }

  /** Swaps [from, middle) and [middle, to), through a copy of the shorter one. */
  private void rotateText(byte[] text, int from, int middle, int to) {
    int left = middle - from;
    int right = to - middle;
    int shorter = Math.min(left, right);
    if (shorter == 0) {
      return;
    }
    if (shorter > textScratch.length) {
      textScratch = new byte[Math.max(shorter, 2 * textScratch.length)];
    }
    if (left <= right) {
      System.arraycopy(text, from, textScratch, 0, left);
      System.arraycopy(text, middle, text, from, right);
      System.arraycopy(textScratch, 0, text, from + right, left);
    } else {
      System.arraycopy(text, middle, textScratch, 0, right);
      System.arraycopy(text, from, text, from + right, left);
      System.arraycopy(textScratch, 0, text, from, right);
    }
  }

  /** Swaps records likewise; those that move back come to lie {@code textBytes} further. */
  private void rotateRecords(
      int[] records, int from, int middle, int to, int textBytes, int segments) {
    int left = (middle - from) * Prompt.STRIDE;
    int right = (to - middle) * Prompt.STRIDE;
    shift(records, from, middle - from, textBytes, segments);
    if (right == 0 || left == 0) {
      return;
    }
    if (right > recordScratch.length) {
      recordScratch = new int[Math.max(right, 2 * recordScratch.length)];
    }
    int start = from * Prompt.STRIDE;
    System.arraycopy(records, start + left, recordScratch, 0, right);
    System.arraycopy(records, start, records, start + right, left);
    System.arraycopy(recordScratch, 0, records, start, right);
  }

  private static void shift(int[] records, int from, int count, int textBytes, int segments) {
    for (int i = from; i < from + count; i++) {
      records[i * Prompt.STRIDE + Prompt.TEXT_START] += textBytes;
      records[i * Prompt.STRIDE + Prompt.TEXT_END] += textBytes;
      records[i * Prompt.STRIDE + Prompt.LINK] += segments;
    }
  }
}

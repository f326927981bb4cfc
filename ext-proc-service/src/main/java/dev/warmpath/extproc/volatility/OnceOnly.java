package dev.warmpath.extproc.volatility;

import java.util.Arrays;

/** Values that occur exactly once in each of two sequences, and where. Used once. */
final class OnceOnly {

  private static final int NEVER = -1;
  private static final int TWICE = -2;

  private final long[] keys;
  private final int[] first;
  private final int[] second;
  private final int mask;

  /**
   * @param values that are added at most
   */
  OnceOnly(int values) {
    int capacity = Integer.highestOneBit(Math.max(16, values)) * 4;
    keys = new long[capacity];
    first = new int[capacity];
    second = new int[capacity];
    Arrays.fill(first, NEVER);
    Arrays.fill(second, NEVER);
    mask = capacity - 1;
  }

  void addFirst(long value, int position) {
    int slot = slot(value);
    first[slot] = first[slot] == NEVER ? position : TWICE;
  }

  void addSecond(long value, int position) {
    int slot = slot(value);
    second[slot] = second[slot] == NEVER ? position : TWICE;
  }

  /**
   * Where in the second the value is that stands once at that position of the first, or below 0.
   */
  int partner(long value, int position) {
    int slot = slot(value);
    return first[slot] == position ? second[slot] : NEVER;
  }

  /** Whether either of both has it more than once. */
  boolean occursTwice(long value) {
    int slot = slot(value);
    return first[slot] == TWICE || second[slot] == TWICE;
  }

  private int slot(long value) {
    long key = value == 0 ? 1 : value;
    int slot = (int) ((key * 0x9E3779B97F4A7C15L) >>> 32) & mask;
    while (keys[slot] != 0 && keys[slot] != key) {
      slot = (slot + 1) & mask;
    }
    keys[slot] = key;
    return slot;
  }

  /**
   * The longest list of pairs of positions that ascends in both.
   *
   * @param values of the first sequence from {@code from} on
   * @return first and second position in turns
   */
  int[] longestAscending(int from, long[] values) {
    int[] firsts = new int[values.length];
    int[] seconds = new int[values.length];
    int pairs = 0;
    for (int i = 0; i < values.length; i++) {
      int partner = partner(values[i], from + i);
      if (partner >= 0) {
        firsts[pairs] = from + i;
        seconds[pairs++] = partner;
      }
    }
    int[] chosen = Ascending.longest(seconds, pairs);
    int[] result = new int[2 * chosen.length];
    for (int i = 0; i < chosen.length; i++) {
      result[2 * i] = firsts[chosen[i]];
      result[2 * i + 1] = seconds[chosen[i]];
    }
    return result;
  }
}

package dev.warmpath.extproc.prompt;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * The names that a scan looks for in one kind of object, each known by its index. They are found by
 * a hash of their first eight bytes and their length, which is chosen so that no two share a slot.
 */
final class Names {

  private static final long FIRST_MULTIPLIER = 0x9E3779B97F4A7C15L;

  private final byte[][] names;

  /** Of each slot the first eight bytes of its name, that name's length or -1, and its index. */
  private final long[] words;

  private final int[] lengths;
  private final int[] indices;
  private final int shift;
  private final long multiplier;

  Names(String[] first, String... second) {
    this(Stream.concat(Arrays.stream(first), Arrays.stream(second)).toArray(String[]::new));
  }

  Names(String... names) {
    this.names = new byte[names.length][];
    for (int i = 0; i < names.length; i++) {
      this.names[i] = names[i].getBytes(US_ASCII);
    }
    // Four slots or more for each name.
    int bits = Math.max(1, Integer.SIZE - Integer.numberOfLeadingZeros(4 * names.length));
    shift = Long.SIZE - bits;
    words = new long[1 << bits];
    lengths = new int[1 << bits];
    indices = new int[1 << bits];
    multiplier = place();
  }

  /** Puts each name in its slot, and returns the multiplier for which these are distinct. */
  private long place() {
    long candidate = FIRST_MULTIPLIER;
    for (int attempt = 0; attempt < 100_000; attempt++) {
      if (areDistinct(candidate)) {
        return candidate;
      }
      candidate *= FIRST_MULTIPLIER;
    }
    throw new IllegalArgumentException(
        "names: two with the same length and first eight bytes (expected: none)");
  }

  private boolean areDistinct(long candidate) {
    Arrays.fill(lengths, -1);
    for (int i = 0; i < names.length; i++) {
      long word = 0;
      for (int k = 0; k < Math.min(names[i].length, Long.BYTES); k++) {
        word |= (long) names[i][k] << (k << 3);
      }
      int slot = slot(word, names[i].length, candidate);
      if (lengths[slot] >= 0) {
        return false;
      }
      words[slot] = word;
      lengths[slot] = names[i].length;
      indices[slot] = i;
    }
    return true;
  }

  /** The constants' names in lower case, by their ordinals. */
  static Names ofEnum(Enum<?>... constants) {
    return new Names(
        Arrays.stream(constants)
            .map(c -> c.name().toLowerCase(Locale.ROOT))
            .toArray(String[]::new));
  }

  /** The index of the cursor's last member name, or -1. */
  int indexOfKey(JsonCursor json) {
    return indexOf(json, json.keyWord, json.keyStart, json.keyEnd);
  }

  /** The index of what was written in [from, to), or -1. */
  int indexOf(JsonCursor json, int from, int to) {
    return indexOf(json, json.outWord(from, to), from, to);
  }

  private int indexOf(JsonCursor json, long word, int from, int to) {
    int length = to - from;
    int slot = slot(word, length, multiplier);
    if (words[slot] != word || lengths[slot] != length) {
      return -1;
    }
    int index = indices[slot];
    return length <= Long.BYTES || json.outIs(from, to, names[index]) ? index : -1;
  }

  private int slot(long word, int length, long multiplier) {
    return (int) (((word + length) * multiplier) >>> shift);
  }

  /** Writes a name, bare. */
  void put(int index, JsonCursor json) {
    for (byte b : names[index]) {
      json.put(b);
    }
  }
}

package dev.warmpath.extproc.prompt;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * The names that a scan looks for in one kind of object, each known by its index. They are found by
 * a hash of their first eight bytes and their length.
 */
final class Names {

  private final byte[][] names;

  /** Of each slot the first eight bytes of its name, and the name's index or -1. */
  private final long[] words;

  private final int[] indices;
  private final int shift;

  Names(String[] first, String... second) {
    this(Stream.concat(Arrays.stream(first), Arrays.stream(second)).toArray(String[]::new));
  }

  Names(String... names) {
    this.names = new byte[names.length][];
    for (int i = 0; i < names.length; i++) {
      this.names[i] = names[i].getBytes(US_ASCII);
    }
    // Four slots or more for each name, so that one look mostly suffices.
    int bits = Math.max(1, Integer.SIZE - Integer.numberOfLeadingZeros(4 * names.length));
    shift = Long.SIZE - bits;
    words = new long[1 << bits];
    indices = new int[1 << bits];
    Arrays.fill(indices, -1);
    for (int i = 0; i < names.length; i++) {
      long word = 0;
      for (int k = 0; k < Math.min(this.names[i].length, Long.BYTES); k++) {
        word |= (long) this.names[i][k] << (k << 3);
      }
      int slot = slot(word, this.names[i].length);
      while (indices[slot] >= 0) {
        slot = (slot + 1) & (indices.length - 1);
      }
      words[slot] = word;
      indices[slot] = i;
    }
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
    return indexOf(json, json.keyStart, json.keyEnd);
  }

  /** The index of what was written in [from, to), or -1. */
  int indexOf(JsonCursor json, int from, int to) {
    long word = json.outWord(from, to);
    for (int slot = slot(word, to - from);
        indices[slot] >= 0;
        slot = (slot + 1) & (indices.length - 1)) {
      if (words[slot] == word) {
        byte[] name = names[indices[slot]];
        if (name.length == to - from && (name.length <= Long.BYTES || json.outIs(from, to, name))) {
          return indices[slot];
        }
      }
    }
    return -1;
  }

  private int slot(long word, int length) {
    return (int) (((word + length) * 0x9E3779B97F4A7C15L) >>> shift);
  }

  /** Writes a name, bare. */
  void put(int index, JsonCursor json) {
    for (byte b : names[index]) {
      json.put(b);
    }
  }
}

package dev.warmpath.extproc.prompt;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Stream;

/** The names that a scan looks for in one kind of object, each known by its index. */
final class Names {

  private final byte[][] names;

  Names(String[] first, String... second) {
    this(Stream.concat(Arrays.stream(first), Arrays.stream(second)).toArray(String[]::new));
  }

  Names(String... names) {
    this.names = new byte[names.length][];
    for (int i = 0; i < names.length; i++) {
      this.names[i] = names[i].getBytes(US_ASCII);
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
    for (int i = 0; i < names.length; i++) {
      if (json.outIs(from, to, names[i])) {
        return i;
      }
    }
    return -1;
  }

  /** Writes a name, bare. */
  void put(int index, JsonCursor json) {
    for (byte b : names[index]) {
      json.put(b);
    }
  }
}

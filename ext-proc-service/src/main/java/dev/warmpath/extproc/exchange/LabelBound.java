package dev.warmpath.extproc.exchange;

import java.util.concurrent.ConcurrentHashMap;

/**
 * Bounds the values of a label that others choose: the first so many are told apart, the rest is
 * {@value #OTHER}. Thread-safe; a few more than the bound may slip in when threads race.
 */
final class LabelBound {

  static final String OTHER = "other";

  private static final int MAX_CHARS = 128;

  private final int maxValues;
  private final ConcurrentHashMap<String, Boolean> known = new ConcurrentHashMap<>();

  LabelBound(int maxValues) {
    this.maxValues = maxValues;
  }

  String bound(String value) {
    if (value.length() > MAX_CHARS) {
      return OTHER;
    }
    if (known.containsKey(value)) {
      return value;
    }
    if (known.size() >= maxValues) {
      return OTHER;
    }
    known.put(value, Boolean.TRUE);
    return value;
  }
}

package dev.warmpath.extproc.volatility;

/**
 * What stands at a place of a text that is at hand.
 *
 * @param start of the value, in bytes from the start of the text
 * @param ahead bytes before it that belong to the same number, which is written in groups
 * @param cue what the words before say of it
 * @param number the value as a number, where {@link #hasNumber}
 */
record Reading(Form form, int start, int end, int ahead, Cue cue, boolean hasNumber, long number) {

  Reading {
    if (start < 0 || end < start) {
      throw new IllegalArgumentException(
          "start %d, end %d (expected: 0 <= start <= end)".formatted(start, end));
    }
    if (ahead < 0 || ahead > start) {
      throw new IllegalArgumentException(
          "ahead %d (expected: 0 to start %d)".formatted(ahead, start));
    }
  }
}

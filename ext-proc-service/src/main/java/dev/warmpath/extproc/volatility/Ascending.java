package dev.warmpath.extproc.volatility;

/** The longest ascending subsequence, by piles (Fredman, 1975): n log n. */
final class Ascending {

  private Ascending() {}

  /** The indexes of the longest run of ascending, not neighbouring, values. */
  static int[] longest(int[] values, int count) {
    int[] tops = new int[count];
    int[] before = new int[count];
    int piles = 0;
    for (int i = 0; i < count; i++) {
      int low = 0;
      int high = piles;
      while (low < high) {
        int middle = (low + high) >>> 1;
        if (values[tops[middle]] < values[i]) {
          low = middle + 1;
        } else {
          high = middle;
        }
      }
      before[i] = low == 0 ? -1 : tops[low - 1];
      tops[low] = i;
      piles = Math.max(piles, low + 1);
    }
    int[] chosen = new int[piles];
    for (int pile = piles - 1, at = piles == 0 ? -1 : tops[piles - 1]; pile >= 0; pile--) {
      chosen[pile] = at;
      at = before[at];
    }
    return chosen;
  }
}

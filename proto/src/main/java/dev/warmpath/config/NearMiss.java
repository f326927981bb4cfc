package dev.warmpath.config;

import java.util.Collection;
import java.util.Locale;
import java.util.Optional;

/** Finds the word that was probably meant. Stateless. */
final class NearMiss {
  /** Longer words are not compared: no name of the schema is as long. */
  private static final int MAX_CHARS = 64;

  private NearMiss() {}

  /** The nearest of the words, if it is near: at most a third of its letters differ. */
  static Optional<String> of(String written, Collection<String> words) {
    if (written.length() > MAX_CHARS) {
      return Optional.empty();
    }
    String plain = plain(written);
    String nearest = "";
    int least = Integer.MAX_VALUE;
    for (String word : words) {
      int distance = distance(plain, plain(word));
      if (distance < least) {
        least = distance;
        nearest = word;
      }
    }
    return least <= Math.max(1, plain(nearest).length() / 3)
        ? Optional.of(nearest)
        : Optional.empty();
  }

  /** What remains of a word when it doesn't matter how its parts are joined. */
  private static String plain(String word) {
    return word.replaceAll("[-_ ]", "").toLowerCase(Locale.ROOT);
  }

  /** Letters to insert, delete, replace or swap with a neighbour (optimal string alignment). */
  private static int distance(String a, String b) {
    int[][] rows = new int[a.length() + 1][b.length() + 1];
    for (int i = 0; i <= a.length(); i++) {
      rows[i][0] = i;
    }
    for (int j = 0; j <= b.length(); j++) {
      rows[0][j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      for (int j = 1; j <= b.length(); j++) {
        int replaced = rows[i - 1][j - 1] + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        rows[i][j] = Math.min(replaced, 1 + Math.min(rows[i - 1][j], rows[i][j - 1]));
        if (i > 1
            && j > 1
            && a.charAt(i - 1) == b.charAt(j - 2)
            && a.charAt(i - 2) == b.charAt(j - 1)) {
          rows[i][j] = Math.min(rows[i][j], rows[i - 2][j - 2] + 1);
        }
      }
    }
    return rows[a.length()][b.length()];
  }
}

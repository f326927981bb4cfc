package dev.warmpath.extproc.volatility;

/**
 * How much of two texts both have word by word, in stretches as long as a sentence, whatever their
 * order. It tells passages that were put in another order from rows that have no more than their
 * columns and some values in common. Stretches are found by triples of words that occur once in
 * each text and go as far as both agree; blanks and marks don't count. Time grows with the words,
 * and no faster. Stateless.
 */
final class Verbatim {

  private static final int TRIPLE = 3;

  /**
   * A shorter stretch is a phrase, or what rows share by chance. On logs by three authors, with and
   * without passages in another order, 4 words of 16 bytes do as well as 8 of 48; 10 of 64 miss
   * passages.
   */
  private static final int MIN_WORDS = 5;

  private static final int MIN_BYTES = 24;

  /** What is no blank and no mark, and a hash of each three in a row. */
  @SuppressWarnings("ArrayRecordComponent") // Never compared.
  private record Words(long[] words, long[] triples) {}

  private Verbatim() {}

  /** Share of the words of the text that has less of it, 0 where one has none. */
  static double share(long[] then, long[] now) {
    Words before = words(then);
    Words after = words(now);
    OnceOnly once = new OnceOnly(before.triples.length + after.triples.length);
    for (int i = 0; i < before.triples.length; i++) {
      once.addFirst(before.triples[i], i);
    }
    for (int i = 0; i < after.triples.length; i++) {
      once.addSecond(after.triples[i], i);
    }
    boolean[] inBefore = new boolean[before.words.length];
    boolean[] inAfter = new boolean[after.words.length];
    int end = 0;
    for (int i = 0; i < before.triples.length; i++) {
      // A triple that occurs once in each belongs to one stretch, which was followed to its end.
      int partner = i + TRIPLE <= end ? -1 : once.partner(before.triples[i], i);
      if (partner < 0) {
        continue;
      }
      int from = i;
      int shift = partner - i;
      while (from > 0
          && from + shift > 0
          && before.words[from - 1] == after.words[from + shift - 1]) {
        from--;
      }
      end = i + TRIPLE;
      while (end < before.words.length
          && end + shift < after.words.length
          && before.words[end] == after.words[end + shift]) {
        end++;
      }
      if (isSentence(before.words, from, end)) {
        for (int word = from; word < end; word++) {
          inBefore[word] = true;
          inAfter[word + shift] = true;
        }
      }
    }
    return Math.min(share(inBefore), share(inAfter));
  }

  private static double share(boolean[] words) {
    int count = 0;
    for (boolean word : words) {
      count += word ? 1 : 0;
    }
    return count == 0 ? 0 : (double) count / words.length;
  }

  private static Words words(long[] text) {
    int count = 0;
    for (long token : text) {
      count += isWord(token) ? 1 : 0;
    }
    long[] words = new long[count];
    int at = 0;
    for (long token : text) {
      if (isWord(token)) {
        words[at++] = token;
      }
    }
    long[] triples = new long[Math.max(0, count - TRIPLE + 1)];
    for (int i = 0; i < triples.length; i++) {
      long hash = 0;
      for (int word = i; word < i + TRIPLE; word++) {
        hash = (hash ^ Tokens.hash(words[word])) * 0x9E3779B97F4A7C15L;
        hash ^= hash >>> 31;
      }
      triples[i] = hash;
    }
    return new Words(words, triples);
  }

  private static boolean isWord(long token) {
    int kind = Tokens.kind(token);
    return kind == Tokens.LETTERS || kind == Tokens.MIXED || kind == Tokens.DIGITS;
  }

  /** Numbers are none of its words. */
  private static boolean isSentence(long[] words, int from, int to) {
    int bytes = 0;
    int count = 0;
    for (int i = from; i < to; i++) {
      if (Tokens.kind(words[i]) != Tokens.DIGITS) {
        bytes += Tokens.bytes(words[i]);
        count++;
      }
    }
    return count >= MIN_WORDS && bytes >= MIN_BYTES;
  }
}

package dev.warmpath.extproc.volatility;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Whether two texts hold the same passages in another order. A passage is a run of words that both
 * have, so that it doesn't matter what stands between passages, how they are numbered or which of
 * them are missing. Runs are found by triples of words that occur once in each text; those that
 * keep their order are the heaviest ascending chain of them, the others have moved. Stateless.
 */
final class Passages {

  private static final int TRIPLE = 3;

  /** Words that may differ within a passage: a score, a name in it. */
  private static final int MAX_DIFFERING_WORDS = 3;

  /** Fewer words are a phrase, which may stand anywhere. */
  private static final int MIN_WORDS = 3;

  /** Fewer words that moved are chance wherever they stand. */
  private static final int MIN_MOVED_WORDS = 5;

  /** Where less is common to both, other passages have come. Guess, unmeasured. */
  private static final double LEAST_COMMON = 0.35;

  /** More runs are not looked at: their chain takes the square of their number. */
  private static final int MAX_RUNS = 512;

  /**
   * What moved.
   *
   * @param from first word of the first passage, in the later text
   * @param to behind the last word of the last one
   * @param order hash of it
   * @param words that moved, at least
   * @param common share of the words among those passages that both texts have
   * @param verbatim share of them that both have in whole sentences
   */
  record Moved(int from, int to, long order, int words, double common, double verbatim) {}

  /** Words of letters: their positions among all. */
  @SuppressWarnings("ArrayRecordComponent") // Never compared.
  private record Words(long[] triples, int[] tokens, int count) {}

  /** A run that both have, as indexes among the words of letters. */
  private static final class Run {
    final int then;
    final int now;
    final long hash;
    int words = TRIPLE;
    int nowWords = TRIPLE;

    Run(int then, int now, long hash) {
      this.then = then;
      this.now = now;
      this.hash = hash;
    }
  }

  private Passages() {}

  static @Nullable Moved moved(long[] then, long[] now) {
    Moved moved = moved(then, now, words(then, false), words(now, false));
    // Rows of a table have the same words, and differ in their numbers.
    return moved == null ? moved(then, now, words(then, true), words(now, true)) : moved;
  }

  private static @Nullable Moved moved(long[] then, long[] now, Words before, Words after) {
    if (before.count < 2 * MIN_WORDS || after.count < 2 * MIN_WORDS) {
      return null;
    }
    List<Run> runs = runs(before, after);
    if (runs.size() < 2 || runs.size() > MAX_RUNS) {
      return null;
    }
    boolean[] stays = heaviestChain(runs);
    int movedWords = 0;
    for (int i = 0; i < stays.length; i++) {
      movedWords += stays[i] ? 0 : runs.get(i).words;
    }
    if (movedWords < MIN_MOVED_WORDS) {
      return null;
    }
    // All that moved, and what it moved past.
    boolean[] passed = new boolean[stays.length];
    for (int i = 0; i < stays.length; i++) {
      for (int j = i + 1; j < stays.length; j++) {
        if (runs.get(j).now < runs.get(i).now) {
          passed[i] = true;
          passed[j] = true;
        }
      }
    }
    int thenFrom = Integer.MAX_VALUE;
    int thenTo = -1;
    int nowFrom = Integer.MAX_VALUE;
    int nowTo = -1;
    for (int i = 0; i < passed.length; i++) {
      if (passed[i]) {
        Run run = runs.get(i);
        thenFrom = Math.min(thenFrom, run.then);
        thenTo = Math.max(thenTo, run.then + run.words);
        nowFrom = Math.min(nowFrom, run.now);
        nowTo = Math.max(nowTo, run.now + run.nowWords);
      }
    }
    int from = after.tokens[nowFrom];
    int to = end(after, nowTo, now);
    long[] left = Arrays.copyOfRange(then, before.tokens[thenFrom], end(before, thenTo, then));
    long[] came = Arrays.copyOfRange(now, from, to);
    double verbatim = Verbatim.share(left, came);
    double share = common(left, came);
    if (share < LEAST_COMMON) {
      return null;
    }
    return new Moved(from, to, order(runs, nowFrom, nowTo), movedWords, share, verbatim);
  }

  /** Behind the word before one, of the text. */
  private static int end(Words words, int word, long[] tokens) {
    return word == words.count ? tokens.length : words.tokens[word];
  }

  /** Share of the words of the longer of two texts that the other one has as well; sorts both. */
  private static double common(long[] then, long[] now) {
    Arrays.sort(then);
    Arrays.sort(now);
    int common = 0;
    int i = 0;
    int j = 0;
    while (i < then.length && j < now.length) {
      int order = Long.compare(then[i], now[j]);
      common += order == 0 ? 1 : 0;
      i += order <= 0 ? 1 : 0;
      j += order >= 0 ? 1 : 0;
    }
    return (double) common / Math.max(then.length, now.length);
  }

  private static long order(List<Run> runs, int nowFrom, int nowTo) {
    long order = 0;
    List<Run> sorted = new ArrayList<>(runs);
    sorted.sort((a, b) -> Integer.compare(a.now, b.now));
    for (Run run : sorted) {
      if (run.now >= nowFrom && run.now < nowTo) {
        order = (order ^ run.hash) * 0x9E3779B97F4A7C15L;
        order ^= order >>> 31;
      }
    }
    return order;
  }

  private static Words words(long[] tokens, boolean digits) {
    int[] at = new int[tokens.length];
    int count = 0;
    for (int i = 0; i < tokens.length; i++) {
      int kind = Tokens.kind(tokens[i]);
      if (kind == Tokens.LETTERS || kind == Tokens.MIXED || (digits && kind == Tokens.DIGITS)) {
        at[count++] = i;
      }
    }
    long[] triples = new long[Math.max(0, count - TRIPLE + 1)];
    for (int i = 0; i < triples.length; i++) {
      long hash = 0;
      for (int word = i; word < i + TRIPLE; word++) {
        hash = (hash ^ Tokens.hash(tokens[at[word]])) * 0x9E3779B97F4A7C15L;
        hash ^= hash >>> 31;
      }
      triples[i] = hash;
    }
    return new Words(triples, at, count);
  }

  private static List<Run> runs(Words before, Words after) {
    OnceOnly once = new OnceOnly(before.triples.length + after.triples.length);
    for (int i = 0; i < before.triples.length; i++) {
      once.addFirst(before.triples[i], i);
    }
    for (int i = 0; i < after.triples.length; i++) {
      once.addSecond(after.triples[i], i);
    }
    List<Run> runs = new ArrayList<>();
    Run run = null;
    for (int then = 0; then < before.triples.length; then++) {
      int now = once.partner(before.triples[then], then);
      if (now < 0) {
        continue;
      }
      if (run != null && follows(run, then, now)) {
        run.words = then + TRIPLE - run.then;
        run.nowWords = now + TRIPLE - run.now;
      } else {
        run = new Run(then, now, before.triples[then]);
        runs.add(run);
      }
    }
    return runs;
  }

  private static boolean follows(Run run, int then, int now) {
    int thenGap = then - (run.then + run.words - TRIPLE);
    int nowGap = now - (run.now + run.nowWords - TRIPLE);
    return nowGap > 0
        && thenGap <= TRIPLE + MAX_DIFFERING_WORDS
        && nowGap <= TRIPLE + MAX_DIFFERING_WORDS
        && Math.abs(thenGap - nowGap) <= 1;
  }

  /** Which runs keep their order; the words of the others are the fewest. */
  private static boolean[] heaviestChain(List<Run> runs) {
    int count = runs.size();
    int[] weight = new int[count];
    int[] before = new int[count];
    int heaviest = 0;
    for (int i = 0; i < count; i++) {
      Run run = runs.get(i);
      before[i] = -1;
      for (int j = 0; j < i; j++) {
        if (runs.get(j).now < run.now && weight[j] > weight[i]) {
          weight[i] = weight[j];
          before[i] = j;
        }
      }
      weight[i] += run.words;
      if (weight[i] > weight[heaviest]) {
        heaviest = i;
      }
    }
    boolean[] stays = new boolean[count];
    for (int i = heaviest; i >= 0; i = before[i]) {
      stays[i] = true;
    }
    return stays;
  }
}

package dev.warmpath.extproc.volatility;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Whether two texts hold the same passages in another order. A passage is what stands between ends
 * of lines, sentences and parts; two are the same if their words of letters are, so that numbers in
 * front of them and scores behind may change. Stateless.
 */
final class Passages {

  /** Fewer words are a phrase, which may stand anywhere. */
  private static final int MIN_WORDS = 3;

  /** Words that must have moved for it to be no chance. */
  private static final int MIN_MOVED_WORDS = 8;

  /** Share of the passages among those that moved which both must have. Guess, unmeasured. */
  private static final double LEAST_COMMON = 0.8;

  /**
   * What moved.
   *
   * @param from first word of the first passage, in the later text
   * @param to behind the last word of the last one
   * @param order hash of it
   */
  record Moved(int from, int to, long order) {}

  private record Passage(long hash, int words, int from, int to) {}

  private Passages() {}

  static @Nullable Moved moved(long[] then, long[] now) {
    List<Passage> before = passages(then);
    List<Passage> after = passages(now);
    OnceOnly once = new OnceOnly(before.size() + after.size());
    for (int i = 0; i < before.size(); i++) {
      once.addFirst(before.get(i).hash, i);
    }
    for (int i = 0; i < after.size(); i++) {
      once.addSecond(after.get(i).hash, i);
    }
    int[] firsts = new int[before.size()];
    int[] seconds = new int[before.size()];
    int pairs = 0;
    for (int i = 0; i < before.size(); i++) {
      int partner = once.partner(before.get(i).hash, i);
      if (partner >= 0) {
        firsts[pairs] = i;
        seconds[pairs++] = partner;
      }
    }
    // A pair has moved if another one passed it.
    boolean[] passed = new boolean[pairs];
    int highest = -1;
    for (int i = 0; i < pairs; i++) {
      passed[i] = seconds[i] < highest;
      highest = Math.max(highest, seconds[i]);
    }
    int lowest = Integer.MAX_VALUE;
    for (int i = pairs - 1; i >= 0; i--) {
      passed[i] |= seconds[i] > lowest;
      lowest = Math.min(lowest, seconds[i]);
    }
    int words = 0;
    int thenFrom = Integer.MAX_VALUE;
    int thenTo = -1;
    int nowFrom = Integer.MAX_VALUE;
    int nowTo = -1;
    for (int i = 0; i < pairs; i++) {
      if (passed[i]) {
        words += before.get(firsts[i]).words;
        thenFrom = Math.min(thenFrom, firsts[i]);
        thenTo = Math.max(thenTo, firsts[i]);
        nowFrom = Math.min(nowFrom, seconds[i]);
        nowTo = Math.max(nowTo, seconds[i]);
      }
    }
    if (words < MIN_MOVED_WORDS) {
      return null;
    }
    int known = 0;
    for (int i = 0; i < pairs; i++) {
      if (firsts[i] >= thenFrom && firsts[i] <= thenTo) {
        known++;
      }
    }
    int thenCount = countOnce(once, before, thenFrom, thenTo);
    int nowCount = countOnce(once, after, nowFrom, nowTo);
    if (known < LEAST_COMMON * Math.max(thenCount, nowCount)) {
      return null;
    }
    long order = 0;
    for (int i = nowFrom; i <= nowTo; i++) {
      order = (order ^ after.get(i).hash) * 0x9E3779B97F4A7C15L;
      order ^= order >>> 31;
    }
    return new Moved(after.get(nowFrom).from, after.get(nowTo).to, order);
  }

  /** Passages of a range, those that occur twice left out. */
  private static int countOnce(OnceOnly once, List<Passage> passages, int from, int to) {
    int count = 0;
    for (int i = from; i <= to; i++) {
      count += once.occursTwice(passages.get(i).hash) ? 0 : 1;
    }
    return count;
  }

  private static List<Passage> passages(long[] tokens) {
    List<Passage> passages = new ArrayList<>();
    int from = 0;
    int words = 0;
    long hash = 0;
    for (int i = 0; i <= tokens.length; i++) {
      if (i == tokens.length || (i > from && ends(tokens, i))) {
        if (words >= MIN_WORDS) {
          passages.add(new Passage(hash, words, from, i));
        }
        from = i;
        words = 0;
        hash = 0;
      }
      if (i < tokens.length && Tokens.kind(tokens[i]) == Tokens.LETTERS) {
        hash = (hash ^ Tokens.hash(tokens[i])) * 0x9E3779B97F4A7C15L;
        hash ^= hash >>> 31;
        words++;
      }
    }
    return passages;
  }

  /** Whether a passage ends before a word. */
  private static boolean ends(long[] tokens, int at) {
    if (Tokens.beginsPart(tokens[at]) || Tokens.kind(tokens[at - 1]) == Tokens.LINE) {
      return true;
    }
    return Tokens.kind(tokens[at - 1]) == Tokens.STOP && Tokens.isBlank(tokens[at]);
  }
}

package dev.warmpath.extproc.volatility;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Where two sequences of words differ: runs [aStart, aEnd) of the one that stand for runs [bStart,
 * bEnd) of the other, ascending; between them both are the same.
 *
 * <p>Common ends are cut off, long middles are first cut at four words in a row that occur once in
 * each (patience diff), and what remains goes through Myers' greedy algorithm ("An O(ND) Difference
 * Algorithm", 1986) up to {@value #MAX_EDITS} edits; what differs more is one gap. So time and
 * memory are bounded by the length and the square of that bound.
 *
 * <p>Mutable, reused, not thread-safe.
 */
final class Gaps {

  private static final int MAX_EDITS = 200;

  /** A middle with fewer words needs no cutting. */
  private static final int SMALL = 64;

  private static final int ANCHOR_WORDS = 4;

  private int[] bounds = new int[64];
  private int count;
  private long[] a = {};
  private long[] b = {};
  private final int[] furthest = new int[2 * MAX_EDITS + 3];

  /** By number of edits: how far each diagonal came. Rows are made when first needed. */
  private final List<int[]> trace = new ArrayList<>();

  int count() {
    return count;
  }

  int aStart(int gap) {
    return bounds[4 * gap];
  }

  int aEnd(int gap) {
    return bounds[4 * gap + 1];
  }

  int bStart(int gap) {
    return bounds[4 * gap + 2];
  }

  int bEnd(int gap) {
    return bounds[4 * gap + 3];
  }

  void between(long[] a, long[] b) {
    this.a = a;
    this.b = b;
    count = 0;
    middle(0, a.length, 0, b.length, /* anchored= */ false);
  }

  /** Cuts off what is the same at both ends. */
  private void middle(int aFrom, int aTo, int bFrom, int bTo, boolean anchored) {
    int aStart = aFrom;
    int aEnd = aTo;
    int bStart = bFrom;
    int bEnd = bTo;
    while (aStart < aEnd && bStart < bEnd && a[aStart] == b[bStart]) {
      aStart++;
      bStart++;
    }
    while (aStart < aEnd && bStart < bEnd && a[aEnd - 1] == b[bEnd - 1]) {
      aEnd--;
      bEnd--;
    }
    if (aStart == aEnd || bStart == bEnd) {
      add(aStart, aEnd, bStart, bEnd);
    } else if (anchored || (aEnd - aStart <= SMALL && bEnd - bStart <= SMALL)) {
      edits(aStart, aEnd, bStart, bEnd);
    } else {
      anchors(aStart, aEnd, bStart, bEnd);
    }
  }

  private void add(int aStart, int aEnd, int bStart, int bEnd) {
    if (aStart == aEnd && bStart == bEnd) {
      return;
    }
    if (count > 0 && aEnd(count - 1) == aStart && bEnd(count - 1) == bStart) {
      bounds[4 * count - 3] = aEnd;
      bounds[4 * count - 1] = bEnd;
      return;
    }
    if (4 * (count + 1) > bounds.length) {
      bounds = Arrays.copyOf(bounds, 2 * bounds.length);
    }
    bounds[4 * count] = aStart;
    bounds[4 * count + 1] = aEnd;
    bounds[4 * count + 2] = bStart;
    bounds[4 * count + 3] = bEnd;
    count++;
  }

  /** Cuts at runs that occur once in each, in the order that most of them share. */
  private void anchors(int aStart, int aEnd, int bStart, int bEnd) {
    OnceOnly once = new OnceOnly(aEnd - aStart + bEnd - bStart);
    long[] runs = new long[Math.max(0, aEnd - aStart - ANCHOR_WORDS + 1)];
    for (int i = 0; i < runs.length; i++) {
      runs[i] = run(a, aStart + i);
      once.addFirst(runs[i], aStart + i);
    }
    for (int i = bStart; i + ANCHOR_WORDS <= bEnd; i++) {
      once.addSecond(run(b, i), i);
    }
    int[] pairs = once.longestAscending(aStart, runs);
    int aAt = aStart;
    int bAt = bStart;
    for (int i = 0; i < pairs.length; i += 2) {
      if (pairs[i] < aAt || pairs[i + 1] < bAt) {
        continue; // Overlaps the one before, which was extended over it.
      }
      middle(aAt, pairs[i], bAt, pairs[i + 1], /* anchored= */ true);
      aAt = pairs[i];
      bAt = pairs[i + 1];
      while (aAt < aEnd && bAt < bEnd && a[aAt] == b[bAt]) {
        aAt++;
        bAt++;
      }
    }
    middle(aAt, aEnd, bAt, bEnd, /* anchored= */ true);
  }

  private static long run(long[] tokens, int at) {
    long hash = 0;
    for (int i = at; i < at + ANCHOR_WORDS; i++) {
      hash = (hash ^ Tokens.hash(tokens[i])) * 0x9E3779B97F4A7C15L;
      hash ^= hash >>> 31;
    }
    return hash;
  }

  private void edits(int aStart, int aEnd, int bStart, int bEnd) {
    int n = aEnd - aStart;
    int m = bEnd - bStart;
    int zero = MAX_EDITS + 1;
    Arrays.fill(furthest, 0);
    for (int d = 0; d <= Math.min(MAX_EDITS, n + m); d++) {
      for (int k = -d; k <= d; k += 2) {
        int x =
            k == -d || (k != d && furthest[zero + k - 1] < furthest[zero + k + 1])
                ? furthest[zero + k + 1]
                : furthest[zero + k - 1] + 1;
        int y = x - k;
        while (x < n && y < m && x >= 0 && y >= 0 && a[aStart + x] == b[bStart + y]) {
          x++;
          y++;
        }
        furthest[zero + k] = x;
        if (x >= n && y >= m) {
          keep(d);
          back(d, aStart, bStart, n, m);
          return;
        }
      }
      keep(d);
    }
    add(aStart, aEnd, bStart, bEnd);
  }

  /** Keeps the diagonals -d to d. */
  private void keep(int d) {
    int zero = MAX_EDITS + 1;
    if (d == trace.size()) {
      trace.add(new int[2 * d + 1]);
    }
    System.arraycopy(furthest, zero - d, trace.get(d), 0, 2 * d + 1);
  }

  /** Walks the path back, then adds its gaps in order. */
  private void back(int edits, int aStart, int bStart, int n, int m) {
    int[] xs = new int[edits + 1];
    int[] ys = new int[edits + 1];
    boolean[] deletes = new boolean[edits + 1];
    int x = n;
    int y = m;
    for (int d = edits; d > 0; d--) {
      int k = x - y;
      int[] before = trace.get(d - 1);
      boolean down = k == -d || (k != d && at(before, d - 1, k - 1) < at(before, d - 1, k + 1));
      int previousK = down ? k + 1 : k - 1;
      int previousX = at(before, d - 1, previousK);
      xs[d] = previousX;
      ys[d] = previousX - previousK;
      deletes[d] = !down;
      x = previousX;
      y = previousX - previousK;
    }
    for (int d = 1; d <= edits; d++) {
      int aAt = aStart + xs[d];
      int bAt = bStart + ys[d];
      if (deletes[d]) {
        add(aAt, aAt + 1, bAt, bAt);
      } else {
        add(aAt, aAt, bAt, bAt + 1);
      }
    }
  }

  private static int at(int[] row, int d, int k) {
    return k < -d || k > d ? 0 : row[k + d];
  }
}

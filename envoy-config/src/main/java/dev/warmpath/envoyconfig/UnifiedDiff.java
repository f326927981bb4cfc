package dev.warmpath.envoyconfig;

import dev.warmpath.envoyconfig.SourceText.Line;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;

/**
 * The difference of two texts as {@code diff -u} writes it, by Myers' greedy algorithm ("An O(ND)
 * Difference Algorithm and Its Variations", 1986), in time and memory of the square of the number
 * of differing lines.
 */
final class UnifiedDiff {
  private static final int CONTEXT_LINES = 3;

  private enum Kind {
    SAME(' '),
    GONE('-'),
    NEW('+');

    private final char sign;

    Kind(char sign) {
      this.sign = sign;
    }
  }

  private record Step(Kind kind, Line line, int oldLine, int newLine) {}

  private UnifiedDiff() {}

  /** Empty when the texts are equal. */
  static String of(SourceText before, SourceText after, String beforeName, String afterName) {
    List<Step> steps = steps(before.lines(), after.lines());
    StringBuilder out = new StringBuilder();
    int at = 0;
    while (true) {
      int first = at;
      while (first < steps.size() && steps.get(first).kind() == Kind.SAME) {
        first++;
      }
      if (first == steps.size()) {
        return out.toString();
      }
      int last = first;
      for (int i = first; i < steps.size() && i - last <= 2 * CONTEXT_LINES; i++) {
        if (steps.get(i).kind() != Kind.SAME) {
          last = i;
        }
      }
      if (out.isEmpty()) {
        out.append("--- ").append(beforeName).append("\n+++ ").append(afterName).append('\n');
      }
      int from = Math.max(at, first - CONTEXT_LINES);
      int to = Math.min(steps.size(), last + 1 + CONTEXT_LINES);
      hunk(steps.subList(from, to), out);
      at = last + 1;
    }
  }

  private static void hunk(List<Step> steps, StringBuilder out) {
    long gone = steps.stream().filter(step -> step.kind() != Kind.NEW).count();
    long added = steps.stream().filter(step -> step.kind() != Kind.GONE).count();
    out.append("@@ -").append(range(steps.getFirst().oldLine(), gone));
    out.append(" +").append(range(steps.getFirst().newLine(), added)).append(" @@\n");
    for (Step step : steps) {
      out.append(step.kind().sign).append(step.line().text());
      if (step.line().end().isEmpty()) {
        out.append("\n\\ No newline at end of file\n");
      } else {
        out.append(step.line().end());
      }
    }
  }

  private static String range(int line, long count) {
    return (count == 0 ? line : line + 1) + (count == 1 ? "" : "," + count);
  }

  private static List<Step> steps(List<Line> before, List<Line> after) {
    int limit = before.size() + after.size();
    // furthest[limit + k]: how many lines of `before` the best path of diagonal k has used.
    int[] furthest = new int[2 * limit + 2];
    List<int[]> trace = new ArrayList<>();
    for (int edits = 0; ; edits++) {
      trace.add(Arrays.copyOfRange(furthest, limit - edits, limit + edits + 2));
      for (int k = -edits; k <= edits; k += 2) {
        int x =
            isDown(furthest, limit, k, edits)
                ? furthest[limit + k + 1]
                : furthest[limit + k - 1] + 1;
        while (x < before.size()
            && x - k < after.size()
            && before.get(x).equals(after.get(x - k))) {
          x++;
        }
        furthest[limit + k] = x;
        if (x >= before.size() && x - k >= after.size()) {
          return backtrack(before, after, trace);
        }
      }
    }
  }

  private static boolean isDown(int[] furthest, int zero, int k, int edits) {
    return k == -edits || (k != edits && furthest[zero + k - 1] < furthest[zero + k + 1]);
  }

  private static List<Step> backtrack(List<Line> before, List<Line> after, List<int[]> trace) {
    List<Step> steps = new ArrayList<>();
    int x = before.size();
    int y = after.size();
    for (int edits = trace.size() - 1; edits >= 0; edits--) {
      int[] furthest = trace.get(edits);
      int k = x - y;
      int previousK = isDown(furthest, edits, k, edits) ? k + 1 : k - 1;
      int previousX = edits == 0 ? 0 : furthest[edits + previousK];
      int previousY = edits == 0 ? 0 : previousX - previousK;
      while (x > previousX && y > previousY) {
        x--;
        y--;
        steps.add(new Step(Kind.SAME, before.get(x), x, y));
      }
      if (edits > 0) {
        if (x == previousX) {
          y--;
          steps.add(new Step(Kind.NEW, after.get(y), x, y));
        } else {
          x--;
          steps.add(new Step(Kind.GONE, before.get(x), x, y));
        }
      }
    }
    Collections.reverse(steps);
    return steps;
  }
}

package dev.warmpath.extproc.explain;

import dev.warmpath.extproc.prompt.Parameter;
import dev.warmpath.extproc.prompt.Prompt;
import dev.warmpath.extproc.prompt.SegmentKind;
import java.util.Arrays;

/**
 * How far two prompts are the same, in the order in which caches see them.
 *
 * @param textBytes of segments that are the same
 * @param where the first difference is: {@code system[0]+120}, a parameter's name, {@code end}, or
 *     what parts caches as a whole: {@code cache_salt}, {@code previous_response_id} (which stands
 *     for a conversation's id, too), {@code model}
 * @param segment of the later prompt in which they part; -1: in none
 * @param offset in it
 */
record SharedPrefix(long textBytes, String where, int segment, int offset) {

  static SharedPrefix of(Prompt earlier, Prompt later) {
    if (!same(
        earlier,
        earlier.cacheSaltTextStart(),
        earlier.cacheSaltTextEnd(),
        later,
        later.cacheSaltTextStart(),
        later.cacheSaltTextEnd())) {
      return new SharedPrefix(0, "cache_salt", -1, 0);
    }
    // What the history says isn't in the body, and comes before all that is.
    if (earlier.hasHistory() != later.hasHistory()
        || !same(
            earlier,
            earlier.historyTextStart(),
            earlier.historyTextEnd(),
            later,
            later.historyTextStart(),
            later.historyTextEnd())) {
      return new SharedPrefix(0, "previous_response_id", -1, 0);
    }
    if (!later.model().equals(earlier.model())) {
      return new SharedPrefix(0, "model", -1, 0);
    }
    if (differ(earlier, later, Parameter.Position.START)) {
      return new SharedPrefix(0, parameter(earlier, later, Parameter.Position.START), -1, 0);
    }
    int index = 0;
    SegmentKind previous = SegmentKind.TOOL;
    int common = Math.min(earlier.segments(), later.segments());
    for (int segment = 0; segment <= common; segment++) {
      SegmentKind kind = segment == later.segments() ? SegmentKind.MESSAGE : later.kind(segment);
      if (kind != previous) {
        Parameter.Position passed = passed(previous, kind, earlier, later);
        if (passed != null) {
          return new SharedPrefix(
              segment == 0 ? 0 : later.textEnd(segment - 1),
              parameter(earlier, later, passed),
              -1,
              0);
        }
        previous = kind;
        index = 0;
      }
      if (segment == common) {
        break;
      }
      int same = same(earlier, later, segment);
      if (same >= 0) {
        return new SharedPrefix(
            (long) later.textStart(segment) + same, place(kind, index, same), segment, same);
      }
      index++;
    }
    if (earlier.segments() == later.segments()) {
      return new SharedPrefix(later.textLength(), "end", -1, 0);
    }
    boolean longer = later.segments() > common;
    SegmentKind kind = longer ? later.kind(common) : earlier.kind(common);
    return new SharedPrefix(
        common == 0 ? 0 : later.textEnd(common - 1),
        place(kind, kind == previous ? index : 0, 0),
        longer ? common : -1,
        0);
  }

  private static String place(SegmentKind kind, int index, int offset) {
    String site =
        switch (kind) {
          case TOOL -> "tool";
          case SYSTEM -> "system";
          case MESSAGE -> "message";
        };
    return "%s[%d]+%d".formatted(site, index, offset);
  }

  /** Bytes of a segment that are the same before the first that isn't; -1: all are. */
  private static int same(Prompt earlier, Prompt later, int segment) {
    if (earlier.kind(segment) != later.kind(segment)
        || earlier.role(segment) != later.role(segment)) {
      return 0;
    }
    return Arrays.mismatch(
        earlier.text(),
        earlier.textStart(segment),
        earlier.textEnd(segment),
        later.text(),
        later.textStart(segment),
        later.textEnd(segment));
  }

  private static boolean same(
      Prompt earlier,
      int earlierStart,
      int earlierEnd,
      Prompt later,
      int laterStart,
      int laterEnd) {
    return Arrays.equals(
        earlier.text(), earlierStart, earlierEnd, later.text(), laterStart, laterEnd);
  }

  private static Parameter.@org.jspecify.annotations.Nullable Position passed(
      SegmentKind from, SegmentKind to, Prompt earlier, Prompt later) {
    if (from == SegmentKind.TOOL && differ(earlier, later, Parameter.Position.AFTER_TOOLS)) {
      return Parameter.Position.AFTER_TOOLS;
    }
    return to == SegmentKind.MESSAGE && differ(earlier, later, Parameter.Position.AFTER_SYSTEM)
        ? Parameter.Position.AFTER_SYSTEM
        : null;
  }

  private static boolean differ(Prompt earlier, Prompt later, Parameter.Position position) {
    return !parameter(earlier, later, position).isEmpty();
  }

  /** The first parameter of a position that differs; empty: none. */
  private static String parameter(Prompt earlier, Prompt later, Parameter.Position position) {
    for (Parameter parameter : Parameter.values()) {
      if (parameter.position() == position
          && !same(
              earlier,
              earlier.parameterTextStart(parameter),
              earlier.parameterTextEnd(parameter),
              later,
              later.parameterTextStart(parameter),
              later.parameterTextEnd(parameter))) {
        return parameter.label();
      }
    }
    return "";
  }
}

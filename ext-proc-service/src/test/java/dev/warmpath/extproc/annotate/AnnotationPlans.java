package dev.warmpath.extproc.annotate;

import java.util.List;

/** Plans for tests of other packages. */
public final class AnnotationPlans {

  private AnnotationPlans() {}

  /** One that says what was chosen, and has no edits. */
  public static AnnotationPlan of(PayingMarkers.Chosen chosen) {
    return new AnnotationPlan(
        Splices.NONE,
        new Decision[0],
        new long[0],
        0,
        0,
        List.of(),
        chosen.keys.clone(),
        chosen.marked(),
        chosen.expectsRead,
        AnnotationPlan.Padded.NONE);
  }

  /** One that has lengthened the system prompt with this key, by what was chosen. */
  public static AnnotationPlan padded(PayingMarkers.Chosen chosen, long key) {
    return new AnnotationPlan(
        Splices.NONE,
        new Decision[0],
        new long[0],
        0,
        0,
        List.of(),
        chosen.keys.clone(),
        chosen.marked(),
        chosen.expectsRead,
        new AnnotationPlan.Padded(
            chosen.paddingDecision, chosen.paddingTokens, 6 * chosen.paddingTokens, key));
  }
}

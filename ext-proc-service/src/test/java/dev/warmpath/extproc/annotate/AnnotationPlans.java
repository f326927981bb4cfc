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
        chosen.expectsRead);
  }
}

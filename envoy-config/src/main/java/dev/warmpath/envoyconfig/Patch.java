package dev.warmpath.envoyconfig;

import java.util.List;

/**
 * Adds Warmpath to the text of an Envoy bootstrap, and takes it out again.
 *
 * <p>Only whole lines come in, each run of them between comments of ours; every line that was there
 * stays, byte for byte, or is kept in such a comment. So {@code remove(apply(text))} is {@code
 * text}, and {@code apply(apply(text))} is {@code apply(text)}: what an earlier version put in goes
 * before the new comes.
 */
final class Patch {
  private Patch() {}

  /**
   * A patched text.
   *
   * @param notes for the operator, one a line
   */
  record Result(SourceText text, List<String> notes) {}

  /**
   * The text with Warmpath as the options describe it.
   *
   * @throws PatchException with everything that is in the way
   */
  static Result apply(SourceText text, PatchOptions options) throws PatchException {
    SourceText original = remove(text);
    Planner.Plan plan = Planner.plan(original, options);
    return new Result(Blocks.insert(original, plan.insertions()), plan.notes());
  }

  /**
   * The text without Warmpath; a text that has none is returned as it is.
   *
   * @throws PatchException if our comments don't pair
   */
  static SourceText remove(SourceText text) throws PatchException {
    return Blocks.remove(text);
  }
}

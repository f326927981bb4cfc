package dev.warmpath.extproc.volatility;

import dev.warmpath.extproc.prompt.Prompt;
import java.util.ArrayList;
import java.util.List;

/**
 * Compares two prompts that are both at hand: tools, parameters, system prompt and the first user
 * message. Not thread-safe.
 */
public final class PromptComparison {

  private static final long SEED = 1;

  private final Outliner outliner;
  private final Comparer comparer = new Comparer();

  /**
   * @param maxWords of one prompt that are compared
   */
  public PromptComparison(int maxWords) {
    outliner = new Outliner(SEED, maxWords);
  }

  /**
   * All differences, in the order of the later prompt.
   *
   * @param earlier {@linkplain Prompt#decodeInto decoded}
   * @param later likewise
   */
  public List<Difference> compare(Prompt earlier, Prompt later) {
    if (!earlier.isDecoded() || !later.isDecoded()) {
      throw new IllegalArgumentException("prompts: canonical text (expected: decoded)");
    }
    Outline then = outliner.outline(earlier, null);
    Outline now = outliner.outline(later, null);
    List<Difference> differences = new ArrayList<>();
    for (Parting parting :
        comparer.compare(then, now, later, now.history.continues(then.history))) {
      Place place = new Place(parting, 0);
      place.add(parting, 0, 0, 0);
      differences.add(
          new Difference(
              place.guess(),
              parting.site(),
              parting.segment(),
              parting.index(),
              parting.parameter(),
              parting.offset(),
              parting.length(),
              parting.sameAgain()));
    }
    return differences;
  }
}

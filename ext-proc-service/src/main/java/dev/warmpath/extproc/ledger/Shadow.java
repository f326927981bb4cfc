package dev.warmpath.extproc.ledger;

/**
 * What one prompt would have found in the two caches that were not there, in tokens of the
 * service's own estimate. Taken when the prompt came; kept with its exchange until the engine or
 * the provider has told its tokens. Immutable.
 *
 * @param promptTokens tokens of the whole prompt
 * @param naiveReadTokens read under naive routing, nothing annotated by us
 * @param naiveWrittenTokens written under it, because the client itself had marked them
 * @param plannedReadTokens read where our decision sends it, with what it marks
 * @param plannedWrittenTokens written under our decision
 * @param possibleReadTokens read from one pooled cache that never misses what it may hold
 */
public record Shadow(
    int promptTokens,
    int naiveReadTokens,
    int naiveWrittenTokens,
    int plannedReadTokens,
    int plannedWrittenTokens,
    int possibleReadTokens) {

  public Shadow {
    if (naiveReadTokens < 0
        || naiveWrittenTokens < 0
        || plannedReadTokens < 0
        || plannedWrittenTokens < 0
        || possibleReadTokens < 0
        || (long) naiveReadTokens + naiveWrittenTokens > promptTokens
        || (long) plannedReadTokens + plannedWrittenTokens > promptTokens
        || possibleReadTokens > promptTokens) {
      throw new IllegalArgumentException(
          "of %d tokens: naive %d and %d, planned %d and %d, possible %d (expected: parts of it)"
              .formatted(
                  promptTokens,
                  naiveReadTokens,
                  naiveWrittenTokens,
                  plannedReadTokens,
                  plannedWrittenTokens,
                  possibleReadTokens));
    }
  }

  /** Of a prompt for which we planned nothing: what was planned is what naive routing does. */
  public Shadow(
      int promptTokens, int naiveReadTokens, int naiveWrittenTokens, int possibleReadTokens) {
    this(
        promptTokens,
        naiveReadTokens,
        naiveWrittenTokens,
        naiveReadTokens,
        naiveWrittenTokens,
        possibleReadTokens);
  }
}

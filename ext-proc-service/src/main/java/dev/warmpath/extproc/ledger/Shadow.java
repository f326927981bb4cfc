package dev.warmpath.extproc.ledger;

/**
 * What one prompt would have found in the two caches that were not there, in tokens of the
 * service's own estimate. Taken when the prompt came; kept with its exchange until the engine or
 * the provider has told its tokens. Immutable.
 *
 * @param promptTokens tokens of the whole prompt
 * @param naiveReadTokens read under naive routing, nothing annotated by us
 * @param naiveWrittenTokens written under it, because the client itself had marked them
 * @param possibleReadTokens read from one pooled cache that never misses what it may hold
 */
public record Shadow(
    int promptTokens, int naiveReadTokens, int naiveWrittenTokens, int possibleReadTokens) {

  public Shadow {
    if (naiveReadTokens < 0
        || naiveWrittenTokens < 0
        || possibleReadTokens < 0
        || (long) naiveReadTokens + naiveWrittenTokens > promptTokens
        || possibleReadTokens > promptTokens) {
      throw new IllegalArgumentException(
          "of %d tokens: read %d, written %d, possible %d (expected: parts of the whole)"
              .formatted(promptTokens, naiveReadTokens, naiveWrittenTokens, possibleReadTokens));
    }
  }
}

package dev.warmpath.extproc.pick;

import java.util.Arrays;

/** Prompts for tests. */
final class Chains {

  private Chains() {}

  /**
   * A prompt of blocks of 100 tokens. Each part names one block; equal parts from the beginning are
   * an equal prefix.
   */
  static PrefixBlocks prompt(int... parts) {
    return prompt(100, parts);
  }

  static PrefixBlocks prompt(int blockTokens, int[] parts) {
    PrefixBlocks prefix = new PrefixBlocks();
    long hash = 1;
    int tokens = 0;
    for (int part : parts) {
      hash = next(hash, part);
      tokens += blockTokens;
      prefix.add(hash, tokens);
    }
    return prefix.promptTokens(tokens).tieKey(hash);
  }

  /** A prompt of so many blocks that share nothing with another seed's. */
  static PrefixBlocks distinct(int seed, int blocks, int blockTokens) {
    int[] parts = new int[blocks];
    Arrays.fill(parts, seed);
    return prompt(blockTokens, parts);
  }

  static long next(long hash, int part) {
    long mixed = (hash * 31 + part + 1) * 0xBF58476D1CE4E5B9L;
    return mixed ^ (mixed >>> 29);
  }
}

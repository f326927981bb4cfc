package dev.warmpath.extproc.prefix;

import dev.warmpath.extproc.prompt.Prompt;

/** Being built; see {@link #chain}. */
public final class PrefixHasher {

  private final KeyRing keys;
  private final int blockBytes;
  private final int maxBlocks;

  /**
   * @param blockBytes of canonical text in one block inside long text, 64 or more
   * @param maxBlocks of one prompt; what lies behind the last has no block
   */
  public PrefixHasher(KeyRing keys, int blockBytes, int maxBlocks) {
    if (blockBytes < 64) {
      throw new IllegalArgumentException("blockBytes: " + blockBytes + " (expected: 64 or more)");
    }
    if (maxBlocks < 1) {
      throw new IllegalArgumentException("maxBlocks: " + maxBlocks + " (expected: 1 or more)");
    }
    this.keys = keys;
    this.blockBytes = blockBytes;
    this.maxBlocks = maxBlocks;
  }

  /** Cuts a prompt into blocks and derives its keys. */
  public void chain(Prompt prompt, Scope scope, PrefixChain out) {
    out.blocks = 0;
    if (prompt.segments() <= maxBlocks || blockBytes > 0) {
      throw new UnsupportedOperationException(
          "the hasher is being built: " + scope + keys.indexMac().getAlgorithm());
    }
  }
}

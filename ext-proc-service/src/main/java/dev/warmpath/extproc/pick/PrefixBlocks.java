package dev.warmpath.extproc.pick;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The prefix blocks of one prompt, as the picker and the ledger read them: 64-bit chain hashes,
 * each of which names everything up to its block's end, with the tokens up to there. Filled by its
 * owner, one thread, and reused for the next prompt; who keeps it longer copies. It grows to the
 * longest prompt it has seen, which whoever fills it bounds.
 */
public final class PrefixBlocks {

  private long[] blocks = new long[64];
  private int[] tokensUpTo = new int[64];
  private int count;
  private int promptTokens;
  private long tieKey;
  private @Nullable String home;

  /** Empties it for the next prompt. */
  public PrefixBlocks clear() {
    count = 0;
    promptTokens = 0;
    tieKey = 0;
    home = null;
    return this;
  }

  /**
   * Appends a block.
   *
   * @param chainHash hash of everything up to the block's end
   * @param tokensUpToItsEnd tokens, estimated, from the prompt's beginning; never falls
   */
  public PrefixBlocks add(long chainHash, int tokensUpToItsEnd) {
    int before = count == 0 ? 0 : tokensUpTo[count - 1];
    if (tokensUpToItsEnd < before) {
      throw new IllegalArgumentException(
          "tokens up to block %d: %d (expected: >= %d)".formatted(count, tokensUpToItsEnd, before));
    }
    if (count == blocks.length) {
      blocks = Arrays.copyOf(blocks, 2 * count);
      tokensUpTo = Arrays.copyOf(tokensUpTo, 2 * count);
    }
    blocks[count] = chainHash;
    tokensUpTo[count++] = tokensUpToItsEnd;
    promptTokens = Math.max(promptTokens, tokensUpToItsEnd);
    return this;
  }

  /** Sets the tokens of the whole prompt; less than what the blocks have is raised to that. */
  public PrefixBlocks promptTokens(int tokens) {
    promptTokens = Math.max(tokens, tokensUpTo(count));
    return this;
  }

  /**
   * Sets the key that orders endpoints among near-equal costs: a pure function of the request, so
   * that replicas which don't know each other agree. The conversation key where there is one.
   */
  public PrefixBlocks tieKey(long key) {
    tieKey = key;
    return this;
  }

  /**
   * Names the endpoint that alone holds what comes before this prompt, a history that isn't in it:
   * it is listed first wherever it may be listed, whatever it costs. Null: none.
   *
   * @param address {@code ip:port}
   */
  public PrefixBlocks home(@Nullable String address) {
    home = address;
    return this;
  }

  /** Address of the endpoint that alone holds what comes before this prompt; null: none. */
  public @Nullable String home() {
    return home;
  }

  /** Number of blocks. */
  public int count() {
    return count;
  }

  /** Chain hash of block {@code i}. */
  public long block(int i) {
    return blocks[i];
  }

  /** Tokens of the first {@code blockCount} blocks; 0 for none. */
  public int tokensUpTo(int blockCount) {
    return blockCount == 0 ? 0 : tokensUpTo[blockCount - 1];
  }

  /** Tokens of the whole prompt, the part behind the last block included. */
  public int promptTokens() {
    return promptTokens;
  }

  /** The key that orders endpoints among near-equal costs. */
  public long tieKey() {
    return tieKey;
  }

  /** The hashes, {@link #count()} of them valid. Not to be written. */
  long[] blockArray() {
    return blocks;
  }

  /** The tokens up to each block's end, {@link #count()} of them valid. Not to be written. */
  int[] tokensUpToArray() {
    return tokensUpTo;
  }
}

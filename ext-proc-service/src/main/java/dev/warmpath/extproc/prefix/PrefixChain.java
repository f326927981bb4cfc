package dev.warmpath.extproc.prefix;

/**
 * The prefix blocks and keys of one prompt: a mutable result of {@link PrefixHasher}, meant to be
 * reused.
 *
 * <p>A block's hash covers all that precedes it: tools, system prompt, parameters, messages with
 * their roles, and the scope. Two prompts of one scope that share their first n blocks share their
 * text up to there. Blocks end at the ends of the tools, of each system segment and of each
 * message, and inside long text every fixed number of bytes.
 *
 * <p>Not thread-safe: one owner. Valid until the next prompt is chained into it.
 */
public final class PrefixChain {

  long[] hashes = new long[64];
  int[] textEnds = new int[64];
  int blocks;
  int[] segmentBlocks = new int[64];
  int segments;
  int rootBlocks;
  int conversationBlocks;
  boolean root;
  long keyRoot;
  long keyConversation;
  boolean truncated;

  public int blocks() {
    return blocks;
  }

  /** 64 bits of the chain at the end of a block. */
  public long block(int block) {
    return hashes[block];
  }

  /** Bytes of the prompt's canonical text up to the end of a block. */
  public int blockTextEnd(int block) {
    return textEnds[block];
  }

  /** Blocks that end at or before the end of a segment. */
  public int segmentBlocks(int segment) {
    if (segment >= segments) {
      throw new IndexOutOfBoundsException(segment);
    }
    return segmentBlocks[segment];
  }

  /** Blocks of tools and system prompt. */
  public int rootBlocks() {
    return rootBlocks;
  }

  /** Blocks up to the end of the first user message. */
  public int conversationBlocks() {
    return conversationBlocks;
  }

  /** Whether there are tools or a system prompt, and so a {@link #keyRoot}. */
  public boolean hasRoot() {
    return root;
  }

  /** The exported key of tools and system prompt; 0 if there are none. */
  public long keyRoot() {
    return keyRoot;
  }

  /**
   * The exported key of all up to the end of the first user message, parameters included; where no
   * user speaks, of the whole prompt.
   */
  public long keyConversation() {
    return keyConversation;
  }

  /** Whether the prompt has text behind the last block since there were too many. */
  public boolean truncated() {
    return truncated;
  }
}

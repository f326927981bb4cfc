package dev.warmpath.extproc.prefix;

import java.util.Arrays;
import java.util.Objects;

/**
 * The prefix blocks and keys of one prompt: a mutable result of {@link PrefixHasher}, meant to be
 * reused. Its arrays grow to the largest prompt seen and stay.
 *
 * <p>A block's hash covers all that precedes it: tools, system prompt, parameters, messages with
 * their roles, and the scope. Two prompts of one scope that share their first n blocks share their
 * text up to there. Blocks end at the end of the tools, of each system segment and of each message,
 * and inside long text every fixed number of bytes. A segment without text has no block, but counts
 * in those that follow.
 *
 * <p>Not thread-safe: one owner. Valid until the next prompt is chained into it.
 */
public final class PrefixChain {

  private long[] hashes = new long[64];
  private int[] textEnds = new int[64];
  private int blocks;
  private int[] segmentBlocks = new int[64];
  private int segments;
  int rootBlocks;
  int conversationBlocks;
  boolean hasRoot;
  boolean hasConversation;
  long keyRoot;
  long keyConversation;
  boolean truncated;

  public int blocks() {
    return blocks;
  }

  /** 64 bits of the chain at the end of a block. */
  public long block(int block) {
    Objects.checkIndex(block, blocks);
    return hashes[block];
  }

  /** Bytes of the prompt's canonical text up to the end of a block. */
  public int blockTextEnd(int block) {
    Objects.checkIndex(block, blocks);
    return textEnds[block];
  }

  /** Blocks that end at or before the end of a segment. */
  public int segmentBlocks(int segment) {
    Objects.checkIndex(segment, segments);
    return segmentBlocks[segment];
  }

  /** Blocks of tools and system prompt. */
  public int rootBlocks() {
    return rootBlocks;
  }

  /** Blocks up to the end of the first user message; where no user speaks, all. */
  public int conversationBlocks() {
    return conversationBlocks;
  }

  /** Whether tools or system prompt are the prompt's beginning, and so have a {@link #keyRoot}. */
  public boolean hasRoot() {
    return hasRoot;
  }

  /** The exported key of tools and system prompt; 0 if they have no text. */
  public long keyRoot() {
    return keyRoot;
  }

  /** Whether the whole prompt is in the body, so that there is a {@link #keyConversation}. */
  public boolean hasConversation() {
    return hasConversation;
  }

  /**
   * The exported key of all up to the end of the first user message, parameters included; where no
   * user speaks, of the whole prompt; 0 if a history isn't in the body.
   */
  public long keyConversation() {
    return keyConversation;
  }

  /** Whether there is text behind the last block, since there would have been too many. */
  public boolean truncated() {
    return truncated;
  }

  void reset() {
    blocks = 0;
    segments = 0;
    rootBlocks = 0;
    conversationBlocks = 0;
    hasRoot = false;
    hasConversation = false;
    keyRoot = 0;
    keyConversation = 0;
    truncated = false;
  }

  void addBlock(long hash, int textEnd) {
    if (blocks == hashes.length) {
      hashes = Arrays.copyOf(hashes, 2 * blocks);
      textEnds = Arrays.copyOf(textEnds, 2 * blocks);
    }
    hashes[blocks] = hash;
    textEnds[blocks] = textEnd;
    blocks++;
  }

  void addSegment(int blocksToItsEnd) {
    if (segments == segmentBlocks.length) {
      segmentBlocks = Arrays.copyOf(segmentBlocks, 2 * segments);
    }
    segmentBlocks[segments++] = blocksToItsEnd;
  }
}

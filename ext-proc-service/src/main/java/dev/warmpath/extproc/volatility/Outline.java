package dev.warmpath.extproc.volatility;

import java.util.List;

/**
 * What is kept of a prompt: its items in the order in which caches see them, a sketch that tells
 * which prompts are of one application, and hashes of its first messages. Immutable.
 */
final class Outline {

  /** Messages of a conversation that are compared with those of its earlier requests. */
  static final int MAX_MESSAGES = 32;

  final List<Item> items;

  /** Of tools and system prompt as they stand; 0 if they are too short to tell an application. */
  final long rootHash;

  final Sketch sketch;

  /** Equal for requests of one conversation, as far as its first user message tells. */
  final long conversation;

  /** Of the messages from the first user message on: the text without images. */
  final long[] messages;

  /** Their images; 0: none. */
  final long[] images;

  /** Where the first image of each stands in it, or 0. */
  final int[] imageOffsets;

  /** The segment of the first of them. */
  final int firstMessage;

  /** Bytes of all messages behind the first of the user. */
  final int laterBytes;

  Outline(
      List<Item> items,
      long rootHash,
      Sketch sketch,
      long conversation,
      long[] messages,
      long[] images,
      int[] imageOffsets,
      int firstMessage,
      int laterBytes) {
    this.items = items;
    this.rootHash = rootHash;
    this.sketch = sketch;
    this.conversation = conversation;
    this.messages = messages;
    this.images = images;
    this.imageOffsets = imageOffsets;
    this.firstMessage = firstMessage;
    this.laterBytes = laterBytes;
  }

  int tokens() {
    int tokens = 0;
    for (Item item : items) {
      tokens += item.tokens.length;
    }
    return tokens;
  }
}

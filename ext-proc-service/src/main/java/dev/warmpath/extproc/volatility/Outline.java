package dev.warmpath.extproc.volatility;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is kept of a prompt: its items in the order in which caches see them, a sketch that tells
 * which prompts are of one application, and hashes of its messages. Immutable.
 */
final class Outline {

  final List<Item> items;

  /** Of tools and system prompt as they stand; 0 if they are too short to tell an application. */
  final long rootHash;

  final Sketch sketch;
  final History history;

  Outline(List<Item> items, long rootHash, Sketch sketch, History history) {
    this.items = items;
    this.rootHash = rootHash;
    this.sketch = sketch;
    this.history = history;
  }

  /** A message, if its words were kept. */
  @Nullable Item message(int index) {
    for (int i = items.size() - 1; i >= 0; i--) {
      Item item = items.get(i);
      if (item.site != Site.MESSAGE) {
        return null;
      }
      if (item.index == index) {
        return item;
      }
    }
    return null;
  }

  int tokens() {
    int tokens = 0;
    for (Item item : items) {
      tokens += item.tokens.length;
    }
    return tokens;
  }
}

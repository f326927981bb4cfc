package dev.warmpath.e2e.provider;

import java.util.List;

/**
 * A request of OpenAI's form that was taken.
 *
 * @param blocks tools, then messages; with a lifetime: marked
 * @param ends the last block of each message
 */
record OpenAiPrompt(
    String model,
    boolean stream,
    List<PromptBlock> blocks,
    List<Integer> ends,
    OpenAiCaching caching) {
  OpenAiPrompt {
    blocks = List.copyOf(blocks);
    ends = List.copyOf(ends);
  }

  int markers() {
    return Math.toIntExact(blocks.stream().filter(block -> block.ttlSeconds() > 0).count());
  }
}

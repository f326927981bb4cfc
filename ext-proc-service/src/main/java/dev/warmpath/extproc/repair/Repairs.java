package dev.warmpath.extproc.repair;

import com.google.re2j.Pattern;
import dev.warmpath.extproc.annotate.Splices;
import dev.warmpath.extproc.prompt.Prompt;
import java.util.List;

/**
 * The repairs that a route has asked for. All of them move bytes that the client has written and
 * write none of their own but line feeds. Immutable and thread-safe.
 *
 * @param sortTools by name
 * @param sortSchemaKeys the members of objects in tools' schemas, by name
 * @param moveSystemLines lines that match one of these move to the last user message
 */
public record Repairs(boolean sortTools, boolean sortSchemaKeys, List<Pattern> moveSystemLines) {

  /** None. */
  public static final Repairs NONE = new Repairs(false, false, List.of());

  public Repairs {
    moveSystemLines = List.copyOf(moveSystemLines);
  }

  /** Counts what came of the repairs. */
  @FunctionalInterface
  public interface Counter {

    /**
     * Counts one.
     *
     * @param repair {@code tools} or {@code system_lines}
     */
    void count(String repair, Decision decision);
  }

  public boolean isEmpty() {
    return !sortTools && !sortSchemaKeys && moveSystemLines.isEmpty();
  }

  /**
   * The edits that repair a prompt.
   *
   * @param prompt scanned; edits are of its body
   */
  public Splices plan(Prompt prompt, Counter counter) {
    Splices.Builder splices = new Splices.Builder();
    if (sortTools || sortSchemaKeys) {
      counter.count("tools", ToolOrder.plan(prompt, sortTools, sortSchemaKeys, splices));
    }
    if (!moveSystemLines.isEmpty()) {
      counter.count("system_lines", SystemLines.plan(prompt, moveSystemLines, splices));
    }
    return splices.build();
  }
}

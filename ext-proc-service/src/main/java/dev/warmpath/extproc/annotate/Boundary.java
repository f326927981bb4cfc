package dev.warmpath.extproc.annotate;

/**
 * A place where a marker may go: the end of something that later requests repeat. In the order in
 * which caches see them.
 */
public enum Boundary {
  /** The last tool. */
  TOOLS(0, "tools"),
  /** The last block of the system prompt. */
  SYSTEM(1, "system"),
  /**
   * The last block of the user's previous turn, where the previous request of this conversation
   * ended. Marked when a long turn puts it beyond what the marker at the end looks back over.
   */
  PREVIOUS_TURN(2, "previous_turn"),
  /** The last block of the user's last turn, where the next request will find its history. */
  CONVERSATION(3, "conversation");

  /** Position in the arrays of a plan. */
  final int index;

  private final String label;

  Boundary(int index, String label) {
    this.index = index;
    this.label = label;
  }

  /** Value of the metric's label. */
  public String label() {
    return label;
  }
}

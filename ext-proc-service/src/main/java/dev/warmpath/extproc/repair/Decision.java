package dev.warmpath.extproc.repair;

import java.util.Locale;

/** What came of a repair. */
public enum Decision {
  /** The prompt is changed, or would be in forecast. */
  REPAIRED,
  /** It is already as the repair would make it. */
  NOTHING_TO_DO,
  /** The client has marked a tool for caching, and what stands before the marker would change. */
  CLIENT_MARKED,
  /** A tool has no name to be sorted by. */
  UNNAMED_TOOL,
  /** No message of the user's holds text to move a line to. */
  NO_USER_TEXT,
  /** Nothing would be left of a text, which some APIs refuse. */
  WOULD_EMPTY_A_TEXT;

  private final String label = name().toLowerCase(Locale.ROOT);

  /** The value of a metric's label. */
  public String label() {
    return label;
  }
}

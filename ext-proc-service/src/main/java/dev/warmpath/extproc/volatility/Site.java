package dev.warmpath.extproc.volatility;

import java.util.Locale;

/** The parts of a request that ought to repeat, in the order in which caches see them. */
public enum Site {
  TOOL,
  SYSTEM,
  PARAMETER,
  /** A message: the first of the user, or an earlier one that was changed afterwards. */
  MESSAGE;

  private final String label = name().toLowerCase(Locale.ROOT);

  public String label() {
    return label;
  }
}

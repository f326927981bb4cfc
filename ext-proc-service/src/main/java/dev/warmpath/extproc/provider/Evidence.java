package dev.warmpath.extproc.provider;

import java.util.Locale;

/** How good a source is, the best first. */
public enum Evidence {
  /** Read where the provider itself says it. */
  PRIMARY,
  /** Read elsewhere. */
  SECONDARY,
  /** Remembered, and not looked up. */
  MEMORY;

  private final String label = name().toLowerCase(Locale.ROOT);

  /** As catalogue files write it. */
  public String label() {
    return label;
  }
}

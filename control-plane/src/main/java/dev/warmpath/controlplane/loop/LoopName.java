package dev.warmpath.controlplane.loop;

import java.util.Optional;

/** The control loops, each of which decides one kind of thing. */
public enum LoopName {
  /** Endpoint weights. */
  WEIGHT("weight"),
  /** Endpoint health. */
  HEALTH("health"),
  /** The hash key of each route. */
  HASH_KEY("hash_key");

  private final String label;

  LoopName(String label) {
    this.label = label;
  }

  /** As the configuration's {@code loops} names it. */
  public String label() {
    return label;
  }

  /** The loop of that label. */
  public static Optional<LoopName> of(String label) {
    for (LoopName name : values()) {
      if (name.label.equals(label)) {
        return Optional.of(name);
      }
    }
    return Optional.empty();
  }
}

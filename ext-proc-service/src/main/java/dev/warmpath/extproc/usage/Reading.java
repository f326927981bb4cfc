package dev.warmpath.extproc.usage;

/** How the reading of a response's usage ended; what the metric of unread usage tells apart. */
public enum Reading {
  /** Usage was found. */
  FOUND("found"),
  /** The response was read and reports none. */
  ABSENT("absent"),
  /** The response ended inside the JSON, or was none. */
  BROKEN("broken"),
  /** Neither JSON nor server-sent events. */
  CONTENT_TYPE("content_type"),
  /** Compressed: the bytes are not read. */
  CONTENT_ENCODING("content_encoding"),
  /** The status is not 2xx: an error reports no usage. */
  STATUS("status");

  private final String label;

  Reading(String label) {
    this.label = label;
  }

  /** Value of the metric's label. */
  public String label() {
    return label;
  }
}

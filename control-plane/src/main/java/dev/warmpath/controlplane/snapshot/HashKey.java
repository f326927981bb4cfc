package dev.warmpath.controlplane.snapshot;

import dev.warmpath.config.v1.Route;

/** Which key a route's fallback hash uses first. */
public enum HashKey {
  /** Tools and system prompt: {@code x-warmpath-key-root}. */
  ROOT,
  /** {@link #ROOT} and the first user turn: {@code x-warmpath-key-conversation}. */
  CONVERSATION,
  /** Only the route's session header. */
  SESSION,
  /**
   * No hash: the endpoint with the fewest requests, or, where the loop may choose the key, one at
   * random by weight.
   */
  NONE;

  /** The configured value; the unset one is {@link #CONVERSATION}, as its field documents. */
  public static HashKey of(Route.HashKey configured) {
    return switch (configured) {
      case ROOT -> ROOT;
      case SESSION -> SESSION;
      case NONE -> NONE;
      case HASH_KEY_UNSPECIFIED, CONVERSATION -> CONVERSATION;
      case UNRECOGNIZED ->
          throw new IllegalArgumentException(
              "hash_key: " + configured + " (expected: ROOT, CONVERSATION, SESSION or NONE)");
    };
  }
}

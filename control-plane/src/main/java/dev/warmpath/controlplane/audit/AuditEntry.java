package dev.warmpath.controlplane.audit;

import java.time.Instant;

/**
 * One thing that happened to what is served, or that would have happened.
 *
 * @param actor who did it: a loop's label, {@code operator}, {@code configuration}, {@code store},
 *     or the id of an Envoy node
 * @param version of the standing decisions after it; of an answer, the snapshot's version
 * @param subject what it is about: a pool, {@code pool/endpoint}, a route, a resource type
 * @param before what was in force
 * @param after what is now in force, or in a forecast would be
 * @param reason why, with the numbers that led to it; never a secret, never prompt text
 */
public record AuditEntry(
    Instant time,
    String actor,
    Outcome outcome,
    String version,
    String subject,
    String before,
    String after,
    String reason) {

  /** Longest text of one field; longer ones are cut. Keeps lines, and so memory, bounded. */
  static final int MAX_TEXT_CHARS = 16_384;

  /** What came of it. */
  public enum Outcome {
    /** It was persisted and published. */
    APPLIED,
    /** It was only recorded: its loop is in forecast mode. */
    FORECAST,
    /** It was not done. */
    REFUSED,
    /** A node took what was published. */
    ACKED,
    /** A node refused what was published. */
    NACKED,
    /** Nothing was changed; somebody should know. */
    NOTED
  }

  public AuditEntry {
    before = cut(before);
    after = cut(after);
    reason = cut(reason);
  }

  private static String cut(String text) {
    return text.length() <= MAX_TEXT_CHARS ? text : text.substring(0, MAX_TEXT_CHARS) + "…";
  }
}

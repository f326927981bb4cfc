package dev.warmpath.extproc.annotate;

import java.util.List;

/**
 * The markers that a request gets and why, boundary by boundary. Immutable; holds nothing of the
 * prompt.
 */
public final class AnnotationPlan {

  private static final Boundary[] BOUNDARIES = Boundary.values();

  private final Splices splices;
  private final Decision[] decisions;
  private final long[] estimatedTokens;
  private final int placedTextEnd;
  private final int clientMarkedTextEnd;
  private final List<String> fields;
  private final long[] keys;
  private final long[] markedKeys;
  private final boolean expectsRead;
  private final Padded padded;

  /**
   * What became of the system prompt's length.
   *
   * @param tokens that were added, by estimate
   * @param bytes of text that were added
   * @param key of the system prompt as it was
   */
  public record Padded(PaddingDecision decision, int tokens, int bytes, long key) {
    static final Padded NONE = new Padded(PaddingDecision.NONE, 0, 0, 0);
  }

  /** Of which nothing is remembered. */
  AnnotationPlan(
      Splices splices,
      Decision[] decisions,
      long[] estimatedTokens,
      int placedTextEnd,
      int clientMarkedTextEnd) {
    this(
        splices,
        decisions,
        estimatedTokens,
        placedTextEnd,
        clientMarkedTextEnd,
        List.of(),
        new long[0],
        new long[0],
        /* expectsRead= */ false,
        Padded.NONE);
  }

  AnnotationPlan(
      Splices splices,
      Decision[] decisions,
      long[] estimatedTokens,
      int placedTextEnd,
      int clientMarkedTextEnd,
      List<String> fields,
      long[] keys,
      long[] markedKeys,
      boolean expectsRead,
      Padded padded) {
    this.splices = splices;
    this.decisions = decisions;
    this.estimatedTokens = estimatedTokens;
    this.placedTextEnd = placedTextEnd;
    this.clientMarkedTextEnd = clientMarkedTextEnd;
    this.fields = fields;
    this.keys = keys;
    this.markedKeys = markedKeys;
    this.expectsRead = expectsRead;
    this.padded = padded;
  }

  /** The edits that place the markers; empty when none is. */
  public Splices splices() {
    return splices;
  }

  public Decision decision(Boundary boundary) {
    return decisions[boundary.index];
  }

  /** Tokens, by estimate, up to the end of a boundary; 0 where there is none. */
  public long estimatedTokens(Boundary boundary) {
    return estimatedTokens[boundary.index];
  }

  /** Markers of ours. */
  public int markersPlaced() {
    int placed = 0;
    for (Decision decision : decisions) {
      if (decision == Decision.PLACED || decision == Decision.PLACED_1H) {
        placed++;
      }
    }
    return placed;
  }

  /** Bytes of canonical text up to the end of our last marker's block; 0 without one. */
  public int placedTextEnd() {
    return placedTextEnd;
  }

  /** Bytes of canonical text up to the end of the client's last marker's block; 0 without one. */
  public int clientMarkedTextEnd() {
    return clientMarkedTextEnd;
  }

  /** Members that the edited body has and the client's hadn't, as refusals name them. */
  public List<String> fields() {
    return fields;
  }

  /** What to tell {@link PayingMarkers} of, once the response tells; not copied. */
  public long[] keys() {
    return keys;
  }

  /** Of {@link #keys} those that carry a marker; not copied. */
  public long[] markedKeys() {
    return markedKeys;
  }

  /** What became of the system prompt's length. */
  public Padded padded() {
    return padded;
  }

  /** Whether the cache should serve some of the prompt. */
  public boolean expectsRead() {
    return expectsRead;
  }

  /** All decisions in a line, such as {@code tools=absent system=placed(5120)…}, for people. */
  public String explain() {
    StringBuilder line = new StringBuilder();
    for (Boundary boundary : BOUNDARIES) {
      line.append(line.isEmpty() ? "" : " ")
          .append(boundary.label())
          .append('=')
          .append(decision(boundary).label());
      if (estimatedTokens(boundary) > 0) {
        line.append('(').append(estimatedTokens(boundary)).append(')');
      }
    }
    return line.toString();
  }
}

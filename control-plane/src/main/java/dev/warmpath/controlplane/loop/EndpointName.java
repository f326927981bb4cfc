package dev.warmpath.controlplane.loop;

import java.util.Comparator;

/**
 * What an endpoint is called everywhere: its pool and its id, which both stay when its address
 * changes.
 */
public record EndpointName(String pool, String id) implements Comparable<EndpointName> {
  private static final Comparator<EndpointName> ORDER =
      Comparator.comparing(EndpointName::pool).thenComparing(EndpointName::id);

  @Override
  public int compareTo(EndpointName other) {
    return ORDER.compare(this, other);
  }

  /** {@code pool/id}. */
  @Override
  public String toString() {
    return pool + "/" + id;
  }
}

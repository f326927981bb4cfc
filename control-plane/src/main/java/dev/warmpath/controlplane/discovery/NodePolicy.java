package dev.warmpath.controlplane.discovery;

import java.util.Collection;
import java.util.Set;

/**
 * Which nodes are served.
 *
 * @param ids the only ones; without any, every node is served
 */
public record NodePolicy(Set<String> ids) {
  public NodePolicy {
    ids = Set.copyOf(ids);
  }

  /** The configuration's {@code envoy.node_ids}. */
  public static NodePolicy of(Collection<String> ids) {
    return new NodePolicy(Set.copyOf(ids));
  }

  boolean admits(String nodeId) {
    return ids.isEmpty() || ids.contains(nodeId);
  }
}

package dev.warmpath.controlplane.discovery;

import dev.warmpath.controlplane.snapshot.XdsType;

/**
 * Is told what became of each push, for audit and metrics.
 *
 * <p>Called in order for one stream, from different threads for several; must not block. A version
 * is that of what the node holds, which may be less than the snapshot's resources of that type, and
 * so another version, for a node that subscribed to some of them only.
 */
public interface AckListener {
  /** A response left for a node. */
  default void pushed(String nodeId, XdsType type, String version) {}

  /** A node took a version. */
  void acked(String nodeId, XdsType type, String version);

  /**
   * A node refused a version and stays with what it had. It is offered again only when the snapshot
   * changes.
   *
   * @param detail its words, cut at {@link DiscoveryServer#MAX_DETAIL_CHARS}
   */
  void nacked(String nodeId, XdsType type, String version, String detail);

  /** A stream began. One node may have several, while it has not noticed that one is dead. */
  default void connected(String nodeId) {}

  /** A stream that began has ended. */
  default void disconnected(String nodeId) {}
}

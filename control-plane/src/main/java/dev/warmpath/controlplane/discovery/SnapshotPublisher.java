package dev.warmpath.controlplane.discovery;

import dev.warmpath.controlplane.snapshot.Snapshot;

/** Where the one writer of decisions hands over what Envoys shall have. */
public interface SnapshotPublisher {
  /**
   * Makes a snapshot the one that is served, to the nodes that are connected and to those that come
   * later. What equals the former is not sent again. Thread-safe; of two at once, either may win.
   */
  void publish(Snapshot snapshot);
}

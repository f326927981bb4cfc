package dev.warmpath.extproc.fleet;

import dev.warmpath.fleet.v1.EndpointView;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;

/**
 * Counts the lives of engines over several streams. Epochs compare within one stream only, since
 * each control plane counts for itself: what the first view of a stream says is its baseline, and
 * not a restart of the engine. Confined to the fleet client's thread; bounded by the last view.
 */
final class EngineEpochs {
  private record Key(String cluster, String address) {}

  /**
   * An engine's life.
   *
   * @param told by the stream; 0: nothing yet
   * @param local what it counts as here
   */
  private record Epoch(long told, long local) {}

  private final Map<Key, Epoch> epochs = new HashMap<>();

  /** What streams said before compares with nothing that comes. */
  void newStream() {
    epochs.replaceAll((_, epoch) -> new Epoch(0, epoch.local()));
  }

  /**
   * The epoch to reckon with.
   *
   * @param told by the present stream; 0: unknown
   * @return changes when the engine restarted; 0: nothing was ever told
   */
  long local(String cluster, String address, long told) {
    var key = new Key(cluster, address);
    Epoch before = epochs.get(key);
    if (told == 0) {
      return before == null ? 0 : before.local();
    }
    long local =
        before == null
            ? 1
            : before.told() == 0 || before.told() == told ? before.local() : before.local() + 1;
    epochs.put(key, new Epoch(told, local));
    return local;
  }

  /** Forgets the endpoints that a view doesn't have. */
  void keepOnly(EndpointView view) {
    var present = new HashSet<Key>();
    view.getClustersList()
        .forEach(
            cluster ->
                cluster
                    .getEndpointsList()
                    .forEach(
                        endpoint ->
                            present.add(new Key(cluster.getCluster(), endpoint.getAddress()))));
    epochs.keySet().retainAll(present);
  }
}

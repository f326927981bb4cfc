package dev.warmpath.controlplane.snapshot;

import dev.warmpath.config.v1.Config;
import dev.warmpath.config.v1.Pool;
import dev.warmpath.config.v1.Provider;
import java.util.HashSet;
import java.util.Set;

/** The names that clusters have. A pool's and a provider's cluster is called as it is. */
final class ClusterNames {
  /** The ext_proc service as the request filter calls it. */
  static final String DECIDE = "warmpath_decide";

  /** The ext_proc service as the observer and the access log call it. */
  static final String WATCH = "warmpath_watch";

  /** The control plane, in the bootstrap. */
  static final String CONTROL_PLANE = "warmpath_control_plane";

  private ClusterNames() {}

  /**
   * Refuses a configuration in which two clusters would have one name.
   *
   * @throws IllegalArgumentException naming the pool or provider
   */
  static void requireDistinct(Config config) {
    Set<String> taken = new HashSet<>(Set.of(DECIDE, WATCH, CONTROL_PLANE));
    for (Pool pool : config.getPoolsList()) {
      if (!taken.add(pool.getName())) {
        throw refused("pools", pool.getName());
      }
    }
    for (Provider provider : config.getProvidersList()) {
      if (!taken.add(provider.getName())) {
        throw refused("providers", provider.getName());
      }
    }
  }

  private static IllegalArgumentException refused(String list, String name) {
    return new IllegalArgumentException(
        list
            + ": "
            + name
            + " (expected: a name that no other pool or provider has, and none of "
            + DECIDE
            + ", "
            + WATCH
            + ", "
            + CONTROL_PLANE
            + ")");
  }
}

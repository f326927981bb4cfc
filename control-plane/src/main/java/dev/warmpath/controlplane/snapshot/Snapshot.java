package dev.warmpath.controlplane.snapshot;

import java.util.Collections;
import java.util.EnumMap;
import java.util.Map;

/**
 * One consistent, versioned set of everything that an Envoy is told.
 *
 * <p>Immutable. It is never empty: an Envoy that receives an empty set of clusters or listeners by
 * state of the world drops all it has and answers 503 from then on. So a snapshot without one is
 * refused here, before anybody can publish it.
 *
 * @param resources one entry for each {@link XdsType}
 */
public record Snapshot(Map<XdsType, Resources> resources) {
  public Snapshot {
    resources = Collections.unmodifiableMap(new EnumMap<>(resources));
    for (XdsType type : XdsType.values()) {
      Resources ofType = resources.get(type);
      if (ofType == null) {
        throw new IllegalArgumentException(type + ": none (expected: resources of every type)");
      }
      boolean mayBeEmpty =
          switch (type) {
            case CLUSTER, LISTENER, ROUTE -> false;
            case ENDPOINT, SECRET -> true;
          };
      if (ofType.byName().isEmpty() && !mayBeEmpty) {
        throw new IllegalArgumentException(type + ": empty (expected: at least one resource)");
      }
    }
  }

  /** The resources of one type. */
  public Resources of(XdsType type) {
    Resources ofType = resources.get(type);
    if (ofType == null) {
      throw new IllegalStateException("a snapshot has resources of every type");
    }
    return ofType;
  }

  /** The version of one type. */
  public String version(XdsType type) {
    return of(type).version();
  }
}

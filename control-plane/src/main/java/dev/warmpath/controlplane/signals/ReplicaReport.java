package dev.warmpath.controlplane.signals;

import java.util.List;

/** What one ext_proc replica has observed since its last report. */
public sealed interface ReplicaReport {

  /** First bytes, by endpoint. */
  record FirstBytes(List<EndpointFirstBytes> endpoints) implements ReplicaReport {
    public FirstBytes {
      endpoints = List.copyOf(endpoints);
    }
  }

  /**
   * What came from one endpoint.
   *
   * @param exchanges observed: those whose first byte was seen, and the failures; one that broke
   *     off after its first byte is both
   * @param failures of them, those that the endpoint failed
   * @param prefillTokens that the engine had to prefill for them
   * @param prefillTokensPerSecond measured by the replica; anything but a positive finite number:
   *     not known
   */
  record EndpointFirstBytes(
      String pool,
      String address,
      double exchanges,
      double failures,
      double prefillTokens,
      double prefillTokensPerSecond) {}

  /** Shadow evaluation of hash keys, by route and key. */
  record Keys(List<RouteKey> keys) implements ReplicaReport {
    public Keys {
      keys = List.copyOf(keys);
    }
  }

  /**
   * One key of one route.
   *
   * @param hashKey the number of {@code warmpath.config.v1.Route.HashKey}
   * @param endpointTokens by shadow endpoint, which every replica numbers alike
   */
  record RouteKey(
      String route, int hashKey, double tokens, double hitTokens, List<Long> endpointTokens) {
    public RouteKey {
      endpointTokens = List.copyOf(endpointTokens);
    }
  }
}

package dev.warmpath.controlplane.fleet;

import dev.warmpath.controlplane.signals.ReplicaReport;
import dev.warmpath.controlplane.signals.ReplicaReport.EndpointFirstBytes;
import dev.warmpath.controlplane.signals.ReplicaReport.RouteKey;
import dev.warmpath.fleet.v1.FirstBytes;
import dev.warmpath.fleet.v1.KeyStatistics;
import java.util.ArrayList;

/** Turns what replicas send into our own types. */
final class Reports {
  private Reports() {}

  static ReplicaReport firstBytes(FirstBytes message) {
    return new ReplicaReport.FirstBytes(
        message.getEndpointsList().stream()
            .map(
                endpoint ->
                    new EndpointFirstBytes(
                        endpoint.getCluster(),
                        endpoint.getAddress(),
                        (double) endpoint.getCount() + (double) endpoint.getFailures(),
                        (double) endpoint.getFailures(),
                        (double) endpoint.getPrefillTokens(),
                        endpoint.getPrefillTokensPerSecond()))
            .toList());
  }

  static ReplicaReport keys(KeyStatistics message) {
    var keys = new ArrayList<RouteKey>();
    message
        .getRoutesList()
        .forEach(
            route ->
                route
                    .getKeysList()
                    .forEach(
                        key ->
                            keys.add(
                                new RouteKey(
                                    route.getRoute(),
                                    key.getHashKey(),
                                    (double) key.getTokens(),
                                    (double) key.getHitTokens(),
                                    key.getEndpointTokensList()))));
    return new ReplicaReport.Keys(keys);
  }
}

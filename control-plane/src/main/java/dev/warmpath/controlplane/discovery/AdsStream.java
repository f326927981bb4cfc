package dev.warmpath.controlplane.discovery;

import com.google.protobuf.Any;
import dev.warmpath.controlplane.snapshot.Resources;
import dev.warmpath.controlplane.snapshot.Snapshot;
import dev.warmpath.controlplane.snapshot.XdsType;
import io.envoyproxy.envoy.service.discovery.v3.DiscoveryRequest;
import io.envoyproxy.envoy.service.discovery.v3.DiscoveryResponse;
import io.grpc.Status;
import io.grpc.SynchronizationContext;
import java.util.Collections;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One state-of-the-world ADS stream: what its node asked for, and what it lacks of the snapshot.
 *
 * <p>There is one step, {@link #advance}: find the first thing that the node lacks and may have
 * now, and send it. It is taken after everything that can change the answer: a request, a new
 * snapshot, room in the transport. So there are no queues; a slow node skips the snapshots that it
 * was too slow for.
 *
 * <p>The order makes before it breaks:
 *
 * <ol>
 *   <li>clusters, those included that the new snapshot dropped while routes still lead there
 *   <li>secrets and endpoints
 *   <li>when the node has answered for the clusters, which Envoy does once they are warm: listeners
 *       and routes
 *   <li>some time after it took the routes: clusters again, without the dropped ones
 * </ol>
 *
 * <p>The time in the last step is for requests whose route was chosen before, and which have not
 * reached the router yet, since their bodies are still coming or the ext_proc service is asked:
 * Envoy answers 503 when the cluster is gone by then.
 *
 * <p>A refused version is not sent again before the snapshot changes: an Envoy answers a NACKed
 * version with the next NACK at once, thousands of times a second. One exception: what depends on
 * clusters is tried again when clusters were taken.
 *
 * <p>All state is confined to the synchronization context, which also runs the listener's methods.
 */
final class AdsStream {
  /** The way to the node. Called in the synchronization context only. */
  interface Outbound {
    /** Whether what is sent now leaves soon, instead of filling memory. */
    boolean isReady();

    void send(DiscoveryResponse response);

    void close(Status status);
  }

  /** Time, as far as a stream needs it. */
  interface Timer {
    /** Nanoseconds since some moment. */
    long nanoTime();

    /** Runs a task once, on any thread, after that many nanoseconds. */
    void schedule(Runnable task, long delayNanos);
  }

  /**
   * What streams have in common.
   *
   * @param removalDelayNanos how long dropped clusters stay after routes were taken that don't lead
   *     there
   */
  record Shared(
      NodePolicy nodes,
      Supplier<@Nullable Snapshot> snapshot,
      AckListener listener,
      LongSupplier removalDelayNanos,
      Timer timer) {}

  private static final Logger log = LoggerFactory.getLogger(AdsStream.class);

  private final Shared shared;
  private final Outbound out;
  private final SynchronizationContext context;
  private final Map<XdsType, Subscription> subscriptions = new EnumMap<>(XdsType.class);

  /** The clusters that the node took last. */
  private SortedMap<String, Any> heldClusters = Collections.emptySortedMap();

  /** The clusters that it was sent last and may have taken; those that it held, once refused. */
  private SortedMap<String, Any> sentClusters = Collections.emptySortedMap();

  /** When the node took routes last; of those that it came with, when it came. */
  private long routesTakenNanos;

  /** Whether a look at dropped clusters is scheduled. */
  private boolean removalScheduled;

  private @Nullable String nodeId;
  private boolean closed;
  private long responses;

  AdsStream(Shared shared, Outbound out) {
    this.shared = shared;
    this.out = out;
    routesTakenNanos = shared.timer().nanoTime();
    context =
        new SynchronizationContext(
            (thread, failure) -> {
              log.error("ADS stream of node {} failed", nodeId, failure);
              close(Status.INTERNAL);
            });
  }

  /** A request came. */
  void receive(DiscoveryRequest request) {
    context.execute(
        () -> {
          if (!closed) {
            handle(request);
          }
        });
  }

  /** The snapshot may have changed, or the transport have room. */
  void wake() {
    context.execute(this::advance);
  }

  /** The node has nothing more to say. */
  void halfClosed() {
    context.execute(() -> close(Status.OK));
  }

  /** The stream is gone. */
  void ended() {
    context.execute(this::end);
  }

  private void handle(DiscoveryRequest request) {
    String node = nodeId;
    if (node == null) {
      node = request.getNode().getId();
      if (!shared.nodes().admits(node)) {
        close(Status.PERMISSION_DENIED.withDescription("node.id is none of envoy.node_ids"));
        return;
      }
      nodeId = node;
      shared.listener().connected(node);
    }
    if (request.getResourceNamesCount() > DiscoveryServer.MAX_NAMES) {
      close(
          Status.RESOURCE_EXHAUSTED.withDescription(
              "resource_names: "
                  + request.getResourceNamesCount()
                  + " (expected: at most "
                  + DiscoveryServer.MAX_NAMES
                  + ")"));
      return;
    }
    Optional<XdsType> type = XdsType.ofTypeUrl(request.getTypeUrl());
    if (type.isEmpty()) {
      log.debug("node {} asks for {}, which is not served", node, request.getTypeUrl());
      return;
    }
    Subscription subscription = subscriptions.get(type.get());
    if (subscription == null) {
      subscription = new Subscription(type.get(), request.getVersionInfo());
      subscription.names(request.getResourceNamesList());
      subscriptions.put(type.get(), subscription);
    } else if (subscription.answers(request.getResponseNonce())) {
      subscription.names(request.getResourceNamesList());
      answered(node, type.get(), subscription, request);
    }
    // Else it was sent before the last response arrived, whose answer will say all it says.
    advance();
  }

  private void answered(
      String node, XdsType type, Subscription subscription, DiscoveryRequest request) {
    boolean accepted = !request.hasErrorDetail();
    if (!subscription.answered(accepted)) {
      return;
    }
    if (!accepted) {
      if (type == XdsType.CLUSTER) {
        // None of it was taken: what was refused must not come along with the next clusters.
        sentClusters = heldClusters;
      }
      shared
          .listener()
          .nacked(
              node, type, subscription.sentVersion(), cut(request.getErrorDetail().getMessage()));
      return;
    }
    shared.listener().acked(node, type, subscription.sentVersion());
    if (type == XdsType.ROUTE) {
      routesTakenNanos = shared.timer().nanoTime();
    }
    if (type == XdsType.CLUSTER) {
      heldClusters = sentClusters;
      for (XdsType dependent : new XdsType[] {XdsType.LISTENER, XdsType.ROUTE}) {
        Subscription waiting = subscriptions.get(dependent);
        if (waiting != null) {
          waiting.retryIfRefused();
        }
      }
    }
  }

  /** Sends what the node lacks and may have now. */
  private void advance() {
    Snapshot snapshot = shared.snapshot().get();
    if (snapshot == null || closed) {
      return;
    }
    for (XdsType type : XdsType.values()) {
      Subscription subscription = subscriptions.get(type);
      if (subscription == null) {
        continue;
      }
      if (!mayFollow(type)) {
        return;
      }
      if (subscription.resume(snapshot.of(type)) && type == XdsType.CLUSTER) {
        heldClusters = subscription.wanted(snapshot.of(type)).byName();
      }
      Resources all = type == XdsType.CLUSTER ? clusters(snapshot) : snapshot.of(type);
      if (subscription.isDue(all)) {
        if (!out.isReady()) {
          return;
        }
        send(type, subscription, all);
      }
    }
  }

  /** Listeners and routes wait until the node has answered for the clusters. */
  private boolean mayFollow(XdsType type) {
    return switch (type) {
      case CLUSTER, SECRET, ENDPOINT -> true;
      case LISTENER, ROUTE -> {
        Subscription clusters = subscriptions.get(XdsType.CLUSTER);
        yield clusters == null || !clusters.isUnanswered();
      }
    };
  }

  /** The snapshot's clusters, and those that requests may still be on their way to. */
  private Resources clusters(Snapshot snapshot) {
    Resources wanted = snapshot.of(XdsType.CLUSTER);
    Subscription routes = subscriptions.get(XdsType.ROUTE);
    if (routes == null) {
      return wanted;
    }
    var all = new TreeMap<>(heldClusters);
    all.putAll(sentClusters);
    all.putAll(wanted.byName());
    if (all.size() == wanted.byName().size()) {
      return wanted;
    }
    if (routes.hasTaken(snapshot.of(XdsType.ROUTE))) {
      long since = shared.timer().nanoTime() - routesTakenNanos;
      long left = shared.removalDelayNanos().getAsLong() - since;
      if (left <= 0) {
        return wanted;
      }
      removeIn(left);
    }
    return Resources.of(all);
  }

  private void removeIn(long delayNanos) {
    if (!removalScheduled) {
      removalScheduled = true;
      shared
          .timer()
          .schedule(
              () ->
                  context.execute(
                      () -> {
                        removalScheduled = false;
                        advance();
                      }),
              delayNanos);
    }
  }

  private void send(XdsType type, Subscription subscription, Resources all) {
    String nonce = Long.toString(++responses);
    Subscription.Batch batch = subscription.send(all, nonce);
    if (type == XdsType.CLUSTER) {
      sentClusters = subscription.wanted(all).byName();
    }
    out.send(
        DiscoveryResponse.newBuilder()
            .setTypeUrl(type.typeUrl())
            .setVersionInfo(batch.version())
            .setNonce(nonce)
            .addAllResources(batch.resources())
            .build());
    shared.listener().pushed(nodeId == null ? "" : nodeId, type, batch.version());
  }

  private void close(Status status) {
    if (!closed) {
      end();
      out.close(status);
    }
  }

  private void end() {
    if (!closed) {
      closed = true;
      if (nodeId != null) {
        shared.listener().disconnected(nodeId);
      }
    }
  }

  private static String cut(String detail) {
    return detail.length() <= DiscoveryServer.MAX_DETAIL_CHARS
        ? detail
        : detail.substring(0, DiscoveryServer.MAX_DETAIL_CHARS);
  }
}

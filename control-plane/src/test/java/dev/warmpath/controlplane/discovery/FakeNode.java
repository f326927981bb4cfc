package dev.warmpath.controlplane.discovery;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.rpc.Code;
import dev.warmpath.controlplane.snapshot.Snapshot;
import dev.warmpath.controlplane.snapshot.XdsType;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.core.v3.Node;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;
import io.envoyproxy.envoy.config.listener.v3.Listener;
import io.envoyproxy.envoy.config.route.v3.RouteConfiguration;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.Secret;
import io.envoyproxy.envoy.service.discovery.v3.DiscoveryRequest;
import io.envoyproxy.envoy.service.discovery.v3.DiscoveryResponse;
import io.grpc.Status;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** An Envoy as an {@link AdsStream} sees it, and the control plane's state around it. */
final class FakeNode implements AdsStream.Outbound, AckListener {
  static final long REMOVAL_DELAY_NANOS = 1_000;

  final List<String> told = new ArrayList<>();

  /** Why the stream was closed; OK while it is open. */
  Status closed = Status.OK;

  boolean ready = true;

  private final AdsStream stream;
  private final FakeTimer timer = new FakeTimer();
  private final Deque<DiscoveryResponse> received = new ArrayDeque<>();
  private final Map<XdsType, DiscoveryResponse> last = new EnumMap<>(XdsType.class);
  private final Map<XdsType, List<String>> names = new EnumMap<>(XdsType.class);
  private final Map<XdsType, String> accepted = new EnumMap<>(XdsType.class);
  private @Nullable Snapshot snapshot;

  FakeNode(@Nullable Snapshot published) {
    this(published, Set.of());
  }

  FakeNode(@Nullable Snapshot published, Set<String> admitted) {
    snapshot = published;
    stream =
        new AdsStream(
            new AdsStream.Shared(
                new NodePolicy(admitted), () -> snapshot, this, () -> REMOVAL_DELAY_NANOS, timer),
            this);
  }

  /** The first request for a type, of an Envoy that has nothing yet. */
  void subscribe(XdsType type, String... resourceNames) {
    resume(type, "", resourceNames);
  }

  /** The first request of an Envoy that comes back with a version. */
  void resume(XdsType type, String version, String... resourceNames) {
    names.put(type, List.of(resourceNames));
    accepted.put(type, version);
    request(type.typeUrl(), type, "");
  }

  void requestOfType(String typeUrl) {
    stream.receive(request("").setTypeUrl(typeUrl).build());
  }

  /** Other names, after the last response was answered. */
  void rename(XdsType type, String... resourceNames) {
    names.put(type, List.of(resourceNames));
    request(type.typeUrl(), type, nonce(type));
  }

  /** Answers the last response of a type. */
  void ack(XdsType type) {
    accepted.put(type, version(type));
    request(type.typeUrl(), type, nonce(type));
  }

  void nack(XdsType type, String detail) {
    nackWithNonce(type, detail, nonce(type));
  }

  void nackWithNonce(XdsType type, String detail, String nonce) {
    stream.receive(
        request(nonce)
            .setTypeUrl(type.typeUrl())
            .setVersionInfo(accepted.getOrDefault(type, ""))
            .addAllResourceNames(names.getOrDefault(type, List.of()))
            .setErrorDetail(
                com.google.rpc.Status.newBuilder()
                    .setCode(Code.INVALID_ARGUMENT_VALUE)
                    .setMessage(detail))
            .build());
  }

  void publish(Snapshot next) {
    snapshot = next;
    stream.wake();
  }

  /** Time passes. */
  void pass(long nanos) {
    timer.pass(nanos);
  }

  /** How many tasks wait for their time. */
  int scheduled() {
    return timer.due.size();
  }

  void becomeReady() {
    ready = true;
    stream.wake();
  }

  void disconnect() {
    stream.ended();
  }

  /** Takes what has come since the last call, as {@code TYPE[names]}, and answers it with ACKs. */
  List<String> takeAndAck() {
    var all = new ArrayList<String>();
    for (List<String> some = take(); !some.isEmpty(); some = take()) {
      all.addAll(some);
      for (XdsType type : XdsType.values()) {
        if (some.stream().anyMatch(response -> response.startsWith(type.name()))) {
          ack(type);
        }
      }
    }
    return all;
  }

  /** Takes what has come since the last call, as {@code TYPE[names]}. */
  List<String> take() {
    var taken = new ArrayList<String>();
    for (DiscoveryResponse response : received) {
      XdsType type = XdsType.ofTypeUrl(response.getTypeUrl()).orElseThrow();
      taken.add(type + namesOf(type, response).toString());
    }
    received.clear();
    return taken;
  }

  /** The version of the last response of a type. */
  String version(XdsType type) {
    DiscoveryResponse response = last.get(type);
    return response == null ? "" : response.getVersionInfo();
  }

  String nonce(XdsType type) {
    DiscoveryResponse response = last.get(type);
    return response == null ? "" : response.getNonce();
  }

  @Override
  public boolean isReady() {
    return ready;
  }

  @Override
  public void send(DiscoveryResponse response) {
    received.add(response);
    last.put(XdsType.ofTypeUrl(response.getTypeUrl()).orElseThrow(), response);
  }

  @Override
  public void close(Status status) {
    closed = status;
  }

  @Override
  public void acked(String nodeId, XdsType type, String version) {
    told.add("ack " + nodeId + " " + type);
  }

  @Override
  public void nacked(String nodeId, XdsType type, String version, String detail) {
    told.add("nack " + nodeId + " " + type + " " + detail);
  }

  @Override
  public void connected(String nodeId) {
    told.add("connected " + nodeId);
  }

  @Override
  public void disconnected(String nodeId) {
    told.add("disconnected " + nodeId);
  }

  private void request(String typeUrl, XdsType type, String nonce) {
    stream.receive(
        request(nonce)
            .setTypeUrl(typeUrl)
            .setVersionInfo(accepted.getOrDefault(type, ""))
            .addAllResourceNames(names.getOrDefault(type, List.of()))
            .build());
  }

  private static DiscoveryRequest.Builder request(String nonce) {
    return DiscoveryRequest.newBuilder()
        .setNode(Node.newBuilder().setId("envoy-1"))
        .setResponseNonce(nonce);
  }

  private static List<String> namesOf(XdsType type, DiscoveryResponse response) {
    var found = new ArrayList<String>();
    try {
      for (Any any : response.getResourcesList()) {
        found.add(
            switch (type) {
              case CLUSTER -> any.unpack(Cluster.class).getName();
              case SECRET -> any.unpack(Secret.class).getName();
              case ENDPOINT -> any.unpack(ClusterLoadAssignment.class).getClusterName();
              case LISTENER -> any.unpack(Listener.class).getName();
              case ROUTE -> any.unpack(RouteConfiguration.class).getName();
            });
      }
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException(e);
    }
    Collections.sort(found);
    return found;
  }

  private static final class FakeTimer implements AdsStream.Timer {
    private final Map<Long, Runnable> due = new HashMap<>();

    /** Any moment may be a clock's zero. */
    private long now = Long.MIN_VALUE / 2;

    @Override
    public long nanoTime() {
      return now;
    }

    @Override
    public void schedule(Runnable task, long delayNanos) {
      assertThat(due.put(now + delayNanos, task)).isNull();
    }

    void pass(long nanos) {
      now += nanos;
      Map<Long, Runnable> waiting = Map.copyOf(due);
      waiting.forEach(
          (time, task) -> {
            if (now - time >= 0) {
              due.remove(time);
              task.run();
            }
          });
    }
  }
}

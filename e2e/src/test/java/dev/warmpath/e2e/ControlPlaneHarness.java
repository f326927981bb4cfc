package dev.warmpath.e2e;

import dev.warmpath.config.ConfigException;
import dev.warmpath.config.ConfigFile;
import dev.warmpath.config.v1.Config;
import dev.warmpath.config.v1.Tls;
import dev.warmpath.controlplane.discovery.AckListener;
import dev.warmpath.controlplane.discovery.DiscoveryServer;
import dev.warmpath.controlplane.discovery.NodePolicy;
import dev.warmpath.controlplane.snapshot.Decisions;
import dev.warmpath.controlplane.snapshot.EnvoyBootstrap;
import dev.warmpath.controlplane.snapshot.Snapshot;
import dev.warmpath.controlplane.snapshot.SnapshotBuilder;
import dev.warmpath.controlplane.snapshot.XdsType;
import dev.warmpath.e2e.envoy.EnvoyProcess;
import dev.warmpath.e2e.envoy.Poll;
import dev.warmpath.e2e.envoy.Ports;
import io.grpc.Server;
import io.grpc.netty.NettyServerBuilder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;

/**
 * A discovery server in this JVM and the record of what Envoys answered it. It can be stopped and
 * started again on its port, as a control plane that is restarted. For one test at a time.
 */
final class ControlPlaneHarness implements AutoCloseable {
  private static final Duration TIMEOUT = Duration.ofSeconds(20);

  /** Longer than a request takes to reach Envoy's router, be the machine ever so busy. */
  private static final Duration REMOVAL_DELAY = Duration.ofSeconds(2);

  private final ScheduledExecutorService scheduler =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("discovery").factory());
  private final int port = Ports.free();
  private final List<Event> events = new CopyOnWriteArrayList<>();
  private DiscoveryServer discovery;
  private Server server;

  /** What an Envoy answered, or that a stream began. */
  sealed interface Event {
    record Connected() implements Event {}

    record Acked(XdsType type, String version) implements Event {}

    record Nacked(XdsType type, String version, String detail) implements Event {}
  }

  ControlPlaneHarness() {
    discovery = newDiscovery();
    server = serve(discovery);
  }

  static Config config(String yaml) {
    try {
      return ConfigFile.parse(yaml, "test.yaml");
    } catch (ConfigException e) {
      throw new IllegalArgumentException(e);
    }
  }

  static Snapshot snapshot(Config config) {
    return SnapshotBuilder.build(config, Decisions.of(config));
  }

  void publish(Snapshot snapshot) {
    discovery.publish(snapshot);
  }

  /** An Envoy of this control plane, which has taken the published snapshot. */
  EnvoyProcess startEnvoy() {
    String bootstrap =
        EnvoyBootstrap.yaml(
            new EnvoyBootstrap.Node(
                "envoy-1", "test", "127.0.0.1:0", "127.0.0.1:" + port, Tls.getDefaultInstance()));
    return EnvoyProcess.start(bootstrap);
  }

  /** Ends the server and every stream, as SIGKILL of a control plane does. */
  void stop() {
    server.shutdownNow();
    try {
      server.awaitTermination();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  /** A new server, which knows nothing of the former, on the same port. */
  void startAgain(Snapshot snapshot) {
    events.clear();
    discovery = newDiscovery();
    discovery.publish(snapshot);
    server = serve(discovery);
  }

  /** What was answered so far. */
  List<Event> events() {
    return List.copyOf(events);
  }

  /** Publishes, and waits until Envoy has then taken these versions, had it had them before. */
  void publishAndAwait(Snapshot snapshot, XdsType... types) {
    int before = events.size();
    publish(snapshot);
    List<Event> awaited = new ArrayList<>();
    for (XdsType type : types) {
      awaited.add(new Event.Acked(type, snapshot.version(type)));
    }
    Poll.until(
        awaited.toString(),
        TIMEOUT,
        () -> events().stream().skip(before).toList().containsAll(awaited),
        events::toString);
  }

  void await(Event event) {
    Poll.until(event.toString(), TIMEOUT, () -> events.contains(event), events::toString);
  }

  void awaitNack(XdsType type) {
    Poll.until(
        "NACK of " + type,
        TIMEOUT,
        () ->
            events.stream()
                .anyMatch(event -> event instanceof Event.Nacked nack && nack.type() == type),
        events::toString);
  }

  @Override
  public void close() {
    stop();
    scheduler.shutdownNow();
  }

  private DiscoveryServer newDiscovery() {
    var fresh =
        new DiscoveryServer(
            NodePolicy.of(Set.of("envoy-1")),
            new AckListener() {
              @Override
              public void connected(String nodeId) {
                events.add(new Event.Connected());
              }

              @Override
              public void acked(String nodeId, XdsType type, String version) {
                events.add(new Event.Acked(type, version));
              }

              @Override
              public void nacked(String nodeId, XdsType type, String version, String detail) {
                events.add(new Event.Nacked(type, version, detail));
              }
            },
            scheduler);
    fresh.removalDelay(REMOVAL_DELAY);
    return fresh;
  }

  private Server serve(DiscoveryServer service) {
    var builder =
        NettyServerBuilder.forAddress(
            new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
    service.bindTo(builder);
    try {
      return builder.build().start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}

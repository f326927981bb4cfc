package dev.warmpath.controlplane.discovery;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.rpc.Code;
import dev.warmpath.controlplane.snapshot.Snapshot;
import dev.warmpath.controlplane.snapshot.XdsType;
import io.envoyproxy.envoy.config.core.v3.Node;
import io.envoyproxy.envoy.service.discovery.v3.AggregatedDiscoveryServiceGrpc;
import io.envoyproxy.envoy.service.discovery.v3.DiscoveryRequest;
import io.envoyproxy.envoy.service.discovery.v3.DiscoveryResponse;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** By a raw client over a real connection; what is sent when is tested in AdsStreamTest. */
class DiscoveryServerTest {
  private final List<Server> servers = new ArrayList<>();
  private final List<ManagedChannel> channels = new ArrayList<>();

  @AfterEach
  void shutDown() {
    channels.forEach(ManagedChannel::shutdownNow);
    servers.forEach(Server::shutdownNow);
  }

  private static final ScheduledExecutorService SCHEDULER =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("discovery").factory());

  private static final AckListener NOBODY =
      new AckListener() {
        @Override
        public void acked(String nodeId, XdsType type, String version) {}

        @Override
        public void nacked(String nodeId, XdsType type, String version, String detail) {}
      };

  @Test
  void nack_clientThatRefusesAtOnce_getsOneResponsePerSnapshot() throws Exception {
    var discovery = new DiscoveryServer(NodePolicy.of(Set.of()), NOBODY, SCHEDULER);
    discovery.publish(Snapshots.FIRST);
    Client client = connect(discovery, "envoy-1");

    client.send(XdsType.CLUSTER, "", false);
    DiscoveryResponse refused = client.next();
    for (int i = 0; i < 2_000; i++) {
      client.send(XdsType.CLUSTER, refused.getNonce(), true);
    }
    // The stream is in order: what these would have drawn comes before the answer to this.
    client.send(XdsType.LISTENER, "", false);
    assertThat(client.next().getTypeUrl()).isEqualTo(XdsType.LISTENER.typeUrl());

    discovery.publish(Snapshots.SECOND_POOL);
    assertThat(client.next().getVersionInfo())
        .isEqualTo(Snapshots.SECOND_POOL.version(XdsType.CLUSTER));
    assertThat(client.responses).isEmpty();
  }

  @Test
  void request_foreignNode_streamEndsWithPermissionDenied() throws Exception {
    var discovery = new DiscoveryServer(NodePolicy.of(Set.of("envoy-1")), NOBODY, SCHEDULER);
    discovery.publish(Snapshots.FIRST);
    Client client = connect(discovery, "envoy-2");

    client.send(XdsType.CLUSTER, "", false);

    assertThat(client.end().getCode()).isEqualTo(Status.Code.PERMISSION_DENIED);
  }

  @Test
  void halfClose_client_streamEndsOkAndIsForgotten() throws Exception {
    var disconnected = new CompletableFuture<String>();
    var discovery =
        new DiscoveryServer(
            NodePolicy.of(Set.of()),
            new AckListener() {
              @Override
              public void acked(String nodeId, XdsType type, String version) {}

              @Override
              public void nacked(String nodeId, XdsType type, String version, String detail) {}

              @Override
              public void disconnected(String nodeId) {
                disconnected.complete(nodeId);
              }
            },
            SCHEDULER);
    discovery.publish(Snapshots.FIRST);
    Client client = connect(discovery, "envoy-1");
    client.send(XdsType.CLUSTER, "", false);
    client.next();
    assertThat(discovery.openStreams()).isEqualTo(1);

    client.requests.onCompleted();

    assertThat(client.end().isOk()).isTrue();
    assertThat(disconnected.get(10, TimeUnit.SECONDS)).isEqualTo("envoy-1");
  }

  @Test
  void publish_manyThreads_everyStreamEndsAtTheLast() throws Exception {
    var discovery = new DiscoveryServer(NodePolicy.of(Set.of()), NOBODY, SCHEDULER);
    discovery.publish(Snapshots.FIRST);
    Client one = connect(discovery, "envoy-1");
    Client two = connect(discovery, "envoy-2");
    for (Client client : List.of(one, two)) {
      client.send(XdsType.CLUSTER, "", false);
      client.next();
    }
    List<Snapshot> snapshots = List.of(Snapshots.SECOND_POOL, Snapshots.SECRETS);

    var threads = new ArrayList<Thread>();
    for (int t = 0; t < 4; t++) {
      threads.add(
          Thread.ofPlatform()
              .start(
                  () -> {
                    for (int i = 0; i < 200; i++) {
                      discovery.publish(snapshots.get(i % snapshots.size()));
                    }
                  }));
    }
    for (Thread thread : threads) {
      thread.join();
    }
    discovery.publish(Snapshots.FIRST);
    discovery.publish(Snapshots.OTHER_POOL);

    for (Client client : List.of(one, two)) {
      String last = "";
      while (!last.equals(Snapshots.OTHER_POOL.version(XdsType.CLUSTER))) {
        last = client.next().getVersionInfo();
      }
      assertThat(client.responses).isEmpty();
    }
  }

  private Client connect(DiscoveryServer discovery, String nodeId) throws IOException {
    var address = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    var builder = NettyServerBuilder.forAddress(address);
    discovery.bindTo(builder);
    Server server = builder.build().start();
    servers.add(server);
    ManagedChannel channel =
        NettyChannelBuilder.forAddress("127.0.0.1", server.getPort()).usePlaintext().build();
    channels.add(channel);
    return new Client(channel, nodeId);
  }

  private static final class Client implements StreamObserver<DiscoveryResponse> {
    final BlockingQueue<DiscoveryResponse> responses = new LinkedBlockingQueue<>();
    final StreamObserver<DiscoveryRequest> requests;

    private final CompletableFuture<Status> end = new CompletableFuture<>();
    private final String nodeId;

    Client(ManagedChannel channel, String nodeId) {
      this.nodeId = nodeId;
      requests = AggregatedDiscoveryServiceGrpc.newStub(channel).streamAggregatedResources(this);
    }

    void send(XdsType type, String nonce, boolean refuse) {
      var request =
          DiscoveryRequest.newBuilder()
              .setNode(Node.newBuilder().setId(nodeId))
              .setTypeUrl(type.typeUrl())
              .setResponseNonce(nonce);
      if (refuse) {
        request.setErrorDetail(
            com.google.rpc.Status.newBuilder()
                .setCode(Code.INVALID_ARGUMENT_VALUE)
                .setMessage("no"));
      }
      requests.onNext(request.build());
    }

    DiscoveryResponse next() throws InterruptedException {
      DiscoveryResponse response = responses.poll(10, TimeUnit.SECONDS);
      if (response == null) {
        throw new AssertionError("no response within 10 s");
      }
      return response;
    }

    Status end() throws InterruptedException, ExecutionException, TimeoutException {
      return end.get(10, TimeUnit.SECONDS);
    }

    @Override
    public void onNext(DiscoveryResponse response) {
      responses.add(response);
    }

    @Override
    public void onError(Throwable failure) {
      end.complete(Status.fromThrowable(failure));
    }

    @Override
    public void onCompleted() {
      end.complete(Status.OK);
    }
  }
}

package dev.warmpath.extproc.fleet;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import dev.warmpath.fleet.v1.ControlMessage;
import dev.warmpath.fleet.v1.FleetGrpc;
import dev.warmpath.fleet.v1.LedgerAck;
import dev.warmpath.fleet.v1.ReplicaMessage;
import dev.warmpath.fleet.v1.ReplicaMessage.MessageCase;
import dev.warmpath.fleet.v1.Welcome;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;

/** The control plane's end of the fleet stream; says what a test tells it to, and nothing else. */
public final class FakeControlPlane implements AutoCloseable {
  private static final int PATIENCE_SECONDS = 5;

  private final BlockingQueue<Connection> connections = new LinkedBlockingQueue<>();
  private final Server server;

  private FakeControlPlane() throws IOException {
    server =
        NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
            .directExecutor()
            .addService(
                new FleetGrpc.FleetImplBase() {
                  @Override
                  public StreamObserver<ReplicaMessage> connect(
                      StreamObserver<ControlMessage> replies) {
                    var connection =
                        new Connection((ServerCallStreamObserver<ControlMessage>) replies);
                    connections.add(connection);
                    return connection;
                  }
                })
            .build()
            .start();
  }

  public static FakeControlPlane start() throws IOException {
    return new FakeControlPlane();
  }

  /** {@code ip:port}. */
  public String address() {
    return "127.0.0.1:" + server.getPort();
  }

  /** The next stream that a replica opens. */
  public Connection next() throws InterruptedException {
    Connection connection = connections.poll(PATIENCE_SECONDS, SECONDS);
    assertThat(connection).as("a fleet stream within %d s", PATIENCE_SECONDS).isNotNull();
    return connection;
  }

  @Override
  public void close() {
    server.shutdownNow();
  }

  /** One stream of a replica. */
  public static final class Connection implements StreamObserver<ReplicaMessage> {
    private final BlockingQueue<ReplicaMessage> messages = new LinkedBlockingQueue<>();
    private final ServerCallStreamObserver<ControlMessage> replies;
    private volatile boolean reading = true;

    private Connection(ServerCallStreamObserver<ControlMessage> replies) {
      this.replies = replies;
      replies.setOnCancelHandler(() -> {});
      replies.disableAutoRequest();
      replies.request(1);
    }

    /** The next message. */
    public ReplicaMessage next() throws InterruptedException {
      ReplicaMessage message = messages.poll(PATIENCE_SECONDS, SECONDS);
      assertThat(message).as("a message within %d s", PATIENCE_SECONDS).isNotNull();
      return message;
    }

    /** The next message of a kind; others before it are left out. */
    public ReplicaMessage next(MessageCase kind) throws InterruptedException {
      ReplicaMessage message = next();
      while (message.getMessageCase() != kind) {
        message = next();
      }
      return message;
    }

    public void welcome(long ledgerSequence) {
      send(
          ControlMessage.newBuilder()
              .setWelcome(Welcome.newBuilder().setLedgerSequence(ledgerSequence)));
    }

    public void acknowledge(long ledgerSequence) {
      send(
          ControlMessage.newBuilder()
              .setLedgerAck(LedgerAck.newBuilder().setSequence(ledgerSequence)));
    }

    public void send(ControlMessage.Builder message) {
      replies.onNext(message.build());
    }

    /** Refuses the stream, or breaks it off. */
    public void fail() {
      replies.onError(Status.UNAVAILABLE.asException());
    }

    /** Takes one more message at most, until told otherwise. */
    void pauseReading() {
      reading = false;
    }

    void resumeReading() {
      reading = true;
      replies.request(1);
    }

    @Override
    public void onNext(ReplicaMessage message) {
      messages.add(message);
      if (reading) {
        replies.request(1);
      }
    }

    @Override
    public void onError(Throwable error) {}

    @Override
    public void onCompleted() {
      replies.onCompleted();
    }
  }
}

package dev.warmpath.extproc.fleet;

import static java.util.concurrent.TimeUnit.MILLISECONDS;

import dev.warmpath.fleet.v1.ControlMessage;
import dev.warmpath.fleet.v1.FleetGrpc;
import dev.warmpath.fleet.v1.Hello;
import dev.warmpath.fleet.v1.ReplicaMessage;
import io.grpc.ManagedChannel;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import java.io.Closeable;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The replica's end of the fleet stream: one stream to the control plane, opened again with
 * growing, jittered pauses whenever it ends. While it is away nothing is lost but freshness: the
 * picker keeps the last view and its own knowledge.
 *
 * <p>All state is confined to one thread. What is sent is collected every {@value #PERIOD_MILLIS}
 * ms and only while the stream takes it, so that nothing queues up here.
 */
public final class FleetClient implements Closeable {

  static final int PERIOD_MILLIS = 100;

  private static final int FIRST_PAUSE_MILLIS = 100;
  private static final int LONGEST_PAUSE_MILLIS = 5_000;

  private static final Logger log = LoggerFactory.getLogger(FleetClient.class);

  /** What the stream carries in both directions. Called on the client's one thread. */
  public interface Port {
    /**
     * Adds the messages of one period. {@code ticks} counts periods since the stream was opened.
     */
    void collect(long ticks, List<ReplicaMessage> messages);

    /** Takes one message of the control plane. */
    void receive(ControlMessage message);
  }

  private final ManagedChannel channel;
  private final Hello hello;
  private final Port port;
  private final Consumer<Boolean> connected;
  private final ScheduledExecutorService thread;
  private @Nullable Connection connection;
  private int pauseMillis = FIRST_PAUSE_MILLIS;
  private boolean closed;

  /**
   * @param channel to the control plane; closed with this client
   * @param connected told whenever the stream is established or lost
   */
  public FleetClient(ManagedChannel channel, Hello hello, Port port, Consumer<Boolean> connected) {
    this(
        channel,
        hello,
        port,
        connected,
        Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().name("warmpath-fleet").daemon().factory()));
  }

  /** On the given thread, which is shut down with this client. */
  FleetClient(
      ManagedChannel channel,
      Hello hello,
      Port port,
      Consumer<Boolean> connected,
      ScheduledExecutorService thread) {
    this.channel = channel;
    this.hello = hello;
    this.port = port;
    this.connected = connected;
    this.thread = thread;
  }

  /** Connects, and keeps connecting. */
  public void start() {
    thread.execute(this::connect);
    var _ = thread.scheduleAtFixedRate(this::tick, PERIOD_MILLIS, PERIOD_MILLIS, MILLISECONDS);
  }

  private void connect() {
    if (closed) {
      return;
    }
    Connection next = new Connection();
    connection = next;
    // The pauses here are all there are: the channel's own grow to two minutes.
    channel.resetConnectBackoff();
    FleetGrpc.newStub(channel).connect(next);
  }

  private void tick() {
    Connection current = connection;
    if (current == null || !current.welcomed || !current.call().isReady()) {
      return;
    }
    try {
      List<ReplicaMessage> messages = new ArrayList<>();
      port.collect(current.ticks++, messages);
      messages.forEach(current.call()::onNext);
    } catch (RuntimeException e) {
      // The scheduler would silently stop; the stream is only delayed.
      log.error("a period of the fleet stream was not sent", e);
    }
  }

  private void received(Connection from, ControlMessage message) {
    if (from != connection) {
      return;
    }
    if (!from.welcomed) {
      from.welcomed = true;
      pauseMillis = FIRST_PAUSE_MILLIS;
      connected.accept(true);
      log.info("fleet stream established");
    }
    try {
      port.receive(message);
    } catch (RuntimeException e) {
      log.error(
          "a message of the control plane was not understood: {}", message.getMessageCase(), e);
    }
  }

  private void ended(Connection from, String why) {
    if (from != connection) {
      return;
    }
    connection = null;
    if (from.welcomed) {
      connected.accept(false);
      log.warn("fleet stream lost: {}", why);
    }
    if (!closed) {
      int pause = ThreadLocalRandom.current().nextInt(pauseMillis / 2, pauseMillis + 1);
      pauseMillis = Math.min(2 * pauseMillis, LONGEST_PAUSE_MILLIS);
      var _ = thread.schedule(this::connect, pause, MILLISECONDS);
    }
  }

  private void onThread(Runnable task) {
    try {
      thread.execute(task);
    } catch (RejectedExecutionException _) {
      // Closed meanwhile.
    }
  }

  @Override
  public void close() {
    onThread(
        () -> {
          closed = true;
          Connection last = connection;
          if (last != null) {
            // What the period that ends here would have told, all of it.
            last.ticks = 0;
            tick();
            last.call().onCompleted();
          }
        });
    thread.shutdown();
    channel.shutdown();
    try {
      if (!channel.awaitTermination(500, MILLISECONDS)) {
        channel.shutdownNow();
      }
    } catch (InterruptedException _) {
      channel.shutdownNow();
      Thread.currentThread().interrupt();
    }
  }

  /** One attempt's stream. */
  private final class Connection implements ClientResponseObserver<ReplicaMessage, ControlMessage> {

    private @Nullable ClientCallStreamObserver<ReplicaMessage> call;
    private boolean welcomed;
    private long ticks;

    private ClientCallStreamObserver<ReplicaMessage> call() {
      ClientCallStreamObserver<ReplicaMessage> started = call;
      if (started == null) {
        throw new IllegalStateException("the call has not started (expected: beforeStart first)");
      }
      return started;
    }

    @Override
    public void beforeStart(ClientCallStreamObserver<ReplicaMessage> stream) {
      call = stream;
      // Said first, whenever the stream becomes usable.
      stream.setOnReadyHandler(
          new Runnable() {
            private boolean said;

            @Override
            public void run() {
              if (!said) {
                said = true;
                stream.onNext(ReplicaMessage.newBuilder().setHello(hello).build());
              }
            }
          });
    }

    @Override
    public void onNext(ControlMessage message) {
      onThread(() -> received(this, message));
    }

    @Override
    public void onError(Throwable error) {
      onThread(() -> ended(this, String.valueOf(error.getMessage())));
    }

    @Override
    public void onCompleted() {
      onThread(() -> ended(this, "the control plane closed it"));
    }
  }
}

package dev.warmpath.controlplane.discovery;

import dev.warmpath.controlplane.snapshot.Snapshot;
import io.envoyproxy.envoy.service.discovery.v3.AggregatedDiscoveryServiceGrpc.AggregatedDiscoveryServiceImplBase;
import io.envoyproxy.envoy.service.discovery.v3.DiscoveryRequest;
import io.envoyproxy.envoy.service.discovery.v3.DiscoveryResponse;
import io.grpc.ServerBuilder;
import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Serves one snapshot to every Envoy, over ADS, state of the world.
 *
 * <p>Until the first {@link #publish} nobody is answered: an Envoy that waits keeps what it has,
 * one that is told of nothing drops it. The snapshot is published whole by one reference; each
 * stream works out by itself what it lacks of it ({@link AdsStream}).
 *
 * <p>Thread-safe. Bounded: streams, names and details by the constants here, requests by gRPC's
 * message limit, what waits to be sent by one response of each type per stream.
 */
public final class DiscoveryServer implements SnapshotPublisher {
  /** Streams at once; a further one is refused. */
  public static final int MAX_STREAMS = 10_000;

  /** Resource names that one request may have. */
  public static final int MAX_NAMES = 10_000;

  /** What is kept of a NACK's words. */
  public static final int MAX_DETAIL_CHARS = 2_048;

  /** A dead peer is found, and its stream ended, after the sum of the two. */
  private static final int KEEPALIVE_SECONDS = 30;

  private static final int KEEPALIVE_TIMEOUT_SECONDS = 10;

  /** Envoys may ping so often; gRPC would cut their connections otherwise. */
  private static final int PERMITTED_PING_SECONDS = 5;

  private static final Logger log = LoggerFactory.getLogger(DiscoveryServer.class);

  private final AtomicReference<@Nullable Snapshot> current = new AtomicReference<>();
  private final Set<AdsStream> streams = ConcurrentHashMap.newKeySet();
  private final AdsStream.Shared shared;
  private volatile long removalDelayNanos;

  /**
   * @param scheduler where what has to wait is woken; not stopped here
   */
  public DiscoveryServer(
      NodePolicy nodes, AckListener listener, ScheduledExecutorService scheduler) {
    shared =
        new AdsStream.Shared(
            nodes, current::get, listener, () -> removalDelayNanos, new SchedulerTimer(scheduler));
  }

  /**
   * Sets how long clusters that a snapshot dropped stay with a node after it took the routes.
   * Thread-safe.
   */
  public void removalDelay(Duration delay) {
    removalDelayNanos = delay.toNanos();
  }

  @Override
  public void publish(Snapshot snapshot) {
    current.set(snapshot);
    streams.forEach(AdsStream::wake);
  }

  /** Adds the service, and the keepalive that it needs, to a server that is being built. */
  public void bindTo(ServerBuilder<?> server) {
    server
        .addService(new Ads())
        .keepAliveTime(KEEPALIVE_SECONDS, TimeUnit.SECONDS)
        .keepAliveTimeout(KEEPALIVE_TIMEOUT_SECONDS, TimeUnit.SECONDS)
        .permitKeepAliveTime(PERMITTED_PING_SECONDS, TimeUnit.SECONDS)
        .permitKeepAliveWithoutCalls(true);
  }

  /** Streams that are open. */
  public int openStreams() {
    return streams.size();
  }

  private final class Ads extends AggregatedDiscoveryServiceImplBase {
    @Override
    public StreamObserver<DiscoveryRequest> streamAggregatedResources(
        StreamObserver<DiscoveryResponse> responses) {
      var call = (ServerCallStreamObserver<DiscoveryResponse>) responses;
      var stream = new AdsStream(shared, new CallOutbound(call));
      call.setOnReadyHandler(stream::wake);
      call.setOnCancelHandler(() -> ended(stream));
      call.setOnCloseHandler(() -> ended(stream));
      if (streams.size() >= MAX_STREAMS) {
        stream.ended();
        call.onError(
            Status.RESOURCE_EXHAUSTED
                .withDescription("more than " + MAX_STREAMS + " streams")
                .asRuntimeException());
        return new Requests(stream);
      }
      streams.add(stream);
      return new Requests(stream);
    }

    private void ended(AdsStream stream) {
      streams.remove(stream);
      stream.ended();
    }
  }

  private record SchedulerTimer(ScheduledExecutorService scheduler) implements AdsStream.Timer {
    @Override
    public long nanoTime() {
      return System.nanoTime();
    }

    @Override
    public void schedule(Runnable task, long delayNanos) {
      try {
        var _ = scheduler.schedule(task, delayNanos, TimeUnit.NANOSECONDS);
      } catch (RejectedExecutionException e) {
        // At the end, when streams end too.
        log.debug("Dropped clusters are not removed any more.", e);
      }
    }
  }

  private record Requests(AdsStream stream) implements StreamObserver<DiscoveryRequest> {
    @Override
    public void onNext(DiscoveryRequest request) {
      stream.receive(request);
    }

    @Override
    public void onError(Throwable failure) {
      stream.ended();
    }

    @Override
    public void onCompleted() {
      stream.halfClosed();
    }
  }

  private record CallOutbound(ServerCallStreamObserver<DiscoveryResponse> call)
      implements AdsStream.Outbound {
    @Override
    public boolean isReady() {
      return call.isReady() && !call.isCancelled();
    }

    @Override
    public void send(DiscoveryResponse response) {
      call.onNext(response);
    }

    @Override
    public void close(Status status) {
      if (call.isCancelled()) {
        return;
      }
      if (status.isOk()) {
        call.onCompleted();
      } else {
        call.onError(status.asRuntimeException());
      }
    }
  }
}

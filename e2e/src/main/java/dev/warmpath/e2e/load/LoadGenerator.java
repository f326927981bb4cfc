package dev.warmpath.e2e.load;

import dev.warmpath.e2e.http.HttpServer;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.codec.http.HttpClientCodec;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Sends workloads over HTTP/1.1 from one event loop: open loop, each request when it is due however
 * slowly the others are answered, over a bounded pool of kept connections. Nothing is retried: what
 * a client would see is what is counted. Thread-safe.
 */
public final class LoadGenerator implements AutoCloseable {
  private static final int MAX_LINE = 16_384;
  private static final int MAX_HEADERS = 65_536;
  private static final int MAX_CHUNK = 65_536;
  private static final int CONNECT_TIMEOUT_MILLIS = 5_000;

  private static final AtomicInteger RUNS = new AtomicInteger();

  private final EventLoopGroup loop = HttpServer.loops("load", 1);
  private final LoadSettings settings;

  public LoadGenerator(LoadSettings settings) {
    this.settings = settings;
  }

  /**
   * Begins to send {@code workload}. Its requests' ids begin with a number that no other run of
   * this JVM has.
   */
  public LoadRun begin(Workload workload) {
    var run = new LoadRun(workload, settings, loop.next(), RUNS.incrementAndGet(), this::connect);
    run.begin();
    return run;
  }

  /** Sends {@code workload} and waits until each request has ended. */
  public LoadReport run(Workload workload) {
    return begin(workload).await();
  }

  @Override
  public void close() {
    HttpServer.close(loop);
  }

  private void connect(LoadConnection connection) {
    var connected =
        new Bootstrap()
            .group(loop)
            .channel(NioSocketChannel.class)
            .option(ChannelOption.TCP_NODELAY, true)
            .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, CONNECT_TIMEOUT_MILLIS)
            .handler(
                new ChannelInitializer<SocketChannel>() {
                  @Override
                  protected void initChannel(SocketChannel channel) {
                    channel
                        .pipeline()
                        .addLast(new HttpClientCodec(MAX_LINE, MAX_HEADERS, MAX_CHUNK))
                        .addLast(connection);
                  }
                })
            .connect(settings.target());
    var _ = connected.addListener(result -> connection.connected(result.isSuccess()));
  }
}

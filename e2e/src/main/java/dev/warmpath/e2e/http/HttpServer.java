package dev.warmpath.e2e.http;

import dev.warmpath.e2e.envoy.Ports;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * An HTTP/1.1 server on 127.0.0.1 whose listener and connections all live on one event loop, which
 * thereby owns the state of whatever is simulated behind it: handlers need no locks and must not
 * block. Public methods may be called from any other thread and return when they have taken effect.
 */
public final class HttpServer implements AutoCloseable {
  /** Called on the event loop with each request. */
  @FunctionalInterface
  public interface Handler {
    void handle(HttpCall call);
  }

  private static final int MAX_BODY_BYTES = 64 << 20; // Twice what Anthropic takes.
  private static final int BACKLOG = 1024;
  private static final long CALL_TIMEOUT_SECONDS = 20;

  private final EventLoop loop;
  private final int port;
  private final Handler handler;
  private final Set<Channel> connections = new HashSet<>(); // Owned by the loop.
  private @Nullable Channel listener; // Owned by the loop.

  private HttpServer(EventLoop loop, int port, Handler handler) {
    this.loop = loop;
    this.port = port;
    this.handler = handler;
  }

  /**
   * Starts to listen.
   *
   * @param port 0: any free one
   */
  public static HttpServer start(EventLoop loop, int port, Handler handler) {
    var server = new HttpServer(loop, port == 0 ? Ports.free() : port, handler);
    server.listen();
    return server;
  }

  /**
   * Event loops for servers to share; the caller closes them with {@link #close(EventLoopGroup)}.
   */
  public static EventLoopGroup loops(String name, int threads) {
    return new MultiThreadIoEventLoopGroup(
        threads, new DefaultThreadFactory(name, true), NioIoHandler.newFactory());
  }

  /** Ends event loops; their servers must have been closed. */
  public static void close(EventLoopGroup loops) {
    loops.shutdownGracefully(0, 5, TimeUnit.SECONDS).syncUninterruptibly();
  }

  public int port() {
    return port;
  }

  /** {@code 127.0.0.1:port}. */
  public String address() {
    return "127.0.0.1:" + port;
  }

  /** Listens again after {@link #refuse}; does nothing when it already does. */
  public void listen() {
    if (call(() -> listener) != null) {
      return;
    }
    Channel bound =
        new ServerBootstrap()
            .group(loop, loop)
            .channel(NioServerSocketChannel.class)
            .option(ChannelOption.SO_BACKLOG, BACKLOG)
            .childOption(ChannelOption.TCP_NODELAY, true)
            .childHandler(new Initializer())
            .bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port))
            .syncUninterruptibly()
            .channel();
    call(
        () -> {
          listener = bound;
          return true;
        });
  }

  /** Closes the listener and resets all connections: as if the process had been killed. */
  public void refuse() {
    Channel closing =
        call(
            () -> {
              Channel channel = listener;
              listener = null;
              List.copyOf(connections).forEach(HttpCall::reset);
              return channel;
            });
    if (closing != null) {
      closing.close().syncUninterruptibly();
    }
  }

  /** Runs {@code task} on the event loop and returns what it returns. */
  public <T extends @Nullable Object> T call(Callable<T> task) {
    if (loop.inEventLoop()) {
      throw new IllegalStateException("called on the event loop (expected: another thread)");
    }
    try {
      return loop.submit(task).get(CALL_TIMEOUT_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    } catch (ExecutionException | TimeoutException e) {
      throw new IllegalStateException("the event loop of port " + port, e);
    }
  }

  @Override
  public void close() {
    refuse();
  }

  private final class Initializer extends ChannelInitializer<Channel> {
    @Override
    protected void initChannel(Channel channel) {
      channel
          .pipeline()
          .addLast(new HttpServerCodec())
          .addLast(new HttpObjectAggregator(MAX_BODY_BYTES))
          .addLast(new Connection());
    }
  }

  /** One connection: its requests come one after the other. */
  private final class Connection extends SimpleChannelInboundHandler<FullHttpRequest> {
    private @Nullable HttpCall current;

    @Override
    public void channelActive(ChannelHandlerContext context) {
      connections.add(context.channel());
    }

    @Override
    protected void channelRead0(ChannelHandlerContext context, FullHttpRequest request) {
      if (!request.decoderResult().isSuccess()) {
        HttpCall.reset(context.channel());
        return;
      }
      current = new HttpCall(context.channel(), request);
      handler.handle(current);
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
      connections.remove(context.channel());
      if (current != null) {
        current.closed();
      }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
      // A reset by the peer, or a defect of the simulator: either way this connection is over, and
      // whoever watches the other end sees it.
      var _ = context.close();
    }
  }
}

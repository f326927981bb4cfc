package dev.warmpath.extproc.server;

import static java.util.concurrent.TimeUnit.MILLISECONDS;

import dev.warmpath.config.v1.Tls;
import io.grpc.BindableService;
import io.grpc.Server;
import io.grpc.ServerStreamTracer;
import io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.NettyServerBuilder;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerDomainSocketChannel;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerDomainSocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.unix.DomainSocketAddress;
import io.netty.handler.ssl.ClientAuth;
import java.io.Closeable;
import java.io.File;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * The gRPC server that Envoy talks to: direct executor, epoll where there is one, TCP or a Unix
 * socket, windows and limits for whole request bodies. What it serves is given to it, so that the
 * no-op processor of the benchmarks runs on exactly the same server.
 */
public final class ProcessorServer implements Closeable {

  /** What a message carries besides the body: headers, attributes and metadata. */
  private static final int MESSAGE_OVERHEAD_BYTES = 1 << 20;

  private final Server server;
  private final EventLoopGroup acceptor;
  private final EventLoopGroup workers;

  private ProcessorServer(Server server, EventLoopGroup acceptor, EventLoopGroup workers) {
    this.server = server;
    this.acceptor = acceptor;
    this.workers = workers;
  }

  /**
   * How to listen.
   *
   * @param address {@code ip:port} (port 0: any) or {@code unix:/path}
   * @param tls certificate and trust; the empty message: plain text
   * @param eventLoops threads
   * @param maxBodyBytes largest body that a message may carry
   */
  public record Options(String address, Tls tls, int eventLoops, int maxBodyBytes) {}

  /** Binds and starts. */
  public static ProcessorServer start(
      Options options, List<BindableService> services, List<ServerStreamTracer.Factory> tracers)
      throws IOException {
    boolean epoll = Epoll.isAvailable();
    IoHandlerFactory io = epoll ? EpollIoHandler.newFactory() : NioIoHandler.newFactory();
    EventLoopGroup acceptor = new MultiThreadIoEventLoopGroup(1, io);
    EventLoopGroup workers = new MultiThreadIoEventLoopGroup(options.eventLoops(), io);
    NettyServerBuilder builder =
        NettyServerBuilder.forAddress(socketAddress(options.address(), epoll))
            .channelType(channelType(options.address(), epoll))
            .bossEventLoopGroup(acceptor)
            .workerEventLoopGroup(workers)
            .directExecutor()
            .maxInboundMessageSize(options.maxBodyBytes() + MESSAGE_OVERHEAD_BYTES)
            .flowControlWindow(options.maxBodyBytes() + MESSAGE_OVERHEAD_BYTES)
            // Envoy's keepalive of 100 ms must not count as abuse: it would cut held streams.
            .permitKeepAliveTime(10, MILLISECONDS)
            .permitKeepAliveWithoutCalls(true);
    if (isUnix(options.address())) {
      // gRPC sets it for all; Unix sockets don't know it, and Netty warns at each connection.
      builder.withChildOption(ChannelOption.SO_KEEPALIVE, null);
    } else {
      builder.withChildOption(ChannelOption.TCP_NODELAY, true);
    }
    if (!options.tls().getCertificateFile().isEmpty()) {
      var context =
          GrpcSslContexts.forServer(
              new File(options.tls().getCertificateFile()),
              new File(options.tls().getPrivateKeyFile()));
      if (!options.tls().getTrustedCaFile().isEmpty()) {
        context
            .trustManager(new File(options.tls().getTrustedCaFile()))
            .clientAuth(ClientAuth.REQUIRE);
      }
      builder.sslContext(context.build());
    }
    services.forEach(builder::addService);
    tracers.forEach(builder::addStreamTracerFactory);
    try {
      if (isUnix(options.address())) {
        Files.deleteIfExists(Path.of(unixPath(options.address())));
      }
      return new ProcessorServer(builder.build().start(), acceptor, workers);
    } catch (IOException e) {
      var _ = acceptor.shutdownGracefully(0, 0, MILLISECONDS);
      var _ = workers.shutdownGracefully(0, 0, MILLISECONDS);
      throw e;
    }
  }

  /** The TCP port; -1 on a Unix socket. */
  public int port() {
    return server.getPort();
  }

  /** The threads that read and answer. */
  public EventLoopGroup workers() {
    return workers;
  }

  /**
   * Takes no new connections, lets open streams finish until the time is up, then ends them.
   * Returns when all have ended, but waits for that no longer than as much again.
   */
  public void drain(long timeoutMillis) throws InterruptedException {
    server.shutdown();
    if (!server.awaitTermination(timeoutMillis, MILLISECONDS)) {
      server.shutdownNow();
      // The event loops end the streams, after this call.
      var _ = server.awaitTermination(timeoutMillis, MILLISECONDS);
    }
  }

  @Override
  public void close() {
    server.shutdownNow();
    var _ = acceptor.shutdownGracefully(0, 1, TimeUnit.SECONDS);
    var _ = workers.shutdownGracefully(0, 1, TimeUnit.SECONDS);
  }

  private static boolean isUnix(String address) {
    return address.startsWith("unix:");
  }

  private static String unixPath(String address) {
    return address.substring("unix:".length());
  }

  private static SocketAddress socketAddress(String address, boolean epoll) {
    if (isUnix(address)) {
      return epoll
          ? new DomainSocketAddress(unixPath(address))
          : UnixDomainSocketAddress.of(unixPath(address));
    }
    int colon = address.lastIndexOf(':');
    return new InetSocketAddress(
        address.substring(0, colon), Integer.parseInt(address.substring(colon + 1)));
  }

  private static Class<? extends ServerChannel> channelType(String address, boolean epoll) {
    if (isUnix(address)) {
      return epoll ? EpollServerDomainSocketChannel.class : NioServerDomainSocketChannel.class;
    }
    return epoll ? EpollServerSocketChannel.class : NioServerSocketChannel.class;
  }
}

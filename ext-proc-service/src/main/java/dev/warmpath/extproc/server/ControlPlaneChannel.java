package dev.warmpath.extproc.server;

import static java.util.concurrent.TimeUnit.SECONDS;

import dev.warmpath.config.v1.ExtProc;
import dev.warmpath.config.v1.Tls;
import io.grpc.ManagedChannel;
import io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.NettyChannelBuilder;
import io.netty.handler.ssl.SslContextBuilder;
import java.io.File;
import javax.net.ssl.SSLException;

/** The channel to the control plane, with TLS where that is configured. */
final class ControlPlaneChannel {

  private static final int KEEP_ALIVE_SECONDS = 5;

  private ControlPlaneChannel() {}

  static ManagedChannel to(ExtProc settings) {
    NettyChannelBuilder builder =
        NettyChannelBuilder.forTarget(settings.getControlPlaneAddress())
            .keepAliveTime(KEEP_ALIVE_SECONDS, SECONDS)
            .keepAliveTimeout(KEEP_ALIVE_SECONDS, SECONDS);
    if (!settings.hasControlPlaneTls()) {
      return builder.usePlaintext().build();
    }
    Tls tls = settings.getControlPlaneTls();
    try {
      SslContextBuilder context = GrpcSslContexts.forClient();
      if (!tls.getTrustedCaFile().isEmpty()) {
        context.trustManager(new File(tls.getTrustedCaFile()));
      }
      if (!tls.getCertificateFile().isEmpty()) {
        context.keyManager(new File(tls.getCertificateFile()), new File(tls.getPrivateKeyFile()));
      }
      return builder.sslContext(context.build()).build();
    } catch (SSLException e) {
      throw new IllegalArgumentException(
          "ext_proc.control_plane_tls: %s (expected: PEM files)".formatted(e.getMessage()), e);
    }
  }
}

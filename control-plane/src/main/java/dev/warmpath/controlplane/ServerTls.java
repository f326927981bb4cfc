package dev.warmpath.controlplane;

import dev.warmpath.config.v1.Tls;
import io.grpc.InsecureServerCredentials;
import io.grpc.ServerCredentials;
import io.grpc.TlsServerCredentials;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.util.AdvancedTlsX509KeyManager;
import io.grpc.util.AdvancedTlsX509TrustManager;
import io.grpc.util.AdvancedTlsX509TrustManager.Verification;
import java.io.Closeable;
import java.io.File;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Certificate, key and trust of our server. The files are looked at again every minute, so that
 * rotated ones come into force without a restart; what can't be read then leaves the last good ones
 * in force. With a trusted authority every client must present a certificate of it.
 */
final class ServerTls implements AutoCloseable {
  /** The least that gRPC allows. */
  private static final int RELOAD_MINUTES = 1;

  private final ServerCredentials credentials;
  private final @Nullable RefusedClients refused;
  private final List<Closeable> reloads = new ArrayList<>();

  /**
   * @param tls the empty message: plain text
   * @param reloader looks at the files again
   * @param refused is told of clients that don't get in
   * @throws IOException when the files can't be used
   */
  ServerTls(Tls tls, ScheduledExecutorService reloader, RefusedClients refused) throws IOException {
    if (tls.getCertificateFile().isEmpty()) {
      credentials = InsecureServerCredentials.create();
      this.refused = null;
      return;
    }
    try {
      var identity = new AdvancedTlsX509KeyManager();
      reloads.add(
          identity.updateIdentityCredentials(
              new File(tls.getCertificateFile()),
              new File(tls.getPrivateKeyFile()),
              RELOAD_MINUTES,
              TimeUnit.MINUTES,
              reloader));
      var server = TlsServerCredentials.newBuilder().keyManager(identity);
      if (!tls.getTrustedCaFile().isEmpty()) {
        // Clients have no host name that could be checked.
        var trust =
            AdvancedTlsX509TrustManager.newBuilder()
                .setVerification(Verification.CERTIFICATE_ONLY_VERIFICATION)
                .build();
        reloads.add(
            trust.updateTrustCredentials(
                new File(tls.getTrustedCaFile()), RELOAD_MINUTES, TimeUnit.MINUTES, reloader));
        server
            .trustManager(refused.telling(trust))
            .clientAuth(TlsServerCredentials.ClientAuth.REQUIRE);
      }
      credentials = server.build();
      this.refused = refused;
    } catch (GeneralSecurityException | IOException e) {
      close();
      throw new IOException("control_plane.tls: " + e.getMessage(), e);
    }
  }

  /** A server with these credentials, which is still to be built. */
  NettyServerBuilder server(InetSocketAddress address) {
    NettyServerBuilder server = NettyServerBuilder.forAddress(address, credentials);
    return refused == null ? server : server.addTransportFilter(refused);
  }

  @Override
  public void close() throws IOException {
    for (Closeable reload : reloads) {
      reload.close();
    }
  }
}

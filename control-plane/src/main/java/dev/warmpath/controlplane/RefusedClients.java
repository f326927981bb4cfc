package dev.warmpath.controlplane;

import io.grpc.Attributes;
import io.grpc.ServerTransportFilter;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.net.Socket;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.function.LongSupplier;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Counts and tells of the clients that don't get through the TLS handshake, of which gRPC tells
 * nobody. Anyone who reaches the port can cause a line, so that there is at most one of a kind in
 * {@link #PAUSE_NANOS}, and what it quotes is bounded. Thread-safe.
 */
final class RefusedClients extends ServerTransportFilter {
  private static final Logger log = LoggerFactory.getLogger(RefusedClients.class);

  static final long PAUSE_NANOS = 10_000_000_000L;
  static final int MAX_QUOTED_CHARS = 200;

  private final Counter refused;
  private final Pace handshakes;
  private final Pace certificates;

  RefusedClients(LongSupplier nanoClock, MeterRegistry meters) {
    handshakes = new Pace(nanoClock);
    certificates = new Pace(nanoClock);
    refused =
        Counter.builder("warmpath.tls.refused")
            .description("Connections that ended before their TLS handshake was done.")
            .register(meters);
  }

  /** A connection ended; one without attributes never was ready. */
  @Override
  public void transportTerminated(@Nullable Attributes attributes) {
    if (attributes != null) {
      return;
    }
    refused.increment();
    if (handshakes.due()) {
      log.warn(
          "A connection ended before its TLS handshake was done, {} so far (expected: TLS, our"
              + " certificate trusted by the client, and, where control_plane.tls.trusted_ca_file"
              + " is set, a client certificate of that authority).",
          (long) refused.count());
    }
  }

  /** The same trust, with a word about each certificate that hasn't it. */
  X509ExtendedTrustManager telling(X509ExtendedTrustManager trust) {
    return new Telling(trust);
  }

  private void untrusted(X509Certificate[] chain, CertificateException failure) {
    if (certificates.due()) {
      log.warn(
          "A client's certificate is refused, subject {}: {} (expected: one of the authority in"
              + " control_plane.tls.trusted_ca_file, and valid today).",
          quoted(chain.length == 0 ? "none" : chain[0].getSubjectX500Principal().getName()),
          quoted(String.valueOf(failure.getMessage())));
    }
  }

  /** Of what a client sent, so much that is fit for a log. */
  static String quoted(String sent) {
    String bounded =
        sent.length() > MAX_QUOTED_CHARS ? sent.substring(0, MAX_QUOTED_CHARS) + "…" : sent;
    return bounded.replaceAll("\\p{C}", "?");
  }

  /** Lets one through and then none for a while. */
  private static final class Pace {
    private final LongSupplier nanoClock;
    private boolean begun;
    private long nextNanos;

    Pace(LongSupplier nanoClock) {
      this.nanoClock = nanoClock;
    }

    synchronized boolean due() {
      long now = nanoClock.getAsLong();
      if (begun && now - nextNanos < 0) {
        return false;
      }
      begun = true;
      nextNanos = now + PAUSE_NANOS;
      return true;
    }
  }

  private final class Telling extends X509ExtendedTrustManager {
    private final X509ExtendedTrustManager trust;

    Telling(X509ExtendedTrustManager trust) {
      this.trust = trust;
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
        throws CertificateException {
      try {
        trust.checkClientTrusted(chain, authType, engine);
      } catch (CertificateException e) {
        untrusted(chain, e);
        throw e;
      }
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType, Socket socket)
        throws CertificateException {
      trust.checkClientTrusted(chain, authType, socket);
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType)
        throws CertificateException {
      trust.checkClientTrusted(chain, authType);
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
        throws CertificateException {
      trust.checkServerTrusted(chain, authType, engine);
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType, Socket socket)
        throws CertificateException {
      trust.checkServerTrusted(chain, authType, socket);
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType)
        throws CertificateException {
      trust.checkServerTrusted(chain, authType);
    }

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return trust.getAcceptedIssuers();
    }
  }
}

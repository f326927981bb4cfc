package dev.warmpath.controlplane.snapshot;

import static dev.warmpath.controlplane.snapshot.Messages.any;
import static dev.warmpath.controlplane.snapshot.Messages.bool;

import com.google.protobuf.Any;
import com.google.protobuf.Message;
import dev.warmpath.config.Address;
import dev.warmpath.config.v1.Tls;
import io.envoyproxy.envoy.config.core.v3.DataSource;
import io.envoyproxy.envoy.config.core.v3.TransportSocket;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.CertificateValidationContext;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.CommonTlsContext;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.GenericSecret;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.SdsSecretConfig;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.Secret;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.SubjectAltNameMatcher;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.TlsCertificate;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.TlsParameters;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext;
import io.envoyproxy.envoy.type.matcher.v3.StringMatcher;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Collects the SDS secrets of a snapshot while listeners and clusters are built, and makes the TLS
 * contexts that refer to them.
 *
 * <p>A secret here is the name of a file on Envoy's machine, never what is in it: the control plane
 * holds no key and no credential. Being secrets of their own, and not parts of a cluster, a file
 * that is missing or broken costs what uses it and nothing else; inside a cluster it would make
 * Envoy refuse all clusters of the push.
 *
 * <p>Not thread-safe: lives while one snapshot is built.
 */
final class TlsSecrets {
  /** Debian's and Alpine's bundle, which Envoy's own images have too. */
  private static final String SYSTEM_AUTHORITIES = "/etc/ssl/certs/ca-certificates.crt";

  private static final String TLS = "envoy.transport_sockets.tls";

  private final SortedMap<String, Any> secrets = new TreeMap<>();

  /** What was collected, by name. */
  Resources resources() {
    return Resources.of(secrets);
  }

  /** What a listener presents; with a trusted authority it demands client certificates. */
  TransportSocket downstream(String name, Tls tls) {
    CommonTlsContext.Builder common = common(name, tls).addAlpnProtocols("h2");
    common.addAlpnProtocols("http/1.1");
    return socket(
        DownstreamTlsContext.newBuilder()
            .setCommonTlsContext(common)
            .setRequireClientCertificate(bool(!tls.getTrustedCaFile().isEmpty()))
            .build());
  }

  /**
   * TLS to the ext_proc service: both sides know each other by an authority of the operator's own,
   * so any certificate of that authority will do.
   */
  TransportSocket upstream(String name, Tls tls) {
    return socket(
        UpstreamTlsContext.newBuilder()
            .setCommonTlsContext(common(name, tls).addAlpnProtocols("h2"))
            .build());
  }

  /** TLS to a provider, whose certificate has to name it. */
  TransportSocket provider(String name, Address address, String trustedCaFile) {
    String caFile = trustedCaFile.isEmpty() ? SYSTEM_AUTHORITIES : trustedCaFile;
    SdsSecretConfig authorities = authorities(name + "/authorities", caFile);
    UpstreamTlsContext.Builder context = UpstreamTlsContext.newBuilder();
    switch (address) {
      case Address.Host(String host, int _) -> {
        context.setSni(host).setAutoSniSanValidation(true);
        context.getCommonTlsContextBuilder().setValidationContextSdsSecretConfig(authorities);
      }
      // No SNI for an IP address (RFC 6066, 3), so there is nothing to derive the name from.
      case Address.Ip(String ip, int _) ->
          context
              .getCommonTlsContextBuilder()
              .getCombinedValidationContextBuilder()
              .setDefaultValidationContext(
                  CertificateValidationContext.newBuilder()
                      .addMatchTypedSubjectAltNames(
                          SubjectAltNameMatcher.newBuilder()
                              .setSanType(SubjectAltNameMatcher.SanType.IP_ADDRESS)
                              .setMatcher(StringMatcher.newBuilder().setExact(ip))))
              .setValidationContextSdsSecretConfig(authorities);
      case Address.Unix _ ->
          throw new IllegalArgumentException(
              "provider: " + address + " (expected: host:port or ip:port)");
    }
    return socket(context.build());
  }

  /** A credential, whose file's content is the value of a header. */
  SdsSecretConfig credential(String name, String file) {
    return add(
        Secret.newBuilder()
            .setName(name)
            .setGenericSecret(GenericSecret.newBuilder().setSecret(file(file)))
            .build());
  }

  private CommonTlsContext.Builder common(String name, Tls tls) {
    CommonTlsContext.Builder common =
        CommonTlsContext.newBuilder()
            .setTlsParams(
                TlsParameters.newBuilder()
                    .setTlsMinimumProtocolVersion(TlsParameters.TlsProtocol.TLSv1_2));
    if (!tls.getCertificateFile().isEmpty()) {
      common.addTlsCertificateSdsSecretConfigs(
          add(
              Secret.newBuilder()
                  .setName(name + "/certificate")
                  .setTlsCertificate(
                      TlsCertificate.newBuilder()
                          .setCertificateChain(file(tls.getCertificateFile()))
                          .setPrivateKey(file(tls.getPrivateKeyFile())))
                  .build()));
    }
    if (!tls.getTrustedCaFile().isEmpty()) {
      common.setValidationContextSdsSecretConfig(
          authorities(name + "/authorities", tls.getTrustedCaFile()));
    }
    return common;
  }

  private SdsSecretConfig authorities(String name, String caFile) {
    return add(
        Secret.newBuilder()
            .setName(name)
            .setValidationContext(
                CertificateValidationContext.newBuilder().setTrustedCa(file(caFile)))
            .build());
  }

  private SdsSecretConfig add(Secret secret) {
    secrets.put(secret.getName(), any(secret));
    return SdsSecretConfig.newBuilder()
        .setName(secret.getName())
        .setSdsConfig(AdsSources.ads())
        .build();
  }

  private static DataSource file(String name) {
    return DataSource.newBuilder().setFilename(name).build();
  }

  private static TransportSocket socket(Message context) {
    return TransportSocket.newBuilder().setName(TLS).setTypedConfig(any(context)).build();
  }
}

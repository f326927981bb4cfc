package dev.warmpath.controlplane.snapshot;

import static dev.warmpath.controlplane.snapshot.Messages.any;
import static dev.warmpath.controlplane.snapshot.Messages.extension;
import static dev.warmpath.controlplane.snapshot.Messages.seconds;

import dev.warmpath.config.Address;
import dev.warmpath.config.v1.AwsSigning;
import dev.warmpath.config.v1.Provider;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.cluster.v3.Cluster.CustomClusterType;
import io.envoyproxy.envoy.config.common.mutation_rules.v3.HeaderMutation;
import io.envoyproxy.envoy.config.core.v3.DataSource;
import io.envoyproxy.envoy.config.core.v3.Http1ProtocolOptions;
import io.envoyproxy.envoy.config.core.v3.Http2ProtocolOptions;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;
import io.envoyproxy.envoy.config.endpoint.v3.Endpoint;
import io.envoyproxy.envoy.config.endpoint.v3.LbEndpoint;
import io.envoyproxy.envoy.config.endpoint.v3.LocalityLbEndpoints;
import io.envoyproxy.envoy.extensions.clusters.common.dns.v3.DnsLookupFamily;
import io.envoyproxy.envoy.extensions.clusters.dns.v3.DnsCluster;
import io.envoyproxy.envoy.extensions.common.aws.v3.AwsCredentialProvider;
import io.envoyproxy.envoy.extensions.common.aws.v3.CredentialsFileCredentialProvider;
import io.envoyproxy.envoy.extensions.filters.http.aws_request_signing.v3.AwsRequestSigning;
import io.envoyproxy.envoy.extensions.filters.http.credential_injector.v3.CredentialInjector;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpFilter;
import io.envoyproxy.envoy.extensions.http.injected_credentials.generic.v3.Generic;
import io.envoyproxy.envoy.extensions.upstreams.http.v3.HttpProtocolOptions;
import java.util.ArrayList;
import java.util.List;

/** The cluster of a provider's account: one DNS name, one credential. */
final class ProviderClusters {
  /** A handshake across an ocean, twice. */
  private static final int CONNECT_TIMEOUT_SECONDS = 5;

  /** Below the 60 s at which common load balancers close an idle connection. */
  private static final int IDLE_SECONDS = 50;

  private static final int DNS_REFRESH_SECONDS = 5;

  private ProviderClusters() {}

  static Cluster cluster(Provider provider, TlsSecrets secrets) {
    Address address = Address.parse(provider.getAddress());
    Cluster.Builder cluster =
        Cluster.newBuilder()
            .setName(provider.getName())
            .setClusterType(dns())
            .setConnectTimeout(seconds(CONNECT_TIMEOUT_SECONDS))
            .setLoadAssignment(
                ClusterLoadAssignment.newBuilder()
                    .setClusterName(provider.getName())
                    .addEndpoints(
                        LocalityLbEndpoints.newBuilder()
                            .addLbEndpoints(
                                LbEndpoint.newBuilder()
                                    .setEndpoint(
                                        Endpoint.newBuilder().setAddress(Addresses.of(address))))))
            .setCircuitBreakers(Upstreams.circuitBreakers())
            .setUpstreamConnectionOptions(Upstreams.keepalive());

    HttpProtocolOptions.Builder http =
        HttpProtocolOptions.newBuilder()
            .setCommonHttpProtocolOptions(Upstreams.idleAfter(IDLE_SECONDS));
    if (provider.getPlaintext()) {
      http.setExplicitHttpConfig(
          HttpProtocolOptions.ExplicitHttpConfig.newBuilder()
              .setHttpProtocolOptions(Http1ProtocolOptions.getDefaultInstance()));
    } else {
      cluster.setTransportSocket(
          secrets.provider("provider/" + provider.getName(), address, provider.getTrustedCaFile()));
      http.setAutoConfig(
          HttpProtocolOptions.AutoHttpConfig.newBuilder()
              .setHttpProtocolOptions(Http1ProtocolOptions.getDefaultInstance())
              .setHttp2ProtocolOptions(Http2ProtocolOptions.getDefaultInstance()));
    }
    http.addHttpFilters(ReservedHeaders.filter("warmpath.strip_upstream", stripped(provider)));
    if (!provider.getCredentialFile().isEmpty()) {
      http.addHttpFilters(credential(provider, secrets));
    }
    if (provider.hasAwsSigning()) {
      http.addHttpFilters(awsSigning(provider.getAwsSigning()));
    }
    return cluster
        .putTypedExtensionProtocolOptions(
            Upstreams.HTTP_OPTIONS, any(http.addHttpFilters(Upstreams.codec()).build()))
        .build();
  }

  /**
   * One endpoint with all addresses of the name, so that an answer that names others, as those of
   * large services do, closes no connection.
   */
  private static CustomClusterType dns() {
    DnsCluster config =
        DnsCluster.newBuilder()
            .setDnsRefreshRate(seconds(DNS_REFRESH_SECONDS))
            .setRespectDnsTtl(true)
            .setDnsLookupFamily(DnsLookupFamily.ALL)
            .setAllAddressesInSingleEndpoint(true)
            .build();
    return CustomClusterType.newBuilder()
        .setName("envoy.clusters.dns")
        .setTypedConfig(any(config))
        .build();
  }

  /**
   * Our own headers, and what would tell a stranger about the client. Where we set the credential,
   * or Envoy signs, the client's own is taken out too, under whichever of the usual names it comes.
   */
  private static List<HeaderMutation> stripped(Provider provider) {
    var mutations = new ArrayList<>(ReservedHeaders.removals());
    mutations.add(ReservedHeaders.removePrefix("x-forwarded-"));
    if (provider.hasAwsSigning()) {
      mutations.add(ReservedHeaders.removePrefix("x-amz-"));
    }
    if (provider.hasAwsSigning() || !provider.getCredentialFile().isEmpty()) {
      for (String header : List.of("api-key", "authorization", "x-api-key", "x-goog-api-key")) {
        if (provider.hasAwsSigning() || !header.equals(provider.getCredentialHeader())) {
          mutations.add(ReservedHeaders.remove(header));
        }
      }
    }
    return mutations;
  }

  /**
   * Signs per attempt and cluster, after all edits; the body's digest is part of what is signed.
   */
  private static HttpFilter awsSigning(AwsSigning signing) {
    AwsRequestSigning.Builder filter =
        AwsRequestSigning.newBuilder()
            .setServiceName(signing.getService())
            .setRegion(signing.getRegion());
    if (!signing.getCredentialsFile().isEmpty()) {
      filter.setCredentialProvider(
          AwsCredentialProvider.newBuilder()
              .setCustomCredentialProviderChain(true)
              .setCredentialsFileProvider(
                  CredentialsFileCredentialProvider.newBuilder()
                      .setCredentialsDataSource(
                          DataSource.newBuilder().setFilename(signing.getCredentialsFile()))
                      .setProfile(signing.getProfile())));
    }
    return HttpFilter.newBuilder()
        .setName("envoy.filters.http.aws_request_signing")
        .setTypedConfig(any(filter.build()))
        .build();
  }

  /**
   * Sets the credential per attempt and cluster, so that no request leaves for this account with
   * another's. Without its file the cluster answers 401 by itself and no request leaves.
   */
  private static HttpFilter credential(Provider provider, TlsSecrets secrets) {
    Generic generic =
        Generic.newBuilder()
            .setCredential(
                secrets.credential(
                    "provider/" + provider.getName() + "/credential", provider.getCredentialFile()))
            .setHeader(provider.getCredentialHeader())
            .build();
    return HttpFilter.newBuilder()
        .setName("envoy.filters.http.credential_injector")
        .setTypedConfig(
            any(
                CredentialInjector.newBuilder()
                    .setOverwrite(true)
                    .setCredential(extension("envoy.http.injected_credentials.generic", generic))
                    .build()))
        .build();
  }
}

package dev.warmpath.controlplane.snapshot;

import static dev.warmpath.controlplane.snapshot.Messages.any;
import static dev.warmpath.controlplane.snapshot.Messages.bool;
import static dev.warmpath.controlplane.snapshot.Messages.millis;
import static dev.warmpath.controlplane.snapshot.Messages.seconds;

import com.google.protobuf.Any;
import dev.warmpath.config.v1.Config;
import dev.warmpath.config.v1.Provider;
import dev.warmpath.config.v1.Tenant;
import dev.warmpath.wire.Names;
import io.envoyproxy.envoy.config.common.mutation_rules.v3.HeaderMutationRules;
import io.envoyproxy.envoy.config.core.v3.GrpcService;
import io.envoyproxy.envoy.extensions.filters.http.ext_proc.v3.ExtProcOverrides;
import io.envoyproxy.envoy.extensions.filters.http.ext_proc.v3.ExtProcPerRoute;
import io.envoyproxy.envoy.extensions.filters.http.ext_proc.v3.ExternalProcessor;
import io.envoyproxy.envoy.extensions.filters.http.ext_proc.v3.HeaderForwardingRules;
import io.envoyproxy.envoy.extensions.filters.http.ext_proc.v3.MetadataOptions;
import io.envoyproxy.envoy.extensions.filters.http.ext_proc.v3.MetadataOptions.MetadataNamespaces;
import io.envoyproxy.envoy.extensions.filters.http.ext_proc.v3.ProcessingMode;
import io.envoyproxy.envoy.extensions.filters.http.ext_proc.v3.ProcessingMode.BodySendMode;
import io.envoyproxy.envoy.extensions.filters.http.ext_proc.v3.ProcessingMode.HeaderSendMode;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpFilter;
import io.envoyproxy.envoy.type.matcher.v3.ListStringMatcher;
import io.envoyproxy.envoy.type.matcher.v3.RegexMatcher;
import io.envoyproxy.envoy.type.matcher.v3.StringMatcher;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * The two ext_proc filters: one that decides about requests, one that watches responses.
 *
 * <p>Both fail open. The watching one runs in observability mode, in which nothing that the service
 * does or fails to do can touch a response.
 */
final class ExtProcFilters {
  static final String DECIDE = "warmpath.decide";
  static final String WATCH = "warmpath.watch";

  /**
   * How long the service may have Envoy hold a request, which it asks for by {@code
   * override_message_timeout}. A processor that dies meanwhile releases it after 110 ms. A guess,
   * unmeasured.
   */
  private static final int MAX_HOLD_SECONDS = 30;

  /**
   * After the end of an exchange the observer's stream stays open this long for its last messages.
   * Envoy's default of 5 s would hold a stream that long for every exchange.
   */
  private static final int DEFERRED_CLOSE_MILLIS = 300;

  /** Names of secrets. Those in a query string are not seen by the service's scan of headers. */
  private static final List<String> CREDENTIALS =
      List.of(
          "api-key",
          "authorization",
          "cookie",
          "proxy-authorization",
          "set-cookie",
          "x-amz-security-token",
          "x-api-key",
          "x-goog-api-key");

  private static final List<String> REQUEST_ATTRIBUTES =
      List.of("request.id", "xds.cluster_name", "xds.route_name");

  private static final List<String> RESPONSE_ATTRIBUTES =
      List.of(
          "request.id",
          "response.code",
          "response.code_details",
          "response.flags",
          "upstream.address",
          "upstream.request_attempt_count",
          "upstream.transport_failure_reason",
          "xds.cluster_name",
          "xds.route_name",
          "xds.upstream_host_metadata.filter_metadata[\"envoy.lb\"][\"id\"]");

  private ExtProcFilters() {}

  /**
   * The request filter. BUFFERED, because the choice needs the whole prompt and headers leave only
   * after the reply to the body; request headers are sent too, because Envoy drops header mutations
   * of the body reply otherwise.
   */
  static HttpFilter decide(Config config) {
    return filter(
        DECIDE,
        common(ClusterNames.DECIDE)
            .setStatPrefix("decide")
            .setProcessingMode(
                ProcessingMode.newBuilder()
                    .setRequestHeaderMode(HeaderSendMode.SEND)
                    .setResponseHeaderMode(HeaderSendMode.SKIP)
                    .setRequestBodyMode(BodySendMode.BUFFERED)
                    .setResponseBodyMode(BodySendMode.NONE)
                    .setRequestTrailerMode(HeaderSendMode.SKIP)
                    .setResponseTrailerMode(HeaderSendMode.SKIP))
            .setMessageTimeout(config.getEnvoy().getMessageTimeout())
            .setMaxMessageTimeout(seconds(MAX_HOLD_SECONDS))
            .addAllRequestAttributes(REQUEST_ATTRIBUTES)
            .setForwardRules(hiding(hiddenRequestHeaders(config)))
            .setMutationRules(
                HeaderMutationRules.newBuilder()
                    .setDisallowAll(bool(true))
                    .setAllowExpression(
                        RegexMatcher.newBuilder().setRegex(ReservedHeaders.SETTABLE)))
            .setMetadataOptions(MetadataOptions.newBuilder().setReceivingNamespaces(namespaces()))
            // No route is matched again by what the service says: an edited body could land on
            // another size's route, and a client could talk its way to another's authorization.
            .setRouteCacheAction(ExternalProcessor.RouteCacheAction.RETAIN)
            .build());
  }

  /** The observer. */
  static HttpFilter watch() {
    return filter(
        WATCH,
        common(ClusterNames.WATCH)
            .setStatPrefix("watch")
            .setObservabilityMode(true)
            .setDeferredCloseTimeout(millis(DEFERRED_CLOSE_MILLIS))
            .setProcessingMode(
                ProcessingMode.newBuilder()
                    .setRequestHeaderMode(HeaderSendMode.SKIP)
                    .setResponseHeaderMode(HeaderSendMode.SEND)
                    .setRequestBodyMode(BodySendMode.NONE)
                    .setResponseBodyMode(BodySendMode.STREAMED)
                    .setRequestTrailerMode(HeaderSendMode.SKIP)
                    .setResponseTrailerMode(HeaderSendMode.SKIP))
            .addAllResponseAttributes(RESPONSE_ATTRIBUTES)
            .setForwardRules(hiding(List.of("set-cookie")))
            .setMetadataOptions(MetadataOptions.newBuilder().setForwardingNamespaces(namespaces()))
            .build());
  }

  /** For a route whose bodies are read in another way. */
  static Any requestBody(BodySendMode mode) {
    return overrides(mode, HeaderSendMode.SKIP, BodySendMode.NONE);
  }

  /**
   * For a route of whose streams something is taken out. STREAMED, since it can fail open: what a
   * service that dies has not answered goes on as it came. Not by {@code mode_override}, which
   * races with the limit of the request's buffer.
   */
  static Any responses() {
    return overrides(BodySendMode.BUFFERED, HeaderSendMode.SEND, BodySendMode.STREAMED);
  }

  private static Any overrides(
      BodySendMode requestBody, HeaderSendMode responseHeader, BodySendMode responseBody) {
    return any(
        ExtProcPerRoute.newBuilder()
            .setOverrides(
                ExtProcOverrides.newBuilder()
                    .setProcessingMode(
                        ProcessingMode.newBuilder()
                            .setRequestHeaderMode(HeaderSendMode.SEND)
                            .setResponseHeaderMode(responseHeader)
                            .setRequestBodyMode(requestBody)
                            .setResponseBodyMode(responseBody)
                            .setRequestTrailerMode(HeaderSendMode.SKIP)
                            .setResponseTrailerMode(HeaderSendMode.SKIP)))
            .build());
  }

  /** For a route about which there is nothing to decide. */
  static Any disabled() {
    return any(ExtProcPerRoute.newBuilder().setDisabled(true).build());
  }

  /**
   * Credentials don't leave Envoy. The one exception is the header whose HMAC names the tenant,
   * because the operator asked for that.
   */
  private static SortedSet<String> hiddenRequestHeaders(Config config) {
    var hidden = new TreeSet<>(CREDENTIALS);
    for (Provider provider : config.getProvidersList()) {
      if (!provider.getCredentialHeader().isEmpty()) {
        hidden.add(provider.getCredentialHeader());
      }
    }
    Tenant tenant = config.getTenant();
    switch (tenant.getFromCase()) {
      case API_KEY_HEADER -> hidden.remove(tenant.getApiKeyHeader());
      case AUTHENTICATED_HEADER, FROM_NOT_SET -> {}
    }
    return hidden;
  }

  private static ExternalProcessor.Builder common(String cluster) {
    return ExternalProcessor.newBuilder().setGrpcService(grpc(cluster)).setFailureModeAllow(true);
  }

  static GrpcService grpc(String cluster) {
    return GrpcService.newBuilder()
        .setEnvoyGrpc(GrpcService.EnvoyGrpc.newBuilder().setClusterName(cluster))
        .build();
  }

  private static HeaderForwardingRules hiding(Iterable<String> headers) {
    var list = ListStringMatcher.newBuilder();
    // Envoy's names of headers are lower-case already.
    headers.forEach(header -> list.addPatterns(StringMatcher.newBuilder().setExact(header)));
    return HeaderForwardingRules.newBuilder().setDisallowedHeaders(list).build();
  }

  private static MetadataNamespaces namespaces() {
    return MetadataNamespaces.newBuilder()
        .addUntyped(Names.PLAN_NAMESPACE)
        .addUntyped(Names.ENDPOINT_NAMESPACE)
        .build();
  }

  private static HttpFilter filter(String name, ExternalProcessor config) {
    return HttpFilter.newBuilder().setName(name).setTypedConfig(any(config)).build();
  }
}

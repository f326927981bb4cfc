package dev.warmpath.controlplane.snapshot;

import static dev.warmpath.controlplane.snapshot.Messages.any;
import static dev.warmpath.controlplane.snapshot.Messages.bool;
import static dev.warmpath.controlplane.snapshot.Messages.millis;
import static dev.warmpath.controlplane.snapshot.Messages.seconds;
import static dev.warmpath.controlplane.snapshot.Messages.uint32;

import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import dev.warmpath.config.v1.Config;
import dev.warmpath.config.v1.Envoy;
import io.envoyproxy.envoy.config.accesslog.v3.AccessLog;
import io.envoyproxy.envoy.config.common.mutation_rules.v3.HeaderMutation;
import io.envoyproxy.envoy.config.core.v3.ApiVersion;
import io.envoyproxy.envoy.config.core.v3.Http2ProtocolOptions;
import io.envoyproxy.envoy.config.core.v3.HttpProtocolOptions;
import io.envoyproxy.envoy.config.core.v3.SubstitutionFormatString;
import io.envoyproxy.envoy.config.listener.v3.Filter;
import io.envoyproxy.envoy.config.listener.v3.FilterChain;
import io.envoyproxy.envoy.config.listener.v3.Listener;
import io.envoyproxy.envoy.extensions.access_loggers.file.v3.FileAccessLog;
import io.envoyproxy.envoy.extensions.access_loggers.grpc.v3.CommonGrpcAccessLogConfig;
import io.envoyproxy.envoy.extensions.access_loggers.grpc.v3.HttpGrpcAccessLogConfig;
import io.envoyproxy.envoy.extensions.filters.http.buffer.v3.Buffer;
import io.envoyproxy.envoy.extensions.filters.http.router.v3.Router;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpFilter;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.Rds;
import java.util.ArrayList;
import java.util.List;

/** The one listener, where clients connect. */
final class Listeners {
  static final String NAME = "warmpath";

  /** Buffers a body whole, or answers 413. */
  static final String BUFFER = "envoy.filters.http.buffer";

  /** What an access log entry is filed under at the ext_proc service. */
  static final String ACCESS_LOG = "warmpath";

  /** How soon after its end an exchange is told to the service. */
  private static final int ACCESS_LOG_FLUSH_MILLIS = 100;

  /** Against clients that open connections and say nothing. */
  private static final int REQUEST_HEADERS_TIMEOUT_SECONDS = 10;

  /** Requests under way on one HTTP/2 connection. Envoy's default has no bound. A guess. */
  private static final int MAX_CONCURRENT_STREAMS = 1024;

  private Listeners() {}

  static Listener listener(Config config, TlsSecrets secrets) {
    Envoy envoy = config.getEnvoy();
    FilterChain.Builder chain =
        FilterChain.newBuilder()
            .addFilters(
                Filter.newBuilder()
                    .setName("envoy.filters.network.http_connection_manager")
                    .setTypedConfig(any(connectionManager(config))));
    if (envoy.hasListenerTls()) {
      chain.setTransportSocket(secrets.downstream("listener", envoy.getListenerTls()));
    }
    return Listener.newBuilder()
        .setName(NAME)
        .setAddress(Addresses.of(envoy.getListenerAddress()))
        .addFilterChains(chain)
        .build();
  }

  private static HttpConnectionManager connectionManager(Config config) {
    HttpConnectionManager.Builder manager =
        HttpConnectionManager.newBuilder()
            .setStatPrefix(NAME)
            .setRds(
                Rds.newBuilder().setConfigSource(AdsSources.ads()).setRouteConfigName(Routes.NAME))
            .addHttpFilters(ReservedHeaders.filter("warmpath.strip", stripped(config)))
            .addHttpFilters(buffer(config.getEnvoy()))
            .addHttpFilters(ExtProcFilters.decide(config))
            .addHttpFilters(ExtProcFilters.watch())
            .addHttpFilters(
                HttpFilter.newBuilder()
                    .setName("envoy.filters.http.router")
                    // What Envoy would tell about itself is of no use to engines and providers.
                    .setTypedConfig(any(Router.newBuilder().setSuppressEnvoyHeaders(true).build())))
            .setStreamIdleTimeout(config.getEnvoy().getStreamIdleTimeout())
            .setRequestHeadersTimeout(seconds(REQUEST_HEADERS_TIMEOUT_SECONDS))
            .setUseRemoteAddress(bool(true))
            .setInternalAddressConfig(
                HttpConnectionManager.InternalAddressConfig.getDefaultInstance())
            // Routes match by path prefix, so a path means one thing only. Escaped slashes stay:
            // names of models have them.
            .setNormalizePath(bool(true))
            .setPathWithEscapedSlashesAction(
                HttpConnectionManager.PathWithEscapedSlashesAction.KEEP_UNCHANGED)
            .setCommonHttpProtocolOptions(
                HttpProtocolOptions.newBuilder()
                    // An underscore reads as a hyphen at many servers: x_warmpath_key.
                    .setHeadersWithUnderscoresAction(
                        HttpProtocolOptions.HeadersWithUnderscoresAction.DROP_HEADER))
            .setHttp2ProtocolOptions(
                Http2ProtocolOptions.newBuilder()
                    .setMaxConcurrentStreams(uint32(MAX_CONCURRENT_STREAMS)))
            .addAccessLog(grpcAccessLog());
    if (!config.getEnvoy().getAccessLogFile().isEmpty()) {
      manager.addAccessLog(fileAccessLog(config.getEnvoy().getAccessLogFile()));
    }
    return manager.build();
  }

  /**
   * What no client may say. Besides our own headers: Envoy's, by which it would let a client change
   * retries and timeouts, and the one that names the tenant, which only authentication may set. The
   * listener has none, so there that header never counts.
   */
  private static List<HeaderMutation> stripped(Config config) {
    var mutations = new ArrayList<>(ReservedHeaders.removals());
    mutations.add(ReservedHeaders.removePrefix("x-envoy-"));
    if (config.getTenant().hasAuthenticatedHeader()) {
      mutations.add(ReservedHeaders.remove(config.getTenant().getAuthenticatedHeader()));
    }
    return mutations;
  }

  /** Off, but on the routes that turn it on. */
  private static HttpFilter buffer(Envoy envoy) {
    return HttpFilter.newBuilder()
        .setName(BUFFER)
        .setDisabled(true)
        .setTypedConfig(
            any(Buffer.newBuilder().setMaxRequestBytes(uint32(envoy.getMaxBodyBytes())).build()))
        .build();
  }

  private static AccessLog grpcAccessLog() {
    return AccessLog.newBuilder()
        .setName("envoy.access_loggers.http_grpc")
        .setTypedConfig(
            any(
                HttpGrpcAccessLogConfig.newBuilder()
                    .setCommonConfig(
                        CommonGrpcAccessLogConfig.newBuilder()
                            .setLogName(ACCESS_LOG)
                            .setGrpcService(ExtProcFilters.grpc(ClusterNames.WATCH))
                            .setTransportApiVersion(ApiVersion.V3)
                            .setBufferFlushInterval(millis(ACCESS_LOG_FLUSH_MILLIS)))
                    .build()))
        .build();
  }

  /** One JSON object per exchange. No body and no query string: a query may carry an API key. */
  private static AccessLog fileAccessLog(String file) {
    Struct format =
        Struct.newBuilder()
            .putFields("start", text("%START_TIME%"))
            .putFields("request_id", text("%REQ(X-REQUEST-ID)%"))
            .putFields("method", text("%REQ(:METHOD)%"))
            .putFields("path", text("%PATH(NQ)%"))
            .putFields("route", text("%ROUTE_NAME%"))
            .putFields("cluster", text("%UPSTREAM_CLUSTER%"))
            .putFields("upstream", text("%UPSTREAM_HOST%"))
            .putFields("attempts", text("%UPSTREAM_REQUEST_ATTEMPT_COUNT%"))
            .putFields("status", text("%RESPONSE_CODE%"))
            .putFields("details", text("%RESPONSE_CODE_DETAILS%"))
            .putFields("flags", text("%RESPONSE_FLAGS%"))
            .putFields("bytes_received", text("%BYTES_RECEIVED%"))
            .putFields("bytes_sent", text("%BYTES_SENT%"))
            .putFields("duration_ms", text("%DURATION%"))
            .putFields("response_headers_ms", text("%RESPONSE_DURATION%"))
            .putFields("plan", text("%DYNAMIC_METADATA(warmpath:plan)%"))
            .build();
    return AccessLog.newBuilder()
        .setName("envoy.access_loggers.file")
        .setTypedConfig(
            any(
                FileAccessLog.newBuilder()
                    .setPath(file)
                    .setLogFormat(SubstitutionFormatString.newBuilder().setJsonFormat(format))
                    .build()))
        .build();
  }

  private static Value text(String text) {
    return Value.newBuilder().setStringValue(text).build();
  }
}

package dev.warmpath.controlplane.snapshot;

import static dev.warmpath.controlplane.snapshot.Messages.any;
import static dev.warmpath.controlplane.snapshot.Messages.bool;
import static dev.warmpath.controlplane.snapshot.Messages.field;
import static dev.warmpath.controlplane.snapshot.Messages.uint32;
import static dev.warmpath.controlplane.snapshot.Messages.uint64;

import com.google.protobuf.Any;
import com.google.protobuf.Duration;
import dev.warmpath.config.Address;
import dev.warmpath.config.v1.Config;
import dev.warmpath.config.v1.Envoy;
import dev.warmpath.config.v1.Mode;
import dev.warmpath.config.v1.Pool;
import dev.warmpath.config.v1.Provider;
import dev.warmpath.wire.Names;
import io.envoyproxy.envoy.config.core.v3.DataSource;
import io.envoyproxy.envoy.config.core.v3.HeaderValue;
import io.envoyproxy.envoy.config.core.v3.HeaderValueOption;
import io.envoyproxy.envoy.config.route.v3.DirectResponseAction;
import io.envoyproxy.envoy.config.route.v3.HeaderMatcher;
import io.envoyproxy.envoy.config.route.v3.Route;
import io.envoyproxy.envoy.config.route.v3.RouteAction;
import io.envoyproxy.envoy.config.route.v3.RouteAction.HashPolicy;
import io.envoyproxy.envoy.config.route.v3.RouteConfiguration;
import io.envoyproxy.envoy.config.route.v3.RouteMatch;
import io.envoyproxy.envoy.config.route.v3.VirtualHost;
import io.envoyproxy.envoy.extensions.filters.http.buffer.v3.Buffer;
import io.envoyproxy.envoy.extensions.filters.http.buffer.v3.BufferPerRoute;
import io.envoyproxy.envoy.extensions.filters.http.ext_proc.v3.ProcessingMode.BodySendMode;
import io.envoyproxy.envoy.type.matcher.v3.StringMatcher;
import io.envoyproxy.envoy.type.v3.Int64Range;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The one route configuration.
 *
 * <p>Each configured route becomes three of Envoy's, because how a body is read has to be decided
 * before it is read, and by what can be known then: a body whose length is over the limit ({@code
 * ID/oversize}), one whose length is not told ({@code ID/chunked}), and the rest ({@code ID}). The
 * name reaches the ext_proc service as {@code xds.route_name}, by which it counts; which of its own
 * routes a request takes it finds by path and headers, and what it may edit by the content-length.
 */
final class Routes {
  static final String NAME = "warmpath";

  private static final String OVERSIZE = "/oversize";
  private static final String CHUNKED = "/chunked";
  private static final String CONTENT_LENGTH = "content-length";

  /**
   * How much an edit may add to a body: four markers and a salt are well below 1 KiB. Envoy refuses
   * an edited body that its buffer does not hold.
   */
  static final int EDIT_ROOM_BYTES = 65_536;

  /**
   * {@code Route.request_body_buffer_limit}, which Envoy has since 1.36 and the library has not.
   */
  private static final int REQUEST_BODY_BUFFER_LIMIT = 20;

  private Routes() {}

  static RouteConfiguration routes(Config config, Decisions decisions) {
    Map<String, Pool> pools = new TreeMap<>();
    config.getPoolsList().forEach(pool -> pools.put(pool.getName(), pool));
    Map<String, Provider> providers = new TreeMap<>();
    config.getProvidersList().forEach(provider -> providers.put(provider.getName(), provider));

    VirtualHost.Builder host = VirtualHost.newBuilder().setName(NAME).addDomains("*");
    for (dev.warmpath.config.v1.Route route : config.getRoutesList()) {
      RouteAction action =
          switch (route.getToCase()) {
            case POOL ->
                toPool(
                    route,
                    named(pools, route.getPool(), route),
                    decisions.hashKey(route.getId()),
                    config.getEnvoy());
            case PROVIDER ->
                toProvider(named(providers, route.getProvider(), route), config.getEnvoy());
            case TO_NOT_SET ->
                throw new IllegalArgumentException(
                    "route: " + route.getId() + " (expected: to a pool or a provider)");
          };
      host.addAllRoutes(bySize(route, action, config.getEnvoy()));
    }
    return RouteConfiguration.newBuilder()
        .setName(NAME)
        .addVirtualHosts(host)
        // Else a route to a cluster that does not exist is taken, and answers 503.
        .setValidateClusters(bool(true))
        .build();
  }

  private static <T> T named(Map<String, T> all, String name, dev.warmpath.config.v1.Route route) {
    T found = all.get(name);
    if (found == null) {
      throw new IllegalArgumentException(
          "route: %s: to %s (expected: one of %s)".formatted(route.getId(), name, all.keySet()));
    }
    return found;
  }

  private static List<Route> bySize(
      dev.warmpath.config.v1.Route route, RouteAction action, Envoy envoy) {
    int maxBodyBytes = envoy.getMaxBodyBytes();
    boolean refuse =
        switch (envoy.getOversize()) {
          case REFUSE -> true;
          case PASS, OVERSIZE_UNSPECIFIED -> false;
          case UNRECOGNIZED ->
              throw new IllegalArgumentException("oversize: unknown (expected: PASS or REFUSE)");
        };

    Route.Builder oversize =
        Route.newBuilder()
            .setName(route.getId() + OVERSIZE)
            .setMatch(
                match(route)
                    .addHeaders(
                        HeaderMatcher.newBuilder()
                            .setName(CONTENT_LENGTH)
                            .setRangeMatch(
                                Int64Range.newBuilder()
                                    .setStart(maxBodyBytes + 1L)
                                    .setEnd(Long.MAX_VALUE))));
    if (refuse) {
      oversize
          .setDirectResponse(tooLarge(maxBodyBytes))
          .addResponseHeadersToAdd(
              HeaderValueOption.newBuilder()
                  .setHeader(
                      HeaderValue.newBuilder().setKey("content-type").setValue("application/json"))
                  .setAppendAction(HeaderValueOption.HeaderAppendAction.OVERWRITE_IF_EXISTS_OR_ADD))
          .putTypedPerFilterConfig(ExtProcFilters.DECIDE, ExtProcFilters.disabled());
    } else {
      oversize
          .setRoute(action)
          .addRequestHeadersToRemove("accept-encoding")
          .putTypedPerFilterConfig(
              ExtProcFilters.DECIDE, ExtProcFilters.requestBody(BodySendMode.NONE));
    }

    Route.Builder chunked =
        forwarding(
            route.getId() + CHUNKED,
            match(route)
                .addHeaders(
                    HeaderMatcher.newBuilder().setName(CONTENT_LENGTH).setPresentMatch(false)),
            action,
            maxBodyBytes);
    // A body of untold length shows only while it is read whether it is over the limit. To refuse
    // it then, it has to be buffered whole, by a filter that does so without the ext_proc service
    // too; to let it pass, only its beginning is read.
    if (refuse) {
      chunked.putTypedPerFilterConfig(Listeners.BUFFER, bufferUpTo(maxBodyBytes));
    } else {
      chunked.putTypedPerFilterConfig(
          ExtProcFilters.DECIDE, ExtProcFilters.requestBody(BodySendMode.BUFFERED_PARTIAL));
    }

    Route.Builder normal =
        forwarding(route.getId(), match(route), action, maxBodyBytes + (long) EDIT_ROOM_BYTES);
    // Only these requests are edited, so only their responses can have something to take out.
    if (route.getStreamUsage() == Mode.ACTIVE) {
      normal.putTypedPerFilterConfig(ExtProcFilters.DECIDE, ExtProcFilters.responses());
    }
    return List.of(oversize.build(), chunked.build(), normal.build());
  }

  private static Route.Builder forwarding(
      String name, RouteMatch.Builder match, RouteAction action, long bufferLimitBytes) {
    return Route.newBuilder()
        .setName(name)
        .setMatch(match)
        .setRoute(action)
        // Usage is read from the response as it passes, which a compressed one does not show.
        .addRequestHeadersToRemove("accept-encoding")
        .setUnknownFields(field(REQUEST_BODY_BUFFER_LIMIT, uint64(bufferLimitBytes)));
  }

  private static RouteMatch.Builder match(dev.warmpath.config.v1.Route route) {
    RouteMatch.Builder match = RouteMatch.newBuilder().setPrefix(route.getPathPrefix());
    new TreeMap<>(route.getHeadersMap())
        .forEach(
            (name, value) ->
                match.addHeaders(
                    HeaderMatcher.newBuilder()
                        .setName(name)
                        .setStringMatch(StringMatcher.newBuilder().setExact(value))));
    return match;
  }

  private static Any bufferUpTo(int maxBodyBytes) {
    return any(
        BufferPerRoute.newBuilder()
            .setBuffer(Buffer.newBuilder().setMaxRequestBytes(uint32(maxBodyBytes)))
            .build());
  }

  private static DirectResponseAction tooLarge(int maxBodyBytes) {
    String body =
        "{\"error\":{\"type\":\"request_too_large\",\"message\":\"The request body is larger than %d bytes.\"}}"
            .formatted(maxBodyBytes);
    return DirectResponseAction.newBuilder()
        .setStatus(413)
        .setBody(DataSource.newBuilder().setInlineString(body))
        .build();
  }

  private static RouteAction toPool(
      dev.warmpath.config.v1.Route route, Pool pool, HashKey key, Envoy envoy) {
    return action(pool.getName(), envoy.getStreamIdleTimeout())
        .addAllHashPolicy(hashPolicies(key, route.getSessionHeader()))
        .setRetryPolicy(RetryPolicies.pool(pool))
        .build();
  }

  private static RouteAction toProvider(Provider provider, Envoy envoy) {
    String defaultPort = provider.getPlaintext() ? ":80" : ":443";
    String authority = Address.parse(provider.getAddress()).toString();
    if (authority.endsWith(defaultPort)) {
      authority = authority.substring(0, authority.length() - defaultPort.length());
    }
    return action(provider.getName(), envoy.getStreamIdleTimeout())
        .setHostRewriteLiteral(authority)
        .setRetryPolicy(RetryPolicies.provider())
        .build();
  }

  private static RouteAction.Builder action(String cluster, Duration idleTimeout) {
    return RouteAction.newBuilder()
        .setCluster(cluster)
        // A stream lasts as long as the model speaks; only silence ends it.
        .setTimeout(Duration.getDefaultInstance())
        .setIdleTimeout(idleTimeout);
  }

  /**
   * The fallback's keys: what the service says, else the session, else none, which is any endpoint.
   * The first that is there ends the search; several would be mixed into one hash.
   */
  private static List<HashPolicy> hashPolicies(HashKey key, String sessionHeader) {
    var policies = new ArrayList<HashPolicy>();
    switch (key) {
      case ROOT -> policies.add(terminal(Names.KEY_ROOT));
      case CONVERSATION -> policies.add(terminal(Names.KEY_CONVERSATION));
      case SESSION -> {}
      case NONE -> {
        return policies;
      }
    }
    if (!sessionHeader.isEmpty()) {
      policies.add(terminal(sessionHeader));
    }
    return policies;
  }

  private static HashPolicy terminal(String header) {
    return HashPolicy.newBuilder()
        .setHeader(HashPolicy.Header.newBuilder().setHeaderName(header))
        .setTerminal(true)
        .build();
  }
}

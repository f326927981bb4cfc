package dev.warmpath.controlplane.snapshot;

import static dev.warmpath.controlplane.snapshot.Messages.any;
import static dev.warmpath.controlplane.snapshot.Messages.millis;
import static dev.warmpath.controlplane.snapshot.Messages.seconds;
import static dev.warmpath.controlplane.snapshot.Messages.uint32;

import dev.warmpath.config.v1.Pool;
import io.envoyproxy.envoy.config.route.v3.RetryPolicy;
import io.envoyproxy.envoy.config.route.v3.RetryPolicy.RateLimitedRetryBackOff;
import io.envoyproxy.envoy.config.route.v3.RetryPolicy.ResetHeader;
import io.envoyproxy.envoy.config.route.v3.RetryPolicy.ResetHeaderFormat;
import io.envoyproxy.envoy.config.route.v3.RetryPolicy.RetryBackOff;
import io.envoyproxy.envoy.config.route.v3.RetryPolicy.RetryHostPredicate;
import io.envoyproxy.envoy.extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate;

/** What is tried again, by lane. */
final class RetryPolicies {
  /** Longest that Envoy holds a request because a provider said {@code retry-after}. A guess. */
  private static final int MAX_RETRY_AFTER_SECONDS = 30;

  /**
   * How often a retry looks for an endpoint that was not tried yet. As facts were gathered with.
   */
  private static final int HOST_SELECTION_ATTEMPTS = 5;

  private RetryPolicies() {}

  /**
   * An engine that gave no response headers did nothing that anybody saw, so its request may go to
   * the next endpoint of the plan, whatever happened: no connection, a reset, a gateway's error, or
   * silence for {@code per_try_idle_timeout}. Each attempt takes the next of the listed endpoints;
   * at least one is made, so that a plan of one endpoint falls back on the hash.
   *
   * <p>{@code reset} is what makes Envoy retry after that silence. 500 is not retried: it may be
   * the request's own fault.
   */
  static RetryPolicy pool(Pool pool) {
    int retries = Math.max(1, pool.getListedEndpoints() - 1);
    return RetryPolicy.newBuilder()
        .setRetryOn("connect-failure,refused-stream,reset,retriable-status-codes")
        .addRetriableStatusCodes(502)
        .addRetriableStatusCodes(503)
        .addRetriableStatusCodes(504)
        .setNumRetries(uint32(retries))
        .setPerTryIdleTimeout(pool.getPerTryIdleTimeout())
        // Another endpoint does not have to recover first.
        .setRetryBackOff(
            RetryBackOff.newBuilder().setBaseInterval(millis(5)).setMaxInterval(millis(50)))
        .addRetryHostPredicate(
            RetryHostPredicate.newBuilder()
                .setName("envoy.retry_host_predicates.previous_hosts")
                .setTypedConfig(any(PreviousHostsPredicate.getDefaultInstance())))
        .setHostSelectionRetryMaxAttempts(HOST_SELECTION_ATTEMPTS)
        .build();
  }

  /**
   * A provider bills for what it did, so only what it surely did not do is tried again: no
   * connection, a refused stream, and its own words 429 (too many requests) and 529 (overloaded).
   * {@code retry-after} is honoured up to {@link #MAX_RETRY_AFTER_SECONDS}; where it is absent or
   * longer, Envoy knows only to back off by its own interval, once.
   */
  static RetryPolicy provider() {
    return RetryPolicy.newBuilder()
        .setRetryOn("connect-failure,refused-stream,retriable-status-codes")
        .addRetriableStatusCodes(429)
        .addRetriableStatusCodes(529)
        .setNumRetries(uint32(1))
        .setRetryBackOff(
            RetryBackOff.newBuilder().setBaseInterval(seconds(1)).setMaxInterval(seconds(10)))
        .setRateLimitedRetryBackOff(
            RateLimitedRetryBackOff.newBuilder()
                .addResetHeaders(
                    ResetHeader.newBuilder()
                        .setName("retry-after")
                        .setFormat(ResetHeaderFormat.SECONDS))
                .setMaxInterval(seconds(MAX_RETRY_AFTER_SECONDS)))
        .build();
  }
}

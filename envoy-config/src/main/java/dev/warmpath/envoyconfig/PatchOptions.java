package dev.warmpath.envoyconfig;

import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What to put into an Envoy.
 *
 * @param extProc the replicas; at least one
 * @param tls to them; null only if all are local
 * @param routeLimitBytes a longer body is not read
 * @param paths RE2 expression over the whole path with query: requests that may carry a prompt
 * @param listeners whose routes are handled; empty: all
 * @param clusters whose routes are handled; empty: all
 * @param overrideHost clusters whose endpoint the service picks
 * @param stripHeaders further request headers that clients may not send
 * @param forwardHeaders credentials that the service gets to see
 * @param extras what is added beyond the filters
 */
record PatchOptions(
    List<ExtProcAddress> extProc,
    @Nullable Tls tls,
    long routeLimitBytes,
    String paths,
    Set<String> listeners,
    Set<String> clusters,
    Set<String> overrideHost,
    List<String> stripHeaders,
    Set<String> forwardHeaders,
    Set<Extra> extras) {

  static final long DEFAULT_ROUTE_LIMIT_BYTES = 4 << 20;

  /** The two APIs that the service reads, below any prefix of a gateway. */
  static final String DEFAULT_PATHS = ".*(/chat/completions|/v1/messages)(\\?.*)?";

  /** Something that is added on demand. */
  enum Extra {
    /** Hash policies on the service's keys, before the route's own. */
    HASH,
    /** The access log over gRPC. */
    ACCESS_LOG,
    /**
     * Responses through the request filter, which takes the chunk with the usage out of streams.
     */
    STREAM_USAGE
  }

  /**
   * All are names of files on Envoy's machine.
   *
   * @param ca that signed the service's certificate
   * @param certificate that Envoy presents; null: none
   * @param key of that certificate
   * @param subject DNS name that the service's certificate has to bear
   */
  record Tls(String ca, @Nullable String certificate, @Nullable String key, String subject) {}

  /** The defaults, with one processor. */
  static PatchOptions of(ExtProcAddress extProc) {
    return new PatchOptions(
        List.of(extProc),
        null,
        DEFAULT_ROUTE_LIMIT_BYTES,
        DEFAULT_PATHS,
        Set.of(),
        Set.of(),
        Set.of(),
        List.of(),
        Set.of(),
        Set.of());
  }
}

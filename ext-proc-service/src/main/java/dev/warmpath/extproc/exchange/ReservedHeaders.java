package dev.warmpath.extproc.exchange;

/**
 * Names of the contract with Envoy: request headers that only Warmpath sets (Envoy removes them
 * from clients and again on the way upstream), and the metadata that override_host reads.
 */
final class ReservedHeaders {

  static final String KEY_ROOT = "x-warmpath-key-root";
  static final String KEY_CONVERSATION = "x-warmpath-key-conversation";
  static final String CONTENT_LENGTH = "content-length";

  /** Namespace and key of the metadata that lists endpoints, {@code ip:port[,ip:port…]}. */
  static final String ENDPOINT_NAMESPACE = "envoy.lb";

  static final String ENDPOINT_KEY = "x-gateway-destination-endpoint";

  private ReservedHeaders() {}
}

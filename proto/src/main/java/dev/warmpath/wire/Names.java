package dev.warmpath.wire;

import java.util.List;

/**
 * What request headers, metadata namespaces and their keys are called: the contract of the ext_proc
 * service with the Envoy that the control plane configures. Reserved headers are removed from what
 * clients send, and again on the way to each upstream.
 */
public final class Names {
  /** All our headers begin so; all such headers are reserved. */
  public static final String HEADER_PREFIX = "x-warmpath-";

  /** Hash key of tools and system prompt: 16 hex digits. */
  public static final String KEY_ROOT = HEADER_PREFIX + "key-root";

  /** Hash key of {@link #KEY_ROOT} and the first user turn: 16 hex digits. */
  public static final String KEY_CONVERSATION = HEADER_PREFIX + "key-conversation";

  /**
   * Metadata key of the picked endpoints, {@code ip:port[,ip:port…]}, best first; a header of this
   * name is reserved, too, since other gateways read one.
   */
  public static final String DESTINATION = "x-gateway-destination-endpoint";

  /** Namespace of {@link #DESTINATION}, which Envoy's override_host reads. */
  public static final String ENDPOINT_NAMESPACE = "envoy.lb";

  /** Namespace of what observer and access log need to know of a plan. */
  public static final String PLAN_NAMESPACE = "warmpath";

  /** Providers' headers that keep a session where it is cached; set where clients send none. */
  public static final List<String> SESSION_HEADERS =
      List.of("x-grok-conv-id", "x-session-affinity");

  private Names() {}
}

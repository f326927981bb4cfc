package dev.warmpath.controlplane.discovery;

import com.google.protobuf.Any;
import dev.warmpath.controlplane.snapshot.Resources;
import dev.warmpath.controlplane.snapshot.XdsType;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What one stream asked for of one type, what it was sent, and what it said to that.
 *
 * <p>Most types are sent whole, since state of the world means that of clusters and listeners what
 * is not there is gone. Secrets are sent one by one, each after the answer to the one before: Envoy
 * refuses a response as a whole, and the file of one secret that is missing on its machine shall
 * not keep the others out.
 *
 * <p>Owned by its {@link AdsStream}; not thread-safe.
 */
final class Subscription {
  private static final String WILDCARD = "*";

  /**
   * What to send.
   *
   * @param version names what the client has once it took them
   */
  record Batch(String version, Collection<Any> resources) {}

  private final XdsType type;
  private Set<String> names = Set.of();
  private boolean named;

  /** Version that the client had when it came; empty once that was looked at. */
  private String offeredVersion;

  /** Version of all resources of the type when the client was last sent, or known to have, its. */
  private String settled = "";

  /** What the client was sent last of each name. */
  private final Map<String, Any> sent = new HashMap<>();

  private String sentVersion = "";
  private String taken = "";
  private String nonce = "";
  private boolean unanswered;
  private boolean refused;

  Subscription(XdsType type, String offeredVersion) {
    this.type = type;
    this.offeredVersion = offeredVersion;
  }

  /** The client's whole list of names, as each request states it. */
  void names(Collection<String> requested) {
    named |= !requested.isEmpty();
    names = Set.copyOf(requested);
  }

  /**
   * A client that was here before has what it says it has. If that is what it would be sent, there
   * is nothing to send.
   *
   * @return whether it is
   */
  boolean resume(Resources all) {
    String offered = offeredVersion;
    offeredVersion = "";
    Resources wanted = wanted(all);
    if (offered.isEmpty() || !offered.equals(wanted.version())) {
      return false;
    }
    settled = all.version();
    taken = settled;
    sent.putAll(wanted.byName());
    return true;
  }

  /** What of all resources the client is to have. */
  Resources wanted(Resources all) {
    return isWildcard() ? all : all.only(names);
  }

  /**
   * All clusters or listeners: asked for by {@code *}, or by no name at all by who never named any.
   */
  private boolean isWildcard() {
    return switch (type) {
      case CLUSTER, LISTENER -> names.contains(WILDCARD) || (names.isEmpty() && !named);
      case SECRET, ENDPOINT, ROUTE -> false;
    };
  }

  /** Whether the client lacks anything of these resources that it asked for and may have now. */
  boolean isDue(Resources all) {
    Map<String, Any> wanted = wanted(all).byName();
    if (wanted.isEmpty()) {
      // Nothing of it exists. An empty answer would tell Envoy to drop what it has.
      return false;
    }
    return switch (type) {
      case SECRET -> !unanswered && wanted.entrySet().stream().anyMatch(this::lacks);
      case CLUSTER, ENDPOINT, LISTENER, ROUTE ->
          !settled.equals(all.version()) || !sent.keySet().containsAll(wanted.keySet());
    };
  }

  private boolean lacks(Map.Entry<String, Any> resource) {
    return !resource.getValue().equals(sent.get(resource.getKey()));
  }

  /** What to send now, if it is {@linkplain #isDue due}; counts as sent. */
  Batch send(Resources all, String newNonce) {
    Resources wanted = wanted(all);
    Batch batch =
        switch (type) {
          case SECRET -> nextOf(wanted);
          case CLUSTER, ENDPOINT, LISTENER, ROUTE -> {
            sent.clear();
            sent.putAll(wanted.byName());
            yield new Batch(wanted.version(), wanted.byName().values());
          }
        };
    settled = all.version();
    sentVersion = batch.version();
    nonce = newNonce;
    unanswered = true;
    return batch;
  }

  private Batch nextOf(Resources wanted) {
    sent.keySet().retainAll(wanted.byName().keySet());
    for (Map.Entry<String, Any> resource : wanted.byName().entrySet()) {
      if (lacks(resource)) {
        sent.put(resource.getKey(), resource.getValue());
        return new Batch(wanted.only(sent.keySet()).version(), List.of(resource.getValue()));
      }
    }
    throw new IllegalStateException("nothing is due");
  }

  /** Whether a request answers the last response. One that does not is older than that. */
  boolean answers(String responseNonce) {
    return nonce.equals(responseNonce);
  }

  /**
   * Takes note of the answer to the last response.
   *
   * @return false when it was answered before, so that this is a change of names only
   */
  boolean answered(boolean accepted) {
    if (!unanswered) {
      return false;
    }
    unanswered = false;
    refused = !accepted;
    if (accepted) {
      taken = settled;
    }
    return true;
  }

  /** Has what was refused be sent once more, because what it may have lacked is there now. */
  void retryIfRefused() {
    if (refused) {
      refused = false;
      settled = "";
    }
  }

  boolean isUnanswered() {
    return unanswered;
  }

  /** Whether the client has taken these. */
  boolean hasTaken(Resources all) {
    return taken.equals(all.version());
  }

  /** Version of the last response. */
  String sentVersion() {
    return sentVersion;
  }
}

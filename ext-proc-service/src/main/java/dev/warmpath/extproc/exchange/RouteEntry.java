package dev.warmpath.extproc.exchange;

import dev.warmpath.config.v1.Mode;
import dev.warmpath.extproc.prompt.Dialect;
import dev.warmpath.extproc.repair.Repairs;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A configured route as the data path reads it.
 *
 * @param id of the configuration
 * @param pathPrefix that a path must begin with
 * @param headers lower-case names and the values that they must have
 * @param target where its requests go
 * @param dialect of its bodies; null: by path
 * @param sessionHeader lower-case name of the header that names a session
 * @param mode how far a decision goes
 * @param percent of prefixes for which it goes so far; the others are only forecast
 * @param repair what is changed in prompts before that
 * @param streamUsage how far asking for the usage of streams goes
 */
record RouteEntry(
    String id,
    String pathPrefix,
    Map<String, String> headers,
    Target target,
    @Nullable Dialect dialect,
    String sessionHeader,
    Mode mode,
    double percent,
    Repair repair,
    Mode streamUsage) {

  /**
   * The repairs of a route.
   *
   * @param mode how far they go
   */
  record Repair(Mode mode, Repairs repairs) {
    static final Repair NONE = new Repair(Mode.OFF, Repairs.NONE);
  }

  /** Where requests go, and so what is decided for them. */
  sealed interface Target {
    /** The Envoy cluster. */
    String cluster();
  }

  /**
   * A pool of engines: the endpoint is picked.
   *
   * @param tenantIsolated tenants don't share cached blocks
   */
  record PoolTarget(String cluster, boolean tenantIsolated) implements Target {}

  /**
   * An account at a provider: breakpoints are marked.
   *
   * @param catalogue the provider whose rows of the catalogue speak of it
   * @param cacheScope whose cache it is
   * @param credential that the provider sees
   * @param padding of system prompts
   */
  record ProviderTarget(
      String cluster, String catalogue, String cacheScope, Credential credential, Padding padding)
      implements Target {}

  /**
   * Lengthening of system prompts that are too short to be cached.
   *
   * @param mode how far it goes
   * @param maxTokens longest, by estimate
   */
  record Padding(Mode mode, int maxTokens) {
    static final Padding NONE = new Padding(Mode.OFF, 0);
  }

  /** By what a provider knows whose account a request is for. */
  enum Credential {
    /** The client's own, which is passed on, so that the tenant is the account. */
    OF_CLIENT,
    /** One of the configuration. */
    CONFIGURED,
    /** AWS's signature, which Envoy makes after every edit; what the client signed is taken out. */
    AWS_SIGNATURE
  }

  /** Whether Envoy puts a signature of AWS over the body in place of the client's. */
  boolean isSignedByEnvoy() {
    return target instanceof ProviderTarget provider
        && provider.credential() == Credential.AWS_SIGNATURE;
  }

  String lane() {
    return switch (target) {
      case PoolTarget _ -> "pool";
      case ProviderTarget _ -> "provider";
    };
  }
}

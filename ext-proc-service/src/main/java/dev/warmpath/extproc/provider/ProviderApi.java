package dev.warmpath.extproc.provider;

import dev.warmpath.extproc.prompt.Dialect;
import java.util.List;
import java.util.Optional;

/**
 * A row of the {@link Catalogue}: what one API of a provider does, where its models don't differ.
 * Immutable.
 *
 * @param provider its name
 * @param dialect what its bodies are
 * @param endpoint where it is, as the provider writes it; empty: not told
 * @param cache how it caches
 * @param usage how its responses tell what was cached; empty: not known
 * @param rejections what it refuses, as far as that is known
 * @param origin where all this comes from
 */
public record ProviderApi(
    String provider,
    Dialect dialect,
    String endpoint,
    CacheRules cache,
    Optional<UsageFields> usage,
    List<Rejection> rejections,
    Origin origin) {
  public ProviderApi {
    rejections = List.copyOf(rejections);
  }
}

package dev.warmpath.extproc.provider;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * How a cache is written and read. What is empty is not known. Immutable.
 *
 * @param mechanisms what makes it write and find; none: not known, so that nothing is injected
 * @param sessionHeader of {@link Mechanism#SESSION_HEADER}, else empty
 * @param maxMarkers markers that a request may carry, the client's included
 * @param lookbackBlocks content blocks that a marker looks back over for an earlier one
 * @param lifetimes the first is that of requests that don't ask for one
 * @param refresh what begins a lifetime anew
 * @param stickiness whether a lifetime is a promise
 * @param decay what was measured of that, ascending by gap
 * @param isolation who shares an entry
 * @param longestFirst markers of longer lifetimes must come before those of shorter ones
 * @param markersEndAutomatic a request with a marker is not cached automatically, too
 * @param maxKeyChars of a {@code prompt_cache_key}
 * @param keyRate past which one key's requests scatter
 * @param factors prices as multiples of that of input, where prices themselves are not known
 */
public record CacheRules(
    Set<Mechanism> mechanisms,
    String sessionHeader,
    OptionalInt maxMarkers,
    OptionalInt lookbackBlocks,
    List<Lifetime> lifetimes,
    Optional<Refresh> refresh,
    Optional<Stickiness> stickiness,
    List<Decay> decay,
    Optional<Isolation> isolation,
    Optional<Boolean> longestFirst,
    Optional<Boolean> markersEndAutomatic,
    OptionalInt maxKeyChars,
    Optional<KeyRate> keyRate,
    Optional<PriceFactors> factors) {

  /** Nothing is known. */
  public static final CacheRules UNKNOWN =
      new CacheRules(
          Set.of(),
          "",
          OptionalInt.empty(),
          OptionalInt.empty(),
          List.of(),
          Optional.empty(),
          Optional.empty(),
          List.of(),
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          OptionalInt.empty(),
          Optional.empty(),
          Optional.empty());

  /** What begins a lifetime anew. */
  public enum Refresh {
    /** Each use. */
    USE,
    /** Nothing: it ends when it was said to. */
    NOTHING
  }

  /** Whether a lifetime is a promise. */
  public enum Stickiness {
    /** An entry is there for as long as it lives. */
    KEPT,
    /** It may be gone at any time. */
    BEST_EFFORT
  }

  /** Who shares an entry. */
  public enum Isolation {
    /** One workspace. */
    WORKSPACE,
    /** One organization. */
    ORGANIZATION
  }

  /**
   * What was measured.
   *
   * @param gap since the last use
   * @param found share of entries that are still there
   */
  public record Decay(Duration gap, double found) {}

  /**
   * Requests with one key and one prefix.
   *
   * @param origin null: that of the row
   */
  public record KeyRate(int perMinute, @Nullable Origin origin) {}

  public CacheRules {
    mechanisms = Set.copyOf(mechanisms);
    lifetimes = List.copyOf(lifetimes);
    decay = List.copyOf(decay);
  }

  /** These, and of the others what these leave out. */
  public CacheRules orElse(CacheRules others) {
    return new CacheRules(
        mechanisms.isEmpty() ? others.mechanisms : mechanisms,
        sessionHeader.isEmpty() ? others.sessionHeader : sessionHeader,
        maxMarkers.isPresent() ? maxMarkers : others.maxMarkers,
        lookbackBlocks.isPresent() ? lookbackBlocks : others.lookbackBlocks,
        lifetimes.isEmpty() ? others.lifetimes : lifetimes,
        refresh.or(() -> others.refresh),
        stickiness.or(() -> others.stickiness),
        decay.isEmpty() ? others.decay : decay,
        isolation.or(() -> others.isolation),
        longestFirst.or(() -> others.longestFirst),
        markersEndAutomatic.or(() -> others.markersEndAutomatic),
        maxKeyChars.isPresent() ? maxKeyChars : others.maxKeyChars,
        keyRate.or(() -> others.keyRate),
        factors.or(() -> others.factors));
  }
}

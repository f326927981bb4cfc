package dev.warmpath.extproc.provider;

import dev.warmpath.extproc.prompt.Dialect;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A row of the {@link Catalogue}: what models whose name matches cache at an API of a provider, and
 * what they cost. Immutable.
 *
 * @param provider empty: not told
 * @param pattern of the model's name; {@code *} stands for any characters, none included
 * @param dialect the API that the row speaks of
 * @param minimum the shortest prefix that is cached; null: not known
 * @param cache how it is cached, the API's own rules included
 * @param api what is known of the API whatever the model; null: nothing
 * @param priceLists ascending by {@link PriceList#from}; empty: prices are not known
 * @param origin where the numbers come from; null: nobody told
 * @param day of which {@link #prices(long)} speaks
 */
public record ModelEntry(
    String provider,
    String pattern,
    Dialect dialect,
    @Nullable Minimum minimum,
    CacheRules cache,
    @Nullable ProviderApi api,
    List<PriceList> priceLists,
    @Nullable Origin origin,
    LocalDate day) {

  public ModelEntry {
    if (pattern.isEmpty()) {
      throw new IllegalArgumentException("pattern: empty (expected: a model's name or pattern)");
    }
    priceLists = List.copyOf(priceLists);
    for (int i = 1; i < priceLists.size(); i++) {
      LocalDate before = priceLists.get(i - 1).from();
      if (!priceLists.get(i).from().isAfter(before)) {
        throw new IllegalArgumentException(
            "priceLists: %s after %s (expected: ascending)"
                .formatted(priceLists.get(i).from(), before));
      }
    }
  }

  /**
   * A row of numbers alone.
   *
   * @param minCacheTokens 0: not known
   * @param maxMarkers 0: none
   * @param lookbackBlocks 0: not known
   * @param tiers prices of all days; empty: not known
   * @param effective the day from which they hold; empty: not told
   * @param source where the numbers come from; empty: not told
   */
  public ModelEntry(
      String pattern,
      Dialect dialect,
      int minCacheTokens,
      int maxMarkers,
      int lookbackBlocks,
      List<PriceTier> tiers,
      String effective,
      String source) {
    this(
        "",
        pattern,
        dialect,
        minCacheTokens == 0 ? null : Minimum.of(minCacheTokens),
        rules(maxMarkers, lookbackBlocks),
        null,
        tiers.isEmpty()
            ? List.of()
            : List.of(new PriceList(day(effective), tiers, OptionalDouble.empty(), null)),
        source.isEmpty() ? null : new Origin(source, day(effective), Evidence.SECONDARY),
        LocalDate.MAX);
  }

  private static LocalDate day(String effective) {
    return effective.isEmpty() ? LocalDate.EPOCH : LocalDate.parse(effective);
  }

  private static CacheRules rules(int maxMarkers, int lookbackBlocks) {
    CacheRules none = CacheRules.UNKNOWN;
    return new CacheRules(
        none.mechanisms(),
        none.sessionHeader(),
        OptionalInt.of(maxMarkers),
        lookbackBlocks == 0 ? OptionalInt.empty() : OptionalInt.of(lookbackBlocks),
        none.lifetimes(),
        none.refresh(),
        none.stickiness(),
        none.decay(),
        none.isolation(),
        none.longestFirst(),
        none.markersEndAutomatic(),
        none.maxKeyChars(),
        none.keyRate(),
        none.factors());
  }

  /** The same row, whose {@link #prices(long)} are those of a day. */
  ModelEntry on(LocalDate other) {
    return other.equals(day)
        ? this
        : new ModelEntry(
            provider, pattern, dialect, minimum, cache, api, priceLists, origin, other);
  }

  /** Whether the row speaks of a provider; empty: of any. */
  boolean isOf(String name) {
    return name.isEmpty() || provider.isEmpty() || provider.equals(name);
  }

  /** Whether the row is of this model. */
  boolean matches(Dialect spoken, String model) {
    return spoken == dialect && Catalogue.matches(pattern, model);
  }

  /**
   * Tokens of the shortest prefix that is cached, its lower bound where only bounds are known; 0:
   * not known, so that no minimum is assumed.
   */
  public int minCacheTokens() {
    return minimum == null ? 0 : minimum.tokens();
  }

  /** Markers that a request may carry; 0: it must carry none, or nobody knows how many it may. */
  public int maxMarkers() {
    return cache.maxMarkers().orElse(0);
  }

  /** Content blocks that a marker looks back over for an earlier one; 0: not known. */
  public int lookbackBlocks() {
    return cache.lookbackBlocks().orElse(0);
  }

  /** The day from which the prices in force hold, as {@code 2026-11-01}; empty: none are known. */
  public String effective() {
    return priceList(day).map(list -> list.from().toString()).orElse("");
  }

  /** Where the numbers come from; empty if not told. */
  public String source() {
    return origin == null ? "" : origin.source();
  }

  /**
   * Where anything that it says comes from, its API's row left out: that of the row first, then
   * those of its parts that have one of their own, price lists of other days included.
   */
  public List<Origin> origins() {
    List<@Nullable Origin> all = new ArrayList<>();
    all.add(origin);
    all.add(minimum == null ? null : minimum.origin());
    all.add(cache.keyRate().map(CacheRules.KeyRate::origin).orElse(null));
    all.add(cache.factors().map(PriceFactors::origin).orElse(null));
    priceLists.forEach(list -> all.add(list.origin()));
    return all.stream().flatMap(Stream::ofNullable).toList();
  }

  /** Whether any of it ought to be looked up again. */
  public boolean isStale(LocalDate today) {
    return origins().stream().anyMatch(each -> each.isStale(today));
  }

  /**
   * The price list in force on a day: the last that does not begin after it. Of days before the
   * first nothing else is known, so that it speaks for them, too.
   */
  public Optional<PriceList> priceList(LocalDate on) {
    if (priceLists.isEmpty()) {
      return Optional.empty();
    }
    PriceList held = priceLists.getFirst();
    for (PriceList list : priceLists) {
      if (!list.from().isAfter(on)) {
        held = list;
      }
    }
    return Optional.of(held);
  }

  /**
   * What reading and writing cost as multiples of input: by the prices of the request's length,
   * where they are known, else as the row says. Empty: nobody knows what pays.
   *
   * @param inputTokens as for {@link #prices(long)}
   */
  public Optional<PriceFactors> factors(long inputTokens) {
    return prices(inputTokens)
        .map(PriceFactors::of)
        .filter(PriceFactors::isKnown)
        .or(cache::factors)
        .filter(PriceFactors::isKnown);
  }

  /**
   * What a token costs, in those of input, that the model has cached by itself; {@code NaN}: it
   * does nothing by itself.
   */
  public double automaticRead(PriceFactors factors) {
    if (!has(Mechanism.AUTOMATIC)) {
      return Double.NaN;
    }
    return Double.isNaN(factors.automaticRead()) ? factors.read() : factors.automaticRead();
  }

  /** Whether the row names a mechanism. */
  public boolean has(Mechanism mechanism) {
    return cache.mechanisms().contains(mechanism);
  }

  /**
   * Prices of a request of the day that the row speaks of.
   *
   * @param inputTokens its whole input, cached tokens included; below 0: unknown, and then only a
   *     model with one tier has a price
   */
  public Optional<Prices> prices(long inputTokens) {
    Optional<PriceList> list = priceList(day);
    if (list.isEmpty()) {
      return Optional.empty();
    }
    List<PriceTier> tiers = list.get().tiers();
    if (inputTokens < 0 && tiers.size() > 1) {
      return Optional.empty();
    }
    PriceTier held = tiers.getFirst();
    for (PriceTier tier : tiers) {
      if (inputTokens > tier.aboveTokens()) {
        held = tier;
      }
    }
    return Optional.ofNullable(held.prices());
  }
}

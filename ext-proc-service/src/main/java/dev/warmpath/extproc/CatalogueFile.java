package dev.warmpath.extproc;

import com.google.protobuf.Duration;
import com.google.protobuf.util.Durations;
import dev.warmpath.config.CatalogueReader;
import dev.warmpath.config.ConfigException;
import dev.warmpath.config.v1.Api;
import dev.warmpath.config.v1.Model;
import dev.warmpath.config.v1.ModelCatalogue;
import dev.warmpath.extproc.exchange.Apis;
import dev.warmpath.extproc.prompt.Dialect;
import dev.warmpath.extproc.provider.CacheRules;
import dev.warmpath.extproc.provider.CacheRules.Decay;
import dev.warmpath.extproc.provider.CacheRules.Isolation;
import dev.warmpath.extproc.provider.CacheRules.KeyRate;
import dev.warmpath.extproc.provider.CacheRules.Refresh;
import dev.warmpath.extproc.provider.CacheRules.Stickiness;
import dev.warmpath.extproc.provider.Catalogue;
import dev.warmpath.extproc.provider.CatalogueRows;
import dev.warmpath.extproc.provider.Evidence;
import dev.warmpath.extproc.provider.Lifetime;
import dev.warmpath.extproc.provider.Mechanism;
import dev.warmpath.extproc.provider.Minimum;
import dev.warmpath.extproc.provider.ModelEntry;
import dev.warmpath.extproc.provider.Origin;
import dev.warmpath.extproc.provider.PriceFactors;
import dev.warmpath.extproc.provider.PriceList;
import dev.warmpath.extproc.provider.PriceTier;
import dev.warmpath.extproc.provider.Prices;
import dev.warmpath.extproc.provider.ProviderApi;
import dev.warmpath.extproc.provider.Rejection;
import dev.warmpath.extproc.provider.UsageFields;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Makes what a {@link Catalogue} holds: rows of the configuration first, then those of its
 * catalogue file, then those shipped in {@value #SHIPPED}. This is the one place that knows how
 * rows are written down; {@code provider} itself knows neither files nor messages. Stateless.
 */
public final class CatalogueFile {

  static final String SHIPPED = "/dev/warmpath/extproc/provider/catalogue.yaml";

  /** As faults name rows of the configuration. */
  private static final String CONFIGURATION = "configuration";

  private CatalogueFile() {}

  /**
   * The shipped rows behind those of a configuration, with their latest prices.
   *
   * @param configured rows of the configuration, checked by its reader
   */
  public static Catalogue load(List<Model> configured) {
    try {
      return Catalogue.of(read(configured, null), LocalDate.MAX);
    } catch (ConfigException e) {
      throw new IllegalArgumentException(e.getMessage(), e);
    }
  }

  /**
   * Everything there is.
   *
   * @param configured rows of the configuration, checked by its reader
   * @param file with more rows; null: none
   * @throws ConfigException with every fault of the file, or of what the configuration names
   */
  public static CatalogueRows read(List<Model> configured, @Nullable Path file)
      throws ConfigException {
    ModelCatalogue shipped = shipped();
    ModelCatalogue ofFile =
        file == null
            ? ModelCatalogue.getDefaultInstance()
            : CatalogueReader.read(file, shipped.getProviderApisList());
    return join(configured, ofFile, shipped);
  }

  /** As {@link #read}, of a file's text. */
  static CatalogueRows parse(List<Model> configured, String yaml, String name)
      throws ConfigException {
    ModelCatalogue shipped = shipped();
    return join(
        configured, CatalogueReader.parse(yaml, name, shipped.getProviderApisList()), shipped);
  }

  private static ModelCatalogue shipped() {
    try (InputStream in = CatalogueFile.class.getResourceAsStream(SHIPPED)) {
      if (in == null) {
        throw new IllegalStateException(SHIPPED + ": not on the class path (expected: in our jar)");
      }
      return CatalogueReader.parse(
          new String(in.readAllBytes(), StandardCharsets.UTF_8), SHIPPED, List.of());
    } catch (IOException e) {
      throw new UncheckedIOException(SHIPPED, e);
    } catch (ConfigException e) {
      throw new IllegalStateException(e.getMessage(), e);
    }
  }

  private static CatalogueRows join(
      List<Model> configured, ModelCatalogue file, ModelCatalogue shipped) throws ConfigException {
    List<ProviderApi> apis = new ArrayList<>();
    List<dev.warmpath.config.v1.ProviderApi> known = new ArrayList<>(file.getProviderApisList());
    known.addAll(shipped.getProviderApisList());
    CatalogueReader.checkApis(
        ModelCatalogue.newBuilder().addAllModels(configured).build(), CONFIGURATION, known);
    for (var message : known) {
      ProviderApi api = api(message);
      if (find(apis, api.provider(), api.dialect()) == null) {
        apis.add(api);
      }
    }
    List<ModelEntry> rows = new ArrayList<>();
    for (List<Model> models : List.of(configured, file.getModelsList(), shipped.getModelsList())) {
      for (Model model : models) {
        entries(model, apis, rows);
      }
    }
    return new CatalogueRows(apis, rows);
  }

  private static @Nullable ProviderApi find(
      List<ProviderApi> apis, String provider, Dialect dialect) {
    for (ProviderApi api : apis) {
      if (api.provider().equals(provider) && api.dialect() == dialect) {
        return api;
      }
    }
    return null;
  }

  private static void entries(Model model, List<ProviderApi> apis, List<ModelEntry> out) {
    CacheRules own = rules(model.getCache());
    Minimum minimum = model.hasMinimum() ? minimum(model.getMinimum()) : null;
    Origin origin = origin(model.hasOrigin(), model.getOrigin());
    List<PriceList> prices = model.getPricesList().stream().map(CatalogueFile::priceList).toList();
    for (Api spoken : model.getApisList()) {
      Dialect dialect = dialect(spoken);
      ProviderApi api = find(apis, model.getProvider(), dialect);
      CacheRules cache = api == null ? own : own.orElse(api.cache());
      for (String pattern : model.getPatternsList()) {
        out.add(
            new ModelEntry(
                model.getProvider(),
                pattern,
                dialect,
                minimum,
                cache,
                api,
                prices,
                origin,
                LocalDate.MAX));
      }
    }
  }

  private static Dialect dialect(Api api) {
    Dialect dialect = Apis.dialect(api);
    if (dialect == null) {
      throw new IllegalArgumentException(
          api + " (expected: an API that the reader has let through)");
    }
    return dialect;
  }

  private static ProviderApi api(dev.warmpath.config.v1.ProviderApi api) {
    return new ProviderApi(
        api.getProvider(),
        dialect(api.getApi()),
        api.getEndpoint(),
        rules(api.getCache()),
        api.hasUsage() ? Optional.of(usage(api.getUsage())) : Optional.empty(),
        api.getRejectionsList().stream()
            .map(
                each ->
                    new Rejection(
                        each.getField(), each.getWhen(), each.getStatusesList(), each.getText()))
            .toList(),
        origin(api.getOrigin()));
  }

  private static Minimum minimum(dev.warmpath.config.v1.Minimum minimum) {
    return new Minimum(
        minimum.getTokens(),
        minimum.hasAtMostTokens() ? minimum.getAtMostTokens() : minimum.getTokens(),
        minimum.getStepTokens(),
        origin(minimum.hasOrigin(), minimum.getOrigin()));
  }

  private static CacheRules rules(dev.warmpath.config.v1.CacheRules rules) {
    return new CacheRules(
        rules.getMechanismsList().stream()
            .map(CatalogueFile::mechanism)
            .collect(Collectors.toSet()),
        rules.getSessionHeader(),
        optional(rules.hasMaxMarkers(), rules.getMaxMarkers()),
        optional(rules.hasLookbackBlocks(), rules.getLookbackBlocks()),
        rules.getLifetimesList().stream()
            .map(
                each ->
                    new Lifetime(
                        each.getTtl(),
                        duration(each.hasAtLeast(), each.getAtLeast()),
                        duration(each.hasAtMost(), each.getAtMost())))
            .toList(),
        switch (rules.getRefreshedBy()) {
          case USE -> Optional.of(Refresh.USE);
          case NOTHING -> Optional.of(Refresh.NOTHING);
          case REFRESH_UNSPECIFIED, UNRECOGNIZED -> Optional.empty();
        },
        switch (rules.getStickiness()) {
          case KEPT -> Optional.of(Stickiness.KEPT);
          case BEST_EFFORT -> Optional.of(Stickiness.BEST_EFFORT);
          case STICKINESS_UNSPECIFIED, UNRECOGNIZED -> Optional.empty();
        },
        rules.getDecayList().stream()
            .map(each -> new Decay(duration(each.getGap()), each.getFound()))
            .toList(),
        switch (rules.getIsolation()) {
          case WORKSPACE -> Optional.of(Isolation.WORKSPACE);
          case ORGANIZATION -> Optional.of(Isolation.ORGANIZATION);
          case ISOLATION_UNSPECIFIED, UNRECOGNIZED -> Optional.empty();
        },
        rules.hasLongestLifetimeFirst()
            ? Optional.of(rules.getLongestLifetimeFirst())
            : Optional.empty(),
        rules.hasMarkersEndAutomatic()
            ? Optional.of(rules.getMarkersEndAutomatic())
            : Optional.empty(),
        optional(rules.hasMaxKeyChars(), rules.getMaxKeyChars()),
        rules.hasMaxKeyRate()
            ? Optional.of(
                new KeyRate(
                    rules.getMaxKeyRate().getPerMinute(),
                    origin(rules.getMaxKeyRate().hasOrigin(), rules.getMaxKeyRate().getOrigin())))
            : Optional.empty(),
        rules.hasPriceFactors() ? Optional.of(factors(rules.getPriceFactors())) : Optional.empty());
  }

  private static PriceFactors factors(dev.warmpath.config.v1.PriceFactors factors) {
    return new PriceFactors(
        known(factors.hasRead(), factors.getRead()),
        known(factors.hasWrite(), factors.getWrite()),
        known(factors.hasWrite1H(), factors.getWrite1H()),
        known(factors.hasAutomaticRead(), factors.getAutomaticRead()),
        origin(factors.hasOrigin(), factors.getOrigin()));
  }

  private static Mechanism mechanism(dev.warmpath.config.v1.CacheRules.Mechanism mechanism) {
    return switch (mechanism) {
      case AUTOMATIC -> Mechanism.AUTOMATIC;
      case CACHE_CONTROL -> Mechanism.CACHE_CONTROL;
      case CACHE_CONTROL_TOP_LEVEL -> Mechanism.CACHE_CONTROL_TOP_LEVEL;
      case CACHE_POINT -> Mechanism.CACHE_POINT;
      case PROMPT_CACHE_BREAKPOINT -> Mechanism.PROMPT_CACHE_BREAKPOINT;
      case PROMPT_CACHE_OPTIONS -> Mechanism.PROMPT_CACHE_OPTIONS;
      case PROMPT_CACHE_KEY -> Mechanism.PROMPT_CACHE_KEY;
      case SESSION_HEADER -> Mechanism.SESSION_HEADER;
      case SESSION_ID -> Mechanism.SESSION_ID;
      case USER -> Mechanism.USER;
      case CACHED_CONTENTS -> Mechanism.CACHED_CONTENTS;
      case MECHANISM_UNSPECIFIED, UNRECOGNIZED ->
          throw new IllegalArgumentException(
              mechanism + " (expected: a mechanism that the reader has let through)");
    };
  }

  private static UsageFields usage(dev.warmpath.config.v1.UsageFields usage) {
    return new UsageFields(
        switch (usage.getInputIs()) {
          case UNCACHED -> UsageFields.Input.UNCACHED;
          case ALL -> UsageFields.Input.ALL;
          case MISSED -> UsageFields.Input.MISSED;
          case INPUT_UNSPECIFIED, UNRECOGNIZED ->
              throw new IllegalArgumentException(
                  usage.getInputIs() + " (expected: what the reader has let through)");
        },
        usage.getInput(),
        usage.getRead(),
        usage.getWritten(),
        origin(usage.hasOrigin(), usage.getOrigin()));
  }

  private static PriceList priceList(dev.warmpath.config.v1.PriceList list) {
    return new PriceList(
        LocalDate.parse(list.getFrom()),
        list.getTiersList().stream()
            .map(
                tier ->
                    new PriceTier(tier.getAboveTokens(), prices(tier, list.getWritesAreInput())))
            .toList(),
        list.hasBatchFactor() ? OptionalDouble.of(list.getBatchFactor()) : OptionalDouble.empty(),
        origin(list.hasOrigin(), list.getOrigin()));
  }

  /** Null where only the tier's bound is known. */
  private static @Nullable Prices prices(
      dev.warmpath.config.v1.PriceTier tier, boolean writesAreInput) {
    if (tier.toBuilder().clearAboveTokens().build().getSerializedSize() == 0) {
      return null;
    }
    double input = known(tier.hasInputUsd(), tier.getInputUsd());
    return new Prices(
        input,
        known(tier.hasOutputUsd(), tier.getOutputUsd()),
        known(tier.hasReadUsd(), tier.getReadUsd()),
        writesAreInput ? input : known(tier.hasWriteUsd(), tier.getWriteUsd()),
        writesAreInput ? input : known(tier.hasWrite1HUsd(), tier.getWrite1HUsd()),
        known(tier.hasStorageUsdPerHour(), tier.getStorageUsdPerHour()));
  }

  private static double known(boolean isSet, double value) {
    return isSet ? value : Double.NaN;
  }

  private static @Nullable Origin origin(boolean isSet, dev.warmpath.config.v1.Origin origin) {
    return isSet ? origin(origin) : null;
  }

  private static Origin origin(dev.warmpath.config.v1.Origin origin) {
    return new Origin(
        origin.getSource(),
        LocalDate.parse(origin.getVerified()),
        switch (origin.getEvidence()) {
          case PRIMARY -> Evidence.PRIMARY;
          case SECONDARY -> Evidence.SECONDARY;
          case MEMORY -> Evidence.MEMORY;
          case EVIDENCE_UNSPECIFIED, UNRECOGNIZED ->
              throw new IllegalArgumentException(
                  origin.getEvidence() + " (expected: what the reader has let through)");
        });
  }

  private static OptionalInt optional(boolean isSet, int value) {
    return isSet ? OptionalInt.of(value) : OptionalInt.empty();
  }

  private static Optional<java.time.Duration> duration(boolean isSet, Duration duration) {
    return isSet ? Optional.of(duration(duration)) : Optional.empty();
  }

  private static java.time.Duration duration(Duration duration) {
    return java.time.Duration.ofNanos(Durations.toNanos(duration));
  }
}

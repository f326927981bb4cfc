package dev.warmpath.extproc.explain;

import dev.warmpath.config.ConfigException;
import dev.warmpath.config.ConfigFile;
import dev.warmpath.config.v1.Model;
import dev.warmpath.extproc.CatalogueFile;
import dev.warmpath.extproc.provider.CacheRules;
import dev.warmpath.extproc.provider.CatalogueRows;
import dev.warmpath.extproc.provider.Lifetime;
import dev.warmpath.extproc.provider.Mechanism;
import dev.warmpath.extproc.provider.Minimum;
import dev.warmpath.extproc.provider.ModelEntry;
import dev.warmpath.extproc.provider.Origin;
import dev.warmpath.extproc.provider.PriceFactors;
import dev.warmpath.extproc.provider.PriceList;
import dev.warmpath.extproc.provider.Prices;
import dev.warmpath.extproc.provider.ProviderApi;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code warmpath catalogue}: what is known of providers and models, row by row. */
@Command(
    name = "warmpath catalogue",
    sortOptions = false,
    description = {
      "Lists what is known of providers' caches and of models, in the order in which rows are"
          + " asked: those of a configuration, of a catalogue file, and the shipped ones.",
      "A dash, or null, is what is not known. Prices are US dollars for a million tokens."
    },
    exitCodeListHeading = "Exit codes:%n",
    exitCodeList = {"0:listed", "1:a file with at least one fault", "2:wrong usage"})
public final class CatalogueListing implements Callable<Integer> {

  private static final String UNKNOWN = "-";

  @Option(
      names = "--provider",
      defaultValue = "",
      paramLabel = "NAME",
      description = "Only rows of this provider, as anthropic.")
  private String provider = "";

  @Option(
      names = "--stale",
      description = "Only rows that were last verified more than 90 days ago, or never.")
  private boolean isStaleOnly;

  @Option(
      names = "--file",
      paramLabel = "FILE",
      description = "A catalogue file; names its faults, if it has any.")
  private @Nullable Path file;

  @Option(
      names = "--config",
      paramLabel = "FILE",
      description = "A configuration: its `models`, and its catalogue file unless --file is given.")
  private @Nullable Path configFile;

  @Option(names = "--json", description = "Prints JSON.")
  private boolean isJson;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Prints this.")
  @SuppressWarnings("UnusedVariable") // picocli reads it
  private boolean isHelpWanted;

  @Spec private CommandSpec spec;

  private final LocalDate today;

  private CatalogueListing(LocalDate today) {
    this.today = today;
    spec = CommandSpec.create();
  }

  public static void main(String[] arguments) {
    System.exit(commandLine(LocalDate.now(ZoneOffset.UTC)).execute(arguments));
  }

  /** For tests: another day, and writes where the caller sets it. */
  static CommandLine commandLine(LocalDate today) {
    return new CommandLine(new CatalogueListing(today));
  }

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    PrintWriter err = spec.commandLine().getErr();
    try {
      List<Model> configured = List.of();
      Path catalogue = file;
      if (configFile != null) {
        var config = ConfigFile.read(configFile);
        configured = config.getModelsList();
        String named = config.getExtProc().getCatalogueFile();
        catalogue = catalogue == null && !named.isEmpty() ? Path.of(named) : catalogue;
      }
      CatalogueRows rows = CatalogueFile.read(configured, catalogue);
      List<ProviderApi> apis = rows.apis().stream().filter(this::isAskedFor).toList();
      List<ModelEntry> models = rows.models().stream().filter(this::isAskedFor).toList();
      out.print(isJson ? json(apis, models) : text(apis, models));
      return 0;
    } catch (ConfigException e) {
      e.faults().forEach(err::println);
      return 1;
    } finally {
      out.flush();
      err.flush();
    }
  }

  private boolean isAskedFor(ProviderApi api) {
    boolean isStale =
        api.origin().isStale(today)
            || api.usage()
                .flatMap(usage -> Optional.ofNullable(usage.origin()))
                .filter(origin -> origin.isStale(today))
                .isPresent();
    return isAskedFor(api.provider()) && (!isStaleOnly || isStale);
  }

  private boolean isAskedFor(ModelEntry row) {
    return isAskedFor(row.provider())
        && (!isStaleOnly || row.origin() == null || row.isStale(today));
  }

  private boolean isAskedFor(String name) {
    return provider.isEmpty() || name.equals(provider.toLowerCase(Locale.ROOT));
  }

  private String text(List<ProviderApi> apis, List<ModelEntry> models) {
    List<List<String>> ofApis = new ArrayList<>();
    ofApis.add(
        List.of("PROVIDER", "API", "CACHED BY", "SHARED BY", "INPUT IS", "VERIFIED", "EVIDENCE"));
    for (ProviderApi api : apis) {
      ofApis.add(
          List.of(
              api.provider(),
              api.dialect().label(),
              mechanisms(api.cache()),
              api.cache().isolation().map(CatalogueListing::label).orElse(UNKNOWN),
              api.usage().map(usage -> label(usage.inputIs())).orElse(UNKNOWN),
              api.origin().verified().toString(),
              api.origin().evidence().label()));
    }
    List<List<String>> ofModels = new ArrayList<>();
    ofModels.add(
        List.of(
            "PROVIDER",
            "MODEL",
            "API",
            "CACHED BY",
            "MINIMUM",
            "MARKERS",
            "LOOKBACK",
            "LIVES",
            "ABOVE",
            "INPUT",
            "OUTPUT",
            "READ",
            "WRITE",
            "WRITE 1H",
            "SINCE",
            "VERIFIED",
            "EVIDENCE"));
    for (ModelEntry row : models) {
      addModel(row, ofModels);
    }
    return table(ofApis) + "\n" + table(ofModels);
  }

  /** A line for each tier of its prices. */
  private void addModel(ModelEntry row, List<List<String>> out) {
    Optional<PriceList> list = row.priceList(today);
    int tiers = list.map(prices -> prices.tiers().size()).orElse(1);
    for (int i = 0; i < tiers; i++) {
      int tier = i;
      Optional<Prices> prices =
          list.flatMap(held -> Optional.ofNullable(held.tiers().get(tier).prices()));
      CacheRules cache = row.cache();
      out.add(
          List.of(
              row.provider().isEmpty() ? UNKNOWN : row.provider(),
              row.pattern(),
              row.dialect().label(),
              mechanisms(cache),
              minimum(row.minimum()),
              number(cache.maxMarkers()),
              number(cache.lookbackBlocks()),
              lifetimes(cache.lifetimes()),
              list.map(held -> Long.toString(held.tiers().get(tier).aboveTokens())).orElse(UNKNOWN),
              usd(prices.map(Prices::inputUsd)),
              usd(prices.map(Prices::outputUsd)),
              usd(prices.map(Prices::cacheReadUsd)),
              usd(prices.map(Prices::cacheWrite5mUsd)),
              usd(prices.map(Prices::cacheWrite1hUsd)),
              list.map(held -> held.from().toString()).orElse(UNKNOWN),
              Optional.ofNullable(row.origin())
                  .map(origin -> origin.verified().toString())
                  .orElse(UNKNOWN),
              evidence(row)));
    }
  }

  /** That of the row, and the worst of its parts where one is worse. */
  private static String evidence(ModelEntry row) {
    Origin own = row.origin();
    if (own == null) {
      return UNKNOWN;
    }
    return row.origins().stream()
        .map(Origin::evidence)
        .max(Enum::compareTo)
        .filter(worst -> worst != own.evidence())
        .map(worst -> own.evidence().label() + "; in parts " + worst.label())
        .orElse(own.evidence().label());
  }

  private static String mechanisms(CacheRules cache) {
    return cache.mechanisms().isEmpty()
        ? UNKNOWN
        : cache.mechanisms().stream()
            .sorted()
            .map(Mechanism::label)
            .collect(Collectors.joining(","));
  }

  private static String minimum(@Nullable Minimum minimum) {
    if (minimum == null) {
      return UNKNOWN;
    }
    String bounds =
        minimum.tokens() == minimum.atMostTokens()
            ? Integer.toString(minimum.tokens())
            : minimum.tokens() + "–" + minimum.atMostTokens();
    return minimum.stepTokens() == 0 ? bounds : bounds + " +" + minimum.stepTokens();
  }

  private static String lifetimes(List<Lifetime> lifetimes) {
    return lifetimes.isEmpty()
        ? UNKNOWN
        : lifetimes.stream()
            .map(
                each ->
                    each.atLeast().equals(each.atMost())
                        ? each.atMost().map(CatalogueListing::time).orElse(UNKNOWN)
                        : each.atLeast().map(CatalogueListing::time).orElse("")
                            + "–"
                            + each.atMost().map(CatalogueListing::time).orElse(""))
            .collect(Collectors.joining(","));
  }

  private static String time(Duration duration) {
    long seconds = duration.toSeconds();
    return seconds % 3600 == 0
        ? seconds / 3600 + "h"
        : seconds % 60 == 0 ? seconds / 60 + "m" : seconds + "s";
  }

  private static String number(OptionalInt number) {
    return number.isPresent() ? Integer.toString(number.getAsInt()) : UNKNOWN;
  }

  private static String usd(Optional<Double> usd) {
    return usd.filter(known -> !Double.isNaN(known))
        .map(known -> new java.math.BigDecimal(known.toString()).stripTrailingZeros())
        .map(java.math.BigDecimal::toPlainString)
        .orElse(UNKNOWN);
  }

  private static String label(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT);
  }

  /** Columns as wide as they must be. */
  private static String table(List<List<String>> lines) {
    int[] widths = new int[lines.getFirst().size()];
    for (List<String> line : lines) {
      for (int i = 0; i < widths.length; i++) {
        widths[i] = Math.max(widths[i], line.get(i).length());
      }
    }
    StringBuilder out = new StringBuilder();
    for (List<String> line : lines) {
      StringBuilder row = new StringBuilder();
      for (int i = 0; i < widths.length; i++) {
        row.append(line.get(i)).repeat(' ', widths[i] - line.get(i).length() + 2);
      }
      out.append(row.toString().stripTrailing()).append('\n');
    }
    return out.toString();
  }

  private String json(List<ProviderApi> apis, List<ModelEntry> models) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("provider_apis", apis.stream().map(CatalogueListing::json).toList());
    json.put("models", models.stream().map(this::json).toList());
    return Json.of(json);
  }

  private static Map<String, Object> json(ProviderApi api) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("provider", api.provider());
    json.put("api", api.dialect().label());
    json.put("endpoint", known(api.endpoint()));
    json.put("cache", json(api.cache()));
    json.put(
        "usage",
        api.usage()
            .map(
                usage -> {
                  Map<String, Object> map = new LinkedHashMap<>();
                  map.put("input_is", label(usage.inputIs()));
                  map.put("input", known(usage.input()));
                  map.put("read", known(usage.read()));
                  map.put("written", known(usage.written()));
                  map.put("origin", json(usage.origin()));
                  return map;
                }));
    json.put(
        "rejections",
        api.rejections().stream()
            .map(
                rejection -> {
                  Map<String, Object> map = new LinkedHashMap<>();
                  map.put("field", rejection.field());
                  map.put("when", known(rejection.when()));
                  map.put("statuses", rejection.statuses());
                  map.put("text", known(rejection.text()));
                  return map;
                })
            .toList());
    json.put("origin", json(api.origin()));
    return json;
  }

  private Map<String, Object> json(ModelEntry row) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("provider", known(row.provider()));
    json.put("pattern", row.pattern());
    json.put("api", row.dialect().label());
    json.put(
        "minimum",
        Optional.ofNullable(row.minimum())
            .map(
                minimum -> {
                  Map<String, Object> map = new LinkedHashMap<>();
                  map.put("tokens", minimum.tokens());
                  map.put("at_most_tokens", minimum.atMostTokens());
                  map.put(
                      "step_tokens",
                      minimum.stepTokens() == 0
                          ? Optional.empty()
                          : Optional.of(minimum.stepTokens()));
                  map.put("origin", json(minimum.origin()));
                  return map;
                }));
    json.put("cache", json(row.cache()));
    json.put("prices", row.priceLists().stream().map(list -> json(list, row)).toList());
    json.put("origin", json(row.origin()));
    json.put("stale", row.origin() == null || row.isStale(today));
    return json;
  }

  private Map<String, Object> json(PriceList list, ModelEntry row) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("from", list.from());
    json.put("in_force", row.priceList(today).filter(held -> held.equals(list)).isPresent());
    json.put("batch_factor", list.batchFactor());
    json.put(
        "tiers",
        list.tiers().stream()
            .map(
                tier -> {
                  Optional<Prices> prices = Optional.ofNullable(tier.prices());
                  Map<String, Object> map = new LinkedHashMap<>();
                  map.put("above_tokens", tier.aboveTokens());
                  map.put("input_usd", known(prices.map(Prices::inputUsd)));
                  map.put("output_usd", known(prices.map(Prices::outputUsd)));
                  map.put("read_usd", known(prices.map(Prices::cacheReadUsd)));
                  map.put("write_usd", known(prices.map(Prices::cacheWrite5mUsd)));
                  map.put("write_1h_usd", known(prices.map(Prices::cacheWrite1hUsd)));
                  map.put("storage_usd_per_hour", known(prices.map(Prices::storageUsdPerHour)));
                  return map;
                })
            .toList());
    json.put("origin", json(list.origin()));
    return json;
  }

  private static Map<String, Object> json(CacheRules cache) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("mechanisms", cache.mechanisms().stream().sorted().map(Mechanism::label).toList());
    json.put("session_header", known(cache.sessionHeader()));
    json.put("max_markers", known(cache.maxMarkers()));
    json.put("lookback_blocks", known(cache.lookbackBlocks()));
    json.put(
        "lifetimes",
        cache.lifetimes().stream()
            .map(
                lifetime -> {
                  Map<String, Object> map = new LinkedHashMap<>();
                  map.put("ttl", known(lifetime.ttl()));
                  map.put("at_least_seconds", lifetime.atLeast().map(Duration::toSeconds));
                  map.put("at_most_seconds", lifetime.atMost().map(Duration::toSeconds));
                  return map;
                })
            .toList());
    json.put("refreshed_by", cache.refresh().map(CatalogueListing::label));
    json.put("stickiness", cache.stickiness().map(CatalogueListing::label));
    json.put(
        "decay",
        cache.decay().stream()
            .map(each -> Map.of("gap_seconds", each.gap().toSeconds(), "found", each.found()))
            .toList());
    json.put("isolation", cache.isolation().map(CatalogueListing::label));
    json.put("longest_lifetime_first", cache.longestFirst());
    json.put("markers_end_automatic", cache.markersEndAutomatic());
    json.put("max_key_chars", known(cache.maxKeyChars()));
    json.put("max_key_requests_per_minute", cache.keyRate().map(CacheRules.KeyRate::perMinute));
    json.put("price_factors", cache.factors().map(CatalogueListing::json));
    return json;
  }

  private static Map<String, Object> json(PriceFactors factors) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("read", known(Optional.of(factors.read())));
    json.put("write", known(Optional.of(factors.write())));
    json.put("write_1h", known(Optional.of(factors.write1h())));
    json.put("automatic_read", known(Optional.of(factors.automaticRead())));
    json.put("origin", json(factors.origin()));
    return json;
  }

  private static Optional<Map<String, Object>> json(@Nullable Origin origin) {
    return Optional.ofNullable(origin)
        .map(
            known -> {
              Map<String, Object> map = new LinkedHashMap<>();
              map.put("source", known.source());
              map.put("verified", known.verified());
              map.put("evidence", known.evidence().label());
              return map;
            });
  }

  private static Optional<String> known(String text) {
    return Optional.of(text).filter(written -> !written.isEmpty());
  }

  private static Optional<Integer> known(OptionalInt number) {
    return number.isPresent() ? Optional.of(number.getAsInt()) : Optional.empty();
  }

  private static OptionalDouble known(Optional<Double> usd) {
    return usd.isPresent() && !Double.isNaN(usd.get())
        ? OptionalDouble.of(usd.get())
        : OptionalDouble.empty();
  }
}

package dev.warmpath.extproc;

import dev.warmpath.config.v1.Api;
import dev.warmpath.config.v1.Model;
import dev.warmpath.extproc.exchange.Apis;
import dev.warmpath.extproc.prompt.Dialect;
import dev.warmpath.extproc.provider.Catalogue;
import dev.warmpath.extproc.provider.ModelEntry;
import dev.warmpath.extproc.provider.PriceTier;
import dev.warmpath.extproc.provider.Prices;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;

/**
 * Makes the {@link Catalogue} at start-up: rows of the configuration first, then those shipped in
 * {@value #SHIPPED}. This is the one place that knows how rows are written down; {@code provider}
 * itself knows neither files nor messages. Stateless.
 *
 * <p>A shipped row has {@code patterns}, {@code api}, {@code min_cache_tokens}, {@code
 * max_markers}, {@code lookback_blocks}, {@code prices} (a list of tiers: {@code above_tokens} and,
 * where they are known, {@code input}, {@code output}, {@code read}, {@code write_5m}, {@code
 * write_1h}), {@code effective} and {@code source}. Unknown keys are faults, and all faults are
 * reported at once.
 */
public final class CatalogueFile {

  static final String SHIPPED = "/dev/warmpath/extproc/provider/catalogue.yaml";

  private static final Set<String> ROW_KEYS =
      Set.of(
          "patterns",
          "api",
          "min_cache_tokens",
          "max_markers",
          "lookback_blocks",
          "prices",
          "effective",
          "source");
  private static final Set<String> PRICE_KEYS =
      Set.of("input", "output", "read", "write_5m", "write_1h");
  private static final Set<String> TIER_KEYS =
      Set.of("above_tokens", "input", "output", "read", "write_5m", "write_1h");

  private static final String APIS =
      Arrays.stream(Dialect.values()).map(Enum::name).collect(Collectors.joining(", "));

  private CatalogueFile() {}

  /**
   * The catalogue in force.
   *
   * @param configured rows of the configuration, checked by its reader
   */
  public static Catalogue load(List<Model> configured) {
    List<ModelEntry> rows = new ArrayList<>();
    for (Model model : configured) {
      rows.add(entry(model));
    }
    rows.addAll(shipped());
    return Catalogue.of(rows);
  }

  private static List<ModelEntry> shipped() {
    try (InputStream in = CatalogueFile.class.getResourceAsStream(SHIPPED)) {
      if (in == null) {
        throw new IllegalStateException(SHIPPED + ": not on the class path (expected: in our jar)");
      }
      return parse(new String(in.readAllBytes(), StandardCharsets.UTF_8), SHIPPED);
    } catch (IOException e) {
      throw new UncheckedIOException(SHIPPED, e);
    }
  }

  private static ModelEntry entry(Model model) {
    // A message cannot tell "free" from "not told"; a model without any price is the latter.
    boolean priced = model.getInputUsd() > 0 || model.getOutputUsd() > 0;
    Prices prices =
        new Prices(
            model.getInputUsd(),
            model.getOutputUsd(),
            model.getCacheReadUsd(),
            model.getCacheWrite5MUsd(),
            model.getCacheWrite1HUsd());
    return new ModelEntry(
        model.getPattern(),
        dialect(model.getApi()),
        (int) Math.min(Integer.toUnsignedLong(model.getMinCacheTokens()), Integer.MAX_VALUE),
        model.getMaxMarkers(),
        model.getLookbackBlocks(),
        priced ? List.of(new PriceTier(0, prices)) : List.of(),
        model.getEffective(),
        model.getSource());
  }

  private static Dialect dialect(Api api) {
    Dialect dialect = Apis.dialect(api);
    if (dialect == null) {
      throw new IllegalArgumentException("models.api: " + api + " (expected: " + APIS + ")");
    }
    return dialect;
  }

  /**
   * Reads rows.
   *
   * @param name as faults name the file
   * @throws IllegalArgumentException with every fault, one a line
   */
  static List<ModelEntry> parse(String yaml, String name) {
    Faults faults = new Faults(name);
    List<ModelEntry> rows = new ArrayList<>();
    Object document;
    try {
      document = new Load(LoadSettings.builder().setLabel(name).build()).loadFromString(yaml);
    } catch (YamlEngineException e) {
      throw new IllegalArgumentException(name + ": " + e.getMessage(), e);
    }
    if (document instanceof Map<?, ?> root && root.get("rows") instanceof List<?> list) {
      for (int i = 0; i < list.size(); i++) {
        row("rows[" + i + "]", list.get(i), rows, faults);
      }
    } else {
      faults.add("", document, "a map with the list `rows`");
    }
    faults.throwIfAny();
    return rows;
  }

  private static void row(
      String path, @Nullable Object value, List<ModelEntry> out, Faults faults) {
    if (!(value instanceof Map<?, ?> map)) {
      faults.add(path, value, "a map");
      return;
    }
    int before = faults.size();
    unknownKeys(path, map, ROW_KEYS, faults);
    List<String> patterns = patterns(path, map.get("patterns"), faults);
    Dialect dialect = dialect(path, map.get("api"), faults);
    int minCacheTokens = (int) whole(path, map, "min_cache_tokens", 10_000_000, faults);
    int maxMarkers = (int) whole(path, map, "max_markers", 64, faults);
    int lookbackBlocks = (int) whole(path, map, "lookback_blocks", 1000, faults);
    List<PriceTier> tiers = tiers(path, map.get("prices"), faults);
    String effective = text(path, map, "effective", faults);
    if (!effective.isEmpty() && !effective.matches("\\d{4}-\\d{2}-\\d{2}")) {
      faults.add(path + ".effective", effective, "a day, such as 2026-11-01");
    }
    String source = text(path, map, "source", faults);
    if (dialect == null || faults.size() > before) {
      return;
    }
    for (String pattern : patterns) {
      out.add(
          new ModelEntry(
              pattern,
              dialect,
              minCacheTokens,
              maxMarkers,
              lookbackBlocks,
              tiers,
              effective,
              source));
    }
  }

  private static List<String> patterns(String path, @Nullable Object value, Faults faults) {
    List<String> patterns = new ArrayList<>();
    if (value instanceof List<?> list && !list.isEmpty()) {
      for (Object pattern : list) {
        if (pattern instanceof String text && !text.isEmpty()) {
          patterns.add(text);
        } else {
          faults.add(path + ".patterns", pattern, "a model's name or pattern");
        }
      }
    } else {
      faults.add(path + ".patterns", value, "a list of models' names or patterns");
    }
    return patterns;
  }

  private static @Nullable Dialect dialect(String path, @Nullable Object value, Faults faults) {
    for (Dialect dialect : Dialect.values()) {
      if (dialect.name().equals(value)) {
        return dialect;
      }
    }
    faults.add(path + ".api", value, APIS);
    return null;
  }

  private static List<PriceTier> tiers(String path, @Nullable Object value, Faults faults) {
    if (value == null) {
      return List.of();
    }
    if (!(value instanceof List<?> list)) {
      faults.add(path + ".prices", value, "a list of tiers");
      return List.of();
    }
    List<PriceTier> tiers = new ArrayList<>();
    long above = -1;
    for (int i = 0; i < list.size(); i++) {
      String tierPath = path + ".prices[" + i + "]";
      if (!(list.get(i) instanceof Map<?, ?> map)) {
        faults.add(tierPath, list.get(i), "a map");
        continue;
      }
      unknownKeys(tierPath, map, TIER_KEYS, faults);
      long aboveTokens = whole(tierPath, map, "above_tokens", 1_000_000_000, faults);
      if (i == 0 ? aboveTokens != 0 : aboveTokens <= above) {
        faults.add(
            tierPath + ".above_tokens", aboveTokens, i == 0 ? "0 first" : "more than " + above);
      }
      above = aboveTokens;
      tiers.add(new PriceTier(aboveTokens, prices(tierPath, map, faults)));
    }
    return tiers;
  }

  private static @Nullable Prices prices(String path, Map<?, ?> map, Faults faults) {
    Map<String, Double> usd = new HashMap<>();
    for (String key : PRICE_KEYS) {
      if (map.containsKey(key)) {
        usd.put(key, price(path + "." + key, map.get(key), faults));
      }
    }
    if (usd.isEmpty()) {
      return null;
    }
    for (String needed : List.of("input", "output", "read")) {
      if (!usd.containsKey(needed)) {
        faults.add(path + "." + needed, null, "a price, or no price in this tier at all");
      }
    }
    return new Prices(
        usd.getOrDefault("input", 0.0),
        usd.getOrDefault("output", 0.0),
        usd.getOrDefault("read", 0.0),
        usd.getOrDefault("write_5m", 0.0),
        usd.getOrDefault("write_1h", 0.0));
  }

  private static double price(String path, @Nullable Object value, Faults faults) {
    if (value instanceof Number number
        && number.doubleValue() >= 0
        && number.doubleValue() <= 1e6) {
      return number.doubleValue();
    }
    faults.add(path, value, "US dollars for a million tokens, 0 to 1000000");
    return 0;
  }

  /** An absent number is 0. */
  private static long whole(String path, Map<?, ?> map, String key, long max, Faults faults) {
    Object value = map.get(key);
    if (value == null) {
      return 0;
    }
    if (value instanceof Integer number && number >= 0 && number <= max) {
      return number;
    }
    faults.add(path + "." + key, value, "a whole number from 0 to " + max);
    return 0;
  }

  /** An absent text is empty. */
  private static String text(String path, Map<?, ?> map, String key, Faults faults) {
    Object value = map.get(key);
    if (value == null) {
      return "";
    }
    if (value instanceof String text) {
      return text;
    }
    faults.add(path + "." + key, value, "a text");
    return "";
  }

  private static void unknownKeys(String path, Map<?, ?> map, Set<String> known, Faults faults) {
    for (Object key : map.keySet()) {
      if (!known.contains(String.valueOf(key))) {
        faults.add(path + "." + key, map.get(key), "one of " + new TreeSet<>(known));
      }
    }
  }

  private static final class Faults {
    private final String file;
    private final List<String> lines = new ArrayList<>();

    Faults(String file) {
      this.file = file;
    }

    void add(String path, @Nullable Object value, String expected) {
      lines.add("%s: %s: %s (expected: %s)".formatted(file, path, value, expected));
    }

    int size() {
      return lines.size();
    }

    void throwIfAny() {
      if (!lines.isEmpty()) {
        throw new IllegalArgumentException(String.join("\n", lines));
      }
    }
  }
}

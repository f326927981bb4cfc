package dev.warmpath.extproc.explain;

import dev.warmpath.extproc.annotate.AnnotationPlan;
import dev.warmpath.extproc.annotate.AnnotationPlanner;
import dev.warmpath.extproc.annotate.Boundary;
import dev.warmpath.extproc.annotate.Decision;
import dev.warmpath.extproc.prompt.Prompt;
import dev.warmpath.extproc.provider.Catalogue;
import dev.warmpath.extproc.provider.Minimum;
import dev.warmpath.extproc.provider.ModelEntry;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * What of a prompt would be cached, row by row of the catalogue. All tokens are estimates: bytes of
 * prompt text by a ratio.
 */
final class Caching {

  /** Rows that are shown for a model that none of them names. */
  private static final int MAX_ROWS = 32;

  /** Why nothing is marked then; docs/catalogue.md has it at length. */
  private static final String UNKNOWN_MODEL =
      "Nothing is marked for it: some APIs refuse a request for a marker that they don't know, and"
          + " where one is taken, a prefix that is written and not read again costs more than one"
          + " that isn't marked.\n";

  /** Only the rows that are asked for. */
  private final Catalogue catalogue;

  /** As it was asked for; empty: all. */
  private final String provider;

  private final double bytesPerToken;
  private final AnnotationPlanner planner = new AnnotationPlanner();

  /**
   * @param provider only rows of the provider whose name begins with it; empty: all
   */
  Caching(Catalogue catalogue, String provider, double bytesPerToken) {
    this.catalogue =
        Catalogue.of(
            catalogue.rows().stream().filter(row -> begins(row.provider(), provider)).toList());
    this.provider = provider;
    this.bytesPerToken = bytesPerToken;
  }

  /** Whether a row is of a provider whose name begins so. */
  static boolean knows(Catalogue catalogue, String provider) {
    return catalogue.rows().stream().anyMatch(row -> begins(row.provider(), provider));
  }

  /** The names of all providers, in the order of the alphabet. */
  static List<String> providers(Catalogue catalogue) {
    return catalogue.rows().stream().map(ModelEntry::provider).distinct().sorted().toList();
  }

  private static boolean begins(String name, String asked) {
    return name.startsWith(asked.toLowerCase(Locale.ROOT));
  }

  /** What a million tokens cost more when they are not read from a cache; NaN: not known. */
  double usdPerMillionLost(Prompt prompt, String model) {
    return catalogue
        .find(prompt.dialect(), model)
        .flatMap(row -> row.prices((long) (prompt.textLength() / bytesPerToken)))
        .map(prices -> prices.inputUsd() - prices.cacheReadUsd())
        .orElse(Double.NaN);
  }

  /**
   * What is told of a prompt, one map a row: minimum, what is cached, and each boundary with its
   * decision.
   *
   * @param rows of the model; of a model that no row names, none
   * @param others rows of a provider that was asked for, in place of those of such a model
   */
  record Explained(
      boolean namesModel, List<Map<String, Object>> rows, List<Map<String, Object>> others) {}

  /**
   * Explains a prompt.
   *
   * @param sharedBytes of the prompt's text that an earlier request had, too; below 0: not told
   */
  Explained explain(Prompt prompt, String model, long sharedBytes) {
    Optional<ModelEntry> own = catalogue.find(prompt.dialect(), model);
    if (own.isPresent()) {
      return new Explained(true, List.of(row(prompt, own.get(), sharedBytes)), List.of());
    }
    List<Map<String, Object>> others =
        provider.isEmpty()
            ? List.of()
            : catalogue.rows().stream()
                .filter(row -> row.dialect() == prompt.dialect())
                .limit(MAX_ROWS)
                .map(row -> row(prompt, row, sharedBytes))
                .toList();
    return new Explained(false, List.of(), others);
  }

  private Map<String, Object> row(Prompt prompt, ModelEntry row, long sharedBytes) {
    long tokens = (long) (prompt.textLength() / bytesPerToken);
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("model", row.pattern());
    map.put("source", row.source());
    Minimum minimum = row.minimum();
    boolean isKnown = minimum != null;
    map.put("minimum_tokens", Optional.ofNullable(minimum).map(Minimum::tokens));
    map.put("prompt_tokens_estimated", tokens);
    map.put("long_enough", isKnown ? tokens >= row.minCacheTokens() : Optional.empty());
    if (sharedBytes >= 0) {
      long shared = (long) (sharedBytes / bytesPerToken);
      map.put("shared_tokens_estimated", shared);
      map.put("shared_is_long_enough", isKnown ? shared >= row.minCacheTokens() : Optional.empty());
    }
    AnnotationPlan plan = planner.plan(prompt, row, bytesPerToken);
    List<Map<String, Object>> breakpoints = new ArrayList<>();
    for (Boundary boundary : Boundary.values()) {
      Decision decision = plan.decision(boundary);
      if (decision == Decision.ABSENT || decision == Decision.NO_MARKERS) {
        continue;
      }
      Map<String, Object> breakpoint = new LinkedHashMap<>();
      breakpoint.put("boundary", boundary.label());
      breakpoint.put("decision", decision.label());
      breakpoint.put("tokens_estimated", plan.estimatedTokens(boundary));
      if (decision == Decision.BELOW_MINIMUM) {
        breakpoint.put(
            "missing_tokens_estimated", row.minCacheTokens() - plan.estimatedTokens(boundary));
      }
      breakpoints.add(breakpoint);
    }
    map.put("breakpoints", breakpoints);
    return map;
  }

  /** Adds it to what is printed as JSON. */
  static void put(Explained explained, Map<String, Object> json) {
    json.put("model_in_catalogue", explained.namesModel());
    json.put("caching", explained.rows());
    if (!explained.others().isEmpty()) {
      json.put("caching_would_be", explained.others());
    }
  }

  /**
   * The same for people.
   *
   * @param what is cached: {@code of the last request}, or empty
   */
  String text(Explained explained, String what) {
    if (explained.namesModel()) {
      return "What providers would cache%s, by the catalogue and estimated tokens:%n"
              .formatted(what)
          + text(explained.rows());
    }
    if (provider.isEmpty()) {
      return "No row of the catalogue names this model, so what would be cached is not known"
          + " (--provider shows the rows of one).\n"
          + UNKNOWN_MODEL;
    }
    String none = "No row of %s in the catalogue names this model.%n".formatted(provider);
    return explained.others().isEmpty()
        ? none + "It has no row for this API either.\n" + UNKNOWN_MODEL
        : none
            + UNKNOWN_MODEL
            + "What it would be%s with other models of %s, by estimated tokens:%n"
                .formatted(what, provider)
            + text(explained.others());
  }

  private static String text(List<Map<String, Object>> rows) {
    StringBuilder out = new StringBuilder();
    for (Map<String, Object> row : rows) {
      boolean isKnown = row.get("long_enough") instanceof Boolean;
      out.append(
          "  %s: about %s tokens, %s%n"
              .formatted(
                  row.get("model"),
                  row.get("prompt_tokens_estimated"),
                  row.get("minimum_tokens") instanceof Optional<?> minimum && minimum.isPresent()
                      ? "%s (minimum %s)"
                          .formatted(
                              Boolean.TRUE.equals(row.get("long_enough"))
                                  ? "long enough to be cached"
                                  : "too short to be cached",
                              minimum.get())
                      : "whose minimum is not known"));
      if (row.containsKey("shared_tokens_estimated")) {
        out.append(
            "    shared prefix of about %s tokens%s%n"
                .formatted(
                    row.get("shared_tokens_estimated"),
                    !isKnown
                        ? ""
                        : Boolean.TRUE.equals(row.get("shared_is_long_enough"))
                            ? ": can be read from the cache"
                            : ": below the minimum, nothing is read"));
      }
      if (row.get("breakpoints") instanceof List<?> breakpoints) {
        for (Object each : breakpoints) {
          if (each instanceof Map<?, ?> breakpoint) {
            out.append(
                "    breakpoint after %s: %s, about %s tokens%s%n"
                    .formatted(
                        breakpoint.get("boundary"),
                        breakpoint.get("decision"),
                        breakpoint.get("tokens_estimated"),
                        breakpoint.containsKey("missing_tokens_estimated")
                            ? ", %s too few".formatted(breakpoint.get("missing_tokens_estimated"))
                            : ""));
          }
        }
      }
    }
    return out.toString();
  }
}

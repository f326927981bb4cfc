package dev.warmpath.extproc.explain;

import dev.warmpath.extproc.annotate.AnnotationPlan;
import dev.warmpath.extproc.annotate.AnnotationPlanner;
import dev.warmpath.extproc.annotate.Boundary;
import dev.warmpath.extproc.annotate.Decision;
import dev.warmpath.extproc.prompt.Prompt;
import dev.warmpath.extproc.provider.Catalogue;
import dev.warmpath.extproc.provider.ModelEntry;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What of a prompt would be cached, row by row of the catalogue. All tokens are estimates: bytes of
 * prompt text by a ratio.
 */
final class Caching {

  /** Rows that are shown for a model that none of them names. */
  private static final int MAX_ROWS = 32;

  private final Catalogue catalogue;
  private final String provider;
  private final double bytesPerToken;
  private final AnnotationPlanner planner = new AnnotationPlanner();

  /**
   * @param provider only rows whose source begins with it; empty: all
   */
  Caching(Catalogue catalogue, String provider, double bytesPerToken) {
    this.catalogue = catalogue;
    this.provider = provider.toLowerCase(Locale.ROOT);
    this.bytesPerToken = bytesPerToken;
  }

  /** What a million tokens cost more when they are not read from a cache; NaN: not known. */
  double usdPerMillionLost(Prompt prompt, String model) {
    return catalogue
        .find(prompt.dialect(), model)
        .flatMap(row -> row.prices((long) (prompt.textLength() / bytesPerToken)))
        .map(prices -> prices.inputUsd() - prices.cacheReadUsd())
        .orElse(Double.NaN);
  }

  /** The rows that speak of a model: its own, or where there is none, all of its API. */
  private List<ModelEntry> rows(Prompt prompt, String model) {
    List<ModelEntry> own = catalogue.find(prompt.dialect(), model).stream().toList();
    return (own.isEmpty() ? catalogue.rows() : own)
        .stream()
            .filter(row -> row.dialect() == prompt.dialect())
            .filter(row -> row.source().toLowerCase(Locale.ROOT).startsWith(provider))
            .limit(MAX_ROWS)
            .toList();
  }

  /**
   * One map a row: minimum, what is cached, and each boundary with its decision.
   *
   * @param sharedBytes of the prompt's text that an earlier request had, too; below 0: not told
   */
  List<Map<String, Object>> explain(Prompt prompt, String model, long sharedBytes) {
    List<Map<String, Object>> rows = new ArrayList<>();
    long tokens = (long) (prompt.textLength() / bytesPerToken);
    for (ModelEntry row : rows(prompt, model)) {
      Map<String, Object> map = new LinkedHashMap<>();
      map.put("model", row.pattern());
      map.put("source", row.source());
      map.put("minimum_tokens", row.minCacheTokens());
      map.put("prompt_tokens_estimated", tokens);
      map.put("long_enough", tokens >= row.minCacheTokens());
      if (sharedBytes >= 0) {
        long shared = (long) (sharedBytes / bytesPerToken);
        map.put("shared_tokens_estimated", shared);
        map.put("shared_is_long_enough", shared >= row.minCacheTokens());
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
        breakpoints.add(breakpoint);
      }
      map.put("breakpoints", breakpoints);
      rows.add(map);
    }
    return rows;
  }

  /** The same for people. */
  static String text(List<Map<String, Object>> rows) {
    if (rows.isEmpty()) {
      return "  The catalogue has no row for this API and model.\n";
    }
    StringBuilder out = new StringBuilder();
    for (Map<String, Object> row : rows) {
      out.append(
          "  %s: about %s tokens, %s (minimum %s)%n"
              .formatted(
                  row.get("model"),
                  row.get("prompt_tokens_estimated"),
                  Boolean.TRUE.equals(row.get("long_enough"))
                      ? "long enough to be cached"
                      : "too short to be cached",
                  row.get("minimum_tokens")));
      if (row.containsKey("shared_tokens_estimated")) {
        out.append(
            "    shared prefix of about %s tokens: %s%n"
                .formatted(
                    row.get("shared_tokens_estimated"),
                    Boolean.TRUE.equals(row.get("shared_is_long_enough"))
                        ? "can be read from the cache"
                        : "below the minimum, nothing is read"));
      }
      if (row.get("breakpoints") instanceof List<?> breakpoints) {
        for (Object each : breakpoints) {
          if (each instanceof Map<?, ?> breakpoint) {
            out.append(
                "    breakpoint after %s: %s, about %s tokens%n"
                    .formatted(
                        breakpoint.get("boundary"),
                        breakpoint.get("decision"),
                        breakpoint.get("tokens_estimated")));
          }
        }
      }
    }
    return out.toString();
  }
}

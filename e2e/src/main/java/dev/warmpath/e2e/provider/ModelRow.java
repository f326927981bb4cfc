package dev.warmpath.e2e.provider;

import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What a model caches and costs. The simulator's own copy of the published rows (November 2026), so
 * that a fault in the catalogue of the product shows.
 *
 * @param name of the model, without version
 * @param minimumTokens shortest prefix that is cached
 * @param prices up to {@code tierTokens} of input; null: not published
 * @param tierTokens of the whole input, cached tokens included; above, {@code highPrices} hold
 * @param highPrices null: there are none, or they are not published
 */
record ModelRow(
    String name,
    int minimumTokens,
    @Nullable Prices prices,
    long tierTokens,
    @Nullable Prices highPrices) {

  /**
   * US dollars for a million tokens.
   *
   * @param write5m also of a cache that has one lifetime only
   */
  record Prices(double input, double output, double read, double write5m, double write1h) {}

  private static final Prices OPUS = new Prices(5, 25, 0.50, 6.25, 10);

  private static final List<ModelRow> CLAUDE =
      List.of(
          flat("claude-fable-5-1", 512, new Prices(10, 50, 0.25, 12.5, 20)),
          unpriced("claude-fable-5", 512),
          unpriced("claude-mythos-5-1", 512),
          unpriced("claude-mythos-5", 512),
          unpriced("claude-mythos-preview", 2048),
          flat("claude-opus-5-5", 512, new Prices(4, 20, 0.20, 5, 8)),
          flat("claude-opus-5", 512, OPUS),
          flat("claude-opus-4-8", 1024, OPUS),
          flat("claude-opus-4-7", 2048, OPUS),
          flat("claude-opus-4-6", 4096, OPUS),
          flat("claude-opus-4-5", 4096, OPUS),
          unpriced("claude-opus-4-1", 1024),
          unpriced("claude-opus-4", 1024),
          flat("claude-sonnet-5-5", 512, new Prices(2, 10, 0.10, 2.5, 4)),
          unpriced("claude-sonnet-5", 1024),
          unpriced("claude-sonnet-4-6", 1024),
          unpriced("claude-sonnet-4-5", 1024),
          unpriced("claude-sonnet-4", 1024),
          new ModelRow(
              "claude-haiku-5-5",
              512,
              new Prices(0.10, 0.50, 0.01, 0.125, 0.20),
              100_000,
              new Prices(0.50, 2.50, 0.05, 0.625, 1)),
          flat("claude-haiku-4-5", 4096, new Prices(1, 5, 0.10, 1.25, 2)),
          unpriced("claude-3-5-haiku", 2048));

  /** Those of Bedrock's models that InvokeModel takes no marker at the top level for. */
  private static final Set<String> LEGACY =
      Set.of(
          "claude-opus-4-6",
          "claude-opus-4-5",
          "claude-opus-4-1",
          "claude-opus-4",
          "claude-sonnet-4-6",
          "claude-sonnet-4-5",
          "claude-sonnet-4",
          "claude-haiku-4-5",
          "claude-3-5-haiku");

  /** What may stand behind a name: a date, a version, or both. */
  private static final Pattern CLAUDE_VERSION =
      Pattern.compile("(-0|-latest|[-@]20\\d{6})?(-v\\d+(:\\d+)?)?");

  private static final long OPENAI_TIER_TOKENS = 272_000;
  private static final Pattern GPT =
      Pattern.compile(
          "gpt-([4-6])(?:\\.(\\d))?(-(?:sol|luna|mini|nano|pro))?(-20\\d\\d-\\d\\d-\\d\\d)?");
  private static final Pattern OLDER_OPENAI =
      Pattern.compile("(gpt-4o|gpt-4o-mini|o3|o3-mini|o4-mini)(-20\\d\\d-\\d\\d-\\d\\d)?");
  private static final int OPENAI_MINIMUM_TOKENS = 1024;

  private static ModelRow flat(String name, int minimumTokens, Prices prices) {
    return new ModelRow(name, minimumTokens, prices, Long.MAX_VALUE, null);
  }

  private static ModelRow unpriced(String name, int minimumTokens) {
    return new ModelRow(name, minimumTokens, null, Long.MAX_VALUE, null);
  }

  /** The row of one of Anthropic's models; null: there is no such model. */
  static @Nullable ModelRow of(String model) {
    for (ModelRow row : CLAUDE) {
      if (model.startsWith(row.name)
          && CLAUDE_VERSION.matcher(model.substring(row.name.length())).matches()) {
        return row;
      }
    }
    return null;
  }

  /** Whether it is a model of Anthropic's up to Opus 4.6. */
  static boolean isLegacy(String model) {
    ModelRow row = of(model);
    return row != null && LEGACY.contains(row.name);
  }

  /** The row of one of OpenAI's models; null: there is no such model. */
  static @Nullable ModelRow openAi(String model) {
    Matcher gpt = GPT.matcher(model);
    if (!gpt.matches()) {
      return OLDER_OPENAI.matcher(model).matches() ? unpriced(model, OPENAI_MINIMUM_TOKENS) : null;
    }
    Prices prices =
        switch (model.replaceFirst("-20\\d\\d-\\d\\d-\\d\\d$", "").toLowerCase(Locale.ROOT)) {
          case "gpt-6-sol" -> new Prices(2, 10, 0.20, 2.5, 2.5);
          case "gpt-6-luna" -> new Prices(0.10, 0.50, 0.01, 0.125, 0.125);
          case "gpt-5.5" -> new Prices(5, 30, 0.50, 5, 5); // Writes are not billed apart.
          default -> null;
        };
    return new ModelRow(model, OPENAI_MINIMUM_TOKENS, prices, OPENAI_TIER_TOKENS, null);
  }

  /** Whether a model of OpenAI's, 5.6 or later, takes breakpoints. */
  static boolean takesBreakpoints(String model) {
    Matcher gpt = GPT.matcher(model);
    if (!gpt.matches()) {
      return false;
    }
    int major = Integer.parseInt(gpt.group(1));
    int minor = gpt.group(2) == null ? 0 : Integer.parseInt(gpt.group(2));
    return major > 5 || (major == 5 && minor >= 6);
  }

  /** US dollars; empty: not published. */
  OptionalDouble price(MessageUsage usage) {
    Prices at = usage.allInput() > tierTokens ? highPrices : prices;
    if (at == null) {
      return OptionalDouble.empty();
    }
    return OptionalDouble.of(
        (usage.uncached() * at.input
                + usage.read() * at.read
                + usage.written5m() * at.write5m
                + usage.written1h() * at.write1h
                + usage.output() * at.output)
            / 1e6);
  }
}

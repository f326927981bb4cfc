package dev.warmpath.e2e.provider;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a model caches and costs. The simulator's own copy of the published rows (November 2026), so
 * that a fault in the catalogue of the product shows.
 *
 * @param prefix of the model's name
 * @param minimumTokens shortest prefix that is cached
 * @param prices up to {@code tierTokens} of input
 * @param tierTokens of the whole input, cached tokens included; above, {@code highPrices} hold
 */
record ModelRow(
    String prefix, int minimumTokens, Prices prices, long tierTokens, @Nullable Prices highPrices) {

  /** US dollars for a million tokens. */
  record Prices(double input, double output, double read, double write5m, double write1h) {}

  private static final List<ModelRow> ROWS =
      List.of(
          flat("claude-fable-5", 512, new Prices(10, 50, 0.25, 12.5, 20)),
          flat("claude-opus-5-5", 512, new Prices(4, 20, 0.20, 5, 8)),
          flat("claude-opus-5", 512, new Prices(5, 25, 0.50, 6.25, 10)),
          flat("claude-opus-4-8", 1024, new Prices(5, 25, 0.50, 6.25, 10)),
          flat("claude-opus-4-7", 2048, new Prices(5, 25, 0.50, 6.25, 10)),
          flat("claude-opus-4-6", 4096, new Prices(5, 25, 0.50, 6.25, 10)),
          flat("claude-opus-4-5", 4096, new Prices(5, 25, 0.50, 6.25, 10)),
          flat("claude-sonnet-5-5", 512, new Prices(2, 10, 0.10, 2.5, 4)),
          new ModelRow(
              "claude-haiku-5-5",
              512,
              new Prices(0.10, 0.50, 0.01, 0.125, 0.20),
              100_000,
              new Prices(0.50, 2.50, 0.05, 0.625, 1)),
          flat("claude-haiku-4-5", 4096, new Prices(1, 5, 0.10, 1.25, 2)));

  private static ModelRow flat(String prefix, int minimumTokens, Prices prices) {
    return new ModelRow(prefix, minimumTokens, prices, Long.MAX_VALUE, null);
  }

  /** The row of a model: the first whose prefix it has; null: there is no such model. */
  static @Nullable ModelRow of(String model) {
    for (ModelRow row : ROWS) {
      if (model.equals(row.prefix)
          || (model.startsWith(row.prefix) && model.charAt(row.prefix.length()) == '-')) {
        return row;
      }
    }
    return null;
  }

  /** US dollars. */
  double price(MessageUsage usage) {
    Prices at = highPrices != null && usage.allInput() > tierTokens ? highPrices : prices;
    return (usage.uncached() * at.input
            + usage.read() * at.read
            + usage.written5m() * at.write5m
            + usage.written1h() * at.write1h
            + usage.output() * at.output)
        / 1e6;
  }
}

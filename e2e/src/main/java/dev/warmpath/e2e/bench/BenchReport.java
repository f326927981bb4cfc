package dev.warmpath.e2e.bench;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/**
 * Slices of all rounds, and what follows from them. Figures are medians over the rounds; a ratio is
 * the median of the rounds' own ratios, so that what slows a whole round down cancels out. Not
 * thread-safe.
 */
final class BenchReport {
  private final Map<String, Map<Filter, List<Slice>>> sizes = new LinkedHashMap<>();

  /** Adds the slice of the next round; every filter has to have one before the next round. */
  void add(String size, Filter filter, Slice slice) {
    sizes
        .computeIfAbsent(size, _ -> new EnumMap<>(Filter.class))
        .computeIfAbsent(filter, _ -> new ArrayList<>())
        .add(slice);
  }

  /** The figure's median over the rounds. */
  double median(String size, Filter filter, ToDoubleFunction<Slice> figure) {
    return median(slices(size, filter).stream().mapToDouble(figure).toArray());
  }

  /** The median of the rounds' ratios; NaN when the divisor is never above zero. */
  double ratio(String size, Filter of, Filter to, ToDoubleFunction<Slice> figure) {
    List<Slice> dividends = slices(size, of);
    List<Slice> divisors = slices(size, to);
    var ratios = new double[dividends.size()];
    int count = 0;
    for (int round = 0; round < ratios.length; round++) {
      double divisor = figure.applyAsDouble(divisors.get(round));
      if (divisor > 0) {
        ratios[count++] = figure.applyAsDouble(dividends.get(round)) / divisor;
      }
    }
    return count == 0 ? Double.NaN : median(Arrays.copyOf(ratios, count));
  }

  /** {@code rows}, one per size and filter. */
  ObjectNode json() {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    var rows = json.putArray("rows");
    for (String size : sizes.keySet()) {
      for (Filter filter : Filter.values()) {
        ObjectNode row = rows.addObject();
        row.put("filter", filter.label());
        row.put("body_bytes", Math.round(median(size, filter, Slice::bodyBytes)));
        row.put("mix", size.equals(Sizes.MIX));
        row.put("p50_us", rounded(median(size, filter, Slice::p50Micros)));
        row.put("p99_us", rounded(median(size, filter, Slice::p99Micros)));
        row.put("cpu_us_envoy", rounded(median(size, filter, Slice::envoyMicros)));
        row.put("cpu_us_processor", rounded(median(size, filter, Slice::processorMicros)));
        row.put("unprocessed", slices(size, filter).stream().mapToLong(Slice::unprocessed).sum());
      }
    }
    var ratios = json.putArray("ratios");
    for (String size : sizes.keySet()) {
      for (Filter divisor : List.of(Filter.NONE, Filter.NOOP)) {
        ObjectNode row = ratios.addObject();
        row.put("size", size);
        row.put("to", divisor.label());
        row.put("p50", rounded(toOther(size, divisor, Slice::p50Micros)));
        row.put("p99", rounded(toOther(size, divisor, Slice::p99Micros)));
        row.put("cpu_envoy", rounded(toOther(size, divisor, Slice::envoyMicros)));
        if (divisor != Filter.NONE) {
          row.put("cpu_processor", rounded(toOther(size, divisor, Slice::processorMicros)));
        }
      }
    }
    return json;
  }

  /** Requests of all sizes that no processor had a say in where one should have had. */
  long unprocessed() {
    return sizes.values().stream()
        .flatMap(ofSize -> ofSize.values().stream())
        .flatMap(List::stream)
        .mapToLong(Slice::unprocessed)
        .sum();
  }

  /** Two tables: figures and ratios. */
  String markdown() {
    var text = new StringBuilder();
    text.append("| body | filter | p50 ms | p99 ms | CPU of Envoy ms |");
    text.append(" CPU of the processor ms |\n");
    text.append("|---|---|---|---|---|---|\n");
    for (String size : sizes.keySet()) {
      for (Filter filter : Filter.values()) {
        text.append(
            String.format(
                Locale.ROOT,
                "| %s | %s | %.2f | %.2f | %.2f | %s |%n",
                Sizes.title(size),
                filter.label(),
                median(size, filter, Slice::p50Micros) / 1e3,
                median(size, filter, Slice::p99Micros) / 1e3,
                median(size, filter, Slice::envoyMicros) / 1e3,
                filter == Filter.NONE
                    ? "–"
                    : String.format(
                        Locale.ROOT, "%.2f", median(size, filter, Slice::processorMicros) / 1e3)));
      }
    }
    text.append("\n| body | p50 ÷ none | p50 ÷ no-op | p99 ÷ no-op | CPU of Envoy ÷ no-op");
    text.append(" | CPU of the processor ÷ no-op |\n|---|---|---|---|---|---|\n");
    for (String size : sizes.keySet()) {
      text.append(
          String.format(
              Locale.ROOT,
              "| %s | %.2f | %.2f | %.2f | %.2f | %.2f |%n",
              Sizes.title(size),
              toOther(size, Filter.NONE, Slice::p50Micros),
              toOther(size, Filter.NOOP, Slice::p50Micros),
              toOther(size, Filter.NOOP, Slice::p99Micros),
              toOther(size, Filter.NOOP, Slice::envoyMicros),
              toOther(size, Filter.NOOP, Slice::processorMicros)));
    }
    return text.toString();
  }

  /** Of none: NaN. The mean of the middle two where there is no middle one. */
  static double median(double[] values) {
    if (values.length == 0) {
      return Double.NaN;
    }
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    int middle = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  }

  private double toOther(String size, Filter divisor, ToDoubleFunction<Slice> figure) {
    return ratio(size, Filter.WARMPATH, divisor, figure);
  }

  private List<Slice> slices(String size, Filter filter) {
    Map<Filter, List<Slice>> ofSize = sizes.get(size);
    List<Slice> slices = ofSize == null ? null : ofSize.get(filter);
    if (slices == null) {
      throw new IllegalArgumentException("%s, %s (expected: measured)".formatted(size, filter));
    }
    return slices;
  }

  private static double rounded(double value) {
    return Double.isNaN(value) ? 0 : Math.round(value * 1e3) / 1e3;
  }
}

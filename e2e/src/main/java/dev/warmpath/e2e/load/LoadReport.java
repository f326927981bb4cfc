package dev.warmpath.e2e.load;

import dev.warmpath.e2e.load.LoadResult.Outcome;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.function.ToLongFunction;
import org.HdrHistogram.Histogram;

/**
 * The results of one run, in the order in which they ended.
 *
 * @param notSent requests that were not yet due when the run was stopped
 */
public record LoadReport(List<LoadResult> results, int notSent) {
  private static final long LONGEST_MICROS = 3_600_000_000L;
  private static final int DIGITS = 3;

  public LoadReport {
    results = List.copyOf(results);
  }

  /** Only what belongs to {@code group}. */
  public LoadReport of(String group) {
    return new LoadReport(
        results.stream().filter(result -> result.group().equals(group)).toList(), 0);
  }

  public int requests() {
    return results.size();
  }

  public int failed() {
    return (int) results.stream().filter(LoadResult::failed).count();
  }

  /** How many ended in which way; ways that didn't occur are left out. */
  public Map<Outcome, Integer> outcomes() {
    var counts = new EnumMap<Outcome, Integer>(Outcome.class);
    results.forEach(result -> counts.merge(result.outcome(), 1, Integer::sum));
    return counts;
  }

  /** How many had which status; 0: no response. */
  public Map<Integer, Integer> statuses() {
    var counts = new TreeMap<Integer, Integer>();
    results.forEach(result -> counts.merge(result.status(), 1, Integer::sum));
    return counts;
  }

  /** Times to the first byte of those that succeeded, in microseconds. */
  public Histogram ttfbMicros() {
    return histogram(result -> !result.failed() && result.ttfbNanos() >= 0, LoadResult::ttfbNanos);
  }

  /** Times to the end of those that succeeded, in microseconds. */
  public Histogram totalMicros() {
    return histogram(result -> !result.failed(), LoadResult::totalNanos);
  }

  private Histogram histogram(Predicate<LoadResult> which, ToLongFunction<LoadResult> nanos) {
    var histogram = new Histogram(LONGEST_MICROS, DIGITS);
    for (LoadResult result : results) {
      if (which.test(result)) {
        histogram.recordValue(Math.min(LONGEST_MICROS, nanos.applyAsLong(result) / 1_000));
      }
    }
    return histogram;
  }
}

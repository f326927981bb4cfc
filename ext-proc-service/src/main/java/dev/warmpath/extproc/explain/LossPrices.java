package dev.warmpath.extproc.explain;

import dev.warmpath.extproc.volatility.Finding;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SequencedMap;

/**
 * What tokens cost more when they are not read from a cache, of each API and model in a log: the
 * mean of its requests, since long ones may have other prices. Bounded; not thread-safe.
 */
final class LossPrices {

  private record Key(String api, String model) {}

  private static final class Mean {
    double sum;
    long count;
  }

  private final SequencedMap<Key, Mean> means;

  /**
   * @param maxModels that are remembered; the least recently seen one goes
   */
  LossPrices(int maxModels) {
    means =
        new LinkedHashMap<>(16, 0.75f, true) {
          @Override
          protected boolean removeEldestEntry(Map.Entry<Key, Mean> eldest) {
            return size() > maxModels;
          }
        };
  }

  /**
   * Counts a request.
   *
   * @param usdPerMillion NaN: not known
   */
  void add(String api, String model, double usdPerMillion) {
    Mean mean = means.computeIfAbsent(new Key(api, model), _ -> new Mean());
    mean.sum += usdPerMillion;
    mean.count++;
  }

  /** USD for a million tokens of a finding whose route is the API's label; NaN: not known. */
  double usdPerMillion(Finding finding) {
    Mean mean = means.get(new Key(finding.route(), finding.model()));
    return mean == null ? Double.NaN : mean.sum / mean.count;
  }
}

package dev.warmpath.e2e;

import dev.warmpath.e2e.load.LoadRequest;
import dev.warmpath.e2e.load.Workload;
import java.util.List;

/**
 * Requests at a steady rate.
 *
 * @param perSecond 0: all at once
 */
record Steady(List<LoadRequest> requests, double perSecond) implements Workload {
  Steady {
    requests = List.copyOf(requests);
  }

  static Steady atOnce(List<LoadRequest> requests) {
    return new Steady(requests, 0);
  }

  @Override
  public int size() {
    return requests.size();
  }

  @Override
  public long atNanos(int index) {
    return perSecond == 0 ? 0 : Math.round(index * 1e9 / perSecond);
  }

  @Override
  public LoadRequest request(int index) {
    return requests.get(index);
  }
}

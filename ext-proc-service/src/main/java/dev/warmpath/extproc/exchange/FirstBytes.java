package dev.warmpath.extproc.exchange;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;

/**
 * First-byte times and failures per endpoint since they were last drained, for the control plane's
 * loops. Thread-safe. Bounded by {@value #MAX_ENDPOINTS} endpoints; what does not fit is not
 * counted (the picker's own knowledge does not depend on it).
 */
public final class FirstBytes {

  private static final int MAX_ENDPOINTS = 10_000;

  private record Key(String cluster, String address) {}

  /**
   * Sums of one endpoint.
   *
   * @param cluster its pool
   * @param address {@code ip:port}
   * @param count exchanges whose first byte was seen
   * @param sumNanos of their first-byte times
   * @param failures exchanges and attempts that failed there
   */
  public record Sum(String cluster, String address, long count, long sumNanos, long failures) {
    private Sum plus(long moreCount, long moreNanos, long moreFailures) {
      return new Sum(
          cluster, address, count + moreCount, sumNanos + moreNanos, failures + moreFailures);
    }
  }

  private final ConcurrentHashMap<Key, Sum> sums = new ConcurrentHashMap<>();

  void seen(String cluster, String address, long nanos) {
    add(cluster, address, 1, nanos, 0);
  }

  void failed(String cluster, String address) {
    add(cluster, address, 0, 0, 1);
  }

  /** What came since the last call. */
  public List<Sum> drain() {
    List<Sum> drained = new ArrayList<>();
    for (Key key : sums.keySet()) {
      Sum sum = sums.remove(key);
      if (sum != null) {
        drained.add(sum);
      }
    }
    return drained;
  }

  private void add(String cluster, String address, long count, long nanos, long failures) {
    if (address.isEmpty()) {
      return;
    }
    Key key = new Key(cluster, address);
    if (sums.size() >= MAX_ENDPOINTS && !sums.containsKey(key)) {
      return;
    }
    sums.compute(
        key,
        (_, sum) ->
            (sum == null ? new Sum(cluster, address, 0, 0, 0) : sum).plus(count, nanos, failures));
  }
}

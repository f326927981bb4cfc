package dev.warmpath.e2e.demo;

import dev.warmpath.e2e.load.LoadRequest;
import dev.warmpath.e2e.load.LoadResult;
import dev.warmpath.e2e.load.Workload;
import java.util.BitSet;
import java.util.List;

/**
 * A workload that remembers which of its requests are streamed: only their first byte is a first
 * token. Requests are asked for on one thread; {@link #firstTokenMillis} is for after the run.
 */
final class Watched implements Workload {
  private final Workload workload;
  private final BitSet streamed = new BitSet();

  Watched(Workload workload) {
    this.workload = workload;
  }

  @Override
  public int size() {
    return workload.size();
  }

  @Override
  public long atNanos(int index) {
    return workload.atNanos(index);
  }

  @Override
  public LoadRequest request(int index) {
    LoadRequest request = workload.request(index);
    synchronized (streamed) {
      streamed.set(index, !request.ending().isEmpty());
    }
    return request;
  }

  /** Of those that were streamed and succeeded, times the speedup, ascending. */
  double[] firstTokenMillis(List<LoadResult> results, double speedup) {
    synchronized (streamed) {
      return results.stream()
          .filter(result -> !result.failed() && streamed.get(result.index()))
          .mapToDouble(result -> result.ttfbNanos() / 1e6 * speedup)
          .sorted()
          .toArray();
    }
  }
}

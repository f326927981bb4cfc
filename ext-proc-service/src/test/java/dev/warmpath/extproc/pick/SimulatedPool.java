package dev.warmpath.extproc.pick;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;

/**
 * Discrete simulation of a pool: identical engines, each an LRU of prompt blocks that evicts leaves
 * first, prefilling in order of arrival at a set rate; a request is in flight until 20 ms per
 * output token after its first byte. Open loop: arrivals don't wait for answers.
 */
final class SimulatedPool {

  /** One request of a workload. */
  @SuppressWarnings("ArrayRecordComponent") // Never compared.
  record Request(double seconds, int promptTokens, int outputTokens, long[] blocks) {}

  /** The pool's size. */
  record Engines(int count, int cacheBlocks, int blockTokens, double tokensPerSecond) {

    int tokensUpTo(Request request, int blockCount) {
      return Math.min(blockCount * blockTokens, request.promptTokens());
    }
  }

  /** What chooses an engine. Times in seconds. */
  interface Router {

    int route(Request request, SimulatedPool pool, double now);

    /** The first byte of the request that was routed {@code index}-th. */
    default void firstByte(int index, int engine, double ttft, int readTokens, double now) {}

    /** Its end. */
    default void end(int index, double now) {}
  }

  /** What came of a run. Times in seconds; imbalance: largest ÷ mean prefill-busy seconds. */
  record Result(
      double hitRate, double mean, double p50, double p99, double imbalance, double busySeconds) {

    @Override
    public String toString() {
      return "hit %5.1f %%  mean %7.3f  p50 %6.3f  p99 %7.2f  imbalance %.3f"
          .formatted(100 * hitRate, mean, p50, p99, imbalance);
    }
  }

  private record Event(double seconds, int request, boolean isEnd) {}

  final Engines engines;
  private final LruOracle[] caches;
  private final double[] busyUntil;
  private final double[] busy;
  private final int[] inFlight;

  private SimulatedPool(Engines engines) {
    this.engines = engines;
    caches = new LruOracle[engines.count()];
    Arrays.setAll(caches, _ -> new LruOracle(engines.cacheBlocks()));
    busyUntil = new double[engines.count()];
    busy = new double[engines.count()];
    inFlight = new int[engines.count()];
  }

  /** Tokens of the request that the engine holds: the exact truth. */
  int heldTokens(Request request, int engine) {
    return engines.tokensUpTo(request, caches[engine].longestPrefix(request.blocks()));
  }

  /** Seconds until the engine would begin with a request that comes now. */
  double waitSeconds(int engine, double now) {
    return Math.max(0, busyUntil[engine] - now);
  }

  int inFlight(int engine) {
    return inFlight[engine];
  }

  static Result run(List<Request> requests, Engines engines, Router router) {
    return new SimulatedPool(engines).replay(requests, router);
  }

  private Result replay(List<Request> requests, Router router) {
    int[] engineOf = new int[requests.size()];
    int[] readTokens = new int[requests.size()];
    double[] ttft = new double[requests.size()];
    PriorityQueue<Event> events =
        new PriorityQueue<>(Comparator.comparingDouble(Event::seconds).thenComparing(Event::isEnd));
    long read = 0;
    long prompt = 0;
    for (int i = 0; i < requests.size(); i++) {
      Request request = requests.get(i);
      double now = request.seconds();
      while (!events.isEmpty() && events.peek().seconds() <= now) {
        Event event = events.remove();
        int r = event.request();
        if (event.isEnd()) {
          inFlight[engineOf[r]]--;
          router.end(r, event.seconds());
        } else {
          router.firstByte(r, engineOf[r], ttft[r], readTokens[r], event.seconds());
          events.add(new Event(event.seconds() + 0.02 * requests.get(r).outputTokens(), r, true));
        }
      }
      int engine = router.route(request, this, now);
      engineOf[i] = engine;
      inFlight[engine]++;
      readTokens[i] = heldTokens(request, engine);
      caches[engine].place(request.blocks());
      double prefill = (request.promptTokens() - readTokens[i]) / engines.tokensPerSecond();
      busy[engine] += prefill;
      busyUntil[engine] = Math.max(busyUntil[engine], now) + prefill;
      ttft[i] = busyUntil[engine] - now;
      events.add(new Event(busyUntil[engine], i, false));
      read += readTokens[i];
      prompt += request.promptTokens();
    }
    double[] sorted = ttft.clone();
    Arrays.sort(sorted);
    double meanBusy = Arrays.stream(busy).average().orElseThrow();
    return new Result(
        (double) read / prompt,
        Arrays.stream(ttft).average().orElseThrow(),
        sorted[sorted.length / 2],
        sorted[(int) (sorted.length * 0.99)],
        Arrays.stream(busy).max().orElseThrow() / meanBusy,
        meanBusy * engines.count());
  }

  /** The requests with their times stretched so that work is offered at the given load. */
  static List<Request> atLoad(
      List<Request> requests, Engines engines, double randomBusySeconds, double load) {
    double span = requests.getLast().seconds() - requests.getFirst().seconds();
    double stretch = randomBusySeconds / (load * engines.count()) / span;
    List<Request> stretched = new ArrayList<>(requests.size());
    for (Request r : requests) {
      stretched.add(
          new Request(r.seconds() * stretch, r.promptTokens(), r.outputTokens(), r.blocks()));
    }
    return stretched;
  }
}

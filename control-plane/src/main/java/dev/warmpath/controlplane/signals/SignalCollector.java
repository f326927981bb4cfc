package dev.warmpath.controlplane.signals;

import static dev.warmpath.controlplane.loop.FleetState.NEVER;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.warmpath.controlplane.loop.EndpointName;
import dev.warmpath.controlplane.loop.FleetState;
import dev.warmpath.controlplane.loop.FleetState.EndpointSignals;
import dev.warmpath.controlplane.loop.FleetState.EngineReading;
import dev.warmpath.controlplane.loop.FleetState.Failures;
import dev.warmpath.controlplane.loop.FleetState.KeySignals;
import dev.warmpath.controlplane.loop.FleetState.PoolSignals;
import dev.warmpath.controlplane.loop.FleetState.Probes;
import dev.warmpath.controlplane.loop.FleetState.Rate;
import dev.warmpath.controlplane.loop.FleetState.RouteSignals;
import dev.warmpath.controlplane.signals.ReplicaReport.EndpointFirstBytes;
import dev.warmpath.controlplane.signals.ReplicaReport.RouteKey;
import dev.warmpath.controlplane.source.Topology;
import dev.warmpath.controlplane.source.Topology.EndpointTarget;
import dev.warmpath.controlplane.source.Topology.PoolTarget;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Gathers scrapes, probes and what replicas report, and gives it out as one {@link FleetState} per
 * tick. Thread-safe by one lock, held for short sums only: readers and writers come a few times a
 * second per endpoint. Bounded by the topology, {@link #MAX_REPLICAS} rates per endpoint and {@link
 * #MAX_SHADOW_ENDPOINTS} per key; what names no known endpoint or route is dropped.
 *
 * <p>Silence is kept apart from bad news: an old signal is marked so, and never becomes a zero.
 * What this process missed while it was late itself is neither: replicas' silence is counted from
 * its end.
 */
public final class SignalCollector {

  /** Intervals after which a missing scrape or probe counts as silence. Guess, unmeasured. */
  private static final int PATIENCE_INTERVALS = 5;

  /** Silence is never called sooner, so that a pause of this process isn't mistaken for one. */
  private static final long MIN_PATIENCE_NANOS = 2_000_000_000L;

  /** Silence of replicas about a busy endpoint's rate. They report about once a second. */
  private static final long RATE_PATIENCE_NANOS = 10_000_000_000L;

  /** Half-life of key statistics: long enough for a few thousand requests of a quiet route. */
  static final long KEY_HALF_LIFE_NANOS = 300_000_000_000L;

  /** Half-life of the tokens that weigh a replica's measured rate against another's. */
  private static final long RATE_HALF_LIFE_NANOS = 60_000_000_000L;

  /** Time to read what waited while this process was late. Guess, unmeasured. */
  static final long SETTLE_NANOS = 1_000_000_000L;

  static final int MAX_REPLICAS = 256;
  static final int MAX_SHADOW_ENDPOINTS = 1_024;

  private final Object lock = new Object();
  private final Punctuality punctuality;

  @GuardedBy("lock")
  private Topology topology = new Topology(List.of(), List.of());

  @GuardedBy("lock")
  private Map<EndpointName, Cell> cells = Map.of();

  /** Endpoints by pool and {@code ip:port}: replicas know no ids. */
  @GuardedBy("lock")
  private Map<String, Map<String, Cell>> cellsByAddress = Map.of();

  @GuardedBy("lock")
  private Map<String, Map<Integer, KeyCell>> routes = Map.of();

  /**
   * @param punctuality of the process that gathers
   */
  public SignalCollector(Punctuality punctuality) {
    this.punctuality = punctuality;
  }

  /** Takes another topology; what is known of endpoints that stay at their address is kept. */
  public void topology(Topology next) {
    synchronized (lock) {
      var nextCells = new LinkedHashMap<EndpointName, Cell>();
      var nextByAddress = new HashMap<String, Map<String, Cell>>();
      for (PoolTarget pool : next.pools()) {
        long patience =
            Math.max(MIN_PATIENCE_NANOS, PATIENCE_INTERVALS * pool.scrapeIntervalNanos());
        for (EndpointTarget endpoint : pool.endpoints()) {
          var name = new EndpointName(pool.name(), endpoint.id());
          Cell known = cells.get(name);
          Cell cell =
              known != null && known.address.equals(endpoint.address())
                  ? known
                  : new Cell(endpoint.address(), punctuality);
          cell.patienceNanos = patience;
          nextCells.put(name, cell);
          nextByAddress
              .computeIfAbsent(pool.name(), _ -> new HashMap<>())
              .put(endpoint.address(), cell);
        }
      }
      var nextRoutes = new HashMap<String, Map<Integer, KeyCell>>();
      for (String route : next.poolRoutes()) {
        Map<Integer, KeyCell> known = routes.get(route);
        nextRoutes.put(route, known == null ? new TreeMap<>() : known);
      }
      topology = next;
      cells = nextCells;
      cellsByAddress = nextByAddress;
      routes = nextRoutes;
    }
  }

  /** An engine's metrics were read. */
  void scraped(EndpointName name, EngineMetrics metrics, long nowNanos) {
    synchronized (lock) {
      Cell cell = cells.get(name);
      if (cell == null) {
        return;
      }
      EngineMetrics before = cell.metrics;
      if (before == null) {
        cell.epoch = metrics.firstEpoch();
      } else if (metrics.restartedSince(before)) {
        cell.epoch = Math.max(cell.epoch + 1, metrics.firstEpoch());
      }
      cell.metrics = metrics;
      cell.scrapedNanos = nowNanos;
      if (cell.rate > 0 && metrics.running() == 0 && metrics.waiting() == 0) {
        cell.ratedNanos = nowNanos;
      }
    }
  }

  /** A probe had a result, good or bad. A probe that had none isn't told. */
  void probed(EndpointName name, boolean good, String detail, long nowNanos) {
    synchronized (lock) {
      Cell cell = cells.get(name);
      if (cell == null) {
        return;
      }
      cell.successes = good ? saturatedIncrement(cell.successes) : 0;
      cell.failures = good ? 0 : saturatedIncrement(cell.failures);
      cell.probeDetail = detail;
      cell.probedNanos = nowNanos;
      cell.probed = true;
    }
  }

  /** A replica reported. */
  public void reported(long incarnation, ReplicaReport report, long nowNanos) {
    synchronized (lock) {
      switch (report) {
        case ReplicaReport.FirstBytes(var endpoints) -> {
          for (EndpointFirstBytes endpoint : endpoints) {
            firstBytes(incarnation, endpoint, nowNanos);
          }
        }
        case ReplicaReport.Keys(var keys) -> {
          for (RouteKey key : keys) {
            routeKey(key, nowNanos);
          }
        }
      }
    }
  }

  /** A replica's stream ended: its rates speak no more. */
  public void replicaGone(long incarnation) {
    synchronized (lock) {
      cells.values().forEach(cell -> cell.rates.remove(incarnation));
    }
  }

  /** Everything, as of now. */
  public FleetState state(long nowNanos) {
    synchronized (lock) {
      var pools = new ArrayList<PoolSignals>(topology.pools().size());
      for (PoolTarget pool : topology.pools()) {
        var endpoints = new ArrayList<EndpointSignals>(pool.endpoints().size());
        for (EndpointTarget endpoint : pool.endpoints()) {
          var name = new EndpointName(pool.name(), endpoint.id());
          Cell cell = cells.get(name);
          if (cell != null) {
            endpoints.add(cell.signals(name, endpoint.weight(), nowNanos));
          }
        }
        pools.add(new PoolSignals(pool.name(), endpoints));
      }
      var keys = new TreeMap<String, RouteSignals>();
      routes.forEach((route, known) -> keys.put(route, routeSignals(known, nowNanos)));
      boolean settled = punctuality.keptTime(nowNanos - SETTLE_NANOS, nowNanos);
      return new FleetState(nowNanos, settled, pools, keys);
    }
  }

  @GuardedBy("lock")
  private void firstBytes(long incarnation, EndpointFirstBytes report, long nowNanos) {
    Cell cell = cellsByAddress.getOrDefault(report.pool(), Map.of()).get(report.address());
    if (cell == null) {
      return;
    }
    cell.exchangesSeen(amount(report.exchanges()), amount(report.failures()), nowNanos);
    double rate = report.prefillTokensPerSecond();
    if (rate > 0 && rate <= 1e12) {
      cell.rated(incarnation, rate, amount(report.prefillTokens()), nowNanos);
    }
  }

  @GuardedBy("lock")
  private void routeKey(RouteKey report, long nowNanos) {
    Map<Integer, KeyCell> keys = routes.get(report.route());
    if (keys == null || report.hashKey() < 1 || report.hashKey() > 4) {
      return;
    }
    keys.computeIfAbsent(report.hashKey(), _ -> new KeyCell(nowNanos)).add(report, nowNanos);
  }

  private static RouteSignals routeSignals(Map<Integer, KeyCell> keys, long nowNanos) {
    var signals = new TreeMap<Integer, KeySignals>();
    keys.forEach((key, cell) -> signals.put(key, cell.signals(nowNanos)));
    return new RouteSignals(signals);
  }

  private static int saturatedIncrement(int count) {
    return count == Integer.MAX_VALUE ? count : count + 1;
  }

  /** A reported amount, of which nonsense counts nothing. */
  private static double amount(double reported) {
    return reported > 0 && reported <= 1e15 ? reported : 0;
  }

  /** What one replica measured of one endpoint. */
  private static final class ReplicaRate {
    private final Decaying tokens;
    private double tokensPerSecond;
    private long reportedNanos;

    ReplicaRate(long nowNanos) {
      tokens = new Decaying(RATE_HALF_LIFE_NANOS, nowNanos);
    }
  }

  /** What is known of one endpoint. Guarded by the collector's lock. */
  private static final class Cell {
    private final String address;
    private final Punctuality punctuality;
    private final Map<Long, ReplicaRate> rates = new HashMap<>();
    private long patienceNanos;
    private int successes;
    private int failures;
    private String probeDetail = "";
    private boolean probed;
    private long probedNanos;
    private @Nullable EngineMetrics metrics;
    private long scrapedNanos;
    private long epoch;
    private double rate;
    private long ratedNanos;
    private @Nullable Decaying exchanges;
    private @Nullable Decaying endpointFailures;

    Cell(String address, Punctuality punctuality) {
      this.address = address;
      this.punctuality = punctuality;
    }

    void exchangesSeen(double count, double failed, long nowNanos) {
      if (exchanges == null || endpointFailures == null) {
        exchanges = new Decaying(FleetState.FAILURE_HALF_LIFE_NANOS, nowNanos);
        endpointFailures = new Decaying(FleetState.FAILURE_HALF_LIFE_NANOS, nowNanos);
      }
      exchanges.add(count, nowNanos);
      endpointFailures.add(failed, nowNanos);
    }

    /**
     * Takes a replica's rate and merges those that are fresh, weighed by the tokens behind them.
     */
    void rated(long incarnation, double tokensPerSecond, double tokens, long nowNanos) {
      if (!rates.containsKey(incarnation) && rates.size() >= MAX_REPLICAS) {
        return;
      }
      ReplicaRate own = rates.computeIfAbsent(incarnation, _ -> new ReplicaRate(nowNanos));
      own.tokensPerSecond = tokensPerSecond;
      own.tokens.add(tokens, nowNanos);
      own.reportedNanos = nowNanos;
      double weightedSum = 0;
      double weights = 0;
      for (ReplicaRate one : rates.values()) {
        if (nowNanos - one.reportedNanos <= RATE_PATIENCE_NANOS) {
          double weight = 1 + one.tokens.at(nowNanos);
          weightedSum += weight * one.tokensPerSecond;
          weights += weight;
        }
      }
      rate = weightedSum / weights;
      ratedNanos = nowNanos;
    }

    EndpointSignals signals(EndpointName name, int configuredWeight, long nowNanos) {
      var probes =
          probed
              ? new Probes(
                  failures, successes, nowNanos - probedNanos <= patienceNanos, probeDetail)
              : Probes.NONE;
      EngineMetrics read = metrics;
      EngineReading reading =
          read == null
              ? null
              : new EngineReading(
                  nowNanos - scrapedNanos <= patienceNanos,
                  read.running(),
                  read.waiting(),
                  read.kvUsage(),
                  read.cacheTokens(),
                  epoch);
      var seen =
          exchanges == null || endpointFailures == null
              ? Failures.NONE
              : new Failures(exchanges.at(nowNanos), endpointFailures.at(nowNanos));
      return new EndpointSignals(
          name, address, configuredWeight, probes, reading, rate(nowNanos), seen);
    }

    private Rate rate(long nowNanos) {
      if (rate <= 0) {
        return Rate.NEVER_MEASURED;
      }
      long missing = nowNanos - punctuality.missingSince(ratedNanos, nowNanos);
      long silent = Math.max(0, missing - RATE_PATIENCE_NANOS);
      return new Rate(rate, Math.min(silent, NEVER - 1));
    }
  }

  /** Statistics of one key of one route. Guarded by the collector's lock. */
  private static final class KeyCell {
    private final Decaying tokens;
    private final Decaying hitTokens;
    private final List<Decaying> endpointTokens = new ArrayList<>();

    KeyCell(long nowNanos) {
      tokens = new Decaying(KEY_HALF_LIFE_NANOS, nowNanos);
      hitTokens = new Decaying(KEY_HALF_LIFE_NANOS, nowNanos);
    }

    void add(RouteKey report, long nowNanos) {
      double seen = amount(report.tokens());
      tokens.add(seen, nowNanos);
      hitTokens.add(Math.min(seen, amount(report.hitTokens())), nowNanos);
      int shadows = Math.min(report.endpointTokens().size(), MAX_SHADOW_ENDPOINTS);
      while (endpointTokens.size() < shadows) {
        endpointTokens.add(new Decaying(KEY_HALF_LIFE_NANOS, nowNanos));
      }
      for (int i = 0; i < shadows; i++) {
        endpointTokens.get(i).add(amount(report.endpointTokens().get(i)), nowNanos);
      }
    }

    KeySignals signals(long nowNanos) {
      double max = 0;
      double sum = 0;
      for (Decaying endpoint : endpointTokens) {
        double at = endpoint.at(nowNanos);
        max = Math.max(max, at);
        sum += at;
      }
      double imbalance = sum > 0 ? Math.max(1, max * endpointTokens.size() / sum) : 1;
      return new KeySignals(tokens.at(nowNanos), hitTokens.at(nowNanos), imbalance);
    }
  }
}

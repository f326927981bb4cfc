package dev.warmpath.extproc.exchange;

import static java.nio.charset.StandardCharsets.US_ASCII;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.warmpath.extproc.prefix.KeyRing;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Which endpoint served the responses that later requests may continue by name, as {@code
 * previous_response_id} of OpenAI's Responses does: an engine holds their history, and no other has
 * it. A response is known by a keyed hash of its id, never by the id itself; replicas with one
 * index secret agree on it, so that each may continue what another saw.
 *
 * <p>Bounded in number, the oldest goes first, and in age. Thread-safe; calls nothing under its
 * monitor.
 */
public final class ResponseHomes {

  /** Homes that wait to be told to other replicas; more are not told. */
  static final int MAX_UNTOLD = 16_384;

  /**
   * A response and who served it.
   *
   * @param response keyed hash of its id and cluster
   * @param cluster pool
   * @param address {@code ip:port}
   */
  public record Home(long response, String cluster, String address) {}

  private record Entry(String address, long sinceNanos) {}

  private final Set<String> clusters;
  private final int max;
  private final long ttlNanos;
  private final KeyRing keys;

  /** Oldest first. */
  @GuardedBy("this")
  private final LinkedHashMap<Long, Entry> homes = new LinkedHashMap<>();

  @GuardedBy("this")
  private final Deque<Home> untold = new ArrayDeque<>();

  /**
   * @param clusters that have pickers; others' responses are not kept
   * @param max responses that are kept
   * @param ttlNanos how long each is
   * @param keys for the hashes
   */
  ResponseHomes(Set<String> clusters, int max, long ttlNanos, KeyRing keys) {
    this.clusters = Set.copyOf(clusters);
    this.max = max;
    this.ttlNanos = ttlNanos;
    this.keys = keys;
  }

  /** An endpoint was seen to serve a response. */
  void served(String cluster, String address, String responseId, long nowNanos) {
    if (address.isEmpty() || !clusters.contains(cluster)) {
      return;
    }
    Home home = new Home(hash(cluster, responseId.getBytes(US_ASCII)), cluster, address);
    synchronized (this) {
      put(home, nowNanos);
      if (untold.size() < MAX_UNTOLD) {
        untold.add(home);
      }
    }
  }

  /** Another replica saw it. */
  public synchronized void told(Home home, long nowNanos) {
    if (clusters.contains(home.cluster())) {
      put(home, nowNanos);
    }
  }

  /** What this replica saw since the last call. */
  public synchronized List<Home> drainUntold() {
    List<Home> drained = new ArrayList<>(untold);
    untold.clear();
    return drained;
  }

  /** Address of the endpoint that served a response; null: it isn't known. */
  @Nullable String home(String cluster, byte[] responseId, long nowNanos) {
    long response = hash(cluster, responseId);
    synchronized (this) {
      expire(nowNanos);
      Entry entry = homes.get(response);
      return entry == null ? null : entry.address();
    }
  }

  /** Responses that are known. */
  public synchronized int size() {
    return homes.size();
  }

  /** Most that are kept. */
  int max() {
    return max;
  }

  @GuardedBy("this")
  private void put(Home home, long nowNanos) {
    expire(nowNanos);
    homes.remove(home.response());
    homes.put(home.response(), new Entry(home.address(), nowNanos));
    if (homes.size() > max) {
      homes.remove(Objects.requireNonNull(homes.firstEntry()).getKey());
    }
  }

  @GuardedBy("this")
  private void expire(long nowNanos) {
    Iterator<Map.Entry<Long, Entry>> oldest = homes.entrySet().iterator();
    while (oldest.hasNext() && nowNanos - oldest.next().getValue().sinceNanos() > ttlNanos) {
      oldest.remove();
    }
  }

  private long hash(String cluster, byte[] responseId) {
    return keys.responseTag(cluster, responseId);
  }
}

package dev.warmpath.extproc.fleet;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalLong;

/**
 * Which messages of a peer are new, and how late they are. Two clocks are never compared: what
 * counts is how much longer a message took than the quickest of the last minutes, since clocks run
 * apart by some milliseconds in that time and no more. Of a peer's very first message it isn't
 * known.
 *
 * <p>Confined to the fleet client's thread. Bounded: of more than {@value #MAX_PEERS} peers the one
 * not heard for the longest time is forgotten.
 */
final class MessageLag {

  static final int MAX_PEERS = 10_000;

  /** What a peer's clock is compared with is at most twice as old, while it is heard. */
  private static final long WINDOW_NANOS = 60_000_000_000L;

  /** Of one incarnation; what is added to its clock to get ours, if nothing took any time. */
  private static final class Peer {
    private long sequence;
    private long windowNanos;
    private long least;
    private long leastBefore;

    Peer(long offset, long nowNanos) {
      least = offset;
      leastBefore = offset;
      windowNanos = nowNanos;
    }

    long lag(long offset, long nowNanos) {
      if (nowNanos - windowNanos >= WINDOW_NANOS) {
        windowNanos = nowNanos;
        leastBefore = least;
        least = offset;
      }
      least = min(least, offset);
      return offset - min(least, leastBefore);
    }

    private static long min(long a, long b) {
      return a - b < 0 ? a : b;
    }
  }

  private final LinkedHashMap<Long, Peer> peers = new LinkedHashMap<>();

  /**
   * A message came.
   *
   * @param sequence grows with each message of the incarnation
   * @param sentNanos by the peer's clock
   * @return nanoseconds, 0 or more; empty: it, or a newer one, was heard before
   */
  OptionalLong heard(long incarnation, long sequence, long sentNanos, long nowNanos) {
    long offset = nowNanos - sentNanos;
    Peer peer = peers.get(incarnation);
    if (peer == null) {
      peer = new Peer(offset, nowNanos);
    } else if (Long.compareUnsigned(sequence, peer.sequence) <= 0) {
      return OptionalLong.empty();
    }
    peer.sequence = sequence;
    peers.putLast(incarnation, peer);
    if (peers.size() > MAX_PEERS) {
      Map.Entry<Long, Peer> _ = peers.pollFirstEntry();
    }
    return OptionalLong.of(peer.lag(offset, nowNanos));
  }
}

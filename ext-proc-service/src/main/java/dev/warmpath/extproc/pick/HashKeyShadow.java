package dev.warmpath.extproc.pick;

import java.util.EnumMap;
import java.util.Map;

/**
 * What each hash key of one route would have achieved: for each key a set of shadow caches, one per
 * endpoint, to which prompts go by that key's hash. The control plane reads hit rate and balance
 * from it and chooses the fallback's key.
 *
 * <p>Evaluated on a sample of conversations, one in {@value #SAMPLE}, with caches smaller in the
 * same proportion (as SHARDS does for miss ratio curves; Waldspurger et al., FAST 2015): the
 * conversation key is a hash, so its low bits sample evenly, and a conversation is in the sample
 * with all its turns. Thread-safe: a leaf lock. Memory: keys × endpoints × beliefs of {@code
 * maxBlocks}.
 */
public final class HashKeyShadow {

  /** One conversation in so many is evaluated. A power of two. */
  public static final int SAMPLE = 8;

  /** The keys that can be chosen, as {@code warmpath.config.v1.Route.HashKey} names them. */
  public enum Key {
    ROOT,
    CONVERSATION,
    SESSION,
    NONE
  }

  /**
   * Sums of one key since the last drain.
   *
   * @param key which
   * @param tokens of prompts
   * @param hitTokens of these, found in the cache that the key leads to
   * @param endpointTokens tokens of prompts per shadow endpoint
   */
  @SuppressWarnings("ArrayRecordComponent") // Handed to the fleet stream; never compared.
  public record Sums(Key key, long tokens, long hitTokens, long[] endpointTokens) {}

  /** One key's caches and sums. */
  private static final class Shadow {
    final Belief[] caches;
    long[] endpointTokens;
    long tokens;
    long hitTokens;

    Shadow(int endpoints, long cacheTokens, int maxBlocks) {
      caches = new Belief[endpoints];
      for (int i = 0; i < endpoints; i++) {
        caches[i] = new Belief(cacheTokens, maxBlocks);
      }
      endpointTokens = new long[endpoints];
    }

    void arrive(PrefixBlocks prefix, int endpoint) {
      Belief cache = caches[endpoint];
      tokens += prefix.promptTokens();
      hitTokens += prefix.tokensUpTo(cache.longestPrefix(prefix));
      endpointTokens[endpoint] += prefix.promptTokens();
      cache.place(prefix);
    }

    Sums drain(Key key) {
      Sums drained = new Sums(key, tokens, hitTokens, endpointTokens);
      tokens = 0;
      hitTokens = 0;
      endpointTokens = new long[caches.length];
      return drained;
    }
  }

  private final int endpoints;

  // Guarded by this.
  private final Map<Key, Shadow> shadows = new EnumMap<>(Key.class);
  private int next;

  /**
   * Shadows of a route's pool.
   *
   * @param endpoints of the pool
   * @param cacheTokens what each one's prefix cache holds
   * @param maxBlocks blocks that one shadow cache may hold
   */
  public HashKeyShadow(int endpoints, long cacheTokens, int maxBlocks) {
    if (endpoints < 1) {
      throw new IllegalArgumentException("endpoints: " + endpoints + " (expected: >= 1)");
    }
    this.endpoints = endpoints;
    for (Key key : Key.values()) {
      shadows.put(
          key,
          new Shadow(
              endpoints, Math.max(1, cacheTokens / SAMPLE), Math.max(1, maxBlocks / SAMPLE)));
    }
  }

  /** Whether a conversation is in the sample; the others need not arrive. */
  public static boolean isSampled(long keyConversation) {
    return (keyConversation & (SAMPLE - 1)) == 0;
  }

  /**
   * A sampled prompt has come.
   *
   * @param root key of tools and system prompt; 0: it has none, so this key falls to the next
   * @param conversation key up to the first user turn
   * @param session hash of the session header; 0: absent
   */
  public synchronized void arrive(PrefixBlocks prefix, long root, long conversation, long session) {
    next = next + 1 < endpoints ? next + 1 : 0;
    shadows.forEach(
        (key, shadow) -> {
          long hash =
              switch (key) {
                case ROOT -> root != 0 ? root : session;
                case CONVERSATION -> conversation;
                case SESSION -> session;
                case NONE -> 0;
              };
          shadow.arrive(prefix, hash == 0 ? next : bucket(hash));
        });
  }

  /** Sums since the last call, by key. */
  public synchronized Map<Key, Sums> drain() {
    Map<Key, Sums> drained = new EnumMap<>(Key.class);
    shadows.forEach((key, shadow) -> drained.put(key, shadow.drain(key)));
    return drained;
  }

  /** Spreads over endpoints by bits that the sampling did not look at. */
  private int bucket(long hash) {
    long mixed = (hash >>> 3) * 0x9E3779B97F4A7C15L;
    return (int) Long.remainderUnsigned(mixed ^ (mixed >>> 32), endpoints);
  }
}

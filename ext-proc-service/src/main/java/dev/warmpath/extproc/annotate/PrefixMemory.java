package dev.warmpath.extproc.annotate;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Which prefixes were seen, when, and which of them a provider's cache should hold: as much as it
 * takes to know how often prefixes like this one come back ({@link Reuse}). No prompt is kept, only
 * the chain's 64 bits at a boundary.
 *
 * <p>Prefixes are alike when they belong to one route and one scope, stand at the same {@link
 * Boundary} and were seen as often before: a system prompt that comes a third time comes again, a
 * document's first question says little. What comes before an earlier request with the same prefix
 * has its answer is the same sighting: no cache could have served it. Where that sighting was a
 * return, all of them would have read what the one before had written.
 *
 * <p>Other replicas tell of what they see, a little later than it happens. So what is told has its
 * own time, which may lie before the last sighting: then it came with that one. A response that
 * nobody tells of is taken to have begun a few seconds after its request.
 *
 * <p>Bounded: {@code maxPrefixes}, in sets of {@value #WAYS}, of which the one not seen for the
 * longest time gives way; beyond {@value #MAX_CLASSES} classes, those of a route are taken
 * together, and those of all routes that are new by then. Not thread-safe.
 */
public final class PrefixMemory {

  static final int ABSENT = -1;

  private static final int WAYS = 8;
  private static final int MAX_CLASSES = 4096;

  /** Prefixes that were seen so often or more are alike. */
  private static final int MOST_SIGHTINGS = 4;

  /** An answer that takes longer won't come. */
  private static final long LONGEST_ANSWER_NANOS = 60_000_000_000L;

  /**
   * By then a request at another replica is taken to have its answer, if that one tells nothing of
   * it: few first bytes take longer, and a message may be lost. Guess, unmeasured.
   */
  static final long PRESUMED_ANSWER_NANOS = 5_000_000_000L;

  /** Who saw a request. */
  enum Where {
    /** This replica: it will see the response, too. */
    HERE(LONGEST_ANSWER_NANOS),
    /** Another one, which may tell of the response. */
    ELSEWHERE(PRESUMED_ANSWER_NANOS);

    private final long answerNanos;

    Where(long answerNanos) {
      this.answerNanos = answerNanos;
    }
  }

  /**
   * Of {@link #advance}: prefixes, and slots, that one request looks at, however long it was still.
   */
  static final int MAX_AGED = 1024;

  private static final int MAX_LOOKS = 65_536;

  /** In this time all of the memory is looked through for prefixes that grew older. */
  private static final long ROUND_NANOS = 4_000_000_000L;

  /**
   * @param scope who shares a cache; empty: the wider class of all scopes
   */
  private record ClassKey(String route, String scope, Boundary boundary, int sightings) {}

  private final int size;
  private final long[] keys;
  private final long[] seenNanos;

  /** When the last sighting had its answer, or when it is no use to wait for that any longer. */
  private final long[] answeredNanos;

  private final byte[] stages;

  /** 0 in a slot that holds nothing. */
  private final byte[] sightings;

  private final ClassKey[] classKeys;

  /** The class that a prefix had when it came back last, in time for a cache; null: it hasn't. */
  private final @Nullable ClassKey[] cameBackAs;

  /**
   * Of what the cache holds: since when, for how long (0: nothing), whether it can be read, and
   * whether another replica's request wrote it.
   */
  private final long[] heldNanos;

  private final long[] lifetimeNanos;
  private final boolean[] readable;
  private final boolean[] writtenElsewhere;

  /** Tokens by which it is lengthened; below 0: it is not to be. */
  private final short[] paddingTokens;

  private final Map<ClassKey, Reuse> classes = new HashMap<>();
  private int held;
  private int hand;
  private double owedLooks;
  private long lookedNanos;
  private boolean hasLooked;

  /**
   * @param maxPrefixes rounded up to a power of two
   */
  public PrefixMemory(int maxPrefixes) {
    if (maxPrefixes < WAYS || maxPrefixes > 1 << 24) {
      throw new IllegalArgumentException(
          "maxPrefixes: %d (expected: %d to %d)".formatted(maxPrefixes, WAYS, 1 << 24));
    }
    size = Integer.highestOneBit(maxPrefixes - 1) << 1;
    keys = new long[size];
    seenNanos = new long[size];
    answeredNanos = new long[size];
    stages = new byte[size];
    sightings = new byte[size];
    classKeys = new ClassKey[size];
    cameBackAs = new ClassKey[size];
    heldNanos = new long[size];
    lifetimeNanos = new long[size];
    readable = new boolean[size];
    writtenElsewhere = new boolean[size];
    paddingTokens = new short[size];
  }

  /** Time has come to here; to be called before a request's prefixes are looked up. */
  void advance(long nowNanos) {
    if (hasLooked) {
      owedLooks += Math.min(size, (double) (nowNanos - lookedNanos) / ROUND_NANOS * size);
    }
    hasLooked = true;
    lookedNanos = nowNanos;
    owedLooks = Math.min(owedLooks, Math.min(size, MAX_LOOKS));
    int aged = 0;
    for (; owedLooks >= 1 && aged < MAX_AGED; owedLooks--) {
      if (sightings[hand] > 0) {
        age(hand, Reuse.stage(nowNanos - seenNanos[hand]));
        aged++;
      }
      hand = (hand + 1) & (size - 1);
    }
  }

  /** The place of a prefix, or {@link #ABSENT}. */
  int find(long key) {
    int set = set(key);
    for (int slot = set; slot < set + WAYS; slot++) {
      if (keys[slot] == key && sightings[slot] > 0) {
        return slot;
      }
    }
    return ABSENT;
  }

  /**
   * A prefix that is known, wherever it ends, was seen again.
   *
   * @param nanos when; may lie before the last sighting
   */
  void seenAgain(int slot, Where where, long nanos) {
    if (nanos - answeredNanos[slot] < 0) {
      ClassKey cameBack = cameBackAs[slot];
      if (cameBack != null) {
        reuse(cameBack).another();
      }
      return;
    }
    int stage = Reuse.stage(nanos - seenNanos[slot]);
    age(slot, stage);
    if (stage < Reuse.STAGES) {
      reuse(slot).returned(stage);
    }
    ClassKey before = classKeys[slot];
    cameBackAs[slot] = stage < Reuse.STAGES ? before : null;
    sightings[slot] = (byte) Math.min(sightings[slot] + 1, MOST_SIGHTINGS);
    begin(slot, before.route(), before.scope(), before.boundary(), where, nanos);
  }

  /** A prefix was seen that ends at a boundary. */
  int seen(String route, String scope, Boundary boundary, long key, Where where, long nanos) {
    int slot = find(key);
    if (slot != ABSENT) {
      seenAgain(slot, where, nanos);
      return slot;
    }
    slot = free(set(key), nanos);
    held += sightings[slot] == 0 ? 1 : 0;
    keys[slot] = key;
    sightings[slot] = 1;
    lifetimeNanos[slot] = 0;
    paddingTokens[slot] = 0;
    cameBackAs[slot] = null;
    begin(slot, route, scope, boundary, where, nanos);
    return slot;
  }

  private void begin(
      int slot, String route, String scope, Boundary boundary, Where where, long nanos) {
    classKeys[slot] = new ClassKey(route, scope, boundary, sightings[slot]);
    seenNanos[slot] = nanos;
    answeredNanos[slot] = nanos + where.answerNanos;
    stages[slot] = 0;
    reuse(slot).reached(0);
  }

  private void age(int slot, int stage) {
    Reuse reuse = reuse(slot);
    while (stages[slot] < Math.min(stage, Reuse.STAGES - 1)) {
      reuse.reached(++stages[slot]);
    }
  }

  /** What is known of prefixes like this one. */
  Reuse reuse(int slot) {
    return reuse(classKeys[slot]);
  }

  /**
   * How many requests will find a prefix written now, by what is known of prefixes like it, of
   * those that were seen once more often, and so on.
   *
   * @param hopes whether what is not known yet counts as the guess
   */
  double reads(int slot, long nanos, boolean hopes) {
    ClassKey own = classKeys[slot];
    double reads = -1;
    for (int seen = MOST_SIGHTINGS; seen >= own.sightings(); seen--) {
      reads =
          reuse(new ClassKey(own.route(), own.scope(), own.boundary(), seen))
              .reads(nanos, hopes, reads);
    }
    return reads;
  }

  private Reuse reuse(ClassKey key) {
    Reuse known = classes.get(key);
    return known == null ? newClass(key) : known;
  }

  private Reuse newClass(ClassKey key) {
    boolean isFull = classes.size() >= MAX_CLASSES;
    ClassKey ofRoute = new ClassKey(key.route(), "", key.boundary(), key.sightings());
    if (isFull && !classes.containsKey(ofRoute)) {
      ofRoute = new ClassKey("", "", key.boundary(), key.sightings());
    }
    Reuse wider = classes.computeIfAbsent(ofRoute, _ -> new Reuse(null, key.boundary()));
    if (isFull || key.equals(ofRoute)) {
      return wider;
    }
    Reuse own = new Reuse(wider, key.boundary());
    classes.put(key, own);
    return own;
  }

  /** A slot of the set that is empty, or else the one not seen for the longest time. */
  private int free(int set, long nowNanos) {
    int oldest = set;
    for (int slot = set; slot < set + WAYS; slot++) {
      if (sightings[slot] == 0) {
        return slot;
      }
      if (nowNanos - seenNanos[slot] > nowNanos - seenNanos[oldest]) {
        oldest = slot;
      }
    }
    return oldest;
  }

  private int set(long key) {
    return (int) (key ^ key >>> 32) & (size - 1) & -WAYS;
  }

  /** A request that marks the prefix went out: it is written for a lifetime, or refreshed. */
  void marked(int slot, long newLifetimeNanos, Where where, long nanos) {
    if (isHeld(slot, nanos)) {
      if (canBeRead(slot, nanos) && nanos - heldNanos[slot] > 0) {
        heldNanos[slot] = nanos;
        readable[slot] = true;
      }
      return;
    }
    heldNanos[slot] = nanos;
    lifetimeNanos[slot] = newLifetimeNanos;
    readable[slot] = false;
    writtenElsewhere[slot] = where == Where.ELSEWHERE;
  }

  /** A response began whose request had the prefix. */
  void answered(int slot, long nanos) {
    if (nanos - seenNanos[slot] >= 0 && nanos - answeredNanos[slot] < 0) {
      answeredNanos[slot] = nanos;
    }
  }

  /** A response began whose request had marked the prefix. */
  void written(int slot) {
    readable[slot] = true;
  }

  /** A request that was writing it failed. */
  void failed(int slot, long nanos) {
    if (!canBeRead(slot, nanos)) {
      lifetimeNanos[slot] = 0;
    }
  }

  /** The cache didn't hold it, whatever was believed; what was written since then counts. */
  void lost(int slot, long nanos) {
    if (nanos - heldNanos[slot] >= 0) {
      lifetimeNanos[slot] = 0;
    }
  }

  /** Whether it came back since it is remembered. */
  boolean cameBack(int slot) {
    return sightings[slot] > 1;
  }

  /** Tokens by which a prefix is lengthened; 0: none, below 0: it is not to be. */
  int paddingTokens(int slot) {
    return paddingTokens[slot];
  }

  /** It is lengthened from now on. Where replicas differ all come to the longest. */
  void pad(int slot, int tokens) {
    if (paddingTokens[slot] >= 0 && tokens > paddingTokens[slot]) {
      paddingTokens[slot] = (short) Math.min(tokens, Short.MAX_VALUE);
    }
  }

  /** It is not to be lengthened again: that didn't help, or did harm. */
  void paddingMissed(int slot) {
    paddingTokens[slot] = -1;
  }

  /** Prefixes that are remembered. */
  int size() {
    return held;
  }

  int maxPrefixes() {
    return size;
  }

  /** Whether the cache should serve it. */
  boolean isReadable(int slot, long nowNanos) {
    return isHeld(slot, nowNanos) && canBeRead(slot, nowNanos);
  }

  /** For how long it was written. */
  long lifetimeNanos(int slot) {
    return lifetimeNanos[slot];
  }

  /** Whether it is being written by a request that has no response yet. */
  boolean isWritten(int slot, long nowNanos) {
    return isHeld(slot, nowNanos) && !canBeRead(slot, nowNanos);
  }

  private boolean isHeld(int slot, long nowNanos) {
    long age = nowNanos - heldNanos[slot];
    return lifetimeNanos[slot] > 0
        && age < (canBeRead(slot, nowNanos) ? lifetimeNanos[slot] : LONGEST_ANSWER_NANOS);
  }

  /** Once the response of its writer began. */
  private boolean canBeRead(int slot, long nowNanos) {
    return readable[slot]
        || (writtenElsewhere[slot] && nowNanos - heldNanos[slot] >= PRESUMED_ANSWER_NANOS);
  }
}

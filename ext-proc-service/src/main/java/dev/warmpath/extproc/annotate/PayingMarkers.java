package dev.warmpath.extproc.annotate;

import dev.warmpath.extproc.annotate.PrefixMemory.Where;
import dev.warmpath.extproc.provider.ModelEntry;
import dev.warmpath.extproc.provider.PriceFactors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Learns from all requests which prefixes come back, and chooses the markers that pay. One for the
 * process. Safe for any thread.
 *
 * <p>Envoy spreads requests over replicas, so that each sees a share of a prefix's returns. They
 * {@linkplain #drainUntold tell} each other what they see ({@link Sighting}), and learn from what
 * they are {@linkplain #told told} as from requests of their own.
 *
 * @see PrefixMemory what it remembers
 * @see MarkerChoice how it chooses
 */
public final class PayingMarkers {

  /** Ends of segments that are looked up, from the last one backwards. */
  static final int MAX_LOOKED_UP = 64;

  private static final Boundary[] BOUNDARIES = Boundary.values();
  private static final long SECOND_NANOS = 1_000_000_000L;

  // Guarded by this.
  private final PrefixMemory memory;
  private final MarkerChoice choice = new MarkerChoice();
  private final SightingQueue untold;
  private final long[] earlier = new long[MAX_LOOKED_UP];

  /**
   * For one replica alone.
   *
   * @param maxPrefixes that are remembered, rounded up to a power of two
   */
  public PayingMarkers(int maxPrefixes) {
    this(maxPrefixes, 0);
  }

  /**
   * @param maxPrefixes that are remembered, rounded up to a power of two
   * @param maxUntold prefixes of sightings that wait for other replicas to be told; 0: there are no
   *     others
   */
  public PayingMarkers(int maxPrefixes, int maxUntold) {
    memory = new PrefixMemory(maxPrefixes);
    untold = new SightingQueue(maxUntold);
  }

  /** What a request offers; a mutable argument, to be reused after {@link #clear}. */
  public static final class Offer {
    private long[] keys = new long[16];
    private int ends;
    private final int[] at = new int[MarkerChoice.BOUNDARIES];
    private final long[] tokens = new long[MarkerChoice.BOUNDARIES];
    private final int[] blocks = new int[MarkerChoice.BOUNDARIES];
    private final int[] shortest = new int[MarkerChoice.BOUNDARIES];
    private final int[] longest = new int[MarkerChoice.BOUNDARIES];
    private final int[] clients = new int[MarkerChoice.BOUNDARIES];
    private int seconds;
    private double automaticRead = Double.NaN;
    private boolean markersEndAutomatic;
    private int padding;
    private int maxPadding;
    private boolean needsPadding;
    private boolean isPaddingForecast;

    /**
     * Begins anew.
     *
     * @param seconds the lifetime of a marker that asks for none
     */
    public void clear(int seconds) {
      this.seconds = seconds;
      automaticRead = Double.NaN;
      ends = 0;
      padding = 0;
      Arrays.fill(at, PrefixMemory.ABSENT);
      Arrays.fill(shortest, MarkerChoice.MINUTES);
      Arrays.fill(longest, MarkerChoice.NONE);
      Arrays.fill(clients, MarkerChoice.NONE);
    }

    /**
     * The provider caches by itself, too.
     *
     * @param readPrice of what it then reads, in that of input; {@code NaN}: it doesn't
     * @param markersEndIt whether it doesn't where a request carries a marker
     */
    public void automatic(double readPrice, boolean markersEndIt) {
      automaticRead = readPrice;
      markersEndAutomatic = markersEndIt;
    }

    /** The next segment ends; the chain's value there is its key. */
    public void end(long key) {
      if (ends == keys.length) {
        keys = Arrays.copyOf(keys, 2 * ends);
      }
      keys[ends++] = key;
    }

    /**
     * The last segment's end is a boundary.
     *
     * @param upToTokens tokens up to there
     * @param upToBlocks content blocks up to there
     */
    public void boundary(Boundary boundary, long upToTokens, int upToBlocks) {
      at[boundary.index] = ends - 1;
      tokens[boundary.index] = upToTokens;
      blocks[boundary.index] = upToBlocks;
    }

    /** A boundary may be marked, for lifetimes between these, in seconds: the default or 3600. */
    public void mayMark(Boundary boundary, int shortestSeconds, int longestSeconds) {
      shortest[boundary.index] = lifetime(shortestSeconds);
      longest[boundary.index] = lifetime(longestSeconds);
    }

    /**
     * The system prompt may be lengthened.
     *
     * @param tokens by which it would be long enough, frame included; above 0
     * @param maxTokens by which it may be
     * @param isNeeded whether it can't be marked otherwise; if not, it is lengthened only to be
     *     what it was before
     * @param isForecast whether this is worked out only
     */
    public void padding(int tokens, int maxTokens, boolean isNeeded, boolean isForecast) {
      padding = tokens;
      maxPadding = maxTokens;
      needsPadding = isNeeded;
      isPaddingForecast = isForecast;
    }

    /** The client marked it, for so many seconds. */
    public void marked(Boundary boundary, int seconds) {
      clients[boundary.index] = lifetime(seconds);
    }

    private int lifetime(int asked) {
      return asked <= 0
          ? MarkerChoice.NONE
          : asked > seconds ? MarkerChoice.HOUR : MarkerChoice.MINUTES;
    }
  }

  /**
   * What was chosen; a mutable result, to be reused. By {@link Boundary#index}.
   *
   * <p>{@code seconds}: the lifetime of the marker that a boundary gets, or has by its client; 0:
   * none. {@code written}: another request is writing it. {@code keys}: of the boundaries; 0: the
   * request has no such one.
   */
  public static final class Chosen {
    public final int[] seconds = new int[MarkerChoice.BOUNDARIES];
    public final boolean[] written = new boolean[MarkerChoice.BOUNDARIES];
    public final long[] keys = new long[MarkerChoice.BOUNDARIES];

    /** Whether the cache should serve something of it. */
    public boolean expectsRead;

    /** Tokens by which the system prompt is to be lengthened; 0: it is not. */
    public int paddingTokens;

    public PaddingDecision paddingDecision = PaddingDecision.NONE;

    /** The keys of what is marked, others being 0; a new array. */
    public long[] marked() {
      long[] marked = keys.clone();
      for (int i = 0; i < marked.length; i++) {
        marked[i] = seconds[i] > 0 ? marked[i] : 0;
      }
      return marked;
    }
  }

  /**
   * Takes notice of a request, and chooses its markers.
   *
   * @param scope who shares a cache
   * @param freeMarkers that the client left; 0: notice is taken and no more
   * @param lookbackBlocks content blocks that a marker looks back over, its own included
   * @param factors {@linkplain ModelEntry#factors known}
   */
  public synchronized void choose(
      String route,
      String scope,
      Offer offer,
      int freeMarkers,
      int lookbackBlocks,
      PriceFactors factors,
      long nowNanos,
      Chosen chosen) {
    memory.advance(nowNanos);
    int known = 0;
    for (int end = Math.max(0, offer.ends - MAX_LOOKED_UP); end < offer.ends; end++) {
      int slot = isBoundary(offer, end) ? PrefixMemory.ABSENT : memory.find(offer.keys[end]);
      if (slot != PrefixMemory.ABSENT) {
        memory.seenAgain(slot, Where.HERE, nowNanos);
        earlier[known++] = offer.keys[end];
      }
    }
    choice.clear();
    for (Boundary boundary : BOUNDARIES) {
      int i = boundary.index;
      chosen.keys[i] = 0;
      if (offer.at[i] == PrefixMemory.ABSENT) {
        continue;
      }
      chosen.keys[i] = offer.keys[offer.at[i]];
      choice.slots[i] = memory.seen(route, scope, boundary, chosen.keys[i], Where.HERE, nowNanos);
      choice.tokens[i] = offer.tokens[i];
      choice.blocks[i] = offer.blocks[i];
      choice.shortest[i] = offer.shortest[i];
      choice.longest[i] = offer.longest[i];
      choice.clients[i] = offer.clients[i];
    }
    choice.automaticRead = offer.automaticRead;
    choice.markersEndAutomatic = offer.markersEndAutomatic;
    PaddingDecision noPadding = padding(offer, freeMarkers);
    choice.choose(memory, offer.seconds, freeMarkers, lookbackBlocks, factors, nowNanos);
    chosen.expectsRead = choice.read >= 0;
    boolean isOffered = choice.padding > 0;
    chosen.paddingDecision = isOffered ? choice.paddingDecision : noPadding;
    chosen.paddingTokens = chosen.paddingDecision == PaddingDecision.PADDED ? choice.padding : 0;
    for (int i = 0; i < MarkerChoice.BOUNDARIES; i++) {
      boolean present = choice.slots[i] != PrefixMemory.ABSENT;
      chosen.seconds[i] = choice.seconds(choice.chosen[i]);
      chosen.written[i] = present && choice.isWritten[i];
    }
    if (untold.isOpen()) {
      untold.add(request(route, scope, chosen, Arrays.copyOf(earlier, known), nowNanos));
    }
  }

  /** Tells the choice how the system prompt may be lengthened; why not, if it may not. */
  private PaddingDecision padding(Offer offer, int freeMarkers) {
    int slot = choice.slots[Boundary.SYSTEM.index];
    if (offer.padding == 0 || slot == PrefixMemory.ABSENT) {
      return PaddingDecision.NONE;
    }
    choice.needsPadding = offer.needsPadding;
    choice.isPaddingForecast = offer.isPaddingForecast;
    int before = memory.paddingTokens(slot);
    int tokens = before > 0 ? before : offer.padding;
    @Nullable PaddingDecision no =
        before < 0
            ? PaddingDecision.STOPPED
            : tokens > offer.maxPadding
                ? PaddingDecision.OVER_BOUND
                : memory.cameBack(slot) || before > 0 ? null : PaddingDecision.NOT_SEEN_AGAIN;
    if (freeMarkers > 0 && no == null && (offer.needsPadding || before > 0)) {
      choice.padding = tokens;
    }
    return no == null || !offer.needsPadding ? PaddingDecision.NONE : no;
  }

  private Sighting.Request request(
      String route, String scope, Chosen chosen, long[] known, long nowNanos) {
    List<Sighting.At> boundaries = new ArrayList<>(MarkerChoice.BOUNDARIES);
    for (Boundary boundary : BOUNDARIES) {
      int i = boundary.index;
      if (choice.slots[i] != PrefixMemory.ABSENT) {
        boundaries.add(
            new Sighting.At(
                boundary,
                chosen.keys[i],
                chosen.seconds[i],
                choice.isTried[i],
                boundary == Boundary.SYSTEM ? chosen.paddingTokens : 0));
      }
    }
    long read = choice.read < 0 ? 0 : chosen.keys[choice.read];
    return new Sighting.Request(nowNanos, route, scope, boundaries, known, read);
  }

  /**
   * Learns from what another replica saw, which is not to be told twice.
   *
   * @param sighting by this replica's clock, and not of the future
   */
  public synchronized void told(Sighting sighting) {
    switch (sighting) {
      case Sighting.Request request -> told(request);
      case Sighting.Answer(long nanos, long[] keys, long[] marked) -> {
        each(keys, slot -> memory.answered(slot, nanos));
        each(marked, memory::written);
      }
      case Sighting.Failure(long nanos, long[] marked) ->
          each(marked, slot -> memory.failed(slot, nanos));
      case Sighting.NothingRead(long nanos, long[] keys) ->
          each(keys, slot -> memory.lost(slot, nanos));
    }
  }

  private void told(Sighting.Request request) {
    long nanos = request.nanos();
    // Nobody tells of responses to these, here or elsewhere.
    each(request.earlier(), slot -> memory.seenAgain(slot, Where.HERE, nanos));
    for (Sighting.At at : request.boundaries()) {
      int slot =
          memory.seen(
              request.route(), request.scope(), at.boundary(), at.key(), Where.ELSEWHERE, nanos);
      if (at.key() == request.read()) {
        memory.marked(slot, 0, Where.ELSEWHERE, nanos);
      }
      if (at.markedSeconds() > 0) {
        memory.marked(slot, at.markedSeconds() * SECOND_NANOS, Where.ELSEWHERE, nanos);
      }
      if (at.tried()) {
        memory.reuse(slot).explore();
      }
      if (at.paddingTokens() > 0) {
        memory.pad(slot, at.paddingTokens());
      }
    }
  }

  /**
   * What other replicas haven't been told of, the oldest first.
   *
   * @param maxPrefixes that it may name; one sighting is told even if it names more
   */
  public synchronized List<Sighting> drainUntold(int maxPrefixes) {
    return untold.drain(maxPrefixes);
  }

  /** Bound of what waits to be told; 0: there are no other replicas. */
  public int maxUntold() {
    return untold.maxPrefixes();
  }

  /** Prefixes of sightings that gave way untold since others waited, too. */
  public synchronized long leftUntold() {
    return untold.dropped();
  }

  private static boolean isBoundary(Offer offer, int end) {
    for (int at : offer.at) {
      if (at == end) {
        return true;
      }
    }
    return false;
  }

  /**
   * The response began to a request; a 0 among keys is none.
   *
   * @param keys of its prefixes
   * @param marked of those that carried a marker, which can be read from now on
   */
  public synchronized void answered(long[] keys, long[] marked, long nowNanos) {
    each(keys, slot -> memory.answered(slot, nowNanos));
    each(marked, memory::written);
    if (untold.isOpen()) {
      untold.add(new Sighting.Answer(nowNanos, keys, marked));
    }
  }

  /** A request failed that marked these prefixes, so that it has written nothing. */
  public synchronized void failed(long[] marked, long nowNanos) {
    each(marked, slot -> memory.failed(slot, nowNanos));
    if (untold.isOpen()) {
      untold.add(new Sighting.Failure(nowNanos, marked));
    }
  }

  /** A request read nothing, though the cache was believed to hold some of it. */
  public synchronized void readNothing(long[] keys, long nowNanos) {
    each(keys, slot -> memory.lost(slot, nowNanos));
    if (untold.isOpen()) {
      untold.add(new Sighting.NothingRead(nowNanos, keys));
    }
  }

  /** A system prompt that was lengthened was not written, or its request was refused. */
  public synchronized void paddingMissed(long key) {
    each(new long[] {key}, memory::paddingMissed);
  }

  private void each(long[] keys, IntConsumer change) {
    for (long key : keys) {
      int slot = memory.find(key);
      if (slot != PrefixMemory.ABSENT) {
        change.accept(slot);
      }
    }
  }

  /** Prefixes that are remembered. */
  public synchronized int size() {
    return memory.size();
  }

  /** Bound of {@link #size}. */
  public int maxPrefixes() {
    return memory.maxPrefixes();
  }
}

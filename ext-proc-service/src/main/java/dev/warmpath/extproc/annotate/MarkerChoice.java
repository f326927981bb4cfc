package dev.warmpath.extproc.annotate;

import dev.warmpath.extproc.provider.PriceFactors;
import java.util.Arrays;

/**
 * Which of a request's boundaries are marked, and for how long: of all choices that the provider
 * accepts the one that costs least, by what is known of how prefixes come back.
 *
 * <p>Tokens between two boundaries are written by the first marker behind them, at the price of its
 * lifetime, and read where that marker's prefix comes back in time. With p for the share that does,
 * r and w for the prices as multiples of the input's, such tokens cost p·r + (1 − p)·w in the long
 * run, and 1 without a marker: a marker pays from p = (w − 1) ÷ (w − r) on. Tokens that the cache
 * should hold cost r if a marker finds them. While another request writes a prefix, marking it too
 * would pay for a second write. There are at most 3⁴ choices, and all are worked out.
 *
 * <p>Where the provider caches by itself, at a for what it reads, tokens without a marker cost p·a
 * + (1 − p), for as long as a lifetime at most; where markers end that, those of a request with
 * none. As the two differ by little, p is that of all reads to come then: with n of them, n ÷ (n +
 * 1).
 *
 * <p>What is not known is tried: for {@value #MAX_EXPLORED} writes of a route's class that nothing
 * known supports, prefixes count as coming back as {@link Reuse} guesses.
 *
 * <p>Not thread-safe: one owner, reused. The arrays are by {@link Boundary#index}; the caller fills
 * them after {@link #clear}.
 */
final class MarkerChoice {

  static final int BOUNDARIES = Boundary.values().length;

  static final int MAX_EXPLORED = 64;

  /** Of what the system prompt costs unmarked, what lengthening it must save at least. Guess. */
  private static final double WORTH_PADDING = 0.1;

  private static final int TOOLS = Boundary.TOOLS.index;
  private static final int SYSTEM = Boundary.SYSTEM.index;

  // Lifetimes that a marker may ask for, in their order.
  static final int NONE = 0;
  static final int MINUTES = 1;
  static final int HOUR = 2;

  private static final int LIFETIMES = 3;
  private static final int HOUR_SECONDS = 3600;
  private static final long SECOND_NANOS = 1_000_000_000L;

  /** Its place in the memory, or {@link PrefixMemory#ABSENT}: the request has no such boundary. */
  final int[] slots = new int[BOUNDARIES];

  /** Tokens up to the boundary. */
  final long[] tokens = new long[BOUNDARIES];

  /** Content blocks up to the boundary. */
  final int[] blocks = new int[BOUNDARIES];

  /** The shortest and the longest lifetime that it may be marked with; longest NONE: it may not. */
  final int[] shortest = new int[BOUNDARIES];

  final int[] longest = new int[BOUNDARIES];

  /** The lifetime of the client's own marker on it, which stands and takes none of ours. */
  final int[] clients = new int[BOUNDARIES];

  /** Of what is read without a marker; {@code NaN}: nothing is. */
  double automaticRead = Double.NaN;

  /** Whether a request with a marker is not cached without one, too. */
  boolean markersEndAutomatic;

  /** Tokens by which the system prompt may be lengthened; 0: none. */
  int padding;

  /** Whether the system prompt can be marked only if it is lengthened. */
  boolean needsPadding;

  /** Whether what lengthening would do is worked out, and not done. */
  boolean isPaddingForecast;

  /** The result: a lifetime for each boundary, the client's included. */
  final int[] chosen = new int[BOUNDARIES];

  /** Whether another request is writing it. */
  final boolean[] isWritten = new boolean[BOUNDARIES];

  /** What became of {@link #padding}. */
  PaddingDecision paddingDecision = PaddingDecision.NONE;

  /** Whether it is tried, by what is known of such prefixes not yet worth it. */
  final boolean[] isTried = new boolean[BOUNDARIES];

  /** The last boundary that the cache should serve to a marker that was chosen; below 0: none. */
  int read;

  private final boolean[] isReadable = new boolean[BOUNDARIES];
  private final boolean[] isOffered = new boolean[BOUNDARIES];
  private final double[][] comesBack = new double[BOUNDARIES][LIFETIMES];
  private final int[] candidate = new int[BOUNDARIES];
  private final double[] writePrices = new double[LIFETIMES];

  /** By the constants above; the first that can be asked for is the API's own. */
  private final int[] seconds = {0, 0, HOUR_SECONDS};

  private double readPrice;
  private int lookback;
  private double least;

  /** The lifetime that one of the constants stands for. */
  int seconds(int lifetime) {
    return seconds[lifetime];
  }

  void clear() {
    Arrays.fill(slots, PrefixMemory.ABSENT);
    Arrays.fill(shortest, MINUTES);
    Arrays.fill(longest, NONE);
    Arrays.fill(clients, NONE);
    Arrays.fill(isTried, false);
    padding = 0;
    needsPadding = false;
    isPaddingForecast = false;
    paddingDecision = PaddingDecision.NONE;
  }

  /**
   * Chooses, and remembers what will be written.
   *
   * @param defaultSeconds the lifetime of a marker that asks for none
   * @param freeMarkers that the client left
   * @param lookbackBlocks content blocks that a marker looks back over, its own included
   * @param factors known, but for an hour's
   */
  void choose(
      PrefixMemory memory,
      int defaultSeconds,
      int freeMarkers,
      int lookbackBlocks,
      PriceFactors factors,
      long nowNanos) {
    seconds[MINUTES] = defaultSeconds;
    lookback = lookbackBlocks;
    readPrice = factors.read();
    writePrices[MINUTES] = factors.write();
    // Where it isn't known, only a client asks for it.
    writePrices[HOUR] = Double.isNaN(factors.write1h()) ? factors.write() : factors.write1h();
    for (int i = 0; i < BOUNDARIES; i++) {
      if (slots[i] == PrefixMemory.ABSENT) {
        continue;
      }
      Reuse reuse = memory.reuse(slots[i]);
      // Nobody is lengthened on trial.
      boolean hopes = reuse.explored() < MAX_EXPLORED && !(i == SYSTEM && needsPadding);
      for (int lifetime = MINUTES; lifetime <= HOUR; lifetime++) {
        long nanos = seconds[lifetime] * SECOND_NANOS;
        comesBack[i][lifetime] = share(memory, slots[i], nanos, hopes);
      }
      isReadable[i] = memory.isReadable(slots[i], nowNanos);
      if (isReadable[i] && longest[i] != NONE) {
        // What is there keeps the lifetime that it was written for.
        int own = memory.lifetimeNanos(slots[i]) > seconds[MINUTES] * SECOND_NANOS ? HOUR : MINUTES;
        shortest[i] = Math.clamp(own, shortest[i], longest[i]);
        longest[i] = shortest[i];
      }
      isWritten[i] = memory.isWritten(slots[i], nowNanos);
    }
    boolean isPadded = padding > 0 && memory.paddingTokens(slots[SYSTEM]) > 0;
    int systemsLongest = longest[SYSTEM];
    if (needsPadding) {
      longest[SYSTEM] = NONE;
    }
    tryAll(freeMarkers, /* isCached= */ !isPadded);
    if (padding > 0) {
      tryPadded(isPadded, systemsLongest, freeMarkers);
      if (paddingDecision == PaddingDecision.PADDED) {
        memory.pad(slots[SYSTEM], padding);
      }
    }
    System.arraycopy(chosen, 0, candidate, 0, BOUNDARIES);
    read = found();
    if (read >= 0) {
      // Read, and so refreshed, be it by a marker further on.
      memory.marked(slots[read], 0, PrefixMemory.Where.HERE, nowNanos);
    }
    remember(memory, nowNanos);
  }

  /** Of the requests with a prefix those that find it, if all of them write it. */
  private double share(PrefixMemory memory, int slot, long nanos, boolean hopes) {
    if (!Double.isNaN(automaticRead)) {
      double reads = memory.reads(slot, nanos, hopes);
      return reads / (1 + reads);
    }
    Reuse reuse = memory.reuse(slot);
    return hopes ? reuse.hopedWithin(nanos) : reuse.within(nanos);
  }

  /**
   * Tries all choices.
   *
   * @param isCached whether what the cache should hold from the system prompt on is what the
   *     request would ask for: a prompt that is lengthened is another one
   */
  private void tryAll(int freeMarkers, boolean isCached) {
    for (int i = SYSTEM; i < BOUNDARIES; i++) {
      isOffered[i] = isReadable[i] && isCached;
    }
    isOffered[TOOLS] = isReadable[TOOLS];
    least = Double.POSITIVE_INFINITY;
    System.arraycopy(clients, 0, chosen, 0, BOUNDARIES);
    tryFrom(0, freeMarkers, HOUR);
  }

  /**
   * Tries all choices with a longer system prompt, and leaves what costs less. A change makes the
   * cache useless, so it must be worth {@value #WORTH_PADDING} of the system prompt; and while the
   * longer one is being written, or may be long enough without, nothing changes.
   */
  private void tryPadded(boolean isPadded, int systemsLongest, int freeMarkers) {
    double unpadded = least;
    double worth = WORTH_PADDING * tokens[SYSTEM];
    lengthen(padding);
    longest[SYSTEM] = systemsLongest;
    tryAll(freeMarkers, isPadded);
    boolean pays =
        isPadded
            ? isWritten[SYSTEM] || !needsPadding || least <= unpadded
            : least <= unpadded - worth && chosen[SYSTEM] != NONE;
    if (pays && !isPaddingForecast) {
      paddingDecision = PaddingDecision.PADDED;
      return;
    }
    paddingDecision = pays ? PaddingDecision.FORECAST : PaddingDecision.DOES_NOT_PAY;
    lengthen(-padding);
    if (needsPadding) {
      longest[SYSTEM] = NONE;
    }
    tryAll(freeMarkers, !isPadded);
  }

  private void lengthen(int byTokens) {
    for (int i = SYSTEM; i < BOUNDARIES; i++) {
      tokens[i] += byTokens;
    }
  }

  /** Tries all choices from a boundary on. No lifetime is longer than one before it. */
  private void tryFrom(int boundary, int freeMarkers, int longestHere) {
    if (boundary == BOUNDARIES) {
      double cost = cost();
      if (cost < least) {
        least = cost;
        System.arraycopy(candidate, 0, chosen, 0, BOUNDARIES);
      }
      return;
    }
    int clientsMarker = clients[boundary];
    candidate[boundary] = clientsMarker;
    if (clientsMarker <= longestHere) {
      tryFrom(boundary + 1, freeMarkers, clientsMarker == NONE ? longestHere : clientsMarker);
    }
    if (clientsMarker != NONE
        || slots[boundary] == PrefixMemory.ABSENT
        || isWritten[boundary]
        || freeMarkers <= 0) {
      return;
    }
    int last = Math.min(longestHere, longest[boundary]);
    for (int lifetime = shortest[boundary]; lifetime <= last; lifetime++) {
      candidate[boundary] = lifetime;
      tryFrom(boundary + 1, freeMarkers - 1, lifetime);
    }
    candidate[boundary] = NONE;
  }

  /** What the tokens up to the last boundary cost in the long run, in those of input. */
  private double cost() {
    int found = found();
    double cost = 0;
    long before = 0;
    for (int i = 0; i < BOUNDARIES; i++) {
      if (slots[i] != PrefixMemory.ABSENT) {
        cost += (tokens[i] - before) * (i <= found ? readPrice : price(i));
        before = tokens[i];
      }
    }
    return cost;
  }

  /** The last boundary that the cache serves; below 0: none. */
  private int found() {
    int found = BOUNDARIES - 1;
    while (found >= 0 && !isFound(found)) {
      found--;
    }
    return found;
  }

  /** Whether the cache holds a boundary, and a marker stands there or looks back as far. */
  private boolean isFound(int boundary) {
    if (slots[boundary] == PrefixMemory.ABSENT || !isOffered[boundary]) {
      return false;
    }
    for (int i = boundary; i < BOUNDARIES; i++) {
      if (candidate[i] != NONE && (i == boundary || blocks[i] - blocks[boundary] < lookback)) {
        return true;
      }
    }
    return false;
  }

  /** Of a token before a boundary that the cache doesn't hold. */
  private double price(int boundary) {
    for (int i = boundary; i < BOUNDARIES; i++) {
      if (candidate[i] != NONE && slots[i] != PrefixMemory.ABSENT) {
        return price(comesBack[i][candidate[i]], candidate[i]);
      }
    }
    return markersEndAutomatic && isMarked() ? 1 : unmarkedPrice(comesBack[boundary][MINUTES]);
  }

  private boolean isMarked() {
    for (int lifetime : candidate) {
      if (lifetime != NONE) {
        return true;
      }
    }
    return false;
  }

  private double unmarkedPrice(double share) {
    return Double.isNaN(automaticRead) ? 1 : share * automaticRead + (1 - share);
  }

  private double price(double share, int lifetime) {
    return share * readPrice + (1 - share) * writePrices[lifetime];
  }

  private void remember(PrefixMemory memory, long nowNanos) {
    for (int i = 0; i < BOUNDARIES; i++) {
      int lifetime = chosen[i];
      if (lifetime == NONE || slots[i] == PrefixMemory.ABSENT) {
        continue;
      }
      long nanos = seconds[lifetime] * SECOND_NANOS;
      if (!isReadable[i] && clients[i] == NONE) {
        double within = share(memory, slots[i], nanos, /* hopes= */ false);
        isTried[i] = price(within, lifetime) >= unmarkedPrice(within);
        if (isTried[i]) {
          memory.reuse(slots[i]).explore();
        }
      }
      memory.marked(slots[i], nanos, PrefixMemory.Where.HERE, nowNanos);
    }
  }
}

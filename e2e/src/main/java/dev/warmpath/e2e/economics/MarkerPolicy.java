package dev.warmpath.e2e.economics;

import dev.warmpath.extproc.annotate.Boundary;
import dev.warmpath.extproc.annotate.PayingMarkers;
import dev.warmpath.extproc.provider.PriceFactors;
import java.util.IdentityHashMap;

/** Decides about the markers of requests as they come; one for each stream. */
interface MarkerPolicy {

  int MINUTES_SECONDS = 300;

  /**
   * Chooses a request's markers.
   *
   * @param seconds where to put the lifetime of each boundary's marker; all 0 before
   * @param bill of the stream, for who may look at it
   */
  void decide(Arrival request, int[] seconds, Bill bill);

  /** A response began. */
  default void answered(Arrival request) {}

  /** Nothing is marked. */
  static MarkerPolicy none() {
    return (request, seconds, bill) -> {};
  }

  /** The system prompt and the last message, always. */
  static MarkerPolicy always(int lifetimeSeconds) {
    return (request, seconds, bill) -> {
      mark(request, Arrival.SYSTEM, lifetimeSeconds, seconds);
      mark(request, Arrival.CONVERSATION, lifetimeSeconds, seconds);
    };
  }

  /** LiteLLM's injection points by role: all messages of the system. */
  static MarkerPolicy systemRole() {
    return (request, seconds, bill) -> mark(request, Arrival.SYSTEM, MINUTES_SECONDS, seconds);
  }

  /** LiteLLM's injection points by index, of the last message. */
  static MarkerPolicy lastIndex() {
    return (request, seconds, bill) ->
        mark(request, Arrival.CONVERSATION, MINUTES_SECONDS, seconds);
  }

  private static void mark(Arrival request, int boundary, int lifetime, int[] seconds) {
    if (request.has(boundary)) {
      seconds[boundary] = lifetime;
    }
  }

  /** What the ext_proc service does, by its own classes. */
  static MarkerPolicy warmpath() {
    return new Warmpath(new PayingMarkers(Warmpath.MAX_PREFIXES));
  }

  /** See {@link #warmpath}. */
  final class Warmpath implements MarkerPolicy {
    private static final Boundary[] BOUNDARIES = Boundary.values();
    private static final int MAX_MARKERS = 4;
    static final int MAX_PREFIXES = 65_536;

    private final PayingMarkers markers;
    private final PayingMarkers.Offer offer = new PayingMarkers.Offer();
    private final PayingMarkers.Chosen chosen = new PayingMarkers.Chosen();

    /** What requests marked that have no answer yet. */
    private final IdentityHashMap<Arrival, long[]> awaited = new IdentityHashMap<>();

    Warmpath(PayingMarkers markers) {
      this.markers = markers;
    }

    @Override
    public void decide(Arrival request, int[] seconds, Bill bill) {
      offer.clear(MINUTES_SECONDS);
      for (int end = 0; end < request.keys().length; end++) {
        offer.end(request.keys()[end]);
        for (int i = 0; i < BOUNDARIES.length; i++) {
          if (request.boundaries()[i] == end) {
            offer.boundary(BOUNDARIES[i], request.tokens(i), request.blocks(i));
            if (bill.isWritable(request.tokens(i))) {
              offer.mayMark(BOUNDARIES[i], MINUTES_SECONDS, Bill.HOUR_SECONDS);
            }
          }
        }
      }
      markers.choose(
          "route",
          "scope",
          offer,
          MAX_MARKERS,
          bill.lookbackBlocks(),
          PriceFactors.of(bill.prices()),
          request.nanos(),
          chosen);
      System.arraycopy(chosen.seconds, 0, seconds, 0, seconds.length);
      awaited.put(request, chosen.marked());
    }

    @Override
    public void answered(Arrival request) {
      long[] keys = new long[Arrival.BOUNDARIES];
      for (int i = 0; i < keys.length; i++) {
        keys[i] = request.has(i) ? request.key(i) : 0;
      }
      long[] marked = awaited.remove(request);
      markers.answered(
          keys, marked == null ? new long[0] : marked, request.nanos() + request.answerNanos());
    }
  }
}

package dev.warmpath.extproc.annotate;

import java.util.List;

/**
 * What a replica saw of a request, or of the response to it: all that it takes for another one to
 * learn from it ({@link PayingMarkers}). It names prefixes by 64 bits of the chain, and holds
 * nothing of a prompt. The arrays are not to be changed; a 0 in them is no prefix.
 */
@SuppressWarnings("ArrayRecordComponent") // Never compared.
public sealed interface Sighting {

  /** When, by the clock of who holds it. */
  long nanos();

  /** How much it is: bounds count prefixes. */
  int prefixes();

  /**
   * A boundary of a request.
   *
   * @param key of the prefix that ends there
   * @param markedSeconds the lifetime of its marker; 0: it has none
   * @param tried whether it was marked without knowing that it pays
   * @param paddingTokens by which the prefix is lengthened, so that all lengthen it alike; 0: it is
   *     not
   */
  record At(Boundary boundary, long key, int markedSeconds, boolean tried, int paddingTokens) {
    public At {
      if (markedSeconds < 0) {
        throw new IllegalArgumentException(
            "markedSeconds: %d (expected: >= 0)".formatted(markedSeconds));
      }
    }
  }

  /**
   * A request came.
   *
   * @param scope who shares its cache
   * @param boundaries in their order, none twice
   * @param earlier other prefixes of it that were seen before as boundaries
   * @param read the longest that its markers should find in the cache; 0: none
   */
  record Request(
      long nanos, String route, String scope, List<At> boundaries, long[] earlier, long read)
      implements Sighting {
    public Request {
      boundaries = List.copyOf(boundaries);
    }

    @Override
    public int prefixes() {
      return boundaries.size() + earlier.length + 1;
    }
  }

  /**
   * A response began.
   *
   * @param keys of the request's prefixes
   * @param marked those that can be read from now on
   */
  record Answer(long nanos, long[] keys, long[] marked) implements Sighting {
    @Override
    public int prefixes() {
      return keys.length + marked.length;
    }
  }

  /** A request failed that marked these, so that it has written nothing. */
  record Failure(long nanos, long[] marked) implements Sighting {
    @Override
    public int prefixes() {
      return marked.length;
    }
  }

  /** A request with these read nothing, though the cache was believed to hold some of it. */
  record NothingRead(long nanos, long[] keys) implements Sighting {
    @Override
    public int prefixes() {
      return keys.length;
    }
  }
}

package dev.warmpath.extproc.volatility;

import java.util.Arrays;
import java.util.List;

/**
 * The smallest hashes of triples of neighbouring words: a sample from which the overlap of two
 * texts follows (bottom-k min-wise sketch, Cohen and Kaplan, 2007). Only words of letters count,
 * since digits are what varies. Immutable.
 */
final class Sketch {

  private static final int SIZE = 256;
  private static final int BUFFER = 4096;

  /** A prompt with fewer is sketched with the beginning of what the user says. */
  private static final int FEW_WORDS = 12;

  private static final int MESSAGE_WORDS = 160;

  /**
   * Triples in which two prompts of one application may differ whatever their share. A guess: a
   * value of w words changes 2 (w + 2) triples, a line that is there or not about 15.
   */
  private static final int FORGIVEN = 40;

  /**
   * Least overlap of two prompts of one application, where few triples differ, and where many do.
   */
  private static final double LEAST_OVERLAP = 0.25;

  private static final double SURE_OVERLAP = 0.85;

  /** Words of a beginning by which prompts are related, and how many such runs are kept. */
  private static final int START_WORDS = 8;

  private static final int STARTS = 2;

  /** Least overlap of related prompts that begin alike, and of those that don't. Guesses. */
  private static final double LEAST_RELATED = 0.2;

  private static final double SURELY_RELATED = 0.5;

  /** Ascending, as unsigned numbers. */
  private final int[] smallest;

  private final double triples;

  /** Whether the user's words are part of it. */
  private final boolean ofMessage;

  /** Its first words in their order; where the user's are part of it, those of the root alone. */
  private final int[] first;

  private Sketch(int[] smallest, double triples, boolean ofMessage, int[] first) {
    this.smallest = smallest;
    this.triples = triples;
    this.ofMessage = ofMessage;
    this.first = first;
  }

  static Sketch of(List<Item> items) {
    Builder builder = new Builder();
    for (Item item : items) {
      if (item.site == Site.TOOL || item.site == Site.SYSTEM) {
        builder.add(item.tokens, Integer.MAX_VALUE);
      }
    }
    boolean ofMessage = builder.words < FEW_WORDS;
    boolean noRoot = builder.words == 0;
    int[] first = builder.first();
    if (ofMessage) {
      for (Item item : items) {
        if (item.site == Site.MESSAGE) {
          builder.add(item.tokens, MESSAGE_WORDS);
        }
      }
    }
    return builder.build(ofMessage, noRoot ? builder.first() : first);
  }

  /**
   * How alike two are, from 0 to 1; 0 also where they are too different to be of one application.
   */
  double likeness(Sketch other) {
    double overlap = overlap(other);
    if (ofMessage || other.ofMessage) {
      // What the user asks differs; the shorter of two must be half in the other.
      double both = overlap * (triples + other.triples) / (1 + overlap);
      return both >= 0.5 * Math.min(triples, other.triples) ? overlap : 0;
    }
    return overlap >= SURE_OVERLAP || (overlap >= LEAST_OVERLAP && differing(other) <= FORGIVEN)
        ? overlap
        : 0;
  }

  /** Whether tools and system prompt are too short to tell an application. */
  boolean ofMessage() {
    return ofMessage;
  }

  /** Triples that but one of two has; an estimate. */
  double differing(Sketch other) {
    double overlap = overlap(other);
    return (triples + other.triples) * (1 - overlap) / (1 + overlap);
  }

  /**
   * How much two have in common that are perhaps of one application, though much in them differs:
   * both begin alike, or have the same few words. From 0, for no relation, to 1.
   */
  double relation(Sketch other) {
    if (first.length == 0 || other.first.length == 0) {
      return 0;
    }
    if (first.length < FEW_WORDS && other.first.length < FEW_WORDS) {
      int same = 0;
      for (int word : first) {
        same += contains(other.first, word) ? 1 : 0;
      }
      double share = (double) same / Math.max(first.length, other.first.length);
      return share >= SURELY_RELATED ? share : 0;
    }
    boolean alike = false;
    for (int from = 0; from < STARTS * START_WORDS; from += START_WORDS) {
      int to = from + START_WORDS;
      alike |=
          to <= first.length
              && to <= other.first.length
              && Arrays.equals(first, from, to, other.first, from, to);
    }
    double overlap = overlap(other);
    return overlap >= (alike ? LEAST_RELATED : SURELY_RELATED) ? overlap : 0;
  }

  private static boolean contains(int[] words, int word) {
    for (int known : words) {
      if (known == word) {
        return true;
      }
    }
    return false;
  }

  private double overlap(Sketch other) {
    int common = 0;
    int union = 0;
    int i = 0;
    int j = 0;
    while (union < SIZE && (i < smallest.length || j < other.smallest.length)) {
      int order =
          i == smallest.length
              ? 1
              : j == other.smallest.length
                  ? -1
                  : Integer.compareUnsigned(smallest[i], other.smallest[j]);
      if (order == 0) {
        common++;
      }
      if (order <= 0) {
        i++;
      }
      if (order >= 0) {
        j++;
      }
      union++;
    }
    if (union == 0) {
      return 1;
    }
    return (double) common / union;
  }

  private static final class Builder {
    private int[] hashes = new int[256];
    private int count;
    private int bound = -1;
    private int words;
    private final int[] first = new int[STARTS * START_WORDS];

    int[] first() {
      return Arrays.copyOf(first, Math.min(words, first.length));
    }

    void add(long[] tokens, int maxWords) {
      int before = 0;
      int beforeThat = 0;
      int own = 0;
      for (long token : tokens) {
        if (Tokens.kind(token) == Tokens.LETTERS && own < maxWords) {
          int hash = Tokens.hash(token);
          if (words + own < first.length) {
            first[words + own] = hash;
          }
          if (beforeThat != 0) {
            add(beforeThat * 31 + before, hash);
          }
          beforeThat = before;
          before = hash;
          own++;
        }
      }
      words += own;
    }

    private void add(int first, int second) {
      long mixed = (first * 31L + second) * 0x9E3779B97F4A7C15L;
      int hash = (int) (mixed >>> 32);
      if (Integer.compareUnsigned(hash, bound) > 0) {
        return;
      }
      if (count == hashes.length) {
        if (count == BUFFER) {
          cut();
        } else {
          hashes = Arrays.copyOf(hashes, 2 * count);
        }
      }
      hashes[count++] = hash;
    }

    /** Keeps the smallest, each once. */
    private void cut() {
      for (int i = 0; i < count; i++) {
        hashes[i] ^= Integer.MIN_VALUE; // Unsigned order.
      }
      Arrays.sort(hashes, 0, count);
      int kept = 0;
      for (int i = 0; i < count && kept < SIZE; i++) {
        if (i == 0 || hashes[i] != hashes[i - 1]) {
          hashes[kept++] = hashes[i];
        }
      }
      for (int i = 0; i < kept; i++) {
        hashes[i] ^= Integer.MIN_VALUE;
      }
      count = kept;
      if (kept == SIZE) {
        bound = hashes[SIZE - 1];
      }
    }

    Sketch build(boolean ofMessage, int[] first) {
      cut();
      double triples =
          count < SIZE ? count : SIZE * 4294967296.0 / (Integer.toUnsignedLong(bound) + 1.0);
      return new Sketch(Arrays.copyOf(hashes, count), triples, ofMessage, first);
    }
  }
}

package dev.warmpath.extproc.annotate;

import org.jspecify.annotations.Nullable;

/**
 * How soon prefixes of one class come back, learned from all of them, those still awaited included:
 * of the prefixes that reached an age, how many came back before the next. That is the life table
 * of Kaplan and Meier, so that a minute of silence counts as much as it should, and no answer has
 * to wait for a lifetime to pass.
 *
 * <p>While little is known of a class it is taken to be as the wider one that it belongs to, and
 * that one as a guess. Old evidence fades: once {@value #REMEMBERED} prefixes have been seen, all
 * counts are halved.
 *
 * <p>Not thread-safe: guarded by its {@link PrefixMemory}.
 */
final class Reuse {

  private static final long SECOND = 1_000_000_000L;

  /** Where the ages end that are told apart, in nanoseconds. The last is the longest lifetime. */
  private static final long[] AGES = {
    SECOND,
    5 * SECOND,
    15 * SECOND,
    60 * SECOND,
    180 * SECOND,
    300 * SECOND,
    900 * SECOND,
    1800 * SECOND,
    3600 * SECOND
  };

  /** The number of ages. A prefix that reaches this one came back too late for any cache. */
  static final int STAGES = AGES.length;

  private static final int REMEMBERED = 512;

  /** Nobody hopes for more: what is written for longer costs too much to be tried. */
  private static final long HOPED_NANOS = 300 * SECOND;

  /** Prefixes that what is taken for granted weighs as much as. */
  private static final double GRANTED = 2;

  private final @Nullable Reuse wider;
  private final double guess;
  private final double[] reached = new double[STAGES];
  private final double[] returned = new double[STAGES];

  /** Returns, and requests that came with one of them, before that had its answer. */
  private double returns;

  private double companions;

  /** Writes of which it was not known whether they pay; of the widest class. */
  private int explored;

  /**
   * @param wider class that this one is part of; null: none
   * @param boundary where its prefixes end: the further in front, the more requests share them
   */
  Reuse(@Nullable Reuse wider, Boundary boundary) {
    this.wider = wider;
    guess = guess(boundary);
  }

  /** Share that comes back within each age before anything is known: 0.6 within five minutes. */
  private static double guess(Boundary boundary) {
    return switch (boundary) {
      case TOOLS -> 0.155;
      case SYSTEM -> 0.15;
      case PREVIOUS_TURN -> 0.145;
      case CONVERSATION -> 0.14;
    };
  }

  /** The age that a time falls into, from 0; {@link #STAGES}: beyond all. */
  static int stage(long nanos) {
    int stage = 0;
    while (stage < STAGES && nanos > AGES[stage]) {
      stage++;
    }
    return stage;
  }

  /** A prefix reached an age without coming back. */
  void reached(int stage) {
    if (wider != null) {
      wider.reached(stage);
    }
    reached[stage]++;
    if (stage == 0 && reached[0] >= REMEMBERED) {
      for (int i = 0; i < STAGES; i++) {
        reached[i] /= 2;
        returned[i] /= 2;
      }
      returns /= 2;
      companions /= 2;
    }
  }

  /** It came back at this age. */
  void returned(int stage) {
    if (wider != null) {
      wider.returned(stage);
    }
    returned[stage]++;
    returns++;
  }

  /** Another request with the prefix came with one that had come back. */
  void another() {
    if (wider != null) {
      wider.another();
    }
    companions++;
  }

  /** Requests that come for each return: all of them read what was written before. */
  private double readers() {
    double granted = wider == null ? 1 : wider.readers();
    return 1 + (companions + GRANTED * (granted - 1)) / (returns + GRANTED);
  }

  /**
   * The share of requests that find their prefix written within a time before, if all write it: of
   * the prefixes' sightings those that are returns, each of which counts as often as requests come
   * with it. What is not known counts as never.
   *
   * @param nanos one of the ages' ends
   */
  double within(long nanos) {
    return within(nanos, 0);
  }

  /** The same, where what is not known yet counts as the guess, for the first five minutes. */
  double hopedWithin(long nanos) {
    return within(nanos, guess);
  }

  private double within(long nanos, double unknown) {
    double share = comesBack(nanos, unknown);
    double readers = readers();
    return readers * share / (1 - share + readers * share);
  }

  /**
   * How many requests will find a prefix written, if it is kept alive by each of them.
   *
   * @param hopes whether what is not known yet counts as the guess
   * @param later requests that find it behind its next return; below 0: as many as behind this one
   */
  double reads(long nanos, boolean hopes, double later) {
    double share = comesBack(nanos, hopes ? guess : 0);
    return later < 0 ? readers() * share / (1 - share) : share * (readers() + later);
  }

  /** Of the prefixes, those that come back within a time; below 1. */
  private double comesBack(long nanos, double unknown) {
    double awaited = 1;
    for (int stage = 0; stage < STAGES && AGES[stage] <= nanos; stage++) {
      awaited *= 1 - share(stage, AGES[stage] <= HOPED_NANOS ? unknown : 0);
    }
    return 1 - awaited;
  }

  /** Of the prefixes that reached an age, those that came back in it. */
  private double share(int stage, double unknown) {
    double granted = wider == null ? unknown : wider.share(stage, unknown);
    return (returned[stage] + GRANTED * granted) / (reached[stage] + GRANTED);
  }

  /** Writes that were tried, in all of the widest class. */
  int explored() {
    return wider == null ? explored : wider.explored();
  }

  void explore() {
    if (wider == null) {
      explored++;
    } else {
      wider.explore();
    }
  }
}

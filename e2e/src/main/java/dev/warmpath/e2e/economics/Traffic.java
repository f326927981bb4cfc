package dev.warmpath.e2e.economics;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Random;

/** Kinds of traffic at one route. A seed draws rates, sizes and gaps, and then the requests. */
enum Traffic {
  /** A few applications with system prompts of their own, and single questions to them. */
  STEADY {
    @Override
    void draw(Random random, int requests, List<Arrival> to) {
      int applications = 1 + random.nextInt(4);
      double perSecond = 0.05 + 2 * random.nextDouble();
      Prompt[] prompts = new Prompt[applications];
      for (int i = 0; i < applications; i++) {
        prompts[i] =
            new Prompt()
                .tools(random.nextLong(), between(random, 300, 3_300), 4)
                .system(random.nextLong(), between(random, 500, 6_500), SHARED);
      }
      long nanos = 0;
      while (to.size() < requests) {
        nanos += gap(random, 1 / perSecond);
        to.add(prompts[random.nextInt(applications)].copy().ask(random, 1_500).at(nanos, random));
      }
    }
  },

  /** Jobs: some dozens of questions about one text, then minutes to an hour of silence. */
  BURSTY {
    @Override
    void draw(Random random, int requests, List<Arrival> to) {
      double silenceSeconds = 60.0 * between(random, 6, 76);
      Prompt usual =
          new Prompt()
              .tools(random.nextLong(), between(random, 500, 2_500), 3)
              .system(random.nextLong(), 4_000, SHARED);
      long nanos = 0;
      while (to.size() < requests) {
        nanos += gap(random, silenceSeconds) + 30 * SECOND;
        Prompt prompt =
            random.nextInt(3) > 0
                ? usual
                : usual.withSystem(random.nextLong(), between(random, 1_000, 9_000), OF_ONE_JOB);
        for (int i = between(random, 3, 63); i > 0 && to.size() < requests; i--) {
          nanos += gap(random, 3);
          to.add(prompt.copy().ask(random, 800).at(nanos, random));
        }
      }
    }
  },

  /** A document and a question about it; few of them come twice. */
  ONE_SHOT {
    @Override
    void draw(Random random, int requests, List<Arrival> to) {
      double perSecond = 0.02 + 4 * random.nextDouble();
      double again = 0.12 * random.nextDouble();
      Prompt prompt = new Prompt();
      if (random.nextBoolean()) {
        prompt.system(random.nextLong(), between(random, 100, 1_600), SHARED);
      }
      long nanos = 0;
      while (to.size() < requests) {
        nanos += gap(random, 1 / perSecond);
        Arrival first = prompt.copy().ask(random, 22_000).at(nanos, random);
        to.add(first);
        if (random.nextDouble() < again) {
          to.add(first.at(nanos + 5 * SECOND + gap(random, 200), answer(random)));
        }
      }
    }
  },

  /** Agents at work: long conversations, some turns of many blocks, some pauses. */
  AGENTS {
    @Override
    void draw(Random random, int requests, List<Arrival> to) {
      double startSeconds = between(random, 20, 320);
      double turnSeconds = between(random, 8, 68);
      double pauses = 0.08 * random.nextDouble();
      int turns = between(random, 8, 68);
      Prompt prompt =
          new Prompt()
              .tools(random.nextLong(), between(random, 2_000, 10_000), 10)
              .system(random.nextLong(), between(random, 1_500, 7_500), SHARED);
      long start = 0;
      while (to.size() < 2 * requests) {
        start += gap(random, startSeconds);
        long nanos = start;
        Prompt session = prompt.copy();
        for (int i = between(random, 2, 2 * turns); i > 0; i--) {
          session.ask(random, 2_500);
          to.add(session.at(nanos, random));
          session.answer(random, 1_000);
          nanos += 3 * SECOND + gap(random, random.nextDouble() < pauses ? 1_500 : turnSeconds);
        }
      }
    }
  },

  /** Many requests at once with a text that is new to all, and sometimes a few more behind. */
  PARALLEL_COLD_STARTS {
    @Override
    void draw(Random random, int requests, List<Arrival> to) {
      double gapSeconds = between(random, 20, 620);
      boolean followed = random.nextBoolean();
      int width = between(random, 4, 34);
      Prompt prompt = new Prompt().tools(random.nextLong(), between(random, 400, 2_400), 3);
      long nanos = 0;
      while (to.size() < requests) {
        nanos += gap(random, gapSeconds);
        Prompt job =
            prompt.copy().system(random.nextLong(), between(random, 2_000, 17_000), OF_ONE_JOB);
        for (int i = between(random, 2, 2 + width); i > 0; i--) {
          to.add(job.copy().ask(random, 500).at(nanos + gap(random, 0.1), random));
        }
        for (int i = followed ? random.nextInt(6) : 0; i > 0; i--) {
          to.add(job.copy().ask(random, 500).at(nanos + 5 * SECOND + gap(random, 60), random));
        }
      }
    }
  };

  static final long SECOND = 1_000_000_000L;

  // Kinds of prefixes.
  private static final int NONE = 0;
  private static final int TOOLS = 1;
  private static final int SHARED = 2;
  private static final int OF_ONE_JOB = 3;
  private static final int QUESTION = 4;
  private static final int EARLIER_TURN = 5;

  abstract void draw(Random random, int requests, List<Arrival> to);

  /** So many requests, in the order of their arrival. */
  final List<Arrival> requests(int count, long seed) {
    List<Arrival> all = new ArrayList<>();
    draw(new Random(31 * seed + name().hashCode()), count, all);
    all.sort(Comparator.comparingLong(Arrival::nanos));
    return all.subList(0, count);
  }

  private static int between(Random random, int least, int bound) {
    return least + random.nextInt(bound - least);
  }

  /** Between two events of a Poisson process. */
  private static long gap(Random random, double meanSeconds) {
    return (long) (-Math.log(1 - random.nextDouble()) * meanSeconds * SECOND);
  }

  private static long answer(Random random) {
    return (long) ((0.4 + 1.5 * random.nextDouble()) * SECOND);
  }

  /** A prompt that grows. */
  private static final class Prompt {
    private final List<long[]> ends = new ArrayList<>();
    private final int[] boundaries = {-1, -1, -1, -1};
    private final int[] kinds = new int[Arrival.BOUNDARIES];

    private Prompt add(long key, int tokens, int blocks) {
      long[] last = ends.isEmpty() ? new long[3] : ends.getLast();
      // A prefix is another one where anything before it is.
      ends.add(new long[] {31 * (last[0] + 1) ^ key, last[1] + tokens, last[2] + blocks});
      return this;
    }

    private Prompt boundary(int boundary, int end, int kind) {
      boundaries[boundary] = end;
      kinds[boundary] = kind;
      return this;
    }

    Prompt tools(long key, int tokens, int count) {
      return add(key, tokens, count).boundary(Arrival.TOOLS, ends.size() - 1, TOOLS);
    }

    Prompt system(long key, int tokens, int kind) {
      return add(key, tokens, 1).boundary(Arrival.SYSTEM, ends.size() - 1, kind);
    }

    /** The same tools, and another system prompt. */
    Prompt withSystem(long key, int tokens, int kind) {
      Prompt other = copy();
      other.ends.removeLast();
      return other.system(key, tokens, kind);
    }

    /** The user says something new. */
    Prompt ask(Random random, int maxTokens) {
      int blocks = random.nextInt(12) == 0 ? 25 : between(random, 1, 4);
      add(random.nextLong(), between(random, 30, maxTokens), blocks);
      int last = boundaries[Arrival.CONVERSATION];
      boundary(Arrival.PREVIOUS_TURN, last, last < 0 ? NONE : EARLIER_TURN);
      return boundary(Arrival.CONVERSATION, ends.size() - 1, QUESTION);
    }

    void answer(Random random, int maxTokens) {
      add(random.nextLong(), between(random, 100, maxTokens), between(random, 1, 3));
    }

    Prompt copy() {
      Prompt copy = new Prompt();
      copy.ends.addAll(ends);
      System.arraycopy(boundaries, 0, copy.boundaries, 0, boundaries.length);
      System.arraycopy(kinds, 0, copy.kinds, 0, kinds.length);
      return copy;
    }

    Arrival at(long nanos, Random random) {
      return new Arrival(
          nanos,
          Traffic.answer(random),
          ends.stream().mapToLong(end -> end[0]).toArray(),
          ends.stream().mapToLong(end -> end[1]).toArray(),
          ends.stream().mapToInt(end -> (int) end[2]).toArray(),
          Arrays.copyOf(boundaries, boundaries.length),
          Arrays.copyOf(kinds, kinds.length));
    }
  }
}

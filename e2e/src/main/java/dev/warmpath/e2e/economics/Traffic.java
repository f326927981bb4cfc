package dev.warmpath.e2e.economics;

import java.util.List;
import java.util.Random;

/** The first set of workloads, which was there while the choice of markers was written. */
enum Traffic implements Workload {
  /** A few applications with system prompts of their own, and single questions to them. */
  STEADY {
    @Override
    public void draw(Random random, int requests, List<Arrival> to) {
      int applications = 1 + random.nextInt(4);
      double perSecond = 0.05 + 2 * random.nextDouble();
      Prompt[] prompts = new Prompt[applications];
      for (int i = 0; i < applications; i++) {
        prompts[i] =
            new Prompt()
                .tools(random.nextLong(), between(random, 300, 3_300), 4, TOOLS)
                .system(random.nextLong(), between(random, 500, 6_500), SHARED);
      }
      long nanos = 0;
      while (to.size() < requests) {
        nanos += gap(random, 1 / perSecond);
        to.add(
            send(ask(prompts[random.nextInt(applications)].copy(), random, 1_500), nanos, random));
      }
    }
  },

  /** Jobs: some dozens of questions about one text, then minutes to an hour of silence. */
  BURSTY {
    @Override
    public void draw(Random random, int requests, List<Arrival> to) {
      double silenceSeconds = 60.0 * between(random, 6, 76);
      Prompt usual =
          new Prompt()
              .tools(random.nextLong(), between(random, 500, 2_500), 3, TOOLS)
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
          to.add(send(ask(prompt.copy(), random, 800), nanos, random));
        }
      }
    }
  },

  /** A document and a question about it; few of them come twice. */
  ONE_SHOT {
    @Override
    public void draw(Random random, int requests, List<Arrival> to) {
      double perSecond = 0.02 + 4 * random.nextDouble();
      double again = 0.12 * random.nextDouble();
      Prompt prompt = new Prompt();
      if (random.nextBoolean()) {
        prompt.system(random.nextLong(), between(random, 100, 1_600), SHARED);
      }
      long nanos = 0;
      while (to.size() < requests) {
        nanos += gap(random, 1 / perSecond);
        Arrival first = send(ask(prompt.copy(), random, 22_000), nanos, random);
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
    public void draw(Random random, int requests, List<Arrival> to) {
      double startSeconds = between(random, 20, 320);
      double turnSeconds = between(random, 8, 68);
      double pauses = 0.08 * random.nextDouble();
      int turns = between(random, 8, 68);
      Prompt prompt =
          new Prompt()
              .tools(random.nextLong(), between(random, 2_000, 10_000), 10, TOOLS)
              .system(random.nextLong(), between(random, 1_500, 7_500), SHARED);
      long start = 0;
      while (to.size() < 2 * requests) {
        start += gap(random, startSeconds);
        long nanos = start;
        Prompt session = prompt.copy();
        for (int i = between(random, 2, 2 * turns); i > 0; i--) {
          ask(session, random, 2_500);
          to.add(send(session, nanos, random));
          answer(session, random, 1_000);
          nanos += 3 * SECOND + gap(random, random.nextDouble() < pauses ? 1_500 : turnSeconds);
        }
      }
    }
  },

  /** Many requests at once with a text that is new to all, and sometimes a few more behind. */
  PARALLEL_COLD_STARTS {
    @Override
    public void draw(Random random, int requests, List<Arrival> to) {
      double gapSeconds = between(random, 20, 620);
      boolean followed = random.nextBoolean();
      int width = between(random, 4, 34);
      Prompt prompt = new Prompt().tools(random.nextLong(), between(random, 400, 2_400), 3, TOOLS);
      long nanos = 0;
      while (to.size() < requests) {
        nanos += gap(random, gapSeconds);
        Prompt job =
            prompt.copy().system(random.nextLong(), between(random, 2_000, 17_000), OF_ONE_JOB);
        for (int i = between(random, 2, 2 + width); i > 0; i--) {
          to.add(send(ask(job.copy(), random, 500), nanos + gap(random, 0.1), random));
        }
        for (int i = followed ? random.nextInt(6) : 0; i > 0; i--) {
          to.add(send(ask(job.copy(), random, 500), nanos + 5 * SECOND + gap(random, 60), random));
        }
      }
    }
  };

  static final long SECOND = 1_000_000_000L;

  // Kinds of prefixes.
  private static final int TOOLS = 1;
  private static final int SHARED = 2;
  private static final int OF_ONE_JOB = 3;
  private static final int QUESTION = 4;
  private static final int EARLIER_TURN = 5;

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

  /** The user says something new. */
  private static Prompt ask(Prompt prompt, Random random, int maxTokens) {
    int blocks = random.nextInt(12) == 0 ? 25 : between(random, 1, 4);
    return prompt.ask(
        random.nextLong(), between(random, 30, maxTokens), blocks, QUESTION, EARLIER_TURN);
  }

  private static void answer(Prompt prompt, Random random, int maxTokens) {
    prompt.answer(random.nextLong(), between(random, 100, maxTokens), between(random, 1, 3));
  }

  private static Arrival send(Prompt prompt, long nanos, Random random) {
    return prompt.at(nanos, answer(random));
  }
}

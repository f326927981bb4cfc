package dev.warmpath.e2e.economics;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;

/**
 * The second set of workloads, written by someone who had not seen how markers are chosen, after
 * that was done. Sizes are log-normal, many gaps too or of a Pareto distribution.
 */
enum OtherTraffic implements Workload {
  /**
   * Tenants with tools and prompts of their own and short conversations, a few with most of the
   * requests; nights without many; some prompts hold the date.
   */
  TENANTS_BY_DAY {
    @Override
    public void draw(Random random, int requests, List<Arrival> to) {
      int tenants = between(random, 3, 13);
      double perSecond = Math.exp(uniform(random, Math.log(0.005), Math.log(0.3)));
      double goesOn = uniform(random, 0.1, 0.6);
      List<Tenant> all = new ArrayList<>();
      for (int i = 0; i < tenants; i++) {
        all.add(new Tenant(random, 10 + 3 * i));
      }
      long nanos = (long) (uniform(random, 0, 24) * HOUR);
      while (to.size() < requests + requests / 4) {
        nanos += exponential(random, 1 / perSecond);
        double hourOfDay = (double) (nanos % DAY) / HOUR;
        if (random.nextDouble() > 0.04 + 0.96 * Math.pow(Math.sin(Math.PI * hourOfDay / 24), 4)) {
          continue;
        }
        Prompt prompt = all.get(zipf(random, tenants, 1.1)).prompt(nanos);
        long at = nanos;
        do {
          say(prompt, random, logNormal(random, 150, 1, 20, 4_000), 1, QUESTION);
          send(prompt, at, random, to);
          reply(prompt, random);
          at += 2 * SECOND + seconds(logNormal(random, 45, 1, 3, 3_000));
        } while (random.nextDouble() < goesOn);
      }
    }
  },

  /** Questions about documents: few are asked about every day, most once; the gaps are Pareto's. */
  LIBRARY {
    @Override
    public void draw(Random random, int requests, List<Arrival> to) {
      int documents = between(random, 300, 6_000);
      double skew = uniform(random, 0.7, 1.3);
      double shape = uniform(random, 1.2, 1.9);
      double leastGap = Math.exp(uniform(random, Math.log(0.2), Math.log(30)));
      double more = uniform(random, 0, 0.6);
      int firstDocument = random.nextInt();
      Prompt instructions =
          new Prompt().tools(random.nextLong(), between(random, 200, 4_000), 2, 1);
      long nanos = 0;
      while (to.size() < requests + requests / 4) {
        nanos += (long) (leastGap * SECOND / Math.pow(1 - random.nextDouble(), 1 / shape));
        long document = (long) firstDocument + zipf(random, documents, skew);
        Random content = new Random(document);
        Prompt prompt =
            instructions
                .copy()
                .system(content.nextLong(), logNormal(content, 6_000, 1, 300, 80_000), 2);
        long at = nanos;
        do {
          say(prompt, random, logNormal(random, 60, 0.7, 10, 800), 1, QUESTION);
          send(prompt, at, random, to);
          reply(prompt, random);
          at += 2 * SECOND + seconds(logNormal(random, 60, 1.2, 3, 7_200));
        } while (random.nextDouble() < more);
      }
    }
  },

  /**
   * Agents that wait for people, sometimes overnight, go back to an earlier turn, try a turn again,
   * and begin anew with a summary.
   */
  AGENTS_WITH_PAUSES {
    @Override
    public void draw(Random random, int requests, List<Arrival> to) {
      double startSeconds = Math.exp(uniform(random, Math.log(30), Math.log(3_000)));
      double people = uniform(random, 0.05, 0.5);
      double pauseSeconds = uniform(random, 120, 1_500);
      double nights = uniform(random, 0, 0.03);
      double back = uniform(random, 0, 0.1);
      int turns = between(random, 6, 60);
      Prompt prompt =
          new Prompt()
              .tools(random.nextLong(), logNormal(random, 8_000, 0.6, 500, 40_000), 15, 1)
              .system(random.nextLong(), logNormal(random, 3_000, 0.6, 300, 20_000), 2);
      long start = 0;
      while (to.size() < 3 * requests) {
        start += exponential(random, startSeconds);
        long nanos = start;
        List<Prompt> earlier = new ArrayList<>();
        Prompt session = prompt.copy();
        do {
          boolean isPerson = earlier.isEmpty() || random.nextDouble() < people;
          if (!earlier.isEmpty() && random.nextDouble() < back) {
            session = earlier.get(random.nextInt(earlier.size())).copy();
          } else if (earlier.size() > 20 && random.nextDouble() < 0.03) {
            session = prompt.copy();
            earlier.clear();
          }
          earlier.add(session.copy());
          nanos += isPerson ? seconds(logNormal(random, pauseSeconds, 1.1, 5, 40_000)) : 0;
          nanos += random.nextDouble() < nights ? 12 * HOUR : 0;
          nanos += SECOND + seconds(logNormal(random, 6, 1, 1, 600));
          say(
              session,
              random,
              logNormal(random, isPerson ? 200 : 900, 1.2, 20, 30_000),
              logNormal(random, 1.8, 1, 1, 45),
              QUESTION);
          send(session, nanos, random, to);
          if (random.nextDouble() < 0.02) {
            send(session, nanos + 8 * SECOND, random, to);
          }
          reply(session, random);
        } while (random.nextDouble() > 1.0 / turns);
      }
    }
  },

  /** Conversations that send 2 to 50 helpers at once, which share all so far and go on alone. */
  FAN_OUTS {
    @Override
    public void draw(Random random, int requests, List<Arrival> to) {
      double startSeconds = Math.exp(uniform(random, Math.log(60), Math.log(2_000)));
      double spreadSeconds = uniform(random, 0, 4);
      double goesOn = uniform(random, 0, 0.85);
      boolean helpersHaveOwnPrompt = random.nextInt(3) == 0;
      Prompt prompt =
          new Prompt()
              .tools(random.nextLong(), logNormal(random, 3_000, 0.8, 200, 30_000), 8, 1)
              .system(random.nextLong(), logNormal(random, 2_000, 0.8, 200, 20_000), 2);
      Prompt helpers = prompt.withSystem(random.nextLong(), between(random, 400, 5_000), 3);
      long start = 0;
      while (to.size() < 2 * requests) {
        start += exponential(random, startSeconds);
        long nanos = start;
        Prompt session = prompt.copy();
        for (int round = between(random, 1, 7); round > 0; round--) {
          say(session, random, logNormal(random, 2_500, 1.1, 50, 60_000), 1, QUESTION);
          send(session, nanos, random, to);
          reply(session, random);
          nanos += 3 * SECOND + exponential(random, 10);
          long last = nanos;
          for (int i = (int) Math.exp(uniform(random, Math.log(2), Math.log(51))); i > 0; i--) {
            Prompt helper = (helpersHaveOwnPrompt ? helpers : session).copy();
            long at = nanos + (long) (spreadSeconds * SECOND * random.nextDouble());
            do {
              say(helper, random, logNormal(random, 500, 1, 20, 10_000), 1, HELPERS_TURN);
              send(helper, at, random, to);
              reply(helper, random);
              at += 2 * SECOND + seconds(logNormal(random, 8, 1, 1, 900));
            } while (random.nextDouble() < goesOn);
            last = Math.max(last, at);
          }
          nanos = last + exponential(random, 90);
        }
      }
    }
  },

  /** All of these on one route, and prompts that hold the time, and single long texts. */
  MIXTURE {
    @Override
    public void draw(Random random, int requests, List<Arrival> to) {
      int kinds = 0;
      long begin = 20 * DAY;
      for (OtherTraffic part : List.of(TENANTS_BY_DAY, LIBRARY, AGENTS_WITH_PAUSES, FAN_OUTS)) {
        kinds += 100;
        List<Arrival> all = new ArrayList<>();
        part.draw(random, requests / 2, all);
        all.sort(Comparator.comparingLong(Arrival::nanos));
        addFrom(all, begin, kinds, to);
      }
      double perSecond = Math.exp(uniform(random, Math.log(0.01), Math.log(0.5)));
      Prompt tools = new Prompt().tools(random.nextLong(), between(random, 300, 3_000), 3, 1);
      List<Arrival> all = new ArrayList<>();
      long nanos = 0;
      while (all.size() < requests) {
        nanos += exponential(random, 1 / perSecond);
        boolean isTimed = random.nextBoolean();
        Prompt prompt = isTimed ? tools.copy() : new Prompt();
        if (isTimed) {
          prompt.system(random.nextLong(), logNormal(random, 2_000, 0.5, 300, 9_000), 2);
        }
        say(prompt, random, logNormal(random, isTimed ? 200 : 7_000, 0.8, 20, 60_000), 1, QUESTION);
        send(prompt, nanos, random, all);
      }
      addFrom(all, begin, kinds + 100, to);
    }

    // As if all had begun at once.
    private void addFrom(List<Arrival> all, long begin, int kinds, List<Arrival> to) {
      long shift = begin - all.getFirst().nanos();
      for (Arrival request : all) {
        int[] shifted = request.kinds().clone();
        for (int i = 0; i < shifted.length; i++) {
          shifted[i] += request.has(i) ? kinds : 0;
        }
        to.add(request.at(request.nanos() + shift, request.answerNanos()).withKinds(shifted));
      }
    }
  };

  private static final long SECOND = Traffic.SECOND;
  private static final long HOUR = 3_600 * SECOND;
  private static final long DAY = 24 * HOUR;

  // Kinds of prefixes; the smaller numbers are those of each workload.
  private static final int QUESTION = 90;
  private static final int HELPERS_TURN = 91;
  private static final int EARLIER_TURN = 92;

  /** Someone with a prompt of his own, which may be another one every day. */
  private static final class Tenant {
    private final long key;
    private final int kinds;
    private final int toolTokens;
    private final int systemTokens;
    private final boolean holdsDate;

    Tenant(Random random, int kinds) {
      key = random.nextLong();
      this.kinds = kinds;
      toolTokens = random.nextInt(3) == 0 ? 0 : logNormal(random, 2_000, 0.8, 100, 20_000);
      systemTokens = logNormal(random, 2_500, 1, 100, 40_000);
      holdsDate = random.nextBoolean();
    }

    Prompt prompt(long nanos) {
      Prompt prompt = new Prompt();
      if (toolTokens > 0) {
        prompt.tools(key, toolTokens, 5, kinds);
      }
      long day = holdsDate ? nanos / DAY : 0;
      return prompt.system(key * 31 + day, systemTokens, holdsDate ? kinds + 1 : kinds + 2);
    }
  }

  private static void say(Prompt prompt, Random random, int tokens, int blocks, int kind) {
    prompt.ask(random.nextLong(), tokens, blocks, kind, EARLIER_TURN);
  }

  private static void reply(Prompt prompt, Random random) {
    prompt.answer(random.nextLong(), logNormal(random, 300, 1, 10, 8_000), between(random, 1, 4));
  }

  private static void send(Prompt prompt, long nanos, Random random, List<Arrival> to) {
    to.add(prompt.at(nanos, seconds(logNormal(random, 1.2, 0.6, 0, 20)) + SECOND / 3));
  }

  private static int between(Random random, int least, int bound) {
    return least + random.nextInt(bound - least);
  }

  private static double uniform(Random random, double least, double bound) {
    return least + (bound - least) * random.nextDouble();
  }

  /** Between two events of a Poisson process. */
  private static long exponential(Random random, double meanSeconds) {
    return (long) (-Math.log(1 - random.nextDouble()) * meanSeconds * SECOND);
  }

  private static int logNormal(Random random, double median, double sigma, int least, int most) {
    double value = median * Math.exp(sigma * random.nextGaussian());
    return Math.clamp(Math.round(value), least, most);
  }

  private static long seconds(int seconds) {
    return seconds * SECOND;
  }

  /** From 0 to below a bound; the smaller the oftener. */
  private static int zipf(Random random, int bound, double skew) {
    // The inverse of the continuous distribution: near enough, and without a table.
    double u = random.nextDouble();
    double rank =
        Math.abs(1 - skew) < 1e-6
            ? Math.pow(bound + 1.0, u)
            : Math.pow(u * (Math.pow(bound + 1.0, 1 - skew) - 1) + 1, 1 / (1 - skew));
    return Math.min(bound - 1, (int) rank - 1);
  }
}

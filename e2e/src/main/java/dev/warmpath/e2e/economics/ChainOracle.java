package dev.warmpath.e2e.economics;

import dev.warmpath.extproc.provider.PriceFactors;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Chooses by the true rates of a stream: how many prefixes of each kind, seen so often, come back
 * in five minutes and in an hour, and as what; and it knows what the provider holds. What comes
 * next it doesn't know. Written apart from the classes that it is held against.
 *
 * <p>Rates make a Markov chain over the states (kind, times seen). Holding a prefix in a state is
 * worth the shares of those that come back in time times what is saved then: the least of not
 * reading it, or writing it for either lifetime, less reading it, each with what it is worth in the
 * state after. Of the 81 sets of markers it takes the one whose price less this worth is least.
 */
final class ChainOracle implements MarkerPolicy {

  private static final int MOST_SIGHTINGS = 6;
  private static final int[] LIFETIMES = {0, MINUTES_SECONDS, Bill.HOUR_SECONDS};
  private static final int MOST_ROUNDS = 2_000;
  private static final double LEAST_STEP = 1e-6;

  /** Of a prefix: its kind, how often it was seen, when last, and when that was answered. */
  private static final class Sighting {
    int kind;
    int count;
    long nanos;
    long answeredNanos;

    State state(Map<StateKey, State> states) {
      return states.computeIfAbsent(
          new StateKey(kind, Math.min(count, MOST_SIGHTINGS)), _ -> new State());
    }
  }

  private record StateKey(int kind, int count) {}

  /** How many came back. */
  private static final class Returns {
    int withinMinutes;
    int withinHour;
  }

  /** Prefixes of a kind that were seen so often. */
  private static final class State {
    final Map<State, Returns> next = new HashMap<>();
    int seen;

    /** What it is worth to hold a token, in prices of input. */
    double minutesWorth;

    double hourWorth;

    double worth(boolean hour) {
      return hour ? hourWorth : minutesWorth;
    }
  }

  private final Map<StateKey, State> states = new HashMap<>();
  private final Map<Long, Sighting> sightings = new HashMap<>();
  private boolean isWeighed;

  ChainOracle(List<Arrival> stream) {
    Map<Long, Sighting> all = new HashMap<>();
    for (Arrival request : stream) {
      see(request, all, /* learns= */ true);
    }
    all.values().forEach(last -> last.state(states).seen++);
  }

  /** Notes a request's prefixes; before its answer a prefix isn't seen anew. */
  private void see(Arrival request, Map<Long, Sighting> known, boolean learns) {
    for (int end = 0; end < request.keys().length; end++) {
      int kind = kind(request, end);
      Sighting sighting = known.get(request.keys()[end]);
      if (sighting == null ? kind == 0 : request.nanos() < sighting.answeredNanos) {
        continue;
      }
      State before = null;
      long gap = 0;
      if (sighting == null) {
        sighting = new Sighting();
        known.put(request.keys()[end], sighting);
      } else {
        before = sighting.state(states);
        gap = request.nanos() - sighting.nanos;
      }
      sighting.count++;
      sighting.kind = kind == 0 ? sighting.kind : kind;
      sighting.nanos = request.nanos();
      sighting.answeredNanos = request.nanos() + request.answerNanos();
      if (learns && before != null) {
        before.seen++;
        Returns returns = before.next.computeIfAbsent(sighting.state(states), _ -> new Returns());
        returns.withinMinutes += gap < MINUTES_SECONDS * Traffic.SECOND ? 1 : 0;
        returns.withinHour += gap < Bill.HOUR_SECONDS * Traffic.SECOND ? 1 : 0;
      }
    }
  }

  private static int kind(Arrival request, int end) {
    for (int i = 0; i < Arrival.BOUNDARIES; i++) {
      if (request.boundaries()[i] == end) {
        return request.kinds()[i];
      }
    }
    return 0;
  }

  /** Until nothing changes any more. */
  private void weigh(PriceFactors prices) {
    double step = 1;
    for (int round = 0; round < MOST_ROUNDS && step > LEAST_STEP; round++) {
      step = 0;
      for (State state : states.values()) {
        double minutes = 0;
        double hour = 0;
        for (Map.Entry<State, Returns> entry : state.next.entrySet()) {
          State next = entry.getKey();
          minutes += entry.getValue().withinMinutes * saved(next, prices, /* hour= */ false);
          hour += entry.getValue().withinHour * saved(next, prices, /* hour= */ true);
        }
        minutes /= Math.max(1, state.seen);
        hour /= Math.max(1, state.seen);
        step = Math.max(step, Math.abs(minutes - state.minutesWorth));
        step = Math.max(step, Math.abs(hour - state.hourWorth));
        state.minutesWorth = minutes;
        state.hourWorth = hour;
      }
    }
  }

  /** What reading a token saves that comes back, for which lifetime it was written. */
  private double saved(State next, PriceFactors prices, boolean hour) {
    double held = next.worth(hour);
    return least(
            1 + held,
            prices.write() + held - next.minutesWorth,
            prices.write1h() + held - next.hourWorth)
        - prices.read();
  }

  private static double least(double a, double b, double c) {
    return Math.min(a, Math.min(b, c));
  }

  @Override
  public void decide(Arrival request, int[] seconds, Bill bill) {
    PriceFactors prices = PriceFactors.of(bill.prices());
    if (!isWeighed) {
      weigh(prices);
      isWeighed = true;
    }
    see(request, sightings, /* learns= */ false);
    Choice choice = new Choice(request, bill, prices);
    double least = Double.POSITIVE_INFINITY;
    int[] tried = new int[Arrival.BOUNDARIES];
    int choices = (int) Math.pow(LIFETIMES.length, tried.length);
    for (int number = 0; number < choices; number++) {
      int rest = number;
      for (int i = 0; i < tried.length; i++) {
        tried[i] = LIFETIMES[rest % LIFETIMES.length];
        rest /= LIFETIMES.length;
      }
      if (choice.isTaken(tried)) {
        double cost = choice.cost(tried);
        if (cost < least - 1e-9) {
          least = cost;
          System.arraycopy(tried, 0, seconds, 0, tried.length);
        }
      }
    }
  }

  /** What is the same for all sets of markers of a request. */
  private final class Choice {
    private final Arrival request;
    private final PriceFactors prices;
    private final boolean[] mayMark = new boolean[Arrival.BOUNDARIES];

    /** The end that each boundary's marker would find. */
    private final int[] found = new int[Arrival.BOUNDARIES];

    /** What holding it is worth without markers, and once it is renewed, for a token. */
    private final double[] worth = new double[Arrival.BOUNDARIES];

    private final double[] renewedWorth = new double[Arrival.BOUNDARIES];

    private final double[] held = new double[Arrival.BOUNDARIES];

    Choice(Arrival request, Bill bill, PriceFactors prices) {
      this.request = request;
      this.prices = prices;
      for (int i = 0; i < Arrival.BOUNDARIES; i++) {
        if (!request.has(i)) {
          continue;
        }
        long key = request.key(i);
        boolean isWritten = bill.isWritten(key, request.nanos());
        mayMark[i] = bill.isWritable(request.tokens(i)) && !isWritten;
        found[i] = bill.found(request, request.boundaries()[i]);
        if (isWritten) {
          worth[i] = state(i).minutesWorth;
        } else if (bill.isReadable(key, request.nanos())) {
          renewedWorth[i] = state(i).worth(bill.isHeldForAnHour(key));
          worth[i] = renewedWorth[i] * bill.shareLeft(key, request.nanos());
        }
      }
    }

    private State state(int boundary) {
      return Objects.requireNonNull(sightings.get(request.key(boundary))).state(states);
    }

    boolean isTaken(int[] seconds) {
      int longest = Bill.HOUR_SECONDS;
      for (int i = 0; i < seconds.length; i++) {
        if (seconds[i] > 0) {
          if (!mayMark[i] || seconds[i] > longest) {
            return false;
          }
          longest = seconds[i];
        }
      }
      return true;
    }

    /** Of the input, less what is held afterwards; in prices of a token. */
    double cost(int[] seconds) {
      System.arraycopy(worth, 0, held, 0, held.length);
      int longest = -1;
      for (int i = 0; i < seconds.length; i++) {
        if (seconds[i] > 0) {
          longest = Math.max(longest, found[i]);
          for (int other = 0; other <= i; other++) {
            if (request.boundaries()[other] == found[i] && request.has(other)) {
              held[other] = renewedWorth[other];
            }
          }
        }
      }
      long before = longest < 0 ? 0 : request.tokens()[longest];
      double cost = before * prices.read();
      for (int i = 0; i < seconds.length; i++) {
        if (seconds[i] > 0 && request.boundaries()[i] > longest) {
          boolean hour = seconds[i] == Bill.HOUR_SECONDS;
          cost += (request.tokens(i) - before) * (hour ? prices.write1h() : prices.write());
          before = request.tokens(i);
          held[i] = state(i).worth(hour);
        }
      }
      cost += request.allTokens() - before;
      return cost - heldWorth();
    }

    /** Each token is worth what the best of the prefixes that it is in is. */
    private double heldWorth() {
      double sum = 0;
      double best = 0;
      for (int i = held.length - 1; i >= 0; i--) {
        if (request.has(i)) {
          best = Math.max(best, held[i]);
          long shorter = 0;
          for (int other = 0; other < i; other++) {
            shorter = request.has(other) ? request.tokens(other) : shorter;
          }
          sum += (request.tokens(i) - shorter) * best;
        }
      }
      return sum;
    }
  }
}

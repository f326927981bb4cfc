package dev.warmpath.e2e.economics;

import dev.warmpath.extproc.provider.Prices;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Chooses by the true rates of a stream: how many prefixes of each kind, seen so often, come back
 * in five minutes and in an hour; and it knows what the provider holds. A prefix is weighed as if
 * it came back for ever as it does now, which suits conversations, where longer prefixes take the
 * place of shorter ones. Written apart from the classes that it is held against.
 */
final class Oracle implements MarkerPolicy {

  private static final int MOST_SIGHTINGS = 6;
  private static final int[] LIFETIMES = {0, MINUTES_SECONDS, Bill.HOUR_SECONDS};

  /** Of a prefix: its kind, how often it was seen, when last, and when that was answered. */
  private static final class Sighting {
    int kind;
    int count = 1;
    long nanos;
    long answeredNanos;

    Rate rate(Map<Rate, Rate> rates) {
      Rate key = new Rate(kind, Math.min(count, MOST_SIGHTINGS));
      return rates.computeIfAbsent(key, same -> same);
    }
  }

  /** Of prefixes of a kind that were seen so often. Equal by these two. */
  private static final class Rate {
    final int kind;
    final int count;
    int seen;
    int withinMinutes;
    int withinHour;

    Rate(int kind, int count) {
      this.kind = kind;
      this.count = count;
    }

    @Override
    public boolean equals(Object other) {
      return other instanceof Rate rate && rate.kind == kind && rate.count == count;
    }

    @Override
    public int hashCode() {
      return 31 * kind + count;
    }

    double comesBack(int lifetime) {
      int returns = lifetime == Bill.HOUR_SECONDS ? withinHour : withinMinutes;
      return seen == 0 ? 0 : (double) returns / seen;
    }
  }

  private final Map<Rate, Rate> rates = new HashMap<>();
  private final Map<Long, Sighting> sightings = new HashMap<>();

  Oracle(List<Arrival> stream) {
    Map<Long, Sighting> all = new HashMap<>();
    for (Arrival request : stream) {
      see(request, all, /* learns= */ true);
    }
    all.values().forEach(last -> last.rate(rates).seen++);
  }

  /** Notes a request's prefixes; before its answer a prefix isn't seen anew. */
  private void see(Arrival request, Map<Long, Sighting> known, boolean learns) {
    for (int end = 0; end < request.keys().length; end++) {
      int kind = kind(request, end);
      Sighting sighting = known.get(request.keys()[end]);
      if (sighting == null) {
        if (kind == 0) {
          continue;
        }
        sighting = new Sighting();
        known.put(request.keys()[end], sighting);
      } else if (request.nanos() < sighting.answeredNanos) {
        continue;
      } else {
        if (learns) {
          Rate rate = sighting.rate(rates);
          long gap = request.nanos() - sighting.nanos;
          rate.seen++;
          rate.withinMinutes += gap < MINUTES_SECONDS * Traffic.SECOND ? 1 : 0;
          rate.withinHour += gap < Bill.HOUR_SECONDS * Traffic.SECOND ? 1 : 0;
        }
        sighting.count++;
      }
      sighting.kind = kind == 0 ? sighting.kind : kind;
      sighting.nanos = request.nanos();
      sighting.answeredNanos = request.nanos() + request.answerNanos();
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

  @Override
  public void decide(Arrival request, int[] seconds, Bill bill) {
    see(request, sightings, /* learns= */ false);
    double least = Double.POSITIVE_INFINITY;
    int[] tried = new int[Arrival.BOUNDARIES];
    int choices = (int) Math.pow(LIFETIMES.length, tried.length);
    for (int choice = 0; choice < choices; choice++) {
      int rest = choice;
      for (int i = 0; i < tried.length; i++) {
        tried[i] = LIFETIMES[rest % LIFETIMES.length];
        rest /= LIFETIMES.length;
      }
      if (isTaken(request, tried, bill)) {
        double cost = cost(request, tried, bill);
        if (cost < least - 1e-12) {
          least = cost;
          System.arraycopy(tried, 0, seconds, 0, tried.length);
        }
      }
    }
  }

  private static boolean isTaken(Arrival request, int[] seconds, Bill bill) {
    int longest = Bill.HOUR_SECONDS;
    for (int i = 0; i < seconds.length; i++) {
      if (seconds[i] > 0) {
        if (!request.has(i)
            || seconds[i] > longest
            || !bill.isWritable(request.tokens(i))
            || bill.isWritten(request.key(i), request.nanos())) {
          return false;
        }
        longest = seconds[i];
      }
    }
    return true;
  }

  /** In the long run, in US dollars for a million. */
  private double cost(Arrival request, int[] seconds, Bill bill) {
    Prices prices = bill.prices();
    double cost = 0;
    long before = 0;
    int found = found(request, seconds, bill);
    for (int i = 0; i < seconds.length; i++) {
      if (!request.has(i)) {
        continue;
      }
      double price = prices.inputUsd();
      for (int marker = i; marker < seconds.length; marker++) {
        if (i <= found) {
          price = prices.cacheReadUsd();
        } else if (seconds[marker] > 0) {
          double share = rate(request.key(marker)).comesBack(seconds[marker]);
          double write =
              seconds[marker] == Bill.HOUR_SECONDS
                  ? prices.cacheWrite1hUsd()
                  : prices.cacheWrite5mUsd();
          price = share * prices.cacheReadUsd() + (1 - share) * write;
          break;
        }
      }
      cost += (request.tokens(i) - before) * price;
      before = request.tokens(i);
    }
    return cost;
  }

  private Rate rate(long key) {
    return Objects.requireNonNull(sightings.get(key)).rate(rates);
  }

  /** The last boundary that a marker finds; below 0: none. */
  private static int found(Arrival request, int[] seconds, Bill bill) {
    for (int i = seconds.length - 1; i >= 0; i--) {
      for (int marker = i; marker < seconds.length && request.has(i); marker++) {
        if (seconds[marker] > 0
            && (marker == i || request.blocks(marker) - request.blocks(i) < bill.lookbackBlocks())
            && bill.isReadable(request.key(i), request.nanos())) {
          return i;
        }
      }
    }
    return -1;
  }
}

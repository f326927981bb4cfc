package dev.warmpath.extproc.pick;

import java.util.Arrays;

/**
 * The rule, as {@link PoolPicker} tells it, and the room that it needs: a few numbers per endpoint,
 * kept from pick to pick so that none allocates. Owned by a {@link PoolPicker}, touched only under
 * its lock.
 */
final class Rule {

  /** Costs this close are equal. */
  static final double TIE_SECONDS = 0.001;

  /** Costs this close, as a share of the lesser, are equal. */
  static final double TIE_SHARE = 0.01;

  /**
   * Endpoints whose rates differ from the pool's by less are taken for alike. Rates come from first
   * bytes, with peers' prefills in between, the network, and a machine that is busy; endpoints that
   * are alike differ by 10 % in them. Taken for real, that decides each choice among idle ones:
   * those that seem slow get few prompts, hence few chances to show better. On engines that were
   * alike, the busiest did 1.5 times the mean's work.
   */
  private static final double NOISE_FACTOR = 1.25;

  private final int listedEndpoints;
  private PoolEndpoint[] endpoints = new PoolEndpoint[0];

  // Of the last pick, one element per endpoint.
  private boolean[] candidates = new boolean[0];
  private boolean[] verified = new boolean[0];
  private int[] heldBlocks = new int[0];
  private double[] rates = new double[0];
  private double[] queues = new double[0];
  private double[] waits = new double[0];
  private double[] prefills = new double[0];
  private double[] costs = new double[0];

  /** A rule that lists so many endpoints, if there are as many. */
  Rule(int listedEndpoints) {
    this.listedEndpoints = listedEndpoints;
  }

  /** Blocks of the last prompt that an endpoint is believed to hold. */
  int heldBlocks(int endpoint) {
    return heldBlocks[endpoint];
  }

  /** Seconds until an endpoint would have begun with the last prompt, if it works as told. */
  double queueSeconds(int endpoint) {
    return queues[endpoint];
  }

  /** Chooses among these from now on. */
  void among(PoolEndpoint[] all) {
    endpoints = all;
    allocate(all.length);
  }

  /**
   * Chooses and lists.
   *
   * @param utilisation prefill seconds sent per second and endpoint, below 1
   * @param meanUncachedTokens of a request, for those of which nothing else is known
   * @param out filled with the endpoints to list, or with why there are none
   * @return index of the first listed, or -1
   */
  int choose(
      PrefixBlocks prefix, double utilisation, double meanUncachedTokens, long nowNanos, Pick out) {
    out.reset(endpoints.length == 0 ? Pick.Result.NO_ENDPOINTS : Pick.Result.NONE_HEALTHY);
    if (!findCandidates(nowNanos)) {
      return -1;
    }
    double price = 1 / (1 - utilisation);
    reckonRates();
    long[] chain = prefix.blockArray();
    for (int i = 0; i < endpoints.length; i++) {
      if (candidates[i]) {
        heldBlocks[i] = endpoints[i].belief.longestPrefix(chain, prefix.count());
        queues[i] = endpoints[i].queueSeconds(rates[i], meanUncachedTokens, nowNanos);
        waits[i] = queues[i] + endpoints[i].latenessSeconds(nowNanos);
        price(i, prefix, price);
      }
    }
    int first = best(prefix.tieKey());
    while (!verify(first, prefix, price)) {
      first = best(prefix.tieKey());
    }
    int home = home(prefix);
    if (home >= 0) {
      first = home;
      boolean _ = verify(home, prefix, price);
    }
    out.result = Pick.Result.PICKED;
    out.heldTokens = prefix.tokensUpTo(heldBlocks[first]);
    out.waitSeconds = waits[first];
    out.prefillSeconds = prefills[first];
    out.costSeconds = costs[first];
    out.utilisation = utilisation;
    for (int i = first; i >= 0; i = best(prefix.tieKey())) {
      out.addresses[out.count++] = endpoints[i].address;
      candidates[i] = false;
      if (out.count == listedEndpoints) {
        break;
      }
    }
    return first;
  }

  /** The endpoint that alone holds what comes before the prompt, if it may be listed; else -1. */
  private int home(PrefixBlocks prefix) {
    String address = prefix.home();
    for (int i = 0; address != null && i < endpoints.length; i++) {
      if (candidates[i] && endpoints[i].address.equals(address)) {
        return i;
      }
    }
    return -1;
  }

  /** Marks the endpoints that may be listed. False: there are none. */
  private boolean findCandidates(long nowNanos) {
    boolean any = false;
    for (int i = 0; i < endpoints.length; i++) {
      candidates[i] = endpoints[i].isHealthy() && !endpoints[i].leftOut(nowNanos);
      any |= candidates[i];
    }
    for (int i = 0; !any && i < endpoints.length; i++) {
      candidates[i] = endpoints[i].isHealthy();
    }
    Arrays.fill(verified, false);
    for (int i = 0; !any && i < endpoints.length; i++) {
      any = candidates[i];
    }
    return any;
  }

  /** Fills in the rates, without what is noise in them. */
  private void reckonRates() {
    double factor = PoolEndpoint.rateFactor(endpoints);
    double sum = 0;
    for (int i = 0; i < endpoints.length; i++) {
      rates[i] = endpoints[i].rate(factor);
      sum += rates[i];
    }
    double mean = sum / endpoints.length;
    for (int i = 0; i < endpoints.length; i++) {
      rates[i] = mean * withoutNoise(rates[i] / mean);
    }
  }

  /** 1 within the noise, the ratio itself beyond the noise's square, and no jump in between. */
  static double withoutNoise(double ratio) {
    if (ratio < 1) {
      return 1 / withoutNoise(1 / ratio);
    }
    double beyond = Math.max(1, ratio / NOISE_FACTOR);
    return Math.min(ratio, beyond * beyond);
  }

  private void price(int i, PrefixBlocks prefix, double price) {
    int uncached = prefix.promptTokens() - prefix.tokensUpTo(heldBlocks[i]);
    prefills[i] = uncached / rates[i];
    costs[i] = waits[i] + prefills[i] * price;
  }

  /**
   * True: what the endpoint is believed to hold has no holes. False: it had, and costs more now.
   */
  private boolean verify(int i, PrefixBlocks prefix, double price) {
    if (verified[i]) {
      return true;
    }
    verified[i] = true;
    int held = endpoints[i].belief.verifiedPrefix(prefix.blockArray(), heldBlocks[i]);
    if (held == heldBlocks[i]) {
      return true;
    }
    heldBlocks[i] = held;
    price(i, prefix, price);
    return false;
  }

  /** The candidate that the rule and then the ties prefer; -1: none is left. */
  private int best(long tieKey) {
    double least = Double.POSITIVE_INFINITY;
    for (int i = 0; i < endpoints.length; i++) {
      if (candidates[i]) {
        least = Math.min(least, costs[i]);
      }
    }
    double bound = least + TIE_SECONDS + least * TIE_SHARE;
    int best = -1;
    for (int i = 0; i < endpoints.length; i++) {
      if (candidates[i] && costs[i] <= bound && (best < 0 || goesBefore(i, best, tieKey))) {
        best = i;
      }
    }
    return best;
  }

  private boolean goesBefore(int i, int other, long tieKey) {
    int inFlight = endpoints[i].requestsInFlight();
    int othersInFlight = endpoints[other].requestsInFlight();
    if (inFlight != othersInFlight) {
      return inFlight < othersInFlight;
    }
    return endpoints[i].rendezvous(tieKey) > endpoints[other].rendezvous(tieKey);
  }

  private void allocate(int count) {
    candidates = new boolean[count];
    verified = new boolean[count];
    heldBlocks = new int[count];
    rates = new double[count];
    queues = new double[count];
    waits = new double[count];
    prefills = new double[count];
    costs = new double[count];
  }
}

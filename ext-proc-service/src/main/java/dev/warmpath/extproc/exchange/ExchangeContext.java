package dev.warmpath.extproc.exchange;

import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;

/** What every stream of this process shares. Immutable; each part says how it is shared. */
public final class ExchangeContext {

  private final Routes routes;
  private final Limits limits;
  private final BodyBudget budget;
  private final Planner planner;
  private final StreamUsage streamUsage;
  private final Plans plans;
  private final Outcomes outcomes;
  private final ResponseHomes responseHomes;
  private final ExchangeMetrics metrics;
  private final LongSupplier clock;
  private final ThreadLocal<Scratch> scratch;
  private final List<String> wantedHeaders;

  ExchangeContext(
      Routes routes,
      Limits limits,
      BodyBudget budget,
      Planner planner,
      StreamUsage streamUsage,
      Plans plans,
      Outcomes outcomes,
      ResponseHomes responseHomes,
      ExchangeMetrics metrics,
      Tenants tenants,
      LongSupplier clock,
      ThreadLocal<Scratch> scratch) {
    this.routes = routes;
    this.limits = limits;
    this.budget = budget;
    this.planner = planner;
    this.streamUsage = streamUsage;
    this.plans = plans;
    this.outcomes = outcomes;
    this.responseHomes = responseHomes;
    this.metrics = metrics;
    this.clock = clock;
    this.scratch = scratch;
    List<String> wanted = new ArrayList<>(routes.wantedHeaders());
    if (!tenants.header().isEmpty()) {
      wanted.add(tenants.header());
    }
    this.wantedHeaders = List.copyOf(wanted);
  }

  Routes routes() {
    return routes;
  }

  Limits limits() {
    return limits;
  }

  BodyBudget budget() {
    return budget;
  }

  Planner planner() {
    return planner;
  }

  StreamUsage streamUsage() {
    return streamUsage;
  }

  Plans plans() {
    return plans;
  }

  Outcomes outcomes() {
    return outcomes;
  }

  ResponseHomes responseHomes() {
    return responseHomes;
  }

  ExchangeMetrics metrics() {
    return metrics;
  }

  /** Nanoseconds of a monotonic clock. */
  LongSupplier clock() {
    return clock;
  }

  /** This thread's. */
  Scratch scratch() {
    return scratch.get();
  }

  /** Names of request headers, lower case, that plans depend on. */
  List<String> wantedHeaders() {
    return wantedHeaders;
  }
}

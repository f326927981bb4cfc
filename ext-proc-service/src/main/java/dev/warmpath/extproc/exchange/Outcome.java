package dev.warmpath.extproc.exchange;

import dev.warmpath.extproc.usage.Usage;
import org.jspecify.annotations.Nullable;

/**
 * What an observer saw of an exchange so far. Several may come for one plan, in any order and from
 * several sources; each only adds what the owner lacks.
 *
 * @param planId the plan
 * @param source who saw it
 * @param upstreamAddress {@code ip:port} that served; empty: unknown
 * @param upstreamCluster its cluster; empty: unknown
 * @param status HTTP status; 0: unknown
 * @param attempts of Envoy; 0: unknown
 * @param firstByteAtNanos when the first body byte passed, on this process's clock; null: not seen
 * @param usage null: not seen
 * @param rejectedField field that the provider named when it refused the request; empty: none
 * @param cut the response ended before its end, and the client did not ask for that
 * @param end the exchange is over
 */
public record Outcome(
    PlanId planId,
    Source source,
    String upstreamAddress,
    String upstreamCluster,
    int status,
    int attempts,
    @Nullable Long firstByteAtNanos,
    @Nullable Usage usage,
    String rejectedField,
    boolean cut,
    boolean end) {

  /** Where an outcome comes from. Usage of the observer is kept over that of the access log. */
  public enum Source {
    OBSERVER,
    ACCESS_LOG
  }
}

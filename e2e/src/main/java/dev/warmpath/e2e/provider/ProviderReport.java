package dev.warmpath.e2e.provider;

import java.util.List;
import java.util.Map;

/**
 * What a provider has seen since it was last reset.
 *
 * @param requests the newest {@link SimulatedAnthropic#MAX_RECORDS} that began to be answered, in
 *     order of their end
 * @param bills by the account's name
 * @param rejected answered with an error of its own
 * @param rejections the messages of the newest {@link SimulatedAnthropic#MAX_REJECTIONS} of them
 * @param reservedHeaders requests refused because they carried a reserved header
 * @param faulted requests answered by {@link dev.warmpath.e2e.http.Fault.Failing}
 */
public record ProviderReport(
    List<MessageRecord> requests,
    Map<String, Bill> bills,
    long rejected,
    List<String> rejections,
    long reservedHeaders,
    long faulted) {

  /** What an account owes. */
  public record Bill(long requests, MessageUsage usage, double usd) {
    static final Bill ZERO = new Bill(0, MessageUsage.ZERO, 0);

    Bill plus(MessageUsage more, double moreUsd) {
      return new Bill(requests + 1, usage.plus(more), usd + moreUsd);
    }
  }
}

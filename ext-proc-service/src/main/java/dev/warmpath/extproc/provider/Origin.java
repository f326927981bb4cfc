package dev.warmpath.extproc.provider;

import java.time.LocalDate;
import java.time.temporal.ChronoUnit;

/**
 * Where a fact comes from. Immutable.
 *
 * @param source who says so
 * @param verified when that was last looked up
 * @param evidence how good it is
 */
public record Origin(String source, LocalDate verified, Evidence evidence) {

  /** Older facts ought to be looked up again: providers change them several times a year. */
  public static final int STALE_DAYS = 90;

  /** Whether it was looked up more than {@value #STALE_DAYS} days before this day. */
  public boolean isStale(LocalDate today) {
    return ChronoUnit.DAYS.between(verified, today) > STALE_DAYS;
  }
}

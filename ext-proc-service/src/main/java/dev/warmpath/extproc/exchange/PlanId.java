package dev.warmpath.extproc.exchange;

import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/**
 * Names a plan and, by the incarnation, the replica that owns it. Written as 16 hex digits, a dash
 * and 16 hex digits.
 *
 * @param incarnation random number of the owner's process
 * @param number of the plan within it
 */
public record PlanId(long incarnation, long number) {

  private static final HexFormat HEX = HexFormat.of();
  private static final int DIGITS = 16;
  private static final int LENGTH = 2 * DIGITS + 1;

  /** Null: not a plan id. */
  public static @Nullable PlanId parse(String text) {
    if (text.length() != LENGTH || text.charAt(DIGITS) != '-') {
      return null;
    }
    for (int i = 0; i < LENGTH; i++) {
      if (i != DIGITS && !HexFormat.isHexDigit(text.charAt(i))) {
        return null;
      }
    }
    return new PlanId(
        HexFormat.fromHexDigitsToLong(text, 0, DIGITS),
        HexFormat.fromHexDigitsToLong(text, DIGITS + 1, LENGTH));
  }

  @Override
  public String toString() {
    return HEX.toHexDigits(incarnation) + '-' + HEX.toHexDigits(number);
  }
}

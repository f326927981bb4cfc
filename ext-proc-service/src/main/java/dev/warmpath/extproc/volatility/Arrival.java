package dev.warmpath.extproc.volatility;

/**
 * A request whose prompt is looked at.
 *
 * @param route that it took
 * @param scope whose cache it meets, without the model
 * @param model as the request names it
 * @param bytesPerToken of prompt text; an estimate
 * @param usdPerMillionLost what a million tokens cost more when they are not read from a cache;
 *     NaN: not known
 * @param requests that it stands for: more than 1 where only a sample is looked at
 */
public record Arrival(
    String route,
    String scope,
    String model,
    double bytesPerToken,
    double usdPerMillionLost,
    double requests) {

  public Arrival {
    if (!(bytesPerToken > 0)) {
      throw new IllegalArgumentException(
          "bytesPerToken: " + bytesPerToken + " (expected: above 0)");
    }
    if (!(requests >= 1)) {
      throw new IllegalArgumentException("requests: " + requests + " (expected: 1 or more)");
    }
  }
}

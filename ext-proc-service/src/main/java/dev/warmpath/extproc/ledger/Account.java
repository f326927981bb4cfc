package dev.warmpath.extproc.ledger;

/**
 * One finished exchange, as it goes into the ledger. Immutable.
 *
 * @param route the route's id
 * @param tenant whose request it was; empty where there are no tenants
 * @param model the model that served; empty if unknown
 * @param mode whether our decision was applied
 * @param annotation who asked for what was cached
 * @param tokens as the engine or provider told
 * @param shadow what the prompt would have found elsewhere
 * @param tariff what tokens cost where it went
 * @param served by its upstream. Only such exchanges make new tenants and models known: else a
 *     client could use up the room for them with names that nobody serves
 */
public record Account(
    String route,
    String tenant,
    String model,
    Mode mode,
    Annotation annotation,
    Tokens tokens,
    Shadow shadow,
    Tariff tariff,
    boolean served) {

  /** Whether our decision was applied. */
  public enum Mode {
    /** It was. */
    ACTIVE,
    /** It was only recorded; naive is then what happened. */
    FORECAST
  }

  /** Who asked a provider for what was cached. */
  public enum Annotation {
    /** We marked something: without us only the client's own markers would have been there. */
    OURS,
    /** Not we: at a provider, naive is then what happened. */
    NOT_OURS
  }
}

package dev.warmpath.e2e.provider;

import java.util.List;

/**
 * Who may ask.
 *
 * @param accounts whose keys are taken
 * @param open whether anybody may, without a key; a signature is verified all the same
 */
public record ProviderAccess(List<Account> accounts, boolean open) {
  /**
   * One customer, who shares no cache with others.
   *
   * @param apiKey a bearer token, or the value of the API's own header
   * @param accessKeyId of AWS
   */
  public record Account(String tenant, String apiKey, String accessKeyId, String secretKey) {}

  /** Three customers. */
  public static final ProviderAccess DEFAULTS =
      new ProviderAccess(
          List.of(
              new Account("north", "sk-sim-north", "AKIDSIMNORTH", "simulated/secret+of+north"),
              new Account("south", "sk-sim-south", "AKIDSIMSOUTH", "simulated/secret+of+south"),
              new Account("west", "sk-sim-west", "AKIDSIMWEST", "simulated/secret+of+west")),
          false);

  /** For tests of anything but who asks. */
  public static final ProviderAccess OPEN = new ProviderAccess(DEFAULTS.accounts(), true);

  public ProviderAccess {
    accounts = List.copyOf(accounts);
  }
}

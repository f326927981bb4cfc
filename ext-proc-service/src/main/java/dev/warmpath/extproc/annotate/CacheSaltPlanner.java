package dev.warmpath.extproc.annotate;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.warmpath.extproc.prompt.Prompt;

/**
 * Puts a tenant's salt into a request to an engine whose tenants must not share cached blocks: as
 * {@code cache_salt} at the top level, or before the client's own, so that both part the cache.
 * Stateless.
 */
public final class CacheSaltPlanner {

  private static final byte[] MEMBER = "\"cache_salt\":".getBytes(US_ASCII);

  /** Ends the salt before the client's own; salts don't have it, so that no two combine alike. */
  private static final byte SEPARATOR = ':';

  private CacheSaltPlanner() {}

  /**
   * The edit that salts a request.
   *
   * @param prompt scanned
   * @param salt of the tenant: letters, digits, {@code -}, {@code _} and {@code .}, at least one
   */
  public static Splices plan(Prompt prompt, String salt) {
    check(salt);
    byte[] value = salt.getBytes(US_ASCII);
    Splices.Builder splices = new Splices.Builder();
    if (prompt.cacheSaltStart() >= 0) {
      byte[] combined = new byte[value.length + 1];
      System.arraycopy(value, 0, combined, 0, value.length);
      combined[value.length] = SEPARATOR;
      return splices.insert(prompt.cacheSaltStart(), combined).build();
    }
    byte[] quoted = new byte[value.length + 2];
    quoted[0] = '"';
    System.arraycopy(value, 0, quoted, 1, value.length);
    quoted[value.length + 1] = '"';
    if (prompt.cacheSaltNullStart() >= 0) {
      return splices.replace(prompt.cacheSaltNullStart(), "null".length(), quoted).build();
    }
    byte[] member = new byte[MEMBER.length + quoted.length + 1];
    System.arraycopy(MEMBER, 0, member, 0, MEMBER.length);
    System.arraycopy(quoted, 0, member, MEMBER.length, quoted.length);
    // A scanned body has a prompt, so that another member follows.
    member[member.length - 1] = ',';
    return splices.insert(prompt.firstByteAfterBrace(), member).build();
  }

  private static void check(String salt) {
    for (int i = 0; i < salt.length(); i++) {
      char c = salt.charAt(i);
      boolean plain =
          (c >= 'a' && c <= 'z')
              || (c >= 'A' && c <= 'Z')
              || (c >= '0' && c <= '9')
              || c == '-'
              || c == '_'
              || c == '.';
      if (!plain) {
        // Not the salt itself: it is a secret of sorts.
        throw new IllegalArgumentException(
            "salt: character %d (expected: a letter, digit, '-', '_' or '.')".formatted(i));
      }
    }
    if (salt.isEmpty()) {
      throw new IllegalArgumentException("salt: empty (expected: at least one character)");
    }
  }
}

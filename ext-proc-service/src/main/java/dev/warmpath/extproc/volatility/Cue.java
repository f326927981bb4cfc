package dev.warmpath.extproc.volatility;

import java.util.Locale;
import java.util.Set;

/** What the words before a value say of it. */
enum Cue {
  NONE,
  /** Someone's name or number follows. */
  USER,
  /** An id follows. */
  ID,
  /** An id follows that is no UUID: of a trace, or a digest. */
  DIGEST,
  /** A count follows. */
  COUNT,
  /** What follows changes only when the prompt does: a version, the day of a release. */
  VERSION;

  /** Words before the value that are asked, the nearest first. */
  private static final int MAX_WORDS = 6;

  private static final Set<String> USER_WORDS =
      words(
          "user username customer client member caller patient student employee guest person"
              + " talking",
          "speaking chatting assisting helping serving supporting account hello hi dear help assist"
              + " serve",
          "hey mr mrs ms dr welcome greet greeting login logged signed author nutzer",
          "nutzerin benutzer benutzerin kunde kundin herr frau name named called profile",
          "owner subscriber human utilisateur usuario cliente requester requested behalf",
          "email mail contact operator tenant");

  private static final Set<String> ID_WORDS =
      words(
          "session request correlation run job transaction conversation" + " thread",
          "cache ticket invocation execution instance pod host",
          "container worker node req sess rid ref reference key txn sitzung vorgang",
          "anfrage uuid guid ulid chat process pid message boundary");

  private static final Set<String> DIGEST_WORDS =
      words(
          "trace span nonce token seed salt hash sha md digest fingerprint checksum etag"
              + " signature");

  private static final Set<String> COUNT_WORDS =
      words(
          "count counter turn attempt sequence seq iteration visit visitor step lfd round index"
              + " tick",
          "serial call total");

  private static final Set<String> VERSION_WORDS =
      words(
          "version revision release released updated update effective build since stand commit",
          "published deployed cutoff");

  /**
   * The nearest word before a value that says something, within its line.
   *
   * @param before text that ends where the value begins
   */
  static Cue before(String before) {
    int end = before.length();
    for (int word = 0; word < MAX_WORDS; word++) {
      while (end > 0 && !isLetter(before.charAt(end - 1))) {
        if (before.charAt(end - 1) == '\n') {
          return NONE;
        }
        end--;
      }
      int start = end;
      // camelCase is two words.
      while (start > 0 && isLetter(before.charAt(start - 1))) {
        start--;
        if (start > 0
            && Character.isUpperCase(before.charAt(start))
            && Character.isLowerCase(before.charAt(start - 1))) {
          break;
        }
      }
      if (start == end) {
        return NONE;
      }
      Cue cue = of(before.substring(start, end).toLowerCase(Locale.ROOT));
      if (cue != NONE) {
        return cue;
      }
      end = start;
    }
    return NONE;
  }

  private static Cue of(String word) {
    if (USER_WORDS.contains(word)) {
      return USER;
    }
    if (ID_WORDS.contains(word)) {
      return ID;
    }
    if (DIGEST_WORDS.contains(word)) {
      return DIGEST;
    }
    if (COUNT_WORDS.contains(word)) {
      return COUNT;
    }
    return VERSION_WORDS.contains(word) ? VERSION : NONE;
  }

  /** Whether an id follows, of whatever kind. */
  boolean isOfId() {
    return this == ID || this == DIGEST;
  }

  private static Set<String> words(String... lines) {
    return Set.of(String.join(" ", lines).split(" "));
  }

  private static boolean isLetter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  }
}

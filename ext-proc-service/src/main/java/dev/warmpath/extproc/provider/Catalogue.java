package dev.warmpath.extproc.provider;

import dev.warmpath.extproc.prompt.Dialect;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * What is known of models at provider APIs: minimum, markers, prices. The first row that matches
 * speaks, so that configured rows, which come first, beat the shipped ones. A model that no row
 * names is unknown: nothing is marked for it, and its money is not accounted.
 *
 * <p>Data, not behaviour: providers move these numbers several times a year. Rows carry the day
 * from which they hold and their source. Immutable but for a bounded memory of names already looked
 * up; safe for any thread.
 */
public final class Catalogue {

  /** Names that are remembered. Clients choose names, so this must not grow with them. */
  private static final int MAX_REMEMBERED = 1024;

  /** A longer name is no model's. */
  private static final int MAX_NAME_LENGTH = 256;

  private final List<ModelEntry> rows;
  private final Map<Name, Optional<ModelEntry>> remembered = new ConcurrentHashMap<>();

  private Catalogue(List<ModelEntry> rows) {
    this.rows = List.copyOf(rows);
  }

  /** A catalogue of these rows, first match first. */
  public static Catalogue of(List<ModelEntry> rows) {
    return new Catalogue(rows);
  }

  /** All rows, in the order in which they are asked. */
  public List<ModelEntry> rows() {
    return rows;
  }

  /** The row of a model, by the name that the request gives it. */
  public Optional<ModelEntry> find(Dialect dialect, String model) {
    if (model.length() > MAX_NAME_LENGTH) {
      return Optional.empty();
    }
    Name name = new Name(dialect, model);
    Optional<ModelEntry> found = remembered.get(name);
    if (found != null) {
      return found;
    }
    Optional<ModelEntry> match =
        rows.stream().filter(row -> row.matches(dialect, model)).findFirst();
    // Racing threads may overshoot the bound by one name each.
    if (remembered.size() < MAX_REMEMBERED) {
      remembered.put(name, match);
    }
    return match;
  }

  private record Name(Dialect dialect, String model) {}

  /**
   * Whether a name matches a pattern in which {@code *} stands for any characters. Linear in their
   * product at worst, without recursion: patterns are ours, names are not.
   */
  static boolean matches(String pattern, String name) {
    int p = 0;
    int n = 0;
    int star = -1;
    int resume = 0;
    while (n < name.length()) {
      if (p < pattern.length() && pattern.charAt(p) == '*') {
        star = p++;
        resume = n;
      } else if (p < pattern.length() && pattern.charAt(p) == name.charAt(n)) {
        p++;
        n++;
      } else if (star >= 0) {
        p = star + 1;
        n = ++resume;
      } else {
        return false;
      }
    }
    while (p < pattern.length() && pattern.charAt(p) == '*') {
      p++;
    }
    return p == pattern.length();
  }
}

package dev.warmpath.extproc.provider;

import dev.warmpath.extproc.prompt.Dialect;
import java.time.LocalDate;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * What is known of models at provider APIs: mechanism, minimum, markers, prices. The first row that
 * matches speaks, so that configured rows, which come first, beat those of a file, and these the
 * shipped ones. A model that no row names is unknown: nothing is marked for it, and its money is
 * not accounted.
 *
 * <p>Data, not behaviour: providers move these numbers several times a year. Its rows can be
 * replaced, and the day whose prices hold can change, while it is in use: both are published whole,
 * and each look-up sees one version. Each version has a bounded memory of names already looked up.
 * Safe for any thread.
 */
public final class Catalogue {

  /** Names that are remembered. Clients choose names, so this must not grow with them. */
  private static final int MAX_REMEMBERED = 1024;

  /** A longer name is no model's. */
  private static final int MAX_NAME_LENGTH = 256;

  /** What is published. */
  private record Version(
      CatalogueRows rows,
      LocalDate day,
      ConcurrentHashMap<Name, Optional<ModelEntry>> remembered) {}

  private volatile Version version;

  private Catalogue(CatalogueRows rows, LocalDate day) {
    version = version(rows, day);
  }

  /** A catalogue of these rows, first match first, each with its latest prices. */
  public static Catalogue of(List<ModelEntry> rows) {
    return new Catalogue(new CatalogueRows(List.of(), rows), LocalDate.MAX);
  }

  /**
   * A catalogue of these rows.
   *
   * @param day whose prices hold
   */
  public static Catalogue of(CatalogueRows rows, LocalDate day) {
    return new Catalogue(rows, day);
  }

  /** Puts other rows in force. */
  public void publish(CatalogueRows rows, LocalDate day) {
    version = version(rows, day);
  }

  private static Version version(CatalogueRows rows, LocalDate day) {
    List<ModelEntry> ofDay = rows.models().stream().map(row -> row.on(day)).toList();
    return new Version(new CatalogueRows(rows.apis(), ofDay), day, new ConcurrentHashMap<>());
  }

  /** All there is, with the prices of {@link #day}. */
  public CatalogueRows contents() {
    return version.rows();
  }

  /** The day whose prices hold. */
  public LocalDate day() {
    return version.day();
  }

  /** What is known of APIs whatever the model. */
  public List<ProviderApi> apis() {
    return version.rows().apis();
  }

  /** All rows, in the order in which they are asked. */
  public List<ModelEntry> rows() {
    return version.rows().models();
  }

  /**
   * The provider whose rows speak of an account.
   *
   * @param name of the account
   * @param address where it is, as {@code host:port}
   * @return the name itself, where a row is of a provider of this name or none is at the address
   */
  public String provider(String name, String address) {
    CatalogueRows rows = version.rows();
    boolean isNamed =
        rows.apis().stream().anyMatch(api -> api.provider().equals(name))
            || rows.models().stream().anyMatch(row -> row.provider().equals(name));
    String host = address.substring(0, Math.max(0, address.lastIndexOf(':')));
    return isNamed
        ? name
        : rows.apis().stream()
            .filter(api -> !host.isEmpty() && host(api.endpoint()).equalsIgnoreCase(host))
            .map(ProviderApi::provider)
            .findFirst()
            .orElse(name);
  }

  /** Whether any row speaks of a provider, those that name none included. */
  public boolean knows(String provider) {
    return version.rows().models().stream().anyMatch(row -> row.isOf(provider));
  }

  /** The host of an endpoint that is written as {@code POST https://host/path}; else empty. */
  private static String host(String endpoint) {
    int start = endpoint.indexOf("://");
    if (start < 0) {
      return "";
    }
    int end = endpoint.indexOf('/', start + 3);
    return endpoint.substring(start + 3, end < 0 ? endpoint.length() : end);
  }

  /** The row of a model, whoever serves it, by the name that the request gives it. */
  public Optional<ModelEntry> find(Dialect dialect, String model) {
    return find("", dialect, model);
  }

  /**
   * The row of a model at a provider, by the name that the request gives it.
   *
   * @param provider only its rows, and those that name none, count; empty: all do
   */
  public Optional<ModelEntry> find(String provider, Dialect dialect, String model) {
    if (model.length() > MAX_NAME_LENGTH) {
      return Optional.empty();
    }
    Version held = version;
    Name name = new Name(provider, dialect, model);
    Optional<ModelEntry> found = held.remembered().get(name);
    if (found != null) {
      return found;
    }
    Optional<ModelEntry> match =
        held.rows().models().stream()
            .filter(row -> row.isOf(provider) && row.matches(dialect, model))
            .findFirst();
    // Racing threads may overshoot the bound by one name each.
    if (held.remembered().size() < MAX_REMEMBERED) {
      held.remembered().put(name, match);
    }
    return match;
  }

  private record Name(String provider, Dialect dialect, String model) {}

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

package dev.warmpath.config;

import com.google.errorprone.annotations.FormatMethod;
import com.google.errorprone.annotations.FormatString;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Collects the faults and warnings of one configuration, and knows where in its file each field
 * stands. Owned by one thread; bounded by the file's own bound.
 */
final class FaultLog {
  /** Longest part of a value that a fault repeats. */
  private static final int MAX_VALUE_CHARS = 80;

  /** The same of a path; those of the schema are shorter. */
  private static final int MAX_PATH_CHARS = 200;

  /** Room for the longest list of field names that a fault proposes. */
  private static final int MAX_EXPECTED_CHARS = 2000;

  static final String HIDDEN = "(not shown)";
  static final String MISSING = "(missing)";

  private record Place(int line, String value) {}

  private final String file;
  private final Map<String, Place> places = new HashMap<>();
  private final List<Fault> faults = new ArrayList<>();
  private final List<Warning> warnings = new ArrayList<>();
  private final Set<String> wrong = new HashSet<>();
  private final TreeSet<String> unread = new TreeSet<>();

  FaultLog(String file) {
    this.file = file;
  }

  /** Notes where the field at a path stands and what is written there. */
  void place(String path, int line, String value) {
    places.putIfAbsent(path, new Place(line, value));
  }

  /** A value that could not be read: later checks keep silent about the field. */
  void unreadable(int line, String path, String value, String expected) {
    unread.add(path);
    add(line, path, value, expected);
  }

  /** A fault that belongs to a line of its own, such as an unknown key. */
  void add(int line, String path, String value, String expected) {
    faults.add(
        new Fault(
            file,
            line,
            shown(path, MAX_PATH_CHARS),
            shown(value, MAX_VALUE_CHARS),
            // It may quote names of the file, as in "did you mean".
            shown(expected.replace("`", ""), MAX_EXPECTED_CHARS)));
  }

  /** A fault of the value that stands at a path, or of its absence; the first one is enough. */
  void add(String path, String expected) {
    if (isUnread(path) || !wrong.add(path)) {
      return;
    }
    Place place = places.get(path);
    if (place == null) {
      add(lineOf(path), path, MISSING, expected);
    } else {
      add(place.line, path, place.value, expected);
    }
  }

  @FormatMethod
  void addFormatted(String path, @FormatString String expectedFormat, Object... arguments) {
    add(path, expectedFormat.formatted(arguments));
  }

  void warn(String path, String text) {
    warnings.add(new Warning(file, lineOf(path), path, shown(text, MAX_EXPECTED_CHARS)));
  }

  /** Whether the field, a field around it or one inside it could not be read. */
  boolean isUnread(String path) {
    for (String around = path; !around.isEmpty(); around = parent(around)) {
      if (unread.contains(around)) {
        return true;
      }
    }
    return unread.contains("")
        || startsWith(unread.ceiling(path + "."), path + ".")
        || startsWith(unread.ceiling(path + "["), path + "[");
  }

  /** In the order of lines. */
  List<Fault> faults() {
    return faults.stream().sorted(Comparator.comparingInt(Fault::line)).toList();
  }

  /** In the order of lines. */
  List<Warning> warnings() {
    return warnings.stream().sorted(Comparator.comparingInt(Warning::line)).toList();
  }

  void throwIfAny() throws ConfigException {
    if (!faults.isEmpty()) {
      throw new ConfigException(faults());
    }
  }

  /** The line of a field, or of what is nearest around it; 0 where there is no file. */
  private int lineOf(String path) {
    for (String around = path; ; around = parent(around)) {
      Place place = places.get(around);
      if (place != null) {
        return place.line;
      }
      if (around.isEmpty()) {
        return 0;
      }
    }
  }

  private static String parent(String path) {
    int end = Math.max(path.lastIndexOf('.'), path.lastIndexOf('['));
    return end < 0 ? "" : path.substring(0, end);
  }

  private static boolean startsWith(@Nullable String text, String prefix) {
    return text != null && text.startsWith(prefix);
  }

  /** One short line that a terminal may print as it is. */
  private static String shown(String value, int maxChars) {
    StringBuilder shown = new StringBuilder();
    int end = Math.min(value.length(), maxChars);
    for (int i = 0; i < end; i++) {
      char c = value.charAt(i);
      if (Character.isISOControl(c) || Character.getType(c) == Character.FORMAT) {
        shown.append("\\u%04x".formatted((int) c));
      } else {
        shown.append(c);
      }
    }
    return end < value.length() ? shown + "…" : shown.toString();
  }
}

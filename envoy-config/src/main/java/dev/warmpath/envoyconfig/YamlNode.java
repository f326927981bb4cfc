package dev.warmpath.envoyconfig;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A YAML document as a tree that knows where in the text each part stands. Immutable. Unlike the
 * library's own nodes it keeps aliases as such, since an alias can be read through but not edited.
 */
sealed interface YamlNode {
  Span span();

  /**
   * Where a node stands.
   *
   * @param line 0-based, of its first character
   * @param column 0-based
   * @param lastLine the last line that holds a part of it
   */
  record Span(int line, int column, int lastLine) {
    static final Span NOWHERE = new Span(0, 0, 0);
  }

  /**
   * Fields in order.
   *
   * @param flow written in braces
   * @param shared some alias names it, so that an edit would change that place, too
   */
  record Mapping(List<Entry> entries, boolean flow, boolean shared, Span span) implements YamlNode {
    public Mapping {
      entries = List.copyOf(entries);
    }

    @Nullable Entry entry(String key) {
      for (Entry entry : entries) {
        if (entry.key().value().equals(key)) {
          return entry;
        }
      }
      return null;
    }

    @Nullable YamlNode get(String key) {
      Entry entry = entry(key);
      return entry == null ? null : entry.value();
    }

    /** This mapping with one value replaced, or added at its end. */
    Mapping with(String key, YamlNode value) {
      List<Entry> changed = new ArrayList<>(entries.size() + 1);
      boolean found = false;
      for (Entry entry : entries) {
        boolean same = entry.key().value().equals(key);
        changed.add(same ? new Entry(entry.key(), value) : entry);
        found |= same;
      }
      if (!found) {
        changed.add(new Entry(Scalar.plain(key), value));
      }
      return new Mapping(changed, flow, shared, span);
    }

    Mapping without(String key) {
      List<Entry> kept =
          entries.stream().filter(entry -> !entry.key().value().equals(key)).toList();
      return new Mapping(kept, flow, shared, span);
    }
  }

  record Entry(Scalar key, YamlNode value) {}

  /**
   * Items in order.
   *
   * @param flow written in brackets
   * @param shared as in {@link Mapping}
   */
  record Sequence(List<YamlNode> items, boolean flow, boolean shared, Span span)
      implements YamlNode {
    public Sequence {
      items = List.copyOf(items);
    }
  }

  /**
   * A value of any type, as text.
   *
   * @param source how it is written on one line, quotes included
   */
  record Scalar(String value, String source, Span span) implements YamlNode {
    /** A scalar that needs no quotes. */
    static Scalar plain(String value) {
      return new Scalar(value, value, Span.NOWHERE);
    }
  }

  record Alias(String anchor, YamlNode target, Span span) implements YamlNode {}

  /** The node itself, or what the alias stands for. */
  default YamlNode resolved() {
    return this instanceof Alias alias ? alias.target().resolved() : this;
  }

  /** The node if it is a mapping, else an empty one: for reading what may be absent. */
  static Mapping mapping(@Nullable YamlNode node) {
    return node != null && node.resolved() instanceof Mapping mapping
        ? mapping
        : new Mapping(List.of(), false, false, Span.NOWHERE);
  }

  /** The items if the node is a sequence, else none. */
  static List<YamlNode> items(@Nullable YamlNode node) {
    return node != null && node.resolved() instanceof Sequence sequence
        ? sequence.items()
        : List.of();
  }

  /** The value if the node is a scalar, else empty. */
  static String text(@Nullable YamlNode node) {
    return node != null && node.resolved() instanceof Scalar scalar ? scalar.value() : "";
  }
}

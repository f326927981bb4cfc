package dev.warmpath.envoyconfig;

import dev.warmpath.envoyconfig.YamlNode.Alias;
import dev.warmpath.envoyconfig.YamlNode.Entry;
import dev.warmpath.envoyconfig.YamlNode.Mapping;
import dev.warmpath.envoyconfig.YamlNode.Scalar;
import dev.warmpath.envoyconfig.YamlNode.Sequence;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A place in the document on the way down from its root. Remembers the first thing on that way that
 * forbids insertions, so that it is complained about only where one is wanted.
 *
 * @param node with aliases resolved
 * @param path from the root
 * @param obstacle null if lines can be inserted inside
 * @param line 0-based, of the key or item that leads here: of an alias, not of its target
 */
record Cursor(YamlNode node, String path, @Nullable Fault obstacle, int line) {
  static Cursor root(Mapping root) {
    return of(root, "", null, 0);
  }

  private static Cursor of(YamlNode written, String path, @Nullable Fault inherited, int spokenOf) {
    Fault obstacle = inherited;
    if (obstacle == null) {
      int line = written.span().line() + 1;
      obstacle =
          switch (written) {
            case Alias alias ->
                new Fault(
                    line,
                    path,
                    "*" + alias.anchor(),
                    "written out here: an alias has no room for insertions");
            case Mapping mapping when mapping.shared() ->
                new Fault(
                    line, path, "&", "no aliases to what is to be edited: they would change, too");
            case Sequence sequence when sequence.shared() ->
                new Fault(
                    line, path, "&", "no aliases to what is to be edited: they would change, too");
            case Mapping mapping when mapping.flow() ->
                new Fault(line, path, "{…}", "block style: one field a line, without braces");
            case Sequence sequence when sequence.flow() ->
                new Fault(line, path, "[…]", "block style: one item a line, each after a dash");
            case Mapping _, Sequence _, Scalar _ -> null;
          };
    }
    return new Cursor(written.resolved(), path, obstacle, spokenOf);
  }

  Mapping mapping() {
    return YamlNode.mapping(node);
  }

  /** The field of that name, null if there is none. */
  @Nullable Cursor field(String name) {
    Entry entry = mapping().entry(name);
    return entry == null
        ? null
        : of(
            entry.value(),
            path.isEmpty() ? name : path + "." + name,
            obstacle,
            entry.key().span().line());
  }

  List<Cursor> items() {
    List<Cursor> cursors = new ArrayList<>();
    for (YamlNode item : YamlNode.items(node)) {
      String child = path + "[" + cursors.size() + "]";
      cursors.add(of(item, child, obstacle, item.span().line()));
    }
    return cursors;
  }

  /** The items of the field of that name; none if it is absent. */
  List<Cursor> items(String name) {
    Cursor field = field(name);
    return field == null ? List.of() : field.items();
  }

  String text(String name) {
    return YamlNode.text(mapping().get(name));
  }

  Fault fault(String value, String expected) {
    return new Fault(line + 1, path, value, expected);
  }
}

package dev.warmpath.config;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.api.lowlevel.Parse;
import org.snakeyaml.engine.v2.events.AliasEvent;
import org.snakeyaml.engine.v2.events.CollectionEndEvent;
import org.snakeyaml.engine.v2.events.CollectionStartEvent;
import org.snakeyaml.engine.v2.events.DocumentStartEvent;
import org.snakeyaml.engine.v2.events.Event;
import org.snakeyaml.engine.v2.events.NodeEvent;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.Node;

/**
 * Turns text into the tree of one YAML 1.2 document. The text is first read as a flat stream of
 * events, so that what could make the tree large or deep (aliases, nesting) is refused before a
 * tree exists. Stateless.
 */
final class YamlDocument {
  /** Deeper than any field of the schema, shallow enough for recursion. */
  private static final int MAX_DEPTH = 32;

  private YamlDocument() {}

  /** The root, or empty when there is none or the text was refused; faults are in the log. */
  static Optional<Node> compose(String text, String file, FaultLog log) {
    LoadSettings settings =
        LoadSettings.builder()
            .setLabel(file)
            .setUseMarks(true)
            .setAllowDuplicateKeys(true)
            .setCodePointLimit(Integer.MAX_VALUE)
            .build();
    try {
      if (!isPlain(text, settings, log)) {
        return Optional.empty();
      }
      Optional<Node> root = new Compose(settings).composeString(text);
      if (root.isEmpty()) {
        log.unreadable(0, "", "an empty file", "a mapping");
      }
      return root;
    } catch (MarkedYamlEngineException e) {
      // Only the problem: the exception's own message would quote the file.
      int line = line(e.getProblemMark().or(e::getContextMark));
      log.unreadable(line, "", e.getProblem(), "YAML 1.2");
    } catch (YamlEngineException e) {
      log.unreadable(0, "", "not YAML: a character that is not printable", "YAML 1.2");
    }
    return Optional.empty();
  }

  static int line(Optional<Mark> mark) {
    return mark.map(m -> m.getLine() + 1).orElse(0);
  }

  private static boolean isPlain(String text, LoadSettings settings, FaultLog log) {
    boolean plain = true;
    int documents = 0;
    Deque<Event> open = new ArrayDeque<>();
    for (Event event : new Parse(settings).parseString(text)) {
      int line = line(event.getStartMark());
      switch (event) {
        case DocumentStartEvent _ -> {
          documents++;
          if (documents == 2) {
            log.unreadable(line, "", "a second document", "one document");
            plain = false;
          }
        }
        case AliasEvent alias -> {
          log.unreadable(line, "", "*" + alias.getAlias(), "no aliases");
          plain = false;
        }
        case CollectionStartEvent start -> {
          open.push(start);
          if (open.size() > MAX_DEPTH) {
            log.unreadable(line, "", "deeper nesting", "at most %d levels".formatted(MAX_DEPTH));
            return false;
          }
        }
        case CollectionEndEvent _ -> open.pop();
        default -> {}
      }
      if (event instanceof NodeEvent node
          && node.getAnchor().isPresent()
          && !(event instanceof AliasEvent)) {
        log.unreadable(line, "", "&" + node.getAnchor().get(), "no anchors");
        plain = false;
      }
    }
    return plain;
  }
}

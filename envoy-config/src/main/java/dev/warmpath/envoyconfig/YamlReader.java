package dev.warmpath.envoyconfig;

import dev.warmpath.envoyconfig.YamlNode.Alias;
import dev.warmpath.envoyconfig.YamlNode.Entry;
import dev.warmpath.envoyconfig.YamlNode.Mapping;
import dev.warmpath.envoyconfig.YamlNode.Scalar;
import dev.warmpath.envoyconfig.YamlNode.Sequence;
import dev.warmpath.envoyconfig.YamlNode.Span;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Parse;
import org.snakeyaml.engine.v2.common.Anchor;
import org.snakeyaml.engine.v2.common.ScalarStyle;
import org.snakeyaml.engine.v2.events.AliasEvent;
import org.snakeyaml.engine.v2.events.CollectionStartEvent;
import org.snakeyaml.engine.v2.events.Event;
import org.snakeyaml.engine.v2.events.MappingStartEvent;
import org.snakeyaml.engine.v2.events.NodeEvent;
import org.snakeyaml.engine.v2.events.ScalarEvent;
import org.snakeyaml.engine.v2.events.SequenceStartEvent;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;

/** Reads one YAML document into a {@link YamlNode}. One use, one thread. */
final class YamlReader {
  /** Deeper than any Envoy configuration; bounds the recursion. */
  private static final int MAX_DEPTH = 200;

  private static final int MAX_CODE_POINTS = 16 << 20;

  private final List<SourceText.Line> lines;
  private final Iterator<Event> events;
  private final Map<String, YamlNode> anchored = new HashMap<>();
  private final Set<String> aliased;
  private final List<Fault> faults = new ArrayList<>();

  private YamlReader(SourceText source, LoadSettings settings) {
    String body = source.body();
    lines = source.lines();
    aliased = new HashSet<>();
    for (Event event : new Parse(settings).parseString(body)) {
      if (event instanceof AliasEvent alias) {
        aliased.add(alias.getAlias().getValue());
      }
    }
    events = new Parse(settings).parseString(body).iterator();
  }

  /** The root of the only document of a text, which must be a mapping. */
  static Mapping read(SourceText source) throws PatchException {
    LoadSettings settings =
        LoadSettings.builder().setUseMarks(true).setCodePointLimit(MAX_CODE_POINTS).build();
    try {
      return new YamlReader(source, settings).document();
    } catch (MarkedYamlEngineException e) {
      int line = e.getProblemMark().map(mark -> mark.getLine() + 1).orElse(0);
      throw new PatchException(new Fault(line, "", e.getProblem(), "YAML 1.2"));
    } catch (YamlEngineException e) {
      throw new PatchException(new Fault(0, "", String.valueOf(e.getMessage()), "YAML 1.2"));
    }
  }

  private Mapping document() throws PatchException {
    YamlNode root = null;
    while (events.hasNext()) {
      Event event = events.next();
      switch (event.getEventId()) {
        case DocumentStart -> {
          if (root != null) {
            throw new PatchException(
                new Fault(start(event).getLine() + 1, "", "---", "one document"));
          }
          root = node(events.next(), "", 0);
        }
        case StreamStart, DocumentEnd, StreamEnd, Comment -> {}
        case Alias, Scalar, SequenceStart, SequenceEnd, MappingStart, MappingEnd ->
            throw new IllegalStateException("outside of a document: " + event);
      }
    }
    if (!faults.isEmpty()) {
      throw new PatchException(faults);
    }
    if (root instanceof Mapping mapping) {
      return mapping;
    }
    throw new PatchException(new Fault(1, "", "", "an Envoy bootstrap: a mapping"));
  }

  private YamlNode node(Event event, String path, int depth) throws PatchException {
    if (depth > MAX_DEPTH) {
      throw new PatchException(
          new Fault(start(event).getLine() + 1, path, "", "at most " + MAX_DEPTH + " levels"));
    }
    YamlNode node =
        switch (event) {
          case AliasEvent alias -> alias(alias, path);
          case ScalarEvent scalar -> scalar(scalar);
          case SequenceStartEvent sequence -> sequence(sequence, path, depth);
          case MappingStartEvent mapping -> mapping(mapping, path, depth);
          default -> throw new IllegalStateException("not a node: " + event);
        };
    if (event instanceof NodeEvent named && !(event instanceof AliasEvent)) {
      named.getAnchor().ifPresent(anchor -> anchored.put(anchor.getValue(), node));
    }
    return node;
  }

  private Alias alias(AliasEvent event, String path) throws PatchException {
    String anchor = event.getAlias().getValue();
    YamlNode target = anchored.get(anchor);
    Mark start = start(event);
    if (target == null) {
      throw new PatchException(
          new Fault(start.getLine() + 1, path, "*" + anchor, "an anchor that stands before it"));
    }
    return new Alias(anchor, target, new Span(start.getLine(), start.getColumn(), end(event)));
  }

  private Scalar scalar(ScalarEvent event) {
    Mark start = start(event);
    Mark end = event.getEndMark().orElseThrow();
    boolean block =
        event.getScalarStyle() == ScalarStyle.LITERAL
            || event.getScalarStyle() == ScalarStyle.FOLDED;
    int lastLine = block && end.getColumn() == 0 ? end.getLine() - 1 : end.getLine();
    String source;
    if (event.isPlain() && event.getValue().isEmpty()) {
      source = "";
    } else if (!block && start.getLine() == end.getLine() && event.getAnchor().isEmpty()) {
      SourceText.Line line = lines.get(Math.min(start.getLine(), lines.size() - 1));
      source =
          line.text()
              .substring(
                  charOffset(line.text(), start.getColumn()),
                  charOffset(line.text(), end.getColumn()));
    } else if (event.getScalarStyle() == ScalarStyle.PLAIN && event.getValue().indexOf('\n') < 0) {
      source = event.getValue();
    } else {
      source = quoted(event.getValue());
    }
    return new Scalar(
        event.getValue(), source, new Span(start.getLine(), start.getColumn(), lastLine));
  }

  private static int charOffset(String line, int codePoints) {
    return line.offsetByCodePoints(0, codePoints);
  }

  /** In double quotes, on one line. */
  static String quoted(String value) {
    StringBuilder out = new StringBuilder("\"");
    value
        .codePoints()
        .forEach(
            c -> {
              switch (c) {
                case '"' -> out.append("\\\"");
                case '\\' -> out.append("\\\\");
                case '\n' -> out.append("\\n");
                case '\r' -> out.append("\\r");
                case '\t' -> out.append("\\t");
                default -> {
                  if (c < 0x20 || c == 0x7F || c == 0x85 || c == 0x2028 || c == 0x2029) {
                    out.append("\\u%04X".formatted(c));
                  } else {
                    out.appendCodePoint(c);
                  }
                }
              }
            });
    return out.append('"').toString();
  }

  private Sequence sequence(SequenceStartEvent event, String path, int depth)
      throws PatchException {
    List<YamlNode> items = new ArrayList<>();
    Event next = events.next();
    while (next.getEventId() != Event.ID.SequenceEnd) {
      items.add(node(next, path + "[" + items.size() + "]", depth + 1));
      next = events.next();
    }
    Span last = items.isEmpty() ? null : items.getLast().span();
    return new Sequence(items, event.isFlow(), isShared(event), span(event, next, last));
  }

  private Mapping mapping(MappingStartEvent event, String path, int depth) throws PatchException {
    List<Entry> entries = new ArrayList<>();
    Set<String> keys = new HashSet<>();
    Event next = events.next();
    while (next.getEventId() != Event.ID.MappingEnd) {
      if (!(next instanceof ScalarEvent keyEvent)) {
        throw new PatchException(
            new Fault(start(next).getLine() + 1, path, "", "a field name as key"));
      }
      Scalar key = scalar(keyEvent);
      String child = path.isEmpty() ? key.value() : path + "." + key.value();
      if (!keys.add(key.value())) {
        faults.add(new Fault(key.span().line() + 1, child, key.value(), "each field once"));
      }
      entries.add(new Entry(key, node(events.next(), child, depth + 1)));
      next = events.next();
    }
    Span last = null;
    if (!entries.isEmpty()) {
      Entry entry = entries.getLast();
      last =
          entry.value().span().lastLine() > entry.key().span().lastLine()
              ? entry.value().span()
              : entry.key().span();
    }
    return new Mapping(entries, event.isFlow(), isShared(event), span(event, next, last));
  }

  /** The end mark of a block collection stands behind blank lines and comments: its last child. */
  private static Span span(CollectionStartEvent event, Event endEvent, @Nullable Span last) {
    Mark start = start(event);
    int lastLine = event.isFlow() || last == null ? end(endEvent) : last.lastLine();
    return new Span(start.getLine(), start.getColumn(), lastLine);
  }

  private boolean isShared(CollectionStartEvent event) {
    Optional<Anchor> anchor = event.getAnchor();
    return anchor.isPresent() && aliased.contains(anchor.get().getValue());
  }

  private static Mark start(Event event) {
    return event.getStartMark().orElseThrow();
  }

  private static int end(Event event) {
    return event.getEndMark().orElseThrow().getLine();
  }
}

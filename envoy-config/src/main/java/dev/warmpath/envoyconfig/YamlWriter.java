package dev.warmpath.envoyconfig;

import dev.warmpath.envoyconfig.YamlNode.Entry;
import dev.warmpath.envoyconfig.YamlNode.Mapping;
import dev.warmpath.envoyconfig.YamlNode.Scalar;
import dev.warmpath.envoyconfig.YamlNode.Sequence;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Writes nodes in block style, in the manner of a given text. Scalars keep the quotes that they
 * had; aliases are written out; flow collections become blocks.
 *
 * @param mappingStep columns from a key to the keys below it
 * @param sequenceStep columns from a key to the dashes below it
 * @param dashStep columns from a dash to its item
 */
record YamlWriter(int mappingStep, int sequenceStep, int dashStep) {
  /** A writer with the most frequent steps of a document; two, none and two where it has none. */
  static YamlWriter inTheMannerOf(Mapping root) {
    Map<Integer, Integer> mappingSteps = new HashMap<>();
    Map<Integer, Integer> sequenceSteps = new HashMap<>();
    Map<Integer, Integer> dashSteps = new HashMap<>();
    count(root, mappingSteps, sequenceSteps, dashSteps);
    return new YamlWriter(
        Math.max(1, mostFrequent(mappingSteps, 2)),
        mostFrequent(sequenceSteps, 0),
        Math.max(2, mostFrequent(dashSteps, 2)));
  }

  private static void count(
      YamlNode node,
      Map<Integer, Integer> mappingSteps,
      Map<Integer, Integer> sequenceSteps,
      Map<Integer, Integer> dashSteps) {
    switch (node) {
      case Mapping mapping -> {
        for (Entry entry : mapping.entries()) {
          int step = entry.value().span().column() - entry.key().span().column();
          if (entry.value() instanceof Mapping child && !child.flow()) {
            mappingSteps.merge(step, 1, Integer::sum);
          } else if (entry.value() instanceof Sequence child && !child.flow()) {
            sequenceSteps.merge(step, 1, Integer::sum);
          }
          count(entry.value(), mappingSteps, sequenceSteps, dashSteps);
        }
      }
      case Sequence sequence -> {
        for (YamlNode item : sequence.items()) {
          if (!sequence.flow() && item instanceof Mapping child && !child.flow()) {
            dashSteps.merge(item.span().column() - sequence.span().column(), 1, Integer::sum);
          }
          count(item, mappingSteps, sequenceSteps, dashSteps);
        }
      }
      case Scalar _, YamlNode.Alias _ -> {}
    }
  }

  private static int mostFrequent(Map<Integer, Integer> counts, int otherwise) {
    return counts.entrySet().stream()
        .filter(entry -> entry.getKey() >= 0)
        .max(Map.Entry.<Integer, Integer>comparingByValue().thenComparing(Map.Entry::getKey))
        .map(Map.Entry::getKey)
        .orElse(otherwise);
  }

  /** The lines of one item of a sequence whose dashes stand at a column. */
  List<String> item(YamlNode node, int column) {
    List<String> lines = new ArrayList<>();
    item(node, column, lines);
    return lines;
  }

  /** The lines of one field of a mapping whose keys stand at a column. */
  List<String> field(String key, YamlNode value, int column) {
    List<String> lines = new ArrayList<>();
    field(new Entry(Scalar.plain(key), value), column, lines);
    return lines;
  }

  private void item(YamlNode node, int column, List<String> lines) {
    String dash = " ".repeat(column) + "-";
    if (inline(node)) {
      String source = source(node);
      lines.add(source.isEmpty() ? dash : dash + " ".repeat(dashStep - 1) + source);
      return;
    }
    int first = lines.size();
    block(node, column + dashStep, lines);
    lines.set(first, dash + lines.get(first).substring(column + 1));
  }

  private void field(Entry entry, int column, List<String> lines) {
    String key = " ".repeat(column) + entry.key().source() + ":";
    YamlNode value = entry.value().resolved();
    if (inline(value)) {
      String source = source(value);
      lines.add(source.isEmpty() ? key : key + " " + source);
      return;
    }
    lines.add(key);
    block(value, column + (value instanceof Sequence ? sequenceStep : mappingStep), lines);
  }

  private void block(YamlNode node, int column, List<String> lines) {
    switch (node.resolved()) {
      case Mapping mapping -> mapping.entries().forEach(entry -> field(entry, column, lines));
      case Sequence sequence -> sequence.items().forEach(item -> item(item, column, lines));
      case Scalar _, YamlNode.Alias _ -> throw new IllegalArgumentException("not a block: " + node);
    }
  }

  private static boolean inline(YamlNode node) {
    return switch (node.resolved()) {
      case Mapping mapping -> mapping.entries().isEmpty();
      case Sequence sequence -> sequence.items().isEmpty();
      case Scalar _, YamlNode.Alias _ -> true;
    };
  }

  private static String source(YamlNode node) {
    return switch (node.resolved()) {
      case Mapping _ -> "{}";
      case Sequence _ -> "[]";
      case Scalar scalar -> scalar.source();
      case YamlNode.Alias alias -> throw new IllegalArgumentException("resolved: " + alias);
    };
  }
}

package dev.warmpath.config;

import static java.util.stream.Collectors.joining;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor.JavaType;
import com.google.protobuf.Descriptors.OneofDescriptor;
import com.google.protobuf.Message;
import dev.warmpath.config.v1.OptionsProto;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;
import org.snakeyaml.engine.v2.nodes.Tag;

/**
 * Walks a YAML tree along a protobuf descriptor: fills the message, notes where each field stands,
 * and logs every key that is unknown or doubled and every value of a wrong type. Fields go by their
 * protobuf names. Used once, by one thread.
 */
final class MessageReader {
  private static final Set<Tag> SCALAR_TAGS =
      Set.of(Tag.STR, Tag.BOOL, Tag.INT, Tag.FLOAT, Tag.NULL);

  private final FaultLog log;

  MessageReader(FaultLog log) {
    this.log = log;
  }

  /** Reads the node into the message; what can't be read stays unset and is in the log. */
  void read(Node node, Message.Builder message, String path) {
    Descriptor type = message.getDescriptorForType();
    log.place(path, line(node), kind(node));
    if (!(node instanceof MappingNode mapping) || !node.getTag().equals(Tag.MAP)) {
      log.unreadable(line(node), path, kind(node), "a mapping of " + names(type.getFields()));
      return;
    }
    Set<String> seen = new HashSet<>();
    Map<OneofDescriptor, FieldDescriptor> chosen = new HashMap<>();
    for (NodeTuple tuple : mapping.getValue()) {
      Optional<String> key = key(tuple, path, name -> child(path, name), seen);
      if (key.isEmpty()) {
        continue;
      }
      FieldDescriptor field = type.findFieldByName(key.get());
      if (field == null) {
        unknownKey(tuple.getKeyNode(), key.get(), path, type);
        continue;
      }
      OneofDescriptor oneof = field.getRealContainingOneof();
      FieldDescriptor other = oneof == null ? null : chosen.putIfAbsent(oneof, field);
      if (other != null) {
        log.add(
            line(tuple.getKeyNode()),
            child(path, key.get()),
            "set beside " + other.getName(),
            oneOf(oneof.getFields()));
        continue;
      }
      field(tuple.getValueNode(), message, field, child(path, key.get()));
    }
  }

  /** The key, unless it is no string or was there before. */
  private Optional<String> key(
      NodeTuple tuple, String path, UnaryOperator<String> pathOf, Set<String> seen) {
    Node node = tuple.getKeyNode();
    if (!(node instanceof ScalarNode scalar) || !node.getTag().equals(Tag.STR)) {
      log.add(line(node), path, kind(node) + " as a key", "a string");
      return Optional.empty();
    }
    String key = scalar.getValue();
    if (!seen.add(key)) {
      log.add(line(node), pathOf.apply(key), "a duplicate key", "each key once");
      return Optional.empty();
    }
    return Optional.of(key);
  }

  /** The value is never shown: whoever mistypes a key may have put a secret behind it. */
  private void unknownKey(Node node, String key, String path, Descriptor type) {
    List<String> names = type.getFields().stream().map(FieldDescriptor::getName).toList();
    log.add(
        line(node),
        child(path, key),
        "unknown key",
        NearMiss.of(key, names)
            .map("a known one; did you mean %s?"::formatted)
            .orElseGet(() -> oneOf(type.getFields())));
  }

  private void field(Node node, Message.Builder message, FieldDescriptor field, String path) {
    if (field.isMapField()) {
      map(node, message, field, path);
    } else if (field.isRepeated()) {
      list(node, message, field, path);
    } else if (isMessage(field)) {
      read(node, message.getFieldBuilder(field), path);
    } else {
      scalar(node, field, path, isHidden(field)).ifPresent(value -> message.setField(field, value));
    }
  }

  private void list(Node node, Message.Builder message, FieldDescriptor field, String path) {
    log.place(path, line(node), kind(node));
    if (!(node instanceof SequenceNode sequence) || !node.getTag().equals(Tag.SEQ)) {
      log.unreadable(line(node), path, shown(node, field), Expectation.of(field));
      return;
    }
    int index = 0;
    for (Node element : sequence.getValue()) {
      String elementPath = "%s[%d]".formatted(path, index++);
      // An element that can't be read is added all the same, so that the others keep their places.
      if (isMessage(field)) {
        Message.Builder builder = message.newBuilderForField(field);
        read(element, builder, elementPath);
        message.addRepeatedField(field, builder.build());
      } else {
        message.addRepeatedField(
            field,
            scalar(element, field, elementPath, isHidden(field)).orElseGet(field::getDefaultValue));
      }
    }
  }

  private void map(Node node, Message.Builder message, FieldDescriptor field, String path) {
    log.place(path, line(node), kind(node));
    if (!(node instanceof MappingNode mapping) || !node.getTag().equals(Tag.MAP)) {
      log.unreadable(line(node), path, shown(node, field), Expectation.of(field));
      return;
    }
    Descriptor entryType = field.getMessageType();
    FieldDescriptor keyField = entryType.findFieldByNumber(1);
    FieldDescriptor valueField = entryType.findFieldByNumber(2);
    Set<String> seen = new HashSet<>();
    for (NodeTuple tuple : mapping.getValue()) {
      Optional<String> key = key(tuple, path, name -> entry(path, name), seen);
      if (key.isEmpty()) {
        continue;
      }
      Optional<Object> value =
          scalar(tuple.getValueNode(), valueField, entry(path, key.get()), isHidden(field));
      if (value.isPresent()) {
        message.addRepeatedField(
            field,
            message
                .newBuilderForField(field)
                .setField(keyField, key.get())
                .setField(valueField, value.get())
                .build());
      }
    }
  }

  private Optional<Object> scalar(Node node, FieldDescriptor field, String path, boolean hidden) {
    String written = node instanceof ScalarNode s ? s.getValue() : "";
    String shown =
        !(node instanceof ScalarNode) || node.getTag().equals(Tag.NULL)
            ? kind(node)
            : hidden ? FaultLog.HIDDEN : written;
    log.place(path, line(node), shown);
    Optional<Object> value =
        node instanceof ScalarNode scalar && hasTypeOf(scalar, field)
            ? Scalars.parse(field, written)
            : Optional.empty();
    if (value.isEmpty()) {
      log.unreadable(line(node), path, shown, expected(node, field, written));
    }
    return value;
  }

  private static String expected(Node node, FieldDescriptor field, String written) {
    String expected = Expectation.ofElement(field);
    if (!(node instanceof ScalarNode scalar)) {
      return expected;
    }
    return switch (field.getJavaType()) {
      case STRING ->
          scalar.isPlain() && !scalar.getTag().equals(Tag.NULL)
              ? "%s; in quotes".formatted(expected)
              : expected;
      case ENUM ->
          NearMiss.of(written, Scalars.enumNames(field.getEnumType()))
              .map(name -> "%s; did you mean %s?".formatted(expected, name))
              .orElse(expected);
      case INT, LONG, DOUBLE, BOOLEAN ->
          scalar.isPlain() ? expected : "%s; without quotes".formatted(expected);
      case FLOAT, BYTE_STRING, MESSAGE -> expected;
    };
  }

  /** Whether YAML sees in the scalar the type that the field has; units make strings. */
  private static boolean hasTypeOf(ScalarNode scalar, FieldDescriptor field) {
    Tag tag = scalar.getTag();
    if (!SCALAR_TAGS.contains(tag)) {
      return false;
    }
    return switch (field.getJavaType()) {
      case STRING, ENUM, MESSAGE -> tag.equals(Tag.STR);
      case BOOLEAN -> tag.equals(Tag.BOOL);
      case INT, LONG -> tag.equals(Tag.INT) || (Scalars.isBytes(field) && tag.equals(Tag.STR));
      case DOUBLE, FLOAT -> tag.equals(Tag.INT) || tag.equals(Tag.FLOAT);
      case BYTE_STRING -> false;
    };
  }

  private static boolean isMessage(FieldDescriptor field) {
    return field.getJavaType() == JavaType.MESSAGE && !Scalars.isDuration(field);
  }

  private static boolean isHidden(FieldDescriptor field) {
    return field.getOptions().getExtension(OptionsProto.hidden);
  }

  private static String shown(Node node, FieldDescriptor field) {
    return node instanceof ScalarNode scalar && !node.getTag().equals(Tag.NULL)
        ? isHidden(field) ? FaultLog.HIDDEN : scalar.getValue()
        : kind(node);
  }

  /** What a node is, without its content. */
  private static String kind(Node node) {
    if (node.getTag().equals(Tag.NULL)) {
      return "nothing";
    }
    return switch (node.getNodeType()) {
      case SCALAR -> "a single value";
      case SEQUENCE -> "a list";
      case MAPPING -> "a mapping";
      case ANCHOR -> "an anchor";
    };
  }

  static String oneOf(List<FieldDescriptor> fields) {
    return "one of " + names(fields);
  }

  private static String names(List<FieldDescriptor> fields) {
    return fields.stream().map(FieldDescriptor::getName).collect(joining(", "));
  }

  private static String child(String path, String key) {
    return path.isEmpty() ? key : path + "." + key;
  }

  private static String entry(String path, String key) {
    return "%s[%s]".formatted(path, key);
  }

  private static int line(Node node) {
    return YamlDocument.line(node.getStartMark());
  }
}

package dev.warmpath.config;

import static java.util.stream.Collectors.joining;

import build.buf.validate.FieldRules;
import build.buf.validate.ValidateProto;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.DescriptorProtos.FileDescriptorSet;
import com.google.protobuf.DescriptorProtos.SourceCodeInfo.Location;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.EnumDescriptor;
import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor.JavaType;
import com.google.protobuf.Descriptors.OneofDescriptor;
import com.google.re2j.Pattern;
import dev.warmpath.config.v1.ConfigProto;
import dev.warmpath.config.v1.OptionsProto;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * Writes docs/configuration.md from the schema: its comments, defaults and constraints. Comments
 * are not part of a compiled schema, so they come from the descriptor set that the build leaves.
 */
final class ReferencePage {
  // Numbers of the fields of FileDescriptorProto, DescriptorProto and EnumDescriptorProto, of which
  // the path of a comment consists.
  private static final int FILE_MESSAGE = FileDescriptorProto.MESSAGE_TYPE_FIELD_NUMBER;
  private static final int FILE_ENUM = FileDescriptorProto.ENUM_TYPE_FIELD_NUMBER;
  private static final int MESSAGE_FIELD = 2;
  private static final int MESSAGE_ENUM = 4;
  private static final int ENUM_VALUE = 2;

  private final Map<List<Integer>, String> comments = new HashMap<>();
  private final StringBuilder page = new StringBuilder();

  private ReferencePage(FileDescriptorProto file) {
    for (Location location : file.getSourceCodeInfo().getLocationList()) {
      String comment = location.getLeadingComments().strip().replaceAll("\\s*\\n\\s*", " ");
      comments.put(location.getPathList(), comment);
    }
  }

  /**
   * The whole page.
   *
   * @param descriptorSet the file that the protobuf compiler wrote, with source info
   */
  static String from(Path descriptorSet) throws IOException {
    FileDescriptorSet set = FileDescriptorSet.parseFrom(Files.readAllBytes(descriptorSet));
    String name = ConfigProto.getDescriptor().getName();
    FileDescriptorProto file =
        set.getFileList().stream()
            .filter(candidate -> candidate.getName().equals(name))
            .findFirst()
            .orElseThrow();
    return new ReferencePage(file).write();
  }

  private String write() {
    page.append(
        """
        # Configuration

        One YAML file configures both services; `bin/warmpath validate FILE` names everything that
        is wrong with one. [conf/example.yaml](../conf/example.yaml) is a file to begin with.

        Keys are the names below; unknown and doubled keys are faults. Durations are written as
        `250ms`, `1s`, `5m` or `1h`, bytes as a number or as `64KiB`, `4MiB` or `1GiB`, names of
        choices in lower case. Secrets are never written into the file: it names the files that
        hold them. Aliases, anchors and a second document are refused.
        """);
    List<Descriptor> messages = ConfigProto.getDescriptor().getMessageTypes();
    for (Descriptor message : messages) {
      message(message);
    }
    for (EnumDescriptor type : ConfigProto.getDescriptor().getEnumTypes()) {
      choice(type, path(FILE_ENUM, type.getIndex()));
    }
    page.append(
        """

        ---

        This page is made from
        [config.proto](../proto/src/main/protobuf/warmpath/config/v1/config.proto) by
        `bin/reference`; the build fails when it is not current.
        """);
    return page.toString();
  }

  private void message(Descriptor message) {
    List<Integer> path = path(FILE_MESSAGE, message.getIndex());
    heading(message.getName());
    paragraph(comment(path));
    for (OneofDescriptor oneof : message.getRealOneofs()) {
      paragraph(
          oneof.getFields().stream()
              .map(field -> "`" + field.getName() + "`")
              .collect(joining(" or ", "Exactly one of ", " is set.")));
    }
    page.append("\n| field | takes | default | |\n|---|---|---|---|\n");
    for (FieldDescriptor field : message.getFields()) {
      List<Integer> fieldPath = path(path, MESSAGE_FIELD, field.getIndex());
      page.append(
          "| `%s` | %s | %s | %s |\n"
              .formatted(
                  field.getName(), takes(field), defaultOf(field), cell(comment(fieldPath))));
    }
    for (EnumDescriptor type : message.getEnumTypes()) {
      choice(type, path(path, MESSAGE_ENUM, type.getIndex()));
    }
  }

  private void choice(EnumDescriptor type, List<Integer> path) {
    heading(type.getName());
    Optional.ofNullable(comments.get(path))
        .filter(text -> !text.isEmpty())
        .ifPresent(this::paragraph);
    page.append("\n| value | |\n|---|---|\n");
    for (EnumValueDescriptor value : type.getValues()) {
      if (value.getNumber() != 0) {
        page.append(
            "| `%s` | %s |\n"
                .formatted(
                    Scalars.enumName(value),
                    cell(comment(path(path, ENUM_VALUE, value.getIndex())))));
      }
    }
  }

  private static String takes(FieldDescriptor field) {
    boolean isOurs = field.getJavaType() == JavaType.MESSAGE && !Scalars.isDuration(field);
    if (isOurs && !field.isMapField()) {
      String link = link(field.getMessageType().getName());
      return field.isRepeated() ? Expectation.of(field) + ", each " + link : link;
    }
    if (field.getJavaType() == JavaType.ENUM) {
      return link(field.getEnumType().getName());
    }
    return cell(Expectation.of(field));
  }

  private static String defaultOf(FieldDescriptor field) {
    String stated = field.getOptions().getExtension(OptionsProto.defaultValue);
    String from = field.getOptions().getExtension(OptionsProto.defaultFrom);
    if (stated.equals("{}")) {
      return "all defaults";
    }
    if (!stated.isEmpty()) {
      return "`" + stated + "`";
    }
    if (!from.isEmpty()) {
      return "that of `" + from + "`";
    }
    return isRequired(field) ? "required" : "";
  }

  /**
   * Whether the constraints refuse the empty value; of a oneof's fields, none is required alone.
   */
  private static boolean isRequired(FieldDescriptor field) {
    FieldRules rules = field.getOptions().getExtension(ValidateProto.field);
    String pattern = rules.getString().getPattern();
    return field.getRealContainingOneof() == null
        && (rules.getString().getMinLen() > 0
            || rules.getRepeated().getMinItems() > 0
            || rules.getEnum().getNotInList().contains(0)
            || (!pattern.isEmpty() && !Pattern.matches(pattern, "")));
  }

  private void heading(String name) {
    page.append("\n## ").append(name).append('\n');
  }

  private void paragraph(String text) {
    page.append('\n').append(text).append('\n');
  }

  private String comment(List<Integer> path) {
    String comment = comments.getOrDefault(path, "");
    if (comment.isEmpty()) {
      throw new IllegalStateException(path + " (expected: a comment in config.proto)");
    }
    return comment;
  }

  private static String link(String name) {
    return "[%s](#%s)".formatted(name, name.toLowerCase(Locale.ROOT));
  }

  private static String cell(String text) {
    return text.replace("|", "\\|");
  }

  private static List<Integer> path(int... numbers) {
    return path(List.of(), numbers);
  }

  private static List<Integer> path(List<Integer> parent, int... numbers) {
    List<Integer> path = new ArrayList<>(parent);
    for (int number : numbers) {
      path.add(number);
    }
    return path;
  }
}

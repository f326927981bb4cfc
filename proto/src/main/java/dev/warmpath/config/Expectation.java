package dev.warmpath.config;

import build.buf.validate.DoubleRules;
import build.buf.validate.DurationRules;
import build.buf.validate.FieldRules;
import build.buf.validate.RepeatedRules;
import build.buf.validate.StringRules;
import build.buf.validate.UInt32Rules;
import build.buf.validate.UInt64Rules;
import build.buf.validate.ValidateProto;
import com.google.protobuf.Descriptors.FieldDescriptor;
import dev.warmpath.config.v1.OptionsProto;
import java.math.BigDecimal;
import java.util.List;

/**
 * Says in words what a field takes, from its type and its constraints; the faults and the reference
 * page say it alike. Stateless.
 */
final class Expectation {
  private Expectation() {}

  /** What the whole field takes. */
  static String of(FieldDescriptor field) {
    String own = field.getOptions().getExtension(OptionsProto.expected);
    if (!own.isEmpty()) {
      return own;
    }
    if (field.isMapField()) {
      return "a mapping of names to values";
    }
    return field.isRepeated() ? list(field) : ofElement(field);
  }

  /** What one value of the field takes. */
  static String ofElement(FieldDescriptor field) {
    String own = field.getOptions().getExtension(OptionsProto.expected);
    if (!own.isEmpty()) {
      return own;
    }
    FieldRules rules = rules(field);
    return switch (field.getJavaType()) {
      case BOOLEAN -> "true or false";
      case ENUM -> Scalars.enumChoice(field.getEnumType());
      case STRING -> string(rules.getString());
      case INT -> count(field, bounds(rules.getUint32()));
      case LONG -> count(field, bounds(rules.getUint64()));
      case DOUBLE -> "a number" + bounds(rules.getDouble());
      case MESSAGE ->
          Scalars.isDuration(field)
              ? "a duration" + bounds(rules.getDuration()) + ", with its unit: ms, s, m or h"
              : "a mapping";
      case FLOAT, BYTE_STRING -> field.getType().name();
    };
  }

  private static FieldRules rules(FieldDescriptor field) {
    return field.getOptions().getExtension(ValidateProto.field);
  }

  private static String list(FieldDescriptor field) {
    RepeatedRules rules = rules(field).getRepeated();
    if (rules.hasMinItems() && rules.hasMaxItems()) {
      return "a list of %d to %d entries".formatted(rules.getMinItems(), rules.getMaxItems());
    }
    return rules.hasMaxItems()
        ? "a list of at most %d entries".formatted(rules.getMaxItems())
        : "a list";
  }

  private static String string(StringRules rules) {
    if (rules.getMinLen() > 0) {
      return rules.hasMaxLen()
          ? "a string of %d to %d characters".formatted(rules.getMinLen(), rules.getMaxLen())
          : "a string that is not empty";
    }
    return rules.hasMaxLen()
        ? "a string of at most %d characters".formatted(rules.getMaxLen())
        : "a string";
  }

  /** Bounds of a whole number; -1: none. */
  private record Bounds(long least, long most) {}

  private static Bounds bounds(UInt32Rules rules) {
    return new Bounds(
        rules.hasGte() ? Integer.toUnsignedLong(rules.getGte()) : -1,
        rules.hasLte() ? Integer.toUnsignedLong(rules.getLte()) : 0xFFFF_FFFFL);
  }

  private static Bounds bounds(UInt64Rules rules) {
    return new Bounds(rules.hasGte() ? rules.getGte() : -1, rules.hasLte() ? rules.getLte() : -1);
  }

  private static String count(FieldDescriptor field, Bounds bounds) {
    boolean isBytes = Scalars.isBytes(field);
    String noun = isBytes ? "bytes" : "a whole number";
    String unit = isBytes ? ", as a number or with KiB, MiB or GiB" : "";
    String least = number(isBytes, Math.max(0, bounds.least));
    return bounds.most < 0
        ? "%s, at least %s%s".formatted(noun, least, unit)
        : "%s from %s to %s%s".formatted(noun, least, number(isBytes, bounds.most), unit);
  }

  private static String number(boolean isBytes, long value) {
    return isBytes ? Scalars.formatBytes(value) : Long.toString(value);
  }

  private static String bounds(DoubleRules rules) {
    return join(
        rules.hasGt() ? " above " + number(rules.getGt()) : "",
        rules.hasGte() ? " from " + number(rules.getGte()) : "",
        rules.hasLte() ? " to " + number(rules.getLte()) : "");
  }

  private static String bounds(DurationRules rules) {
    return join(
        rules.hasGte() ? " from " + Scalars.format(rules.getGte()) : "",
        rules.hasLte() ? " to " + Scalars.format(rules.getLte()) : "");
  }

  private static String join(String... parts) {
    return String.join("", List.of(parts));
  }

  private static String number(double value) {
    return BigDecimal.valueOf(value).stripTrailingZeros().toPlainString();
  }
}

package dev.warmpath.config;

import static java.util.stream.Collectors.joining;

import com.google.protobuf.Descriptors.EnumDescriptor;
import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor.JavaType;
import com.google.protobuf.Duration;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How single values are written: the text of a scalar to the value of a protobuf field and back.
 * Stateless.
 */
final class Scalars {
  private static final Pattern DURATION =
      Pattern.compile("([0-9]{1,18}(?:\\.[0-9]{1,9})?)(ns|us|ms|s|m|h)");
  private static final Pattern BYTES_NAME = Pattern.compile("(?:^|_)bytes(?:_|$)");
  private static final Pattern BYTES = Pattern.compile("([0-9]{1,18})(KiB|MiB|GiB)");
  private static final Pattern WHOLE = Pattern.compile("[0-9]{1,20}");
  private static final Pattern NUMBER =
      Pattern.compile("-?[0-9]{1,40}(?:\\.[0-9]{1,40})?(?:[eE][-+]?[0-9]{1,3})?");

  private static final BigInteger MAX_UINT32 = BigInteger.valueOf(0xFFFF_FFFFL);
  private static final BigInteger MAX_INT64 = BigInteger.valueOf(Long.MAX_VALUE);
  private static final BigDecimal NANOS_PER_SECOND = BigDecimal.valueOf(1_000_000_000L);

  private static final Map<String, Long> NANOS_PER_UNIT =
      Map.of(
          "ns", 1L,
          "us", 1_000L,
          "ms", 1_000_000L,
          "s", 1_000_000_000L,
          "m", 60_000_000_000L,
          "h", 3_600_000_000_000L);
  private static final Map<String, Integer> SHIFT_PER_UNIT =
      Map.of("KiB", 10, "MiB", 20, "GiB", 30);

  private Scalars() {}

  /** Whether a message stands in the file as a scalar. */
  static boolean isDuration(FieldDescriptor field) {
    return field.getJavaType() == JavaType.MESSAGE
        && field.getMessageType().getFullName().equals(Duration.getDescriptor().getFullName());
  }

  /** Whether the field counts bytes, so that it may be written with a unit. */
  static boolean isBytes(FieldDescriptor field) {
    return BYTES_NAME.matcher(field.getName()).find()
        && (field.getJavaType() == JavaType.INT || field.getJavaType() == JavaType.LONG);
  }

  /** The value that a text means for a field, or empty when it means none. */
  static Optional<Object> parse(FieldDescriptor field, String text) {
    return switch (field.getJavaType()) {
      case STRING -> Optional.of(text);
      case BOOLEAN ->
          switch (text) {
            case "true" -> Optional.of(true);
            case "false" -> Optional.of(false);
            default -> Optional.empty();
          };
      case INT -> whole(field, text, MAX_UINT32).map(BigInteger::intValue);
      case LONG -> whole(field, text, MAX_INT64).map(BigInteger::longValue);
      case DOUBLE -> number(text);
      case ENUM -> enumValue(field.getEnumType(), text);
      case MESSAGE -> isDuration(field) ? duration(text) : Optional.empty();
      case FLOAT, BYTE_STRING ->
          throw new IllegalArgumentException(
              field.getFullName() + ": " + field.getType() + " (expected: a type of the schema)");
    };
  }

  /** The names that a file may use for the values of an enum. */
  static List<String> enumNames(EnumDescriptor type) {
    return type.getValues().stream()
        .filter(value -> value.getNumber() != 0)
        .map(Scalars::enumName)
        .toList();
  }

  static String enumName(EnumValueDescriptor value) {
    return value.getName().toLowerCase(Locale.ROOT);
  }

  static String enumChoice(EnumDescriptor type) {
    return enumNames(type).stream().collect(joining(", ", "one of ", ""));
  }

  /** As a file would write it, with the largest unit that leaves a whole number. */
  static String format(Duration duration) {
    BigInteger nanos =
        BigInteger.valueOf(duration.getSeconds())
            .multiply(NANOS_PER_SECOND.toBigIntegerExact())
            .add(BigInteger.valueOf(duration.getNanos()));
    if (nanos.signum() == 0) {
      return "0s";
    }
    for (String unit : List.of("h", "m", "s", "ms", "us")) {
      BigInteger[] split = nanos.divideAndRemainder(BigInteger.valueOf(nanosPer(unit)));
      if (split[1].signum() == 0) {
        return split[0] + unit;
      }
    }
    return nanos + "ns";
  }

  /** As a file would write it, with the largest unit that leaves a whole number. */
  static String formatBytes(long bytes) {
    for (String unit : List.of("GiB", "MiB", "KiB")) {
      int shift = shiftOf(unit);
      if (bytes != 0 && bytes % (1L << shift) == 0) {
        return (bytes >> shift) + unit;
      }
    }
    return Long.toString(bytes);
  }

  private static Optional<Object> duration(String text) {
    Matcher matcher = DURATION.matcher(text);
    if (!matcher.matches()) {
      return Optional.empty();
    }
    BigDecimal nanos =
        new BigDecimal(matcher.group(1)).multiply(BigDecimal.valueOf(nanosPer(matcher.group(2))));
    BigDecimal[] split = nanos.divideAndRemainder(NANOS_PER_SECOND);
    // The bound of google.protobuf.Duration.
    boolean inRange = split[0].compareTo(BigDecimal.valueOf(315_576_000_000L)) <= 0;
    boolean isWhole = split[1].stripTrailingZeros().scale() <= 0;
    return inRange && isWhole
        ? Optional.of(
            Duration.newBuilder()
                .setSeconds(split[0].longValue())
                .setNanos(split[1].intValue())
                .build())
        : Optional.empty();
  }

  private static Optional<BigInteger> whole(FieldDescriptor field, String text, BigInteger max) {
    Optional<BigInteger> value = Optional.empty();
    Matcher bytes = BYTES.matcher(text);
    if (WHOLE.matcher(text).matches()) {
      value = Optional.of(new BigInteger(text));
    } else if (isBytes(field) && bytes.matches()) {
      value = Optional.of(new BigInteger(bytes.group(1)).shiftLeft(shiftOf(bytes.group(2))));
    }
    return value.filter(v -> v.compareTo(max) <= 0);
  }

  private static Optional<Object> number(String text) {
    if (!NUMBER.matcher(text).matches()) {
      return Optional.empty();
    }
    double value = Double.parseDouble(text);
    return Double.isFinite(value) ? Optional.of(value) : Optional.empty();
  }

  private static Optional<Object> enumValue(EnumDescriptor type, String text) {
    for (EnumValueDescriptor value : type.getValues()) {
      if (value.getNumber() != 0 && value.getName().equalsIgnoreCase(text)) {
        return Optional.of(value);
      }
    }
    return Optional.empty();
  }

  private static long nanosPer(String unit) {
    return Optional.ofNullable(NANOS_PER_UNIT.get(unit)).orElseThrow();
  }

  private static int shiftOf(String unit) {
    return Optional.ofNullable(SHIFT_PER_UNIT.get(unit)).orElseThrow();
  }
}

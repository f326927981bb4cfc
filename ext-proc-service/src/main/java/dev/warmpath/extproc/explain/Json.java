package dev.warmpath.extproc.explain;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;

/** Writes maps, lists, strings, numbers and booleans as JSON; what is empty is null. */
final class Json {

  private Json() {}

  static String of(Object value) {
    StringBuilder out = new StringBuilder();
    write(value, out, "\n");
    return out.append('\n').toString();
  }

  private static void write(Object value, StringBuilder out, String indent) {
    switch (value) {
      case Map<?, ?> map -> {
        out.append('{');
        String separator = "";
        for (Map.Entry<?, ?> entry : map.entrySet()) {
          out.append(separator).append(indent).append("  ");
          string(entry.getKey().toString(), out);
          out.append(": ");
          write(entry.getValue(), out, indent + "  ");
          separator = ",";
        }
        out.append(map.isEmpty() ? "" : indent).append('}');
      }
      case List<?> list -> {
        out.append('[');
        String separator = "";
        for (Object element : list) {
          out.append(separator).append(indent).append("  ");
          write(element, out, indent + "  ");
          separator = ",";
        }
        out.append(list.isEmpty() ? "" : indent).append(']');
      }
      case OptionalDouble number -> {
        if (number.isPresent()) {
          write(number.getAsDouble(), out, indent);
        } else {
          out.append("null");
        }
      }
      case Optional<?> known -> {
        if (known.isPresent()) {
          write(known.get(), out, indent);
        } else {
          out.append("null");
        }
      }
      case Double number -> out.append(String.format(Locale.ROOT, "%.6g", number));
      case Number number -> out.append(number);
      case Boolean truth -> out.append(truth.booleanValue());
      default -> string(value.toString(), out);
    }
  }

  private static void string(String text, StringBuilder out) {
    out.append('"');
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '"' || c == '\\') {
        out.append('\\').append(c);
      } else if (c < 0x20) {
        out.append(String.format(Locale.ROOT, "\\u%04x", (int) c));
      } else {
        out.append(c);
      }
    }
    out.append('"');
  }
}

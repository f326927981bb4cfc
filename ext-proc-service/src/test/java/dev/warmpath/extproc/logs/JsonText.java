package dev.warmpath.extproc.logs;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.util.List;
import java.util.Map;

/** Writes JSON as the libraries of several languages do. */
final class JsonText {

  /** How a client's library writes. */
  enum Spelling {
    /** No white space, UTF-8 as it is. */
    COMPACT,
    /** White space behind separators, everything beyond ASCII escaped. */
    SPACED_ASCII,
    /** Indented by two. */
    INDENTED,
    /** Not JSON but what a segment's canonical text is: strings end with 0xFF. */
    CANONICAL
  }

  private final Spelling spelling;
  private final ByteArrayOutputStream out = new ByteArrayOutputStream(4096);

  private JsonText(Spelling spelling) {
    this.spelling = spelling;
  }

  static byte[] write(Object value, Spelling spelling) {
    JsonText text = new JsonText(spelling);
    text.value(value, 0);
    return text.out.toByteArray();
  }

  /** A framed part: 0xFE, the canonical JSON, 0xFF. */
  static byte[] framed(Object value) {
    JsonText text = new JsonText(Spelling.CANONICAL);
    text.out.write(0xFE);
    text.value(value, 0);
    text.out.write(0xFF);
    return text.out.toByteArray();
  }

  private void value(Object value, int depth) {
    switch (value) {
      case Map<?, ?> object -> {
        out.write('{');
        String separator = "";
        for (Map.Entry<?, ?> member : object.entrySet()) {
          raw(separator);
          separator = separator();
          indent(depth + 1);
          string(String.valueOf(member.getKey()));
          raw(spelling == Spelling.COMPACT || spelling == Spelling.CANONICAL ? ":" : ": ");
          value(member.getValue(), depth + 1);
        }
        if (!object.isEmpty()) {
          indent(depth);
        }
        out.write('}');
      }
      case List<?> array -> {
        out.write('[');
        String separator = "";
        for (Object element : array) {
          raw(separator);
          separator = separator();
          indent(depth + 1);
          value(element, depth + 1);
        }
        if (!array.isEmpty()) {
          indent(depth);
        }
        out.write(']');
      }
      case String string -> string(string);
      default -> raw(value.toString());
    }
  }

  private String separator() {
    return spelling == Spelling.SPACED_ASCII ? ", " : ",";
  }

  private void indent(int depth) {
    if (spelling == Spelling.INDENTED) {
      raw("\n" + "  ".repeat(depth));
    }
  }

  private void raw(String text) {
    out.writeBytes(text.getBytes(UTF_8));
  }

  private void string(String value) {
    out.write('"');
    if (spelling == Spelling.CANONICAL) {
      raw(value);
      out.write(0xFF);
      return;
    }
    StringBuilder escaped = new StringBuilder(value.length() + 16);
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      switch (c) {
        case '"' -> escaped.append("\\\"");
        case '\\' -> escaped.append("\\\\");
        case '\n' -> escaped.append("\\n");
        case '\r' -> escaped.append("\\r");
        case '\t' -> escaped.append("\\t");
        default -> {
          if (c < ' ' || (c > '~' && spelling == Spelling.SPACED_ASCII)) {
            escaped.append("\\u%04x".formatted((int) c));
          } else {
            escaped.append(c);
          }
        }
      }
    }
    raw(escaped.toString());
    out.write('"');
  }
}

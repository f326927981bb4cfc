package dev.warmpath.e2e.provider.requests;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.Map;
import java.util.Random;
import java.util.random.RandomGenerator;

/** How a client writes JSON. */
enum JsonHabit {
  COMPACT,
  /** With a space behind colons and commas, and nothing but ASCII, as Python does. */
  ASCII,
  /** On many lines. */
  PRETTY,
  /** Any white space and any escapes that the grammar allows. */
  ODD;

  private static final String[] SPACES = {"", "", "", "", " ", "\n", "\r\n", "\t", "   "};

  String write(JsonNode value, RandomGenerator random) {
    return switch (this) {
      case COMPACT -> value.toString();
      case PRETTY -> value.toPrettyString();
      case ASCII, ODD -> {
        var text = new StringBuilder();
        space(text, random);
        write(value, text, random);
        space(text, random);
        yield text.toString();
      }
    };
  }

  /** The same with its members in another order. */
  static ObjectNode shuffled(ObjectNode object, long seed) {
    var names = new ArrayList<String>();
    object.fieldNames().forEachRemaining(names::add);
    Collections.shuffle(names, new Random(seed));
    ObjectNode shuffled = JsonNodeFactory.instance.objectNode();
    names.forEach(name -> shuffled.set(name, object.get(name)));
    return shuffled;
  }

  private void write(JsonNode value, StringBuilder to, RandomGenerator random) {
    if (value.isObject()) {
      to.append('{');
      for (Iterator<Map.Entry<String, JsonNode>> i = value.properties().iterator(); i.hasNext(); ) {
        Map.Entry<String, JsonNode> member = i.next();
        space(to, random);
        to.append('"').append(member.getKey()).append('"');
        space(to, random);
        to.append(this == ASCII ? ": " : ":");
        space(to, random);
        write(member.getValue(), to, random);
        space(to, random);
        if (i.hasNext()) {
          to.append(this == ASCII ? ", " : ",");
        }
      }
      to.append('}');
    } else if (value.isArray()) {
      to.append('[');
      for (int i = 0; i < value.size(); i++) {
        space(to, random);
        write(value.get(i), to, random);
        space(to, random);
        if (i + 1 < value.size()) {
          to.append(this == ASCII ? ", " : ",");
        }
      }
      to.append(']');
    } else if (value.isTextual()) {
      string(value.textValue(), to, random);
    } else {
      to.append(value);
    }
  }

  private void string(String text, StringBuilder to, RandomGenerator random) {
    to.append('"');
    for (int i = 0; i < text.length(); i += Character.charCount(text.codePointAt(i))) {
      int c = text.codePointAt(i);
      boolean escape = this == ASCII ? c > '~' : (i & 31) == 7 && random.nextInt(4) == 0;
      if (escape || c < ' ') {
        // Two of them for what is beyond the first plane: half a pair is no text.
        for (char half : Character.toChars(c)) {
          to.append("\\u");
          for (int shift = 12; shift >= 0; shift -= 4) {
            to.append(Character.forDigit((half >> shift) & 0xF, 16));
          }
        }
      } else if (c == '"' || c == '\\' || (this == ODD && c == '/')) {
        to.append('\\').append((char) c);
      } else {
        to.appendCodePoint(c);
      }
    }
    to.append('"');
  }

  private void space(StringBuilder to, RandomGenerator random) {
    if (this == ODD) {
      to.append(SPACES[random.nextInt(SPACES.length)]);
    }
  }
}

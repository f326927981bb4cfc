package dev.warmpath.extproc.prompt;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/**
 * JSON as a tree that keeps order, duplicates and the digits of numbers, as Jackson reads it: the
 * tests' oracle.
 */
public sealed interface Json {

  /** Members in order, duplicates included. */
  record Obj(List<Member> members) implements Json {
    public Optional<Json> get(String name) {
      return members.stream().filter(m -> m.name().equals(name)).map(Member::value).findFirst();
    }

    public boolean repeats(String name) {
      return members.stream().filter(m -> m.name().equals(name)).count() > 1;
    }

    /** With the members in another order. */
    public Obj shuffled(Random random) {
      List<Member> shuffled = new ArrayList<>(members);
      Collections.shuffle(shuffled, random);
      return new Obj(shuffled);
    }

    /** With one more member, or another value for it. */
    public Obj with(String name, Json value) {
      List<Member> changed = new ArrayList<>(members);
      changed.removeIf(m -> m.name().equals(name));
      changed.add(new Member(name, value));
      return new Obj(changed);
    }

    public Obj without(String name) {
      List<Member> changed = new ArrayList<>(members);
      changed.removeIf(m -> m.name().equals(name));
      return new Obj(changed);
    }
  }

  record Member(String name, Json value) {}

  record Arr(List<Json> elements) implements Json {}

  record Str(String value) implements Json {}

  /** A number or a literal, as it is written. */
  record Raw(String text) implements Json {}

  /** Where a value stands in the bytes it was read from, quotes and brackets included. */
  record Span(int start, int end) {}

  /** A tree with the places of its values, by identity. */
  record Document(Json tree, IdentityHashMap<Json, Span> spans) {
    public Span span(Json value) {
      return Objects.requireNonNull(spans.get(value));
    }
  }

  /** Everything nested at most so deep is read, as UTF-8, whatever the first bytes look like. */
  JsonFactory FACTORY =
      JsonFactory.builder()
          .disable(JsonFactory.Feature.CHARSET_DETECTION)
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(2000)
                  .maxNumberLength(1 << 20)
                  .maxNameLength(1 << 20)
                  .build())
          .build();

  static Json obj(Object... namesAndValues) {
    List<Member> members = new ArrayList<>();
    for (int i = 0; i < namesAndValues.length; i += 2) {
      members.add(new Member((String) namesAndValues[i], of(namesAndValues[i + 1])));
    }
    return new Obj(members);
  }

  static Json arr(Object... elements) {
    List<Json> list = new ArrayList<>();
    for (Object element : elements) {
      list.add(of(element));
    }
    return new Arr(list);
  }

  private static Json of(Object value) {
    return switch (value) {
      case Json json -> json;
      case String string -> new Str(string);
      default -> new Raw(value.toString());
    };
  }

  /** Parses with Jackson. */
  static Json parse(String text) throws IOException {
    return read(text.getBytes(UTF_8)).tree();
  }

  /**
   * Parses with Jackson, behind a decoder that reports, since Jackson itself lets some malformed
   * UTF-8 pass.
   *
   * @throws IOException if that is no UTF-8, no JSON, or has something behind it
   */
  static Document read(byte[] body) throws IOException {
    var _ = UTF_8.newDecoder().decode(ByteBuffer.wrap(body));
    IdentityHashMap<Json, Span> spans = new IdentityHashMap<>();
    try (JsonParser parser = FACTORY.createParser(body)) {
      Json tree = value(parser, parser.nextToken(), spans);
      if (parser.nextToken() != null) {
        throw new IOException("trailing token");
      }
      return new Document(tree, spans);
    }
  }

  /** Whether Jackson's own detection finds a name twice in an object of this JSON. */
  static boolean repeatsAnyName(byte[] body) {
    try (JsonParser parser = FACTORY.createParser(body)) {
      parser.enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION);
      while (parser.nextToken() != null) {}
      return false;
    } catch (IOException e) {
      return true;
    }
  }

  private static Json value(
      JsonParser parser, @Nullable JsonToken token, IdentityHashMap<Json, Span> spans)
      throws IOException {
    if (token == null) {
      throw new IOException("no value");
    }
    int start = (int) parser.currentTokenLocation().getByteOffset();
    Json value =
        switch (token) {
          case START_OBJECT -> {
            List<Member> members = new ArrayList<>();
            while (parser.nextToken() != JsonToken.END_OBJECT) {
              String name = parser.currentName();
              members.add(new Member(name, value(parser, parser.nextToken(), spans)));
            }
            yield new Obj(members);
          }
          case START_ARRAY -> {
            List<Json> elements = new ArrayList<>();
            for (JsonToken next = parser.nextToken();
                next != JsonToken.END_ARRAY;
                next = parser.nextToken()) {
              elements.add(value(parser, next, spans));
            }
            yield new Arr(elements);
          }
          case VALUE_STRING -> new Str(parser.getText());
          case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT, VALUE_TRUE, VALUE_FALSE, VALUE_NULL ->
              new Raw(parser.getText());
          default -> throw new IOException("unexpected " + token);
        };
    spans.put(value, new Span(start, (int) parser.currentLocation().getByteOffset()));
    return value;
  }

  /** Brackets around the deepest value, its own included. */
  default int depth() {
    return switch (this) {
      case Raw _, Str _ -> 0;
      case Arr(List<Json> elements) -> 1 + elements.stream().mapToInt(Json::depth).max().orElse(0);
      case Obj(List<Member> members) ->
          1 + members.stream().mapToInt(m -> m.value().depth()).max().orElse(0);
    };
  }

  /** Whether a string or a name in it can't be written as UTF-8. */
  default boolean hasLoneSurrogate() {
    return switch (this) {
      case Raw _ -> false;
      case Str(String value) -> isMalformed(value);
      case Arr(List<Json> elements) -> elements.stream().anyMatch(Json::hasLoneSurrogate);
      case Obj(List<Member> members) ->
          members.stream().anyMatch(m -> isMalformed(m.name()) || m.value().hasLoneSurrogate());
    };
  }

  private static boolean isMalformed(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (Character.isSurrogate(text.charAt(i))) {
        return !UTF_8.newEncoder().canEncode(text);
      }
    }
    return false;
  }

  /** As compact as JSON can be. */
  default String compact() {
    StringBuilder text = new StringBuilder();
    write(text, null);
    return text.toString();
  }

  /** With white space and escapes wherever JSON allows them, at random. */
  default String scattered(Random random) {
    StringBuilder text = new StringBuilder();
    space(text, random);
    write(text, random);
    space(text, random);
    return text.toString();
  }

  private void write(StringBuilder to, @Nullable Random random) {
    switch (this) {
      case Raw(String text) -> to.append(text);
      case Str(String value) -> string(to, value, random);
      case Arr(List<Json> elements) -> {
        to.append('[');
        space(to, random);
        for (int i = 0; i < elements.size(); i++) {
          if (i > 0) {
            to.append(',');
            space(to, random);
          }
          elements.get(i).write(to, random);
          space(to, random);
        }
        to.append(']');
      }
      case Obj(List<Member> members) -> {
        to.append('{');
        space(to, random);
        for (int i = 0; i < members.size(); i++) {
          if (i > 0) {
            to.append(',');
            space(to, random);
          }
          string(to, members.get(i).name(), random);
          space(to, random);
          to.append(':');
          space(to, random);
          members.get(i).value().write(to, random);
          space(to, random);
        }
        to.append('}');
      }
    }
  }

  private static void space(StringBuilder to, @Nullable Random random) {
    while (random != null && random.nextInt(4) == 0) {
      to.append(" \n\r\t".charAt(random.nextInt(4)));
    }
  }

  private static void string(StringBuilder to, String value, @Nullable Random random) {
    to.append('"');
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      int escape = "\"\\\b\f\n\r\t/".indexOf(c);
      if (random != null && random.nextInt(12) == 0 && !surrogate(value, i)) {
        to.append("\\u").append(hex(c, random));
      } else if (random != null
          && Character.isHighSurrogate(c)
          && !isLoneSurrogate(value, i)
          && random.nextInt(3) == 0) {
        to.append("\\u").append(hex(c, random));
        to.append("\\u").append(hex(value.charAt(++i), random));
      } else if (escape >= 0 && escape < 7) {
        to.append('\\').append("\"\\bfnrt".charAt(escape));
      } else if (escape == 7 && random != null && random.nextBoolean()) {
        to.append("\\/");
      } else if (c < ' ' || isLoneSurrogate(value, i)) {
        to.append("\\u").append(hex(c, random));
      } else {
        to.append(c);
      }
    }
    to.append('"');
  }

  private static boolean surrogate(String value, int at) {
    return Character.isSurrogate(value.charAt(at));
  }

  private static boolean isLoneSurrogate(String value, int at) {
    char c = value.charAt(at);
    return Character.isHighSurrogate(c)
        ? at + 1 == value.length() || !Character.isLowSurrogate(value.charAt(at + 1))
        : Character.isLowSurrogate(c)
            && (at == 0 || !Character.isHighSurrogate(value.charAt(at - 1)));
  }

  private static String hex(char c, @Nullable Random random) {
    String hex = "%04x".formatted((int) c);
    return random != null && random.nextBoolean() ? hex.toUpperCase(Locale.ROOT) : hex;
  }
}

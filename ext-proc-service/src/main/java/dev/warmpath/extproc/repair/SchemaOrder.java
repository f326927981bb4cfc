package dev.warmpath.extproc.repair;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.warmpath.extproc.prompt.Dialect;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Sorts the members of objects within a tool's JSON schema by name. Which member comes first means
 * nothing in JSON Schema; to a cache it means all. A strict tool is left as it is: there the order
 * means something, models generate its members in it. Arrays keep their order, and so does
 * everything outside the schema; white space and separators stay where they are. Stateless.
 */
final class SchemaOrder {

  /** Where schemas stand, by the APIs: chat, Anthropic, Responses and Gemini, Converse, Gemini. */
  private static final List<List<byte[]>> PATHS =
      List.of(
          path("function", "parameters"),
          path("input_schema"),
          path("parameters"),
          path("toolSpec", "inputSchema", "json"),
          path("parametersJsonSchema"),
          path("parameters_json_schema"));

  /** Where a tool says that its schema is enforced: flat, chat, Converse. */
  private static final List<List<byte[]>> STRICT =
      List.of(path("strict"), path("function", "strict"), path("toolSpec", "strict"));

  /** Gemini lists functions within a tool, in either spelling. */
  private static final List<List<byte[]>> DECLARATIONS =
      List.of(path("functionDeclarations"), path("function_declarations"));

  private static final byte[] NO_NAME = {};

  private SchemaOrder() {}

  /** A member with its name, or an element without. */
  @SuppressWarnings("ArrayRecordComponent") // Items are compared by identity of their arrays.
  private record Item(byte[] name, int start, int end) {}

  private static List<byte[]> path(String... names) {
    return Arrays.stream(names).map(name -> name.getBytes(US_ASCII)).toList();
  }

  /**
   * A tool with its schema sorted, or as it is if it is strict.
   *
   * @param dialect of the body, which says what a tool is that doesn't say
   * @param start the tool's opening brace
   * @param end behind its closing one
   */
  static byte[] sorted(byte[] body, int start, int end, Dialect dialect) {
    byte[] tool = Arrays.copyOfRange(body, start, end);
    if (isStrict(tool, dialect)) {
      return tool;
    }
    sortSchemas(tool, 0);
    for (List<byte[]> path : DECLARATIONS) {
      int declarations = find(tool, 0, path);
      if (declarations != RawJson.NONE && tool[declarations] == '[') {
        RawJson.visit(tool, declarations, (_, value, _) -> sortSchemas(tool, value));
      }
    }
    return tool;
  }

  private static boolean isStrict(byte[] tool, Dialect dialect) {
    for (List<byte[]> path : STRICT) {
      int strict = find(tool, 0, path);
      if (strict != RawJson.NONE && tool[strict] != 'n') {
        return tool[strict] != 'f';
      }
    }
    // OpenAI: functions are strict by default there, and are not in chat.
    return dialect == Dialect.OPENAI_RESPONSES;
  }

  private static void sortSchemas(byte[] tool, int at) {
    for (List<byte[]> path : PATHS) {
      int schema = find(tool, at, path);
      if (schema != RawJson.NONE) {
        sort(tool, schema);
      }
    }
  }

  private static int find(byte[] tool, int at, List<byte[]> path) {
    int found = at;
    for (byte[] name : path) {
      found = found == RawJson.NONE ? found : RawJson.member(tool, found, name);
    }
    return found;
  }

  /** Sorts in place: no value's length changes, so no offset outside it moves. */
  private static void sort(byte[] tool, int at) {
    if (tool[at] != '{' && tool[at] != '[') {
      return;
    }
    List<Item> items = new ArrayList<>();
    RawJson.visit(
        tool,
        at,
        (start, value, end) -> {
          sort(tool, value);
          items.add(new Item(tool[at] == '{' ? RawJson.name(tool, start) : NO_NAME, start, end));
        });
    if (tool[at] == '[') {
      return;
    }
    List<Item> order = new ArrayList<>(items);
    // As they read; a name that is repeated keeps its order.
    order.sort((a, b) -> Arrays.compareUnsigned(a.name(), b.name()));
    if (order.equals(items)) {
      return;
    }
    int from = items.getFirst().start();
    byte[] before = Arrays.copyOfRange(tool, from, items.getLast().end());
    int to = from;
    for (int i = 0; i < items.size(); i++) {
      Item item = order.get(i);
      int length = item.end() - item.start();
      System.arraycopy(before, item.start() - from, tool, to, length);
      to += length;
      if (i + 1 < items.size()) {
        int gap = items.get(i).end();
        int gapLength = items.get(i + 1).start() - gap;
        System.arraycopy(before, gap - from, tool, to, gapLength);
        to += gapLength;
      }
    }
  }
}

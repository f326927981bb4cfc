package dev.warmpath.extproc.repair;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Sorts the members of objects within a tool's JSON schema by name. Which member comes first means
 * nothing in JSON Schema; to a cache it means all. Arrays keep their order, and so does everything
 * outside the schema; white space and separators stay where they are. Stateless.
 */
final class SchemaOrder {

  /** Where schemas stand, by the APIs: chat, Anthropic, Responses and Gemini, Converse, Gemini. */
  private static final List<List<byte[]>> PATHS =
      List.of(
          path("function", "parameters"),
          path("input_schema"),
          path("parameters"),
          path("toolSpec", "inputSchema", "json"),
          path("parametersJsonSchema"));

  /** Gemini lists functions within a tool. */
  private static final byte[] DECLARATIONS = "functionDeclarations".getBytes(US_ASCII);

  private SchemaOrder() {}

  private static List<byte[]> path(String... names) {
    return Arrays.stream(names).map(name -> name.getBytes(US_ASCII)).toList();
  }

  /**
   * A tool with its schema sorted.
   *
   * @param start the tool's opening brace
   * @param end behind its closing one
   */
  static byte[] sorted(byte[] body, int start, int end) {
    byte[] tool = Arrays.copyOfRange(body, start, end);
    sortSchemas(tool, 0);
    int declarations = RawJson.member(tool, 0, DECLARATIONS);
    if (declarations != RawJson.NONE && tool[declarations] == '[') {
      RawJson.visit(tool, declarations, (_, value, _) -> sortSchemas(tool, value));
    }
    return tool;
  }

  private static void sortSchemas(byte[] tool, int at) {
    for (List<byte[]> path : PATHS) {
      int schema = at;
      for (byte[] name : path) {
        schema = schema == RawJson.NONE ? schema : RawJson.member(tool, schema, name);
      }
      if (schema != RawJson.NONE) {
        sort(tool, schema);
      }
    }
  }

  /** Sorts in place: no value's length changes, so no offset outside it moves. */
  private static void sort(byte[] tool, int at) {
    if (tool[at] != '{' && tool[at] != '[') {
      return;
    }
    record Item(int start, int end) {}
    List<Item> items = new ArrayList<>();
    RawJson.visit(
        tool,
        at,
        (start, value, end) -> {
          sort(tool, value);
          items.add(new Item(start, end));
        });
    if (tool[at] == '[') {
      return;
    }
    List<Item> order = new ArrayList<>(items);
    order.sort((a, b) -> compareNames(tool, a.start(), b.start()));
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

  /** By bytes as they are written; a name that is repeated keeps its order. */
  private static int compareNames(byte[] tool, int a, int b) {
    return Arrays.compareUnsigned(
        tool,
        a + 1,
        RawJson.endOfString(tool, a) - 1,
        tool,
        b + 1,
        RawJson.endOfString(tool, b) - 1);
  }
}

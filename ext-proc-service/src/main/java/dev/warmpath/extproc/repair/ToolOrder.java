package dev.warmpath.extproc.repair;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.warmpath.extproc.annotate.Splices;
import dev.warmpath.extproc.prompt.PartKind;
import dev.warmpath.extproc.prompt.Prompt;
import dev.warmpath.extproc.prompt.SegmentKind;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Brings tools, and the schemas in them, into an order that doesn't change. Stateless. */
final class ToolOrder {

  private static final byte[] NAME = "name".getBytes(US_ASCII);
  private static final List<byte[]> HOLDERS =
      List.of("function".getBytes(US_ASCII), "toolSpec".getBytes(US_ASCII));

  private ToolOrder() {}

  /** A tool as it is to stand, with its name. */
  @SuppressWarnings("ArrayRecordComponent") // Never compared.
  private record Tool(byte[] name, byte[] json) {}

  /**
   * Edits for the tools of a prompt.
   *
   * @param sortTools by name
   * @param sortSchemas by the names of members
   */
  static Decision plan(
      Prompt prompt, boolean sortTools, boolean sortSchemas, Splices.Builder splices) {
    List<Integer> segments = new ArrayList<>();
    List<Tool> tools = new ArrayList<>();
    boolean named = true;
    boolean marked = false;
    byte[] body = prompt.body();
    for (int i = 0; i < prompt.segments(); i++) {
      if (prompt.kind(i) != SegmentKind.TOOL) {
        continue;
      }
      int start = prompt.rawStart(i);
      int end = prompt.rawEnd(i);
      int name = name(body, start);
      named &= name != RawJson.NONE;
      for (int part = prompt.partsStart(i); part < prompt.partsEnd(i); part++) {
        marked |= prompt.partKind(part) == PartKind.TOOL && prompt.partMarker(part) > 0;
      }
      segments.add(i);
      tools.add(
          new Tool(
              name == RawJson.NONE ? new byte[0] : RawJson.name(body, name),
              sortSchemas
                  ? SchemaOrder.sorted(body, start, end, prompt.dialect())
                  : Arrays.copyOfRange(body, start, end)));
    }
    // A marker is about what stands before it, which would be other tools then.
    boolean sort = sortTools && named && !marked;
    if (sort) {
      tools.sort((a, b) -> Arrays.compareUnsigned(a.name(), b.name()));
    }
    boolean changed = false;
    for (int i = 0; i < tools.size(); i++) {
      int start = prompt.rawStart(segments.get(i));
      int end = prompt.rawEnd(segments.get(i));
      byte[] json = tools.get(i).json();
      if (!Arrays.equals(json, 0, json.length, body, start, end)) {
        splices.replace(start, end - start, json);
        changed = true;
      }
    }
    if (sortTools && !sort && tools.size() > 1) {
      return marked ? Decision.CLIENT_MARKED : Decision.UNNAMED_TOOL;
    }
    return changed ? Decision.REPAIRED : Decision.NOTHING_TO_DO;
  }

  /** Where the string is that names a tool, or {@link RawJson#NONE}. */
  private static int name(byte[] body, int tool) {
    int name = RawJson.member(body, tool, NAME);
    for (int i = 0; i < HOLDERS.size() && name == RawJson.NONE; i++) {
      int holder = RawJson.member(body, tool, HOLDERS.get(i));
      name = holder == RawJson.NONE ? holder : RawJson.member(body, holder, NAME);
    }
    return name == RawJson.NONE || body[name] != '"' ? RawJson.NONE : name;
  }
}

package dev.warmpath.extproc.logs;

import dev.warmpath.extproc.logs.Moment.Every;
import dev.warmpath.extproc.logs.Request.Tool;
import dev.warmpath.extproc.logs.RequestLogs.Made;
import dev.warmpath.extproc.logs.Traffic.Event;
import dev.warmpath.extproc.logs.Traffic.Version;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * Logs of an application with one defect. What changes by conversation or user always has text
 * behind it that all share; what changes by request also stands at the end of a system prompt,
 * where it costs the conversation's history.
 */
final class PlantedLogs {

  private final String kind;
  private final Draw draw;
  private final Format format;
  private Application application;
  private Defect defect = Defect.NONE;
  private String segment = "";
  private String style = "";

  /** The segment that has the defect, or -1 for the first that differs. */
  private int index = -1;

  private Every every = Every.REQUEST;
  private int minTurns = 1;

  private PlantedLogs(String kind, long seed) {
    this.kind = kind;
    draw = new Draw(seed * RequestLogs.KINDS.size() + RequestLogs.KINDS.indexOf(kind));
    format = RequestLogs.format(draw);
    Domain domain = draw.pick(Domain.ALL);
    application = Application.draw(domain, draw.pick(format.models()), draw);
  }

  static Made make(String kind, long seed) {
    if (!RequestLogs.KINDS.contains(kind)) {
      throw new IllegalArgumentException(
          "kind: " + kind + " (expected: one of " + RequestLogs.KINDS + ")");
    }
    PlantedLogs logs = new PlantedLogs(kind, seed);
    switch (kind) {
      case "tool_order" -> logs.toolOrder();
      case "schema_key_order" -> logs.schemaKeyOrder();
      case "retrieval_order" -> logs.place(logs.retrieval());
      case "image_toggled" -> logs.image();
      case "parameter" -> logs.parameter();
      default -> logs.place(Slots.of(kind, logs.draw));
    }
    return logs.log(seed);
  }

  private Made log(long seed) {
    int requests = draw.between(30, 200);
    // Enough conversations that what changes with them does change.
    int maxTurns = every == Every.REQUEST ? draw.between(4, 14) : draw.between(2, 4);
    double gapSeconds =
        kind.equals("date") ? draw.between(12, 60) * 86_400.0 / requests : draw.between(60, 1800);
    Traffic traffic =
        new Traffic(
            requests,
            draw.between(1, 12),
            draw.between(7, 25),
            minTurns,
            Math.max(minTurns + 1, maxTurns),
            gapSeconds,
            RequestLogs.manner(draw));
    Version defective = new Version(application, defect);
    double stuckShare = draw.chance(0.2) ? 0.4 : 0;
    boolean mixed = draw.chance(0.2);
    Version other = mixed ? new Version(other(), Defect.NONE) : defective;
    Draw route = draw.fork(5);
    List<Event> events =
        traffic.events(
            moment -> route.fork(moment.conversation()).chance(0.6) ? defective : other,
            stuckShare,
            draw.fork(6));
    List<Integer> with =
        IntStream.range(0, requests)
            .filter(i -> events.get(i).version().equals(defective))
            .boxed()
            .toList();
    List<Request> parting = with.stream().map(i -> events.get(i).request()).toList();
    Planted planted =
        switch (segment) {
          case "parameters" -> new Planted(kind, segment, 0, -1);
          case "messages" ->
              kind.equals("image_toggled")
                  ? new Planted(kind, segment, index, -1)
                  : RequestLogs.planted(kind, segment, parting, format, index);
          default -> RequestLogs.planted(kind, segment, parting, format, index);
        };
    if (kind.equals("tool_order")) {
      planted = new Planted(kind, segment, planted.segmentIndex(), -1);
    }
    String name =
        "planted/%s/%s/%s/%s%s%s/%d"
            .formatted(
                kind,
                style,
                format,
                every,
                stuckShare > 0 ? "/stuck" : "",
                mixed ? "/mixed" : "",
                seed);
    return new Made(
        new PlantedLog(
            name,
            RequestLogs.bodies(events, format, draw.fork(7)),
            format.path(application.model()),
            planted),
        with);
  }

  /** Another application on the same route. */
  private Application other() {
    String model = format.modelInPath() ? application.model() : draw.pick(format.models());
    return Application.draw(draw.pick(Domain.ALL), model, draw);
  }

  /** Finds a place for a slot. */
  private void place(Slot slot) {
    every = slot.every();
    defect = Defect.slot(slot);
    if (slot.style().startsWith("turn")) {
      minTurns = 4;
    }
    boolean passages = kind.equals("retrieval_order");
    String place =
        draw.pick("begin", "begin", "middle", "middle", "inline", "end", "tools", "message");
    if (passages && (place.equals("inline") || place.equals("tools"))) {
      place = "middle";
    }
    style = slot.style() + "/" + place;
    switch (place) {
      case "tools" -> placeInTool(slot.frame());
      case "message" -> placeInMessage(slot.frame());
      default -> placeInSystem(place, slot.frame());
    }
  }

  private void placeInTool(String frame) {
    segment = "tools";
    List<Tool> tools = new ArrayList<>(Application.tools(application.domain(), draw));
    int at = draw.below(tools.size());
    Tool tool = tools.get(at);
    String description =
        draw.chance(0.3) ? frame + " " + tool.description() : tool.description() + " " + frame;
    tools.set(at, new Tool(tool.name(), description, tool.schema()));
    application = application.withTools(tools);
  }

  private void placeInMessage(String frame) {
    segment = "messages";
    index = application.examples().size();
    List<String> paragraphs = Application.paragraphs(draw.pick(Domain.ALL), draw);
    List<String> before = paragraphs.subList(0, Math.max(1, paragraphs.size() / 2));
    application =
        application.withPreamble(
            String.join("\n\n", before) + "\n" + frame + "\n\n" + closing() + "\n\nQuestion: ");
    if (draw.chance(0.4)) {
      application = application.withSystem(List.of());
    }
  }

  /** What many prompts end with, long enough to be worth a cache. */
  private String closing() {
    return "Before you answer, check:\n- "
        + String.join("\n- ", draw.some(application.domain().rules(), 7))
        + "\n- "
        + String.join("\n- ", draw.some(Domain.GENERAL_RULES, 5));
  }

  private void placeInSystem(String place, String frame) {
    segment = "system";
    List<String> paragraphs = new ArrayList<>(Application.paragraphs(application.domain(), draw));
    boolean shared = every != Every.REQUEST;
    switch (place) {
      case "begin" -> {
        if (draw.chance(0.5)) {
          paragraphs.addFirst(frame);
        } else {
          paragraphs.set(0, frame + draw.pick("\n", " ") + paragraphs.getFirst());
        }
      }
      case "end" -> {
        paragraphs.add(frame);
        minTurns = Math.max(minTurns, 3);
      }
      case "inline" -> {
        int at = paragraphs.size() / 2;
        paragraphs.set(at, paragraphs.get(at) + " " + frame);
      }
      default -> paragraphs.add(1 + draw.below(paragraphs.size()), frame);
    }
    if (shared || (draw.chance(0.5) && !place.equals("end"))) {
      paragraphs.add(closing());
    }
    application = application.withSystem(chunks(paragraphs));
  }

  /** One text, or two where the format has messages or blocks; the cut is between paragraphs. */
  private List<String> chunks(List<String> paragraphs) {
    if (paragraphs.size() < 3 || draw.chance(0.7)) {
      return List.of(String.join("\n\n", paragraphs));
    }
    int cut = 1 + draw.below(paragraphs.size() - 1);
    return List.of(
        String.join("\n\n", paragraphs.subList(0, cut)) + "\n\n",
        String.join("\n\n", paragraphs.subList(cut, paragraphs.size())));
  }

  /** Passages found anew by each request, or the same ones in another order. */
  private Slot retrieval() {
    every = RequestLogs.every(draw);
    String form = draw.pick("numbered", "doc", "source", "plain", "scored");
    String change = draw.pick("order", "set", "overlap");
    List<String> pool = new ArrayList<>(application.domain().passages());
    pool.addAll(draw.pick(Domain.ALL).passages());
    List<String> known = pool.stream().distinct().toList();
    List<String> fixed = draw.some(known, draw.between(4, 6));
    int count = draw.between(3, 6);
    String frame =
        draw.pick("Sources:\n", "## Context\n", "<documents>\n", "Wissen:\n", "Passages found:\n")
            + Slot.MARK;
    return new Slot(
        change + "-" + form,
        frame,
        every,
        draw.fork(12),
        (own, moment) -> {
          List<String> passages =
              switch (change) {
                case "order" -> own.shuffled(fixed);
                case "set" -> own.some(known, count);
                default -> {
                  List<String> some = new ArrayList<>(own.some(fixed, 3));
                  some.addAll(own.some(known, 2));
                  yield own.shuffled(some.stream().distinct().toList());
                }
              };
          return passages(passages, form, own);
        });
  }

  private static String passages(List<String> passages, String form, Draw own) {
    StringBuilder text = new StringBuilder();
    int number = 0;
    for (String passage : passages) {
      number++;
      // What a passage is called depends on the passage alone.
      int source = Math.floorMod(passage.hashCode(), 900);
      switch (form) {
        case "numbered" -> text.append('[').append(number).append("] ").append(passage);
        case "doc" ->
            text.append("<doc id=\"").append(source).append("\">").append(passage).append("</doc>");
        case "source" -> text.append("Source: kb/").append(source).append(".md\n").append(passage);
        case "scored" ->
            text.append("(score 0.").append(own.between(61, 97)).append(") ").append(passage);
        default -> text.append(passage);
      }
      text.append('\n');
    }
    return text.toString();
  }

  private void withTools(int atLeast) {
    List<Tool> tools = Application.tools(application.domain(), draw);
    while (tools.size() < atLeast) {
      for (Tool tool : Application.tools(draw.pick(Domain.ALL), draw)) {
        if (tools.stream().noneMatch(t -> t.name().equals(tool.name()))) {
          tools.add(tool);
        }
      }
    }
    application = application.withTools(tools);
  }

  private void toolOrder() {
    segment = "tools";
    withTools(4);
    every = RequestLogs.every(draw);
    String order = draw.pick("shuffle", "shuffle", "rotate", "servers");
    style = order;
    defect = Defect.toolOrder(order, every, draw.fork(13));
  }

  private void schemaKeyOrder() {
    segment = "tools";
    withTools(2);
    every = RequestLogs.every(draw);
    int only = -1;
    if (draw.chance(0.5)) {
      List<Integer> rich =
          IntStream.range(0, application.tools().size())
              .filter(i -> properties(application.tools().get(i)) > 1)
              .boxed()
              .toList();
      only = draw.pick(rich);
    }
    boolean deep = draw.chance(0.5);
    style = (only < 0 ? "all" : "one") + (deep ? "-deep" : "-properties");
    defect = Defect.schemaKeyOrder(only, deep, every, draw.fork(14));
  }

  private static int properties(Tool tool) {
    return tool.schema().get("properties") instanceof Map<?, ?> properties ? properties.size() : 0;
  }

  private void image() {
    segment = "messages";
    index = application.examples().size();
    String change = draw.pick("toggled", "toggled", "conversation", "forgotten");
    boolean before = change.equals("conversation") || draw.chance(0.5);
    minTurns = 3;
    every = change.equals("conversation") ? Every.CONVERSATION : Every.REQUEST;
    style = change + (before ? "-before" : "-behind");
    if (before || draw.chance(0.5)) {
      application =
          application.withPreamble(
              String.join("\n\n", Application.paragraphs(application.domain(), draw))
                  + "\n\nThe picture shows the site.\n"
                  + closing()
                  + "\n\n");
    }
    defect = Defect.image(change, Conversation.image(draw), before, draw.fork(15));
  }

  private void parameter() {
    segment = "parameters";
    withTools(2);
    List<List<Map<String, Object>>> choices = parameters();
    List<Map<String, Object>> values = draw.pick(choices);
    boolean byTurn = draw.chance(0.3);
    minTurns = 3;
    style = values.getFirst().keySet() + (byTurn ? "-by-turn" : "-by-request");
    defect = Defect.parameter(values, byTurn, draw.fork(16));
  }

  /** Values that change what caches see, by parameter; an empty one leaves the parameter out. */
  private List<List<Map<String, Object>>> parameters() {
    String tool = application.tools().getFirst().name();
    return switch (format) {
      case CHAT ->
          List.of(
              List.of(
                  one("tool_choice", "required"),
                  one("tool_choice", "auto"),
                  one("tool_choice", "none")),
              List.of(
                  one(
                      "tool_choice",
                      Format.object("type", "function", "function", Format.object("name", tool))),
                  one("tool_choice", "auto")),
              List.of(
                  one("reasoning_effort", "high"),
                  one("reasoning_effort", "low"),
                  one("reasoning_effort", "medium")),
              List.of(
                  one("response_format", Format.object("type", "json_object")),
                  one("response_format", Format.object("type", "text"))),
              List.of(
                  one("chat_template_kwargs", Format.object("enable_thinking", true)),
                  one("chat_template_kwargs", Format.object("enable_thinking", false))));
      case MESSAGES_STRING, MESSAGES_BLOCKS ->
          List.of(
              List.of(
                  one("tool_choice", Format.object("type", "any")),
                  one("tool_choice", Format.object("type", "auto"))),
              List.of(one("tool_choice", Format.object("type", "tool", "name", tool)), Map.of()),
              List.of(
                  one("thinking", Format.object("type", "enabled", "budget_tokens", 1024)),
                  one("thinking", Format.object("type", "disabled"))),
              List.of(
                  one("thinking", Format.object("type", "enabled", "budget_tokens", 1600)),
                  one("thinking", Format.object("type", "enabled", "budget_tokens", 1200))),
              List.of(
                  one("output_config", Format.object("effort", "high")),
                  one("output_config", Format.object("effort", "low")),
                  one("output_config", Format.object("effort", "medium"))));
      case RESPONSES ->
          List.of(
              List.of(one("tool_choice", "required"), one("tool_choice", "auto")),
              List.of(
                  one("reasoning", Format.object("effort", "low")),
                  one("reasoning", Format.object("effort", "high"))));
      case GEMINI ->
          List.of(
              List.of(
                  one(
                      "toolConfig",
                      Format.object("functionCallingConfig", Format.object("mode", "ANY"))),
                  one(
                      "toolConfig",
                      Format.object("functionCallingConfig", Format.object("mode", "AUTO")))),
              List.of(thinkingBudget(0), thinkingBudget(2048), thinkingBudget(8192)));
      case CONVERSE ->
          List.of(
              List.of(
                  one("toolConfig", Format.object("toolChoice", Format.object("any", Map.of()))),
                  one("toolConfig", Format.object("toolChoice", Format.object("auto", Map.of())))));
    };
  }

  private static Map<String, Object> thinkingBudget(int tokens) {
    return one(
        "generationConfig",
        Format.object("thinkingConfig", Format.object("thinkingBudget", tokens)));
  }

  private static Map<String, Object> one(String name, Object value) {
    Map<String, Object> one = new LinkedHashMap<>();
    one.put(name, value);
    return one;
  }
}

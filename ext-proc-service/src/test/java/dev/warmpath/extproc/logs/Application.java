package dev.warmpath.extproc.logs;

import dev.warmpath.extproc.logs.Request.Message;
import dev.warmpath.extproc.logs.Request.Part;
import dev.warmpath.extproc.logs.Request.Text;
import dev.warmpath.extproc.logs.Request.Tool;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * One application: what all its requests share.
 *
 * @param system chunks of its system prompt
 * @param preamble of the first user message, before the user's own words; may be empty
 * @param examples turns that precede each conversation
 */
record Application(
    Domain domain,
    String model,
    List<String> system,
    List<Tool> tools,
    String preamble,
    List<Message> examples,
    Map<String, Object> parameters) {

  /** When the constants in prompts were written: long before any log. */
  private static final Instant WRITTEN = Instant.parse("2025-02-11T08:30:00Z");

  private static final int[] SYSTEM_BYTES = {250, 500, 900, 1800, 3500, 7000, 14_000};

  /** An application with a system prompt and, mostly, tools. */
  static Application draw(Domain domain, String model, Draw draw) {
    List<Tool> tools = draw.chance(0.7) ? tools(domain, draw) : List.of();
    return new Application(
        domain,
        model,
        List.of(String.join("\n\n", paragraphs(domain, draw))),
        tools,
        "",
        draw.chance(0.15) ? examples(domain, draw) : List.of(),
        Map.of());
  }

  Application withSystem(List<String> other) {
    return new Application(domain, model, other, tools, preamble, examples, parameters);
  }

  Application withTools(List<Tool> other) {
    return new Application(domain, model, system, other, preamble, examples, parameters);
  }

  Application withPreamble(String other) {
    return new Application(domain, model, system, tools, other, examples, parameters);
  }

  Application withParameters(Map<String, Object> other) {
    return new Application(domain, model, system, tools, preamble, examples, other);
  }

  /** A request that repeats what was said so far. */
  Request request(List<Message> history) {
    List<Message> messages = new ArrayList<>(examples);
    messages.addAll(history);
    Request request = new Request(model, tools, system, messages, parameters);
    if (preamble.isEmpty()) {
      return request;
    }
    Message first = history.getFirst();
    List<Part> parts = new ArrayList<>(first.parts());
    parts.set(0, new Text(preamble + ((Text) parts.getFirst()).text()));
    return request.withMessage(examples.size(), new Message(first.role(), parts));
  }

  /** Paragraphs of a prompt: who it is, rules, and what else fills such prompts. */
  static List<String> paragraphs(Domain domain, Draw draw) {
    String company = draw.pick(Names.COMPANIES);
    String assistant = draw.pick(Names.ASSISTANTS);
    int bytes = SYSTEM_BYTES[draw.below(SYSTEM_BYTES.length)];
    List<String> paragraphs = new ArrayList<>();
    paragraphs.add(
        draw.pick(domain.openings()).replace("{company}", company).replace("{assistant}", assistant)
            + " "
            + draw.pick(Domain.GENERAL_RULES));
    List<String> rules = draw.shuffled(domain.rules());
    List<String> general = draw.shuffled(Domain.GENERAL_RULES);
    List<String> passages = draw.shuffled(domain.passages());
    String bullet = draw.pick("- ", "* ", "• ", "");
    int written = paragraphs.getFirst().length();
    for (int round = 0; written < bytes; round++) {
      String paragraph =
          switch (round) {
            case 0 -> list(draw.pick("## Rules", "Rules:", "# How you work"), bullet, rules, 0, 6);
            case 1 -> list(draw.pick("## Tone", "Style", "# Manners"), bullet, general, 0, 7);
            case 2 -> list("## Also", bullet, rules, 6, 14);
            case 3 -> list(draw.pick("## Limits", "Limits:"), bullet, general, 7, 20);
            case 4, 6, 8, 10 ->
                draw.pick("## Background\n", "Background: ", "### Policy\n")
                    + passages.get(round / 2 % passages.size())
                    + "\n\n"
                    + passages.get((round / 2 + 4) % passages.size());
            case 5 -> codes(draw);
            default -> example(domain, draw, company, assistant);
          };
      paragraphs.add(paragraph);
      written += paragraph.length() + 2;
    }
    return paragraphs;
  }

  private static String list(String heading, String bullet, List<String> items, int from, int to) {
    StringBuilder text = new StringBuilder(heading);
    for (String item : items.subList(from, Math.min(to, items.size()))) {
      text.append('\n').append(bullet).append(item);
    }
    return text.toString();
  }

  /** A table of reasons, as prompts of service desks have. */
  private static String codes(Draw draw) {
    StringBuilder text = new StringBuilder("| code | meaning | queue |\n|---|---|---|");
    int code = 1000 + draw.below(50);
    for (int rows = draw.between(12, 40); rows > 0; rows--) {
      code += draw.between(1, 9);
      text.append("\n| R")
          .append(code)
          .append(" | ")
          .append(draw.pick(Names.WORDS))
          .append(draw.pick(" missing", " disputed", " late", " unclear"))
          .append(" | ")
          .append(draw.pick("first line", "second line", "back office"))
          .append(" |");
    }
    return text.toString();
  }

  /** An example conversation inside a prompt; constant, though it holds dates and ids. */
  private static String example(Domain domain, Draw draw, String company, String assistant) {
    return "### Example\n"
        + "User: "
        + draw.fill(draw.pick(domain.questions()), WRITTEN)
        + "\n"
        + assistant
        + ": "
        + draw.fill(draw.pick(domain.answers()), WRITTEN)
        + "\n("
        + company
        + draw.pick(", checked by the editors)", ", from a real chat)", ")");
  }

  /** Turns that show the model what an answer looks like. */
  private static List<Message> examples(Domain domain, Draw draw) {
    List<Message> messages = new ArrayList<>();
    for (int pairs = draw.between(1, 3); pairs > 0; pairs--) {
      messages.add(Message.of("user", draw.fill(draw.pick(domain.questions()), WRITTEN)));
      messages.add(Message.of("assistant", draw.fill(draw.pick(domain.answers()), WRITTEN)));
    }
    return messages;
  }

  /** All tools of the domain, and perhaps some that any application has. */
  static List<Tool> tools(Domain domain, Draw draw) {
    List<Tool> tools = new ArrayList<>();
    for (List<String> tool : domain.tools()) {
      tools.add(new Tool(tool.get(0), tool.get(1), schema(tool.subList(2, tool.size()), draw)));
    }
    if (draw.chance(0.5)) {
      tools.add(
          new Tool(
              "remember",
              "Keeps a note for later conversations.",
              schema(List.of("note:string", "topic:string", "expires:string"), draw)));
    }
    if (draw.chance(0.4)) {
      tools.add(
          new Tool(
              "hand_over",
              "Hands the conversation to a person.",
              schema(List.of("reason:string", "summary:string", "language:string"), draw)));
    }
    return tools;
  }

  private static Map<String, Object> schema(List<String> parameters, Draw draw) {
    Map<String, Object> properties = new LinkedHashMap<>();
    List<String> required = new ArrayList<>();
    for (String parameter : parameters) {
      String name = parameter.substring(0, parameter.indexOf(':'));
      String type = parameter.substring(name.length() + 1);
      Map<String, Object> property =
          Format.object(
              "type",
              type,
              "description",
              draw.pick("The ", "Which ", "Value of ") + name.replace('_', ' '));
      if (type.equals("array")) {
        property.put("items", Format.object("type", "string"));
      } else if (type.equals("integer")) {
        property.put("minimum", 1);
      }
      properties.put(name, property);
      if (required.isEmpty() || draw.chance(0.5)) {
        required.add(name);
      }
    }
    return Format.object(
        "type", "object",
        "properties", properties,
        "required", required);
  }
}

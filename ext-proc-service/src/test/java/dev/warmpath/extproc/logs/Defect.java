package dev.warmpath.extproc.logs;

import dev.warmpath.extproc.logs.Moment.Every;
import dev.warmpath.extproc.logs.Request.Image;
import dev.warmpath.extproc.logs.Request.Message;
import dev.warmpath.extproc.logs.Request.Part;
import dev.warmpath.extproc.logs.Request.Tool;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What an application does to a request that would otherwise repeat. */
interface Defect {

  /** Nothing. */
  Defect NONE = (request, firstMessage, moment) -> request;

  /**
   * Changes a request.
   *
   * @param firstMessage index of the user's first message, behind examples
   */
  Request applyTo(Request request, int firstMessage, Moment moment);

  /** Fills the slot, wherever it stands. */
  static Defect slot(Slot slot) {
    return (request, firstMessage, moment) -> {
      String value = slot.at(moment);
      return request.mapText(firstMessage, text -> text.replace(Slot.MARK, value));
    };
  }

  /**
   * Puts tools into another order.
   *
   * @param style "shuffle", "rotate", or "servers": two groups of which either comes first, each in
   *     its own order
   */
  static Defect toolOrder(String style, Every every, Draw choices) {
    return (request, firstMessage, moment) -> {
      Draw own = choices.fork(moment.number(every));
      List<Tool> tools = request.tools();
      int cut = style.equals("rotate") ? own.below(tools.size()) : tools.size() / 2;
      List<Tool> first = tools.subList(0, cut);
      List<Tool> last = tools.subList(cut, tools.size());
      List<Tool> changed = new ArrayList<>();
      switch (style) {
        case "shuffle" -> changed.addAll(own.shuffled(tools));
        case "servers" -> {
          boolean swapped = own.chance(0.5);
          changed.addAll(own.shuffled(swapped ? last : first));
          changed.addAll(own.shuffled(swapped ? first : last));
        }
        default -> {
          changed.addAll(last);
          changed.addAll(first);
        }
      }
      return request.withTools(changed);
    };
  }

  /**
   * Writes the members of tools' schemas in another order.
   *
   * @param only the one tool that has it, or -1 for all
   * @param deep in all objects of the schema, not only among its properties
   */
  static Defect schemaKeyOrder(int only, boolean deep, Every every, Draw choices) {
    return (request, firstMessage, moment) -> {
      Draw own = choices.fork(moment.number(every));
      List<Tool> tools = new ArrayList<>(request.tools());
      for (int i = 0; i < tools.size(); i++) {
        if (only < 0 || i == only) {
          Tool tool = tools.get(i);
          Map<String, Object> schema = new LinkedHashMap<>(tool.schema());
          if (deep) {
            schema = shuffled(schema, own);
          } else {
            schema.replace("properties", shuffledTop(schema.get("properties"), own));
          }
          tools.set(i, new Tool(tool.name(), tool.description(), schema));
        }
      }
      return request.withTools(tools);
    };
  }

  private static Map<String, Object> shuffledTop(@Nullable Object object, Draw own) {
    Map<String, Object> shuffled = new LinkedHashMap<>();
    if (object instanceof Map<?, ?> map) {
      for (Map.Entry<?, ?> member : own.shuffled(List.copyOf(map.entrySet()))) {
        shuffled.put((String) member.getKey(), member.getValue());
      }
    }
    return shuffled;
  }

  private static Map<String, Object> shuffled(Map<?, ?> object, Draw own) {
    Map<String, Object> shuffled = shuffledTop(object, own);
    shuffled.replaceAll(
        (name, value) -> value instanceof Map<?, ?> map ? shuffled(map, own) : value);
    return shuffled;
  }

  /**
   * Leaves an image out of the first message, or not.
   *
   * @param style "toggled" by request, "conversation" by conversation, or "forgotten": only the
   *     first request of a conversation has it
   * @param before whether it stands before the message's text
   */
  static Defect image(String style, Image image, boolean before, Draw choices) {
    return (request, firstMessage, moment) -> {
      boolean shown =
          switch (style) {
            case "forgotten" -> moment.turn() == 0;
            case "conversation" -> choices.fork(moment.conversation()).chance(0.5);
            default -> choices.fork(moment.request()).chance(0.6);
          };
      if (!shown) {
        return request;
      }
      Message message = request.messages().get(firstMessage);
      List<Part> parts = new ArrayList<>(message.parts());
      parts.add(before ? 0 : 1, image);
      return request.withMessage(firstMessage, new Message(message.role(), parts));
    };
  }

  /**
   * Sends another value of a parameter.
   *
   * @param byTurn the first value in the first request of a conversation, the second thereafter
   */
  static Defect parameter(List<Map<String, Object>> values, boolean byTurn, Draw choices) {
    return (request, firstMessage, moment) -> {
      Map<String, Object> parameters = new LinkedHashMap<>(request.parameters());
      parameters.putAll(
          byTurn
              ? values.get(Math.min(1, moment.turn()))
              : choices.fork(moment.request()).pick(values));
      return request.withParameters(parameters);
    };
  }
}

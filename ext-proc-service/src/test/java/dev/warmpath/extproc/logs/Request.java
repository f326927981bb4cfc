package dev.warmpath.extproc.logs;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

/**
 * A request before it is written in a {@link Format}.
 *
 * @param system chunks of the system prompt: messages or blocks where the format has them
 * @param parameters merged into the body at its top level
 */
record Request(
    String model,
    List<Tool> tools,
    List<String> system,
    List<Message> messages,
    Map<String, Object> parameters) {

  /**
   * @param schema of its parameters
   */
  record Tool(String name, String description, Map<String, Object> schema) {}

  /**
   * @param role "user", "assistant" or "tool"
   */
  record Message(String role, List<Part> parts) {

    static Message of(String role, String text) {
      return new Message(role, List.of(new Text(text)));
    }
  }

  /** What a message consists of. */
  sealed interface Part {}

  record Text(String text) implements Part {}

  record Image(String mediaType, String base64) implements Part {}

  record Call(String id, String tool, Map<String, Object> arguments) implements Part {}

  record Result(String id, String tool, String text) implements Part {}

  Request withTools(List<Tool> other) {
    return new Request(model, other, system, messages, parameters);
  }

  Request withParameters(Map<String, Object> other) {
    return new Request(model, tools, system, messages, other);
  }

  Request withMessage(int index, Message message) {
    List<Message> changed = new ArrayList<>(messages);
    changed.set(index, message);
    return new Request(model, tools, system, changed, parameters);
  }

  /** Changes system prompt, tools' descriptions, and the text of one message. */
  Request mapText(int message, UnaryOperator<String> change) {
    List<Part> parts = new ArrayList<>();
    for (Part part : messages.get(message).parts()) {
      parts.add(part instanceof Text(String text) ? new Text(change.apply(text)) : part);
    }
    return new Request(
            model,
            tools.stream()
                .map(t -> new Tool(t.name(), change.apply(t.description()), t.schema()))
                .toList(),
            system.stream().map(change).toList(),
            messages,
            parameters)
        .withMessage(message, new Message(messages.get(message).role(), parts));
  }

  /** The text of a message up to what is none. */
  String leadingText(int message) {
    StringBuilder text = new StringBuilder();
    for (Part part : messages.get(message).parts()) {
      if (!(part instanceof Text(String piece))) {
        break;
      }
      text.append(piece);
    }
    return text.toString();
  }
}

package dev.warmpath.extproc.logs;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.warmpath.extproc.logs.Request.Call;
import dev.warmpath.extproc.logs.Request.Image;
import dev.warmpath.extproc.logs.Request.Message;
import dev.warmpath.extproc.logs.Request.Part;
import dev.warmpath.extproc.logs.Request.Result;
import dev.warmpath.extproc.logs.Request.Text;
import dev.warmpath.extproc.logs.Request.Tool;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** How an API writes a request. */
enum Format {
  CHAT("/v1/chat/completions", "gpt-5.5", "meta-llama/Llama-4-70B-Instruct", "helpdesk-lora-v3"),
  MESSAGES_STRING("/v1/messages", "claude-sonnet-4-5", "claude-opus-5-5"),
  MESSAGES_BLOCKS("/v1/messages", "claude-sonnet-4-5", "claude-haiku-5-5"),
  RESPONSES("/v1/responses", "gpt-5.6", "gpt-6-sol"),
  GEMINI("/v1beta/models/%s:generateContent", "gemini-2.5-flash", "gemini-3.1-pro-preview"),
  CONVERSE(
      "/model/%s/converse", "anthropic.claude-sonnet-4-5-20250929-v1:0", "amazon.nova-pro-v1:0");

  private final String path;

  @SuppressWarnings("ImmutableEnumChecker") // made by List.of
  private final List<String> models;

  Format(String path, String... models) {
    this.path = path;
    this.models = List.of(models);
  }

  List<String> models() {
    return models;
  }

  /** Whether the path names the model, so that a log has only one. */
  boolean modelInPath() {
    return this == GEMINI || this == CONVERSE;
  }

  String path(String model) {
    return path.formatted(model);
  }

  /** The elements of {@code tools}, as they stand in the body. */
  List<Map<String, Object>> tools(Request request) {
    List<Map<String, Object>> tools = new ArrayList<>();
    for (Tool tool : request.tools()) {
      tools.add(tool(tool));
    }
    return this == GEMINI && !tools.isEmpty()
        ? List.of(object("functionDeclarations", tools))
        : tools;
  }

  /** Canonical texts of all segments of that name. */
  List<byte[]> segments(String name, Request request) {
    List<byte[]> texts = new ArrayList<>();
    switch (name) {
      case "tools" -> tools(request).forEach(tool -> texts.add(JsonText.framed(tool)));
      case "system" -> systemTexts(request).forEach(text -> texts.add(text.getBytes(UTF_8)));
      case "messages" -> {
        for (int i = 0; i < request.messages().size(); i++) {
          texts.add(request.leadingText(i).getBytes(UTF_8));
        }
      }
      default -> throw new IllegalArgumentException("segments: " + name);
    }
    return texts;
  }

  private List<String> systemTexts(Request request) {
    if (request.system().isEmpty()) {
      return List.of();
    }
    return switch (this) {
      case CHAT, RESPONSES -> request.system();
      case MESSAGES_STRING, MESSAGES_BLOCKS, GEMINI, CONVERSE ->
          List.of(String.join("", request.system()));
    };
  }

  /** The body as a tree of maps, lists, strings, numbers and booleans. */
  Map<String, Object> body(Request request) {
    Map<String, Object> body =
        switch (this) {
          case CHAT -> chat(request);
          case MESSAGES_STRING, MESSAGES_BLOCKS -> messages(request);
          case RESPONSES -> responses(request);
          case GEMINI -> gemini(request);
          case CONVERSE -> converse(request);
        };
    merge(body, request.parameters());
    return body;
  }

  @SuppressWarnings("unchecked")
  private static void merge(Map<String, Object> into, Map<String, Object> from) {
    from.forEach(
        (name, value) -> {
          if (value instanceof Map<?, ?> inner && into.get(name) instanceof Map<?, ?> there) {
            merge((Map<String, Object>) there, (Map<String, Object>) inner);
          } else {
            into.put(name, value instanceof Map<?, ?> map ? new LinkedHashMap<>(map) : value);
          }
        });
  }

  static Map<String, Object> object(Object... namesAndValues) {
    Map<String, Object> object = new LinkedHashMap<>();
    for (int i = 0; i < namesAndValues.length; i += 2) {
      object.put((String) namesAndValues[i], namesAndValues[i + 1]);
    }
    return object;
  }

  private Map<String, Object> tool(Tool tool) {
    return switch (this) {
      case CHAT ->
          object(
              "type",
              "function",
              "function",
              object(
                  "name", tool.name(),
                  "description", tool.description(),
                  "parameters", tool.schema()));
      case MESSAGES_STRING, MESSAGES_BLOCKS ->
          object(
              "name", tool.name(),
              "description", tool.description(),
              "input_schema", tool.schema());
      case RESPONSES ->
          object(
              "type", "function",
              "name", tool.name(),
              "description", tool.description(),
              "parameters", tool.schema());
      case GEMINI ->
          object(
              "name", tool.name(),
              "description", tool.description(),
              "parameters", tool.schema());
      case CONVERSE ->
          object(
              "toolSpec",
              object(
                  "name", tool.name(),
                  "description", tool.description(),
                  "inputSchema", object("json", tool.schema())));
    };
  }

  private Map<String, Object> chat(Request request) {
    List<Object> messages = new ArrayList<>();
    request.system().forEach(text -> messages.add(object("role", "system", "content", text)));
    for (Message message : request.messages()) {
      Part first = message.parts().getFirst();
      if (first instanceof Result(String id, _, String text)) {
        messages.add(object("role", "tool", "tool_call_id", id, "content", text));
      } else if (first instanceof Call(String id, String tool, Map<String, Object> arguments)) {
        Object function = object("name", tool, "arguments", new String(json(arguments), UTF_8));
        messages.add(
            object(
                "role",
                "assistant",
                "tool_calls",
                List.of(object("id", id, "type", "function", "function", function))));
      } else {
        messages.add(object("role", message.role(), "content", content(message, Format::chatPart)));
      }
    }
    Map<String, Object> body = object("model", request.model(), "messages", messages);
    if (!request.tools().isEmpty()) {
      body.put("tools", tools(request));
    }
    return body;
  }

  private static Object chatPart(Part part) {
    return switch (part) {
      case Text(String text) -> object("type", "text", "text", text);
      case Image(String mediaType, String base64) ->
          object(
              "type",
              "image_url",
              "image_url",
              object("url", "data:" + mediaType + ";base64," + base64));
      case Call _, Result _ -> throw new IllegalArgumentException("stands alone: " + part);
    };
  }

  private interface PartWriter {
    Object write(Part part);
  }

  /** A string where the message is one text. */
  private static Object content(Message message, PartWriter writer) {
    return message.parts().size() == 1 && message.parts().getFirst() instanceof Text(String text)
        ? text
        : message.parts().stream().map(writer::write).toList();
  }

  private Map<String, Object> messages(Request request) {
    List<Object> messages = new ArrayList<>();
    for (Message message : request.messages()) {
      Object content =
          this == MESSAGES_STRING
              ? content(message, Format::messagesPart)
              : message.parts().stream().map(Format::messagesPart).toList();
      String role = message.role().equals("tool") ? "user" : message.role();
      messages.add(object("role", role, "content", content));
    }
    Map<String, Object> body =
        object("model", request.model(), "max_tokens", 2048, "messages", messages);
    if (!request.system().isEmpty()) {
      body.put(
          "system",
          this == MESSAGES_STRING
              ? String.join("", request.system())
              : request.system().stream().map(t -> object("type", "text", "text", t)).toList());
    }
    if (!request.tools().isEmpty()) {
      body.put("tools", tools(request));
    }
    return body;
  }

  private static Object messagesPart(Part part) {
    return switch (part) {
      case Text(String text) -> object("type", "text", "text", text);
      case Image(String mediaType, String base64) ->
          object(
              "type",
              "image",
              "source",
              object("type", "base64", "media_type", mediaType, "data", base64));
      case Call(String id, String tool, Map<String, Object> arguments) ->
          object("type", "tool_use", "id", id, "name", tool, "input", arguments);
      case Result(String id, _, String text) ->
          object("type", "tool_result", "tool_use_id", id, "content", text);
    };
  }

  private Map<String, Object> responses(Request request) {
    List<Object> items = new ArrayList<>();
    for (int i = 1; i < request.system().size(); i++) {
      items.add(object("role", "developer", "content", request.system().get(i)));
    }
    for (Message message : request.messages()) {
      Part first = message.parts().getFirst();
      if (first instanceof Result(String id, _, String text)) {
        items.add(object("type", "function_call_output", "call_id", id, "output", text));
      } else if (first instanceof Call(String id, String tool, Map<String, Object> arguments)) {
        items.add(
            object(
                "type",
                "function_call",
                "call_id",
                id,
                "name",
                tool,
                "arguments",
                new String(json(arguments), UTF_8)));
      } else {
        String text = message.role().equals("assistant") ? "output_text" : "input_text";
        items.add(
            object(
                "type",
                "message",
                "role",
                message.role(),
                "content",
                message.parts().stream().map(part -> responsesPart(part, text)).toList()));
      }
    }
    Map<String, Object> body = object("model", request.model());
    if (!request.system().isEmpty()) {
      body.put("instructions", request.system().getFirst());
    }
    body.put("input", items);
    if (!request.tools().isEmpty()) {
      body.put("tools", tools(request));
    }
    body.put("store", false);
    return body;
  }

  private static Object responsesPart(Part part, String textType) {
    return part instanceof Image(String mediaType, String base64)
        ? object("type", "input_image", "image_url", "data:" + mediaType + ";base64," + base64)
        : object("type", textType, "text", ((Text) part).text());
  }

  private Map<String, Object> gemini(Request request) {
    List<Object> contents = new ArrayList<>();
    for (Message message : request.messages()) {
      contents.add(
          object(
              "role",
              message.role().equals("assistant") ? "model" : "user",
              "parts",
              message.parts().stream().map(Format::geminiPart).toList()));
    }
    Map<String, Object> body = object("contents", contents);
    if (!request.system().isEmpty()) {
      body.put(
          "systemInstruction",
          object("parts", request.system().stream().map(t -> object("text", t)).toList()));
    }
    if (!request.tools().isEmpty()) {
      body.put("tools", tools(request));
    }
    return body;
  }

  private static Object geminiPart(Part part) {
    return switch (part) {
      case Text(String text) -> object("text", text);
      case Image(String mediaType, String base64) ->
          object("inlineData", object("mimeType", mediaType, "data", base64));
      case Call(_, String tool, Map<String, Object> arguments) ->
          object("functionCall", object("name", tool, "args", arguments));
      case Result(_, String tool, String text) ->
          object("functionResponse", object("name", tool, "response", object("result", text)));
    };
  }

  private Map<String, Object> converse(Request request) {
    List<Object> messages = new ArrayList<>();
    for (Message message : request.messages()) {
      messages.add(
          object(
              "role",
              message.role().equals("tool") ? "user" : message.role(),
              "content",
              message.parts().stream().map(Format::conversePart).toList()));
    }
    Map<String, Object> body = object("messages", messages);
    if (!request.system().isEmpty()) {
      body.put("system", request.system().stream().map(t -> object("text", t)).toList());
    }
    body.put("inferenceConfig", object("maxTokens", 1024));
    if (!request.tools().isEmpty()) {
      body.put("toolConfig", object("tools", tools(request)));
    }
    return body;
  }

  private static Object conversePart(Part part) {
    return switch (part) {
      case Text(String text) -> object("text", text);
      case Image(String mediaType, String base64) ->
          object(
              "image",
              object(
                  "format", mediaType.substring("image/".length()),
                  "source", object("bytes", base64)));
      case Call(String id, String tool, Map<String, Object> arguments) ->
          object("toolUse", object("toolUseId", id, "name", tool, "input", arguments));
      case Result(String id, _, String text) ->
          object(
              "toolResult",
              object(
                  "toolUseId", id, "content", List.of(object("text", text)), "status", "success"));
    };
  }

  private static byte[] json(Map<String, Object> value) {
    return JsonText.write(value, JsonText.Spelling.COMPACT);
  }
}

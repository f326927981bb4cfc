package dev.warmpath.extproc.prompt;

import static dev.warmpath.extproc.prompt.Json.arr;
import static dev.warmpath.extproc.prompt.Json.obj;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Supplier;

/** Sound requests of every dialect, at random. */
public final class Requests {

  private static final String[] PIECES = {
    "a",
    "tool",
    " ",
    "\n",
    "\"",
    "\\",
    "/",
    "\u0000",
    "\u001f",
    "\u007f",
    "é",
    "ß",
    "\u07ff",
    "\u0800",
    "日本語",
    "\ud7ff",
    "\ue000",
    "\ufeff",
    "\uffff",
    "😀",
    "\udbff\udfff",
    "\u2028",
    "The quick brown fox jumps over the lazy dog. ",
    "12345678",
    "{\"a\":[1,2]}",
  };

  private final Random random;

  public Requests(Random random) {
    this.random = random;
  }

  public Json.Obj request(Dialect dialect) {
    return switch (dialect) {
      case OPENAI_CHAT -> openAi();
      case ANTHROPIC_MESSAGES -> anthropic();
      case OPENAI_COMPLETIONS -> inputs("prompt");
      case OPENAI_EMBEDDINGS -> inputs("input");
      case OPENAI_RESPONSES -> responses();
      case BEDROCK_CONVERSE -> converse();
      case GEMINI -> gemini();
    };
  }

  /** Whether a prompt of the dialect is made of messages. */
  public static boolean hasMessages(Dialect dialect) {
    return dialect != Dialect.OPENAI_COMPLETIONS && dialect != Dialect.OPENAI_EMBEDDINGS;
  }

  /** The member that holds the messages, or the prompt without any. */
  public static String messagesMember(Dialect dialect) {
    return switch (dialect) {
      case OPENAI_CHAT, ANTHROPIC_MESSAGES, BEDROCK_CONVERSE -> "messages";
      case OPENAI_RESPONSES, OPENAI_EMBEDDINGS -> "input";
      case OPENAI_COMPLETIONS -> "prompt";
      case GEMINI -> "contents";
    };
  }

  /** A message of the user, in parts. */
  public static Json.Obj userMessage(Dialect dialect, List<String> texts) {
    List<Json> parts = new ArrayList<>();
    for (String text : texts) {
      parts.add(
          switch (dialect) {
            case OPENAI_CHAT, ANTHROPIC_MESSAGES, OPENAI_COMPLETIONS, OPENAI_EMBEDDINGS ->
                obj("type", "text", "text", text);
            case OPENAI_RESPONSES -> obj("type", "input_text", "text", text);
            case BEDROCK_CONVERSE, GEMINI -> obj("text", text);
          });
    }
    return (Json.Obj)
        obj("role", "user", dialect == Dialect.GEMINI ? "parts" : "content", new Json.Arr(parts));
  }

  /** The request with other messages. */
  public static Json.Obj withMessages(Json.Obj request, Dialect dialect, List<Json> messages) {
    return request.with(messagesMember(dialect), new Json.Arr(List.copyOf(messages)));
  }

  /** The request with nothing to answer but this text of the user. */
  public static Json.Obj withUserText(Json.Obj request, Dialect dialect, String text) {
    return hasMessages(dialect)
        ? withMessages(request, dialect, List.of(userMessage(dialect, List.of(text))))
        : request.with(messagesMember(dialect), new Json.Str(text));
  }

  /** The request with other tools; only of a dialect that has messages. */
  public static Json.Obj withTools(Json.Obj request, Dialect dialect, Json... tools) {
    Json list = new Json.Arr(List.of(tools));
    return dialect == Dialect.BEDROCK_CONVERSE
        ? request.with("toolConfig", obj("tools", list))
        : request.with("tools", list);
  }

  /** Turns the members of the request and of its messages round. */
  public Json.Obj reordered(Json.Obj request) {
    Json.Obj changed = request;
    for (String name : List.of("messages", "contents", "input")) {
      if (request.get(name).orElse(null) instanceof Json.Arr(List<Json> messages)) {
        List<Json> shuffled = new ArrayList<>();
        for (Json message : messages) {
          // Of an item that is no message the order counts.
          shuffled.add(
              message instanceof Json.Obj object
                      && (!name.equals("input") || object.get("role").isPresent())
                  ? object.shuffled(random)
                  : message);
        }
        changed = changed.with(name, new Json.Arr(shuffled));
      }
    }
    for (String name : List.of("toolConfig", "generationConfig", "text")) {
      // Of Gemini's, a parameter, the order counts.
      boolean parameter = name.equals("toolConfig") && request.get("contents").isPresent();
      if (!parameter && changed.get(name).orElse(null) instanceof Json.Obj nested) {
        changed = changed.with(name, nested.shuffled(random));
      }
    }
    return changed.shuffled(random);
  }

  private Json.Obj inputs(String member) {
    Json.Obj request = (Json.Obj) obj("model", "m-" + random.nextInt(3));
    request =
        request.with(
            member,
            switch (random.nextInt(4)) {
              case 0 -> some(3, () -> new Json.Str(text()));
              case 1 -> some(5, this::tokenId);
              case 2 -> some(3, () -> list(4, this::tokenId));
              default -> new Json.Str(text());
            });
    request = maybe(request, "cache_salt", () -> new Json.Str(text()));
    request = maybe(request, "user", () -> new Json.Str(text()));
    request = maybe(request, "add_special_tokens", () -> new Json.Raw("false"));
    request = maybe(request, "temperature", () -> json(1));
    if (member.equals("prompt")) {
      request = maybe(request, "suffix", () -> new Json.Str(text()));
      request = maybe(request, "max_tokens", () -> new Json.Raw("16"));
      request = maybe(request, "lora_path", () -> new Json.Str(text()));
      request = maybe(request, "session_params", () -> obj("id", text()));
      request = maybe(request, "session_id", () -> new Json.Str(text()));
    }
    return request;
  }

  private Json tokenId() {
    return new Json.Raw("" + random.nextInt(130_000));
  }

  private Json.Obj responses() {
    Json.Obj request = (Json.Obj) obj("model", "g-" + random.nextInt(3));
    request =
        request.with("input", chance(4) ? new Json.Str(text()) : some(5, this::responsesItem));
    request = maybe(request, "instructions", () -> new Json.Str(text()));
    request = maybe(request, "tools", () -> list(3, this::responsesTool));
    request = maybe(request, "stream", () -> new Json.Raw("true"));
    request = maybe(request, "max_output_tokens", () -> new Json.Raw("300"));
    request = maybe(request, "text", () -> obj("format", json(2), "verbosity", json(1)));
    request = maybe(request, "reasoning", () -> obj("effort", text()));
    request = maybe(request, "tool_choice", () -> json(2));
    request = maybe(request, "prompt", () -> obj("id", text(), "variables", json(2)));
    request = maybe(request, "cache_salt", () -> new Json.Str(text()));
    return switch (random.nextInt(8)) {
      case 0 -> request.with("previous_response_id", new Json.Str("resp_" + text()));
      case 1 -> request.with("conversation", obj("id", text()));
      default -> request;
    };
  }

  private Json responsesTool() {
    return obj("type", "function", "name", text(), "parameters", json(3), "strict", json(0));
  }

  private Json responsesItem() {
    return switch (random.nextInt(9)) {
      case 0 ->
          obj("type", "function_call", "call_id", text(), "name", text(), "arguments", text());
      case 1 -> obj("type", "function_call_output", "call_id", text(), "output", text());
      case 2 ->
          obj("output", list(3, this::responsesBlock), "type", "custom_tool_call_output", "id", 1);
      case 3 -> obj("type", "reasoning", "id", text(), "summary", json(2), "status", json(0));
      case 4 -> obj("id", text(), "type", chance(2) ? "item_reference" : text());
      default -> {
        String[] roles = {"system", "developer", "user", "user", "assistant", "critic"};
        Json.Obj message =
            (Json.Obj)
                obj(
                    "role",
                    roles[random.nextInt(roles.length)],
                    "content",
                    content(this::responsesBlock));
        message = maybe(message, "type", () -> new Json.Str("message"));
        message = maybe(message, "id", () -> json(1));
        yield maybe(message, "status", () -> new Json.Str("completed"));
      }
    };
  }

  private Json responsesBlock() {
    Json.Obj block =
        (Json.Obj)
            switch (random.nextInt(6)) {
              case 0 -> obj("type", "input_image", "image_url", text(), "detail", "auto");
              case 1 -> obj("type", "input_file", "file_data", text());
              case 2 -> obj("type", "output_text", "text", text(), "annotations", json(1));
              case 3 -> obj("type", "output_text", "text", text());
              default -> obj("text", text(), "type", "input_text");
            };
    return chance(6)
        ? block.with(
            "prompt_cache_breakpoint", chance(4) ? new Json.Raw("null") : obj("mode", "explicit"))
        : block;
  }

  private Json.Obj converse() {
    Json.Obj request = (Json.Obj) obj("messages", some(5, this::converseMessage));
    request = maybe(request, "system", () -> list(4, this::converseText));
    if (chance(3)) {
      Json.Obj config = (Json.Obj) obj("tools", list(4, this::converseTool));
      request = request.with("toolConfig", maybe(config, "toolChoice", () -> json(2)));
    }
    request = maybe(request, "inferenceConfig", () -> obj("maxTokens", 512, "x", json(1)));
    request = maybe(request, "additionalModelRequestFields", () -> json(3));
    request = maybe(request, "outputConfig", () -> json(2));
    return maybe(request, "promptVariables", () -> json(2));
  }

  private Json converseTool() {
    return chance(4) ? cachePoint() : obj("toolSpec", obj("name", text(), "inputSchema", json(3)));
  }

  private Json cachePoint() {
    Json.Obj point = (Json.Obj) obj("type", "default");
    return obj("cachePoint", chance(3) ? point.with("ttl", new Json.Str("1h")) : point);
  }

  private Json converseText() {
    return chance(4) ? cachePoint() : obj("text", text());
  }

  private Json converseMessage() {
    return obj("role", chance(2) ? "user" : "assistant", "content", list(5, this::converseBlock));
  }

  private Json converseBlock() {
    return switch (random.nextInt(10)) {
      case 0 -> converseMedium();
      case 1 -> obj("document", obj("name", text(), "source", obj("text", text())));
      case 2 -> obj("document", obj("name", text(), "source", obj("bytes", text())));
      case 3 -> obj("toolUse", obj("toolUseId", text(), "name", text(), "input", json(3)));
      case 4 ->
          obj(
              "toolResult",
              obj(
                  "toolUseId",
                  text(),
                  "content",
                  list(3, () -> chance(2) ? converseMedium() : obj("json", json(2)))));
      case 5 -> obj("reasoningContent", obj("reasoningText", json(2)));
      case 6 -> obj("guardContent", json(2));
      default -> converseText();
    };
  }

  private Json converseMedium() {
    return chance(3)
        ? obj("video", obj("format", "mp4", "source", obj("s3Location", json(1))))
        : obj("image", obj("format", "png", "source", obj("bytes", text())));
  }

  private Json.Obj gemini() {
    boolean snake = chance(2);
    Json.Obj request = (Json.Obj) obj("contents", some(5, () -> geminiContent(snake)));
    request = maybe(request, "model", () -> new Json.Str("models/g"));
    request =
        maybe(
            request,
            snake ? "system_instruction" : "systemInstruction",
            () -> obj("role", text(), "parts", list(3, () -> geminiPart(snake))));
    request = maybe(request, "tools", () -> list(2, () -> obj("functionDeclarations", json(3))));
    request = maybe(request, snake ? "tool_config" : "toolConfig", () -> json(2));
    request =
        maybe(
            request, snake ? "cached_content" : "cachedContent", () -> new Json.Str("c/" + text()));
    return maybe(
        request,
        snake ? "generation_config" : "generationConfig",
        () ->
            obj(
                snake ? "max_output_tokens" : "maxOutputTokens",
                99,
                snake ? "thinking_config" : "thinkingConfig",
                json(1),
                snake ? "response_schema" : "responseJsonSchema",
                json(2)));
  }

  private Json geminiContent(boolean snake) {
    String[] roles = {"user", "user", "model", "model", "function", "critic"};
    Json.Obj content = (Json.Obj) obj("parts", list(4, () -> geminiPart(snake)));
    return chance(5)
        ? content
        : content.with("role", new Json.Str(roles[random.nextInt(roles.length)]));
  }

  private Json geminiPart(boolean snake) {
    return switch (random.nextInt(10)) {
      case 0 ->
          obj(
              snake ? "inline_data" : "inlineData",
              obj(
                  snake ? "mime_type" : "mimeType",
                  chance(2) ? "image/png" : "application/pdf",
                  "data",
                  text()));
      case 1 -> obj(snake ? "file_data" : "fileData", obj("fileUri", text(), "mimeType", text()));
      case 2 -> obj("text", text(), "thought", json(0), "thoughtSignature", text());
      case 3 -> obj("thought", new Json.Raw(chance(2) ? "false" : "null"), "text", text());
      case 4 -> obj(snake ? "function_call" : "functionCall", obj("name", text(), "args", json(2)));
      case 5 ->
          obj(
              snake ? "function_response" : "functionResponse",
              obj("name", text(), "response", json(2), "parts", list(2, () -> geminiPart(snake))));
      case 6 -> obj("executableCode", json(2));
      default -> obj("text", text());
    };
  }

  private Json.Obj maybe(Json.Obj object, String name, Supplier<Json> value) {
    return chance(4) ? object.with(name, value.get()) : object;
  }

  private Json.Obj openAi() {
    Json.Obj request = (Json.Obj) obj("model", "m-" + random.nextInt(3));
    if (chance(2)) {
      request = request.with("tools", list(3, this::openAiTool));
    }
    List<Json> messages = new ArrayList<>();
    while (messages.isEmpty() || !chance(4)) {
      messages.add(openAiMessage());
    }
    request = request.with("messages", new Json.Arr(messages));
    if (chance(2)) {
      request = request.with("stream", new Json.Raw("true"));
    }
    if (chance(3)) {
      request = request.with("max_tokens", new Json.Raw("" + random.nextInt(5000)));
    }
    if (chance(4)) {
      request = request.with("max_completion_tokens", new Json.Raw("" + random.nextInt(5000)));
    }
    if (chance(3)) {
      request = request.with("tool_choice", new Json.Str("auto"));
    }
    if (chance(4)) {
      request = request.with("reasoning_effort", new Json.Str(text()));
    }
    if (chance(5)) {
      request = request.with("response_format", json(3));
    }
    if (chance(5)) {
      request = request.with("cache_salt", new Json.Str(text()));
    }
    if (chance(3)) {
      request = request.with("temperature", json(1));
    }
    request =
        maybe(
            request,
            "stream_options",
            () -> chance(3) ? json(1) : obj(chance(3) ? "other" : "include_usage", json(0)));
    request = maybe(request, "n", () -> chance(2) ? new Json.Raw("1") : json(0));
    request = maybe(request, "user", () -> new Json.Str(text()));
    request = maybe(request, "session_id", () -> new Json.Str(text()));
    request = maybe(request, "session_params", () -> obj("id", text()));
    request = maybe(request, "cache_control", this::marker);
    String[] parameters = {
      "chat_template",
      "chat_template_kwargs",
      "documents",
      "functions",
      "lora_path",
      "mm_processor_kwargs",
      "web_search_options",
      "thinking",
      "reasoning",
      "verbosity",
      "function_call"
    };
    return maybe(request, parameters[random.nextInt(parameters.length)], () -> json(2));
  }

  private Json.Obj anthropic() {
    Json.Obj request = (Json.Obj) obj("model", "c-" + random.nextInt(3), "max_tokens", 5);
    if (chance(2)) {
      request = request.with("tools", list(3, this::anthropicTool));
    }
    if (chance(3)) {
      request = request.with("system", new Json.Str(text()));
    } else if (chance(2)) {
      request = request.with("system", list(3, this::textBlock));
    }
    List<Json> messages = new ArrayList<>();
    while (messages.isEmpty() || !chance(4)) {
      messages.add(
          obj("role", chance(2) ? "user" : "assistant", "content", content(this::anthropicBlock)));
    }
    request = request.with("messages", new Json.Arr(messages));
    if (chance(4)) {
      request = request.with("tool_choice", obj("type", "any"));
    }
    if (chance(4)) {
      request = request.with("thinking", obj("type", "enabled", "budget_tokens", 1024));
    }
    if (chance(4)) {
      request = request.with("output_config", json(2));
    }
    if (chance(5)) {
      request = request.with("cache_control", marker());
    }
    if (chance(4)) {
      request = request.with("metadata", chance(2) ? json(3) : obj("user_id", text()));
    }
    String[] parameters = {"mcp_servers", "container", "speed", "context_management"};
    return maybe(request, parameters[random.nextInt(parameters.length)], () -> json(2));
  }

  private Json openAiTool() {
    Json.Obj tool =
        (Json.Obj) obj("type", "function", "function", obj("name", text(), "parameters", json(3)));
    return chance(4) ? tool.with("cache_control", marker()) : tool;
  }

  private Json anthropicTool() {
    Json.Obj tool = (Json.Obj) obj("name", text(), "input_schema", json(3));
    return chance(4) ? tool.with("cache_control", marker()) : tool;
  }

  private Json openAiMessage() {
    String[] roles = {"system", "developer", "user", "assistant", "tool", "function", "guest"};
    Json.Obj message = (Json.Obj) obj("role", roles[random.nextInt(roles.length)]);
    if (!chance(8)) {
      message = message.with("content", content(this::openAiBlock));
    } else {
      message = message.with("content", new Json.Raw("null"));
    }
    if (chance(5)) {
      message = message.with("name", new Json.Str(text()));
    }
    if (chance(4)) {
      message =
          message.with(
              "tool_calls",
              arr(obj("id", "1", "function", obj("name", text(), "arguments", text()))));
    }
    if (chance(5)) {
      message = message.with("tool_call_id", new Json.Str(text()));
    }
    if (chance(6)) {
      message = message.with("refusal", new Json.Raw("null"));
    }
    if (chance(6)) {
      message = message.with("x_" + random.nextInt(100), json(2));
    }
    return message;
  }

  private Json content(Supplier<Json> block) {
    return chance(2) ? new Json.Str(text()) : list(4, block);
  }

  private Json textBlock() {
    Json.Obj block = (Json.Obj) obj("type", "text", "text", text());
    if (chance(4)) {
      block = block.with("cache_control", marker());
    }
    if (chance(6)) {
      block = block.with("citations", chance(2) ? new Json.Raw("null") : json(2));
    }
    return chance(4) ? block.shuffled(random) : block;
  }

  private Json openAiBlock() {
    return switch (random.nextInt(6)) {
      case 0 -> obj("type", "image_url", "image_url", obj("url", text()));
      case 1 -> obj("type", "input_audio", "input_audio", obj("data", text()));
      case 2 -> obj("type", "file", "file", obj("file_data", text()));
      case 3 -> obj("type", text(), "text", text());
      default -> textBlock();
    };
  }

  private Json anthropicBlock() {
    Json.Obj block =
        (Json.Obj)
            switch (random.nextInt(9)) {
              case 0 -> image();
              case 1 -> obj("type", "document", "source", obj("type", "text", "data", text()));
              case 2 -> obj("type", "document", "source", obj("type", "base64", "data", text()));
              case 3 -> obj("type", "tool_use", "id", text(), "name", text(), "input", json(3));
              case 4 ->
                  obj(
                      "type",
                      "tool_result",
                      "tool_use_id",
                      text(),
                      "content",
                      list(3, this::inner));
              case 5 -> obj("tool_use_id", text(), "content", text(), "type", "tool_result");
              case 6 -> obj("type", "thinking", "thinking", text(), "signature", text());
              default -> textBlock();
            };
    return chance(5) ? block.with("cache_control", marker()) : block;
  }

  private Json inner() {
    return switch (random.nextInt(3)) {
      case 0 -> image();
      case 1 -> textBlock();
      // No bare json(): there cache_control would have to be a marker.
      default -> obj("k", json(1));
    };
  }

  private Json image() {
    return obj("type", "image", "source", obj("type", "base64", "data", text()));
  }

  private Json marker() {
    return switch (random.nextInt(4)) {
      case 0 -> obj("type", "ephemeral", "ttl", "1h");
      case 1 -> obj("type", "ephemeral", "ttl", "5m");
      case 2 -> new Json.Raw("null");
      default -> obj("type", "ephemeral");
    };
  }

  private Json some(int most, Supplier<Json> element) {
    Json.Arr list = (Json.Arr) list(most - 1, element);
    list.elements().add(element.get());
    return list;
  }

  private Json list(int most, Supplier<Json> element) {
    List<Json> elements = new ArrayList<>();
    for (int i = random.nextInt(most + 1); i > 0; i--) {
      elements.add(element.get());
    }
    return new Json.Arr(elements);
  }

  private Json json(int depth) {
    return switch (random.nextInt(depth > 0 ? 7 : 4)) {
      case 0 -> new Json.Str(text());
      case 1 -> new Json.Raw(random.nextBoolean() ? "true" : "false");
      case 2 -> new Json.Raw("null");
      case 3 -> {
        String[] numbers = {
          "0", "-0", "1", "-12.50", "1e9", "1E-2", "0.1e+3", "123456789012345678"
        };
        yield new Json.Raw(numbers[random.nextInt(numbers.length)]);
      }
      case 4, 5 -> {
        Json.Obj object = (Json.Obj) obj();
        for (int i = random.nextInt(4); i > 0; i--) {
          object = object.with(chance(5) ? "cache_control" : text(), json(depth - 1));
        }
        yield object;
      }
      default -> list(3, () -> json(depth - 1));
    };
  }

  /** Any text, mostly short. */
  public String text() {
    StringBuilder text = new StringBuilder();
    for (int i = random.nextInt(chance(6) ? 40 : 5); i > 0; i--) {
      text.append(PIECES[random.nextInt(PIECES.length)]);
    }
    return text.toString();
  }

  private boolean chance(int oneIn) {
    return random.nextInt(oneIn) == 0;
  }
}

package dev.warmpath.extproc.usage;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Errors as the APIs write them, most of them quoted in public reports. */
class ErrorReaderTest {

  private record Case(String named, String body) {}

  private static Case error(String named, String body) {
    return new Case(named, body);
  }

  private static String anthropic(String message) {
    return "{\"type\":\"error\",\"error\":{\"type\":\"invalid_request_error\",\"message\":\"%s\"}}"
        .formatted(message);
  }

  private static String openAi(String message, String param) {
    return "{\"error\":{\"message\":\"%s\",\"type\":\"invalid_request_error\",\"param\":%s,\"code\":null}}"
        .formatted(message, param);
  }

  private static String google(String message) {
    return "{\"error\":{\"code\":400,\"message\":\"%s\",\"status\":\"INVALID_ARGUMENT\"}}"
        .formatted(message);
  }

  private static String pydantic(String loc, String input) {
    return "{\"type\":\"extra_forbidden\",\"loc\":[%s],\"msg\":\"Extra inputs are not permitted\",\"input\":%s}"
        .formatted(loc, input);
  }

  private static final List<Case> NAMED =
      List.of(
          // Anthropic and who takes its form.
          error(
              "cache_control", anthropic("system.0.cache_control: Extra inputs are not permitted")),
          error(
              "cache_control",
              anthropic("tools.3.custom.cache_control: Extra inputs are not permitted")),
          error("cache_control", anthropic("*.cache_control: Extra inputs are not permitted")),
          error(
              "cache_control",
              anthropic(
                  "messages.13.content.0.thinking.cache_control: Extra inputs are not permitted")),
          error(
              "cache_control",
              anthropic(
                  "messages.0.content.0.text: cache_control cannot be set for empty text blocks")),
          error(
              "cache_control",
              anthropic("A maximum of 4 blocks with cache_control may be provided. Found 5.")),
          error(
              "cache_control.ttl",
              anthropic("system.0.cache_control.ephemeral.ttl: Extra inputs are not permitted")),
          error("cache_control.ttl", anthropic("cache_control.ttl: Input should be '5m'")),
          error(
              "cache_control.ttl",
              anthropic(
                  "messages.0.content.0.cache_control.ttl: a ttl='1h' cache_control block must not"
                      + " come after a ttl='5m' cache_control block.")),
          error("ttl", anthropic("ttl: Extra inputs are not permitted")),
          // A server's own form, with the path of the request.
          error(
              "stream_options",
              "{\"timestamp\":\"2026-11-22T04:05:06Z\",\"status\":400,\"error\":\"Bad"
                  + " Request\",\"message\":\"JSON parse error: Unrecognized field"
                  + " \\\"stream_options\\\"\",\"path\":\"/v1/chat/completions\"}"),
          error(
              "cache_control",
              "{\"path\":\"/openai/deployments/a/chat/completions\",\"message\":\"cache_control is"
                  + " unknown\"}"),
          // OpenAI and who takes its form.
          error(
              "cache_control",
              openAi(
                  "Unknown parameter: 'messages[0].content[0].cache_control'.",
                  "\"messages[0].content[0].cache_control\"")),
          error(
              "prompt_cache_key",
              openAi("Unknown parameter: 'prompt_cache_key'.", "\"prompt_cache_key\"")),
          error(
              "stream_options",
              openAi("Unknown parameter: 'stream_options'.", "\"stream_options\"")),
          error(
              "stream_options.include_usage",
              openAi("Unknown parameter: 'stream_options.include_usage'.", "null")),
          error(
              "stream_options.include_usage",
              openAi("'stream_options' : property 'include_usage' is unsupported", "null")),
          error(
              "stream_options.include_usage",
              "{\"detail\":["
                  + pydantic("\"body\",\"stream_options\",\"include_usage\"", "true")
                  + "]}"),
          error("include_usage", openAi("Unrecognized request argument: include_usage", "null")),
          error("prompt_cache_key", openAi("Unknown parameter: 'prompt_cache_key'.", "null")),
          error(
              "prompt_cache_options",
              openAi(
                  "Unknown parameter: 'prompt_cache_options.ttl'.",
                  "\"prompt_cache_options.ttl\"")),
          error(
              "prompt_cache_breakpoint",
              openAi(
                  "Unknown parameter: 'input[0].content[1].prompt_cache_breakpoint'.",
                  "\"input[0].content[1].prompt_cache_breakpoint\"")),
          error(
              "cache_control",
              openAi("Unrecognized request argument supplied: cache_control", "null")),
          error("prompt_cache_key", openAi("property 'prompt_cache_key' is unsupported", "null")),
          error(
              "cache_control",
              openAi(
                  "'messages.0' : for 'role:system' the following must be"
                      + " satisfied[('messages.0.content.0' : property 'cache_control' is"
                      + " unsupported)]",
                  "null")),
          error(
              "cache_control",
              openAi(
                  "Parameter 'messages[0].content[0].cache_control' is not supported.",
                  "\"messages\"")),
          error(
              "cache_control.ttl",
              openAi(
                  "'messages.0.content.0.cache_control' : property 'ttl' is unsupported", "null")),
          // Google, where it takes others' forms.
          error(
              "prompt_cache_key",
              google(
                  "Invalid JSON payload received. Unknown name \\\"prompt_cache_key\\\": Cannot"
                      + " find field.")),
          error(
              "cache_control",
              google(
                  "Invalid JSON payload received. Unknown name \\\"type\\\" at"
                      + " 'request.system_instruction.parts[1]': Cannot find field.\\n"
                      + "Invalid JSON payload received. Unknown name \\\"cache_control\\\" at"
                      + " 'request.system_instruction.parts[1]': Cannot find field.")),
          error(
              "cache_control",
              "[{\"error\":{\"code\":400,\"details\":[{\"@type\":\"type.googleapis.com/google.rpc.BadRequest\","
                  + "\"fieldViolations\":[{\"field\":\"system_instruction.parts[1]\",\"description\":\"Unknown"
                  + " name \\\"cache_control\\\"\"}]}]}}]"),
          error(
              "cache_control",
              google(
                  "{\\\"type\\\":\\\"error\\\",\\\"error\\\":{\\\"type\\\":\\\"invalid_request_error\\\",\\\"message\\\":\\\"messages.1.content.0.text.cache_control:"
                      + " Extra inputs are not"
                      + " permitted\\\"},\\\"request_id\\\":\\\"req_vrtx_1\\\"}")),
          // Amazon.
          error(
              "cache_control",
              "{\"message\":\"Malformed input request: #: extraneous key [cache_control] is not"
                  + " permitted, please reformat your input and try again.\"}"),
          error(
              "cache_control.ttl",
              "{\"message\":\"Malformed input request: #/messages/0/content/0/cache_control:"
                  + " extraneous key [ttl] is not permitted, please reformat your input and try"
                  + " again.\"}"),
          error(
              "cachePoint.ttl",
              "{\"message\":\"The model returned the following errors: Malformed input request:"
                  + " #/system/1/cachePoint: extraneous key [ttl] is not permitted\"}"),
          error(
              "cachePoint",
              "{\"message\":\"1 validation error detected: Value at"
                  + " 'messages.1.member.content.2.member.cachePoint' failed to satisfy constraint:"
                  + " Member must not be null\"}"),
          // Mistral, vLLM and other validators by pydantic.
          error(
              "prompt_cache_key",
              "{\"object\":\"error\",\"message\":{\"detail\":[%s]},\"type\":\"invalid_request_error\",\"param\":null}"
                  .formatted(pydantic("\"body\",\"prompt_cache_key\"", "\"wp-0\""))),
          error(
              "cache_control",
              "{\"object\":\"Error\",\"detail\":[%1$s],\"message\":[%1$s],\"code\":3001}"
                  .formatted(
                      pydantic(
                          "\"body\",\"messages\",0,\"user\",\"content\",0,\"text\",\"cache_control\"",
                          "{}"))),
          error(
              "cache_salt",
              "{\"object\":\"error\",\"message\":\"[{'type': 'extra_forbidden', 'loc': ('body',"
                  + " 'cache_salt'), 'msg': 'Extra inputs are not permitted', 'input':"
                  + " 'ab'}]\",\"type\":\"BadRequestError\",\"param\":null,\"code\":400}"),
          error(
              "cache_salt",
              "{\"error\":{\"message\":\"[{'type': 'value_error', 'loc': ('body',), 'msg':"
                  + " \\\"Value error, Parameter 'cache_salt' must be a non-empty string if"
                  + " provided.\\\", 'input': {}}]\"}}"),
          error(
              "cache_control",
              "{\"detail\":\"1 validation error for UserMessage\\n"
                  + "messages.0.cache_control\\n"
                  + "  Extra inputs are not permitted [type=extra_forbidden, input_value={'type':"
                  + " 'ephemeral'}, input_type=dict]\"}"),
          error(
              "cache_control",
              "{\"error\":[{\"code\":\"unrecognized_keys\",\"keys\":[\"cache_control\"],\"path\":[\"messages\",0,\"content\"],\"message\":\"Unrecognized"
                  + " key(s) in object: 'cache_control'\"}]}"),
          error(
              "cache_control",
              "{\"errors\":[\"messages[0].content[0].cache_control is unknown\"]}"),
          // Those that write no JSON, and gateways before the others.
          error(
              "cache_control",
              "Failed to deserialize the JSON body into the target type: messages[0]: unknown field"
                  + " `cache_control`, expected one of `role`, `content` at line 1 column 40"),
          error(
              "cache_control.ttl",
              "{\"error\":{\"message\":\"Provider returned"
                  + " error\",\"code\":400,\"metadata\":{\"raw\":"
                  + "\"{\\\"type\\\":\\\"error\\\",\\\"error\\\":{\\\"message\\\":\\\"system.1.cache_control.ephemeral.ttl:"
                  + " Extra inputs are not permitted\\\"}}\",\"provider_name\":\"X\"}}}"),
          error(
              "session_id",
              "{\"error\":{\"message\":\"litellm.BadRequestError: XException -"
                  + " {\\\"error\\\":{\\\"message\\\":\\\"Unknown parameter: 'session_id'.\\\"}}."
                  + " Received Model Group=x\"}}"));

  /** A name is there, but not that of a member of ours. */
  private static final List<String> NOT_NAMED =
      List.of(
          anthropic("max_tokens: Field required"),
          anthropic("system.1.cache_control.ephemeral.scope: Extra inputs are not permitted"),
          anthropic("tools.0.custom.name: String should match pattern: 'cache_control tool'"),
          anthropic("tools.0.custom.name: cache_control"),
          anthropic(
              "tools.0.custom.input_schema.properties.cache_control: Input should be an object"),
          anthropic("tools.1.custom.input_schema: JSON schema is invalid: cache_control"),
          anthropic("tools: Tool names must be unique: cache_control"),
          anthropic(
              "messages.1.content.0.tool_use.input.session_id: Input should be a valid string"),
          anthropic("tool_choice: Tool 'cache_control' not found in provided tools"),
          anthropic("metadata.session_id: Extra inputs are not permitted"),
          anthropic("tools.0.custom.name: cache_control_reader"),
          openAi(
              "Invalid 'tools[0].function.name': 'session_id' is not a name.",
              "\"tools[0].function.name\""),
          openAi(
              "Invalid schema for function 'session_id': schema must be an object.",
              "\"tools[0].function.parameters\""),
          openAi(
              "Invalid schema for function 'look': In context=('properties', 'prompt_cache_key'),"
                  + " no type.",
              "null"),
          openAi("Unknown parameter: 'cache_hint'. Did you mean 'cache_control'?", "null"),
          openAi(
              "Unknown parameter: 'cache_hint'. Supported parameters: prompt_cache_key.", "null"),
          openAi(
              "Unknown parameter: 'metadata.prompt_cache_key'.", "\"metadata.prompt_cache_key\""),
          openAi("The text 'put cache_control on it' is too long.", "null"),
          openAi("Function prompt_cache_key is not known.", "null"),
          google(
              "Invalid JSON payload received. Unknown name \\\"cache_control\\\" at"
                  + " 'request.tools[14].function_declarations[0].parameters.properties[1].value':"
                  + " Cannot find field."),
          "{\"message\":\"Malformed input request: #: extraneous key"
              + " [cache_control_injection_points] is not permitted, #: required key [requests] not"
              + " found\"}",
          "{\"detail\":[{\"type\":\"missing\",\"loc\":[\"body\",\"messages\"],\"msg\":\"Field"
              + " required\","
              + "\"input\":{\"prompt_cache_key\":\"wp-0\",\"loc\":[\"body\",\"cache_control\"]}}]}",
          "{\"object\":\"error\",\"message\":\"[{'type': 'missing', 'loc': ('body', 'messages'),"
              + " 'msg': 'Field required', 'input': {'prompt_cache_key': 'wp-0', 'x': \\\"'loc':"
              + " ('body', 'cache_salt')\\\"}}]\"}",
          "{\"detail\":\"1 validation error for Request\\nmodel\\n  Field required [type=missing,"
              + " input_value={'cache_control': 1}, input_type=dict]\"}",
          "{\"error\":{\"message\":\"Bad request\",\"request\":{\"message\":\"cache_control\"}}}",
          "Failed to deserialize the JSON body into the target type: unknown field `seed`, expected"
              + " one of `model`, `prompt_cache_key`, `messages`",
          "",
          "null",
          "[[[[",
          "{\"error\":");

  private static String read(String body, int piece) {
    var reader = new ErrorReader();
    byte[] bytes = body.getBytes(UTF_8);
    for (int from = 0; from < bytes.length; from += piece) {
      reader.feed(bytes, from, Math.min(bytes.length, from + piece));
    }
    return reader.refused();
  }

  @Test
  void refused_errorAboutOneOfOurs_namesIt() {
    List<String> wrong = new ArrayList<>();
    for (Case each : NAMED) {
      for (int piece : new int[] {1, 7, 1 << 20}) {
        String named = read(each.body(), piece);
        if (!named.equals(each.named())) {
          wrong.add("'%s' for %s: %s".formatted(named, each.named(), each.body()));
        }
      }
    }
    assertThat(wrong).isEmpty();
  }

  @Test
  void refused_errorAboutSomethingElse_namesNone() {
    List<String> wrong = new ArrayList<>();
    for (String body : NOT_NAMED) {
      String named = read(body, 5);
      if (!named.isEmpty()) {
        wrong.add("'%s': %s".formatted(named, body));
      }
    }
    assertThat(wrong).isEmpty();
  }

  /** Of several errors each quotes the request, which has any length. */
  @Test
  void refused_oursBehindALongQuotation_isNamed() {
    String prompt = "x".repeat(100_000);
    String first =
        pydantic("\"body\",\"seed\"", "{\"messages\":[\"%s\",{\"input\":[]}]}".formatted(prompt));
    String second = pydantic("\"body\",\"prompt_cache_key\"", "\"wp-0\"");

    assertThat(read("{\"detail\":[%s,%s]}".formatted(first, second), 1_000))
        .isEqualTo("prompt_cache_key");
    assertThat(read("{\"detail\":[%s]}".formatted(first), 1_000)).isEmpty();
  }

  @Test
  void refused_bodyThatIsCutOff_tellsWhatItHasTold() {
    assertThat(read("{\"error\":{\"message\":\"Unknown parameter: 'prompt_cache_key'. Ask", 9))
        .isEqualTo("prompt_cache_key");
    assertThat(read("{\"error\":{\"param\":\"prompt_cache_key\",\"mess", 9))
        .isEqualTo("prompt_cache_key");
  }

  @Test
  void refused_beyondWhatIsRead_isNotSeen() {
    String padding = " ".repeat(ErrorReader.MAX_BYTES);

    assertThat(read(padding + "{\"error\":\"Unknown parameter: 'cache_salt'\"}", 1_000)).isEmpty();
    assertThat(read("x".repeat(ErrorReader.MAX_TEXT) + " 'cache_salt'", 1_000)).isEmpty();
    assertThat(read("{\"error\":".repeat(ErrorReader.MAX_DEPTH + 1) + "\"cache_salt\"", 1_000))
        .isEmpty();
  }
}

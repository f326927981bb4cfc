package dev.warmpath.e2e.provider;

import dev.warmpath.e2e.api.Asked;
import dev.warmpath.e2e.api.Framing;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What the path of a request says.
 *
 * @param model empty: the body names it
 * @param framing of the stream that the path asks for, or that the body may ask for
 * @param stream whether the path asks for one
 */
record ProviderPath(Asked.Api api, String model, Framing framing, boolean stream) {
  private static final Pattern BEDROCK =
      Pattern.compile(
          "/model/([^/]+)/(converse|converse-stream|invoke|invoke-with-response-stream)");
  private static final Pattern VERTEX =
      Pattern.compile(
          "/v1/projects/[^/]+/locations/[^/]+/publishers/anthropic/models/([^/:]+):"
              + "(rawPredict|streamRawPredict)");
  private static final Pattern AZURE =
      Pattern.compile("/openai/deployments/([^/]+)/chat/completions|/openai/v1/chat/completions");
  private static final Pattern GEMINI =
      Pattern.compile("/v1beta/models/([^/:]+):(generateContent|streamGenerateContent)");

  /**
   * Reads a path.
   *
   * @param target path and query as they were sent
   * @return null: the API has no such path
   */
  static @Nullable ProviderPath of(ProviderRules.Kind kind, String target) {
    int queryAt = target.indexOf('?');
    String path = queryAt < 0 ? target : target.substring(0, queryAt);
    String query = queryAt < 0 ? "" : target.substring(queryAt + 1);
    return switch (kind) {
      case ANTHROPIC -> named(path, "/v1/messages", Asked.Api.MESSAGES, Framing.NAMED_EVENTS);
      case ANTHROPIC_WITHOUT_TTL ->
          named(path, "/anthropic/v1/messages", Asked.Api.MESSAGES, Framing.NAMED_EVENTS);
      case BEDROCK_CONVERSE -> bedrock(path, "converse", Asked.Api.CONVERSE, Framing.MESSAGES);
      case BEDROCK_INVOKE -> bedrock(path, "invoke", Asked.Api.MESSAGES, Framing.CHUNKS);
      case VERTEX -> {
        Matcher vertex = VERTEX.matcher(path);
        yield vertex.matches()
            ? new ProviderPath(
                Asked.Api.MESSAGES,
                decode(vertex.group(1)),
                Framing.NAMED_EVENTS,
                vertex.group(2).startsWith("stream"))
            : null;
      }
      case OPENAI_CHAT, MISTRAL, XAI_CHAT ->
          named(path, "/v1/chat/completions", Asked.Api.CHAT, Framing.EVENTS);
      case OPENAI_RESPONSES, XAI_RESPONSES ->
          named(path, "/v1/responses", Asked.Api.RESPONSES, Framing.NAMED_EVENTS);
      case OPENAI_EMBEDDINGS -> named(path, "/v1/embeddings", Asked.Api.EMBEDDINGS, Framing.EVENTS);
      case AZURE -> {
        Matcher azure = AZURE.matcher(path);
        if (!azure.matches()) {
          yield null;
        }
        String deployment = azure.group(1) == null ? "" : azure.group(1);
        yield new ProviderPath(Asked.Api.CHAT, deployment, Framing.EVENTS, false);
      }
      case GEMINI -> {
        Matcher gemini = GEMINI.matcher(path);
        yield gemini.matches()
            ? new ProviderPath(
                Asked.Api.GEMINI,
                gemini.group(1),
                ("&" + query + "&").contains("&alt=sse&") ? Framing.EVENTS : Framing.ARRAY,
                gemini.group(2).startsWith("stream"))
            : null;
      }
      case QWEN ->
          named(path, "/compatible-mode/v1/chat/completions", Asked.Api.CHAT, Framing.EVENTS);
      case FIREWORKS ->
          named(path, "/inference/v1/chat/completions", Asked.Api.CHAT, Framing.EVENTS);
      case OPENROUTER -> named(path, "/api/v1/chat/completions", Asked.Api.CHAT, Framing.EVENTS);
      case GROQ -> named(path, "/openai/v1/chat/completions", Asked.Api.CHAT, Framing.EVENTS);
    };
  }

  private static @Nullable ProviderPath named(
      String path, String expected, Asked.Api api, Framing framing) {
    return path.equals(expected) ? new ProviderPath(api, "", framing, false) : null;
  }

  private static @Nullable ProviderPath bedrock(
      String path, String operation, Asked.Api api, Framing framing) {
    Matcher bedrock = BEDROCK.matcher(path);
    if (!bedrock.matches() || !bedrock.group(2).startsWith(operation)) {
      return null;
    }
    return new ProviderPath(
        api, decode(bedrock.group(1)), framing, bedrock.group(2).endsWith("stream"));
  }

  private static String decode(String segment) {
    return URLDecoder.decode(segment.replace("+", "%2B"), StandardCharsets.UTF_8);
  }
}

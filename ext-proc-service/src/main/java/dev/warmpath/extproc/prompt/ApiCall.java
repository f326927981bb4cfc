package dev.warmpath.extproc.prompt;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What the path of a request tells about its body. Paths are recognised by their last elements, so
 * that a gateway's prefix, a version or an Azure deployment doesn't matter. Immutable.
 *
 * @param dialect null where the path doesn't tell it
 * @param model that the path names, decoded; empty where the body names it
 * @param stream whether the path asks for a stream of events; the body may ask for it as well
 * @param prompt whether there can be a prompt: false for paths of these APIs that take something
 *     else, or take a prompt without caching it
 */
public record ApiCall(@Nullable Dialect dialect, String model, boolean stream, boolean prompt) {

  /** A path that is none of those we know: what its body is like must tell. */
  static final ApiCall UNKNOWN = new ApiCall(null, "", false, true);

  /** A path where no prompt is to be expected. */
  static final ApiCall NO_PROMPT = new ApiCall(null, "", false, false);

  /** Bedrock: the model, as an id or an ARN, and the operation. */
  private static final Pattern BEDROCK =
      Pattern.compile(
          "/model/([^/]+)/(converse|converse-stream|invoke|invoke-with-response-stream)$");

  /** Google AI and Vertex AI: publisher if any, model and method. */
  private static final Pattern GOOGLE =
      Pattern.compile(
          "(?:/publishers/([^/]+))?/(?:models|tunedModels|endpoints)/([^/:]+):([A-Za-z]+)$");

  /** Azure names a deployment, and the body need not name a model. */
  private static final Pattern AZURE_DEPLOYMENT =
      Pattern.compile("/openai/deployments/([^/]+)/[a-z/_-]+$");

  private static final Pattern OTHER_CALLS =
      Pattern.compile(
          "/(?:count_tokens|batches|tokenize|detokenize|moderations|rerank|score|pooling"
              + "|classify|cancel|compact|input_tokens|files|uploads"
              + "|images/[a-z]+|audio/[a-z]+|videos|fine_tuning/jobs)$");

  /**
   * Reads a path.
   *
   * @param path with or without its query
   */
  public static ApiCall of(String path) {
    int query = path.indexOf('?');
    String bare = query < 0 ? path : path.substring(0, query);
    if (bare.endsWith("/chat/completions")) {
      return openAi(Dialect.OPENAI_CHAT, bare);
    }
    if (bare.endsWith("/v1/messages") || bare.endsWith("/anthropic/messages")) {
      return body(Dialect.ANTHROPIC_MESSAGES);
    }
    if (bare.endsWith("/completions")) {
      return openAi(Dialect.OPENAI_COMPLETIONS, bare);
    }
    if (bare.endsWith("/responses")) {
      return openAi(Dialect.OPENAI_RESPONSES, bare);
    }
    if (bare.endsWith("/embeddings")) {
      return openAi(Dialect.OPENAI_EMBEDDINGS, bare);
    }
    return bedrock(bare)
        .or(() -> google(bare))
        .orElseGet(() -> OTHER_CALLS.matcher(bare).find() ? NO_PROMPT : UNKNOWN);
  }

  private static ApiCall body(Dialect dialect) {
    return new ApiCall(dialect, "", false, true);
  }

  private static ApiCall openAi(Dialect dialect, String path) {
    if (!path.contains("/deployments/")) {
      return body(dialect);
    }
    Matcher azure = AZURE_DEPLOYMENT.matcher(path);
    return azure.find()
        ? new ApiCall(dialect, decoded(azure.group(1)), false, true)
        : body(dialect);
  }

  private static Optional<ApiCall> bedrock(String path) {
    Matcher call = BEDROCK.matcher(path);
    if (!call.find()) {
      return Optional.empty();
    }
    String model = decoded(call.group(1));
    String operation = call.group(2);
    boolean stream = operation.endsWith("stream");
    if (operation.startsWith("converse")) {
      return Optional.of(new ApiCall(Dialect.BEDROCK_CONVERSE, model, stream, true));
    }
    // Each vendor's models take bodies of their own.
    return Optional.of(
        new ApiCall(
            model.contains("anthropic.") ? Dialect.ANTHROPIC_MESSAGES : null, model, stream, true));
  }

  private static Optional<ApiCall> google(String path) {
    Matcher call = GOOGLE.matcher(path);
    if (!call.find()) {
      return Optional.empty();
    }
    String model = decoded(call.group(2));
    return Optional.of(
        switch (call.group(3)) {
          case "generateContent" -> new ApiCall(Dialect.GEMINI, model, false, true);
          case "streamGenerateContent" -> new ApiCall(Dialect.GEMINI, model, true, true);
          case "rawPredict" -> new ApiCall(raw(call.group(1)), model, false, true);
          case "streamRawPredict" -> new ApiCall(raw(call.group(1)), model, true, true);
          default -> NO_PROMPT;
        });
  }

  private static @Nullable Dialect raw(@Nullable String publisher) {
    return "anthropic".equals(publisher) ? Dialect.ANTHROPIC_MESSAGES : null;
  }

  /** Undoes percent-encoding; where that isn't done rightly, the element stays as it is. */
  private static String decoded(String element) {
    if (element.indexOf('%') < 0) {
      return element;
    }
    byte[] from = element.getBytes(UTF_8);
    byte[] to = new byte[from.length];
    int length = 0;
    for (int i = 0; i < from.length; i++) {
      if (from[i] != '%') {
        to[length++] = from[i];
        continue;
      }
      int high = i + 2 < from.length ? Character.digit(from[i + 1], 16) : -1;
      int low = i + 2 < from.length ? Character.digit(from[i + 2], 16) : -1;
      if (high < 0 || low < 0) {
        return element;
      }
      to[length++] = (byte) (high << 4 | low);
      i += 2;
    }
    return new String(to, 0, length, UTF_8);
  }
}

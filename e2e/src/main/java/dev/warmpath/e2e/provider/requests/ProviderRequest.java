package dev.warmpath.e2e.provider.requests;

import dev.warmpath.e2e.provider.ProviderRules.Kind;
import java.util.Map;

/**
 * One request to a provider: a {@code POST}. Immutable but for its body, which nobody may write.
 */
public final class ProviderRequest {
  private final Kind kind;
  private final String provider;
  private final String model;
  private final String tenant;
  private final String target;
  private final Map<String, String> headers;
  private final byte[] body;

  ProviderRequest(
      Kind kind, Conversation of, String target, Map<String, String> headers, byte[] body) {
    this.kind = kind;
    provider = of.provider();
    model = of.model();
    tenant = of.tenant();
    this.target = target;
    this.headers = Map.copyOf(headers);
    this.body = body;
  }

  public Kind kind() {
    return kind;
  }

  /** As the catalogue of the product names it. */
  public String provider() {
    return provider;
  }

  /** The form of the request, as the configuration names it. */
  public String api() {
    return switch (kind) {
      case ANTHROPIC, ANTHROPIC_WITHOUT_TTL, BEDROCK_INVOKE, VERTEX -> "anthropic_messages";
      case BEDROCK_CONVERSE -> "bedrock_converse";
      case OPENAI_CHAT, AZURE, QWEN, GROQ, MISTRAL, XAI_CHAT, FIREWORKS, OPENROUTER ->
          "openai_chat";
      case OPENAI_RESPONSES, XAI_RESPONSES -> "openai_responses";
      case OPENAI_EMBEDDINGS -> "openai_embeddings";
      case GEMINI -> "gemini";
    };
  }

  /** As body or path name it. */
  public String model() {
    return model;
  }

  /** Whose key it carries. */
  public String tenant() {
    return tenant;
  }

  /** Path and query. */
  public String target() {
    return target;
  }

  /** By their names in lower case. */
  public Map<String, String> headers() {
    return headers;
  }

  /** Whether the client has signed the body: whoever changes it breaks the signature. */
  public boolean signed() {
    return headers.getOrDefault("authorization", "").startsWith("AWS4-");
  }

  /** Not a copy. */
  public byte[] body() {
    return body;
  }
}

package dev.warmpath.extproc.prompt;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The shapes of a request body that {@link PromptScanner} reads. Which one a request speaks is told
 * by its route, else by its path ({@link ApiCall}), else by its body ({@link BodyShape}).
 */
public enum Dialect {
  /** OpenAI's {@code /v1/chat/completions}, which vLLM, SGLang, llama.cpp and most others speak. */
  OPENAI_CHAT,
  /** OpenAI's older {@code /v1/completions}: a prompt without roles, or token ids. */
  OPENAI_COMPLETIONS,
  /** OpenAI's {@code /v1/responses}. */
  OPENAI_RESPONSES,
  /** OpenAI's {@code /v1/embeddings}. */
  OPENAI_EMBEDDINGS,
  /**
   * Anthropic's {@code /v1/messages}; also in the form of Bedrock's InvokeModel and Vertex AI's
   * rawPredict, which name the model in the path.
   */
  ANTHROPIC_MESSAGES,
  /** Bedrock's Converse and ConverseStream. */
  BEDROCK_CONVERSE,
  /** Gemini's generateContent and streamGenerateContent, at Google AI and at Vertex AI. */
  GEMINI;

  private final String label = name().toLowerCase(Locale.ROOT);

  /** The value of a metric's label or of a metadata field. */
  public String label() {
    return label;
  }

  /** The one that {@link #label} names; null: none. */
  public static @Nullable Dialect ofLabel(String label) {
    for (Dialect dialect : values()) {
      if (dialect.label.equals(label)) {
        return dialect;
      }
    }
    return null;
  }

  /** Whether messages that open the conversation as system or developer are its system prompt. */
  boolean systemLeadsMessages() {
    return switch (this) {
      case OPENAI_CHAT, OPENAI_RESPONSES -> true;
      case OPENAI_COMPLETIONS, OPENAI_EMBEDDINGS, ANTHROPIC_MESSAGES, BEDROCK_CONVERSE, GEMINI ->
          false;
    };
  }
}

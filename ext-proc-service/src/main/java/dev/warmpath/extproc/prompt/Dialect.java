package dev.warmpath.extproc.prompt;

import org.jspecify.annotations.Nullable;

/** The shapes of a request body that {@link PromptScanner} reads. */
public enum Dialect {
  /** OpenAI's {@code /v1/chat/completions}, which vLLM, SGLang, llama.cpp and most others speak. */
  OPENAI_CHAT,
  /** Anthropic's {@code /v1/messages}. */
  ANTHROPIC_MESSAGES;

  /**
   * The dialect spoken at a path, by its last elements so that a gateway's prefix doesn't matter.
   *
   * @param path without query
   * @return null where no prompt is expected or the API is unknown
   */
  public static @Nullable Dialect forPath(String path) {
    if (path.endsWith("/chat/completions")) {
      return OPENAI_CHAT;
    }
    if (path.endsWith("/v1/messages")) {
      return ANTHROPIC_MESSAGES;
    }
    return null;
  }
}

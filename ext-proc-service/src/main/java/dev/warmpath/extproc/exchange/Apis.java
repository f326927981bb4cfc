package dev.warmpath.extproc.exchange;

import dev.warmpath.config.v1.Api;
import dev.warmpath.extproc.prompt.Dialect;
import org.jspecify.annotations.Nullable;

/** The dialects by the names that the configuration has for them. */
public final class Apis {

  private Apis() {}

  /** Null where the configuration leaves it open. */
  public static @Nullable Dialect dialect(Api api) {
    return switch (api) {
      case OPENAI_CHAT -> Dialect.OPENAI_CHAT;
      case OPENAI_COMPLETIONS -> Dialect.OPENAI_COMPLETIONS;
      case OPENAI_RESPONSES -> Dialect.OPENAI_RESPONSES;
      case OPENAI_EMBEDDINGS -> Dialect.OPENAI_EMBEDDINGS;
      case ANTHROPIC_MESSAGES -> Dialect.ANTHROPIC_MESSAGES;
      case BEDROCK_CONVERSE -> Dialect.BEDROCK_CONVERSE;
      case GEMINI -> Dialect.GEMINI;
      case API_UNSPECIFIED, UNRECOGNIZED -> null;
    };
  }
}

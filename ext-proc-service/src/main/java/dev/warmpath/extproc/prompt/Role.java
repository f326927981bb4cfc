package dev.warmpath.extproc.prompt;

/** Who speaks in a segment. */
public enum Role {
  /** System and developer. */
  SYSTEM,
  USER,
  ASSISTANT,
  /** OpenAI's tool and function messages. Tools' definitions have {@link #SYSTEM}. */
  TOOL,
  OTHER
}

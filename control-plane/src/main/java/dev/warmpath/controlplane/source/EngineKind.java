package dev.warmpath.controlplane.source;

import dev.warmpath.config.v1.Pool;

/** The software of a pool's engines, which names their metrics. */
public enum EngineKind {
  VLLM,
  SGLANG;

  /** The configured value; the unset one is {@link #VLLM}, as its field documents. */
  static EngineKind of(Pool.Engine configured) {
    return switch (configured) {
      case SGLANG -> SGLANG;
      case ENGINE_UNSPECIFIED, VLLM -> VLLM;
      case UNRECOGNIZED ->
          throw new IllegalArgumentException(
              "engine: " + configured + " (expected: VLLM or SGLANG)");
    };
  }
}

package dev.warmpath.e2e.http;

import java.util.Map;

/** What is wrong with a simulated server right now. */
public sealed interface Fault {
  /** Nothing. */
  record None() implements Fault {}

  /**
   * All work takes longer; what has begun keeps its pace.
   *
   * @param factor by which it takes longer, > 0
   */
  record Slow(double factor) implements Fault {
    public Slow {
      if (!(factor > 0) || Double.isInfinite(factor)) {
        throw new IllegalArgumentException(factor + " (expected: a factor > 0)");
      }
    }
  }

  /**
   * Inference is answered with this status; health and metrics look fine.
   *
   * @param status 400 to 599
   */
  record Failing(int status) implements Fault {
    public Failing {
      if (status < 400 || status > 599) {
        throw new IllegalArgumentException(status + " (expected: a status in [400, 599])");
      }
    }
  }

  /**
   * As a killed process: open connections are reset, new ones refused. It comes back with an empty
   * cache.
   */
  record Dead() implements Fault {}

  /**
   * As a stopped process: accepts connections and answers nothing, streams stand still; all goes on
   * when the fault is lifted.
   */
  record Hanging() implements Fault {}

  /**
   * Streaming responses are reset in mid-stream.
   *
   * @param afterTokens that were sent, >= 0
   */
  record Cut(int afterTokens) implements Fault {
    public Cut {
      if (afterTokens < 0) {
        throw new IllegalArgumentException(afterTokens + " (expected: tokens >= 0)");
      }
    }
  }

  /** No fault. */
  Fault NONE = new None();

  /**
   * Reads the query of an admin call: {@code kind} and its number {@code value}.
   *
   * @throws IllegalArgumentException with what was expected
   */
  static Fault parse(Map<String, String> query) {
    String kind = query.getOrDefault("kind", "");
    String value = query.getOrDefault("value", "");
    try {
      return switch (kind) {
        case "none" -> NONE;
        case "slow" -> new Slow(Double.parseDouble(value));
        case "error" -> new Failing(Integer.parseInt(value));
        case "dead" -> new Dead();
        case "hanging" -> new Hanging();
        case "cut" -> new Cut(Integer.parseInt(value));
        default ->
            throw new IllegalArgumentException(
                "kind=%s (expected: none, slow, error, dead, hanging or cut)".formatted(kind));
      };
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("value=%s (expected: a number)".formatted(value), e);
    }
  }
}

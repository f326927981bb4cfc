package dev.warmpath.extproc.usage;

import dev.warmpath.extproc.prompt.Dialect;
import java.util.ArrayList;
import java.util.List;

/**
 * How an API names the counts that it reports, and what they mean. The paths of a form stand in one
 * order in bodies and events, below different objects.
 */
@SuppressWarnings("ImmutableEnumChecker") // CountPaths is immutable, as its documentation says.
enum UsageForm {
  /** Chat completions, completions and embeddings, with the names that other servers use. */
  OPENAI(
      List.of(""),
      List.of(""),
      List.of(),
      "usage.prompt_tokens",
      "usage.completion_tokens",
      "usage.prompt_tokens_details.cached_tokens",
      "usage.prompt_tokens_details.cache_write_tokens",
      "usage.prompt_cache_hit_tokens",
      "usage.cached_tokens",
      "timings.cache_n") {
    @Override
    Usage usage(long[] counts) {
      long read = counts[2];
      for (int other = 4; read < 0 && other < counts.length; other++) {
        read = counts[other];
      }
      return included(counts[0], counts[1], read, counts[3]);
    }
  },

  /** Responses, whose events carry the response so far. */
  RESPONSES(
      List.of(""),
      List.of("response."),
      List.of("id"),
      "usage.input_tokens",
      "usage.output_tokens",
      "usage.input_tokens_details.cached_tokens",
      "usage.input_tokens_details.cache_write_tokens") {
    @Override
    Usage usage(long[] counts) {
      return included(counts[0], counts[1], counts[2], counts[3]);
    }
  },

  /** Messages: {@code message_start} carries a message, {@code message_delta} is beside it. */
  ANTHROPIC(
      List.of(""),
      List.of("message.", ""),
      List.of(),
      "usage.input_tokens",
      "usage.output_tokens",
      "usage.cache_read_input_tokens",
      "usage.cache_creation_input_tokens",
      "usage.cache_creation.ephemeral_5m_input_tokens",
      "usage.cache_creation.ephemeral_1h_input_tokens") {
    @Override
    Usage usage(long[] counts) {
      return additive(counts);
    }
  },

  /** Converse, and the {@code metadata} event of ConverseStream. */
  CONVERSE(
      List.of(""),
      List.of(""),
      List.of(),
      "usage.inputTokens",
      "usage.outputTokens",
      "usage.cacheReadInputTokens",
      "usage.cacheWriteInputTokens",
      "usage.cacheDetails[ttl=5m].inputTokens",
      "usage.cacheDetails[ttl=1h].inputTokens") {
    @Override
    Usage usage(long[] counts) {
      return additive(counts);
    }
  },

  /**
   * Gemini, each of whose events reports all so far. Its JSON is that of proto3, which leaves out
   * what is zero: beside a total, an absent count is none.
   */
  GEMINI(
      List.of(""),
      List.of(""),
      List.of(),
      "usageMetadata.promptTokenCount",
      "usageMetadata.candidatesTokenCount",
      "usageMetadata.thoughtsTokenCount",
      "usageMetadata.cachedContentTokenCount") {
    @Override
    boolean replacesAll() {
      return true;
    }

    @Override
    Usage usage(long[] counts) {
      boolean told = counts[0] >= 0;
      long output =
          told || counts[1] >= 0 || counts[2] >= 0
              ? Math.max(counts[1], 0) + Math.max(counts[2], 0)
              : Usage.UNKNOWN_TOKENS;
      long read = told ? Math.max(counts[3], 0) : counts[3];
      return included(counts[0], output, read, Usage.UNKNOWN_TOKENS);
    }
  };

  private final int counts;
  private final CountPaths body;
  private final CountPaths event;

  UsageForm(List<String> inBody, List<String> inEvent, List<String> texts, String... paths) {
    counts = paths.length;
    body = new CountPaths(below(inBody, List.of(paths)), below(inBody, texts));
    event = new CountPaths(below(inEvent, List.of(paths)), below(inEvent, texts));
  }

  /** That of the responses to requests of a dialect. */
  static UsageForm of(Dialect dialect) {
    return switch (dialect) {
      case OPENAI_CHAT, OPENAI_COMPLETIONS, OPENAI_EMBEDDINGS -> OPENAI;
      case OPENAI_RESPONSES -> RESPONSES;
      case ANTHROPIC_MESSAGES -> ANTHROPIC;
      case BEDROCK_CONVERSE -> CONVERSE;
      case GEMINI -> GEMINI;
    };
  }

  /** Number of counts; slots of a path repeat after so many. */
  int counts() {
    return counts;
  }

  /** Where counts stand in a body that is one document. */
  CountPaths body() {
    return body;
  }

  /** Where they stand in an event of a stream. */
  CountPaths event() {
    return event;
  }

  /** Whether a report replaces an earlier one as a whole, and not only what it names. */
  boolean replacesAll() {
    return false;
  }

  /** What the counts mean. */
  abstract Usage usage(long[] counts);

  private static List<String> below(List<String> parents, List<String> paths) {
    List<String> all = new ArrayList<>();
    for (String parent : parents) {
      for (String path : paths) {
        all.add(parent + path);
      }
    }
    return all;
  }

  /** A total that contains what was read and written. Beside reads, absent writes are none. */
  private static Usage included(long input, long output, long read, long reportedWritten) {
    long written = read >= 0 ? Math.max(reportedWritten, 0) : reportedWritten;
    return new Usage(
        read,
        written,
        written,
        written < 0 ? Usage.UNKNOWN_TOKENS : 0,
        Usage.UNKNOWN_TOKENS,
        input,
        output);
  }

  /** Uncached, output, read, written, of these for five minutes and for an hour. */
  private static Usage additive(long[] counts) {
    return new Usage(
        counts[2], counts[3], counts[4], counts[5], counts[0], Usage.UNKNOWN_TOKENS, counts[1]);
  }
}
